//! `Sealed`: everything once a session stands. Layout: first octet, flags 1, destination connection id 8, low 32 bits of
//! the packet number 4 (little-endian), sealed frames, tag 16. The header is the associated data.

use core::fmt;

use crate::error::DropReason;
use crate::limits::{SEALED_HEADER_LEN, SEALED_MIN_LEN};
use crate::wire::id::{ConnectionId, PacketNumber};

use super::Kind;

/// The header of a `Sealed` datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedHeader {
    /// None is defined in version 1: zero when sent, ignored (but authenticated) when received.
    pub flags: u8,
    /// Selects session and key at the receiver.
    pub destination: ConnectionId,
    /// Low 32 bits of the packet number.
    pub number_low: u32,
}

impl SealedHeader {
    /// Reads the header of a `Sealed`, without opening it.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if datagram.len() < SEALED_MIN_LEN {
            return Err(DropReason::Length);
        }
        if Kind::of(datagram)? != Kind::Sealed {
            return Err(DropReason::Kind);
        }
        let (head, _) = datagram.split_first_chunk::<SEALED_HEADER_LEN>().ok_or(DropReason::Length)?;
        let [_, flags, id @ .., n0, n1, n2, n3] = *head;
        Ok(Self { flags, destination: ConnectionId(id), number_low: u32::from_le_bytes([n0, n1, n2, n3]) })
    }

    /// Writes the header into the first [`SEALED_HEADER_LEN`] octets of `out`.
    ///
    /// # Panics
    /// If `out` is shorter than that.
    pub fn encode(&self, out: &mut [u8]) {
        out[0] = Kind::Sealed.first_octet();
        out[1] = self.flags;
        out[2..10].copy_from_slice(&self.destination.0);
        out[10..SEALED_HEADER_LEN].copy_from_slice(&self.number_low.to_le_bytes());
    }

    /// The full packet number nearest to the one expected next (RFC 9000, appendix A.3).
    #[must_use]
    pub fn number(&self, expected: PacketNumber) -> PacketNumber {
        const WINDOW: u64 = 1 << 32;
        let candidate = (expected.0 & !(WINDOW - 1)) | u64::from(self.number_low);
        if candidate.saturating_add(WINDOW / 2) <= expected.0 {
            candidate.checked_add(WINDOW).map_or(PacketNumber(candidate), PacketNumber)
        } else if candidate > expected.0.saturating_add(WINDOW / 2) && candidate >= WINDOW {
            PacketNumber(candidate - WINDOW)
        } else {
            PacketNumber(candidate)
        }
    }
}

/// `Sealed to 0102030405060708 #7`: all that is seen without the key.
impl fmt::Display for SealedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed to {} #{}", self.destination, self.number_low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(low: u32, expected: u64) -> u64 {
        SealedHeader { flags: 0, destination: ConnectionId::default(), number_low: low }
            .number(PacketNumber(expected))
            .0
    }

    #[test]
    fn the_low_half_finds_the_nearest_number() {
        assert_eq!(full(0, 0), 0);
        assert_eq!(full(5, 3), 5);
        assert_eq!(full(u32::MAX, 0), u64::from(u32::MAX), "there is nothing below zero");
        assert_eq!(full(2, 0xffff_fffe), 0x1_0000_0002, "a new round begins");
        assert_eq!(full(0xffff_ffff, 0x1_0000_0001), 0xffff_ffff, "a late one of the round before");
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        for expected in [0, 1, u64::MAX - 1, u64::MAX, u64::MAX - (1 << 31), 1 << 63] {
            for low in [0, 1, 1 << 31, u32::MAX - 1, u32::MAX] {
                assert_eq!(full(low, expected) & 0xffff_ffff, u64::from(low));
            }
        }
    }
}
