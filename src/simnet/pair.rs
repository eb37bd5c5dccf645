//! Two links over a wire in virtual time: for reports, tests and examples. Constant delay, independent loss, perhaps a
//! bottleneck; the same seed gives the same run. Worse weather is [`chinwag_proto::weather`]'s matter.

use std::collections::VecDeque;
use std::time::Duration;

use chinwag_proto::limits::{FRAMES_MAX_LEN, PING_INTERVAL_MS, SEALED_HEADER_LEN, TAG_LEN};
use chinwag_proto::link::{Config, Event, Link, Lookup, Role, Sink, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{PacketNumber, PresenceVersion, RoomId};

/// An end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The link that accepted.
    Server,
    /// The link that connected.
    Client,
}

impl End {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Server => Self::Client,
            Self::Client => Self::Server,
        }
    }
}

/// One direction of the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Impairments {
    /// Delay in µs.
    pub delay_us: u64,
    /// Probability that a datagram is lost.
    pub loss: f64,
    /// Datagrams a second; more wait in a queue of 100 ms, and then are lost.
    pub rate_per_s: Option<u32>,
    /// Longer datagrams, header and tag included, are lost without a word.
    pub mtu: Option<usize>,
}

/// How an end takes in what arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wake {
    /// The end wakes at multiples of this, in µs; 0: for every datagram.
    pub period_us: u64,
    /// Most datagrams it then takes; 0: all.
    pub batch: usize,
}

/// What stands behind the two links: their payloads, and who hears of what arrives.
pub trait World {
    /// A message of a room, for the link at `end`.
    fn entry(&mut self, end: End, room: RoomId, number: u64) -> Lookup<'_>;

    /// Presence for the link at `end`; none unless told otherwise. See [`Source::presence`].
    fn presence(
        &mut self,
        end: End,
        room: RoomId,
        span: PresenceSpan,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        let _ = (end, room, span, out);
        None
    }

    /// The link at `end` says something.
    fn event(&mut self, now: Instant, end: End, event: Event<'_>);

    /// A datagram leaves `from`; the weather has decided already whether it is `lost`.
    fn datagram(&mut self, now: Instant, from: End, number: PacketNumber, contents: &[u8], lost: bool) {
        let _ = (now, from, number, contents, lost);
    }
}

/// Versions of presence, `after + 1..=upto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceSpan {
    /// Not this one any more.
    pub after: PresenceVersion,
    /// The last.
    pub upto: PresenceVersion,
}

/// The two links and the wire between them.
#[derive(Debug)]
pub struct Pair {
    now: Instant,
    server: Link,
    client: Link,
    /// By sending end.
    down: Wire,
    up: Wire,
    wakes: [Wake; 2],
    woke: [Instant; 2],
    rng: Rng,
    spare: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct Wire {
    path: Impairments,
    busy_until: Instant,
    under_way: VecDeque<(Instant, PacketNumber, Vec<u8>)>,
}

impl Pair {
    /// A pair whose round trip is known from a handshake, as links know it.
    #[must_use]
    pub fn new(down: Impairments, up: Impairments, speculative: bool, seed: u64) -> Self {
        let config = |role| Config {
            role,
            ping_interval: Duration::from_millis(PING_INTERVAL_MS),
            peer_ack_delay: Duration::ZERO,
            ack_delay: Duration::ZERO,
            speculative,
            messages_per_s: None,
        };
        Self::with(config(Role::Server), config(Role::Client), down, up, seed)
    }

