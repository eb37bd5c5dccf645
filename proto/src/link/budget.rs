//! What a peer may do over the life of a link: so much at once, and so much a second after that.

use crate::time::Instant;

/// A token bucket that speaks in totals: what was spent since the link began, and what may have been.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Time that a token takes; `None`: there is no limit.
    token_us: Option<u64>,
    burst: u64,
    spent: u64,
    /// So much might be spent in all, at `since`.
    upto: u64,
    since: Instant,
}

impl Budget {
    /// `burst` at once, then `per_s`; `None`: as much as comes.
    pub(super) fn new(now: Instant, per_s: Option<u32>, burst: u64) -> Self {
        let token_us = per_s.map(|per_s| (1_000_000 / u64::from(per_s.max(1))).max(1));
        Self { token_us, burst, spent: 0, upto: burst, since: now }
    }

    pub(super) const fn spent(&self) -> u64 {
        self.spent
    }

    /// Spends, into debt if need be.
    pub(super) fn spend(&mut self, now: Instant, count: u64) {
        if let Some(token_us) = self.token_us {
            let upto = self.upto(now);
            let is_full = upto >= self.spent + self.burst;
            self.since = if is_full { now } else { self.since.plus_micros((upto - self.upto) * token_us) };
            self.upto = upto;
        }
        self.spent += count;
    }

    /// So much may be spent in all by now. It never falls.
    pub(super) fn upto(&self, now: Instant) -> u64 {
        let Some(token_us) = self.token_us else { return u64::MAX };
        let gained = now.micros_since(self.since) / token_us;
        (self.upto + gained).min(self.spent + self.burst).max(self.upto)
    }

    /// Whether anything may be spent now.
    pub(super) fn has_more(&self, now: Instant) -> bool {
        self.spent < self.upto(now)
    }

    /// When so much may be spent in all, if that is a matter of time alone.
    pub(super) fn reaches(&self, total: u64) -> Option<Instant> {
        let token_us = self.token_us.filter(|_| total <= self.spent + self.burst)?;
        Some(self.since.plus_micros(total.saturating_sub(self.upto) * token_us))
    }

    /// What comes back in this time.
    pub(super) fn regained(&self, time_us: u64) -> u64 {
        self.token_us.map_or(u64::MAX, |token_us| time_us / token_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    #[test]
    fn a_burst_from_the_first_moment_then_the_rate() {
        let mut budget = Budget::new(Instant::EPOCH, Some(200), 1_000);
        let mut spend = |at: Instant| {
            let mut count = 0;
            while budget.has_more(at) {
                budget.spend(at, 1);
                count += 1;
            }
            count
        };
        assert_eq!([0, 4, 5, 1_000, 1_003].map(|at| spend(ms(at))), [1_000, 0, 1, 199, 0]);
        assert_eq!(spend(ms(3_600_000)), 1_000, "the burst does not grow with idleness");
    }

    #[test]
    fn it_never_falls_and_says_when_it_will_have_risen() {
        let mut budget = Budget::new(ms(7), Some(200), 10);
        budget.spend(ms(7), 13);
        assert_eq!((budget.upto(ms(7)), budget.upto(ms(21)), budget.upto(ms(22))), (10, 12, 13));
        assert_eq!((budget.reaches(13), budget.reaches(23), budget.reaches(24)), (Some(ms(22)), Some(ms(72)), None));
        assert_eq!(budget.upto(ms(10_000)), 23);
        let all = Budget::new(ms(0), None, 10);
        assert_eq!((all.upto(ms(0)), all.reaches(11)), (u64::MAX, None));
    }
}
