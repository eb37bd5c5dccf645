//! Stateless cookies: proof that a client receives at the address that it sends from.
//!
//! A cookie is the time of making (8 octets, µs of the server's clock, little-endian) and a MAC (16 octets) over address,
//! port, the client's nonce and that time, under a secret that changes every [`COOKIE_SECRET_S`]. It is opaque to clients.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use zeroize::Zeroizing;

use crate::limits::{COOKIE_LIFETIME_S, COOKIE_SECRET_S};
use crate::rng::Rng;
use crate::time::Instant;

use super::mac;

/// Makes cookies and knows its own again.
pub struct CookieJar {
    rng: Rng,
    current: Secret,
    previous: Option<Secret>,
}

struct Secret {
    key: Zeroizing<[u8; 32]>,
    since: Instant,
}

impl CookieJar {
    /// Length of a cookie.
    pub const LEN: usize = 24;

    /// A jar with a first secret.
    #[must_use]
    pub fn new(now: Instant, mut rng: Rng) -> Self {
        Self { current: Secret::new(now, &mut rng), previous: None, rng }
    }

    /// A cookie for this address and nonce.
    pub fn bake(&mut self, now: Instant, addr: SocketAddr, nonce: &[u8; 16]) -> [u8; Self::LEN] {
        self.rotate(now);
        let time = now.as_micros().to_le_bytes();
        let mut out = [0; Self::LEN];
        out[..8].copy_from_slice(&time);
        out[8..].copy_from_slice(&self.current.mac(addr, nonce, &time));
        out
    }

    /// Whether this is a cookie from here, for this address and nonce, and not too old.
    pub fn check(&mut self, now: Instant, addr: SocketAddr, nonce: &[u8; 16], cookie: &[u8; Self::LEN]) -> bool {
        self.rotate(now);
        let (time, tag) = cookie.split_first_chunk::<8>().expect("a cookie is longer than its time");
        let tag: &[u8; 16] = tag.try_into().expect("the rest of a cookie is its MAC");
        let made = Instant::from_micros(u64::from_le_bytes(*time));
        if made > now || now - made > Duration::from_secs(COOKIE_LIFETIME_S) {
            return false;
        }
        let secret = match &self.previous {
            Some(previous) if made < self.current.since => previous,
            _ => &self.current,
        };
        mac::equal(&secret.mac(addr, nonce, time), tag)
    }

    fn rotate(&mut self, now: Instant) {
        if now - self.current.since >= Duration::from_secs(COOKIE_SECRET_S) {
            let fresh = Secret::new(now, &mut self.rng);
            self.previous = Some(core::mem::replace(&mut self.current, fresh));
        }
    }
}

impl Secret {
    fn new(now: Instant, rng: &mut Rng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill(key.as_mut());
        Self { key, since: now }
    }

    fn mac(&self, addr: SocketAddr, nonce: &[u8; 16], time: &[u8; 8]) -> [u8; 16] {
        let port = addr.port().to_le_bytes();
        match addr.ip().to_canonical() {
            IpAddr::V4(ip) => mac::keyed(&self.key, &[&[4], &ip.octets(), &port, nonce, time]),
            IpAddr::V6(ip) => mac::keyed(&self.key, &[&[6], &ip.octets(), &port, nonce, time]),
        }
    }
}

const _: () = assert!(COOKIE_LIFETIME_S <= COOKIE_SECRET_S, "the previous secret outlives every cookie made with it");

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: [u8; 16] = [9; 16];

    fn at(s: u64) -> Instant {
        Instant::from_micros(s * 1_000_000)
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_cookie_is_good_for_its_address_nonce_and_lifetime_only() {
        let mut jar = CookieJar::new(at(0), Rng::from_number(1));
        let cookie = jar.bake(at(1), addr("10.0.0.1:5"), &NONCE);
        assert!(jar.check(at(1), addr("10.0.0.1:5"), &NONCE, &cookie));
        assert!(jar.check(at(11), addr("[::ffff:10.0.0.1]:5"), &NONCE, &cookie), "mapped or not is the same address");
        assert!(!jar.check(at(12), addr("10.0.0.1:5"), &NONCE, &cookie), "stale");
        assert!(!jar.check(at(1), addr("10.0.0.1:6"), &NONCE, &cookie), "another port");
        assert!(!jar.check(at(1), addr("10.0.0.2:5"), &NONCE, &cookie), "another address");
        assert!(!jar.check(at(1), addr("10.0.0.1:5"), &[8; 16], &cookie), "another nonce");
        assert!(!jar.check(at(0), addr("10.0.0.1:5"), &NONCE, &cookie), "from the future");
        for bit in 0..CookieJar::LEN * 8 {
            let mut forged = cookie;
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(!jar.check(at(2), addr("10.0.0.1:5"), &NONCE, &forged), "bit {bit}");
        }
    }

    #[test]
    fn a_cookie_outlives_one_change_of_the_secret() {
        let mut jar = CookieJar::new(at(0), Rng::from_number(1));
        let cookie = jar.bake(at(119), addr("10.0.0.1:5"), &NONCE);
        let _ = jar.bake(at(121), addr("10.0.0.1:5"), &NONCE);
        assert!(jar.check(at(125), addr("10.0.0.1:5"), &NONCE, &cookie));
    }

    #[test]
    fn another_start_knows_no_cookie_of_this_one() {
        let cookie = CookieJar::new(at(0), Rng::from_number(1)).bake(at(1), addr("10.0.0.1:5"), &NONCE);
        assert!(!CookieJar::new(at(0), Rng::from_number(2)).check(at(2), addr("10.0.0.1:5"), &NONCE, &cookie));
    }
}
