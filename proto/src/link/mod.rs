//! The link: the reliability layer between two addresses (PROTOCOL.md, "Link").
//!
//! It gets messages across with packet numbers, acknowledgements, retransmissions and heartbeats. It keeps no order
//! between channels, owns no payload that it can look up again, and knows nothing of chat, of keys or of addresses. One
//! [`Link`] is one direction pair of one peer relationship; [`crate::session`] seals what it writes.
//!
//! **Contract.** Feed it [`Link::receive`], [`Link::timeout`] and the application's calls; then call [`Link::poll`] until
//! it gives `None`; then wait until [`Link::deadline`] or the next input. All that is queued when `poll` is called goes
//! out together; there is no tick and no Nagle.

mod acks;
mod assemble;
mod bucket;
mod budget;
mod congestion;
mod cut;
mod draft;
mod fragments;
mod governor;
mod heartbeat;
mod incoming;
mod loss;
mod meter;
mod outgoing;
pub mod pair;
mod path_mtu;
mod pieces;
mod probe;
mod queue;
mod receiver;
mod redundancy;
mod refit;
pub mod report;
mod rooms;
mod rtt;
mod seen;
mod sent;
mod settle;
mod small;
mod spread;
mod timers;

use alloc::vec::Vec;
use core::ops::Range;
use core::time::Duration;

use crate::error::{DropReason, Refused};
use crate::limits::{BULK_QUEUE_MAX, CONTROL_QUEUE_MAX, REQUESTS_BURST};
use crate::rng::Rng;
use crate::time::Instant;
use crate::wire::frame::{Channel, CloseCode, PathToken};
use crate::wire::id::{PacketNumber, PresenceVersion, RoomId, RoomSeq};

pub use bucket::Bucket;
pub use spread::{BOUNDS_US, Spread};

use acks::Acks;
use budget::Budget;
use congestion::Congestion;
use governor::Governor;
use heartbeat::Heartbeat;
use loss::Loss;
use path_mtu::PathMtu;
use pieces::Pieces;
use probe::Probe;
use queue::Queue;
use receiver::Receiver;
use redundancy::Speculation;
use rooms::Rooms;
use rtt::Rtt;
use sent::SentRing;
use small::{Credits, Cursors, Typing};

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
        /// Its channel.
        channel: Channel,
        /// Its number there.
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
    /// It was heard lately.
    Alive,
    /// It has been silent for the ping interval and 5 s.
    Suspect,
    /// It has been silent for the ping interval and 9 s, and answered none of enough probes.
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
    /// It is being fetched; the owner calls [`Link::advance`] when it is there.
    Pending,
    /// It will never come: skip this number.
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
    /// It acknowledged a datagram that was never sent.
    AckOfUnsent,
    /// What it sent does not decode although it was sealed.
    Malformed(DropReason),
}

/// A datagram's contents that [`Link::poll`] wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Its number, used as nonce.
    pub number: PacketNumber,
    /// Octets of frames written.
    pub len: usize,
}

/// Counters and estimates of a link, for people and for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams written.
    pub datagrams_sent: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Messages handed up.
    pub messages_received: u64,
    /// Messages that arrived again.
    pub duplicates: u64,
    /// Message copies sent because loss was detected or the probe timer fired.
    pub retransmitted: u64,
    /// Message copies re-carried in datagrams that went out anyway.
    pub recarried: u64,
    /// Message copies sent speculatively.
    pub speculative: u64,
    /// Firings of the probe timer.
    pub probes: u64,
    /// Datagrams acknowledged.
    pub acked: u64,
    /// Datagrams counted as lost.
    pub lost: u64,
    /// Datagrams that the path did not carry for their length, as far as is known yet; none of them counts as lost.
    pub too_long: u64,
    /// Losses that turned out not to be one.
    pub spurious: u64,
    /// Smoothed RTT, in µs; 0 before the first sample.
    pub srtt_us: u64,
    /// RTT variance, in µs.
    pub rttvar_us: u64,
    /// Smallest RTT of the last 30 s, in µs.
    pub min_rtt_us: u64,
    /// Measured loss, in parts per 100,000.
    pub loss_ppht: u32,
    /// Congestion window, in datagrams.
    pub window: u32,
    /// The longest datagram that the path is known, or taken, to carry, in octets of UDP payload.
    pub path_mtu: u32,
    /// How the round trips were spread.
    pub rtt: Spread,
}

impl Stats {
    /// Adds the counters of another link. Estimates stay as they are: those of several links have no sum.
    pub fn absorb(&mut self, of: &Self) {
        self.datagrams_sent += of.datagrams_sent;
        self.datagrams_received += of.datagrams_received;
        self.messages_received += of.messages_received;
        self.duplicates += of.duplicates;
        self.retransmitted += of.retransmitted;
        self.recarried += of.recarried;
        self.speculative += of.speculative;
        self.probes += of.probes;
        self.acked += of.acked;
        self.lost += of.lost;
        self.too_long += of.too_long;
        self.spurious += of.spurious;
        self.rtt.absorb(&of.rtt);
    }
}

