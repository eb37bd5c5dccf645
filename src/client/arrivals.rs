//! What comes of the server's messages.

use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{Epoch, PresenceVersion, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Answer, Away, Down, Entry, Fact, Facts, PresenceUpdate, Quota, Refusal, Request, RoomInfo, RoomKind, Standing,
    Typing, Wire as _,
};

use super::attempt::Attempt;
use super::command::Start;
use super::config::Login;
use super::early::{Arrival, What};
use super::entering::Entering;
use super::news::{Delivered, QuotaNear, TypingChange, Whose};
use super::notice::{Connection, Notice};
use super::place::{Key, Place};
use super::reading::Reading;
use super::requests::Pending;
use super::room::{Room, Sending, Wish};
use super::roster::Roster;
use super::save::Reference;
use super::state::{Effect, Listing, State};

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
            Channel::Typing(room) => self.heard_typing(now, room, body),
            Channel::Bulk => self.bulk(body),
        }
    }

    fn down(&mut self, now: Instant, down: Down) {
        match down {
            Down::Answer(id, answer) => self.answer(now, id, answer),
            Down::Room(info) => {
                self.list(info);
                self.send_waiting();
            }
            Down::Stored { room, post, entry } => self.post_answered(room, post, Ok(entry)),
            Down::Refused { room, post, reason } => self.post_answered(room, post, Err(reason)),
            Down::Delivered { room, number, reach } => {
                if let Some(room) = self.name_of(room) {
                    self.notices.push_back(Notice::Delivered(Delivered { room, number, reach }));
                }
            }
            Down::Read { room, upto } => self.read_elsewhere(room, upto),
            Down::Unreadable { room, first, last } => self.unreadable(room, (first, last)),
            Down::Fact { room, upto, fact } => self.holds(room, upto, fact),
            Down::FollowEnded { room, reason } => self.follow_ended(room, reason),
            Down::AccountMade => self.is_made = true,
            Down::OverBudget { wait_ms, per_s } => {
                self.pace.over_budget(now, wait_ms, per_s);
                self.tell_wait();
            }
            Down::QuotaNear { quota, used, of } => {
                let whose = match quota {
                    Quota::Account => Some(Whose::Own),
                    Quota::Room(room) => self.name_of(room).map(Whose::Room),
                    Quota::Server => Some(Whose::Server),
                };
                self.notices.extend(whose.map(|whose| Notice::QuotaNear(QuotaNear { whose, used, of })));
            }
        }
    }

    fn answer(&mut self, now: Instant, id: RequestId, answer: Result<Answer, Refusal>) {
        let Some(pending) = self.requests.answered(id) else { return };
        match (pending, answer) {
            (Pending::Login, Ok(Answer::Welcome { account, name, server, rooms })) => {
                self.account = Some(account);
                self.welcome(name, server, rooms);
            }
            (Pending::Login, Err(reason)) => self.login_refused(reason),
            (Pending::Join(key), Ok(Answer::Joined { room, after, roster })) => {
                let sending = Sending { log: room.log, after, epoch: Epoch(0), back_to: None };
                self.joined(now, &key, &room, sending, PresenceVersion(roster));
            }
            (Pending::Join(key), Ok(Answer::Entered { room, after, roster, epoch, back_to })) => {
                let sending = Sending { log: room.log, after, epoch, back_to };
                self.joined(now, &key, &room, sending, PresenceVersion(roster));
            }
            (Pending::Join(key), Err(reason)) => self.join_refused(&key, reason),
            (Pending::Look(key), answer) => self.looked(&key, answer),
            (Pending::Name(id), answer) => self.named(id, answer),
            (Pending::Face(tag, _), answer) => self.ask_answered(tag, answer),
            (Pending::Leave(key, id), Err(reason @ (Refusal::StoreFull | Refusal::Limit | Refusal::Busy))) => {
                self.not_left(&key, id, reason);
            }
            (Pending::Leave(key, id), _) => self.left(&key, id),
            (Pending::Listed, _) => {
                self.listing = Listing::Whole;
                self.send_waiting();
            }
            (Pending::Told, _) | (Pending::Login | Pending::Join(_), Ok(_)) => {}
        }
        if !self.requests.is_joining() {
            self.early.clear();
        }
    }

    fn welcome(&mut self, name: String, server: String, rooms: Vec<RoomInfo>) {
        self.is_in = true;
        self.logins = 0;
        match self.config.login {
            Login::Token(_) => {}
            // From now on, the server knows this device as the account's.
            Login::Device | Login::Register { .. } | Login::Enrol { .. } => {
                self.config.login = Login::Device;
                self.effects.push_back(Effect::Enrolled);
            }
        }
        self.config.name.clone_from(&name);
        let is_made = std::mem::take(&mut self.is_made);
        self.notices.push_back(Notice::Connection(Connection::LoggedIn { name, server, is_made }));
        // What it asks next tells the server that this was heard.
        if is_made || self.away != Away::Here {
            self.ask(Pending::Told, Request::Away(self.away.clone()));
        }
        for info in rooms {
            self.list(info);
        }
        self.enter_all();
        self.send_waiting();
    }

    fn login_refused(&mut self, reason: Refusal) {
        self.is_made = false;
        let is_registered = matches!(reason, Refusal::NameTaken | Refusal::OtherName);
        if matches!(self.config.login, Login::Register { .. }) && self.logins > 1 && is_registered {
            // An earlier try may have been granted, and its answer lost with the link.
            self.config.login = Login::Device;
            return self.log_in();
        }
        self.notices.push_back(Notice::Connection(Connection::LoginRefused(reason)));
    }

    /// The server has this room in the account's list.
    fn list(&mut self, info: RoomInfo) {
        let place = Place::of_info(&info);
        let (key, standing) = (place.key(), info.standing);
        let is_direct = matches!(info.kind, RoomKind::Direct(..));
        self.listed.insert(key.clone(), info.clone());
        // To the user it is left already.
        if !self.rooms.get(&key).is_some_and(Room::is_on_its_way_out) {
            self.notices.push_back(Notice::Room { name: place.to_string(), info: info.clone() });
        }
        match standing {
            Standing::In(_) => {
                self.invited.remove(&key);
            }
            Standing::Invited => {
                if self.invited.insert(key.clone()) {
                    self.notices.push_back(Notice::Invited { name: place.to_string() });
                }
            }
            Standing::Out => {
                self.invited.remove(&key);
                self.put_out(&key);
            }
        }
        if let Some(room) = self.rooms.get_mut(&key) {
            room.reading.heard(info.read);
        }
        let is_followed = self.rooms.wanted(&key).is_some_and(|room| room.asked);
        if is_direct && self.config.follow_direct && !is_followed && standing != Standing::Out {
            // Where there are too many rooms, this one waits until it is asked for.
            let _ = self.want(place, Start::CHAT);
        }
    }

    /// The account is no member of a room any more. What was said there is still answered on this link.
    fn put_out(&mut self, key: &Key) {
        if self.requests.is_joining_room(key) {
            // It is of the time before.
            return;
        }
        self.set_leaving(key, false);
        // To be no member is what it is to follow from outside.
        let is_in = |room: &&mut Room| room.wish != Wish::Left && !room.is_from_outside();
        let Some(room) = self.rooms.get_mut(key).filter(is_in) else { return };
        let was_followed = room.asked && room.wish == Wish::Follow;
        room.wish = Wish::Left;
        room.roster = Roster::default();
        let (name, id) = (room.place.to_string(), room.id);
        self.effects.extend(id.map(Effect::Forget));
        for who in room.typers.clear() {
            self.notices.push_back(Notice::Typing(TypingChange { room: name.clone(), who, is_typing: false }));
        }
        if was_followed {
            self.notices.push_back(Notice::Out { name });
        }
    }

    /// A room that was followed from outside may not be read any more.
    fn follow_ended(&mut self, id: RoomId, reason: Refusal) {
        let Some((key, room)) = self.rooms.entered(id).filter(|(_, room)| room.is_from_outside()) else { return };
        let key = key.clone();
        let was_followed = room.wish == Wish::Follow;
        room.wish = Wish::Left;
        room.entering = Entering::Open;
        let name = room.place.to_string();
        self.effects.push_back(Effect::Shut(id));
        self.effects.push_back(Effect::Forget(id));
        self.listed.remove(&key);
        if was_followed {
            self.notices.push_back(Notice::FollowEnded { name, reason });
        }
    }

    /// The server could not store it now, and sends no more of the room all the same. It is asked again after the next login,
    /// by whatever program.
    fn not_left(&mut self, key: &Key, id: RoomId, reason: Refusal) {
        let Some(room) = self.rooms.get(key).filter(|room| room.wish == Wish::Left) else { return };
        let request = Attempt::Leave(room.place.to_string());
        self.left(key, id);
        self.set_leaving(key, true);
        self.notices.push_back(Notice::Denied { request, reason });
    }

    /// The server sends no more of a room that this client does not want any more. While it is being entered again, what comes
    /// is of the new beginning.
    fn left(&mut self, key: &Key, id: RoomId) {
        if self.listed.get(key).is_some_and(|info| info.standing == Standing::Invited) {
            // The next invitation is news again.
            self.listed.remove(key);
            self.invited.remove(key);
        }
        if self.rooms.wanted(key).is_none() && !self.requests.is_joining_room(key) {
            self.set_leaving(key, false);
            self.effects.push_back(Effect::Forget(id));
        }
    }

    /// A login: everything that is wanted is entered on this link.
    fn enter_all(&mut self) {
        let keys: Vec<_> = self.rooms.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            if self.rooms.wanted(&key).is_none() {
                self.refuse_all(&key, Refusal::NotMember);
            }
            self.leave_if_answered(&key);
            self.enter(&key);
        }
    }

    fn joined(&mut self, now: Instant, key: &Key, info: &RoomInfo, sending: Sending, roster: PresenceVersion) {
        let Some(room) = self.rooms.get_mut(key) else { return };
        room.place = Place::of_info(info);
        if !room.is_from_outside() || matches!(info.standing, Standing::In(_)) {
            room.entering = Entering::Open;
        }
        let is_from_outside = room.is_from_outside();
        let entered = room.entered(sending);
        room.roster.begin(roster, now);
        if entered.is_reset && room.asked {
            room.saved_sent(true).into_iter().for_each(|sent| self.keeper.sent(sent));
        }
        if entered.is_reset {
            room.reading = Reading::default();
        }
        room.reading.begin(info.read);
        let asked = room.asked;
        if entered.is_reset && asked {
            // Before what is refused for it.
            let name = room.place.to_string();
            self.notices.push_back(Notice::HistoryReset { name, back_to: sending.back_to });
        }
        // What has that number in another log is something else.
        self.give_up(key, |sent| matches!(sent.reference, Reference::In(log) if log != info.log));
        if let Some(upto) = sending.back_to {
            self.give_up(key, |sent| sent.is_beyond(upto));
        }
        let Some(room) = self.rooms.get_mut(key) else { return };
        let had_facts = std::mem::take(&mut room.facts) != Facts::default();
        let (name, head) = (room.place.to_string(), room.outbox.head());
        let recorded = room.recorded.filter(|recorded| recorded.log == info.log);
        if let Some(recorded) = room.recorded.filter(|_| room.is_put_back) {
            self.cursors.insert(key.clone(), recorded);
        }
        self.rooms.identify(key, info.id);
        self.effects.push_back(Effect::Open(info.id));
        self.effects.push_back(Effect::Advance(info.id, head));
        if let Some(recorded) = recorded.filter(|_| !is_from_outside) {
            self.effects.push_back(Effect::Cursor(info.id, recorded.upto));
        }
        // On a link that follows the room already, entries from after the answer may have overtaken it.
        let (room, after, skipped) = (info.id, entered.after, entered.skipped);
        let head = info.head.max(after);
        self.listed.insert(key.clone(), info.clone());
        if !self.rooms.get(key).is_some_and(Room::is_on_its_way_out) {
            self.notices.push_back(Notice::Room { name: name.clone(), info: info.clone() });
        }
        if asked {
            self.notices.push_back(Notice::Joined { room, name: name.clone(), after, head, skipped });
            if had_facts {
                // What holds now is said next.
                self.notices.push_back(Notice::Facts { room: name, upto: head, facts: Facts::default() });
            }
        }
        self.keeper.note();
        for arrival in self.early.take(info.id) {
            self.arrived(arrival.room, arrival.what, &arrival.body);
        }
        self.leave_if_answered(key);
        self.tell_reads(now);
        self.send_waiting();
    }

    pub(super) fn join_refused(&mut self, key: &Key, reason: Refusal) {
        self.set_leaving(key, false);
        let Some(room) = self.rooms.get_mut(key) else { return };
        room.wish = Wish::Left;
        room.roster = Roster::default();
        let (request, asked) = (room.attempt(), room.asked);
        // It was followed before, and on this link it may not be any more.
        let has_ended = room.is_from_outside() && room.held.is_some();
        let name = room.place.to_string();
        room.entering = Entering::Open;
        if asked {
            self.notices.push_back(match has_ended {
                true => Notice::FollowEnded { name, reason },
                false => Notice::Denied { request, reason },
            });
        }
        self.refuse_all(key, reason);
        self.send_waiting();
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
        self.keeper.note();
        // An entry without octets is one whose body is gone; one that does not decode is of a later capability.
        let entry = Entry::decode(body).ok().filter(|_| is_new && room.asked);
        let Some(entry) = entry else { return };
        held.handed = held.handed.max(number);
        let stopped = room.typers.said(entry.author);
        if let Some(who) = stopped {
            self.notices.push_back(Notice::Typing(TypingChange { room: name.clone(), who, is_typing: false }));
        }
        let own = self.account == Some(entry.author);
        let is_ignored = !own && self.is_ignored(&entry.name);
        self.notices.push_back(Notice::Entry { room: id, name, number, contiguous_upto, own, is_ignored, entry });
    }

    fn presence(&mut self, id: RoomId, body: &[u8]) {
        let own = self.account;
        let Some((_, room)) = self.rooms.entered(id).filter(|(_, room)| room.wish != Wish::Left) else { return };
        let Ok(update) = PresenceUpdate::decode(body) else { return };
        for entry in update.entries {
            if let Some(change) = room.roster.apply(entry).filter(|_| room.asked) {
                let room = room.place.to_string();
                self.notices.extend(change.notices(&room, own, self.config.whole_screen));
            }
        }
    }

    fn heard_typing(&mut self, now: Instant, id: RoomId, body: &[u8]) {
        let own = self.account;
        let Ok(Typing { account }) = Typing::decode(body) else { return };
        let Some((_, room)) = self.rooms.entered(id) else { return };
        let (asked, name) = (room.asked && room.wish == Wish::Follow, room.place.to_string());
        let Some(who) = room.roster.name(account).map(str::to_owned).filter(|_| asked && own != Some(account)) else {
            return;
        };
        if room.typers.heard(account, &who, now) && !self.is_ignored(&who) {
            self.notices.push_back(Notice::Typing(TypingChange { room: name, who, is_typing: true }));
        }
    }

    /// The server tells a fact of a room.
    fn holds(&mut self, id: RoomId, upto: RoomSeq, fact: Fact) {
        let Some((_, room)) = self.rooms.entered(id).filter(|(_, room)| room.wish != Wish::Left) else { return };
        room.facts.set(fact);
        if room.asked {
            self.notices.push_back(Notice::Facts { room: room.place.to_string(), upto, facts: room.facts.clone() });
        }
    }

    fn read_elsewhere(&mut self, id: RoomId, upto: RoomSeq) {
        let is_news = self.rooms.entered(id).is_none_or(|(_, room)| room.reading.heard(upto));
        if let Some(room) = self.name_of(id).filter(|_| is_news) {
            self.notices.push_back(Notice::Read { room, upto });
        }
    }
}
