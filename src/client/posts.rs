//! What the user says and does in rooms: into the outbox, to the record, and out of it with the answer.

use chinwag_proto::limits::{EMOJI_MAX_LEN, TEXT_MAX_LEN, TOPIC_MAX_LEN};
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::{Act, Body, Post, Refusal, Wire as _, name};

use super::command::Start;
use super::limits::{OUTBOX_MAX, OUTBOX_MAX_BYTES};
use super::notice::Notice;
use super::outbox::Sent;
use super::place::{Key, Place};
use super::rooms::{Room, Wish};
use super::save::SavedPost;
use super::state::{Effect, State};

impl State {
    pub(super) fn post(&mut self, tag: u64, typed: &str, body: Body) {
        let place = Place::parse(typed);
        let is_followed = |key: &Key| self.rooms.get(key).is_some_and(|room| room.asked && room.wish == Wish::Follow);
        let posted = match place {
            Ok(place) if is_followed(&place.key()) => self.push(&place.key(), tag, body),
            Ok(place @ Place::Direct(_)) => {
                check(&body).and_then(|()| self.want(place, Start::CHAT)).and_then(|key| self.push(&key, tag, body))
            }
            Ok(_) => Err(Refusal::NotMember),
            Err(_) if typed.starts_with('@') => Err(Refusal::NoSuchAccount),
            Err(_) => Err(Refusal::NotMember),
        };
        if let Err(reason) = posted {
            self.notices.push_back(Notice::Refused { tag, reason });
        }
    }

    fn push(&mut self, key: &Key, tag: u64, body: Body) -> Result<(), Refusal> {
        check(&body)?;
        let id = self.next_post();
        let post = Post { id, body }.encode();
        let waiting = |(len, bytes), (_, room): (&Key, &Room)| (len + room.outbox.len(), bytes + room.outbox.bytes());
        let (len, bytes) = self.rooms.iter().fold((0, 0), waiting);
        if len >= OUTBOX_MAX || bytes + post.len() > OUTBOX_MAX_BYTES {
            return Err(Refusal::Limit);
        }
        let is_connected = self.is_connected();
        let room = self.rooms.get_mut(key).ok_or(Refusal::NotMember)?;
        room.typers.own_ended();
        if self.config.keeps_outbox {
            self.keeper.said(tag, SavedPost { id, room: room.place.to_string(), post: post.clone() });
        } else if !is_connected {
            self.notices.push_back(Notice::Queued { tag, is_offline: true });
        }
        room.outbox.push(Sent { tag: Some(tag), id, body: post });
        if let Some(id) = room.id {
            self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        }
        Ok(())
    }

    /// What earlier programs of this device had said goes out with the rest. Its rooms are entered for that, and not shown;
    /// but where direct messages are followed, those that begin so are followed too, or no answer to them would be seen.
    pub(super) fn adopt(&mut self, posts: Vec<SavedPost>) {
        for SavedPost { id, room, post } in posts {
            let Ok(place) = Place::parse(&room) else { continue };
            let key = place.key();
            if self.config.follow_direct && matches!(place, Place::Direct(_)) {
                // Where there are too many rooms, it is known to none, as below.
                let _ = self.want(place.clone(), Start::CHAT);
            }
            if self.rooms.get(&key).is_none() && !self.rooms.insert(key.clone(), Room::unasked(place)) {
                // It stays on disk, for a program with fewer rooms.
                continue;
            }
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            let was_left = room.wish == Wish::Left;
            if was_left {
                // It is left again when that is answered.
                (room.asked, room.start, room.held) = (false, Start::Recent(0), None);
                room.wish = Wish::Follow;
            }
            room.outbox.push(Sent { tag: None, id, body: post });
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
        self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        let (key, name) = (key.clone(), room.place.to_string());
        self.sent_answered(id, name, sent, answer);
        self.leave_if_answered(&key);
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
                match (sent.tag, self.rooms.get_mut(&key)) {
                    (None, Some(room)) => room.outbox.push(sent),
                    _ => self.sent_answered(RoomId::default(), name.clone(), sent, Err(Refusal::NotLoggedIn)),
                }
            }
        }
    }

    fn sent_answered(&mut self, id: RoomId, room: String, sent: Sent, answer: Result<RoomSeq, Refusal>) {
        if self.config.keeps_outbox || sent.tag.is_none() {
            self.keeper.answered(sent.id);
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

/// Refuses what the server would refuse in any case.
fn check(body: &Body) -> Result<(), Refusal> {
    if body.is_blank() {
        return Err(Refusal::NotUnderstood);
    }
    let text = |text: &str, max: usize| match text.len() {
        0 => Err(Refusal::NotUnderstood),
        len if len > max => Err(Refusal::TooLarge),
        _ => Ok(()),
    };
    match body {
        Body::Text(said) | Body::Reply { text: said, .. } | Body::Edit { text: said, .. } => text(said, TEXT_MAX_LEN),
        Body::React { emoji, .. } => text(emoji, EMOJI_MAX_LEN),
        Body::Topic(topic) if topic.len() > TOPIC_MAX_LEN => Err(Refusal::TooLarge),
        Body::Act(Act::Open(_)) => Err(Refusal::NotUnderstood),
        Body::Act(act) => match act.who() {
            Some(who) if name::check(who).is_err() => Err(Refusal::NoSuchAccount),
            _ => Ok(()),
        },
        Body::Topic(_) | Body::Delete { .. } => Ok(()),
    }
}
