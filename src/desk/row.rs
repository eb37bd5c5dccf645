//! Which row a typed line is about. `^` is the last one that the user sees, stored or on its way: what has no number yet is
//! known by its tag, and what is about it waits for the number.

use std::fmt;

use chinwag_proto::wire::id::RoomSeq;

use super::Desk;
use crate::parse::Which;

/// A row of the room in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// An entry.
    Number(RoomSeq),
    /// What the user said under this tag, and is on its way.
    Tag(u64),
}

/// Why there is no such row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRow {
    /// There is none.
    Absent,
    /// It was refused.
    Refused,
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

    /// As it is typed.
    pub(super) fn typed(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Tag(_) => "^".to_owned(),
        }
    }
}

impl fmt::Display for NoRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "there is no such message here; /history shows numbers",
            Self::Refused => {
                "your last message here was not delivered, so it can't be changed; a number means an earlier one (/history shows numbers)"
            }
        })
    }
}

impl Desk {
    /// The row that is meant, of the user's own.
    pub(super) fn own_row(&self, which: Which) -> Result<Row, NoRow> {
        match which {
            Which::Number(number) => Ok(Row::Number(number)),
            Which::Last => self.last_row(true),
        }
    }

    /// The row that is meant, of anybody's.
    pub(super) fn any_row(&self, which: Which) -> Result<Row, NoRow> {
        match which {
            Which::Number(number) => Ok(Row::Number(number)),
            Which::Last => self.last_row(false),
        }
    }

    /// The last message in view that is not about to be taken back. What is on its way stands below what has come.
    fn last_row(&self, is_own: bool) -> Result<Row, NoRow> {
        let mut on_their_way = self.pending_in(&self.room).rev();
        let deleted: Vec<Row> = self.pending_in(&self.room).filter_map(|(_, pending)| pending.deletes).collect();
        let stands = |row: &Row| !deleted.contains(row);
        let pending = on_their_way.find_map(|(tag, pending)| {
            let rows = [Some(Row::Tag(tag)), pending.number.map(Row::Number)];
            let stands = pending.is_message && rows.iter().flatten().all(stands);
            rows.into_iter().flatten().next_back().filter(|_| stands)
        });
        let room = self.in_view();
        if pending.is_none() && is_own && room.is_some_and(|room| room.was_refused) {
            return Err(NoRow::Refused);
        }
        let come = || {
            let author = self.account.filter(|_| is_own);
            if is_own && author.is_none() {
                return None;
            }
            let mut rows = room?.messages.messages_of(author).rev().map(Row::Number);
            rows.find(stands)
        };
        pending.or_else(come).ok_or(NoRow::Absent)
    }
}
