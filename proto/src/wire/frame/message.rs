//! `Message` and `Fragment`: what the link carries for the application. The body is opaque here and fills the rest of the
//! frame, so it needs no length of its own.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::error::DropReason;
use crate::limits::{FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN, FRAGMENTS_MAX, MESSAGE_MAX_LEN};
use crate::wire::id::RoomId;

use super::body::take;

/// What a message belongs to. No order is kept between channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// Requests and answers; in order.
    Control,
    /// Who is where: the number is a presence version, only the newest matters.
    Presence(RoomId),
    /// Who is typing: sent once, number 0, never acknowledged as a message.
    Typing(RoomId),
    /// History pages and files; each message by itself.
    Bulk,
    /// A room. Server to client: log entries, handed up at once. Client to server: posts, in order.
    Room(RoomId),
}

/// `#7`, `control`, `presence#7` …, as transcripts show it.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control => f.write_str("control"),
            Self::Presence(room) => write!(f, "presence#{room}"),
            Self::Typing(room) => write!(f, "typing#{room}"),
            Self::Bulk => f.write_str("bulk"),
            Self::Room(room) => write!(f, "#{room}"),
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct MessageHead {
    channel: Channel,
    number: u64,
    ahead: u64,
}

/// A whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Where it belongs.
    pub channel: Channel,
    /// The message's number there, from 1.
    pub number: u64,
    /// How far it is ahead of the last number that the receiver need not wait for: the receiver holds, or will never get,
    /// everything up to `number - ahead`. So a receiver that has never heard of the channel knows where it starts.
    pub ahead: u64,
    /// The application's message.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, DropReason> {
        let (MessageHead { channel, number, ahead }, body) = take(bytes)?;
        if ahead > number {
            return Err(DropReason::Malformed);
        }
        Ok(Self { channel, number, ahead, body })
    }

    pub(super) const fn head(&self) -> MessageHead {
        MessageHead { channel: self.channel, number: self.number, ahead: self.ahead }
    }

    /// Everything up to this number needs no waiting for.
    #[must_use]
    pub const fn floor(&self) -> u64 {
        self.number - self.ahead
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct FragmentHead {
    channel: Channel,
    number: u64,
    ahead: u64,
    begun: u32,
    each: u16,
    index: u8,
    last: u8,
}

/// A piece of a message: `each` octets, in the last piece what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// See [`Message::channel`].
    pub channel: Channel,
    /// See [`Message::number`].
    pub number: u64,
    /// See [`Message::ahead`].
    pub ahead: u64,
    /// Which of the messages that were cut on this link this is, counted from 1 and around. A message that is cut anew, since
    /// its path has become narrower, gets a new count: pieces of the newer cut take the place of those of the older.
    pub begun: u32,
    /// Octets in every piece but the last.
    pub each: u16,
    /// Which piece, from 0.
    pub index: u8,
    /// The index of the last piece, at least 1.
    pub last: u8,
    /// The piece.
    pub bytes: &'a [u8],
}

impl<'a> Fragment<'a> {
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, DropReason> {
        let (FragmentHead { channel, number, ahead, begun, each, index, last }, bytes) = take(bytes)?;
        let fragment = Self { channel, number, ahead, begun, each, index, last, bytes };
        let counts = ahead <= number && index <= last && last > 0 && usize::from(last) < FRAGMENTS_MAX;
        if !counts || !fragment.has_fitting_len() {
            return Err(DropReason::Malformed);
        }
        Ok(fragment)
    }

    /// Whether the piece, and the message that it is of, are as long as they may be.
    fn has_fitting_len(&self) -> bool {
        let (each, len) = (usize::from(self.each), self.bytes.len());
        let is_full = if self.index == self.last { (1..=each).contains(&len) } else { len == each };
        let end = usize::from(self.last) * each + if self.index == self.last { len } else { 1 };
        (FRAGMENT_MIN_LEN..=FRAGMENT_MAX_LEN).contains(&each) && is_full && end <= MESSAGE_MAX_LEN
    }

    pub(super) const fn head(&self) -> FragmentHead {
        FragmentHead {
            channel: self.channel,
            number: self.number,
            ahead: self.ahead,
            begun: self.begun,
            each: self.each,
            index: self.index,
            last: self.last,
        }
    }
}

/// `Message #7 12 5B`; how far it is ahead is shown where it is not simply the next.
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, number, ahead, body } = self;
        write!(f, "Message {channel} {number}{} {}B", Ahead(*ahead), body.len())
    }
}

/// `Fragment #7 12 3/9 1100B`, counted from 1.
impl fmt::Display for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { channel, number, ahead, index, last, bytes, .. } = self;
        let (piece, pieces) = (u16::from(*index) + 1, u16::from(*last) + 1);
        write!(f, "Fragment {channel} {number}{} {piece}/{pieces} {}B", Ahead(*ahead), bytes.len())
    }
}

struct Ahead(u64);

impl fmt::Display for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 1 { write!(f, " ahead {}", self.0) } else { Ok(()) }
    }
}
