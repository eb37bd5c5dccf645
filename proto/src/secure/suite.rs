//! The primitives that the handshake runs on: snow's own cipher and hash, our generator, and an X25519 that refuses an
//! all-zero result (RFC 7748, section 6.1), so that no peer can force a key that is known to all.

use alloc::boxed::Box;

use curve25519_dalek::montgomery::MontgomeryPoint;
use snow::Error;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::rng::Rng;

use super::KeyPair;

/// Hands snow what it runs on, for one handshake.
pub(super) struct Suite {
    /// This end's static key pair, so that its public half is not computed again.
    identity: KeyPair,
    seed: Zeroizing<[u8; 32]>,
}

impl Suite {
    pub(super) fn new(identity: KeyPair, rng: &mut Rng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut());
        Self { identity, seed }
    }
}

impl CryptoResolver for Suite {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Seeded(Rng::from_seed(*self.seed))))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        matches!(choice, DHChoice::Curve25519).then(|| Box::new(X25519(self.identity.clone())) as Box<dyn Dh>)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

struct Seeded(Rng);

impl Random for Seeded {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.0.fill(dest);
        Ok(())
    }
}

/// X25519 as Noise asks for it, refusing what must not be agreed on.
struct X25519(KeyPair);

impl Dh for X25519 {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, privkey: &[u8]) {
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(privkey);
        if !bool::from(secret.ct_eq(self.0.secret())) {
            self.0 = KeyPair::from_secret(*secret);
        }
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(secret.as_mut())?;
        self.0 = KeyPair::from_secret(*secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.0.public_ref().0
    }

    fn privkey(&self) -> &[u8] {
        self.0.secret()
    }

    fn dh(&self, pubkey: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let point = pubkey.first_chunk::<32>().ok_or(Error::Dh)?;
        let shared = Zeroizing::new(MontgomeryPoint(*point).mul_clamped(*self.0.secret()).to_bytes());
        if bool::from(shared.ct_eq(&[0; 32])) {
            return Err(Error::Dh);
        }
        out.get_mut(..32).ok_or(Error::Dh)?.copy_from_slice(shared.as_ref());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_small_order_is_refused() {
        let dh = X25519(KeyPair::generate(&mut Rng::from_number(1)));
        let mut out = [0; 32];
        // The points of order 1, 2 and 4, and the same written with larger numbers (https://cr.yp.to/ecdh.html#validate).
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        let mut prime = minus_one;
        prime[0] = 0xed;
        let mut one = [0; 32];
        one[0] = 1;
        for point in [[0; 32], one, minus_one, prime] {
            assert_eq!(dh.dh(&point, &mut out), Err(Error::Dh));
        }
        assert_eq!(out, [0; 32]);
    }

    #[test]
    fn both_ends_agree() {
        let mut rng = Rng::from_number(2);
        let (a, b) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
        let (mut ab, mut ba) = ([0; 32], [0; 32]);
        X25519(a.clone()).dh(&b.public().0, &mut ab).expect("a point of large order");
        X25519(b).dh(&a.public().0, &mut ba).expect("a point of large order");
        assert_eq!(ab, ba);
    }
}
