//! A token bucket, counted in the time that its tokens take to come back.

use crate::time::Instant;

/// So many a second, so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Time that a token takes.
    token_us: u64,
    burst_us: u64,
    /// When the bucket is full again, if no more is taken. (When it was empty may lie before a young clock began.)
    full_at: Instant,
}

impl Bucket {
    /// A bucket that is full.
    #[must_use]
    pub const fn new(now: Instant, per_s: u32, burst: u32) -> Self {
        let token_us = 1_000_000 / per_s as u64;
        Self { token_us, burst_us: token_us * burst as u64, full_at: now }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        if !self.has(now) {
            return false;
        }
        self.full_at = self.full_at.max(now).plus_micros(self.token_us);
        true
    }

    /// Whether there is a token.
    #[must_use]
    pub fn has(&self, now: Instant) -> bool {
        self.ready_at() <= now
    }

    /// Whether a new bucket would be the same.
    #[must_use]
    pub fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }

    /// When there is a token.
    #[must_use]
    pub fn ready_at(&self) -> Instant {
        let full_but_for_one = self.full_at.as_micros().saturating_add(self.token_us);
        Instant::from_micros(full_but_for_one.saturating_sub(self.burst_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let start = Instant::from_micros(10_000_000);
        let mut bucket = Bucket::new(start, 200, 64);
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 64);
        assert!(!bucket.has(start.plus_micros(4_999)) && bucket.take(start.plus_micros(5_000)));
        let later = start.plus_micros(60_000_000);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 64, "the burst does not grow with idleness");
    }

    #[test]
    fn a_clock_that_has_just_begun_is_no_reason_for_less() {
        let mut bucket = Bucket::new(Instant::EPOCH, 200, 64);
        assert!(bucket.is_full(Instant::EPOCH));
        assert_eq!((0..100).filter(|_| bucket.take(Instant::EPOCH)).count(), 64);
        assert_eq!(bucket.ready_at(), Instant::from_micros(5_000));
    }
}
