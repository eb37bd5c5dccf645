//! What a link knows. Nothing is decided here: the modules beside this one each take the part that they are about.

use core::ops::Range;
use core::time::Duration;

use crate::limits::{BULK_QUEUE_MAX, CONTROL_QUEUE_MAX, REQUESTS_BURST};
use crate::rng::Rng;
use crate::time::Instant;

use super::acks::Acks;
use super::budget::Budget;
use super::congestion::Congestion;
use super::contract::{Config, Role};
use super::governor::Governor;
use super::heartbeat::Heartbeat;
use super::loss::Loss;
use super::path_mtu::PathMtu;
use super::pieces::Pieces;
use super::probe::Probe;
use super::queue::Queue;
use super::receiver::Receiver;
use super::redundancy::Speculation;
use super::rooms::Rooms;
use super::rtt::Rtt;
use super::sent::SentRing;
use super::small::{Credits, Cursors, Typing};
use super::stats::Stats;

/// One reliability layer. Its parts are the rooms of this folder; here they only meet.
#[derive(Debug)]
pub struct Link {
    pub(super) config: Config,
    /// The time of the last call that told it.
    pub(super) clock: Instant,
    /// Spreads timers; nothing secret comes of it.
    pub(super) jitter: Jitter,
    pub(super) stats: Stats,
    // What arrives.
    pub(super) acks: Acks,
    pub(super) receiver: Receiver,
    /// The peer's requests.
    pub(super) requests: Budget,
    // What is sent.
    pub(super) rooms: Rooms,
    pub(super) control: Queue,
    pub(super) bulk: Queue,
    pub(super) cursors: Cursors,
    pub(super) credits: Credits,
    pub(super) typing: Typing,
    // What is out there.
    pub(super) sent: SentRing,
    pub(super) pieces: Pieces,
    pub(super) largest_acked: Option<u64>,
    /// When the next datagram counts as lost.
    pub(super) loss_at: Option<Instant>,
    // What is known of the path.
    pub(super) rtt: Rtt,
    pub(super) loss: Loss,
    /// Datagrams that were sent while nothing got through.
    pub(super) outage: Range<u64>,
    pub(super) congestion: Congestion,
    pub(super) governor: Governor,
    pub(super) path_mtu: PathMtu,
    // When to send again.
    pub(super) probe: Probe,
    pub(super) speculation: Speculation,
    pub(super) heartbeat: Heartbeat,
    pub(super) ping_due: bool,
    /// A `Ping` waits for its answer since then.
    pub(super) ping_out: Option<Instant>,
    /// Something that may go out is held back by the window since the last poll.
    pub(super) chat_blocked: bool,
    pub(super) bulk_blocked: bool,
}

/// A generator for jitter only: one word of state (Steele, Lea, Flood: SplitMix64).
#[derive(Clone, Copy, Debug)]
pub(super) struct Jitter(u64);

impl Jitter {
    pub(super) const fn next(&mut self) -> u64 {
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
}
