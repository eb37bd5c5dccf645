//! What the user says and does in rooms: into the outbox, to the record, and out of it with the answer.

use std::iter;
use std::ops::RangeFrom;

use chinwag_proto::wire::id::{ClientMsgId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Act, Body, Post, Refusal, Wire as _, name};

use super::command::Start;
use super::entering::Entering;
use super::limits::{OUTBOX_MAX, OUTBOX_MAX_BYTES, STORED_MAX};
use super::news::OverBudget;
use super::notice::Notice;
use super::outbox::Sent;
use super::place::{Key, Place};
use super::room::{Room, Wish};
use super::save::{Reference, SavedPost};
use super::state::{Effect, State};

impl State {
    /// Says or does something; `about`: the tag of what it is about, if that may have no number yet.
    pub(super) fn post(&mut self, tag: u64, typed: &str, about: Option<u64>, body: Body) {
        let posted = match about.map(|about| (about, self.stored.get(&about))) {
            None => self.post_now(tag, typed, body),
            // The interface has not heard of it yet.
            Some((_, Some(number))) => self.post_now(tag, typed, with_about(body, *number)),
            Some((about, None)) if matches!(body, Body::Delete { .. }) => self.take_back(tag, typed, about),
            Some((about, None)) => match self.reword(tag, typed, about, &body) {
                Some(reworded) => reworded,
                None => self.post_after(tag, typed, about, body),
            },
        };
        if let Err(reason) = posted {
            self.notices.push_back(Notice::Refused { tag, reason });
        }
    }

    fn post_now(&mut self, tag: u64, typed: &str, body: Body) -> Result<(), Refusal> {
        let place = Place::parse(typed);
        let is_in = |room: &Room| room.asked && room.wish == Wish::Follow && !room.is_from_outside();
        let is_followed = |key: &Key| self.rooms.get(key).is_some_and(is_in);
        match place {
            Ok(place) if is_followed(&place.key()) => self.push(&place.key(), tag, body, None),
            Ok(place @ Place::Direct(_)) => check(&body)
                .and_then(|()| self.want(place, Start::CHAT))
                .and_then(|key| self.push(&key, tag, body, None)),
            Ok(_) => Err(Refusal::NotMember),
            Err(_) if typed.starts_with('@') => Err(Refusal::NoSuchAccount),
            Err(_) => Err(Refusal::NotMember),
        }
    }

    /// The same about what was said under the tag `about`, and has no number yet.
    fn post_after(&mut self, tag: u64, typed: &str, about: u64, body: Body) -> Result<(), Refusal> {
        let key = Place::parse(typed).ok().map(|place| place.key());
        let said = key.as_ref().and_then(|key| self.rooms.get(key)).and_then(|room| {
            let said = room.outbox.find(|sent| sent.tag == Some(about))?;
            Some(said.id)
        });
        match (key, said) {
            (Some(key), Some(said)) => self.push(&key, tag, body, Some(said)),
            _ => Err(Refusal::NoSuchEntry),
        }
    }

    /// Takes back what was said under the tag `about`, where nobody can have seen it. Otherwise it is deleted as soon as it has a
    /// number.
    fn take_back(&mut self, tag: u64, typed: &str, about: u64) -> Result<(), Refusal> {
        let key = Place::parse(typed).ok().map(|place| place.key());
        let unsent = key.as_ref().and_then(|key| self.rooms.get_mut(key)?.outbox.take_back(about));
        let (Some(key), Some(sent)) = (key, unsent) else {
            return self.post_after(tag, typed, about, Body::Delete { of: RoomSeq::default() });
        };
        if self.config.keeps_outbox {
            self.keeper.answered(sent.id);
        }
        self.notices.push_back(Notice::TakenBack { tag, about });
        self.give_up(&key, |waits| waits.reference == Reference::Said(sent.id));
        if let Some((id, room)) = self.rooms.get(&key).and_then(|room| Some((room.id?, room))) {
            self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        }
        self.leave_if_answered(&key);
        Ok(())
    }

