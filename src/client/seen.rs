//! Which entries of a log this device has seen: all up to one number, and ranges above it. It outlives links, so an entry
//! that two of them bring is shown once.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;

/// The entries seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    upto: u64,
    /// Above `upto + 1`: first and last of each range, apart from each other by at least one.
    ranges: BTreeMap<u64, u64>,
}

impl Seen {
    /// Everything up to here counts as seen.
    pub(super) const fn after(upto: RoomSeq) -> Self {
        Self { upto: upto.0, ranges: BTreeMap::new() }
    }

    pub(super) const fn upto(&self) -> RoomSeq {
        RoomSeq(self.upto)
    }

    /// Takes note of an entry. Gives whether it is new.
    pub(super) fn insert(&mut self, number: RoomSeq) -> bool {
        let number = number.0;
        if number <= self.upto {
            return false;
        }
        let below = self.ranges.range(..=number).next_back().map(|(&first, &last)| (first, last));
        if below.is_some_and(|(_, last)| number <= last) {
            return false;
        }
        let first = match below {
            Some((first, last)) if last.saturating_add(1) == number => first,
            _ => number,
        };
        let last = self.ranges.remove(&number.saturating_add(1)).unwrap_or(number);
        self.ranges.insert(first, last);
        self.settle();
        true
    }

    /// Everything up to here was seen, or will never come.
    pub(super) fn raise(&mut self, upto: RoomSeq) {
        self.upto = self.upto.max(upto.0);
        self.settle();
    }

    /// Takes in the ranges that `upto` has reached.
    fn settle(&mut self) {
        while let Some(range) = self.ranges.first_entry()
            && *range.key() <= self.upto.saturating_add(1)
        {
            self.upto = self.upto.max(range.remove());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::rng::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn each_entry_is_new_once() {
        let mut seen = Seen::after(RoomSeq(10));
        let new = [10, 11, 13, 13, 15, 14, 14, 12, 12].map(|n| seen.insert(RoomSeq(n)));
        assert_eq!(new, [false, true, true, false, true, true, false, true, false]);
        assert_eq!((seen.upto(), seen.ranges.len()), (RoomSeq(15), 0));
        seen.insert(RoomSeq(20));
        seen.raise(RoomSeq(19));
        assert_eq!(seen.upto(), RoomSeq(20), "what will never come is not waited for");
    }

    #[test]
    fn it_agrees_with_a_set_of_numbers() {
        let mut rng = Rng::from_number(5);
        for _ in 0..50 {
            let (mut seen, mut model) = (Seen::default(), BTreeSet::new());
            for _ in 0..200 {
                let number = rng.below(80) + 1;
                assert_eq!(seen.insert(RoomSeq(number)), model.insert(number));
                let upto = (1..).take_while(|n| model.contains(n)).last().unwrap_or(0);
                assert_eq!(seen.upto(), RoomSeq(upto));
            }
        }
    }
}
