//! How fast the server takes what is posted, where an account has used up what it may write at once: for how long what waits here
//! will wait, said once.

use std::time::Duration;

use chinwag_proto::time::Instant;

use super::limits::WAIT_SAID_FROM;

/// What the server has said of that on the present link.
#[derive(Debug, Default)]
pub(super) struct Pace {
    slow: Option<Slow>,
    /// The user knows that what is here now waits.
    is_told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Slow {
    /// Nothing is taken before that.
    from: Instant,
    /// Octets a second from then on.
    per_s: u64,
}

impl Pace {
    /// Nothing is taken for so long, and then so many octets a second.
    pub(super) fn over_budget(&mut self, now: Instant, wait_ms: u64, per_s: u64) {
        let from = now.plus_micros(wait_ms.saturating_mul(1_000));
        self.slow = Some(Slow { from, per_s: per_s.max(1) });
    }

    /// The next link may be another server's.
    pub(super) const fn forget_link(&mut self) {
        self.slow = None;
    }

    /// Whether anything was said of it.
    pub(super) const fn is_known(&self) -> bool {
        self.slow.is_some()
    }

    /// About how long so many octets that wait will take, and how many are taken in a second, if that is to be told now.
    pub(super) fn news(&mut self, now: Instant, octets: u64) -> Option<(Duration, u64)> {
        if octets == 0 {
            *self = Self::default();
            return None;
        }
        let Slow { from, per_s } = self.slow.filter(|_| !self.is_told)?;
        let taken = Duration::from_micros(octets.saturating_mul(1_000_000) / per_s);
        let wait = from.max(now).since(now).saturating_add(taken);
        self.is_told = wait >= WAIT_SAID_FROM;
        self.is_told.then_some((wait, per_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    #[test]
    fn a_wait_is_told_once_until_all_is_answered_and_a_short_one_never() {
        let mut pace = Pace::default();
        assert_eq!(pace.news(at(0), 1 << 20), None, "the server takes what comes");
        pace.over_budget(at(0), 500, 1_000);
        assert_eq!(pace.news(at(0), 1_000), None, "a moment");
        assert_eq!(pace.news(at(100), 4_000), Some((Duration::from_millis(4_400), 1_000)));
        pace.over_budget(at(200), 500, 1_000);
        assert_eq!(pace.news(at(200), 9_000), None, "once");
        assert_eq!(pace.news(at(300), 0), None);
        assert!(!pace.is_known(), "that wait is over");
        pace.over_budget(at(400), 500, 1_000);
        assert_eq!(pace.news(at(400), 9_000), Some((Duration::from_millis(9_500), 1_000)));
    }

    #[test]
    fn what_a_hostile_server_says_of_a_wait_is_bounded() {
        let mut pace = Pace::default();
        pace.over_budget(at(1), u64::MAX, 0);
        assert!(pace.news(at(2), u64::MAX).is_some_and(|(wait, per_s)| wait > WAIT_SAID_FROM && per_s == 1));
    }
}
