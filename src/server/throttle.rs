//! The throttle of passwords: guesses by where they come from and what they are at, so that a stranger locks nobody out of
//! another account; new passwords, which cost as much and give nothing away, by where they come from, apart from guesses.
//! Device keys and tokens do not pass here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::{self, name};

use super::limits::{
    MAKE_EVERY, MAKES_BURST, SOURCE_TRIES_BURST, SOURCE_TRY_EVERY, THROTTLED_MAX, TRIES_BURST, TRY_EVERY,
};

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

/// Whose password is guessed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lock {
    /// An account's, by a hash of its folded name: there need be none of that name.
    Account([u8; 32]),
    /// A room's.
    Room(RoomId),
}

impl Lock {
    pub(super) fn of_account(wanted: &str) -> Self {
        Self::Account(message::hash(name::fold(wanted).as_bytes()))
    }
}

/// Tries of late.
#[derive(Debug)]
pub(super) struct Throttle {
    at_lock: Buckets<(Source, Lock)>,
    at_any: Buckets<Source>,
    makes: Buckets<Source>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            at_lock: Buckets::new(TRIES_BURST, TRY_EVERY),
            at_any: Buckets::new(SOURCE_TRIES_BURST, SOURCE_TRY_EVERY),
            makes: Buckets::new(MAKES_BURST, MAKE_EVERY),
        }
    }
}

impl Throttle {
    /// Takes a guess into account. False if there were too many, of which none takes anything from guesses at other locks.
    pub(super) fn try_once(&mut self, from: IpAddr, lock: Lock, now: Instant) -> bool {
        let source = Source::of(from);
        let may = self.at_lock.has_room(&(source, lock), now) && self.at_any.has_room(&source, now);
        if may {
            self.at_lock.take((source, lock), now);
            self.at_any.take(source, now);
        }
        may
    }

    /// A guess was right: it does not count. The wrong ones before it do: whoever has a password of its own may guess at others.
    pub(super) fn note_right(&mut self, from: IpAddr, lock: Lock, now: Instant) {
        let source = Source::of(from);
        self.at_lock.give_back(&(source, lock), now);
        self.at_any.give_back(&source, now);
    }

    /// Takes the hashing of a new password into account. False if there were too many.
    pub(super) fn make_once(&mut self, from: IpAddr, now: Instant) -> bool {
        let source = Source::of(from);
        let may = self.makes.has_room(&source, now);
        if may {
            self.makes.take(source, now);
        }
        may
    }

    /// Forgets what counts no more.
    pub(super) fn forget(&mut self, now: Instant) {
        self.at_lock.forget(now);
        self.at_any.forget(now);
        self.makes.forget(now);
    }
}

/// Leaky buckets, each kept as the moment at which it is empty.
#[derive(Debug)]
struct Buckets<K> {
    burst: u32,
    every: Duration,
    empty_at: BTreeMap<K, Instant>,
}

impl<K: Copy + Ord> Buckets<K> {
    const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, empty_at: BTreeMap::new() }
    }

    fn has_room(&self, key: &K, now: Instant) -> bool {
        let at = self.empty_at.get(key).map_or(now, |at| (*at).max(now));
        (at + self.every).since(now) <= self.every * self.burst
    }

    fn take(&mut self, key: K, now: Instant) {
        if self.empty_at.len() >= THROTTLED_MAX {
            self.forget(now);
        }
        if !self.empty_at.contains_key(&key) && self.empty_at.len() >= THROTTLED_MAX {
            // Whoever has tried least of late gives way: a crowd keeps nobody else out.
            let least = self.empty_at.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key);
            least.map(|least| self.empty_at.remove(&least));
        }
        let at = self.empty_at.entry(key).or_insert(now);
        *at = (*at).max(now) + self.every;
    }

    fn give_back(&mut self, key: &K, now: Instant) {
        if let Some(at) = self.empty_at.get_mut(key) {
            let left = at.since(now).saturating_sub(self.every);
            *at = now + left;
        }
    }

    fn forget(&mut self, now: Instant) {
        self.empty_at.retain(|_, at| *at > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::EPOCH;

    #[test]
    fn guesses_run_out_for_their_source_and_lock_alone_and_come_back() {
        let mut throttle = Throttle::default();
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let (eve, bob) = (Lock::of_account("eve"), Lock::of_account("bob"));
        for _ in 0..TRIES_BURST {
            assert!(throttle.try_once(here, eve, NOW));
        }
        for _ in 0..1_000 {
            assert!(!throttle.try_once(here, Lock::of_account("Eve"), NOW), "one name");
        }
        assert!(throttle.try_once(there, eve, NOW), "a stranger elsewhere locks nobody out");
        assert!(throttle.try_once(here, bob, NOW), "nor one at the same address out of another account");
        assert!(throttle.try_once(here, Lock::Room(RoomId(1)), NOW) && throttle.make_once(here, NOW));
        assert!(throttle.try_once(here, eve, NOW + TRY_EVERY));
        assert!(!throttle.try_once(here, eve, NOW + TRY_EVERY));
        throttle.note_right(here, eve, NOW + TRY_EVERY);
        assert!(throttle.try_once(here, eve, NOW + TRY_EVERY), "that one did not count");
        assert!(!throttle.try_once(here, eve, NOW + TRY_EVERY), "and those before it do");
    }

    #[test]
    fn a_source_has_so_many_guesses_whatever_they_are_at() {
        let mut throttle = Throttle::default();
        let here = IpAddr::from([10, 0, 0, 1]);
        let tried = (0..1_000).filter(|n| throttle.try_once(here, Lock::of_account(&format!("n{n}")), NOW)).count();
        assert_eq!(tried, SOURCE_TRIES_BURST as usize);
        let right = Lock::of_account("n999");
        assert!(throttle.try_once(here, right, NOW + SOURCE_TRY_EVERY));
        throttle.note_right(here, right, NOW + SOURCE_TRY_EVERY);
        assert!(throttle.try_once(here, right, NOW + SOURCE_TRY_EVERY), "that one did not count");
        let made = (0..1_000).filter(|_| throttle.make_once(here, NOW)).count();
        assert_eq!(made, MAKES_BURST as usize, "new passwords are counted apart");
        assert!(throttle.make_once(here, NOW + MAKE_EVERY));
    }

    #[test]
    fn many_sources_take_no_more_memory_than_is_theirs() {
        let mut throttle = Throttle::default();
        let eve = Lock::of_account("eve");
        let mut now = NOW;
        for n in 0..(2 * THROTTLED_MAX as u32) {
            let _ = throttle.try_once(IpAddr::from(n.to_be_bytes()), eve, now);
            let _ = throttle.make_once(IpAddr::from(n.to_be_bytes()), now);
        }
        let lens = |throttle: &Throttle| {
            [throttle.at_lock.empty_at.len(), throttle.at_any.empty_at.len(), throttle.makes.empty_at.len()]
        };
        assert_eq!(lens(&throttle), [THROTTLED_MAX; 3]);
        let late = IpAddr::from([200, 0, 0, 1]);
        assert!(throttle.try_once(late, eve, now) && throttle.make_once(late, now), "a crowd keeps nobody out");
        assert_eq!(lens(&throttle), [THROTTLED_MAX; 3]);
        now += TRY_EVERY * 2;
        let later = IpAddr::from([200, 0, 0, 2]);
        assert!(throttle.try_once(later, eve, now) && throttle.make_once(later, now));
        assert_eq!(lens(&throttle), [1; 3], "those that waited are forgotten");
    }
}
