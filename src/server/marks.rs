//! Marks: how far each member has got in a room, and who is told. They are durable a little later than messages: a mark
//! that a crash takes is given again when its device comes back.

use std::collections::BTreeSet;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, RoomId};

/// Marks that are to be made durable, and rooms whose authors are to be told.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) dirty: BTreeSet<(RoomId, AccountId)>,
    /// When the dirty ones are written, if no batch takes them before.
    pub(super) write_at: Option<Instant>,
    pub(super) due: BTreeSet<(Instant, RoomId)>,
}

impl Marks {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due.first().map(|&(at, _)| at).into_iter().chain(self.write_at).min()
    }
}
