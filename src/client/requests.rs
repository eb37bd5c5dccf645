//! Requests without an answer, by id. Those of the client's own end with the link: after a login on a new one everything that
//! is wanted is asked for again. Those of an interface are repeated there under the same id, where that is harmless.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::{RequestId, RoomId};

use super::ask::Ask;
use super::place::Key;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// To be an account.
    Login,
    /// To enter a room.
    Join(Key),
    /// To leave one.
    Leave(Key, RoomId),
    /// What a room is that is not entered,
    Look(Key),
    /// or what it is called.
    Name(RoomId),
    /// Something that needs no answer: it is said again when it changes.
    Told,
    /// Something whose answer comes after all that was said at the login.
    Listed,
    /// What an interface asks, under its own tag.
    Face(u64, Ask),
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: RequestId,
    open: BTreeMap<RequestId, Pending>,
    /// What an interface asked for and was not sent on the present link.
    waiting: BTreeMap<RequestId, (u64, Ask)>,
}

impl Requests {
    pub(super) fn open(&mut self, pending: Pending) -> RequestId {
        self.last = self.last.next();
        self.open.insert(self.last, pending);
        self.last
    }

    /// An interface asks for something, which is sent as soon as it can be.
    pub(super) fn wait(&mut self, tag: u64, ask: Ask) {
        self.last = self.last.next();
        self.waiting.insert(self.last, (tag, ask));
    }

    /// What waits.
    pub(super) fn take_waiting(&mut self) -> BTreeMap<RequestId, (u64, Ask)> {
        std::mem::take(&mut self.waiting)
    }

    /// It is not the time for this one yet.
    pub(super) fn keep_waiting(&mut self, id: RequestId, tag: u64, ask: Ask) {
        self.waiting.insert(id, (tag, ask));
    }

    /// One that waited is sent.
    pub(super) fn sent(&mut self, id: RequestId, tag: u64, ask: Ask) {
        self.open.insert(id, Pending::Face(tag, ask));
    }

    /// The request with this id is answered. Gives what it was.
    pub(super) fn answered(&mut self, id: RequestId) -> Option<Pending> {
        self.open.remove(&id)
    }

    /// What an interface asked under this id, if it is not answered yet.
    pub(super) fn face(&self, id: RequestId) -> Option<(u64, &Ask)> {
        match self.open.get(&id) {
            Some(Pending::Face(tag, ask)) => Some((*tag, ask)),
            _ => None,
        }
    }

    /// Requests of interfaces without an answer.
    pub(super) fn of_faces(&self) -> usize {
        self.waiting.len() + self.open.values().filter(|pending| matches!(pending, Pending::Face(..))).count()
    }

    /// Whether a room is being entered.
    pub(super) fn is_joining(&self) -> bool {
        self.open.values().any(|pending| matches!(pending, Pending::Join(_)))
    }

    /// Whether this room is.
    pub(super) fn is_joining_room(&self, key: &Key) -> bool {
        self.open.values().any(|pending| matches!(pending, Pending::Join(joining) if joining == key))
    }

    /// Whether this room is being looked at.
    pub(super) fn is_looking(&self, key: &Key) -> bool {
        self.open.values().any(|pending| matches!(pending, Pending::Look(looking) if looking == key))
    }

    /// The link is gone. Gives what is not repeated here.
    pub(super) fn forget_link(&mut self) -> Unanswered {
        let mut unanswered = Unanswered::default();
        for (id, pending) in std::mem::take(&mut self.open) {
            match pending {
                Pending::Face(tag, ask) if ask.is_repeatable() => self.keep_waiting(id, tag, ask),
                Pending::Face(tag, _) => unanswered.lost.push(tag),
                Pending::Leave(key, _) => unanswered.leaving.push(key),
                Pending::Login
                | Pending::Join(_)
                | Pending::Look(_)
                | Pending::Name(_)
                | Pending::Told
                | Pending::Listed => {}
            }
        }
        unanswered
    }
}

/// What a link that is gone did not answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unanswered {
    /// Tags of what can't be repeated.
    pub(super) lost: Vec<u64>,
    /// Rooms that were to be left.
    pub(super) leaving: Vec<Key>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_new_link_only_what_is_harmless_is_repeated_under_the_same_id() {
        let mut requests = Requests::default();
        let secret = || String::from("correct horse").into();
        requests.open(Pending::Login);
        requests.wait(7, Ask::Devices);
        requests.wait(8, Ask::SetPassword { old: None, new: secret() });
        let ids: Vec<_> = requests
            .take_waiting()
            .into_iter()
            .map(|(id, (tag, ask))| {
                requests.sent(id, tag, ask);
                id
            })
            .collect();
        assert_eq!(requests.of_faces(), 2);
        assert_eq!(requests.forget_link(), Unanswered { lost: vec![8], leaving: vec![] });
        let waiting = requests.take_waiting();
        assert_eq!(waiting.into_iter().collect::<Vec<_>>(), [(ids[0], (7, Ask::Devices))]);
        assert_eq!(requests.answered(ids[1]), None);
    }
}
