//! Which numbers of a room's log are at hand. What lies between two spans is a hole: shown as one, and paged in when somebody
//! looks at it.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;

/// Spans of numbers, apart from each other. A span may be empty: nothing from its first number on has come yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(BTreeMap<u64, u64>);

impl Spans {
    /// Everything from `first` up to `last` is at hand (nothing, but the place, if `last` is the one before).
    pub(super) fn add(&mut self, first: RoomSeq, last: RoomSeq) {
        let (mut first, mut last) = (first.0, last.0.max(first.0.saturating_sub(1)));
        // Those that overlap, or touch: from the last that begins before it, to those that begin inside it.
        while let Some((&start, &end)) = self.0.range(..=last.saturating_add(1)).next_back() {
            if end.saturating_add(1) < first {
                break;
            }
            self.0.remove(&start);
            first = first.min(start);
            last = last.max(end);
        }
        self.0.insert(first, last);
    }

    /// The first number of the span that this one is in.
    pub(super) fn start_of(&self, number: RoomSeq) -> Option<RoomSeq> {
        let (&start, &end) = self.0.range(..=number.0).next_back()?;
        (number.0 <= end).then_some(RoomSeq(start))
    }

    /// The first number of the last span.
    pub(super) fn last_start(&self) -> Option<RoomSeq> {
        self.0.keys().next_back().map(|start| RoomSeq(*start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_touch_become_one() {
        let mut spans = Spans::default();
        let mut add = |first, last| {
            spans.add(RoomSeq(first), RoomSeq(last));
            spans.0.iter().map(|(first, last)| format!("{first}-{last}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(add(101, 100), "101-100", "nothing yet, from 101 on");
        assert_eq!(add(101, 103), "101-103");
        assert_eq!(add(40, 60), "40-60 101-103");
        assert_eq!(add(61, 70), "40-70 101-103");
        assert_eq!(add(50, 55), "40-70 101-103");
        assert_eq!(add(69, 102), "40-103");
        assert_eq!(add(1, 39), "1-103");
        assert_eq!(spans.start_of(RoomSeq(50)), Some(RoomSeq(1)));
        assert_eq!(spans.start_of(RoomSeq(104)), None);
    }
}
