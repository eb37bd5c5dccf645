//! `Query`: who serves here? Sent to the discovery groups, as long as any datagram, so that no answer is longer. Layout of
//! every version: first octet, versions 2, nonce 16, server key 32, page 2, zeros up to [`QUERY_LEN`] with the CRC-32 in the
//! last four.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::hello::VersionRange;
use super::{Kind, crc};
use crate::error::DropReason;
use crate::limits::{CRC_LEN, QUERY_LEN};
use crate::wire::id::PublicKey;

/// Asks the servers on the subnet to say that they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// What the asker speaks.
    pub versions: VersionRange,
    /// Random; echoed in the `Beacon`s, so that nobody who did not hear the query can answer it.
    pub nonce: [u8; 16],
    /// Only the server of this key is meant; zeros: every server.
    pub server: PublicKey,
    /// Which page of the rooms, from 0.
    #[serde(with = "postcard::fixint::le")]
    pub page: u16,
}

impl Query {
    /// The key that stands for every server.
    pub const EVERY_SERVER: PublicKey = PublicKey([0; 32]);

    /// Reads a `Query`.
    ///
    /// # Errors
    /// The reason for which it is dropped.
    pub fn decode(datagram: &[u8]) -> Result<Self, DropReason> {
        if datagram.len() != QUERY_LEN {
            return Err(DropReason::Length);
        }
        if Kind::of(datagram)? != Kind::Query {
            return Err(DropReason::Kind);
        }
        let contents = crc::check(datagram)?;
        let (query, padding) = postcard::take_from_bytes::<Self>(&contents[1..]).map_err(|_| DropReason::Malformed)?;
        if padding.iter().any(|&b| b != 0) || query.versions.min > query.versions.max {
            return Err(DropReason::Malformed);
        }
        Ok(query)
    }

    /// Writes a `Query` into `out`; the length written is always [`QUERY_LEN`].
    ///
    /// # Panics
    /// If `out` is shorter than that.
    pub fn encode(&self, out: &mut [u8]) -> usize {
        let out = &mut out[..QUERY_LEN];
        out.fill(0);
        out[0] = Kind::Query.first_octet();
        postcard::to_slice(self, &mut out[1..QUERY_LEN - CRC_LEN]).expect("a Query has a constant size");
        crc::write(out);
        QUERY_LEN
    }

    /// Whether the server of `key` is asked.
    #[must_use]
    pub fn means(&self, key: &PublicKey) -> bool {
        self.server == Self::EVERY_SERVER || self.server == *key
    }
}

/// `Query v1`, or `Query v1 of k3v9q-… page 2`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query {}", self.versions)?;
        if self.server != Self::EVERY_SERVER {
            write!(f, " of {}", self.server)?;
        }
        if self.page > 0 { write!(f, " page {}", self.page) } else { Ok(()) }
    }
}
