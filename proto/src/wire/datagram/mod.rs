//! Datagram kinds. The first octet is the version (high nibble) and the kind (low nibble); after it every kind has a
//! header of constant size, so that it can be demultiplexed and authenticated in place.
//!
//! `Hello` and `Cookie`, `Query` and `Beacon` keep their layout in every version, so that any two versions can tell each
//! other what they speak.

mod accept;
mod beacon;
mod cookie;
mod crc;
mod hello;
mod init;
mod payload;
mod query;
mod reset;
mod sealed;
#[cfg(test)]
mod tests;

pub use accept::Accept;
pub use beacon::{Beacon, BeaconFlags, BeaconHead, BeaconRoom};
pub use cookie::Cookie;
pub use hello::{Hello, VersionRange};
pub use init::{Init, InitFlags};
pub use payload::{AcceptPayload, InitPayload};
pub use query::Query;
pub use reset::Reset;
pub use sealed::SealedHeader;

use crate::error::DropReason;
use crate::limits::VERSION;

/// The kind of a datagram, in the low nibble of its first octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Client to server: who is there?
    Hello = 1,
    /// Server to client: this key; prove your address with this cookie.
    Cookie = 2,
    /// Client to server: the cookie and the first handshake message.
    Init = 3,
    /// Server to client: the second handshake message.
    Accept = 4,
    /// Both ways: frames, sealed.
    Sealed = 5,
    /// Server to client: this connection is unknown here.
    Reset = 6,
    /// Discovery: who serves here?
    Query = 7,
    /// Discovery: I do.
    Beacon = 8,
}

impl Kind {
    /// The kind of `datagram`, by its first octet alone.
    ///
    /// # Errors
    /// [`DropReason::Length`] if it is empty, [`DropReason::Kind`] if there is no such kind, [`DropReason::Version`] if the version is
    /// another and the kind is not one of those that every version reads.
    pub fn of(datagram: &[u8]) -> Result<Self, DropReason> {
        let first = *datagram.first().ok_or(DropReason::Length)?;
        let kind = match first & 0x0f {
            1 => Self::Hello,
            2 => Self::Cookie,
            3 => Self::Init,
            4 => Self::Accept,
            5 => Self::Sealed,
            6 => Self::Reset,
            7 => Self::Query,
            8 => Self::Beacon,
            _ => return Err(DropReason::Kind),
        };
        match (first >> 4, kind) {
            (VERSION, _) | (_, Self::Hello | Self::Cookie | Self::Query | Self::Beacon) => Ok(kind),
            _ => Err(DropReason::Version),
        }
    }

    /// The first octet of a datagram of this kind, in this version.
    #[must_use]
    pub const fn first_octet(self) -> u8 {
        VERSION << 4 | self as u8
    }
}
