//! Budgets of what a server does for strangers: handshakes per network under load, and resets. Both live in tables of
//! constant size, hashed under a secret key; two strangers who share a place share its budget.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use alloc::boxed::Box;
use alloc::vec;

use crate::limits::{HANDSHAKES_BUSY_PER_S, HANDSHAKES_PER_PREFIX_PER_S, RESET_INTERVAL_MS, RESETS_PER_S_MAX};
use crate::rng::Rng;
use crate::secure::PlaceHash;
use crate::time::Instant;

const PREFIX_PLACES: usize = 1_024;
const RESET_PLACES: usize = 4_096;

/// Counts within the running second.
#[derive(Clone, Copy, Default)]
struct PerSecond {
    second: u64,
    count: u32,
}

impl PerSecond {
    fn count(&self, now: Instant) -> u32 {
        if self.second == second(now) { self.count } else { 0 }
    }

    fn charge(&mut self, now: Instant) {
        *self = Self { second: second(now), count: self.count(now).saturating_add(1) };
    }
}

const fn second(now: Instant) -> u64 {
    now.as_micros() / 1_000_000
}

/// How many handshakes were done lately, in all and per /24 or /64.
pub(super) struct HandshakeBudget {
    hash: PlaceHash,
    all: PerSecond,
    prefixes: Box<[PerSecond]>,
}

impl HandshakeBudget {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            hash: PlaceHash::new(rng),
            all: PerSecond::default(),
            prefixes: vec![PerSecond::default(); PREFIX_PLACES].into(),
        }
    }

    /// Whether so many were done lately that networks are held to their share.
    pub(super) fn is_busy(&self, now: Instant) -> bool {
        self.all.count(now) >= HANDSHAKES_BUSY_PER_S
    }

    /// Whether this address's network has had its share of the running second. Loopback has no limit.
    pub(super) fn is_spent(&self, now: Instant, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        !addr.is_loopback() && self.prefixes[self.place(addr)].count(now) >= HANDSHAKES_PER_PREFIX_PER_S
    }

    /// Counts a handshake. The address must have been proved by a cookie, or strangers could spend each other's share.
    pub(super) fn charge(&mut self, now: Instant, addr: IpAddr) {
        self.all.charge(now);
        let place = self.place(addr.to_canonical());
        self.prefixes[place].charge(now);
    }

    fn place(&self, addr: IpAddr) -> usize {
        match addr {
            IpAddr::V4(ip) => self.hash.place(&ip.octets()[..3], PREFIX_PLACES),
            IpAddr::V6(ip) => self.hash.place(&ip.octets()[..8], PREFIX_PLACES),
        }
    }
}

/// How many resets went out lately, in all and per address and port.
pub(super) struct ResetBudget {
    hash: PlaceHash,
    all: PerSecond,
    /// When the next may go there.
    places: Box<[Instant]>,
}

impl ResetBudget {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self { hash: PlaceHash::new(rng), all: PerSecond::default(), places: vec![Instant::EPOCH; RESET_PLACES].into() }
    }

    /// Charges a reset to this address, if it may have one.
    pub(super) fn charge(&mut self, now: Instant, addr: SocketAddr) -> bool {
        let mut octets = [0; 18];
        match addr.ip().to_canonical() {
            IpAddr::V4(ip) => octets[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => octets[..16].copy_from_slice(&ip.octets()),
        }
        octets[16..].copy_from_slice(&addr.port().to_le_bytes());
        let place = &mut self.places[self.hash.place(&octets, RESET_PLACES)];
        if now < *place || self.all.count(now) >= RESETS_PER_S_MAX {
            return false;
        }
        *place = now + Duration::from_millis(RESET_INTERVAL_MS);
        self.all.charge(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    #[test]
    fn an_address_gets_a_reset_every_20_ms_and_all_get_5000_a_second() {
        let mut budget = ResetBudget::new(&mut Rng::from_number(1));
        let addr = |n: u32| SocketAddr::new(IpAddr::V4(n.into()), 1);
        let sent = (0..1000).filter(|&t| budget.charge(ms(t), addr(7))).count();
        assert_eq!(sent, 50);
        let sent = (0..20_000).filter(|&n| budget.charge(ms(1000 + u64::from(n) / 20), addr(n))).count();
        assert_eq!(sent, 5_000);
    }

    #[test]
    fn a_network_gets_its_share_a_second_and_loopback_has_no_limit() {
        let mut budget = HandshakeBudget::new(&mut Rng::from_number(1));
        let addr = |text: &str| text.parse::<IpAddr>().expect("an address");
        for n in 0..50 {
            assert!(!budget.is_spent(ms(0), addr("10.0.0.1")), "{n}");
            budget.charge(ms(0), addr("10.0.0.1"));
            budget.charge(ms(0), addr("127.0.0.1"));
        }
        assert!(budget.is_spent(ms(999), addr("10.0.0.200")));
        assert!(!budget.is_spent(ms(999), addr("10.0.1.1")));
        assert!(!budget.is_spent(ms(999), addr("127.0.0.1")));
        assert!(!budget.is_spent(ms(1000), addr("10.0.0.1")));
        assert!(!budget.is_busy(ms(0)));
    }
}
