//! Mistakes that others made, one test each (design, section 6). All in virtual time. The one about path challenges is with
//! the endpoint, which sends them: `the_path_challenge_is_not_blocked_by_the_threefold_limit`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use chinwag_proto::error::{DropReason, Refused};
use chinwag_proto::limits::{
    ACK_DELAY_MAX_US, BULK_QUEUE_MAX, CONTROL_QUEUE_MAX, FRAGMENT_MAX_LEN, FRAMES_MAX_LEN, MESSAGE_MAX_LEN,
    PEER_UNACKED_MAX, ROOM_UNACKED_MAX,
};
use chinwag_proto::link::{Config, Event, Link, Lookup, Role, Sink, Source, Violation};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::{AckRange, Channel, Fragment, Frame, FrameWriter, Frames, Message};
use chinwag_proto::wire::id::{PacketNumber, RoomId};
use chinwag_simnet::pair::{End, Impairments, Pair, World};

const ROOM: RoomId = RoomId(1);
const S: u64 = 1_000_000;
const MS: u64 = 1_000;

/// A world that remembers what it saw.
struct Watch {
    /// The body of every message.
    body: Vec<u8>,
    /// What was handed up at the client and at the server: channel, number.
    got: [Vec<(Channel, u64)>; 2],
    /// When that was.
    at: Vec<Instant>,
    /// Datagrams: when, from where, with which number, kinds of their frames.
    wire: Vec<(Instant, End, u64, String)>,
    lookups: usize,
}

impl Default for Watch {
    fn default() -> Self {
        Self { body: vec![7; 100], got: [Vec::new(), Vec::new()], at: Vec::new(), wire: Vec::new(), lookups: 0 }
    }
}

impl World for Watch {
    fn entry(&mut self, _: End, _: RoomId, _: u64) -> Lookup<'_> {
        self.lookups += 1;
        Lookup::Ready(&self.body)
    }

    fn event(&mut self, now: Instant, end: End, event: Event<'_>) {
        if let Event::Message { channel, number, .. } = event {
            self.got[end as usize].push((channel, number));
            self.at.push(now);
        }
    }

    fn datagram(&mut self, now: Instant, from: End, number: PacketNumber, contents: &[u8], _: bool) {
        let kinds: Vec<_> = Frames::new(contents).map(|frame| kind(&frame.unwrap())).collect();
        self.wire.push((now, from, number.0, kinds.join(" ")));
    }
}

fn kind(frame: &Frame<'_>) -> &'static str {
    match frame {
        Frame::Padding { .. } => "padding",
        Frame::Ack(_) => "ack",
        Frame::Message(_) => "message",
        Frame::Fragment(_) => "fragment",
        Frame::Cursor(_) => "cursor",
        Frame::Credit(_) => "credit",
        Frame::Ping => "ping",
        Frame::PathChallenge(_) | Frame::PathResponse(_) => "path",
        Frame::Close(_) => "close",
    }
}

impl Watch {
    fn from(&self, end: End) -> impl Iterator<Item = &(Instant, End, u64, String)> {
        self.wire.iter().filter(move |datagram| datagram.1 == end)
    }
}

fn pair(delay_us: u64) -> Pair {
    let path = Impairments { delay_us, loss: 0.0, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path, path, true, 1);
    for end in [End::Server, End::Client] {
        pair.link(end).open(ROOM, 0).unwrap();
    }
    pair
}

/// What was handed up.
#[derive(Default)]
struct Got(Vec<(Channel, u64)>);

/// A link by itself, and what it is told and tells.
struct Lone {
    link: Link,
    now: Instant,
    body: Vec<u8>,
    got: Got,
    next: u64,
}

impl Sink for Got {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Message { channel, number, .. } = event {
            self.0.push((channel, number));
        }
    }
}

struct Body<'a>(&'a [u8]);

impl Source for Body<'_> {
    fn entry(&mut self, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Ready(self.0)
    }
}

impl Lone {
    fn new(role: Role) -> Self {
        let now = Instant::from_micros(10 * S);
        let link = Link::new(config(role), now, Some(Duration::from_millis(1)), Rng::from_number(1));
        Self { link, now, body: vec![7; 100], got: Got::default(), next: 0 }
    }