/// One reliability layer. Its parts are the rooms of this folder; here they only meet.
#[derive(Debug)]
pub struct Link {
    config: Config,
    /// The time of the last call that told it.
    clock: Instant,
    /// Spreads timers; nothing secret comes of it.
    jitter: Jitter,
    stats: Stats,
    // What arrives.
    acks: Acks,
    receiver: Receiver,
    /// The peer's requests.
    requests: Budget,
    // What is sent.
    rooms: Rooms,
    control: Queue,
    bulk: Queue,
    cursors: Cursors,
    credits: Credits,
    typing: Typing,
    // What is out there.
    sent: SentRing,
    pieces: Pieces,
    largest_acked: Option<u64>,
    /// When the next datagram counts as lost.
    loss_at: Option<Instant>,
    // What is known of the path.
    rtt: Rtt,
    loss: Loss,
    /// Datagrams that were sent while nothing got through.
    outage: Range<u64>,
    congestion: Congestion,
    governor: Governor,
    path_mtu: PathMtu,
    // When to send again.
    probe: Probe,
    speculation: Speculation,
    heartbeat: Heartbeat,
    ping_due: bool,
    /// A `Ping` waits for its answer since then.
    ping_out: Option<Instant>,
    /// Something that may go out is held back by the window since the last poll.
    chat_blocked: bool,
    bulk_blocked: bool,
}

/// A generator for jitter only: one word of state (Steele, Lea, Flood: SplitMix64).
#[derive(Clone, Copy, Debug)]
struct Jitter(u64);

impl Jitter {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Link {
    /// A link whose first datagram has number 0, with the handshake's round trip as first estimate.
    #[must_use]
    pub fn new(config: Config, now: Instant, handshake_rtt: Option<Duration>, mut rng: Rng) -> Self {
        Self {
            config,
            clock: now,
            jitter: Jitter(rng.u64()),
            stats: Stats::default(),
            acks: Acks::new(now),
            receiver: Receiver::new(config.role == Role::Server),
            requests: Budget::new(now, config.messages_per_s, REQUESTS_BURST),
            rooms: Rooms::default(),
            control: Queue::new(CONTROL_QUEUE_MAX),
            bulk: Queue::new(BULK_QUEUE_MAX),
            cursors: Cursors::default(),
            credits: Credits::new(now, config.messages_per_s),
            typing: Typing::default(),
            sent: SentRing::default(),
            pieces: Pieces::default(),
            largest_acked: None,
            loss_at: None,
            rtt: Rtt::new(now, handshake_rtt),
            loss: Loss::new(),
            outage: 0..0,
            congestion: Congestion::new(now),
            governor: Governor::new(now),
            path_mtu: PathMtu::new(),
            probe: Probe::new(),
            speculation: Speculation::new(now),
            heartbeat: Heartbeat::new(now, config.role, config.ping_interval),
            ping_due: false,
            ping_out: None,
            chat_blocked: false,
            bulk_blocked: false,
        }
    }

    /// New agreements after a fresh handshake that continued this link.
    pub fn reconfigure(&mut self, config: Config) {
        self.config = config;
        self.heartbeat.reconfigure(config.role, config.ping_interval);
    }

    /// The peer proved by a fresh handshake that it is there, however long it was silent; what waits goes out at once.
    pub fn revive(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.clock = self.clock.max(now);
        self.probe.start_over();
        self.ping_due = true;
        if self.heartbeat.heard(now) {
            sink.event(Event::Liveness(Liveness::Alive));
        }
    }

    /// The peer's address changed: what was measured on the old path says nothing about the new one.
    pub fn path_changed(&mut self, now: Instant) {
        self.rtt = Rtt::new(now, None);
        self.loss = Loss::new();
        self.congestion = Congestion::new(now);
        self.governor = Governor::new(now);
        self.path_mtu = PathMtu::new();
        self.probe.start_over();
    }

    /// Takes the opened contents of a datagram that was never received before.
    ///
    /// # Errors
    /// The peer broke the protocol: the session must close. What came before in the datagram was taken in.
    pub fn receive(
        &mut self,
        now: Instant,
        number: PacketNumber,
        contents: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<(), Violation> {
        incoming::receive(self, now, number, contents, sink)
    }

    /// Takes the passing of time; call it when [`Self::deadline`] has come.
    pub fn timeout(&mut self, now: Instant, sink: &mut dyn Sink) {
        timers::timeout(self, now, sink);
    }

    /// The next moment at which [`Self::timeout`] and [`Self::poll`] have something to do; `None` when idle for ever.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        timers::deadline(self)
    }

