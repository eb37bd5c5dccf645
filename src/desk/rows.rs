//! Which row a typed line is about.

use chinwag_proto::wire::id::RoomSeq;

use super::desk::Desk;
use super::row::{NoRow, Row};
use crate::parse::Which;

impl Desk {
    /// The row that is meant, of the user's own.
    pub(super) fn own_row(&self, which: Which) -> Result<Row, NoRow> {
        match which {
            Which::Number(number) => Ok(Row::Number(number)),
            Which::Last => self.last_row(true),
            Which::Said(tag) => self.said_row(tag),
        }
    }

    /// The row that is meant, of anybody's.
    pub(super) fn any_row(&self, which: Which) -> Result<Row, NoRow> {
        match which {
            Which::Number(number) => Ok(Row::Number(number)),
            Which::Last => self.last_row(false),
            Which::Said(tag) => self.said_row(tag),
        }
    }

    /// What was said here under a tag, by its number if it has one meanwhile.
    fn said_row(&self, tag: u64) -> Result<Row, NoRow> {
        let is_here = |room: &str| room == self.room;
        if let Some((room, number)) = self.sending.numbered.get(&tag) {
            return if is_here(room) { Ok(Row::Number(*number)) } else { Err(NoRow::Absent) };
        }
        let pending = self.sending.pending.get(&tag).filter(|pending| is_here(&pending.room));
        pending.map(|_| Row::Tag(tag)).ok_or(NoRow::Absent)
    }

    /// The last message of the room in view that is pinned.
    pub(super) fn last_pin(&self) -> Result<Row, NoRow> {
        self.in_view().and_then(|room| room.messages.pins().next_back()).map(Row::Number).ok_or(NoRow::Absent)
    }

    /// The last message in view that is not about to be taken back. What is on its way stands below what has come.
    fn last_row(&self, is_own: bool) -> Result<Row, NoRow> {
        let mut on_their_way = self.pending_in(&self.room).rev();
        let deleted: Vec<Row> = self.pending_in(&self.room).filter_map(|(_, pending)| pending.deed.deletes()).collect();
        let stands = |row: &Row| !deleted.contains(row);
        let pending = on_their_way.find_map(|(tag, pending)| {
            let rows = [Some(Row::Tag(tag)), pending.number.map(Row::Number)];
            let stands = pending.deed.is_message() && rows.iter().flatten().all(stands);
            rows.into_iter().flatten().next_back().filter(|_| stands)
        });
        let room = self.in_view();
        if let Some(after) = room.and_then(|room| room.refused_after) {
            // Of one's own it is the last one; of all, unless somebody else has spoken since.
            let is_newer = |number: RoomSeq| number > after;
            let last = room.and_then(|room| room.messages.messages_of(None).next_back());
            match is_own {
                true => return Err(NoRow::Refused),
                false if !last.is_some_and(is_newer) => return Err(NoRow::LastRefused),
                false => {}
            }
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
