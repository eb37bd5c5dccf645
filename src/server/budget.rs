//! What one account may cost everybody else, in octets: a budget for what it writes, one for what it asks to be read, and one for what
//! its devices missed. All are leaky buckets. Whoever has used one up waits, and loses nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::time::Instant;

use super::limits::{
    CATCH_UP_OCTETS_TIMES, FOLLOWERS_PER_SHARE, LONG_TEXT_LEN, OCTETS_SAVED_UP, READ_OCTETS_SAVED_UP, READ_OCTETS_TIMES,
};

/// The budgets of each account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budgets {
    pub(super) write: Budget,
    pub(super) read: Budget,
    pub(super) stream: Budget,
}

impl Budgets {
    /// For so many octets a second that an account writes, and so many of what it missed that it is sent at once.
    pub(super) fn new(per_s: u32, caught_up_at_once: u64) -> Self {
        let per_s = u64::from(per_s.max(1));
        Self {
            write: Budget::new(per_s, OCTETS_SAVED_UP),
            read: Budget::new(per_s * READ_OCTETS_TIMES, READ_OCTETS_SAVED_UP),
            stream: Budget::new(per_s * CATCH_UP_OCTETS_TIMES, caught_up_at_once),
        }
    }
}

/// How fast a budget comes back, and how much of it is saved up at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    per_s: u64,
    saved_up: Duration,
}

impl Budget {
    /// Octets that come back in a second.
    pub(super) const fn per_s(&self) -> u64 {
        self.per_s
    }

    fn new(per_s: u64, octets: u64) -> Self {
        let budget = Self { per_s, saved_up: Duration::ZERO };
        Self { saved_up: budget.time_of(octets), ..budget }
    }

    /// How long it takes until so many octets of it have come back.
    pub(super) const fn time_of(&self, octets: u64) -> Duration {
        Duration::from_micros(octets.saturating_mul(1_000_000) / self.per_s)
    }
}

/// What was spent of a budget of late, kept as the moment at which all of it has come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent(Instant);

impl Spent {
    pub(super) const NOTHING: Self = Self(Instant::EPOCH);

    /// Whether anything is left. Whoever has anything left may spend more than that, once.
    pub(super) fn leaves_any(&self, now: Instant, of: &Budget) -> bool {
        self.0.max(now).since(now) < of.saved_up
    }

    pub(super) fn spend(&mut self, now: Instant, octets: u64, of: &Budget) {
        self.0 = self.0.max(now) + of.time_of(octets);
    }

    /// How long it is until something is left.
    pub(super) fn wait(&self, now: Instant, of: &Budget) -> Duration {
        self.0.max(now).since(now).saturating_sub(of.saved_up) + Duration::from_micros(1)
    }
}

/// What a post costs that goes to so many sessions: a roomful makes it dear, and so does its length, since others wait for it.
pub(super) const fn cost_of_post(octets: usize, followers: usize) -> u64 {
    let octets = octets as u64 + octets.saturating_sub(LONG_TEXT_LEN) as u64;
    octets.saturating_mul(1 + (followers / FOLLOWERS_PER_SHARE) as u64)
}

/// Questions that wait until their account has a budget again.
#[derive(Debug)]
pub(super) struct Held<Q> {
    by_time: BTreeMap<(Instant, u64), Q>,
    last: u64,
}

impl<Q> Default for Held<Q> {
    fn default() -> Self {
        Self { by_time: BTreeMap::new(), last: 0 }
    }
}

impl<Q> Held<Q> {
    pub(super) fn hold(&mut self, question: Q, spent: &Spent, now: Instant, of: &Budget) {
        self.last += 1;
        self.by_time.insert((now + spent.wait(now, of), self.last), question);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.by_time.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn len(&self) -> usize {
        self.by_time.len()
    }

    /// A question whose time has come.
    pub(super) fn due(&mut self, now: Instant) -> Option<Q> {
        self.deadline().filter(|at| *at <= now)?;
        self.by_time.pop_first().map(|(_, question)| question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_used_up_and_comes_back_as_time_passes() {
        let Budgets { write, read, .. } = Budgets::new(1_000, 1);
        let (mut wrote, mut now) = (Spent::NOTHING, Instant::EPOCH);
        wrote.spend(now, OCTETS_SAVED_UP - 1, &write);
        assert!(wrote.leaves_any(now, &write), "an octet is left");
        wrote.spend(now, 5_000, &write);
        assert!(!wrote.leaves_any(now, &write), "which is enough for a last long post");
        assert_eq!(wrote.wait(now, &write).as_millis(), 4_999);
        now += wrote.wait(now, &write);
        assert!(wrote.leaves_any(now, &write));
        assert!(Spent::NOTHING.leaves_any(now, &read));
    }

    #[test]
    fn a_roomful_makes_a_post_dear() {
        assert_eq!(cost_of_post(100, 0), 100);
        assert_eq!(cost_of_post(100, FOLLOWERS_PER_SHARE - 1), 100);
        assert_eq!(cost_of_post(100, 3 * FOLLOWERS_PER_SHARE), 400);
    }

    #[test]
    fn what_a_text_is_longer_than_most_costs_twice() {
        assert_eq!(cost_of_post(LONG_TEXT_LEN, 0), LONG_TEXT_LEN as u64);
        assert_eq!(cost_of_post(LONG_TEXT_LEN + 10, 0), LONG_TEXT_LEN as u64 + 20);
        assert_eq!(cost_of_post(LONG_TEXT_LEN + 10, FOLLOWERS_PER_SHARE), 2 * (LONG_TEXT_LEN as u64 + 20));
    }
}