    /// Changes what was said under the tag `about`, where nobody can have seen it: it is said so from now on. `None`: it is no
    /// such change, and is done as soon as that has a number.
    fn reword(&mut self, tag: u64, typed: &str, about: u64, body: &Body) -> Option<Result<(), Refusal>> {
        let Body::Edit { text, .. } = body else { return None };
        let key = Place::parse(typed).ok()?.key();
        if let Err(reason) = check(body) {
            return Some(Err(reason));
        }
        let (_, waiting) = self.waiting();
        let mut is_too_much = false;
        let otherwise = |post: &[u8]| {
            let Post { id, body } = Post::decode(post).ok()?;
            let body = match body {
                Body::Text(_) => Body::Text(text.clone()),
                Body::Reply { to, .. } => Body::Reply { to, text: text.clone() },
                Body::Edit { .. } | Body::Delete { .. } | Body::React { .. } | Body::Topic(_) | Body::Act(_) => {
                    return None;
                }
            };
            let now = Post { id, body }.encode();
            is_too_much = waiting - post.len() + now.len() > OUTBOX_MAX_BYTES;
            (!is_too_much).then_some(now)
        };
        let room = self.rooms.get_mut(&key)?;
        let reworded = room.outbox.reword(about, otherwise);
        if is_too_much {
            return Some(Err(Refusal::Busy));
        }
        let Sent { id, body, reference, .. } = reworded?;
        let (room, makes_room) = (room.place.to_string(), room.is_made_by_entering());
        if self.config.keeps_outbox {
            // It is said when it is recorded.
            self.keeper.reworded(SavedPost { id, room, post: body, reference, makes_room }, tag, about);
        } else {
            self.notices.push_back(Notice::Reworded { tag, about });
        }
        Some(Ok(()))
    }

    /// Tells which changes are made.
    pub(super) fn tell_reworded(&mut self) {
        let made = self.keeper.take_reworded().into_iter();
        self.notices.extend(made.map(|(tag, about)| Notice::Reworded { tag, about }));
    }

    /// Messages without an answer, in all rooms, and their octets.
    fn waiting(&self) -> (usize, usize) {
        let more = |(len, bytes), (_, room): (&Key, &Room)| (len + room.outbox.len(), bytes + room.outbox.bytes());
        self.rooms.iter().fold((0, 0), more)
    }

    /// Tells once how long what waits here will take, where the server takes it slowly.
    pub(super) fn tell_wait(&mut self) {
        if !self.pace.is_known() {
            return;
        }
        let octets = self.rooms.iter().map(|(_, room)| room.outbox.bytes() as u64).sum();
        if let Some((wait, per_s)) = self.pace.news(self.clock, octets) {
            self.notices.push_back(Notice::OverBudget(OverBudget { octets, per_s, wait }));
        }
    }

    /// Puts it into a room's outbox; `about`: what was said there and has no number yet.
    fn push(&mut self, key: &Key, tag: u64, body: Body, about: Option<ClientMsgId>) -> Result<(), Refusal> {
        check(&body)?;
        let is_about = body.about().is_some();
        let id = self.next_post();
        let post = Post { id, body }.encode();
        let (len, bytes) = self.waiting();
        if len >= OUTBOX_MAX || bytes + post.len() > OUTBOX_MAX_BYTES {
            return Err(Refusal::Busy);
        }
        let is_connected = self.is_connected();
        let room = self.rooms.get_mut(key).ok_or(Refusal::NotMember)?;
        room.typers.own_ended();
        let reference = match (about, room.log().filter(|_| is_about)) {
            (Some(said), _) => Reference::Said(said),
            (None, Some(log)) => Reference::In(log),
            (None, None) => Reference::Open,
        };
        if self.config.keeps_outbox {
            let (name, makes_room) = (room.place.to_string(), room.is_made_by_entering());
            self.keeper.said(tag, SavedPost { id, room: name, post: post.clone(), reference, makes_room });
        } else if !is_connected {
            self.notices.push_back(Notice::Queued { tag, is_offline: true });
        }
        room.outbox.push(Sent { tag: Some(tag), is_earlier: false, id, body: post, reference });
        if let Some(id) = room.id {
            self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        }
        self.tell_wait();
        Ok(())
    }

