//! Key pairs: the identity of a server or of a device.

use core::fmt;

use curve25519_dalek::montgomery::MontgomeryPoint;
use zeroize::Zeroizing;

use crate::rng::Rng;
use crate::wire::id::PublicKey;

/// An X25519 key pair (RFC 7748). The secret is wiped when dropped and never shown.
#[derive(Clone)]
pub struct KeyPair {
    secret: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl KeyPair {
    /// A new key pair.
    #[must_use]
    pub fn generate(rng: &mut Rng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill(secret.as_mut());
        Self::from_secret(*secret)
    }

    /// The key pair of a stored secret.
    #[must_use]
    pub fn from_secret(secret: [u8; 32]) -> Self {
        let secret = Zeroizing::new(secret);
        let public = PublicKey(MontgomeryPoint::mul_base_clamped(*secret).to_bytes());
        Self { secret, public }
    }

    /// The secret, to be stored in a file that only its owner can read.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    pub(super) const fn public_ref(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7748, section 6.1.
    #[test]
    fn the_public_half_is_that_of_the_rfc() {
        let alice = KeyPair::from_secret([
            0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf, 0x4c,
            0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
        ]);
        assert_eq!(
            alice.public().0,
            [
                0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a, 0x0d,
                0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
            ]
        );
    }

    #[test]
    fn a_key_pair_does_not_show_its_secret() {
        let pair = KeyPair::generate(&mut Rng::from_number(1));
        assert_eq!(alloc::format!("{pair:?}"), alloc::format!("KeyPair({})", pair.public().fingerprint()));
    }
}
