//! Rooms that are only looked at: what the server says of them on the present link. Nobody enters them by that.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Hit, SearchMark};

use super::limits::LOOKED_AT_MAX;
use super::place::Key;

/// What is known of such rooms.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) by_key: BTreeMap<Key, RoomId>,
    /// Their names as shown; `None`: the server does not say (any more).
    pub(super) names: BTreeMap<RoomId, Option<String>>,
    /// Rooms that are being looked at for their names,
    pub(super) asked: BTreeSet<RoomId>,
    /// what was found in them meanwhile,
    pub(super) found: BTreeMap<RequestId, (Vec<Hit>, Option<SearchMark>)>,
    /// and from where to where they can't be read.
    pub(super) unreadable: BTreeMap<RoomId, (RoomSeq, RoomSeq)>,
}

impl Looks {
    pub(super) fn id_of(&self, key: &Key) -> Option<RoomId> {
        self.by_key.get(key).copied()
    }

    pub(super) fn name_of(&self, id: RoomId) -> Option<String> {
        self.names.get(&id).cloned().flatten()
    }

    /// Makes room for more, where that takes nothing away that is waited for.
    pub(super) fn forget_some(&mut self) {
        if self.found.is_empty() && self.names.len() >= LOOKED_AT_MAX {
            self.by_key.clear();
            self.names.clear();
        }
    }
}
