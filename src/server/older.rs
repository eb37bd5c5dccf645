//! Older entries, read again from the store for those who are behind. A bounded cache: the run read first goes first.

use std::collections::{BTreeMap, VecDeque};

use chinwag_proto::wire::id::RoomId;

use super::limits::OLDER_BYTES_MAX;
use chinwag_store::Page;

/// Runs of older entries.
#[derive(Debug, Default)]
pub(super) struct Older {
    /// By room and number of the first entry.
    runs: BTreeMap<(RoomId, u64), Run>,
    /// The runs in the order in which they came.
    order: VecDeque<(RoomId, u64)>,
    bytes: usize,
}

#[derive(Debug)]
struct Run {
    entries: Vec<Vec<u8>>,
    bytes: usize,
}

impl Older {
    /// An entry, if it is at hand. An empty one is a number whose entry is gone.
    pub(super) fn entry(&self, room: RoomId, number: u64) -> Option<&[u8]> {
        let (&(_, first), run) = self.runs.range((room, 0)..=(room, number)).next_back()?;
        run.entries.get(usize::try_from(number - first).ok()?).map(Vec::as_slice)
    }

    /// The entry with this number is one without a body from now on.
    pub(super) fn remove(&mut self, room: RoomId, number: u64) {
        let Some((&(_, first), run)) = self.runs.range_mut((room, 0)..=(room, number)).next_back() else { return };
        let index = usize::try_from(number - first).ok();
        if let Some(entry) = index.and_then(|index| run.entries.get_mut(index)) {
            let bytes = std::mem::take(entry).len();
            run.bytes -= bytes;
            self.bytes -= bytes;
        }
    }

    /// So are all up to this one.
    pub(super) fn prune(&mut self, room: RoomId, upto: u64) {
        for (&(_, first), run) in self.runs.range_mut((room, 0)..=(room, upto)) {
            for (number, entry) in (first..=upto).zip(&mut run.entries) {
                debug_assert!(number <= upto);
                let bytes = std::mem::take(entry).len();
                run.bytes -= bytes;
                self.bytes -= bytes;
            }
        }
    }

    /// Takes what was read.
    pub(super) fn insert(&mut self, page: Page) {
        let Page { range, mut entries, .. } = page;
        if entries.is_empty() {
            // The log is shorter than its head says: that number will never come, and nobody shall wait for it.
            entries.push(Vec::new());
        }
        let key = (range.room, range.after.0 + 1);
        let bytes = entries.iter().map(|entry| entry.len() + size_of::<Vec<u8>>()).sum();
        self.bytes += bytes;
        match self.runs.insert(key, Run { entries, bytes }) {
            Some(old) => self.bytes -= old.bytes,
            None => self.order.push_back(key),
        }
        while self.bytes > OLDER_BYTES_MAX && self.order.len() > 1 {
            if let Some(old) = self.order.pop_front().and_then(|key| self.runs.remove(&key)) {
                self.bytes -= old.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::id::RoomSeq;
    use chinwag_store::Range;

    const ROOM: RoomId = RoomId(3);

    fn page(after: u64, entries: Vec<Vec<u8>>) -> Page {
        Page { range: Range { room: ROOM, after: RoomSeq(after), count: 256, bytes: 0 }, entries, unreadable: None }
    }

    #[test]
    fn a_run_serves_its_numbers_and_no_others() {
        let mut older = Older::default();
        older.insert(page(10, vec![vec![9]; 50]));
        assert!(older.entry(ROOM, 11).is_some() && older.entry(ROOM, 60).is_some());
        assert!(older.entry(ROOM, 10).is_none() && older.entry(ROOM, 61).is_none());
        assert!(older.entry(RoomId(4), 12).is_none());
        assert!(older.entry(RoomId(4), 3).is_none(), "below the first number of another room's run");
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut older = Older::default();
        for run in 0..100 {
            older.insert(page(run * 10, vec![vec![0; 60_000]; 10]));
        }
        assert!(older.bytes <= OLDER_BYTES_MAX && older.runs.len() == older.order.len());
        assert!(older.entry(ROOM, 1_000).is_some() && older.entry(ROOM, 1).is_none());
    }

    #[test]
    fn a_missing_entry_is_a_known_hole() {
        let mut older = Older::default();
        older.insert(page(7_000, Vec::new()));
        assert_eq!(older.entry(ROOM, 7_001), Some(&[][..]));
    }
}
