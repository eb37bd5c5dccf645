//! Asking the server what rooms are that this account is not in, and what comes of the answers.

use std::collections::BTreeSet;

use chinwag_proto::wire::id::{RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Entry, Hit, Refusal, Request, SearchMark, Which, Wire as _};

use super::ask::{Denial, Found, Reply};
use super::entering::Entering;
use super::limits::LOOKED_AT_MAX;
use super::news::Unreadable;
use super::notice::Notice;
use super::place::{Key, Place};
use super::requests::Pending;
use super::state::State;

impl State {
    /// Asks what a room is that this account is not in, unless that is under way.
    pub(super) fn look(&mut self, place: &Place) {
        let key = place.key();
        if !self.requests.is_looking(&key) {
            self.looks.forget_some();
            let (Place::Named(name) | Place::Direct(name)) = place;
            self.ask(Pending::Look(key), Request::Look(Which::Named(name.clone())));
        }
    }

    /// The server has said what a room is, or that it does not say.
    pub(super) fn looked(&mut self, key: &Key, answer: Result<Answer, Refusal>) {
        match answer {
            Ok(Answer::Room(info)) => {
                self.looks.by_key.insert(key.clone(), info.id);
                self.looks.names.insert(info.id, Some(Place::of_info(&info).to_string()));
                self.send_waiting();
                self.enter_if_looked_at(key);
            }
            // A server that is older lets nobody read who is no member, and says of no room that there is none.
            Ok(_) | Err(Refusal::NotUnderstood) => {
                self.deny_waiting(key, Refusal::NotMember);
                self.enter_if_looked_at(key);
            }
            Err(reason) => {
                self.deny_waiting(key, reason);
                if self.is_at_the_door(key) {
                    self.join_refused(key, reason);
                }
            }
        }
    }

    /// Enters a room that had to be looked at first.
    fn enter_if_looked_at(&mut self, key: &Key) {
        if self.is_at_the_door(key) {
            if let Some(room) = self.rooms.get_mut(key) {
                room.entering = Entering::Open;
            }
            self.enter(key);
        }
    }

    /// Whether a room is to be entered, if there is one.
    fn is_at_the_door(&self, key: &Key) -> bool {
        self.rooms.wanted(key).is_some_and(|room| room.entering == Entering::Existing && room.id.is_none())
    }

    /// What waits for a look at that room is not to be had.
    fn deny_waiting(&mut self, key: &Key, reason: Refusal) {
        for (id, (tag, ask)) in self.requests.take_waiting() {
            let is_there = ask.room().and_then(|room| Place::parse(room).ok()).is_some_and(|place| place.key() == *key);
            if is_there && ask.only_reads() {
                self.reply(tag, Err(Denial::Refused(reason)));
            } else {
                self.requests.keep_waiting(id, tag, ask);
            }
        }
    }

    /// A search has found something. It is told once the names of all rooms are known that it is in.
    pub(super) fn found(&mut self, request: RequestId, hits: Vec<Hit>, next: Option<SearchMark>) {
        if self.requests.face(request).is_none() {
            return;
        }
        self.looks.forget_some();
        let unknown: BTreeSet<RoomId> =
            hits.iter().map(|hit| hit.room).filter(|id| self.name_of(*id).is_none()).collect();
        let unknown = unknown.into_iter().filter(|id| !self.looks.names.contains_key(id));
        let unknown: Vec<RoomId> = unknown.collect();
        self.looks.found.insert(request, (hits, next));
        unknown.into_iter().for_each(|id| self.ask_name(id));
        self.tell_found();
    }

    fn ask_name(&mut self, id: RoomId) {
        if self.looks.asked.insert(id) {
            self.ask(Pending::Name(id), Request::Look(Which::Numbered(id)));
        }
    }

    /// Some entries of a room can't be read. It is told once the room's name is known: a search looks into rooms that this
    /// client has not heard of.
    pub(super) fn unreadable(&mut self, id: RoomId, (first, last): (RoomSeq, RoomSeq)) {
        if let Some(room) = self.name_of(id) {
            self.notices.push_back(Notice::Unreadable(Unreadable { room, first, last }));
            return;
        }
        self.looks.forget_some();
        let is_nameless = self.looks.names.contains_key(&id);
        if !is_nameless && self.looks.unreadable.len() < LOOKED_AT_MAX {
            let span = self.looks.unreadable.entry(id).or_insert((first, last));
            *span = (span.0.min(first), span.1.max(last));
            self.ask_name(id);
        }
    }

    /// The server has said what the room with a number is, or that it does not say.
    pub(super) fn named(&mut self, id: RoomId, answer: Result<Answer, Refusal>) {
        let name = match answer {
            Ok(Answer::Room(info)) if info.id == id => Some(Place::of_info(&info).to_string()),
            Ok(_) | Err(_) => None,
        };
        self.looks.asked.remove(&id);
        let unreadable = self.looks.unreadable.remove(&id);
        if let (Some(name), Some((first, last))) = (&name, unreadable) {
            self.notices.push_back(Notice::Unreadable(Unreadable { room: name.clone(), first, last }));
        }
        self.looks.names.insert(id, name);
        self.tell_found();
    }

    /// Tells what waits for no name any more. What lies in a room without a name is not told.
    fn tell_found(&mut self) {
        let is_whole = |(hits, _): &(Vec<Hit>, _)| !hits.iter().any(|hit| self.looks.asked.contains(&hit.room));
        let whole: Vec<RequestId> =
            self.looks.found.iter().filter(|(_, found)| is_whole(found)).map(|(id, _)| *id).collect();
        for request in whole {
            let Some((hits, next)) = self.looks.found.remove(&request) else { continue };
            let found = hits.into_iter().filter_map(|hit| {
                let room = self.name_of(hit.room)?;
                Some(Found { room, number: hit.number, entry: Entry::decode(&hit.entry).ok()? })
            });
            let reply = Reply::Found { hits: found.collect(), next };
            self.answer_face(request, reply);
        }
    }
}