    /// What earlier programs of this device had said goes out with the rest. Its rooms are entered for that, and not shown;
    /// but where direct messages are followed, those that begin so are followed too, or no answer to them would be seen. An
    /// interface that shows them has `tags` for them, in their order.
    pub(super) fn adopt(&mut self, posts: Vec<SavedPost>, tags: Option<RangeFrom<u64>>) {
        let tags = tags.into_iter().flatten().map(Some).chain(iter::repeat(None));
        for (SavedPost { id, room, post, reference, makes_room }, tag) in posts.into_iter().zip(tags) {
            let Ok(place) = Place::parse(&room) else { continue };
            let key = place.key();
            let entering = if makes_room { Entering::Open } else { Entering::Existing };
            if self.config.follow_direct && matches!(place, Place::Direct(_)) {
                // Where there are too many rooms, it is known to none, as below.
                let _ = self.want(place.clone(), Start::CHAT);
            }
            let (recorded, sent) = (self.cursors.get(&key).copied(), self.sent.get(&key).copied());
            let unasked = Room { sent, entering: entering.clone(), ..Room::unasked(place, recorded) };
            if self.rooms.get(&key).is_none() && !self.rooms.insert(key.clone(), unasked) {
                // It stays on disk, for a program with fewer rooms.
                continue;
            }
            if self.rooms.get(&key).is_some_and(Room::is_from_outside) {
                // It is to be said by a member.
                self.come_in(&key, entering.clone());
            }
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            let was_left = room.wish == Wish::Left;
            if was_left {
                // It is left again when that is answered.
                (room.asked, room.start, room.held) = (false, Start::Recent(0), None);
                (room.wish, room.entering) = (Wish::Follow, entering);
            } else if makes_room && room.entering == Entering::Existing {
                room.entering = Entering::Open;
            }
            room.outbox.push(Sent { tag, is_earlier: true, id, body: post, reference });
            let is_void = |reference| matches!(reference, Reference::Said(said) if room.outbox.find(|sent| sent.id == said).is_none());
            if is_void(reference) {
                let (id, name) = (room.id.unwrap_or_default(), room.place.to_string());
                let void = room.outbox.give_up(|sent| sent.reference == reference);
                void.into_iter().for_each(|sent| self.sent_answered(id, name.clone(), sent, Err(Refusal::NoSuchEntry)));
                continue;
            }
            match room.id.filter(|_| !was_left) {
                Some(id) => self.effects.push_back(Effect::Advance(id, room.outbox.head())),
                None => self.enter(&key),
            }
        }
    }

    /// A post was answered and leaves the outbox, so another one may go.
    pub(super) fn post_answered(&mut self, id: RoomId, post: RoomSeq, answer: Result<RoomSeq, Refusal>) {
        let Some((key, room)) = self.rooms.entered(id) else { return };
        let Some(sent) = room.outbox.answered(post.0) else { return };
        let (key, name, log) = (key.clone(), room.place.to_string(), room.log().unwrap_or_default());
        let said = sent.id;
        let remembered = answer.ok().filter(|_| self.config.keeps_outbox).and_then(|number| room.stored(number));
        remembered.into_iter().for_each(|sent| self.keeper.sent(sent));
        self.sent_answered(id, name, sent, answer);
        match answer {
            Ok(number) => self.settle(&key, said, log, number),
            Err(_) => self.give_up(&key, |sent| sent.reference == Reference::Said(said)),
        }
        if let Some(room) = self.rooms.get(&key) {
            self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        }
        self.leave_if_answered(&key);
        self.tell_wait();
    }

