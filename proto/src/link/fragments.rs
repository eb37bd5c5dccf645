//! Reassembly of messages that came in fragments, within a budget of octets for the whole peer.

use alloc::vec::Vec;

use crate::limits::{FRAGMENT_LEN, HELD_MAX_BYTES, PING_INTERVAL_MS, REASSEMBLY_MAX_BYTES, REASSEMBLY_STALE_S};
use crate::time::Instant;
use crate::wire::frame::{Channel, Fragment};

/// What became of a fragment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// It is kept; more are missing.
    Kept,
    /// It was there already.
    Duplicate,
    /// There is no room: the datagram must not be acknowledged.
    NoRoom,
    /// It was the last one missing; here is the message.
    Whole(Vec<u8>),
}

#[derive(Debug)]
struct Assembly {
    channel: Channel,
    number: u64,
    last: u8,
    /// Fragments that arrived, as bits.
    got: u64,
    /// As long as the fragments so far need; it is charged in full from the start.
    bytes: Vec<u8>,
    len: usize,
    /// When something of it came last, by the peer's clock (see [`Fragments::hear`]).
    touched_us: u64,
}

/// Half-received messages, and the budget that they share with messages held for order.
#[derive(Debug)]
pub(super) struct Fragments {
    open: Vec<Assembly>,
    /// Octets charged.
    charged: usize,
    /// For how long the peer was heard, and when it was heard last.
    heard_us: u64,
    heard_at: Option<Instant>,
}

impl Fragments {
    pub(super) const fn new() -> Self {
        Self { open: Vec::new(), charged: 0, heard_us: 0, heard_at: None }
    }

    /// Something arrived from the peer. Half-received messages stand still by this clock only: a peer that slept, or could
    /// not be heard, goes on where it was, and takes for received what it was told has arrived.
    pub(super) fn hear(&mut self, now: Instant) {
        let silence_us = self.heard_at.map_or(0, |at| now.micros_since(at));
        self.heard_us += silence_us.min(PING_INTERVAL_MS * 1_000);
        self.heard_at = Some(now);
    }

    /// Takes a fragment. One that is next in its order, or waits for no other, may use the whole budget; one that must wait
    /// for others afterwards leaves room for those.
    pub(super) fn take(&mut self, fragment: &Fragment<'_>, must_wait: bool) -> Piece {
        let found = self.open.iter().position(|a| a.channel == fragment.channel && a.number == fragment.number);
        let at = match found {
            // The message changed between two transmissions: begin again.
            Some(at) if self.open[at].last != fragment.last => {
                self.drop_at(at);
                None
            }
            found => found,
        };
        let Some(at) = at.or_else(|| self.begin(fragment, must_wait)) else { return Piece::NoRoom };
        let assembly = &mut self.open[at];
        // A repeat counts: it is acknowledged, and what is acknowledged is there for as long as was promised.
        assembly.touched_us = self.heard_us;
        let bit = 1_u64 << fragment.index;
        if assembly.got & bit != 0 {
            return Piece::Duplicate;
        }
        assembly.got |= bit;
        let start = usize::from(fragment.index) * FRAGMENT_LEN;
        let end = start + fragment.bytes.len();
        if assembly.bytes.len() < end {
            assembly.bytes.resize(end, 0);
        }
        assembly.bytes[start..end].copy_from_slice(fragment.bytes);
        assembly.len = assembly.len.max(end);
        if assembly.got.count_ones() <= u32::from(assembly.last) {
            return Piece::Kept;
        }
        let mut whole = self.drop_at(at);
        whole.bytes.truncate(whole.len);
        Piece::Whole(whole.bytes)
    }

    /// Charges a message that is held for order.
    pub(super) const fn charge(&mut self, len: usize) -> bool {
        let fits = self.charged + len <= HELD_MAX_BYTES;
        if fits {
            self.charged += len;
        }
        fits
    }

    /// Charges a message that was just put together, and was charged as such until then.
    pub(super) const fn recharge(&mut self, len: usize) {
        self.charged += len;
    }

    /// Gives back what [`Self::charge`] took.
    pub(super) const fn discharge(&mut self, len: usize) {
        self.charged -= len;
    }