    /// Feeds it a datagram with these frames.
    fn feed(&mut self, frames: &[Frame<'_>]) -> Result<(), Violation> {
        let mut out = [0; FRAMES_MAX_LEN];
        let mut writer = FrameWriter::new(&mut out);
        frames.iter().for_each(|frame| writer.put(frame).unwrap());
        let len = writer.len();
        self.next += 1;
        self.link.receive(self.now, PacketNumber(self.next - 1), &out[..len], &mut self.got)
    }

    /// All that it sends now: number and contents.
    fn drain(&mut self) -> Vec<(u64, Vec<u8>)> {
        let mut sent = Vec::new();
        let mut out = [0; FRAMES_MAX_LEN];
        while let Some(packet) = self.link.poll(self.now, &mut Body(&self.body), &mut out) {
            sent.push((packet.number.0, out[..packet.len].to_vec()));
        }
        sent
    }
}

fn config(role: Role) -> Config {
    Config {
        role,
        ping_interval: Duration::from_secs(3),
        peer_ack_delay: Duration::ZERO,
        ack_delay: Duration::ZERO,
        speculative: true,
        messages_per_s: None,
    }
}

fn message(number: u64, body: &[u8]) -> Frame<'_> {
    Frame::Message(Message { channel: Channel::Room(ROOM), number, ahead: number, body })
}

#[test]
fn rtt_is_not_truncated_to_milliseconds() {
    let mut pair = pair(137);
    let mut watch = Watch::default();
    for number in 1..=200 {
        pair.link(End::Server).advance(ROOM, number);
        pair.run_for(10 * MS, &mut watch);
    }
    let stats = pair.link(End::Server).stats();
    assert_eq!((stats.srtt_us, stats.min_rtt_us), (274, 274));
}

#[test]
fn the_retransmission_floor_is_not_far_above_the_rtt_of_a_lan() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.run_for(100 * MS, &mut watch);
    pair.impairments(End::Server).loss = 1.0;
    pair.link(End::Server).advance(ROOM, 1);
    pair.run_for(MS, &mut watch);
    pair.impairments(End::Server).loss = 0.0;
    let sent = watch.from(End::Server).last().unwrap().0;
    pair.run_for(S, &mut watch);
    assert!(watch.at[0].micros_since(sent) <= 2_400, "{}", watch.at[0].micros_since(sent));
}

#[test]
fn the_timeout_is_never_below_the_real_feedback_delay() {
    let delay = Duration::from_micros(ACK_DELAY_MAX_US);
    let server = Config { peer_ack_delay: delay, ..config(Role::Server) };
    let client = Config { ack_delay: delay, ..config(Role::Client) };
    let path = Impairments { delay_us: 100, loss: 0.0, rate_per_s: None, mtu: None };
    let mut pair = Pair::with(server, client, path, path, 1);
    pair.link(End::Server).open(ROOM, 0).unwrap();
    let mut watch = Watch::default();
    for number in 1..=2_000 {
        pair.link(End::Server).advance(ROOM, number);
        pair.run_for(if number % 3 == 0 { 40 * MS } else { 700 }, &mut watch);
    }
    let stats = pair.link(End::Server).stats();
    assert_eq!((stats.retransmitted, stats.probes, stats.lost), (0, 0, 0), "{stats:?}");
}

#[test]
fn silence_is_backed_off() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.impairments(End::Server).loss = 1.0;
    pair.link(End::Server).advance(ROOM, 1);
    pair.run_for(2 * S, &mut watch);
    let sent: Vec<_> = watch.from(End::Server).map(|datagram| datagram.0).collect();
    assert!((10..30).contains(&sent.len()), "{} datagrams in two seconds", sent.len());
    let gaps: Vec<_> = sent.windows(2).map(|pair| pair[1].micros_since(pair[0])).collect();
    assert!(gaps[gaps.len() - 1] > 100 * gaps[0], "{gaps:?}");
}

#[test]
fn new_sends_do_not_push_the_probe_timer() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.impairments(End::Server).loss = 1.0;
    for number in 1..=10 {
        pair.link(End::Server).advance(ROOM, number);
        pair.run_for(500, &mut watch);
    }
    assert!(pair.link(End::Server).stats().probes >= 1, "a message every half millisecond, a timeout of two");
}

