//! The throttle of password tries: by where they come from, so that a stranger elsewhere locks nobody out. Device keys and
//! tokens do not pass here.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chinwag_proto::time::Instant;

use super::limits::{THROTTLED_MAX, TRIES_BURST, TRY_EVERY};

/// A network from which tries come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Source(u128);

impl Source {
    /// An IPv4 address, or an IPv6 /64, in which an attacker can have as many addresses as it likes.
    fn of(addr: IpAddr) -> Self {
        match addr {
            IpAddr::V4(v4) => Self(u128::from(u32::from(v4))),
            IpAddr::V6(v6) => Self((u128::from(v6) >> 64) << 64),
        }
    }
}

/// Tries of late, by source: a leaky bucket each, kept as the moment at which it is empty.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    empty_at: BTreeMap<Source, Instant>,
}

impl Throttle {
    /// Takes a try into account. False if there were too many.
    pub(super) fn try_once(&mut self, from: IpAddr, now: Instant) -> bool {
        if self.empty_at.len() >= THROTTLED_MAX {
            self.forget(now);
        }
        let source = Source::of(from);
        if !self.empty_at.contains_key(&source) && self.empty_at.len() >= THROTTLED_MAX {
            // Whoever has tried least of late gives way: a crowd keeps nobody else out.
            let least = self.empty_at.iter().min_by_key(|(_, at)| **at).map(|(source, _)| *source);
            least.map(|least| self.empty_at.remove(&least));
        }
        let at = self.empty_at.entry(source).or_insert(now);
        let next = (*at).max(now) + TRY_EVERY;
        if next.since(now) > TRY_EVERY * TRIES_BURST {
            return false;
        }
        *at = next;
        true
    }

    /// Forgets what counts no more.
    pub(super) fn forget(&mut self, now: Instant) {
        self.empty_at.retain(|_, at| *at > now);
    }

    /// A try was right: it does not count. The wrong ones before it do: whoever has a password of its own may guess at others.
    pub(super) fn was_right(&mut self, from: IpAddr, now: Instant) {
        if let Some(at) = self.empty_at.get_mut(&Source::of(from)) {
            let left = at.since(now).saturating_sub(TRY_EVERY);
            *at = now + left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_run_out_for_their_source_alone_and_come_back() {
        let mut throttle = Throttle::default();
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let now = Instant::EPOCH;
        for _ in 0..TRIES_BURST {
            assert!(throttle.try_once(here, now));
        }
        assert!(!throttle.try_once(here, now));
        assert!(throttle.try_once(there, now), "a stranger elsewhere locks nobody out");
        assert!(throttle.try_once(here, now + TRY_EVERY));
        assert!(!throttle.try_once(here, now + TRY_EVERY));
        throttle.was_right(here, now + TRY_EVERY);
        assert!(throttle.try_once(here, now + TRY_EVERY), "that one did not count");
        assert!(!throttle.try_once(here, now + TRY_EVERY), "and those before it do");
    }

    #[test]
    fn many_sources_take_no_more_memory_than_is_theirs() {
        let mut throttle = Throttle::default();
        let mut now = Instant::EPOCH;
        for n in 0..(2 * THROTTLED_MAX as u32) {
            let _ = throttle.try_once(IpAddr::from(n.to_be_bytes()), now);
        }
        assert_eq!(throttle.empty_at.len(), THROTTLED_MAX);
        assert!(throttle.try_once(IpAddr::from([200, 0, 0, 1]), now), "a crowd keeps nobody out");
        assert_eq!(throttle.empty_at.len(), THROTTLED_MAX);
        now += TRY_EVERY * 2;
        assert!(throttle.try_once(IpAddr::from([200, 0, 0, 2]), now));
        assert_eq!(throttle.empty_at.len(), 1, "those that waited are forgotten");
    }
}
