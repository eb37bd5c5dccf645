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
        let is_known = self.empty_at.contains_key(&source);
        if !is_known && self.empty_at.len() >= THROTTLED_MAX {
            return false;
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

    /// A try was right: it does not count.
    pub(super) fn was_right(&mut self, from: IpAddr) {
        self.empty_at.remove(&Source::of(from));
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
        throttle.was_right(here);
        assert!(throttle.try_once(here, now));
    }

    #[test]
    fn many_sources_take_no_more_memory_than_is_theirs() {
        let mut throttle = Throttle::default();
        let mut now = Instant::EPOCH;
        for n in 0..(2 * THROTTLED_MAX as u32) {
            let _ = throttle.try_once(IpAddr::from(n.to_be_bytes()), now);
        }
        assert_eq!(throttle.empty_at.len(), THROTTLED_MAX);
        now += TRY_EVERY;
        assert!(throttle.try_once(IpAddr::from([200, 0, 0, 1]), now), "those that waited are forgotten");
    }
}