#[test]
fn packet_numbers_are_never_used_again() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    for end in [End::Server, End::Client] {
        pair.impairments(end).loss = 0.4;
    }
    for number in 1..=500 {
        pair.link(End::Server).advance(ROOM, number);
        pair.link(End::Client).advance(ROOM, number);
        if number % 10 == 0 {
            pair.link(End::Server).take_number();
        }
        pair.run_for(3 * MS, &mut watch);
    }
    assert!(pair.link(End::Server).stats().retransmitted > 100);
    for end in [End::Server, End::Client] {
        let numbers: Vec<_> = watch.from(end).map(|datagram| datagram.2).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "at {end:?}");
    }
}

#[test]
fn acknowledgements_do_not_need_reliable_datagrams() {
    let mut pair = pair(5 * MS);
    let mut watch = Watch::default();
    for _ in 0..50 {
        pair.link(End::Client).typing(ROOM, vec![1]);
        pair.run_for(40 * MS, &mut watch);
    }
    let stats = pair.link(End::Client).stats();
    assert_eq!(
        (stats.srtt_us, stats.rttvar_us),
        (10 * MS, 0),
        "a typing notice is acknowledged, and measures the path"
    );
    assert!(watch.from(End::Server).all(|datagram| datagram.3 == "ack"));
    // And what goes the other way carries acknowledgements, whatever it is.
    watch.wire.clear();
    pair.link(End::Client).typing(ROOM, vec![1]);
    pair.run_for(5 * MS - 1, &mut watch);
    pair.link(End::Server).typing(ROOM, vec![1]);
    pair.run_for(1, &mut watch);
    pair.run_for(20 * MS, &mut watch);
    assert!(watch.from(End::Client).any(|datagram| datagram.3 == "ack"), "{:?}", watch.wire);
}

#[test]
fn acknowledgements_are_not_acknowledged() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.link(End::Server).advance(ROOM, 1);
    pair.run_for(2 * S, &mut watch);
    let wire: Vec<_> = watch.wire.iter().map(|datagram| (datagram.1, datagram.3.as_str())).collect();
    assert_eq!(wire, [(End::Server, "message"), (End::Client, "ack")]);
}

#[test]
fn a_lost_last_message_needs_no_later_one() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.impairments(End::Server).loss = 1.0;
    pair.link(End::Server).advance(ROOM, 1);
    pair.flush(&mut watch);
    pair.impairments(End::Server).loss = 0.0;
    pair.run_for(5 * MS, &mut watch);
    assert_eq!(watch.got[End::Client as usize], [(Channel::Room(ROOM), 1)]);
}

#[test]
fn an_acknowledgement_of_huge_ranges_is_no_work() {
    let mut lone = Lone::new(Role::Server);
    lone.link.open(ROOM, 0).unwrap();
    lone.link.advance(ROOM, 10);
    let sent = lone.drain().len() as u64;
    let ack = |last: u64| {
        let mut out = [0; 64];
        let mut writer = FrameWriter::new(&mut out);
        let range = AckRange { first: PacketNumber(0), last: PacketNumber(last) };
        writer.put_ack(0, core::iter::once(range)).unwrap();
        let len = writer.len();
        out[..len].to_vec()
    };
    // 2^62 numbers in one range: looked at one by one this would never end.
    let taken = lone.link.receive(lone.now, PacketNumber(0), &ack(1 << 62), &mut lone.got);
    assert_eq!(taken, Err(Violation::AckOfUnsent));
    assert_eq!(lone.link.receive(lone.now, PacketNumber(1), &ack(sent), &mut lone.got), Err(Violation::AckOfUnsent));
    assert_eq!(lone.link.receive(lone.now, PacketNumber(2), &ack(sent - 1), &mut lone.got), Ok(()));
    assert!(lone.link.is_drained());
}

