//! Frames: the contents of a `Sealed` datagram. Each is a kind (1 octet), the length of its body (varint), the body; so an
//! unknown kind is skipped and counted.
//!
//! [`Frames`] reads, [`FrameWriter`] writes. Both are bounded by the datagram and allocate nothing.

mod ack;
mod body;
mod message;
mod small;
#[cfg(test)]
mod tests;

pub use ack::{Ack, AckRange, AckRanges};
pub use message::{Channel, Fragment, Message};
pub use small::{Close, CloseCode, Credit, Cursor, PathToken};

use core::fmt;

use serde::Serialize;

use crate::error::DropReason;
use crate::limits::FRAMES_PER_DATAGRAM_MAX;

use body::{exact, take};

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Nothing; fills short datagrams up.
    Padding {
        /// Octets of the body, all zero.
        len: usize,
    },
    /// Datagrams that arrived.
    Ack(Ack<'a>),
    /// A whole message.
    Message(Message<'a>),
    /// A piece of a message that is too large for one datagram.
    Fragment(Fragment<'a>),
    /// The device holds durably all of a room's entries up to this one.
    Cursor(Cursor),
    /// Messages that the receiver has taken or has room for, counted over the link.
    Credit(Credit),
    /// Asks for an acknowledgement.
    Ping,
    /// Asks a new path to answer.
    PathChallenge(PathToken),
    /// Answers [`Frame::PathChallenge`], on the path that it came on.
    PathResponse(PathToken),
    /// The session is over.
    Close(Close<'a>),
}

/// Kinds on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Padding = 0,
    Ack = 1,
    Message = 2,
    Fragment = 3,
    Cursor = 4,
    Credit = 5,
    Ping = 6,
    PathChallenge = 7,
    PathResponse = 8,
    Close = 9,
}

impl Frame<'_> {
    /// Whether the receiver owes an acknowledgement for a datagram with this frame in it.
    #[must_use]
    pub const fn is_ack_eliciting(&self) -> bool {
        !matches!(self, Self::Padding { .. } | Self::Ack(_) | Self::Close(_))
    }
}

/// As transcripts show it: `Message #7 12 5B`.
impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Padding { len } => write!(f, "Padding {len}B"),
            Self::Ack(ack) => ack.fmt(f),
            Self::Message(message) => message.fmt(f),
            Self::Fragment(fragment) => fragment.fmt(f),
            Self::Cursor(cursor) => cursor.fmt(f),
            Self::Credit(credit) => credit.fmt(f),
            Self::Ping => f.write_str("Ping"),
            Self::PathChallenge(token) => write!(f, "PathChallenge {token}"),
            Self::PathResponse(token) => write!(f, "PathResponse {token}"),
            Self::Close(close) => close.fmt(f),
        }
    }
}

/// Reads the frames of an opened datagram. After an error nothing more comes.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Frames<'a> {
    /// The frames in `contents`.
    #[must_use]
    pub const fn new(contents: &'a [u8]) -> Self {
        Self { rest: contents, read: 0 }
    }

    fn step(&mut self) -> Result<Frame<'a>, DropReason> {
        self.read += 1;
        if self.read > FRAMES_PER_DATAGRAM_MAX {
            return Err(DropReason::Frames);
        }
        let (&kind, rest) = self.rest.split_first().ok_or(DropReason::Malformed)?;
        let (len, rest) = take::<u16>(rest)?;
        let (body, rest) = rest.split_at_checked(usize::from(len)).ok_or(DropReason::Malformed)?;
        self.rest = rest;
        decode(kind, body)
    }
}

/// `Err(DropReason::UnknownFrame)` is a frame of an unknown kind: skip it and go on. Every other error ends the datagram.
impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, DropReason>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = self.step();
        if matches!(frame, Err(reason) if reason != DropReason::UnknownFrame) {
            self.rest = &[];
        }
        Some(frame)
    }
}

fn decode(kind: u8, body: &[u8]) -> Result<Frame<'_>, DropReason> {
    const fn is(kind: u8, of: Kind) -> bool {
        kind == of as u8
    }
    Ok(match kind {
        k if is(k, Kind::Padding) && body.iter().all(|&b| b == 0) => Frame::Padding { len: body.len() },
        k if is(k, Kind::Ack) => Frame::Ack(Ack::decode(body)?),
        k if is(k, Kind::Message) => Frame::Message(Message::decode(body)?),
        k if is(k, Kind::Fragment) => Frame::Fragment(Fragment::decode(body)?),
        k if is(k, Kind::Cursor) => Frame::Cursor(exact(body)?),
        k if is(k, Kind::Credit) => Frame::Credit(exact(body)?),
        k if is(k, Kind::Ping) && body.is_empty() => Frame::Ping,
        k if is(k, Kind::PathChallenge) => Frame::PathChallenge(exact(body)?),
        k if is(k, Kind::PathResponse) => Frame::PathResponse(exact(body)?),
        k if is(k, Kind::Close) => Frame::Close(Close::decode(body)?),
        k if is(k, Kind::Padding) || is(k, Kind::Ping) => return Err(DropReason::Malformed),
        _ => return Err(DropReason::UnknownFrame),
    })
}

