//! What a client wants kept on disk.

use chinwag_proto::wire::id::{LogId, RoomSeq};

/// What a client wants kept on disk: shown first, then recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// Cursors that moved, by the room's name as shown.
    pub cursors: Vec<SavedCursor>,
}

/// The last entry of a room that this device holds without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCursor {
    /// The room's name as shown.
    pub name: String,
    /// The room's log.
    pub log: LogId,
    /// The entry.
    pub upto: RoomSeq,
}

/// A [`Save`] is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved;
