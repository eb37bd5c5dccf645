//! `Reset`: the server has no session for a connection id. Layout: first octet, that id 8, token 16, CRC-32 4: 29 octets.

use core::fmt;

use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, RESET_LEN};
use crate::wire::id::ConnectionId;

/// Says that a connection id is unknown here; the token proves that the server of that key says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// The id that the offending `Sealed` was sent to.
    pub id: ConnectionId,
    /// Keyed BLAKE2s over the id.
    pub token: [u8; 16],
}

impl Reset {
    /// Reads a `Reset`.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if datagram.len() != RESET_LEN {
            return Err(DropReason::Length);
        }
        let contents = crc::check(datagram)?;
        if Kind::of(contents)? != Kind::Reset {
            return Err(DropReason::Kind);
        }
        let (id, token) = contents[1..].split_first_chunk().ok_or(DropReason::Length)?;
        Ok(Self { id: ConnectionId(*id), token: token.try_into().map_err(|_| DropReason::Length)? })
    }

    /// Writes a `Reset` into `out`; the length written is always [`RESET_LEN`].
    ///
    /// # Panics
    /// If `out` is shorter than that.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let out = &mut out[..RESET_LEN];
        out[0] = Kind::Reset.first_octet();
        out[1..9].copy_from_slice(&self.id.0);
        out[9..RESET_LEN - CRC_LEN].copy_from_slice(&self.token);
        crc::write(out);
        RESET_LEN
    }
}

/// `Reset of 0102030405060708`.
impl fmt::Display for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reset of {}", self.id)
    }
}