/// There is no room left in the datagram for this frame; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Writes frames one after the other into a datagram's room for them.
#[derive(Debug)]
pub struct FrameWriter<'a> {
    out: &'a mut [u8],
    len: usize,
    frames: usize,
}

/// Most octets of a frame's fields before its payload: three varints of 64 bits, a channel and two octets.
const FIELDS_MAX_LEN: usize = 48;

impl<'a> FrameWriter<'a> {
    /// A writer that fills `out` from its start.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self { out, len: 0, frames: 0 }
    }

    /// Octets written so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Octets left, for frames with their kind and length; zero when the datagram has all the frames it may have.
    #[must_use]
    pub fn room(&self) -> usize {
        if self.frames < FRAMES_PER_DATAGRAM_MAX { self.out.len() - self.len } else { 0 }
    }

    /// Appends `frame`.
    ///
    /// # Errors
    /// [`Full`] if it does not fit; nothing is written then.
    pub fn put(&mut self, frame: &Frame<'_>) -> Result<(), Full> {
        match frame {
            Frame::Padding { len } => {
                let at = self.frame(Kind::Padding, &[], *len)?;
                self.out[at..at + len].fill(0);
                Ok(())
            }
            Frame::Ack(ack) => self.fields(Kind::Ack, &ack.head(), ack.rest()),
            Frame::Message(message) => self.fields(Kind::Message, &message.head(), message.body),
            Frame::Fragment(fragment) => self.fields(Kind::Fragment, &fragment.head(), fragment.bytes),
            Frame::Cursor(cursor) => self.fields(Kind::Cursor, cursor, &[]),
            Frame::Credit(credit) => self.fields(Kind::Credit, credit, &[]),
            Frame::Ping => self.frame(Kind::Ping, &[], 0).map(|_| ()),
            Frame::PathChallenge(token) => self.fields(Kind::PathChallenge, token, &[]),
            Frame::PathResponse(token) => self.fields(Kind::PathResponse, token, &[]),
            Frame::Close(close) => self.fields(Kind::Close, &close.code, close.reason_bytes()),
        }
    }

    /// Appends an `Ack` of `ranges`, newest first, as many as there is room for and the protocol allows. Gives how many.
    ///
    /// # Errors
    /// [`Full`] if there is not even room for the newest range, or there is none.
    pub fn put_ack(&mut self, delay_us: u64, ranges: impl Iterator<Item = AckRange>) -> Result<usize, Full> {
        let mut fields = [0; ack::MAX_LEN];
        // Kind and a length of up to two octets stand before the fields.
        let room = self.room().saturating_sub(3).min(fields.len());
        let (len, written) = ack::encode(delay_us, ranges, &mut fields[..room]).ok_or(Full)?;
        self.frame(Kind::Ack, &fields[..len], 0)?;
        Ok(written)
    }

    fn fields<T: Serialize>(&mut self, kind: Kind, fields: &T, payload: &[u8]) -> Result<(), Full> {
        let mut buf = [0; FIELDS_MAX_LEN];
        let fields = postcard::to_slice(fields, &mut buf).map_err(|_| Full)?;
        let at = self.frame(kind, fields, payload.len())?;
        self.out[at..at + payload.len()].copy_from_slice(payload);
        Ok(())
    }

    /// Writes kind, length and `fields`, and gives where the `payload_len` octets after them go.
    fn frame(&mut self, kind: Kind, fields: &[u8], payload_len: usize) -> Result<usize, Full> {
        let body_len = u16::try_from(fields.len() + payload_len).map_err(|_| Full)?;
        let mut head = [kind as u8, 0, 0, 0];
        let length_len = postcard::to_slice(&body_len, &mut head[1..]).map_err(|_| Full)?.len();
        let head = &head[..=length_len];
        if self.room() < head.len() + usize::from(body_len) {
            return Err(Full);
        }
        let fields_at = self.len + head.len();
        let payload_at = fields_at + fields.len();
        self.out[self.len..fields_at].copy_from_slice(head);
        self.out[fields_at..payload_at].copy_from_slice(fields);
        self.len = payload_at + payload_len;
        self.frames += 1;
        Ok(payload_at)
    }
}
