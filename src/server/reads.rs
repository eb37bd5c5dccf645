//! Reads of older entries: which are wanted, which are under way. Both are bounded.

use std::collections::{BTreeSet, VecDeque};

use chinwag_proto::wire::id::{RoomId, RoomSeq};

use super::limits::{LOAD_BYTES, LOAD_ENTRIES, LOADS_MAX, LOADS_QUEUED_MAX};
use chinwag_store::Range;

/// The queue of reads.
#[derive(Debug, Default)]
pub(super) struct Reads {
    wanted: VecDeque<Range>,
    under_way: Vec<Range>,
    /// Rooms whose want was turned away; one of them is asked again whenever a read is done.
    starved: BTreeSet<RoomId>,
}

impl Reads {
    /// Asks for the entries of a room from `number` up to, not including, `end`.
    pub(super) fn want(&mut self, room: RoomId, number: u64, end: u64) {
        let covers = |range: &Range| {
            range.room == room && (range.after.0..range.after.0 + range.count as u64).contains(&(number - 1))
        };
        if self.under_way.iter().chain(&self.wanted).any(covers) {
            return;
        }
        if self.wanted.len() >= LOADS_QUEUED_MAX {
            self.starved.insert(room);
            return;
        }
        let count = usize::try_from(end.saturating_sub(number)).unwrap_or(usize::MAX).clamp(1, LOAD_ENTRIES);
        self.wanted.push_back(Range { room, after: RoomSeq(number - 1), count, bytes: LOAD_BYTES });
    }

    /// The next read to be made, if there is one and not too many are under way.
    pub(super) fn next(&mut self) -> Option<Range> {
        if self.under_way.len() >= LOADS_MAX {
            return None;
        }
        let range = self.wanted.pop_front()?;
        self.under_way.push(range);
        Some(range)
    }

    /// Reads that are not done.
    pub(super) fn len(&self) -> usize {
        self.wanted.len() + self.under_way.len()
    }

    /// A read is done. Gives the rooms whose links are to look again.
    pub(super) fn done(&mut self, range: Range) -> impl Iterator<Item = RoomId> + use<> {
        if let Some(at) = self.under_way.iter().position(|r| *r == range) {
            self.under_way.swap_remove(at);
        }
        let starved = self.starved.pop_first().filter(|&room| room != range.room);
        [Some(range.room), starved].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(3);

    #[test]
    fn one_read_serves_all_who_want_the_same_part() {
        let mut reads = Reads::default();
        for number in [11, 12, 266] {
            reads.want(ROOM, number, 5_000);
        }
        let range = reads.next().expect("a read");
        assert_eq!((range.after, range.count), (RoomSeq(10), LOAD_ENTRIES));
        assert_eq!(reads.next(), None);
        reads.want(ROOM, 20, 5_000);
        assert_eq!(reads.next(), None, "it is under way");
        assert_eq!(reads.done(range).collect::<Vec<_>>(), [ROOM]);
        reads.want(ROOM, 61, 62);
        assert_eq!(reads.next().map(|r| r.count), Some(1), "what the tail has is not read");
    }

    #[test]
    fn who_was_turned_away_is_asked_again() {
        let mut reads = Reads::default();
        for room in 0..=LOADS_QUEUED_MAX as u64 {
            reads.want(RoomId(room), 1, 10);
        }
        let last = RoomId(LOADS_QUEUED_MAX as u64);
        let range = reads.next().expect("a read");
        assert_eq!(reads.done(range).collect::<Vec<_>>(), [RoomId(0), last]);
        for _ in 0..LOADS_MAX {
            assert!(reads.next().is_some());
        }
        assert_eq!(reads.next(), None, "not too many at a time");
    }
}
