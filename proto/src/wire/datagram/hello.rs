//! `Hello`: the client asks a server for its key and a cookie. Layout of every version: first octet, versions 2, nonce 16,
//! capabilities 4, zeros up to [`HELLO_LEN`] with the CRC-32 in the last four.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, HELLO_LEN, VERSION};

/// The versions of the protocol that one side speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRange {
    /// The oldest.
    pub min: u8,
    /// The newest.
    pub max: u8,
}

impl VersionRange {
    /// What this build speaks.
    pub const OURS: Self = Self { min: VERSION, max: VERSION };

    /// The newest version that both speak.
    #[must_use]
    pub fn common(self, other: Self) -> Option<u8> {
        let newest = self.max.min(other.max);
        (newest >= self.min.max(other.min)).then_some(newest)
    }
}

/// The client's first datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// What the client speaks.
    pub versions: VersionRange,
    /// Random; echoed in the `Cookie`.
    pub nonce: [u8; 16],
    /// Capabilities of the client, a bit each; none is defined in version 1.
    #[serde(with = "postcard::fixint::le")]
    pub capabilities: u32,
}

impl Hello {
    /// Reads a `Hello`.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if datagram.len() != HELLO_LEN {
            return Err(DropReason::Length);
        }
        let contents = crc::check(datagram)?;
        if Kind::of(contents)? != Kind::Hello {
            return Err(DropReason::Kind);
        }
        let (hello, padding) = postcard::take_from_bytes::<Self>(&contents[1..]).map_err(|_| DropReason::Malformed)?;
        if padding.iter().any(|&b| b != 0) || hello.versions.min > hello.versions.max {
            return Err(DropReason::Malformed);
        }
        Ok(hello)
    }

    /// Writes a `Hello` into `out`; the length written is always [`HELLO_LEN`].
    ///
    /// # Panics
    /// If `out` is shorter than that.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let out = &mut out[..HELLO_LEN];
        out.fill(0);
        out[0] = Kind::Hello.first_octet();
        postcard::to_slice(self, &mut out[1..HELLO_LEN - CRC_LEN]).expect("a Hello has a constant size");
        crc::write(out);
        HELLO_LEN
    }
}

/// `v1`, or `v1-3`.
impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max { write!(f, "v{}", self.max) } else { write!(f, "v{}-{}", self.min, self.max) }
    }
}

/// `Hello v1`.
impl fmt::Display for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hello {}", self.versions)
    }
}
