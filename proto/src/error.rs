//! Every error of this crate, by who is to blame.
//!
//! [`DropReason`] is what a peer, or the network, did wrong: the datagram goes no further and the reason is counted. [`Refused`]
//! is what the caller asked for and cannot have. Neither ever panics; a panic in this crate is our own bug.

use thiserror::Error;

/// Why a received datagram, or a part of it, was dropped. Every variant is a counter's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[non_exhaustive]
pub enum DropReason {
    /// Shorter than its kind can be, or longer than any datagram.
    #[error("length")]
    Length,
    /// A kind that does not exist, or that is not for this role.
    #[error("kind")]
    Kind,
    /// Another version of the protocol.
    #[error("version")]
    Version,
    /// The CRC-32 of a cleartext datagram does not match.
    #[error("checksum")]
    Checksum,
    /// The contents do not decode.
    #[error("malformed")]
    Malformed,
    /// More frames than a datagram may have.
    #[error("too many frames")]
    Frames,
    /// The address is not allowed.
    #[error("not allowed")]
    NotAllowed,
    /// The MAC over `Init` is wrong: the sender does not know this server's key.
    #[error("mac")]
    Mac,
    /// The cookie is stale, forged, or for another address.
    #[error("cookie")]
    Cookie,
    /// A budget for handshakes or resets is used up.
    #[error("budget")]
    Budget,
    /// The handshake message does not open.
    #[error("handshake")]
    Handshake,
    /// No session has this connection id.
    #[error("unknown connection")]
    UnknownConnection,
    /// The packet number was seen before, or is too old to tell.
    #[error("replay")]
    Replay,
    /// The tag is wrong.
    #[error("forged")]
    Forged,
    /// The reset token is wrong, or the reset is for a connection not in use.
    #[error("reset")]
    Reset,
    /// An answer to something that was not asked.
    #[error("unexpected")]
    Unexpected,
    /// There is no room to hold what arrived; the sender will send it again.
    #[error("no room")]
    NoRoom,
    /// A frame of an unknown kind was skipped; the rest of the datagram was used.
    #[error("unknown frame")]
    UnknownFrame,
}

/// What the caller asked for and cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// A message is larger than [`crate::limits::MESSAGE_MAX_LEN`].
    #[error("message of {len} octets is larger than {max}")]
    TooLarge {
        /// The message's length in octets.
        len: usize,
        /// The largest allowed.
        max: usize,
    },
    /// The queue of this channel is full; try again when something was acknowledged.
    #[error("queue full")]
    QueueFull,
    /// There is no such session, or it was closed.
    #[error("no such session")]
    NoSession,
}
