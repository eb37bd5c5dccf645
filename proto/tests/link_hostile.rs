//! A peer that is authenticated and means harm: well-formed frames with absurd values, in any order, at any time. The link
//! takes them or refuses them; it never panics (arithmetic is checked in tests), never sends for ever, and hands nothing up
//! twice.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use chinwag_proto::limits::{FRAGMENT_MAX_LEN, FRAGMENT_MIN_LEN, FRAMES_MAX_LEN};
use chinwag_proto::link::{Config, Event, Link, Lookup, Role, Sink, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::{
    AckRange, Channel, Close, CloseCode, Credit, Cursor, Fragment, Frame, FrameWriter, Full, Message, PathToken,
};
use chinwag_proto::wire::id::{PacketNumber, PresenceVersion, RoomId, RoomSeq};

/// Datagrams that arrive, for each role and seed.
const DATAGRAMS: usize = 40_000;
/// More datagrams than this in one go would be a loop without end.
const BURST_MAX: usize = 2_000;

/// Bodies for whatever is asked.
struct Bodies;

impl Source for Bodies {
    fn entry(&mut self, _: RoomId, number: u64) -> Lookup<'_> {
        match number % 11 {
            0 => Lookup::Absent,
            1 => Lookup::Pending,
            2 => Lookup::Ready(&[7; 3_000]),
            _ => Lookup::Ready(&[7; 50]),
        }
    }

    fn presence(
        &mut self,
        _: RoomId,
        _: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        let len = out.len().min(20);
        out[..len].fill(1);
        Some((len, upto))
    }
}

/// Counts what is handed up, and knows what was.
#[derive(Default)]
struct Handed {
    messages: u64,
    once: BTreeSet<(Channel, u64)>,
}

impl Sink for Handed {
    fn event(&mut self, event: Event<'_>) {
        let Event::Message { channel, number, body, .. } = event else { return };
        let may_be_empty = matches!(channel, Channel::Presence(_) | Channel::Typing(_));
        assert!(!body.is_empty() || may_be_empty, "{channel} {number}");
        // Of rooms only so many are remembered; these two are for the life of the link.
        if matches!(channel, Channel::Control | Channel::Bulk) {
            assert!(self.once.insert((channel, number)), "{channel} {number} twice");
        }
        self.messages += 1;
    }
}

/// One end, and the numbers of the datagrams that reach it.
struct Victim {
    link: Link,
    now: Instant,
    next: u64,
    sent: u64,
    handed: Handed,
}

impl Victim {
    fn new(role: Role, now: Instant, seed: u64) -> Self {
        let config = Config {
            role,
            ping_interval: Duration::from_secs(3),
            peer_ack_delay: Duration::ZERO,
            ack_delay: Duration::from_millis(5),
            speculative: true,
            messages_per_s: Some(200),
        };
        let link = Link::new(config, now, None, Rng::from_number(seed));
        Self { link, now, next: 0, sent: 0, handed: Handed::default() }
    }

    /// What its own application does meanwhile.
    fn use_it(&mut self, rng: &mut Rng) {
        let room = room(rng);
        match rng.below(8) {
            0 => self.link.open(room, rng.below(50)).unwrap_or_default(),
            1 => self.link.shut(room),
            2 => self.link.advance(room, 1 + rng.below(400)),
            3 => self.link.cursor(room, RoomSeq(rng.below(1_000))),
            4 => self.link.control(vec![1; 1 + index(rng, 4_000)]).unwrap_or_default(),
            5 => self.link.bulk(vec![1; 1 + index(rng, 4_000)]).unwrap_or_default(),
            6 => self.link.advance_presence(room, PresenceVersion(rng.below(1_000))),
            _ => self.link.typing(room, vec![1]),
        }
    }

    fn drain(&mut self) {
        let mut out = [0; FRAMES_MAX_LEN];
        for burst in 0.. {
            assert!(burst < BURST_MAX, "it sends without an end");
            match self.link.poll(self.now, &mut Bodies, &mut out) {
                Some(packet) => self.sent = packet.number.0 + 1,
                None => break,
            }
        }
    }
}

