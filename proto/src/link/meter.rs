//! How much happened over about the last second, in six words and without a history.

use crate::time::Instant;

const BUCKET_US: u64 = 500_000;

/// Counts events in buckets of half a second. The last second is bracketed from below and from above, so that of two ends
/// of a link the one that must allow for the other can always take the safe side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    start: Instant,
    /// This bucket, the one before, and the one before that.
    counts: [u32; 3],
}

impl Meter {
    pub(super) const fn new(now: Instant) -> Self {
        Self { start: now, counts: [0; 3] }
    }

    pub(super) fn add(&mut self, now: Instant, events: u32) {
        self.roll(now);
        self.counts[0] = self.counts[0].saturating_add(events);
    }

    /// Events of a time of at most a second up to now.
    pub(super) fn at_least(&self, now: Instant) -> u32 {
        let mut rolled = *self;
        rolled.roll(now);
        rolled.counts[0] + rolled.counts[1]
    }

    /// Events of a time of at least a second up to now.
    pub(super) fn at_most(&self, now: Instant) -> u32 {
        let mut rolled = *self;
        rolled.roll(now);
        rolled.counts.iter().sum()
    }

    fn roll(&mut self, now: Instant) {
        let passed = now.micros_since(self.start) / BUCKET_US;
        if passed == 0 {
            return;
        }
        let [a, b, _] = self.counts;
        self.counts = match passed {
            1 => [0, a, b],
            2 => [0, 0, a],
            _ => [0; 3],
        };
        self.start = self.start.plus_micros(passed * BUCKET_US);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_is_bracketed() {
        let mut meter = Meter::new(Instant::EPOCH);
        for ms in 0..2_000 {
            meter.add(Instant::from_micros(ms * 1000), 1);
        }
        let now = Instant::from_micros(1_999_000);
        assert!(meter.at_least(now) <= 1_000 && meter.at_least(now) >= 500);
        assert!(meter.at_most(now) >= 1_000 && meter.at_most(now) <= 1_500);
        assert_eq!(meter.at_most(Instant::from_micros(4_000_000)), 0);
    }
}
