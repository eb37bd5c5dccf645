//! Room order for a face that can't insert: an entry waits until nothing before it is missing.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Entry;

/// Entries of one room that came before their time.
#[derive(Debug, Default)]
pub(super) struct Order {
    waiting: BTreeMap<RoomSeq, Entry>,
}

impl Order {
    /// Takes an entry. What can be shown now, in order.
    pub(super) fn take(&mut self, number: RoomSeq, entry: Entry, contiguous_upto: RoomSeq) -> Vec<(RoomSeq, Entry)> {
        self.waiting.insert(number, entry);
        self.upto(contiguous_upto)
    }

    /// Nothing up to here is missing, or coming any more.
    pub(super) fn upto(&mut self, upto: RoomSeq) -> Vec<(RoomSeq, Entry)> {
        let later = self.waiting.split_off(&upto.next());
        std::mem::replace(&mut self.waiting, later).into_iter().collect()
    }

    /// The log is over, what is missing will never come.
    pub(super) fn all(&mut self) -> Vec<(RoomSeq, Entry)> {
        std::mem::take(&mut self.waiting).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::wire::message::Body;

    use super::*;

    fn numbers(entries: Vec<(RoomSeq, Entry)>) -> Vec<u64> {
        entries.into_iter().map(|(number, _)| number.0).collect()
    }

    #[test]
    fn an_entry_waits_for_those_before_it() {
        let entry = Entry {
            at: chinwag_proto::time::WallTime::default(),
            author: chinwag_proto::wire::id::AccountId(1),
            name: "ann".into(),
            body: Body::Text("hi".into()),
        };
        let mut order = Order::default();
        let mut take = |number, upto| numbers(order.take(RoomSeq(number), entry.clone(), RoomSeq(upto)));
        assert_eq!(take(1, 1), [1]);
        assert_eq!(take(4, 1), [0; 0]);
        assert_eq!(take(3, 1), [0; 0]);
        assert_eq!(take(2, 4), [2, 3, 4]);
        assert_eq!(take(9, 4), [0; 0]);
        assert_eq!(numbers(order.all()), [9]);
    }
}
