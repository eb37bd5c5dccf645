//! The seeded generator. Every random choice in this crate comes from one of these, and every seed from the driver.
//!
//! ChaCha with 12 rounds: good enough for keys, cookies and identifiers, and reproducible for simulation. A machine gets
//! one seed at its start and forks a generator for each purpose, so that adding a draw in one place moves no other.

use blake2::digest::consts::U32;
use blake2::{Blake2s, Digest};
use rand::rngs::ChaCha12Rng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// A deterministic, cryptographically strong generator.
pub struct Rng(ChaCha12Rng);

impl Rng {
    /// A generator from 32 bytes of entropy. The same seed gives the same draws.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    /// A generator from a small number, for tests and simulations whose seed a person types.
    #[must_use]
    pub fn from_number(seed: u64) -> Self {
        Self(ChaCha12Rng::seed_from_u64(seed))
    }

    /// A generator of its own for `purpose`: one draw here, however much is drawn there.
    #[must_use]
    pub fn fork(&mut self, purpose: &str) -> Self {
        let mut hash = Blake2s::<U32>::new();
        hash.update(self.bytes::<32>());
        hash.update(purpose.as_bytes());
        Self::from_seed(hash.finalize().into())
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// Fills `out` with random bytes.
    pub fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }

    /// A uniform 64-bit number.
    #[must_use]
    pub fn u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A uniform number below `bound`; zero when `bound` is zero.
    #[must_use]
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }

    /// Uniform in 0.0..1.0.
    #[must_use]
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// True with probability `p`; never for 0.0, always for 1.0.
    #[must_use]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

impl core::fmt::Debug for Rng {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Rng(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let mut a = Rng::from_number(7);
        let mut b = Rng::from_number(7);
        assert_eq!(a.bytes::<40>(), b.bytes::<40>());
        assert_ne!(a.fork("x").u64(), b.fork("y").u64());
        assert_eq!(a.u64(), b.u64(), "a fork costs its parent one draw, whatever the purpose");
    }

    #[test]
    fn bounds_hold() {
        let mut rng = Rng::from_number(1);
        assert_eq!(rng.below(0), 0);
        assert!((0..1000).all(|_| rng.below(3) < 3));
        assert!((0..1000).all(|_| !rng.chance(0.0) && rng.chance(1.0)));
    }
}
