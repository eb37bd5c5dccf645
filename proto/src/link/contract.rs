//! What a link and its owner say to each other.

use core::time::Duration;

use crate::error::DropReason;
use crate::wire::frame::{Channel, CloseCode, PathToken};
use crate::wire::id::{PacketNumber, PresenceVersion, RoomId, RoomSeq};

/// Which end of a relationship this is: it decides what room channels mean (log entries down, posts up) and who pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Accepts; sends entries, receives posts.
    Server,
    /// Connects; sends posts, receives entries.
    Client,
}

/// What the two ends agreed on, or what this end is allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Which end.
    pub role: Role,
    /// The ping interval that the server advertised.
    pub ping_interval: Duration,
    /// How long the peer said that it may keep an acknowledgement back; zero unless it said so.
    pub peer_ack_delay: Duration,
    /// How long this end may keep an acknowledgement back.
    pub ack_delay: Duration,
    /// Make speculative copies where the path deserves them.
    pub speculative: bool,
    /// Server: posts a second, and requests a second, taken from the peer once it has used up what it may send at once.
    /// `None`: as many as come.
    pub messages_per_s: Option<u32>,
}

/// What a link tells its owner, while it is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A message arrived. On ordered channels (control, and rooms at the server) in order; elsewhere at once.
    Message {
        /// The message's channel.
        channel: Channel,
        /// The message's number there.
        number: u64,
        /// Everything up to this number has arrived, or will never come.
        contiguous_upto: u64,
        /// What it says, opaque here.
        body: &'a [u8],
    },
    /// The peer's device holds a room durably up to here.
    Cursor {
        /// The room.
        room: RoomId,
        /// The last entry held without a gap.
        upto: RoomSeq,
    },
    /// The peer has received, without a gap, what this end sent in a room up to here.
    Acked {
        /// The room.
        room: RoomId,
        /// The last number.
        upto: u64,
    },
    /// The peer's liveness changed.
    Liveness(Liveness),
    /// A path challenge arrived; its owner answers on the path that it came on.
    PathChallenge(PathToken),
    /// A path response arrived.
    PathResponse(PathToken),
    /// The peer closed.
    Close {
        /// Why, for programs.
        code: CloseCode,
        /// Why, for people.
        reason: &'a str,
    },
}

/// What heartbeats say of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Liveness {
    /// The peer was heard lately.
    Alive,
    /// The peer has been silent for the ping interval and 5 s.
    Suspect,
    /// The peer has been silent for the ping interval and 9 s, and answered none of enough probes.
    Offline,
}

/// Takes events while the link is fed. Bodies are borrowed; copy what must last.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);

    /// Server: whether a post would be taken now. What is not taken is not acknowledged, so it comes again.
    fn takes_posts(&self) -> bool {
        true
    }
}

/// The answer of a [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Here it is.
    Ready(&'a [u8]),
    /// The payload is being fetched; the owner calls [`Link::advance`](super::Link::advance) when it is there.
    Pending,
    /// The payload will never come: skip this number.
    Absent,
}

/// Where a link finds again what it is to send. The owner's room logs and presence tables; shared by all links.
pub trait Source {
    /// The encoded message with this number in this room: a log entry at the server, a post at the client.
    fn entry(&mut self, room: RoomId, number: u64) -> Lookup<'_>;

    /// Writes the newest state of as many accounts as fit into `out`, of those whose version is above `after` and at most
    /// `upto`, in order of version. Gives the octets written and the version up to which nothing is left out; `None` if
    /// nothing in that range is current any more, as at whoever sends no presence.
    fn presence(
        &mut self,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        let _ = (room, after, upto, out);
        None
    }
}

/// The peer broke the protocol; the session must close with [`CloseCode::Protocol`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The peer acknowledged a datagram that was never sent.
    AckOfUnsent,
    /// What it sent does not decode although it was sealed.
    Malformed(DropReason),
}

/// A datagram's contents that [`Link::poll`](super::Link::poll) wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The packet's number, used as nonce.
    pub number: PacketNumber,
    /// Octets of frames written.
    pub len: usize,
}
