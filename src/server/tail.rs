//! The end of a room's log, encoded, kept at hand: one copy for all who follow the room.

use std::collections::VecDeque;

use chinwag_proto::wire::id::RoomSeq;

/// The last entries of a log, without a gap up to its head.
#[derive(Debug)]
pub(super) struct Tail {
    entries: VecDeque<Box<[u8]>>,
    /// The number after the last entry.
    end: RoomSeq,
    bytes: usize,
}

impl Tail {
    /// The tail of a log of which nothing is at hand.
    pub(super) const fn after(head: RoomSeq) -> Self {
        Self { entries: VecDeque::new(), end: RoomSeq(head.0 + 1), bytes: 0 }
    }

    /// Appends the entry with this number. After a gap the tail begins anew.
    pub(super) fn push(&mut self, number: RoomSeq, entry: Vec<u8>) {
        if number != self.end {
            self.clear();
        }
        self.bytes += entry.len();
        self.entries.push_back(entry.into_boxed_slice());
        self.end = number.next();
    }

    /// Lets the oldest go until the tail is within both bounds. The last entry stays.
    pub(super) fn trim(&mut self, entries_max: usize, bytes_max: usize) {
        while self.entries.len() > 1 && (self.entries.len() > entries_max || self.bytes > bytes_max) {
            if let Some(entry) = self.entries.pop_front() {
                self.bytes -= entry.len();
            }
        }
    }

    /// The entry with this number is one without a body from now on.
    pub(super) fn remove(&mut self, number: RoomSeq) {
        let index = number.0.checked_sub(self.first().0).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            self.bytes -= std::mem::take(entry).len();
        }
    }

    /// So are all up to this one.
    pub(super) fn prune(&mut self, upto: RoomSeq) {
        for number in self.first().0..self.end.0.min(upto.0.saturating_add(1)) {
            self.remove(RoomSeq(number));
        }
    }

    /// Lets all go.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// The number of the first entry at hand; the one after the head if there is none.
    pub(super) fn first(&self) -> RoomSeq {
        RoomSeq(self.end.0 - self.entries.len() as u64)
    }

    pub(super) fn entry(&self, number: u64) -> Option<&[u8]> {
        let index = usize::try_from(number.checked_sub(self.first().0)?).ok()?;
        self.entries.get(index).map(|entry| &**entry)
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_the_numbers_stay() {
        let mut tail = Tail::after(RoomSeq(6));
        for number in 7..=10 {
            tail.push(RoomSeq(number), vec![u8::try_from(number).expect("small"); 10]);
        }
        assert_eq!((tail.first(), tail.bytes()), (RoomSeq(7), 40));
        tail.trim(3, 25);
        assert_eq!((tail.first(), tail.bytes()), (RoomSeq(9), 20));
        assert_eq!(tail.entry(8), None);
        assert_eq!(tail.entry(10), Some(&[10; 10][..]));
        assert_eq!(tail.entry(11), None);
        tail.trim(0, 0);
        assert_eq!(tail.first(), RoomSeq(10), "the last one stays");
        tail.push(RoomSeq(20), vec![1]);
        assert_eq!((tail.first(), tail.bytes()), (RoomSeq(20), 1), "no gap inside of a tail");
    }

    #[test]
    fn what_was_removed_has_a_number_and_no_body() {
        let mut tail = Tail::after(RoomSeq(0));
        for number in 1..=4 {
            tail.push(RoomSeq(number), vec![1; 10]);
        }
        tail.remove(RoomSeq(3));
        tail.remove(RoomSeq(9));
        assert_eq!((tail.entry(3), tail.bytes()), (Some(&[][..]), 30));
        tail.prune(RoomSeq(3));
        assert_eq!((tail.entry(1), tail.entry(4).map(<[u8]>::len), tail.bytes()), (Some(&[][..]), Some(10), 10));
    }
}
