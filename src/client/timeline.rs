//! Room order for faces that print lines: entries arrive at once and maybe before an earlier one; this holds them until
//! nothing before them is missing.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;

/// What arrived of one room and waits for something earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<T> {
    waiting: BTreeMap<RoomSeq, T>,
}

impl<T> Timeline<T> {
    /// A room of which nothing waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { waiting: BTreeMap::new() }
    }

    /// Takes an entry as [`super::Notice::Entry`] brings it, and gives all that may be printed now, in order.
    pub fn push(
        &mut self,
        number: RoomSeq,
        contiguous_upto: RoomSeq,
        entry: T,
    ) -> impl Iterator<Item = (RoomSeq, T)> + use<T> {
        self.waiting.insert(number, entry);
        let later = self.waiting.split_off(&contiguous_upto.next());
        std::mem::replace(&mut self.waiting, later).into_iter()
    }

    /// Gives up waiting, on a reset of the room's history: all that is left, in order.
    pub fn flush(&mut self) -> impl Iterator<Item = (RoomSeq, T)> + use<T> {
        std::mem::take(&mut self.waiting).into_iter()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_in_room_order() {
        let mut timeline = Timeline::new();
        let mut push = |number, upto, text: &'static str| -> Vec<&'static str> {
            timeline.push(RoomSeq(number), RoomSeq(upto), text).map(|(_, text)| text).collect()
        };
        assert_eq!(push(7, 7, "seven"), ["seven"], "a device may begin anywhere");
        assert_eq!(push(10, 7, "ten"), [""; 0]);
        assert_eq!(push(9, 7, "nine"), [""; 0]);
        assert_eq!(push(8, 10, "eight"), ["eight", "nine", "ten"]);
        assert_eq!(push(14, 10, "fourteen"), [""; 0]);
        assert_eq!(push(12, 12, "twelve"), ["twelve"], "eleven will never come");
        assert_eq!(timeline.len(), 1);
        assert_eq!(timeline.flush().map(|(_, text)| text).collect::<Vec<_>>(), ["fourteen"]);
        assert!(timeline.is_empty());
    }
}
