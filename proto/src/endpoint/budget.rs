//! Budgets of what a server does for strangers: handshakes per network under load, and resets. Both live in tables of
//! constant size, hashed under a secret key; two strangers who share a place share its budget.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use alloc::boxed::Box;
use alloc::vec;

use crate::limits::{
    HANDSHAKES_BUSY_PER_S, HANDSHAKES_PER_ADDRESS_PER_S, HANDSHAKES_PER_PREFIX_PER_S, RESET_INTERVAL_MS,
    RESETS_PER_S_MAX,
};
use crate::rng::Rng;
use crate::secure::PlaceHash;
use crate::time::Instant;

const PREFIX_PLACES: usize = 1_024;
const ADDRESS_PLACES: usize = 4_096;
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

/// How many handshakes were done lately: in all, per address, and per /24 or /64.
pub(super) struct HandshakeBudget {
    hash: PlaceHash,
    all: PerSecond,
    addresses: Box<[PerSecond]>,
    prefixes: Box<[PerSecond]>,
}

impl HandshakeBudget {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            hash: PlaceHash::new(rng),
            all: PerSecond::default(),
            addresses: vec![PerSecond::default(); ADDRESS_PLACES].into(),
            prefixes: vec![PerSecond::default(); PREFIX_PLACES].into(),
        }
    }

    /// Whether so many were done lately that networks are held to their share.
    pub(super) fn is_busy(&self, now: Instant) -> bool {
        self.all.count(now) >= HANDSHAKES_BUSY_PER_S
    }

    /// Whether this address, or its network, has had its share of the running second. Loopback has no limit.
    pub(super) fn is_spent(&self, now: Instant, addr: IpAddr) -> bool {
        let addr = addr.to_canonical();
        let Places { address, prefix } = self.places(addr);
        !addr.is_loopback()
            && (self.addresses[address].count(now) >= HANDSHAKES_PER_ADDRESS_PER_S
                || self.prefixes[prefix].count(now) >= HANDSHAKES_PER_PREFIX_PER_S)
    }

    /// Counts a handshake. The address must have been proved by a cookie, or strangers could spend each other's share. What
    /// an address does beyond its own share is not charged to its network: its neighbours have not done it.
    pub(super) fn charge(&mut self, now: Instant, addr: IpAddr) {
        self.all.charge(now);
        let Places { address, prefix } = self.places(addr.to_canonical());
        self.addresses[address].charge(now);
        if self.addresses[address].count(now) <= HANDSHAKES_PER_ADDRESS_PER_S {
            self.prefixes[prefix].charge(now);
        }
    }

    fn places(&self, addr: IpAddr) -> Places {
        let places = |octets: &[u8], prefix_len: usize| Places {
            address: self.hash.place(octets, ADDRESS_PLACES),
            prefix: self.hash.place(&octets[..prefix_len], PREFIX_PLACES),
        };
        match addr {
            IpAddr::V4(ip) => places(&ip.octets(), 3),
            IpAddr::V6(ip) => places(&ip.octets(), 8),
        }
    }
}

/// Where an address and its network are counted.
struct Places {
    address: usize,
    prefix: usize,
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
    use alloc::format;

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

    fn addr(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_gets_its_share_a_second_and_loopback_has_no_limit() {
        let mut budget = HandshakeBudget::new(&mut Rng::from_number(1));
        for n in 0..HANDSHAKES_PER_ADDRESS_PER_S {
            assert!(!budget.is_spent(ms(0), addr("10.0.0.1")), "{n}");
            budget.charge(ms(0), addr("10.0.0.1"));
            budget.charge(ms(0), addr("127.0.0.1"));
        }
        assert!(budget.is_spent(ms(999), addr("10.0.0.1")));
        assert!(budget.is_spent(ms(999), addr("::ffff:10.0.0.1")), "it is the same one");
        assert!(!budget.is_spent(ms(999), addr("127.0.0.1")));
        assert!(!budget.is_spent(ms(1000), addr("10.0.0.1")));
        assert!(!budget.is_busy(ms(0)));
    }

    #[test]
    fn one_flooder_does_not_spend_its_networks_share() {
        let mut budget = HandshakeBudget::new(&mut Rng::from_number(1));
        (0..10_000).for_each(|_| budget.charge(ms(0), addr("10.0.0.66")));
        assert!(budget.is_busy(ms(0)) && budget.is_spent(ms(0), addr("10.0.0.66")));
        for host in 1..=40 {
            let neighbour = addr(&format!("10.0.0.{host}"));
            assert!(!budget.is_spent(ms(0), neighbour), "{host}");
            budget.charge(ms(0), neighbour);
        }
        assert!(budget.is_spent(ms(0), addr("10.0.0.200")), "many of one network share what it has");
        assert!(!budget.is_spent(ms(0), addr("10.0.1.1")));
    }

    #[test]
    fn whoever_owns_a_64_is_one_network() {
        let mut budget = HandshakeBudget::new(&mut Rng::from_number(1));
        for host in 0..HANDSHAKES_PER_PREFIX_PER_S {
            budget.charge(ms(0), addr(&format!("2001:db8:0:7::{host:x}")));
        }
        assert!(budget.is_spent(ms(0), addr("2001:db8:0:7:ffff::1")));
        assert!(!budget.is_spent(ms(0), addr("2001:db8:0:8::1")));
    }
}
