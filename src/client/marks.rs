//! How far a device has seen a log in the server's last epochs: what the server needs to tell that its store is not what it was.
//! PROTOCOL.md 10.7.

use chinwag_proto::limits::MARKS_MAX;
use chinwag_proto::wire::id::{Epoch, RoomSeq};
use chinwag_proto::wire::message::Mark;

/// One mark for each epoch, the newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks([Option<Mark>; MARKS_MAX]);

impl Marks {
    /// The marks in this order, as many as are kept.
    pub fn of(marks: impl IntoIterator<Item = Mark>) -> Self {
        let mut kept = Self::default();
        kept.0.iter_mut().zip(marks).for_each(|(place, mark)| *place = Some(mark));
        kept
    }

    /// All of them, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = Mark> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The marks after the log was seen up to an entry in an epoch.
    #[must_use]
    pub fn seen(self, epoch: Epoch, upto: RoomSeq) -> Self {
        let newest = self.iter().next().filter(|mark| mark.epoch == epoch);
        let upto = newest.map_or(upto, |mark| mark.upto.max(upto));
        let older = self.iter().skip(usize::from(newest.is_some()));
        Self::of(std::iter::once(Mark { epoch, upto }).chain(older))
    }

    /// The marks that a log still has after it went back to an entry.
    #[must_use]
    pub fn back_to(self, upto: RoomSeq) -> Self {
        Self::of(self.iter().filter(|mark| mark.upto <= upto))
    }

    /// The marks of two that know more: all epochs of the other, or more of the same.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        let newest = |marks: Self| marks.iter().next();
        match (newest(self), newest(other)) {
            (Some(own), Some(others)) if own.epoch == others.epoch => {
                if own.upto < others.upto {
                    other
                } else {
                    self
                }
            }
            (Some(own), Some(_)) if !other.knows(own.epoch) => self,
            (None, None) | (Some(_), None) => self,
            (None | Some(_), Some(_)) => other,
        }
    }

    /// Whether there is one of this epoch.
    #[must_use]
    pub fn knows(&self, epoch: Epoch) -> bool {
        self.iter().any(|mark| mark.epoch == epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(marks: Marks) -> Vec<(u64, u64)> {
        marks.iter().map(|mark| (mark.epoch.0, mark.upto.0)).collect()
    }

    fn seen(all: &[(u64, u64)]) -> Marks {
        all.iter().fold(Marks::default(), |marks, (epoch, upto)| marks.seen(Epoch(*epoch), RoomSeq(*upto)))
    }

    #[test]
    fn of_what_was_read_and_what_was_sent_the_one_counts_that_knows_more() {
        let (read, sent) = (seen(&[(2, 50), (4, 60)]), seen(&[(2, 50), (4, 60), (9, 70)]));
        assert_eq!((read.or_more(sent), sent.or_more(read)), (sent, sent));
        let longer = seen(&[(4, 80)]);
        assert_eq!((read.or_more(longer), longer.or_more(read)), (longer, longer));
        assert_eq!((read.or_more(Marks::default()), Marks::default().or_more(read)), (read, read));
        assert_eq!(read.or_more(seen(&[(7, 99)])), read, "which of them is newer nobody knows");
    }

    #[test]
    fn each_of_the_last_epochs_has_one_that_only_goes_up() {
        assert_eq!(pairs(seen(&[(7, 3), (7, 5), (7, 4), (2, 5), (2, 9)])), [(2, 9), (7, 5)]);
        let many: Vec<_> = (1..=10).map(|epoch| (epoch, epoch * 10)).collect();
        assert_eq!(pairs(seen(&many)).len(), MARKS_MAX);
        assert_eq!(pairs(seen(&many))[0], (10, 100));
    }

    #[test]
    fn what_lies_beyond_is_forgotten_when_a_log_goes_back() {
        let marks = seen(&[(7, 60), (2, 100), (9, 150)]);
        assert_eq!(pairs(marks.back_to(RoomSeq(100)).seen(Epoch(4), RoomSeq(120))), [(4, 120), (2, 100), (7, 60)]);
        assert!(!marks.back_to(RoomSeq(100)).knows(Epoch(9)));
    }
}
