//! A token bucket, counted in the time that its tokens take to come back.

use crate::time::Instant;

/// So many a second, so many at once.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// Time that a token takes.
    token_us: u64,
    burst_us: u64,
    /// Before this the bucket is empty; the further back it lies, the more tokens there are.
    empty_until: Instant,
}

impl Bucket {
    /// A bucket that is full.
    #[must_use]
    pub const fn new(now: Instant, per_s: u32, burst: u32) -> Self {
        let token_us = 1_000_000 / per_s as u64;
        // A new driver's clock may be younger than the burst: the bucket then starts with what there can be.
        let burst_us = token_us * burst as u64;
        Self { token_us, burst_us, empty_until: Instant::from_micros(now.as_micros().saturating_sub(burst_us)) }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        if !self.has(now) {
            return false;
        }
        let oldest = Instant::from_micros(now.as_micros().saturating_sub(self.burst_us));
        self.empty_until = self.empty_until.max(oldest).plus_micros(self.token_us);
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
        self.empty_until.as_micros() + self.burst_us <= now.as_micros()
    }

    /// When there is a token.
    #[must_use]
    pub fn ready_at(&self) -> Instant {
        self.empty_until.plus_micros(self.token_us)
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
}
