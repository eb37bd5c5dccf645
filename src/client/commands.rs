//! What comes of an interface's commands.

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::name::NameError;
use chinwag_proto::wire::message::{Body, Post, Refusal, Request, Wire as _};

use super::command::Start;
use super::limits::{OUTBOX_MAX, OUTBOX_MAX_BYTES};
use super::notice::Notice;
use super::place::{Key, Place};
use super::requests::Ask;
use super::rooms::{Room, Wish};
use super::roster::Roster;
use super::state::{Effect, State};

impl State {
    pub(super) fn join(&mut self, typed: &str, start: Start) {
        let denied = |reason| Notice::Denied { request: format!("join {typed}"), reason };
        match Place::parse(typed) {
            Err(why) => self.notices.push_back(denied(refusal_of(why))),
            Ok(place) => {
                if let Err(reason) = self.want(place, start) {
                    self.notices.push_back(denied(reason));
                }
            }
        }
    }

    /// Follows a room from now on, if it is not followed already.
    pub(super) fn want(&mut self, place: Place, start: Start) -> Result<Key, Refusal> {
        let key = place.key();
        if let Some(room) = self.rooms.get_mut(&key) {
            let was_left = std::mem::replace(&mut room.wish, Wish::Follow) == Wish::Left;
            if was_left {
                self.enter(&key);
            } else if let (Some(id), Some(held)) = (room.id, &room.held) {
                // Asked for again: it is told again.
                let (name, upto) = (room.place.to_string(), held.seen.upto());
                self.notices.push_back(Notice::Joined { room: id, name, after: upto, head: upto, skipped: 0 });
            }
            return Ok(key);
        }
        let recorded = self.cursors.get(&key).copied();
        if !self.rooms.insert(key.clone(), Room::new(place, start, recorded)) {
            return Err(Refusal::Limit);
        }
        self.enter(&key);
        Ok(key)
    }

    /// Asks to enter a room, if this can be asked now.
    pub(super) fn enter(&mut self, key: &Key) {
        if !self.is_in || self.requests.is_joining_room(key) {
            return;
        }
        let Some(room) = self.rooms.wanted(key) else { return };
        let from = room.from(self.listed.get(key));
        let request = match &room.place {
            Place::Public(name) => Request::Join { room: name.clone(), from },
            Place::Direct(name) => Request::Direct { to: name.clone(), from },
        };
        self.ask(Ask::Join(key.clone()), request);
    }

    /// Leaves a room as soon as all that was said there is answered.
    pub(super) fn leave(&mut self, typed: &str) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        match key.filter(|key| self.rooms.wanted(key).is_some()) {
            Some(key) => {
                if let Some(room) = self.rooms.get_mut(&key) {
                    room.wish = Wish::Leave;
                }
                self.leave_if_answered(&key);
            }
            None => {
                let request = format!("leave {typed}");
                self.notices.push_back(Notice::Denied { request, reason: Refusal::NotMember });
            }
        }
    }

    pub(super) fn leave_if_answered(&mut self, key: &Key) {
        let is_joining = self.requests.is_joining_room(key);
        let Some(room) = self.rooms.get_mut(key) else { return };
        if room.wish != Wish::Leave || room.outbox.len() > 0 || is_joining {
            return;
        }
        let id = room.id.or_else(|| self.listed.get(key).map(|info| info.id));
        if id.is_none() && !self.is_in {
            // It is left after the next login.
            return;
        }
        room.wish = Wish::Left;
        room.roster = Roster::default();
        // Without an id, the server does not have this account there.
        if let Some(id) = id {
            self.effects.push_back(Effect::Shut(id));
            self.ask(Ask::Leave, Request::Leave { room: id });
        }
    }

    pub(super) fn say(&mut self, tag: u64, typed: &str, text: String) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        let is_followed = |key: &Key| self.rooms.get(key).is_some_and(|room| room.wish == Wish::Follow);
        let said = match key.filter(is_followed) {
            Some(key) => self.post(&key, tag, text),
            None => Err(Refusal::NotMember),
        };
        self.refuse_unless(tag, said);
    }

    pub(super) fn tell(&mut self, tag: u64, to: &str, text: String) {
        let place = Place::parse(&format!("@{to}")).map_err(|_| Refusal::NoSuchAccount);
        let told = check(&text)
            .and(place)
            .and_then(|place| self.want_direct(place))
            .and_then(|key| self.post(&key, tag, text));
        self.refuse_unless(tag, told);
    }

    fn want_direct(&mut self, place: Place) -> Result<Key, Refusal> {
        let key = place.key();
        match self.rooms.get(&key) {
            Some(room) if room.wish == Wish::Follow => Ok(key),
            _ => self.want(place, Start::CHAT),
        }
    }

    fn post(&mut self, key: &Key, tag: u64, text: String) -> Result<(), Refusal> {
        check(&text)?;
        let waiting = |(len, bytes), (_, room): (&Key, &Room)| (len + room.outbox.len(), bytes + room.outbox.bytes());
        let (len, bytes) = self.rooms.iter().fold((0, 0), waiting);
        if len >= OUTBOX_MAX || bytes + text.len() > OUTBOX_MAX_BYTES {
            return Err(Refusal::Limit);
        }
        let body = Post { id: self.next_post(), body: Body::Text(text) }.encode();
        let is_connected = self.is_connected();
        let room = self.rooms.get_mut(key).ok_or(Refusal::NotMember)?;
        room.outbox.push(tag, body);
        if let Some(id) = room.id {
            self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        }
        if !is_connected {
            self.notices.push_back(Notice::Queued { tag });
        }
        Ok(())
    }

    pub(super) fn who(&mut self, typed: &str) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        let notice = match key.and_then(|key| self.rooms.wanted(&key)) {
            Some(room) => Notice::Roster { room: room.place.to_string(), who: room.roster.list() },
            None => Notice::Denied { request: format!("who {typed}"), reason: Refusal::NotMember },
        };
        self.notices.push_back(notice);
    }

    pub(super) fn shown(&mut self, typed: &str, upto: RoomSeq) {
        let key = Place::parse(typed).ok().map(|place| place.key());
        if let Some(held) = key.and_then(|key| self.rooms.get_mut(&key)).and_then(|room| room.held.as_mut()) {
            held.shown = held.shown.max(upto);
            self.note_unrecorded();
        }
    }

    fn refuse_unless(&mut self, tag: u64, said: Result<(), Refusal>) {
        if let Err(reason) = said {
            self.notices.push_back(Notice::Refused { tag, reason });
        }
    }
}

fn check(text: &str) -> Result<(), Refusal> {
    match text.len() {
        0 => Err(Refusal::NotUnderstood),
        1..=TEXT_MAX_LEN => Ok(()),
        _ => Err(Refusal::TooLarge),
    }
}

const fn refusal_of(_: NameError) -> Refusal {
    Refusal::NameInvalid
}
