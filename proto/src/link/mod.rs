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
mod contract;
mod cut;
mod draft;
mod fragments;
mod governor;
mod heartbeat;
mod incoming;
mod loss;
mod meter;
mod outgoing;
mod path_mtu;
mod pieces;
mod probe;
mod queue;
mod receiver;
mod redundancy;
mod refit;
mod rooms;
mod rtt;
mod seen;
mod sent;
mod settle;
mod small;
mod spread;
mod state;
mod stats;
mod timers;

use alloc::vec::Vec;

use crate::error::Refused;
use crate::time::Instant;
use crate::wire::id::{PacketNumber, PresenceVersion, RoomId, RoomSeq};

pub use bucket::Bucket;
pub use contract::{Config, Event, Liveness, Lookup, Packet, Role, Sink, Source, Violation};
pub use spread::{BOUNDS_US, Spread};
pub use state::Link;
pub use stats::Stats;

use congestion::Congestion;
use governor::Governor;
use loss::Loss;
use path_mtu::PathMtu;
use rtt::Rtt;

impl Link {
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
    /// [`Refused::TooLarge`], or [`Refused::QueueFull`] while [`crate::limits::CONTROL_QUEUE_MAX`] are unacknowledged.
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
    /// [`Refused::TooLarge`], or [`Refused::QueueFull`] while [`crate::limits::BULK_QUEUE_MAX`] are unacknowledged.
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
            longest_acked: u32::try_from(self.path_mtu.longest_acked()).unwrap_or(u32::MAX),
            ..self.stats
        }
    }

    /// Whether the peer was heard lately.
    #[must_use]
    pub fn liveness(&self) -> Liveness {
        self.heartbeat.liveness()
    }
}
