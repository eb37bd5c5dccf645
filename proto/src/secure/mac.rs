//! Keyed BLAKE2s (RFC 7693) in its uses: the MAC that ends an `Init`, the token of a `Reset`, the cookie, and places in
//! tables that strangers fill. MACs have 16 octets and are compared in constant time.

use blake2::digest::consts::{U16, U32};
use blake2::digest::{FixedOutput as _, KeyInit as _, Update as _};
use blake2::{Blake2s, Blake2sMac};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::rng::Rng;
use crate::wire::datagram::Init;
use crate::wire::id::{ConnectionId, PublicKey};

use super::KeyPair;

/// Labels that keep the uses of a key apart; in PROTOCOL.md.
const INIT_LABEL: &[u8] = b"chinwag init mac";
const RESET_LABEL: &[u8] = b"chinwag reset key";

/// BLAKE2s-256 over a label and a key.
fn hash(label: &[u8], key: &[u8; 32]) -> [u8; 32] {
    Blake2s::<U32>::default().chain(label).chain(key).finalize_fixed().into()
}

/// Keyed BLAKE2s-128 over `parts`, one after the other.
pub(super) fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Blake2sMac::<U16>::new_from_slice(key).expect("BLAKE2s takes keys of 32 octets");
    for part in parts {
        mac.update(part);
    }
    mac.finalize_fixed().into()
}

/// Whether two MACs are equal, in constant time.
pub(super) fn equal(a: &[u8; 16], b: &[u8; 16]) -> bool {
    a.ct_eq(b).into()
}

/// The MAC that ends an `Init`: it shows that the sender knows the server's public key, at the cost of a hash. Its key is
/// BLAKE2s-256("chinwag init mac" ‖ server's public key).
#[derive(Clone)]
pub struct InitMac([u8; 32]);

impl InitMac {
    /// For `Init`s to the server with this key.
    #[must_use]
    pub fn new(server: PublicKey) -> Self {
        Self(hash(INIT_LABEL, &server.0))
    }

    /// The MAC over all octets before it.
    #[must_use]
    pub fn over(&self, octets: &[u8]) -> [u8; Init::MAC_LEN] {
        keyed(&self.0, &[octets])
    }

    /// Whether `mac` is right for all octets before it.
    #[must_use]
    pub fn verify(&self, octets: &[u8], mac: &[u8; Init::MAC_LEN]) -> bool {
        equal(&self.over(octets), mac)
    }
}

/// What a server puts into the `Reset` of a connection id, and hands to the client within its `Accept`.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ResetToken(pub [u8; 16]);

impl ResetToken {
    /// Whether the token of a received `Reset` is this one, in constant time.
    #[must_use]
    pub fn verify(&self, token: &[u8; 16]) -> bool {
        equal(&self.0, token)
    }
}

impl core::fmt::Debug for ResetToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ResetToken(..)")
    }
}

/// Makes reset tokens. Derived from the server's static secret, so that a server that was started again, and remembers
/// nothing, still makes the tokens that it handed out before: BLAKE2s-256("chinwag reset key" ‖ static secret).
pub struct ResetKey(Zeroizing<[u8; 32]>);

impl ResetKey {
    /// The reset key of the server with this identity.
    #[must_use]
    pub fn new(identity: &KeyPair) -> Self {
        Self(Zeroizing::new(hash(RESET_LABEL, identity.secret())))
    }

    /// The token for a connection id of the server.
    #[must_use]
    pub fn token(&self, id: ConnectionId) -> ResetToken {
        ResetToken(keyed(&self.0, &[&id.0]))
    }
}

/// Spreads addresses over a table of constant size in a way that no stranger can foresee.
pub struct PlaceHash(Zeroizing<[u8; 32]>);

impl PlaceHash {
    /// Under a random key.
    #[must_use]
    pub fn new(rng: &mut Rng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill(key.as_mut());
        Self(key)
    }

    /// The place of these octets in a table of `places`.
    #[must_use]
    pub fn place(&self, octets: &[u8], places: usize) -> usize {
        let [a, b, c, d, ..] = keyed(&self.0, &[octets]);
        u32::from_le_bytes([a, b, c, d]) as usize % places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_started_again_makes_the_same_tokens_and_another_server_does_not() {
        let identity = KeyPair::generate(&mut Rng::from_number(1));
        let again = KeyPair::from_secret(*identity.secret());
        let other = KeyPair::generate(&mut Rng::from_number(2));
        let id = ConnectionId([7; 8]);
        let token = ResetKey::new(&identity).token(id);
        assert!(token.verify(&ResetKey::new(&again).token(id).0));
        assert!(!token.verify(&ResetKey::new(&other).token(id).0));
        assert!(!token.verify(&ResetKey::new(&identity).token(ConnectionId([8; 8])).0));
    }

    #[test]
    fn the_mac_covers_every_octet_and_the_servers_key() {
        let mac = InitMac::new(PublicKey([1; 32]));
        let tag = mac.over(b"octets");
        assert!(mac.verify(b"octets", &tag));
        assert!(!mac.verify(b"octetz", &tag));
        assert!(!InitMac::new(PublicKey([2; 32])).verify(b"octets", &tag));
    }
}
