//! Epochs: each run of a server on a store, and how long each log was when it began.
//!
//! A store that was put back to an earlier state gives numbers again under the same log identities. Whoever has seen an entry in an
//! epoch that the store does not know, or beyond where that epoch ended here, has seen another history than the one that is here.
//! The idea is that of leader epochs in replicated logs. PROTOCOL.md 10.7.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::{Epoch, RoomId, RoomSeq};
use chinwag_proto::wire::message::Mark;

/// Epochs that a store remembers. A device that was away for longer begins its logs anew.
pub(super) const EPOCHS_MAX: u64 = 1_024;

/// What a store knows of its epochs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epochs {
    /// Their places in the order of time.
    places: BTreeMap<Epoch, u64>,
    /// The last of them.
    present: (u64, Epoch),
    /// The heads that logs had at the beginning of epochs, in order; an epoch in which a log did not grow need not be there.
    heads: BTreeMap<RoomId, Vec<(u64, RoomSeq)>>,
}

impl Epochs {
    /// A further epoch begins. Those that are too many are forgotten.
    pub(super) fn begin(&mut self, epoch: Epoch) {
        self.put(self.present.0 + 1, epoch);
        let first = (self.present.0 + 1).saturating_sub(EPOCHS_MAX);
        self.places.retain(|_, place| *place >= first);
        for heads in self.heads.values_mut() {
            heads.retain(|(place, _)| *place >= first);
        }
    }

    /// An epoch has this place; the last one that is put is the present one.
    pub(super) fn put(&mut self, place: u64, epoch: Epoch) {
        self.places.insert(epoch, place);
        self.present = (place, epoch);
    }

    /// A log had this head when the epoch at that place began; of one log in order.
    #[cfg(feature = "sqlite")]
    pub(super) fn put_head(&mut self, room: RoomId, place: u64, head: RoomSeq) {
        self.heads.entry(room).or_default().push((place, head));
    }

    /// The present epoch.
    #[must_use]
    pub const fn present(&self) -> Epoch {
        self.present.1
    }

    /// The same, of which stores that draw other numbers have alike.
    #[cfg(test)]
    pub fn unnamed(self) -> Self {
        Self { places: BTreeMap::new(), present: (self.present.0, Epoch(self.present.0)), heads: self.heads }
    }

    /// A log whose head is this gets a further entry in the present epoch.
    pub fn grows(&mut self, room: RoomId, head: RoomSeq) {
        let heads = self.heads.entry(room).or_default();
        if heads.last().is_none_or(|(place, _)| *place < self.present.0) {
            heads.push((self.present.0, head));
        }
    }

    /// How long a log was when an epoch ended: for the present one, and where it is not
    /// known which one it was, what it is now. `None` for an epoch that is not known.
    #[must_use]
    pub fn end(&self, epoch: Epoch, room: RoomId, head: RoomSeq) -> Option<RoomSeq> {
        if epoch == Epoch(0) {
            return Some(head);
        }
        let place = *self.places.get(&epoch)?;
        let later = self.heads.get(&room).and_then(|heads| heads.iter().find(|(later, _)| *later > place));
        Some(later.map_or(head, |(_, then)| *then))
    }

    /// Up to where the log that a device saw and this one are the same, if they are not the same log any more. The newest mark is
    /// the first.
    #[must_use]
    pub fn back_to(&self, marks: &[Mark], room: RoomId, head: RoomSeq) -> Option<RoomSeq> {
        let newest = marks.first()?;
        if newest.upto == RoomSeq(0) || self.end(newest.epoch, room, head).is_some_and(|end| newest.upto <= end) {
            return None;
        }
        let same = |mark: &Mark| self.end(mark.epoch, room, head).map(|end| end.min(mark.upto));
        Some(marks.iter().filter_map(same).max().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOBBY: RoomId = RoomId(1);

    /// Three epochs, in the first and the last of which the lobby grows.
    fn epochs() -> Epochs {
        let mut epochs = Epochs::default();
        epochs.begin(Epoch(91));
        epochs.grows(LOBBY, RoomSeq(0));
        epochs.begin(Epoch(17));
        epochs.begin(Epoch(50));
        epochs.grows(LOBBY, RoomSeq(100));
        epochs.grows(LOBBY, RoomSeq(101));
        epochs
    }

    fn back_to(marks: &[(u64, u64)]) -> Option<u64> {
        let mark = |&(epoch, upto): &(u64, u64)| Mark { epoch: Epoch(epoch), upto: RoomSeq(upto) };
        let marks: Vec<_> = marks.iter().map(mark).collect();
        epochs().back_to(&marks, LOBBY, RoomSeq(120)).map(|upto| upto.0)
    }

    #[test]
    fn what_was_seen_where_an_epoch_had_it_is_here() {
        assert_eq!(back_to(&[]), None);
        for (epoch, upto) in [(91, 100), (17, 100), (50, 120), (50, 3), (4, 0), (0, 120)] {
            assert_eq!(back_to(&[(epoch, upto)]), None, "{upto} in {epoch}");
        }
    }

    #[test]
    fn what_was_seen_beyond_the_end_of_an_epoch_is_of_another_history() {
        assert_eq!(back_to(&[(91, 101)]), Some(100), "also where the log is longer by now");
        assert_eq!(back_to(&[(17, 150)]), Some(100));
        assert_eq!(back_to(&[(50, 121)]), Some(120));
        assert_eq!(back_to(&[(0, 121)]), Some(120), "in whatever epoch");
    }

    #[test]
    fn an_older_mark_tells_where_histories_part() {
        assert_eq!(back_to(&[(4, 110)]), Some(0), "nothing is known of that epoch");
        assert_eq!(back_to(&[(4, 110), (3, 105), (17, 98), (91, 60)]), Some(98));
        assert_eq!(back_to(&[(4, 110), (17, 105)]), Some(100));
    }

    #[test]
    fn only_the_last_epochs_are_remembered() {
        let mut epochs = Epochs::default();
        for epoch in 1..=EPOCHS_MAX + 1 {
            epochs.begin(Epoch(epoch));
            epochs.grows(LOBBY, RoomSeq(epoch * 10));
        }
        let end = |epoch| epochs.end(Epoch(epoch), LOBBY, RoomSeq(99_999));
        assert_eq!((end(1), end(2)), (None, Some(RoomSeq(30))));
        assert_eq!((epochs.places.len(), epochs.heads[&LOBBY].len()), (1_024, 1_024));
        assert_eq!(end(EPOCHS_MAX + 1), Some(RoomSeq(99_999)));
    }
}
