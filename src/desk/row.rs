//! Which row a typed line is about. `^` is the last one that the user sees, stored or on its way: what has no number yet is
//! known by its tag, and what is about it waits for the number.

use chinwag_proto::wire::id::RoomSeq;

/// A row of the room in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// An entry.
    Number(RoomSeq),
    /// What the user said under this tag, and is on its way.
    Tag(u64),
}

/// Why there is no such row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRow {
    /// There is none.
    Absent,
    /// The message is the user's own, and was refused.
    Refused,
    /// The last message is the user's own, and was refused; anybody's was asked for.
    LastRefused,
}

impl Row {
    /// The tag of what has no number yet.
    pub(super) const fn tag(self) -> Option<u64> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Number(_) => None,
        }
    }

    /// The number that a message about it has until it is known.
    pub(super) fn number(self) -> RoomSeq {
        match self {
            Self::Number(number) => number,
            Self::Tag(_) => RoomSeq::default(),
        }
    }
}
