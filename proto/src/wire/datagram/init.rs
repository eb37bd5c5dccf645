//! `Init`: the client's cookie and first handshake message.
//!
//! Layout: first octet, flags 1, client's connection id 8, nonce 16, cookie 24, handshake message length 2, handshake
//! message, zeros, MAC 16 and CRC-32 4 at the end; [`INIT_LEN`] octets in all. All that stands before the handshake
//! message is the handshake's prologue; the MAC covers all that stands before the MAC.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, INIT_LEN};
use crate::wire::id::ConnectionId;

/// Flags of an `Init`, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InitFlags(pub u8);

impl InitFlags {
    /// The handshake is under the server's join key, not under zeros.
    pub const JOIN_KEY: Self = Self(1);
}

/// The constant part of an `Init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    /// See [`InitFlags`].
    pub flags: InitFlags,
    /// Where the client receives under the new keys.
    pub client_id: ConnectionId,
    /// The nonce that the cookie belongs to.
    pub nonce: [u8; 16],
    /// From the server's `Cookie`.
    pub cookie: [u8; 24],
}

impl Init {
    /// Length of the prologue: all that stands before the length of the handshake message.
    pub const PROLOGUE_LEN: usize = 1 + 1 + 8 + 16 + 24;
    /// Length of the MAC.
    pub const MAC_LEN: usize = 16;
    /// Where the MAC stands.
    pub const MAC_AT: usize = INIT_LEN - CRC_LEN - Self::MAC_LEN;
    /// Longest handshake message.
    pub const NOISE_MAX_LEN: usize = Self::MAC_AT - Self::PROLOGUE_LEN - 2;

    /// Reads an `Init`: its constant part, its handshake message, and its MAC.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<(Self, &[u8], [u8; Self::MAC_LEN]), DropReason> {
        if datagram.len() != INIT_LEN {
            return Err(DropReason::Length);
        }
        let contents = crc::check(datagram)?;
        if Kind::of(contents)? != Kind::Init {
            return Err(DropReason::Kind);
        }
        let (contents, mac) = contents.split_last_chunk().ok_or(DropReason::Length)?;
        let init = postcard::from_bytes(&contents[1..Self::PROLOGUE_LEN]).map_err(|_| DropReason::Malformed)?;
        let (len, rest) = contents[Self::PROLOGUE_LEN..].split_first_chunk().ok_or(DropReason::Length)?;
        let (noise, padding) =
            rest.split_at_checked(usize::from(u16::from_le_bytes(*len))).ok_or(DropReason::Malformed)?;
        if padding.iter().any(|&b| b != 0) {
            return Err(DropReason::Malformed);
        }
        Ok((init, noise, *mac))
    }

    /// The handshake's prologue: the octets of this constant part as they go on the wire.
    ///
    /// # Panics
    /// Never: the size is constant.
    #[must_use]
    pub fn prologue(&self) -> [u8; Self::PROLOGUE_LEN] {
        let mut out = [0; Self::PROLOGUE_LEN];
        out[0] = Kind::Init.first_octet();
        postcard::to_slice(self, &mut out[1..]).expect("the constant part has a constant size");
        out
    }

    /// Writes an `Init` into `out` with the MAC that `mac` gives for all that stands before it; the length written is
    /// always [`INIT_LEN`].
    ///
    /// # Panics
    /// If `out` is shorter than that, or `noise` is longer than [`Self::NOISE_MAX_LEN`].
    pub fn encode(&self, noise: &[u8], mac: impl FnOnce(&[u8]) -> [u8; Self::MAC_LEN], out: &mut [u8]) -> usize {
        assert!(noise.len() <= Self::NOISE_MAX_LEN, "a handshake message has a bounded size");
        let out = &mut out[..INIT_LEN];
        out.fill(0);
        out[..Self::PROLOGUE_LEN].copy_from_slice(&self.prologue());
        let len = u16::try_from(noise.len()).expect("bounded above");
        out[Self::PROLOGUE_LEN..Self::PROLOGUE_LEN + 2].copy_from_slice(&len.to_le_bytes());
        out[Self::PROLOGUE_LEN + 2..][..noise.len()].copy_from_slice(noise);
        let tag = mac(&out[..Self::MAC_AT]);
        out[Self::MAC_AT..Self::MAC_AT + Self::MAC_LEN].copy_from_slice(&tag);
        crc::write(out);
        INIT_LEN
    }
}

/// `Init for 0102030405060708`.
impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join_key = if self.flags.0 & InitFlags::JOIN_KEY.0 != 0 { ", under a join key" } else { "" };
        write!(f, "Init for {}{join_key}", self.client_id)
    }
}
