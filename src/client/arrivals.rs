//! What comes of the server's messages.

use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{PresenceVersion, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Down, Entry, PresenceUpdate, Refusal, RoomInfo, RoomKind, Wire as _};

use super::command::Start;
use super::early::{Arrival, What};
use super::notice::{Connection, Notice};
use super::place::{Key, Place};
use super::requests::Ask;
use super::rooms::Wish;
use super::roster::Roster;
use super::state::{Effect, State};

impl State {
    /// Takes a message from the link.
    pub(super) fn message(&mut self, now: Instant, channel: Channel, number: u64, contiguous_upto: u64, body: &[u8]) {
        match channel {
            // A message of a kind that this client does not know comes of a later capability; it is none of its business.
            Channel::Control => {
                if let Ok(down) = Down::decode(body) {
                    self.down(now, down);
                }
            }
            Channel::Room(room) => self.arrived(room, What::Entry(number, contiguous_upto), body),
            Channel::Presence(room) => self.arrived(room, What::Presence, body),
            Channel::Typing(_) | Channel::Bulk => {}
        }
    }

    fn down(&mut self, now: Instant, down: Down) {
        match down {
            Down::Answer(id, answer) => self.answer(now, id, answer),
            Down::Room(info) => self.list(info),
            Down::Stored { room, post, entry } => {
                if let Some(tag) = self.post_answered(room, post) {
                    self.notices.push_back(Notice::Stored { tag, room, number: entry });
                }
            }
            // Told by later capabilities.
            Down::Delivered { .. } | Down::Read { .. } => {}
            Down::Refused { room, post, reason } => {
                if let Some(tag) = self.post_answered(room, post) {
                    self.notices.push_back(Notice::Refused { tag, reason });
                }
            }
        }
    }

    /// A message is answered and leaves the outbox, so another one may go.
    fn post_answered(&mut self, id: RoomId, post: RoomSeq) -> Option<u64> {
        let (key, room) = self.rooms.entered(id)?;
        let tag = room.outbox.answered(post.0)?;
        self.effects.push_back(Effect::Advance(id, room.outbox.head()));
        let key = key.clone();
        self.leave_if_answered(&key);
        Some(tag)
    }

    fn answer(&mut self, now: Instant, id: RequestId, answer: Result<Answer, Refusal>) {
        let Some(ask) = self.requests.answered(id) else { return };
        match (ask, answer) {
            (Ask::Login, Ok(Answer::Welcome { account, name, server, rooms })) => {
                self.account = Some(account);
                self.is_in = true;
                self.effects.push_back(Effect::Enrolled);
                self.notices.push_back(Notice::Connection(Connection::LoggedIn { name, server }));
                for info in rooms {
                    self.list(info);
                }
                self.enter_all();
            }
            (Ask::Login, Err(reason)) => {
                self.notices.push_back(Notice::Connection(Connection::LoginRefused(reason)));
            }
            (Ask::Join(key), Ok(Answer::Joined { room, after, roster })) => {
                self.joined(now, &key, &room, after, PresenceVersion(roster));
            }
            (Ask::Join(key), Err(reason)) => self.join_refused(&key, reason),
            (Ask::Leave, _) | (Ask::Login | Ask::Join(_), Ok(_)) => {}
        }
        if !self.requests.is_joining() {
            self.early.clear();
        }
    }

    /// The server has this room in the account's list.
    fn list(&mut self, info: RoomInfo) {
        let place = Place::of_info(&info);
        let is_direct = matches!(info.kind, RoomKind::Direct(..));
        self.listed.insert(place.key(), info);
        if is_direct && self.config.follow_direct && self.rooms.wanted(&place.key()).is_none() {
            // Where there are too many rooms, this one waits until it is asked for.
            let _ = self.want(place, Start::CHAT);
        }
    }

    /// A login: everything that is wanted is entered on this link.
    fn enter_all(&mut self) {
        let keys: Vec<_> = self.rooms.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.leave_if_answered(&key);
            self.enter(&key);
        }
    }

    fn joined(&mut self, now: Instant, key: &Key, info: &RoomInfo, after: RoomSeq, roster: PresenceVersion) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        room.place = Place::of_info(info);
        let entered = room.entered(info.log, after);
        room.roster.begin(roster, now);
        let (name, head) = (room.place.to_string(), room.outbox.head());
        let recorded = room.recorded.filter(|recorded| recorded.log == info.log);
        self.rooms.is(key, info.id);
        self.effects.push_back(Effect::Open(info.id));
        self.effects.push_back(Effect::Advance(info.id, head));
        if let Some(recorded) = recorded {
            self.effects.push_back(Effect::Cursor(info.id, recorded.upto));
        }
        if entered.is_reset {
            self.notices.push_back(Notice::HistoryReset { name: name.clone() });
        }
        let (room, after, head, skipped) = (info.id, entered.after, info.head, entered.skipped);
        self.notices.push_back(Notice::Joined { room, name, after, head, skipped });
        self.note_unrecorded();
        for arrival in self.early.take(info.id) {
            self.arrived(arrival.room, arrival.what, &arrival.body);
        }
        self.leave_if_answered(key);
    }

    fn join_refused(&mut self, key: &Key, reason: Refusal) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        room.wish = Wish::Left;
        room.roster = Roster::default();
        let request = format!("join {}", room.place);
        let refused = room.outbox.clear().map(|tag| Notice::Refused { tag, reason });
        self.notices.extend(refused);
        self.notices.push_back(Notice::Denied { request, reason });
    }

    /// Takes what came on a room's channels, or holds it until the room is entered.
    fn arrived(&mut self, id: RoomId, what: What, body: &[u8]) {
        if self.rooms.entered(id).is_none() {
            let arrival = || Arrival { room: id, what, body: body.to_vec() };
            if self.requests.is_joining() && !self.early.push(arrival()) {
                self.effects.push_back(Effect::Reconnect);
            }
            return;
        }
        match what {
            What::Entry(number, contiguous_upto) => {
                self.entry(id, RoomSeq(number), RoomSeq(contiguous_upto), body);
            }
            What::Presence => self.presence(id, body),
        }
    }

    /// Hands an entry up, once.
    fn entry(&mut self, id: RoomId, number: RoomSeq, contiguous_upto: RoomSeq, body: &[u8]) {
        let Some((_, room)) = self.rooms.entered(id) else { return };
        let Some(held) = &mut room.held else { return };
        let is_new = held.seen.insert(number);
        // This link began after what was seen before it, so what it says has arrived or never will.
        held.seen.raise(contiguous_upto);
        let contiguous_upto = held.seen.upto();
        let name = room.place.to_string();
        self.note_unrecorded();
        // An entry without octets is one whose body is gone; one that does not decode is of a later capability.
        if let (true, Ok(entry)) = (is_new, Entry::decode(body)) {
            let own = self.account == Some(entry.author);
            self.notices.push_back(Notice::Entry { room: id, name, number, contiguous_upto, own, entry });
        }
    }

    fn presence(&mut self, id: RoomId, body: &[u8]) {
        let own = self.account;
        let Some((_, room)) = self.rooms.entered(id).filter(|(_, room)| room.wish != Wish::Left) else { return };
        let Ok(update) = PresenceUpdate::decode(body) else { return };
        for entry in update.entries {
            if let Some(change) = room.roster.apply(entry)
                && Some(change.account) != own
            {
                let (room, before, now) = (room.place.to_string(), change.before, change.now);
                self.notices.push_back(Notice::Presence { room, who: change.who, before, now });
            }
        }
    }
}