    /// Octets charged now.
    #[cfg(test)]
    pub(super) const fn charged(&self) -> usize {
        self.charged
    }

    /// Forgets what was begun of this message.
    pub(super) fn forget(&mut self, channel: Channel, number: u64) {
        self.drop_where(|a| a.channel == channel && a.number == number);
    }

    /// Forgets what was begun of messages up to this one: they will never come.
    pub(super) fn forget_upto(&mut self, channel: Channel, number: u64) {
        self.drop_where(|a| a.channel == channel && a.number <= number);
    }

    /// Forgets what was begun on this channel.
    pub(super) fn forget_channel(&mut self, channel: Channel) {
        self.drop_where(|a| a.channel == channel);
    }

    fn drop_where(&mut self, which: impl Fn(&Assembly) -> bool) {
        while let Some(at) = self.open.iter().position(&which) {
            self.drop_at(at);
        }
    }

    fn begin(&mut self, fragment: &Fragment<'_>, must_wait: bool) -> Option<usize> {
        let full = (usize::from(fragment.last) + 1) * FRAGMENT_LEN;
        let budget = if must_wait { HELD_MAX_BYTES } else { REASSEMBLY_MAX_BYTES };
        if self.charged + full > budget {
            // What stood still for so long was given up, or goes out anew with all of its fragments.
            let stale = |a: &Assembly| self.heard_us - a.touched_us >= REASSEMBLY_STALE_S * 1_000_000;
            let at = self.open.iter().position(stale)?;
            self.drop_at(at);
            return self.begin(fragment, must_wait);
        }
        self.charged += full;
        self.open.push(Assembly {
            channel: fragment.channel,
            number: fragment.number,
            last: fragment.last,
            got: 0,
            bytes: Vec::new(),
            len: 0,
            touched_us: self.heard_us,
        });
        Some(self.open.len() - 1)
    }

    fn drop_at(&mut self, at: usize) -> Assembly {
        let assembly = self.open.swap_remove(at);
        self.charged -= (usize::from(assembly.last) + 1) * FRAGMENT_LEN;
        assembly
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(number: u64, index: u8, last: u8, bytes: &[u8]) -> Fragment<'_> {
        Fragment { channel: Channel::Bulk, number, ahead: 1, index, last, bytes }
    }

    #[test]
    fn fragments_join_in_any_order() {
        let mut fragments = Fragments::new();
        let full = [7; FRAGMENT_LEN];
        assert_eq!(fragments.take(&fragment(1, 2, 2, b"tail"), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(1, 0, 2, &full), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(1, 0, 2, &full), false), Piece::Duplicate);
        let Piece::Whole(whole) = fragments.take(&fragment(1, 1, 2, &full), false) else { panic!("not whole") };
        assert_eq!((whole.len(), &whole[2_200..]), (2_204, &b"tail"[..]));
        assert_eq!(fragments.charged(), 0);
    }

    #[test]
    fn later_messages_leave_room_for_the_next_in_order() {
        let mut fragments = Fragments::new();
        let full = [7; FRAGMENT_LEN];
        assert_eq!(fragments.take(&fragment(2, 0, 40, &full), true), Piece::Kept);
        assert_eq!(fragments.take(&fragment(3, 0, 40, &full), true), Piece::NoRoom);
        assert_eq!(fragments.take(&fragment(1, 0, 63, &full), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(9, 0, 63, &full), false), Piece::NoRoom);
        let mut now = Instant::EPOCH;
        fragments.hear(now);
        now = now.plus_micros(10 * REASSEMBLY_STALE_S * 1_000_000);
        fragments.hear(now);
        assert_eq!(
            fragments.take(&fragment(9, 0, 63, &full), false),
            Piece::NoRoom,
            "the peer was silent, and goes on"
        );
        for _ in 0..=REASSEMBLY_STALE_S {
            now = now.plus_micros(1_000_000);
            fragments.hear(now);
        }
        assert_eq!(fragments.take(&fragment(9, 0, 63, &full), false), Piece::Kept, "what stood still gave way");
    }
}