#[test]
fn huge_fragment_counts_are_refused() {
    let full = [7; FRAGMENT_MAX_LEN];
    let fragment = |number, index, last| {
        let channel = Channel::Room(ROOM);
        Frame::Fragment(Fragment { channel, number, ahead: number, begun: 1, each: 1_100, index, last, bytes: &full })
    };
    let mut lone = Lone::new(Role::Server);
    assert_eq!(lone.feed(&[fragment(1, 0, 140)]), Err(Violation::Malformed(DropReason::Malformed)));
    assert_eq!(lone.feed(&[fragment(1, 200, 255)]), Err(Violation::Malformed(DropReason::Malformed)));
    // Fragments of ever more messages: only what fits the budget is acknowledged.
    let mut lone = Lone::new(Role::Client);
    let acknowledged = (1..=200).filter(|&number| {
        assert_eq!(lone.feed(&[fragment(number, 0, 60)]), Ok(()));
        !lone.drain().is_empty()
    });
    assert_eq!(acknowledged.count(), 1);
}

#[test]
fn a_duplicate_is_known_however_late() {
    let mut lone = Lone::new(Role::Client);
    for number in 1..=20_000 {
        lone.feed(&[message(number, b"once")]).unwrap();
    }
    for number in [1, 2, 10_000, 19_000, 20_000] {
        lone.feed(&[message(number, b"once")]).unwrap();
    }
    assert!(lone.got.0.iter().map(|got| got.1).eq(1..=20_000));
    assert_eq!(lone.link.stats().duplicates, 5);
}

#[test]
fn an_idle_channel_does_not_wrap_at_sixteen_bits() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    pair.link(End::Server).open(RoomId(2), 65_530).unwrap();
    pair.link(End::Server).advance(RoomId(2), 65_531);
    pair.run_for(S, &mut watch);
    // The other room goes once around sixteen bits of packets and messages while this one is idle.
    for number in 1..=700 {
        pair.link(End::Server).advance(ROOM, number * 100);
        pair.run_for(2 * MS, &mut watch);
    }
    pair.link(End::Server).advance(RoomId(2), 65_540);
    pair.run_for(S, &mut watch);
    let got = &watch.got[End::Client as usize];
    let of = |room| got.iter().filter(move |got| got.0 == Channel::Room(room)).map(|got| got.1);
    assert!(of(RoomId(2)).eq(65_531..=65_540));
    assert!(of(ROOM).eq(1..=70_000));
}

#[test]
fn an_oversized_message_does_not_clog_its_channel() {
    let mut lone = Lone::new(Role::Server);
    let refused = Err(Refused::TooLarge { len: MESSAGE_MAX_LEN + 1, max: MESSAGE_MAX_LEN });
    assert_eq!(lone.link.control(vec![0; MESSAGE_MAX_LEN + 1]), refused);
    assert_eq!(lone.link.bulk(vec![0; MESSAGE_MAX_LEN + 1]), refused);
    // One that is in a log all the same becomes a number that never comes.
    struct Odd(Watch);
    impl World for Odd {
        fn entry(&mut self, _: End, _: RoomId, number: u64) -> Lookup<'_> {
            self.0.body.resize(if number == 2 { MESSAGE_MAX_LEN + 1 } else { 10 }, 7);
            Lookup::Ready(&self.0.body)
        }
        fn event(&mut self, now: Instant, end: End, event: Event<'_>) {
            self.0.event(now, end, event);
        }
    }
    let mut pair = pair(100);
    let mut odd = Odd(Watch::default());
    pair.link(End::Client).advance(ROOM, 3);
    pair.run_for(S, &mut odd);
    assert_eq!(odd.0.got[End::Server as usize], [(Channel::Room(ROOM), 1), (Channel::Room(ROOM), 3)], "in order");
    assert!(pair.link(End::Client).is_drained());
}

