//! `Cookie`: the server's answer to `Hello`, smaller than it and without any state kept. Layout of every version: first
//! octet, versions 2, nonce 16, server key 32, flags 1, capabilities 4, cookie 24, CRC-32 4: 84 octets.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::hello::VersionRange;
use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, HELLO_LEN};
use crate::wire::id::PublicKey;

/// What a server answers to `Hello`, and to an `Init` whose cookie is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cookie {
    /// What the server speaks.
    pub versions: VersionRange,
    /// The nonce of the `Hello`, or of the cookie that went stale.
    pub nonce: [u8; 16],
    /// The server's static key: a hint until the handshake proves it.
    pub server: PublicKey,
    /// A join key is needed for a device that is new here.
    pub join_key_needed: bool,
    /// Capabilities of the server, a bit each; none is defined in version 1.
    #[serde(with = "postcard::fixint::le")]
    pub capabilities: u32,
    /// To be sent back in `Init`, from the same address; opaque to the client.
    pub cookie: [u8; 24],
}

impl Cookie {
    /// Length of every `Cookie`.
    pub const LEN: usize = 1 + 2 + 16 + 32 + 1 + 4 + 24 + CRC_LEN;

    /// Reads a `Cookie`.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if datagram.len() != Self::LEN {
            return Err(DropReason::Length);
        }
        let contents = crc::check(datagram)?;
        if Kind::of(contents)? != Kind::Cookie {
            return Err(DropReason::Kind);
        }
        let cookie: Self = postcard::from_bytes(&contents[1..]).map_err(|_| DropReason::Malformed)?;
        if cookie.versions.min > cookie.versions.max { Err(DropReason::Malformed) } else { Ok(cookie) }
    }

    /// Writes a `Cookie` into `out`; the length written is always [`Self::LEN`].
    ///
    /// # Panics
    /// If `out` is shorter than that.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let out = &mut out[..Self::LEN];
        out[0] = Kind::Cookie.first_octet();
        postcard::to_slice(self, &mut out[1..Self::LEN - CRC_LEN]).expect("a Cookie has a constant size");
        crc::write(out);
        Self::LEN
    }
}

/// `Cookie v1 from k3v9q-…`.
impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join_key = if self.join_key_needed { ", join key needed" } else { "" };
        write!(f, "Cookie {} from {}{join_key}", self.versions, self.server)
    }
}

const _: () = assert!(Cookie::LEN < HELLO_LEN, "a Cookie is smaller than what it answers");