    /// Writes the next datagram's frames into `out`, if something is to go out now. `out` has room for
    /// [`crate::limits::FRAMES_MAX_LEN`] octets; in less, long messages must wait.
    pub fn poll(&mut self, now: Instant, source: &mut dyn Source, out: &mut [u8]) -> Option<Packet> {
        assemble::poll(self, now, source, out)
    }

    /// Uses up the next packet number for a datagram that the session writes itself (path validation, `Close`). The link does
    /// not remember it; an acknowledgement of it is valid and means nothing.
    pub fn take_number(&mut self) -> PacketNumber {
        let number = self.sent.next();
        self.sent.skip();
        PacketNumber(number)
    }

    /// Begins to send a room (server: its log; client: its posts) after number `after`. On a room that was begun before,
    /// nothing that was acknowledged is sent again.
    ///
    /// # Errors
    /// [`Refused::QueueFull`] if [`crate::limits::ROOMS_PER_SESSION_MAX`] rooms are open.
    pub fn open(&mut self, room: RoomId, after: u64) -> Result<(), Refused> {
        self.rooms.open(room, after)
    }

    /// Stops sending a room. What is half-received of it stays: its fragments were acknowledged and do not come again, so
    /// that the rest of them would count for the whole.
    pub fn shut(&mut self, room: RoomId) {
        if let Some((slot, generation)) = self.rooms.shut(room) {
            self.pieces.abandon(slot, generation);
        }
    }

    /// The peer has said that it sends no more of a room; if it ever begins anew, then with all that did not arrive whole.
    /// What is half-received gives its room to others.
    pub fn forget(&mut self, room: RoomId) {
        self.receiver.forget(room);
    }

    /// A room's messages now go up to `head`, or one that was [`Lookup::Pending`] is there.
    pub fn advance(&mut self, room: RoomId, head: u64) {
        if let Some(slot) = self.rooms.find(room) {
            let room = self.rooms.get_mut(slot);
            room.head = room.head.max(head);
            self.rooms.wake(slot);
        }
    }

    /// A room's presence now goes up to `version`.
    pub fn advance_presence(&mut self, room: RoomId, version: PresenceVersion) {
        if let Some(slot) = self.rooms.find(room) {
            let room = self.rooms.get_mut(slot);
            room.presence_head = room.presence_head.max(version.0);
            self.rooms.wake(slot);
        }
    }

    /// Queues a control message; it is sent reliably and in order.
    ///
    /// # Errors
    /// [`Refused::TooLarge`], or [`Refused::QueueFull`] while [`CONTROL_QUEUE_MAX`] are unacknowledged.
    pub fn control(&mut self, body: Vec<u8>) -> Result<(), Refused> {
        self.control.push(body, false)
    }

    /// Queues a control message that answers a post. When it is acknowledged, the peer may send one post more: answers that
    /// nobody takes hold up posts, so what waits here is bounded by what the peer was granted.
    ///
    /// # Errors
    /// As [`Self::control`].
    pub fn answer(&mut self, body: Vec<u8>) -> Result<(), Refused> {
        self.control.push(body, true)
    }

    /// Queues a bulk message; it is sent reliably, after all chat, paced.
    ///
    /// # Errors
    /// [`Refused::TooLarge`], or [`Refused::QueueFull`] while [`BULK_QUEUE_MAX`] are unacknowledged.
    pub fn bulk(&mut self, body: Vec<u8>) -> Result<(), Refused> {
        self.bulk.push(body, false)
    }

    /// Sends a typing notice once.
    pub fn typing(&mut self, room: RoomId, body: Vec<u8>) {
        self.typing.push(room, body);
    }

    /// Tells the server that this device holds a room durably up to here; the newest is sent until acknowledged.
    pub fn cursor(&mut self, room: RoomId, upto: RoomSeq) {
        self.cursors.set(room, upto.0);
    }

    /// Takes note that `messages` more of the peer's posts were dealt with, without an answer, so that it may send as many
    /// more. See [`Self::answer`].
    pub fn grant(&mut self, messages: u64) {
        self.credits.grant(messages);
    }

    /// Sends a `Ping` at once: is the peer there?
    pub fn ping(&mut self) {
        self.ping_due = true;
    }

    /// Whether nothing that was queued is unacknowledged.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.pieces.open == 0
            && self.rooms.is_idle()
            && self.control.is_empty()
            && self.bulk.is_empty()
            && !self.cursors.has_news()
            && self.typing.is_empty()
    }

    /// Counters and estimates.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            srtt_us: if self.rtt.measured() { self.rtt.srtt_us() } else { 0 },
            rttvar_us: if self.rtt.measured() { self.rtt.rttvar_us() } else { 0 },
            min_rtt_us: if self.rtt.measured() { self.rtt.least_us() } else { 0 },
            loss_ppht: self.loss.ppht(self.clock),
            window: self.congestion.window(),
            path_mtu: u32::try_from(self.path_mtu.len()).unwrap_or(u32::MAX),
            ..self.stats
        }
    }

    /// Whether the peer was heard lately.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.heartbeat.liveness()
    }
}
