//! What interfaces ask for: sent when it can be, answered once.

use chinwag_proto::wire::id::{RequestId, RoomId};
use chinwag_proto::wire::message::{Answer, Bulk, Entry, Refusal, Request, Up, Which, Wire as _};

use super::ask::{Ask, Denial, Reply};
use super::limits::ASKS_MAX;
use super::notice::Notice;
use super::place::Place;
use super::requests::Pending;
use super::state::{Effect, Listing, State};

/// What may happen to a request now.
enum Readiness {
    Ready(Request),
    /// Its room is being entered.
    Later,
    /// The server may name its room still.
    Unlisted,
    Never(Refusal),
    /// The account is not in its room; the server may let it be read all the same.
    Look(Place),
}

impl State {
    pub(super) fn ask_for(&mut self, tag: u64, ask: Ask) {
        if self.requests.of_faces() >= ASKS_MAX {
            return self.reply(tag, Err(Denial::Refused(Refusal::Busy)));
        }
        self.requests.wait(tag, ask);
        self.send_waiting();
    }

    /// Sends what waits and can be sent.
    pub(super) fn send_waiting(&mut self) {
        if !self.is_in {
            return;
        }
        for (id, (tag, ask)) in self.requests.take_waiting() {
            match self.readiness(&ask) {
                Readiness::Unlisted => {
                    self.requests.keep_waiting(id, tag, ask);
                    if self.listing == Listing::Unknown {
                        self.listing = Listing::Asked;
                        self.ask(Pending::Listed, Request::Away(self.away.clone()));
                    }
                }
                Readiness::Ready(request) => {
                    self.effects.push_back(Effect::Ask(Up::Request(id, request).encode()));
                    self.requests.sent(id, tag, ask);
                }
                Readiness::Later => self.requests.keep_waiting(id, tag, ask),
                Readiness::Look(place) => {
                    self.requests.keep_waiting(id, tag, ask);
                    self.look(&place);
                }
                Readiness::Never(reason) => self.reply(tag, Err(Denial::Refused(reason))),
            }
        }
    }

    fn readiness(&self, ask: &Ask) -> Readiness {
        let id = match ask.room().map(Place::parse) {
            None => None,
            Some(Err(_)) => return Readiness::Never(Refusal::NoSuchRoom),
            Some(Ok(place)) => {
                let key = place.key();
                let entered = self.rooms.get(&key).and_then(|room| room.id);
                match entered.or_else(|| self.listed.get(&key).map(|info| info.id)) {
                    Some(id) => Some(id),
                    None if self.requests.is_joining_room(&key) => return Readiness::Later,
                    None if self.listing != Listing::Whole => return Readiness::Unlisted,
                    None if ask.only_reads() && matches!(place, Place::Named(_)) => match self.looks.id_of(&key) {
                        Some(id) => Some(id),
                        None => return Readiness::Look(place),
                    },
                    None => return Readiness::Never(Refusal::NotMember),
                }
            }
        };
        Readiness::Ready(request(ask.clone(), id))
    }

    /// An answer to what an interface asked for.
    pub(super) fn ask_answered(&mut self, tag: u64, answer: Result<Answer, Refusal>) {
        let reply = match answer {
            Ok(Answer::Devices(devices)) => Ok(Reply::Devices(devices)),
            Ok(Answer::Delivery(reach)) => Ok(Reply::Delivery(reach)),
            Ok(Answer::Room(info)) => Ok(Reply::Room(info)),
            Ok(Answer::Done | Answer::Left) => Ok(Reply::Done),
            // No answer to any of these; a later capability.
            Ok(Answer::Welcome { .. } | Answer::Joined { .. } | Answer::Entered { .. } | Answer::Measured(_)) => {
                Err(Denial::Refused(Refusal::NotUnderstood))
            }
            Err(reason) => Err(Denial::Refused(reason)),
        };
        self.reply(tag, reply);
    }

    /// An answer came over the bulk channel.
    pub(super) fn bulk(&mut self, body: &[u8]) {
        // One of a kind that this client does not know answers nothing that it asked.
        let Ok(bulk) = Bulk::decode(body) else { return };
        let (id, reply) = match bulk {
            Bulk::History { request, room, entries, is_more } => {
                let entries = entries.into_iter();
                let entries = entries.filter_map(|e| Some((e.number, Entry::decode(&e.entry).ok()?))).collect();
                (request, Reply::History { room: self.asked_room(request, room), entries, is_more })
            }
            Bulk::Found { request, hits, next } => return self.found(request, hits, next),
            Bulk::Rooms { request, rooms, is_more } => (request, Reply::Rooms { rooms, is_more }),
            Bulk::Members { request, room, members, is_more } => {
                (request, Reply::Members { room: self.asked_room(request, room), members, is_more })
            }
        };
        self.answer_face(id, reply);
    }

    /// Answers what an interface asked under that id, if that is an answer to it.
    pub(super) fn answer_face(&mut self, id: RequestId, reply: Reply) {
        if let Some((tag, ask)) = self.requests.face(id)
            && is_answer(ask, &reply)
        {
            self.requests.answered(id);
            self.reply(tag, Ok(reply));
        }
    }

    /// The room's name as shown, or as it was asked for.
    fn asked_room(&self, request: RequestId, room: RoomId) -> String {
        let asked = || self.requests.face(request).and_then(|(_, ask)| ask.room()).unwrap_or_default().to_owned();
        self.name_of(room).unwrap_or_else(asked)
    }

    pub(super) fn reply(&mut self, tag: u64, result: Result<Reply, Denial>) {
        self.notices.push_back(Notice::Answered { tag, result });
    }
}

/// What is sent. `id` is the room's, where the request is about one.
fn request(ask: Ask, id: Option<RoomId>) -> Request {
    let room = id.unwrap_or_default();
    match ask {
        Ask::SetPassword { old, new } => Request::SetPassword { old, new },
        Ask::Devices => Request::Devices,
        Ask::Revoke { device } => Request::Revoke { device },
        Ask::Unregister { password } => Request::Unregister { password },
        Ask::Open { access, password, .. } => Request::Open { room, access, password },
        Ask::Rooms { after } => Request::Rooms { after },
        Ask::Members { after, .. } => Request::Members { room, after },
        Ask::History { position, count, .. } => Request::History { room, position, count },
        Ask::Search { words, after, count, .. } => Request::Search { room: id, words, after, count },
        Ask::Pins { after, .. } => Request::Pins { room, after },
        Ask::Look { room } => Request::Look(Which::Named(room.trim_start_matches('#').to_owned())),
        Ask::Delivery { number, .. } => Request::Delivery { room, number },
    }
}

/// Whether a page is one of those that were asked for.
const fn is_answer(ask: &Ask, reply: &Reply) -> bool {
    matches!(
        (ask, reply),
        (Ask::History { .. }, Reply::History { .. })
            | (Ask::Search { .. } | Ask::Pins { .. }, Reply::Found { .. })
            | (Ask::Rooms { .. }, Reply::Rooms { .. })
            | (Ask::Members { .. }, Reply::Members { .. })
    )
}