    /// What is about the message with this id learns its number.
    fn settle(&mut self, key: &Key, said: ClientMsgId, log: LogId, number: RoomSeq) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let rewrite = |body: &[u8]| {
            let Post { id, body } = Post::decode(body).ok()?;
            Some(Post { id, body: with_about(body, number) }.encode())
        };
        for Sent { tag: _, is_earlier, id, body, reference } in room.outbox.settle(said, log, rewrite) {
            if self.config.keeps_outbox || is_earlier {
                let makes_room = room.is_made_by_entering();
                self.keeper.settled(SavedPost { id, room: room.place.to_string(), post: body, reference, makes_room });
            }
        }
    }

    /// Refuses what refers to nothing any more, and what is about that.
    pub(super) fn give_up(&mut self, key: &Key, is_void: impl Fn(&Sent) -> bool) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let (id, name) = (room.id.unwrap_or_default(), room.place.to_string());
        let mut void = room.outbox.give_up(is_void);
        let mut at = 0;
        while let Some(sent) = void.get(at) {
            let said = Reference::Said(sent.id);
            void.extend(room.outbox.give_up(|sent| sent.reference == said));
            at += 1;
        }
        for sent in void {
            self.sent_answered(id, name.clone(), sent, Err(Refusal::NoSuchEntry));
        }
    }

    /// Nothing of what was said in a room can be delivered any more.
    pub(super) fn refuse_all(&mut self, key: &Key, reason: Refusal) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        let (id, name) = (room.id.unwrap_or_default(), room.place.to_string());
        let refused: Vec<_> = room.outbox.clear().collect();
        for sent in refused {
            self.sent_answered(id, name.clone(), sent, Err(reason));
        }
    }

    /// Gives up what was said in this process, if it can't have been sent.
    pub(super) fn withdraw(&mut self) {
        if self.is_in {
            return;
        }
        let keys: Vec<_> = self.rooms.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            let name = room.place.to_string();
            for sent in room.outbox.clear().collect::<Vec<_>>() {
                match self.rooms.get_mut(&key).filter(|_| sent.is_earlier) {
                    Some(room) => room.outbox.push(sent),
                    None => self.sent_answered(RoomId::default(), name.clone(), sent, Err(Refusal::NotLoggedIn)),
                }
            }
        }
    }

    fn sent_answered(&mut self, id: RoomId, room: String, sent: Sent, answer: Result<RoomSeq, Refusal>) {
        if self.config.keeps_outbox || sent.is_earlier {
            self.keeper.answered(sent.id);
            self.tell_reworded();
        }
        if let (Some(tag), Ok(number)) = (sent.tag, answer) {
            self.stored.insert(tag, number);
            if self.stored.len() > STORED_MAX {
                self.stored.pop_first();
            }
        }
        let notice = match (sent.tag, answer) {
            (Some(tag), Ok(number)) => Notice::Stored { tag, room: id, number },
            (Some(tag), Err(reason)) => Notice::Refused { tag, reason },
            (None, answer) => {
                let Ok(Post { body, .. }) = Post::decode(&sent.body) else { return };
                Notice::Kept { room, body, answer }
            }
        };
        self.notices.push_back(notice);
    }
}

/// The same about the entry with this number.
fn with_about(body: Body, number: RoomSeq) -> Body {
    match body {
        Body::Reply { text, .. } => Body::Reply { to: number, text },
        Body::Edit { text, .. } => Body::Edit { of: number, text },
        Body::Delete { .. } => Body::Delete { of: number },
        Body::React { emoji, is_set, .. } => Body::React { of: number, emoji, is_set },
        Body::Act(Act::Pin { is_set, .. }) => Body::Act(Act::Pin { of: number, is_set }),
        Body::Text(_) | Body::Topic(_) | Body::Act(_) => body,
    }
}

/// Refuses what the server would refuse in any case.
fn check(body: &Body) -> Result<(), Refusal> {
    body.check()?;
    match body {
        Body::Act(act) if act.who().is_some_and(|who| name::check(who).is_err()) => Err(Refusal::NoSuchAccount),
        Body::Text(_)
        | Body::Reply { .. }
        | Body::Edit { .. }
        | Body::React { .. }
        | Body::Topic(_)
        | Body::Act(_)
        | Body::Delete { .. } => Ok(()),
    }
}
