//! Sealing and opening in place: ChaCha20-Poly1305 (RFC 8439), the full packet number as nonce, the whole header as
//! associated data.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

use crate::error::DropReason;
use crate::limits::{SEALED_HEADER_LEN, SEALED_MIN_LEN, TAG_LEN};
use crate::wire::id::PacketNumber;

/// Seals what one end sends. Each packet number may be used once.
pub struct SealingKey(LessSafeKey);

/// Opens what one end receives.
pub struct OpeningKey(LessSafeKey);

impl SealingKey {
    /// From the handshake's raw key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(expand(key))
    }

    /// Seals a datagram in place: `header` and `len` octets of contents stand at the start of `datagram`, the tag is
    /// written after them. Gives the datagram's length.
    ///
    /// # Panics
    /// If there is no room for the tag.
    pub fn seal(&self, number: PacketNumber, datagram: &mut [u8], len: usize) -> usize {
        let (header, rest) = datagram.split_at_mut(SEALED_HEADER_LEN);
        let (contents, rest) = rest.split_at_mut(len);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce(number), Aad::from(&*header), contents)
            .expect("a datagram is far below the cipher's limit");
        rest[..TAG_LEN].copy_from_slice(tag.as_ref());
        SEALED_HEADER_LEN + len + TAG_LEN
    }
}

impl OpeningKey {
    /// From the handshake's raw key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(expand(key))
    }

    /// Opens a datagram in place and gives its contents. When the tag is wrong the datagram's octets are lost.
    ///
    /// # Errors
    /// [`DropReason::Forged`] if the tag is wrong, [`DropReason::Length`] if it is too short to have one.
    pub fn open<'a>(&self, number: PacketNumber, datagram: &'a mut [u8]) -> Result<&'a [u8], DropReason> {
        if datagram.len() < SEALED_MIN_LEN {
            return Err(DropReason::Length);
        }
        let (header, sealed) = datagram.split_at_mut(SEALED_HEADER_LEN);
        let contents =
            self.0.open_in_place(nonce(number), Aad::from(&*header), sealed).map_err(|_| DropReason::Forged)?;
        Ok(contents)
    }
}

fn expand(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("the cipher takes keys of 32 octets"))
}

/// As in Noise: four zeros, then the number, little-endian.
fn nonce(number: PacketNumber) -> Nonce {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.0.to_le_bytes());
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(number: u64) -> ([u8; 100], usize) {
        let mut datagram = [0x55; 100];
        let len = SealingKey::new(&[1; 32]).seal(PacketNumber(number), &mut datagram, 20);
        (datagram, len)
    }

    #[test]
    fn what_was_sealed_opens_under_the_same_key_and_number_only() {
        let (datagram, len) = sealed(1 << 40);
        let open = |key: u8, number: u64| {
            let mut copy = datagram;
            OpeningKey::new(&[key; 32]).open(PacketNumber(number), &mut copy[..len]).map(<[u8]>::to_vec)
        };
        assert_eq!(open(1, 1 << 40).as_deref(), Ok(&[0x55; 20][..]));
        assert_eq!(open(2, 1 << 40), Err(DropReason::Forged));
        assert_eq!(open(1, 0), Err(DropReason::Forged), "all 64 bits of the number count");
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let (datagram, len) = sealed(7);
        let key = OpeningKey::new(&[1; 32]);
        for bit in 0..len * 8 {
            let mut copy = datagram;
            copy[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(PacketNumber(7), &mut copy[..len]).err(), Some(DropReason::Forged), "bit {bit}");
        }
        for short in 0..len {
            let mut copy = datagram;
            assert!(key.open(PacketNumber(7), &mut copy[..short]).is_err(), "{short} octets");
        }
    }
}
