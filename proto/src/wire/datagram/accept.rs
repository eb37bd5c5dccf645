//! `Accept`: the server's handshake message. Layout: first octet, client's connection id 8, handshake message, CRC-32 4.
//! Never longer than the `Init` that it answers.

use core::fmt;

use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, INIT_LEN};
use crate::wire::id::ConnectionId;

/// The constant part of an `Accept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept {
    /// The connection id that the client chose in its `Init`.
    pub client_id: ConnectionId,
}

impl Accept {
    const HEADER_LEN: usize = 1 + 8;
    /// Longest handshake message.
    pub const NOISE_MAX_LEN: usize = INIT_LEN - Self::HEADER_LEN - CRC_LEN;

    /// Reads an `Accept` and its handshake message.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<(Self, &[u8]), DropReason> {
        if datagram.len() <= Self::HEADER_LEN + CRC_LEN || datagram.len() > INIT_LEN {
            return Err(DropReason::Length);
        }
        let contents = crc::check(datagram)?;
        if Kind::of(contents)? != Kind::Accept {
            return Err(DropReason::Kind);
        }
        let (id, noise) = contents[1..].split_first_chunk().ok_or(DropReason::Length)?;
        Ok((Self { client_id: ConnectionId(*id) }, noise))
    }

    /// Writes an `Accept` into `out` and gives its length.
    ///
    /// # Panics
    /// If `out` is too short, or `noise` is longer than [`Self::NOISE_MAX_LEN`].
    pub fn encode(&self, noise: &[u8], out: &mut [u8]) -> usize {
        assert!(noise.len() <= Self::NOISE_MAX_LEN, "a handshake message has a bounded size");
        let len = Self::HEADER_LEN + noise.len() + CRC_LEN;
        let out = &mut out[..len];
        out[0] = Kind::Accept.first_octet();
        out[1..Self::HEADER_LEN].copy_from_slice(&self.client_id.0);
        out[Self::HEADER_LEN..len - CRC_LEN].copy_from_slice(noise);
        crc::write(out);
        len
    }
}

/// `Accept for 0102030405060708`.
impl fmt::Display for Accept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Accept for {}", self.client_id)
    }
}