#[test]
fn absurd_frames_of_an_authenticated_peer_do_no_harm() {
    for (role, seed) in [(Role::Server, 1), (Role::Client, 2), (Role::Server, 3), (Role::Client, 4)] {
        eprintln!("{role:?}, seed {seed}");
        let mut rng = Rng::from_number(seed);
        let mut victim = Victim::new(role, Instant::from_micros(1), seed);
        let (mut handed, mut violations) = (0, 0);
        for _ in 0..DATAGRAMS {
            let contents = contents(&mut rng, victim.sent);
            let number = PacketNumber(victim.next);
            victim.next += 1 + if rng.below(50) == 0 { rng.below(1 << 40) } else { rng.below(3) };
            let (link, sink) = (&mut victim.link, &mut victim.handed);
            if link.receive(victim.now, number, &contents, sink).is_err() {
                violations += 1;
                handed += victim.handed.messages;
                victim = Victim::new(role, victim.now, seed + violations);
            }
            if rng.below(3) == 0 {
                victim.use_it(&mut rng);
            }
            victim.drain();
            let step = [0, 1, 900, 40_000, 3_000_000][index(&mut rng, 5)];
            let until = victim.now.plus_micros(rng.below(step + 1));
            while let Some(at) = victim.link.deadline()
                && at <= until
            {
                victim.now = victim.now.max(at).plus_micros(1);
                victim.link.timeout(victim.now, &mut victim.handed);
                victim.drain();
            }
            victim.now = victim.now.max(until);
        }
        handed += victim.handed.messages;
        assert!(handed > 1_000 && violations > 1_000, "{handed} handed up, {violations} violations: too tame");
    }
}

fn index(rng: &mut Rng, len: usize) -> usize {
    usize::try_from(rng.below(len as u64)).unwrap()
}

fn room(rng: &mut Rng) -> RoomId {
    RoomId([1, 2, 3, u64::MAX, rng.below(5_000)][index(rng, 5)])
}

/// A number that is small, at an edge, or anything.
fn number(rng: &mut Rng) -> u64 {
    const EDGES: [u64; 8] = [0, 1, 255, 1 << 32, (1 << 62) - 1, 1 << 62, u64::MAX - 1, u64::MAX];
    match rng.below(12) {
        0 => EDGES[index(rng, EDGES.len())],
        1 => rng.u64(),
        _ => rng.below(300),
    }
}

/// The frames of a datagram to an end that has sent so many.
fn contents(rng: &mut Rng, sent: u64) -> Vec<u8> {
    let mut out = vec![0; FRAMES_MAX_LEN];
    let mut writer = FrameWriter::new(&mut out);
    let body = vec![5; index(rng, 300)];
    let piece = vec![6; FRAGMENT_MAX_LEN];
    for _ in 0..=rng.below(4) {
        // What does not fit is left out.
        let _ = put(rng, sent, &body, &piece, &mut writer);
    }
    let len = writer.len();
    out.truncate(len);
    out
}

fn put(rng: &mut Rng, sent: u64, body: &[u8], piece: &[u8], writer: &mut FrameWriter<'_>) -> Result<(), Full> {
    let room = room(rng);
    let channel = match rng.below(8) {
        0 => Channel::Control,
        1 => Channel::Bulk,
        2 => Channel::Presence(room),
        3 => Channel::Typing(room),
        _ => Channel::Room(room),
    };
    let number = number(rng);
    let ahead = if rng.below(4) == 0 { rng.u64() % number.saturating_add(1).max(1) } else { number.min(rng.below(5)) };
    let frame = match rng.below(24) {
        0..6 => Frame::Message(Message { channel, number, ahead, body }),
        6..12 => {
            let (begun, is_narrow) = (u32::from(rng.bytes::<1>()[0] % 3), rng.below(2) == 0);
            let (each, last_max) = if is_narrow { (FRAGMENT_MIN_LEN, 138) } else { (FRAGMENT_MAX_LEN, 59) };
            let last = 1 + rng.bytes::<1>()[0] % last_max;
            let at = rng.bytes::<1>()[0] % (last + 1);
            let bytes = if at == last { &piece[..1 + index(rng, each - 1)] } else { &piece[..each] };
            let each = u16::try_from(each).unwrap();
            Frame::Fragment(Fragment { channel, number, ahead, begun, each, index: at, last, bytes })
        }
        12..20 => {
            let largest = if rng.below(40) == 0 { rng.u64() >> 1 } else { rng.below(sent.max(1)) };
            let first = largest.saturating_sub(rng.below(60));
            let older = first.saturating_sub(2 + rng.below(4));
            let delay = [0, 20_000, u64::MAX][index(rng, 3)];
            let newest = AckRange { first: PacketNumber(first), last: PacketNumber(largest) };
            let second = AckRange { first: PacketNumber(older.saturating_sub(3)), last: PacketNumber(older) };
            let ranges = [newest, second].into_iter().take(if first > 20 { 2 } else { 1 });
            return writer.put_ack(delay, ranges).map(|_| ());
        }
        20 => Frame::Cursor(Cursor { room, upto: RoomSeq(number) }),
        21 => Frame::Credit(Credit { messages: number }),
        22 => Frame::Ping,
        _ if rng.below(40) == 0 => Frame::Close(Close { code: CloseCode::Done, reason: "" }),
        _ => Frame::PathChallenge(PathToken([1; 8])),
    };
    writer.put(&frame)
}
