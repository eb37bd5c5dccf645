//! Messages of a room that overtook the answer to the join: they are acknowledged already, so they must not be lost.

use chinwag_proto::wire::id::RoomId;

use super::limits::{EARLY_MAX, EARLY_MAX_BYTES};

/// What came too early, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Early {
    held: Vec<Arrival>,
    bytes: usize,
}

/// A message from a room's channels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) room: RoomId,
    pub(super) what: What,
    pub(super) body: Vec<u8>,
}

/// From which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// An entry: its number, and up to where everything has arrived on this link.
    Entry(u64, u64),
    Presence,
}

impl Early {
    /// Holds a message. Gives whether there was room for it.
    #[must_use]
    pub(super) fn push(&mut self, arrival: Arrival) -> bool {
        if self.held.len() >= EARLY_MAX || self.bytes + arrival.body.len() > EARLY_MAX_BYTES {
            return false;
        }
        self.bytes += arrival.body.len();
        self.held.push(arrival);
        true
    }

    /// The messages of a room.
    pub(super) fn take(&mut self, room: RoomId) -> Vec<Arrival> {
        let taken: Vec<_> = self.held.extract_if(.., |arrival| arrival.room == room).collect();
        self.bytes -= taken.iter().map(|arrival| arrival.body.len()).sum::<usize>();
        taken
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_early_is_held_within_a_bound() {
        let mut early = Early::default();
        let arrival = |room, len| Arrival { room: RoomId(room), what: What::Presence, body: vec![0; len] };
        assert!(early.push(arrival(1, 10)) && early.push(arrival(2, 20)) && early.push(arrival(1, 30)));
        assert_eq!(early.take(RoomId(1)), [arrival(1, 10), arrival(1, 30)]);
        assert_eq!((early.take(RoomId(1)).len(), early.bytes), (0, 20));
        assert!(early.push(arrival(3, EARLY_MAX_BYTES - 20)));
        assert!(!early.push(arrival(3, 1)));
    }
}
