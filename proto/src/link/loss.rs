//! Measured loss: of the last 256 datagrams of the last minute, how many were lost; and the adaptive packet threshold (RFC 9002,
//! section 6.1.1).

use crate::limits::{
    LOSS_AGE_MAX_MS, LOSS_WINDOW_LEN, PACKET_THRESHOLD, PACKET_THRESHOLD_MAX, PACKET_THRESHOLD_MIN_RTT_US,
};
use crate::time::Instant;

const WORDS: usize = LOSS_WINDOW_LEN / 64;
/// Fewer datagrams than this say little about a path.
const FEW: u32 = 32;

/// The time that is looked back on is cut into so many slices: it moves on by one of them.
const SLICES: usize = 4;
const SLICE_US: u64 = LOSS_AGE_MAX_MS * 1_000 / SLICES as u64;

/// The fate of the last datagrams whose fate is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    bits: [u64; WORDS],
    at: usize,
    len: u32,
    lost: u32,
    /// How many of them are of which slice of time, the present one first.
    slices: [u16; SLICES],
    /// When the present slice began; `None`: nothing was noted yet.
    slice_at: Option<Instant>,
    packet_threshold: u64,
}

impl Loss {
    pub(super) const fn new() -> Self {
        Self {
            bits: [0; WORDS],
            at: 0,
            len: 0,
            lost: 0,
            slices: [0; SLICES],
            slice_at: None,
            packet_threshold: PACKET_THRESHOLD,
        }
    }

    pub(super) fn note(&mut self, now: Instant, lost: bool) {
        self.age(now);
        if self.len as usize == LOSS_WINDOW_LEN {
            if let Some(oldest) = self.slices.iter_mut().rfind(|slice| **slice > 0) {
                *oldest -= 1;
            }
            self.forget_oldest();
        }
        let (word, mask) = bit(self.at);
        if lost {
            self.bits[word] |= mask;
        }
        self.lost += u32::from(lost);
        self.at = (self.at + 1) % LOSS_WINDOW_LEN;
        self.len += 1;
        self.slices[0] += 1;
    }

    /// Forgets what is too old.
    fn age(&mut self, now: Instant) {
        let begun = *self.slice_at.get_or_insert(now);
        let passed = now.micros_since(begun) / SLICE_US;
        if passed == 0 {
            return;
        }
        self.slice_at = Some(begun.plus_micros(passed * SLICE_US));
        for _ in 0..passed.min(SLICES as u64) {
            (0..self.slices[SLICES - 1]).for_each(|_| self.forget_oldest());
            self.slices.rotate_right(1);
            self.slices[0] = 0;
        }
    }

    fn forget_oldest(&mut self) {
        let (word, mask) = bit((self.at + LOSS_WINDOW_LEN - self.len as usize) % LOSS_WINDOW_LEN);
        self.lost -= u32::from(self.bits[word] & mask != 0);
        self.bits[word] &= !mask;
        self.len -= 1;
    }

    /// A loss was none: the datagram came `behind` others after it. The threshold grows to one more than that, up to
    /// [`PACKET_THRESHOLD_MAX`], as RFC 9002, section 6.1.1, suggests. It does not shrink again while the link lives; the
    /// reordering window of RFC 8985 does (section 6.2, step 4).
    pub(super) fn take_back(&mut self, behind: u64) {
        if let Some(word) = self.bits.iter_mut().find(|word| **word != 0) {
            *word &= *word - 1;
            self.lost -= 1;
        }
        self.packet_threshold = self.packet_threshold.max(behind + 1).min(PACKET_THRESHOLD_MAX);
    }

    /// In parts per 100,000. A single loss among a handful does not make a bad path.
    pub(super) fn ppht(&self, now: Instant) -> u32 {
        let mut aged = *self;
        aged.age(now);
        aged.lost * 100_000 / aged.len.max(FEW)
    }

    /// A datagram so far behind the newest acknowledged one is lost; `None` where the round trip is too short to say so.
    ///
    /// The threshold starts at the 3 of RFC 9002, section 6.1.1. It is not used below [`PACKET_THRESHOLD_MIN_RTT_US`]: there
    /// the time threshold is as quick, and a burst that is handed over by several cores is no loss.
    pub(super) fn packet_threshold(&self, srtt_us: u64) -> Option<u64> {
        (srtt_us >= PACKET_THRESHOLD_MIN_RTT_US).then_some(self.packet_threshold)
    }
}

const fn bit(at: usize) -> (usize, u64) {
    (at / 64, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    #[test]
    fn loss_decays_as_the_window_moves_on() {
        let mut loss = Loss::new();
        assert_eq!(loss.ppht(at(0)), 0);
        loss.note(at(0), true);
        assert_eq!(loss.ppht(at(0)), 3_125, "one of 32, not one of one");
        for _ in 0..255 {
            loss.note(at(0), false);
        }
        assert_eq!(loss.ppht(at(0)), 390);
        loss.note(at(0), false);
        assert_eq!(loss.ppht(at(0)), 0);
    }

    #[test]
    fn loss_decays_with_time_where_little_is_sent() {
        let mut loss = Loss::new();
        (0..20).for_each(|n| loss.note(at(n), n % 2 == 0));
        assert_eq!(loss.ppht(at(20)), 10 * 100_000 / 32);
        // A ping every three seconds.
        (1..=14).for_each(|n| loss.note(at(n * 3_000), false));
        assert!(loss.ppht(at(42_000)) > 0, "it is not forgotten at once");
        assert_eq!(loss.ppht(at(62_000)), 0, "but after a minute, though nothing more was sent");
        (15..=21).for_each(|n| loss.note(at(n * 3_000), false));
        assert_eq!((loss.ppht(at(63_000)), loss.lost), (0, 0));
        loss.note(at(10_000_000), true);
        assert_eq!((loss.len, loss.lost), (1, 1), "after a long time nothing else counts");
    }

    #[test]
    fn the_window_agrees_with_a_list() {
        let mut rng = crate::rng::Rng::from_number(7);
        let (mut loss, mut list, mut now_us) = (Loss::new(), alloc::collections::VecDeque::new(), 0);
        for _ in 0..20_000 {
            let most = 1 << rng.below(25);
            now_us += rng.below(most);
            let lost = rng.chance(0.3);
            loss.note(Instant::from_micros(now_us), lost);
            list.push_back(lost);
            while list.len() > loss.len as usize {
                list.pop_front();
            }
            let sum: u32 = loss.slices.iter().map(|&slice| u32::from(slice)).sum();
            let expected = list.iter().filter(|&&lost| lost).count();
            assert_eq!((loss.lost as usize, sum), (expected, loss.len));
        }
    }

    #[test]
    fn reordering_raises_the_packet_threshold() {
        let mut loss = Loss::new();
        assert_eq!(loss.packet_threshold(4_999), None);
        assert_eq!(loss.packet_threshold(5_000), Some(3));
        loss.note(at(0), true);
        loss.take_back(7);
        assert_eq!(loss.packet_threshold(5_000), Some(8));
        assert_eq!(loss.ppht(at(0)), 0);
    }
}
