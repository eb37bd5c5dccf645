//! Reassembly of messages that came in fragments, within a budget of octets for the whole peer.

use alloc::vec::Vec;

use crate::limits::{HELD_MAX_BYTES, MESSAGE_MAX_LEN, PING_INTERVAL_MS, REASSEMBLY_MAX_BYTES, REASSEMBLY_STALE_S};
use crate::time::Instant;
use crate::wire::frame::{Channel, Fragment};

use super::cut::Bits;

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
    /// How it is cut; see [`Fragment::begun`].
    begun: u32,
    each: u16,
    last: u8,
    /// Fragments that arrived.
    got: Bits,
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
            Some(at) => match self.open[at].compare(fragment) {
                Age::Same => Some(at),
                // What came late of a cut that is void: the sender counts on none of it.
                Age::Older => return Piece::Duplicate,
                Age::Newer => {
                    self.drop_at(at);
                    None
                }
            },
            None => None,
        };
        let Some(at) = at.or_else(|| self.begin(fragment, must_wait)) else { return Piece::NoRoom };
        let assembly = &mut self.open[at];
        // A repeat counts: it is acknowledged, and what is acknowledged is there for as long as was promised.
        assembly.touched_us = self.heard_us;
        if assembly.got.contains(fragment.index) {
            return Piece::Duplicate;
        }
        assembly.got.insert(fragment.index);
        let start = usize::from(fragment.index) * usize::from(fragment.each);
        let end = start + fragment.bytes.len();
        if assembly.bytes.len() < end {
            assembly.bytes.resize(end, 0);
        }
        assembly.bytes[start..end].copy_from_slice(fragment.bytes);
        assembly.len = assembly.len.max(end);
        if assembly.got.len() <= u32::from(assembly.last) {
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
        let full = full_len(fragment.last, fragment.each);
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
            begun: fragment.begun,
            each: fragment.each,
            last: fragment.last,
            got: Bits::default(),
            bytes: Vec::new(),
            len: 0,
            touched_us: self.heard_us,
        });
        Some(self.open.len() - 1)
    }

    fn drop_at(&mut self, at: usize) -> Assembly {
        let assembly = self.open.swap_remove(at);
        self.charged -= full_len(assembly.last, assembly.each);
        assembly
    }
}

/// How a fragment's cut stands to the one that is being put together.
#[derive(Debug, PartialEq, Eq)]
enum Age {
    Same,
    Older,
    Newer,
}

impl Assembly {
    fn compare(&self, fragment: &Fragment<'_>) -> Age {
        // Counts go around (RFC 1982).
        let ahead = fragment.begun.wrapping_sub(self.begun);
        match ahead {
            0 if (self.each, self.last) == (fragment.each, fragment.last) => Age::Same,
            0..=0x7fff_ffff => Age::Newer,
            _ => Age::Older,
        }
    }
}

/// What a message that is cut so is charged: no less than it can have.
fn full_len(last: u8, each: u16) -> usize {
    ((usize::from(last) + 1) * usize::from(each)).min(MESSAGE_MAX_LEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN, FRAGMENTS_MAX};

    fn fragment(number: u64, index: u8, last: u8, bytes: &[u8]) -> Fragment<'_> {
        Fragment { channel: Channel::Bulk, number, ahead: 1, begun: 1, each: 1_100, index, last, bytes }
    }

    const FULL: [u8; FRAGMENT_MAX_LEN] = [7; FRAGMENT_MAX_LEN];

    #[test]
    fn fragments_join_in_any_order() {
        let mut fragments = Fragments::new();
        assert_eq!(fragments.take(&fragment(1, 2, 2, b"tail"), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(1, 0, 2, &FULL), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(1, 0, 2, &FULL), false), Piece::Duplicate);
        let Piece::Whole(whole) = fragments.take(&fragment(1, 1, 2, &FULL), false) else { panic!("not whole") };
        assert_eq!((whole.len(), &whole[2_200..]), (2_204, &b"tail"[..]));
        assert_eq!(fragments.charged(), 0);
    }

    #[test]
    fn a_message_that_is_cut_anew_begins_anew_and_late_pieces_of_the_older_cut_do_no_harm() {
        let mut fragments = Fragments::new();
        let narrow = |begun, index, bytes| Fragment { begun, each: 477, ..fragment(1, index, 1, bytes) };
        assert_eq!(fragments.take(&fragment(1, 0, 1, &FULL), false), Piece::Kept);
        assert_eq!(fragments.take(&narrow(2, 0, &[8; 477]), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(1, 1, 1, b"late"), false), Piece::Duplicate);
        let Piece::Whole(whole) = fragments.take(&narrow(2, 1, b"tail"), false) else { panic!("not whole") };
        assert_eq!((whole.len(), &whole[477..]), (481, &b"tail"[..]));

        assert_eq!(fragments.take(&narrow(u32::MAX, 0, &[8; 477]), false), Piece::Kept);
        assert_eq!(fragments.take(&narrow(3, 0, &[9; 477]), false), Piece::Kept, "counts go around");
        assert_eq!(fragments.take(&narrow(u32::MAX, 1, b"late"), false), Piece::Duplicate);
        assert_eq!(fragments.charged(), 2 * 477);
    }

    #[test]
    fn a_largest_message_is_charged_what_it_may_have_however_it_is_cut() {
        let last = u8::try_from(FRAGMENTS_MAX - 1).unwrap();
        let each = u16::try_from(FRAGMENT_MIN_LEN).unwrap();
        assert_eq!([full_len(last, each), full_len(60, 1_100)], [MESSAGE_MAX_LEN; 2]);
    }

    #[test]
    fn later_messages_leave_room_for_the_next_in_order() {
        let mut fragments = Fragments::new();
        assert_eq!(fragments.take(&fragment(2, 0, 40, &FULL), true), Piece::Kept);
        assert_eq!(fragments.take(&fragment(3, 0, 40, &FULL), true), Piece::NoRoom);
        assert_eq!(fragments.take(&fragment(1, 0, 60, &FULL), false), Piece::Kept);
        assert_eq!(fragments.take(&fragment(9, 0, 60, &FULL), false), Piece::NoRoom);
        let mut now = Instant::EPOCH;
        fragments.hear(now);
        now = now.plus_micros(10 * REASSEMBLY_STALE_S * 1_000_000);
        fragments.hear(now);
        assert_eq!(
            fragments.take(&fragment(9, 0, 60, &FULL), false),
            Piece::NoRoom,
            "the peer was silent, and goes on"
        );
        for _ in 0..=REASSEMBLY_STALE_S {
            now = now.plus_micros(1_000_000);
            fragments.hear(now);
        }
        assert_eq!(fragments.take(&fragment(9, 0, 60, &FULL), false), Piece::Kept, "what stood still gave way");
    }
}
