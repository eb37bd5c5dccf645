//! `Sealed`: everything once a session stands. Layout: first octet, flags 1, destination connection id 8, low 32 bits of
//! the packet number 4 (little-endian), sealed frames, tag 16. The header is the associated data.

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
        if candidate + WINDOW / 2 <= expected.0 {
            candidate.checked_add(WINDOW).map_or(PacketNumber(candidate), PacketNumber)
        } else if candidate > expected.0 + WINDOW / 2 && candidate >= WINDOW {
            PacketNumber(candidate - WINDOW)
        } else {
            PacketNumber(candidate)
        }
    }
}