#[test]
fn a_full_buffer_is_no_reason_to_disconnect() {
    // 300 posts of 3 KB over a path that loses a third: far more than the server may hold out of order.
    let mut pair = pair(20 * MS);
    let mut watch = Watch { body: vec![7; 3_000], ..Watch::default() };
    for end in [End::Server, End::Client] {
        pair.impairments(end).loss = 0.3;
    }
    pair.link(End::Client).advance(ROOM, 300);
    pair.run_for(60 * S, &mut watch);
    assert!(watch.got[End::Server as usize].iter().map(|got| got.1).eq(1..=300));
    // A peer that ignores every limit: nothing is taken, nothing is acknowledged, nothing ends.
    let mut lone = Lone::new(Role::Server);
    let body = [7; 1_000];
    for number in 2..=200 {
        assert_eq!(lone.feed(&[message(number, &body)]), Ok(()));
    }
    let taken = lone.link.stats().datagrams_received;
    assert_eq!((taken, lone.got.0.len()), (199, 0));
    assert_eq!(lone.feed(&[message(1, &body)]), Ok(()));
    assert!((40..=128).contains(&lone.got.0.len()), "{} were held", lone.got.0.len());
}

#[test]
fn queues_of_the_application_are_bounded() {
    let mut lone = Lone::new(Role::Server);
    let control = (0..10_000).take_while(|_| lone.link.control(vec![0]).is_ok()).count();
    let bulk = (0..10_000).take_while(|_| lone.link.bulk(vec![0]).is_ok()).count();
    assert_eq!((control, bulk), (CONTROL_QUEUE_MAX, BULK_QUEUE_MAX));
    assert_eq!(lone.link.control(vec![0]), Err(Refused::QueueFull));
    // A reader that lags by a million messages costs what is under way, and no more.
    let mut lone = Lone::new(Role::Server);
    for room in 1..=10 {
        lone.link.open(RoomId(room), 0).unwrap();
        lone.link.advance(RoomId(room), 1_000_000);
    }
    let mut most = [0; 11];
    for (_, contents) in lone.drain() {
        for frame in Frames::new(&contents) {
            if let Frame::Message(Message { channel: Channel::Room(room), number, .. }) = frame.unwrap() {
                most[room.0 as usize] = number;
            }
        }
    }
    assert!(most.iter().all(|&number| number <= ROOM_UNACKED_MAX as u64), "{most:?}");
    assert!(most.iter().sum::<u64>() <= PEER_UNACKED_MAX as u64, "{most:?}");
}

#[test]
fn work_does_not_grow_with_what_is_idle() {
    let mut pair = pair(100);
    let mut watch = Watch::default();
    for room in 2..=1_000 {
        pair.link(End::Server).open(RoomId(room), 0).unwrap();
        pair.link(End::Server).advance(RoomId(room), 1);
    }
    pair.run_for(2 * S, &mut watch);
    watch.lookups = 0;
    pair.link(End::Server).advance(ROOM, 1);
    pair.run_for(50 * MS, &mut watch);
    assert_eq!(watch.lookups, 1, "one room of a thousand has something: one look");
    let (now, deadline) = (pair.now(), pair.link(End::Server).deadline().unwrap());
    assert!(deadline.micros_since(now) > 4 * S, "an idle peer asks for no tick");
}

#[test]
fn the_keep_alive_never_rearms_itself_at_zero() {
    // The pair panics where a deadline does not lie after the moment it was served.
    for interval in [Duration::ZERO, Duration::from_micros(1), Duration::from_secs(3), Duration::MAX] {
        let with = |role| Config { ping_interval: interval, ..config(role) };
        let path = Impairments { delay_us: 0, loss: 0.0, rate_per_s: None, mtu: None };
        let mut pair = Pair::with(with(Role::Server), with(Role::Client), path, path, 1);
        let mut watch = Watch::default();
        pair.run_for(10 * S, &mut watch);
        assert!(watch.wire.len() <= 42, "{} datagrams in ten idle seconds", watch.wire.len());
        pair.impairments(End::Client).loss = 1.0;
        pair.impairments(End::Server).loss = 1.0;
        pair.run_for(100 * S, &mut watch);
    }
}

#[test]
fn small_messages_are_not_held_back() {
    let mut pair = pair(20 * MS);
    let mut watch = Watch { body: vec![7; 5], ..Watch::default() };
    for number in 1..=5 {
        pair.link(End::Server).advance(ROOM, number);
        pair.run_for(MS, &mut watch);
    }
    pair.run_for(16 * MS, &mut watch);
    pair.run_for(4 * MS, &mut watch);
    assert_eq!(watch.got[End::Client as usize].len(), 5, "each went at once, though none was acknowledged");
    assert_eq!(watch.from(End::Server).count(), 5);
}
