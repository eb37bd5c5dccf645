//! Measured loss: of the last 256 datagrams that were sent, how many were lost; and the adaptive packet threshold.

use crate::limits::{LOSS_WINDOW_LEN, PACKET_THRESHOLD, PACKET_THRESHOLD_MAX, PACKET_THRESHOLD_MIN_RTT_US};

const WORDS: usize = LOSS_WINDOW_LEN / 64;
/// Fewer datagrams than this say little about a path.
const FEW: u32 = 32;

/// The fate of the last datagrams whose fate is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loss {
    bits: [u64; WORDS],
    at: usize,
    len: u32,
    lost: u32,
    packet_threshold: u64,
}

impl Loss {
    pub(super) const fn new() -> Self {
        Self { bits: [0; WORDS], at: 0, len: 0, lost: 0, packet_threshold: PACKET_THRESHOLD }
    }

    pub(super) fn note(&mut self, lost: bool) {
        let (word, mask) = (self.at / 64, 1_u64 << (self.at % 64));
        let old = self.bits[word] & mask != 0;
        if lost {
            self.bits[word] |= mask;
        } else {
            self.bits[word] &= !mask;
        }
        self.lost = self.lost + u32::from(lost) - u32::from(old);
        self.at = (self.at + 1) % LOSS_WINDOW_LEN;
        self.len = (self.len + 1).min(LOSS_WINDOW_LEN as u32);
    }

    /// A loss was none: the datagram came `behind` others after it.
    pub(super) fn take_back(&mut self, behind: u64) {
        if let Some(word) = self.bits.iter_mut().find(|word| **word != 0) {
            *word &= *word - 1;
            self.lost -= 1;
        }
        self.packet_threshold = self.packet_threshold.max(behind + 1).min(PACKET_THRESHOLD_MAX);
    }

    /// In parts per 100,000. A single loss among a handful does not make a bad path.
    pub(super) fn ppht(&self) -> u32 {
        self.lost * 100_000 / self.len.max(FEW)
    }

    /// A datagram so far behind the newest acknowledged one is lost; `None` where the round trip is too short to say so.
    pub(super) fn packet_threshold(&self, srtt_us: u64) -> Option<u64> {
        (srtt_us >= PACKET_THRESHOLD_MIN_RTT_US).then_some(self.packet_threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_decays_as_the_window_moves_on() {
        let mut loss = Loss::new();
        assert_eq!(loss.ppht(), 0);
        loss.note(true);
        assert_eq!(loss.ppht(), 3_125, "one of 32, not one of one");
        for _ in 0..255 {
            loss.note(false);
        }
        assert_eq!(loss.ppht(), 390);
        loss.note(false);
        assert_eq!(loss.ppht(), 0);
    }

    #[test]
    fn reordering_raises_the_packet_threshold() {
        let mut loss = Loss::new();
        assert_eq!(loss.packet_threshold(4_999), None);
        assert_eq!(loss.packet_threshold(5_000), Some(3));
        loss.note(true);
        loss.take_back(7);
        assert_eq!(loss.packet_threshold(5_000), Some(8));
        assert_eq!(loss.ppht(), 0);
    }
}
