//! Requests without an answer, by id. They do not outlive the link: after a login on a new one everything that is wanted is
//! asked for again.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RequestId;

use super::place::Key;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To be an account.
    Login,
    /// To enter a room.
    Join(Key),
    /// To leave one.
    Leave,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Requests {
    last: RequestId,
    open: BTreeMap<RequestId, Ask>,
}

impl Requests {
    pub(super) fn open(&mut self, ask: Ask) -> RequestId {
        self.last = self.last.next();
        self.open.insert(self.last, ask);
        self.last
    }

    /// The request with this id is answered. Gives what it was.
    pub(super) fn answered(&mut self, id: RequestId) -> Option<Ask> {
        self.open.remove(&id)
    }

    /// Whether a room is being entered.
    pub(super) fn is_joining(&self) -> bool {
        self.open.values().any(|ask| matches!(ask, Ask::Join(_)))
    }

    /// Whether this room is.
    pub(super) fn is_joining_room(&self, key: &Key) -> bool {
        self.open.values().any(|ask| matches!(ask, Ask::Join(joining) if joining == key))
    }

    /// The link is gone.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }
}
