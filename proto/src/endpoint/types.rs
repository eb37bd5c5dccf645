//! What an endpoint is given and what it tells: the plain types of its contract.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use alloc::vec::Vec;

use crate::link::{self, Lookup, Role, Source};
use crate::session::Ended;
use crate::wire::datagram::VersionRange;
use crate::wire::id::{InstanceId, PresenceVersion, PublicKey, RoomId};

/// Handle of a session in its endpoint. Never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl SessionId {
    /// The handle with these parts. An endpoint makes its own; this is for tests of what stands above one.
    #[must_use]
    pub const fn from_parts(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// The place of the session in its endpoint: small, and used again when the session is over.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

/// What an endpoint is.
#[derive(Clone)]
pub struct Config {
    /// Accept or connect.
    pub role: Role,
    /// The process that calls: one run of a program.
    pub instance: InstanceId,
    /// Server: the join key asked of new devices, if any.
    pub join_key: Option<[u8; 32]>,
    /// Server: advertised ping interval.
    pub ping_interval: Duration,
    /// Server: advertised delay of its acknowledgements.
    pub ack_delay: Duration,
    /// Make speculative copies where the path deserves them.
    pub speculative: bool,
    /// Server: posts a second, and requests a second, taken from a session beyond what it may send at once.
    pub messages_per_s: Option<u32>,
    /// Most sessions held (server).
    pub sessions_max: usize,
}

/// Whom a client wants to reach.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The server's addresses, in order of preference; all are tried.
    pub addrs: Vec<SocketAddr>,
    /// The key it must have. `None`: ask what key it has, then stop ([`Event::ServerKey`]).
    pub pin: Option<PublicKey>,
    /// The join key, if one was given.
    pub join_key: Option<[u8; 32]>,
    /// The device was here before, so it needs no join key.
    pub enrolled: bool,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("role", &self.role)
            .field("instance", &self.instance)
            .field("join_key", &Hidden(&self.join_key))
            .field("ping_interval", &self.ping_interval)
            .field("ack_delay", &self.ack_delay)
            .field("speculative", &self.speculative)
            .field("messages_per_s", &self.messages_per_s)
            .field("sessions_max", &self.sessions_max)
            .finish()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("addrs", &self.addrs)
            .field("pin", &self.pin)
            .field("join_key", &Hidden(&self.join_key))
            .field("enrolled", &self.enrolled)
            .finish()
    }
}

/// A join key as logs may show it.
struct Hidden<'a>(&'a Option<[u8; 32]>);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "set" } else { "none" })
    }
}

/// What an endpoint tells its owner, while it is fed.
#[derive(Debug)]
pub enum Event<'a> {
    /// A session stands: at a server its first sealed datagram was opened, at a client the server's `Accept`.
    Established {
        /// The session.
        session: SessionId,
        /// The peer's static key: the device at a server, the server at a client.
        peer: PublicKey,
        /// The peer's process.
        instance: InstanceId,
        /// The peer's address.
        addr: SocketAddr,
    },
    /// A session's keys are fresh; nothing else changed.
    Rekeyed {
        /// The session.
        session: SessionId,
    },
    /// The peer's address changed and the new path was proved.
    Moved {
        /// The session.
        session: SessionId,
        /// The address before.
        from: SocketAddr,
        /// The address now.
        to: SocketAddr,
    },
    /// Something from a session's link.
    Link {
        /// The session.
        session: SessionId,
        /// What.
        event: link::Event<'a>,
    },
    /// A session is over; its id is void. At a client, attempts to connect again go on unless it was closed.
    Ended {
        /// The session.
        session: SessionId,
        /// Why.
        why: Ended,
    },
    /// Client: a server without a pin said what key it has; connecting stops until [`super::Endpoint::connect`] is called again.
    ServerKey {
        /// Where.
        addr: SocketAddr,
        /// The server's key, not yet proved.
        key: PublicKey,
        /// New devices need a join key.
        join_key_needed: bool,
    },
    /// Client: only servers with other keys than the pinned one answered; connecting stops.
    WrongKey {
        /// The pinned key.
        expected: PublicKey,
        /// One that answered.
        seen: PublicKey,
    },
    /// Client: the server speaks only other versions; connecting stops.
    WrongVersion {
        /// What the server speaks.
        theirs: VersionRange,
    },
    /// Client: the server refused the join key, or asked for one that was not given; connecting stops.
    JoinKeyRefused,
    /// Client: an attempt went unanswered; attempts go on.
    Unanswered {
        /// Attempts so far.
        attempts: u32,
        /// Time since the first.
        elapsed: Duration,
    },
}

/// Takes events while the endpoint is fed, and answers what only its owner knows.
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);

    /// Server: whether this device is enrolled, so that it needs no join key.
    fn enrolled(&self, _device: &PublicKey) -> bool {
        false
    }

    /// Server: whether a post of this session would be taken now. What is not taken comes again a moment later.
    fn takes_posts(&self, _session: SessionId) -> bool {
        true
    }

    /// Whether an address may shake hands here, or take over a session: the owner's lists of networks.
    fn allowed(&self, _addr: &SocketAddr) -> bool {
        true
    }
}

/// Where the links of all sessions find again what they are to send. A [`Source`] serves all of them alike.
pub trait Sources {
    /// As [`Source::entry`], for the link of this session.
    fn entry_for(&mut self, session: SessionId, room: RoomId, number: u64) -> Lookup<'_>;

    /// As [`Source::presence`], for the link of this session.
    fn presence_for(
        &mut self,
        session: SessionId,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)>;
}

impl<S: Source> Sources for S {
    fn entry_for(&mut self, _: SessionId, room: RoomId, number: u64) -> Lookup<'_> {
        self.entry(room, number)
    }

    fn presence_for(
        &mut self,
        _: SessionId,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        self.presence(room, after, upto, out)
    }
}

/// What the link of one session is served from.
pub(super) struct SourceOf<'a> {
    pub(super) session: SessionId,
    pub(super) sources: &'a mut dyn Sources,
}

impl Source for SourceOf<'_> {
    fn entry(&mut self, room: RoomId, number: u64) -> Lookup<'_> {
        self.sources.entry_for(self.session, room, number)
    }

    fn presence(
        &mut self,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        self.sources.presence_for(self.session, room, after, upto, out)
    }
}

/// A datagram that [`super::Endpoint::poll`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where it goes.
    pub to: SocketAddr,
    /// The local address that it leaves from, where it matters.
    pub from: Option<IpAddr>,
    /// The datagram's length.
    pub len: usize,
}

/// What is known of a session from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// The peer's address.
    pub addr: SocketAddr,
    /// The peer's static key.
    pub peer: PublicKey,
    /// Counters and estimates of its link.
    pub link: link::Stats,
}