    /// A pair of links with these configurations.
    #[must_use]
    pub fn with(server: Config, client: Config, down: Impairments, up: Impairments, seed: u64) -> Self {
        // A driver's clock is older than its first link.
        let now = Instant::from_micros(10_000_000);
        let mut rng = Rng::from_number(seed);
        let rtt = Some(Duration::from_micros(down.delay_us + up.delay_us));
        let wire = |path| Wire { path, busy_until: now, under_way: VecDeque::new() };
        Self {
            now,
            server: Link::new(server, now, rtt, rng.fork("server")),
            client: Link::new(client, now, rtt, rng.fork("client")),
            down: wire(down),
            up: wire(up),
            wakes: [Wake::default(); 2],
            woke: [now; 2],
            rng: rng.fork("wire"),
            spare: Vec::new(),
        }
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The link at an end. After a call that queues something, time must go on ([`Self::run_until`]).
    pub const fn link(&mut self, end: End) -> &mut Link {
        match end {
            End::Server => &mut self.server,
            End::Client => &mut self.client,
        }
    }

    /// The direction that leaves an end. What is under way keeps its fate.
    pub const fn impairments(&mut self, from: End) -> &mut Impairments {
        &mut self.wire(from).path
    }

    /// How an end takes in what arrives.
    pub const fn wake(&mut self, end: End) -> &mut Wake {
        &mut self.wakes[end as usize]
    }

    /// Lets both ends send what they have, without any time passing.
    pub fn flush(&mut self, world: &mut dyn World) {
        for end in [End::Server, End::Client] {
            self.drain(end, world);
        }
    }

    /// Lets time pass up to `until`, with all that happens until then.
    pub fn run_until(&mut self, until: Instant, world: &mut dyn World) {
        self.flush(world);
        while let Some((at, end)) = self.next_turn().filter(|turn| turn.0 <= until) {
            self.now = self.now.max(at);
            self.turn(end, world);
        }
        self.now = self.now.max(until);
    }

    /// Lets time pass for so many µs.
    pub fn run_for(&mut self, us: u64, world: &mut dyn World) {
        self.run_until(self.now.plus_micros(us), world);
    }

    const fn wire(&mut self, from: End) -> &mut Wire {
        match from {
            End::Server => &mut self.down,
            End::Client => &mut self.up,
        }
    }

    /// Which end is next to do something, and when.
    fn next_turn(&mut self) -> Option<(Instant, End)> {
        [End::Server, End::Client].into_iter().filter_map(|end| Some((self.turn_of(end)?, end))).min()
    }

    fn turn_of(&mut self, end: End) -> Option<Instant> {
        let arrival = self.wire(end.other()).under_way.front().map(|entry| entry.0);
        let at = [arrival, self.link(end).deadline()].into_iter().flatten().min()?;
        let Wake { period_us, .. } = self.wakes[end as usize];
        if period_us == 0 {
            return Some(at);
        }
        let at = at.max(self.woke[end as usize].plus_micros(1));
        Some(Instant::from_micros(at.as_micros().div_ceil(period_us) * period_us))
    }

    /// An end takes in what arrived, looks at its timers, and sends.
    fn turn(&mut self, end: End, world: &mut dyn World) {
        let now = self.now;
        self.woke[end as usize] = now;
        let batch = match self.wakes[end as usize].batch {
            0 => usize::MAX,
            batch => batch,
        };
        for _ in 0..batch {
            let wire = self.wire(end.other());
            if wire.under_way.front().is_none_or(|entry| entry.0 > now) {
                break;
            }
            let Some((_, number, contents)) = wire.under_way.pop_front() else { break };
            let taken = self.link(end).receive(now, number, &contents, &mut At { world, now, end });
            assert_eq!(taken, Ok(()), "a link broke the protocol");
            self.spare.push(contents);
        }
        if self.link(end).deadline().is_some_and(|at| at <= now) {
            self.link(end).timeout(now, &mut At { world, now, end });
        }
        self.drain(end, world);
        let next = self.link(end).deadline();
        assert!(next.is_none_or(|at| at > now), "a timer of {end:?} does not move on from {now}");
    }

    fn drain(&mut self, end: End, world: &mut dyn World) {
        let now = self.now;
        loop {
            let mut out = self.spare.pop().unwrap_or_default();
            out.resize(FRAMES_MAX_LEN, 0);
            let Some(packet) = self.link(end).poll(now, &mut At { world, now, end }, &mut out) else {
                self.spare.push(out);
                return;
            };
            out.truncate(packet.len);
            self.carry(end, packet.number, out, world);
        }
    }

    fn carry(&mut self, from: End, number: PacketNumber, contents: Vec<u8>, world: &mut dyn World) {
        const QUEUE_US: u64 = 100_000;
        let now = self.now;
        let loss = self.impairments(from).loss;
        let too_long = self.impairments(from).mtu.is_some_and(|mtu| contents.len() + SEALED_HEADER_LEN + TAG_LEN > mtu);
        let lost = self.rng.chance(loss) || too_long;
        let wire = self.wire(from);
        let spacing_us = wire.path.rate_per_s.map_or(0, |rate| 1_000_000 / u64::from(rate));
        let leaves = wire.busy_until.max(now).plus_micros(spacing_us);
        let overflows = leaves.micros_since(now) > QUEUE_US;
        world.datagram(now, from, number, &contents, lost || overflows);
        if !overflows {
            wire.busy_until = leaves;
        }
        if lost || overflows {
            self.spare.push(contents);
        } else {
            let arrives = leaves.plus_micros(wire.path.delay_us);
            wire.under_way.push_back((arrives, number, contents));
        }
    }
}

/// The world as one of the links sees it.
struct At<'a> {
    world: &'a mut dyn World,
    now: Instant,
    end: End,
}

impl Sink for At<'_> {
    fn event(&mut self, event: Event<'_>) {
        self.world.event(self.now, self.end, event);
    }
}

impl Source for At<'_> {
    fn entry(&mut self, room: RoomId, number: u64) -> Lookup<'_> {
        self.world.entry(self.end, room, number)
    }

    fn presence(
        &mut self,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        self.world.presence(self.end, room, PresenceSpan { after, upto }, out)
    }
}
