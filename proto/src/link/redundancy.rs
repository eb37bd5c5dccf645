//! Redundancy: when copies are worth their octets. A path that loses nothing gets none.

use crate::limits::{
    RECARRY_AGE_MAX_US, RECARRY_COPIES_MAX, RECARRY_MESSAGE_MAX_LEN, REDUNDANCY_LOSS_PPHT, SECOND_COPY_LOSS_PPHT,
    SPECULATIVE_BURST, SPECULATIVE_COPIES_MAX, SPECULATIVE_MIN_RTT_US, SPECULATIVE_PER_S, SPECULATIVE_RETRY_S,
    SPECULATIVE_WAIT_MAX_US, SPECULATIVE_WAIT_MIN_US, SPECULATIVE_YIELD_PER_MILLE,
};
use crate::time::Instant;

use super::bucket::Bucket;
use super::pieces::{Item, Piece, Pieces, State};

/// The yield moves by this part with every message whose first datagram was lost.
const YIELD_GAIN: u32 = 16;

/// The age from which a piece's last copy may be followed by another one.
pub(super) fn copy_age_us(srtt_us: u64) -> u64 {
    (srtt_us / 4).min(RECARRY_AGE_MAX_US)
}

/// Whether a piece is of the kind that copies are made of: whole, short, and worth it at any age.
pub(super) const fn may_copy(piece: &Piece) -> bool {
    let whole = matches!(piece.item, Item::Message { last: 0, .. });
    whole && matches!(piece.state, State::Out) && piece.len as usize <= RECARRY_MESSAGE_MAX_LEN
}

/// Whether a datagram that goes out anyway carries this piece along.
pub(super) fn may_recarry(piece: &Piece, now: Instant, srtt_us: u64) -> bool {
    may_copy(piece) && piece.copies < RECARRY_COPIES_MAX && now.micros_since(piece.last) >= copy_age_us(srtt_us)
}

/// Speculative copies: sent before anyone knows whether they are needed, where a round trip is long enough to hurt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speculation {
    /// The next piece whose first, and whose second, copy comes due. Pieces come due in the order of their sending.
    next: [u64; 2],
    budget: Bucket,
    /// Of the messages whose first datagram was lost, the share that a copy saved.
    yield_per_mille: u32,
    off_until: Instant,
}

impl Speculation {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            next: [0; 2],
            budget: Bucket::new(now, SPECULATIVE_PER_S, SPECULATIVE_BURST),
            yield_per_mille: 1_000,
            off_until: Instant::EPOCH,
        }
    }

    /// How many copies a message gets on such a path.
    pub(super) fn copies(&self, now: Instant, srtt_us: u64, loss_ppht: u32) -> usize {
        if srtt_us < SPECULATIVE_MIN_RTT_US || loss_ppht < REDUNDANCY_LOSS_PPHT || now < self.off_until {
            0
        } else if loss_ppht < SECOND_COPY_LOSS_PPHT {
            1
        } else {
            2
        }
    }

    /// When the next copy is due.
    pub(super) fn deadline(&self, pieces: &Pieces, srtt_us: u64, copies: usize) -> Option<Instant> {
        let due = (0..copies).filter_map(|copy| Some(due(pieces.get(self.next[copy])?, srtt_us, copy)));
        due.min().map(|due| due.max(self.budget.ready_at()))
    }

    /// Passes over pieces that need no copy any more.
    pub(super) fn tidy(&mut self, pieces: &Pieces) {
        for next in &mut self.next {
            let from = (*next).max(pieces.base());
            *next = (from..pieces.end()).find(|&i| pieces.get(i).is_some_and(may_speculate)).unwrap_or(pieces.end());
        }
    }

    /// Whether a copy is due, and may be paid.
    pub(super) fn is_due(&self, pieces: &Pieces, now: Instant, srtt_us: u64, copies: usize) -> bool {
        self.deadline(pieces, srtt_us, copies).is_some_and(|due| due <= now)
    }

    /// The next piece whose copy is due; it counts as dealt with.
    pub(super) fn take(&mut self, pieces: &Pieces, now: Instant, srtt_us: u64, copies: usize) -> Option<u64> {
        self.tidy(pieces);
        let is_due = |&copy: &usize| pieces.get(self.next[copy]).is_some_and(|p| due(p, srtt_us, copy) <= now);
        let copy = (0..copies).rev().find(is_due)?;
        let index = self.next[copy];
        self.next[copy] += 1;
        Some(index)
    }

    /// A datagram goes out for a copy alone.
    pub(super) fn pay(&mut self, now: Instant) {
        let _ = self.budget.take(now);
    }

    /// The first datagram of a message was lost; a copy saved it, or did not.
    pub(super) const fn learn(&mut self, now: Instant, saved: bool) {
        let gain = if saved { 1_000 / YIELD_GAIN } else { 0 };
        self.yield_per_mille = self.yield_per_mille - self.yield_per_mille / YIELD_GAIN + gain;
        if self.yield_per_mille < SPECULATIVE_YIELD_PER_MILLE {
            self.off_until = now.plus_micros(SPECULATIVE_RETRY_S * 1_000_000);
            self.yield_per_mille = SPECULATIVE_YIELD_PER_MILLE * 2;
        }
    }
}

const fn may_speculate(piece: &Piece) -> bool {
    may_copy(piece) && piece.copies < SPECULATIVE_COPIES_MAX
}

fn due(piece: &Piece, srtt_us: u64, copy: usize) -> Instant {
    let wait_us = (srtt_us / 4).clamp(SPECULATIVE_WAIT_MIN_US, SPECULATIVE_WAIT_MAX_US);
    piece.first.plus_micros(if copy == 0 { wait_us } else { wait_us * 3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_for_long_and_lossy_paths() {
        let speculation = Speculation::new(Instant::EPOCH);
        let copies = |srtt_us, loss_ppht| speculation.copies(Instant::EPOCH, srtt_us, loss_ppht);
        assert_eq!([copies(40_000, 0), copies(40_000, 199), copies(7_999, 9_000)], [0, 0, 0]);
        assert_eq!([copies(8_000, 200), copies(40_000, 3_000)], [1, 2]);
    }

    #[test]
    fn copies_that_save_nothing_are_switched_off_for_a_while() {
        let now = Instant::from_micros(1);
        let mut speculation = Speculation::new(now);
        (0..100).for_each(|_| speculation.learn(now, true));
        assert_eq!(speculation.copies(now, 40_000, 9_000), 2);
        (0..40).for_each(|_| speculation.learn(now, false));
        assert_eq!(speculation.copies(now, 40_000, 9_000), 0);
        assert_eq!(speculation.copies(now.plus_micros(5_000_000), 40_000, 9_000), 2);
    }
}
