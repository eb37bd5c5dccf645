//! The small frames: `Cursor`, `Credit`, `PathChallenge`, `PathResponse`, `Close`.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::error::DropReason;
use crate::limits::CLOSE_REASON_MAX_LEN;
use crate::wire::id::{RoomId, RoomSeq};

use super::body::take;

/// A device holds durably every entry of a room up to this one. Client to server only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The room.
    pub room: RoomId,
    /// The last entry held without a gap.
    pub upto: RoomSeq,
}

/// How many messages of the peer, over all rooms and since the link began, there is or was room for. Never shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Credit {
    /// The count.
    pub messages: u64,
}

/// Random octets that prove that a path answers (RFC 9000, section 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathToken(pub [u8; 8]);

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CloseCode {
    /// The user, or the operator, ended it.
    Done,
    /// The server is going down; come back.
    Shutdown,
    /// A newer session of the device and instance has taken the place of the session.
    Displaced,
    /// The peer broke the protocol.
    Protocol,
    /// The device may not be here.
    Denied,
    /// The keys are too old.
    Expired,
}

/// The session is over. Not acknowledged; whoever receives it forgets the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<'a> {
    /// For programs.
    pub code: CloseCode,
    /// For people; at most [`CLOSE_REASON_MAX_LEN`] octets, the rest is cut.
    pub reason: &'a str,
}

impl<'a> Close<'a> {
    pub(super) fn decode(body: &'a [u8]) -> Result<Self, DropReason> {
        let (code, reason) = take(body)?;
        if reason.len() > CLOSE_REASON_MAX_LEN {
            return Err(DropReason::Malformed);
        }
        Ok(Self { code, reason: core::str::from_utf8(reason).map_err(|_| DropReason::Malformed)? })
    }

    pub(super) fn reason_bytes(&self) -> &'a [u8] {
        let mut end = self.reason.len().min(CLOSE_REASON_MAX_LEN);
        while !self.reason.is_char_boundary(end) {
            end -= 1;
        }
        &self.reason.as_bytes()[..end]
    }
}

/// `Cursor #7 12`.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor #{} {}", self.room, self.upto)
    }
}

/// `Credit 2048`.
impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credit {}", self.messages)
    }
}

/// In hexadecimal.
impl fmt::Display for PathToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// `Close Done "bye"`; what a peer wrote is escaped.
impl fmt::Display for Close<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Close {:?} {:?}", self.code, self.reason)
    }
}
