//! Paths that do not carry the longest datagrams, in virtual time (PROTOCOL.md, "Path MTU").
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DATAGRAM_MIN_LEN, MTU_RAISE_S, MTU_SEARCH_STEP, TEXT_MAX_LEN};
use chinwag_proto::link::{Event, Lookup};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::{Channel, Frame, Frames};
use chinwag_proto::wire::id::{PacketNumber, RoomId};
use chinwag_simnet::pair::{End, Impairments, Pair, World};

const ROOM: RoomId = RoomId(1);
const S: u64 = 1_000_000;
const MS: u64 = 1_000;
/// Kind, length, flags, connection id and tag of a `Sealed`.
const ENVELOPE_LEN: usize = 30;

/// What each end has said in the room and on its queues, what arrived of it and when, and what went over the wire.
struct Talk {
    pair: Pair,
    world: Said,
}

#[derive(Default)]
struct Said {
    posts: BTreeMap<(End, u64), Vec<u8>>,
    got: BTreeMap<(End, Channel, u64), Vec<u8>>,
    last_at: Option<Instant>,
    /// Datagrams of each end: how many, the longest, and those that search for a size.
    sent: BTreeMap<End, u64>,
    longest: usize,
    searches: Vec<usize>,
}

impl World for Said {
    fn entry(&mut self, end: End, _: RoomId, number: u64) -> Lookup<'_> {
        self.posts.get(&(end, number)).map_or(Lookup::Absent, |body| Lookup::Ready(body))
    }

    fn event(&mut self, now: Instant, end: End, event: Event<'_>) {
        if let Event::Message { channel, number, body, .. } = event {
            let before = self.got.insert((end.other(), channel, number), body.to_vec());
            assert_eq!(before, None, "{channel} {number} was handed up twice");
            self.last_at = Some(now);
        }
    }

    fn datagram(&mut self, _: Instant, from: End, _: PacketNumber, contents: &[u8], _: bool) {
        *self.sent.entry(from).or_default() += 1;
        self.longest = self.longest.max(contents.len() + ENVELOPE_LEN);
        if Frames::new(contents).any(|frame| matches!(frame, Ok(Frame::Padding { len: 20.. }))) {
            self.searches.push(contents.len() + ENVELOPE_LEN);
        }
    }
}

impl Talk {
    fn new(path: Impairments, seed: u64) -> Self {
        let mut pair = Pair::new(path, path, true, seed);
        for end in [End::Server, End::Client] {
            pair.link(end).open(ROOM, 0).unwrap();
        }
        Self { pair, world: Said::default() }
    }

    /// An end says something in the room.
    fn says(&mut self, end: End, body: Vec<u8>) {
        let number = self.world.posts.range((end, 0)..=(end, u64::MAX)).count() as u64 + 1;
        self.world.posts.insert((end, number), body);
        self.pair.link(end).advance(ROOM, number);
    }

    fn run(&mut self, us: u64) {
        self.pair.run_for(us, &mut self.world);
    }

    fn narrow(&mut self, mtu: Option<usize>) {
        for end in [End::Server, End::Client] {
            self.pair.impairments(end).mtu = mtu;
        }
    }

    fn mtu(&mut self, end: End) -> usize {
        self.pair.link(end).stats().path_mtu as usize
    }

    /// All that was said has arrived as it was said.
    fn assert_complete(&mut self, about: &str) {
        for ((end, number), body) in &self.world.posts {
            let got = self.world.got.get(&(*end, Channel::Room(ROOM), *number));
            assert!(got == Some(body), "{about}: {end:?} {number}, {} octets: {:?}", body.len(), got.map(Vec::len));
        }
        for end in [End::Server, End::Client] {
            assert!(self.pair.link(end).is_drained(), "{about}: {end:?}");
        }
    }
}

fn body(rng: &mut Rng, len: usize) -> Vec<u8> {
    (0..len.max(1)).map(|_| rng.bytes::<1>()[0]).collect()
}

const fn path(delay_us: u64, mtu: usize) -> Impairments {
    Impairments { delay_us, loss: 0.0, rate_per_s: None, mtu: Some(mtu) }
}

#[test]
fn everything_passes_a_path_of_any_size_whole_and_once() {
    let mut rng = Rng::from_number(1);
    for mtu in [548, 549, 576, 600, 747, 972, 1_000, 1_199, 1_200] {
        for (delay_us, loss) in [(100, 0.0), (50_000, 0.0), (5_000, 0.1), (5_000, 0.3)] {
            let about = format!("mtu {mtu}, {delay_us} µs, loss {loss}");
            let mut talk = Talk::new(Impairments { loss, ..path(delay_us, mtu) }, mtu as u64);
            for len in [10, 1_100, 477, 478, 518, 900, 1_101, 3_000, 20_000, TEXT_MAX_LEN + 200, 40, 1_140, 5] {
                for end in [End::Server, End::Client] {
                    talk.says(end, body(&mut rng, len));
                    talk.pair.link(end).control(body(&mut rng, 700)).unwrap();
                    let _ = talk.pair.link(end).bulk(body(&mut rng, 30_000));
                }
                talk.run(200 * MS);
            }
            talk.run(60 * S);
            talk.assert_complete(&about);
            assert!(talk.world.longest <= DATAGRAM_MAX_LEN);
            // A path that is hardly narrow may never be noticed to be.
            if loss < 0.2 && mtu != 1_199 {
                let found = [End::Server, End::Client].map(|end| talk.mtu(end));
                let fits = |&len: &usize| len <= mtu && (mtu - len < MTU_SEARCH_STEP || mtu == DATAGRAM_MAX_LEN);
                assert!(found.iter().all(fits), "{about}: {found:?}");
            }
        }
    }
}

#[test]
fn forty_short_lines_at_once_pass_the_narrowest_path_within_a_few_round_trips() {
    for delay_us in [500, 50_000] {
        for end in [End::Server, End::Client] {
            let mut talk = Talk::new(path(delay_us, DATAGRAM_MIN_LEN), 7);
            for n in 0..40 {
                talk.says(end, format!("line {n} of a paste that is sent at once").into_bytes());
            }
            let begun = talk.pair.now();
            talk.run(10 * S);
            talk.assert_complete("forty lines");
            let took = talk.world.last_at.unwrap().micros_since(begun);
            assert!(took <= 20 * 2 * delay_us + 20 * MS, "{took} µs at a delay of {delay_us}");
        }
    }
}

#[test]
fn a_usual_path_gets_no_datagram_for_its_sizes_sake_and_none_more_than_before() {
    let mut rng = Rng::from_number(2);
    let mut talk = Talk::new(Impairments { mtu: None, ..path(1_000, 0) }, 3);
    for n in 0..2_000 {
        let len = if n % 100 == 0 { 30_000 } else { 200 };
        talk.says(End::Server, body(&mut rng, len));
        talk.run(if n % 10 == 0 { 300 * MS } else { 2 * MS });
    }
    talk.run(5 * S);
    talk.assert_complete("usual");
    let stats = talk.pair.link(End::Server).stats();
    assert_eq!((talk.world.searches.len(), stats.lost, stats.retransmitted), (0, 0, 0));
    // 20 long ones in 28 fragments each, one datagram for each other.
    assert!(talk.world.sent[&End::Server] <= 20 * 28 + 1_980 + 30, "{:?}", talk.world.sent);
}

#[test]
fn neither_loss_nor_outages_make_a_usual_path_narrow() {
    let mut rng = Rng::from_number(3);
    for loss in [0.02, 0.1, 0.2] {
        let mut talk = Talk::new(Impairments { loss, mtu: None, ..path(2_000, 0) }, 4);
        for n in 0..3_000 {
            let end = if n % 3 == 0 { End::Client } else { End::Server };
            let len = if n % 5 == 0 { 1_000 } else { 30 };
            talk.says(end, body(&mut rng, len));
            talk.run(20 * MS);
            let down = n % 500 == 499;
            if down {
                for end in [End::Server, End::Client] {
                    talk.pair.impairments(end).loss = 1.0;
                }
                (0..20).for_each(|_| {
                    talk.says(End::Server, body(&mut rng, 1_000));
                    talk.run(100 * MS);
                });
                for end in [End::Server, End::Client] {
                    talk.pair.impairments(end).loss = loss;
                }
            }
        }
        talk.run(20 * S);
        talk.assert_complete("lossy");
        assert!(talk.world.searches.len() <= 2, "loss {loss}: {:?}", talk.world.searches);
        assert_eq!([talk.mtu(End::Server), talk.mtu(End::Client)], [DATAGRAM_MAX_LEN; 2]);
    }
}

#[test]
fn a_path_that_narrows_in_the_middle_of_a_talk_is_followed_and_widens_again() {
    let mut rng = Rng::from_number(4);
    let mut talk = Talk::new(path(1_000, DATAGRAM_MAX_LEN), 5);
    let chat = |talk: &mut Talk, rng: &mut Rng, seconds: u64| {
        for _ in 0..seconds * 2 {
            for end in [End::Server, End::Client] {
                talk.says(end, body(rng, 4_000));
                talk.says(end, body(rng, 50));
            }
            talk.run(500 * MS);
        }
    };
    chat(&mut talk, &mut rng, 5);
    talk.narrow(Some(700));
    chat(&mut talk, &mut rng, 10);
    let found = talk.mtu(End::Server);
    assert!((700 - MTU_SEARCH_STEP..=700).contains(&found), "{found}");
    talk.narrow(Some(DATAGRAM_MIN_LEN));
    chat(&mut talk, &mut rng, 10);
    assert_eq!(talk.mtu(End::Client), DATAGRAM_MIN_LEN);
    talk.narrow(None);
    chat(&mut talk, &mut rng, MTU_RAISE_S + 5);
    assert_eq!([talk.mtu(End::Server), talk.mtu(End::Client)], [DATAGRAM_MAX_LEN; 2]);
    talk.run(5 * S);
    talk.assert_complete("changing");
}

#[test]
fn the_search_costs_little_and_ends() {
    let mut rng = Rng::from_number(5);
    let mut talk = Talk::new(path(1_000, 600), 6);
    for _ in 0..600 {
        talk.says(End::Server, body(&mut rng, 2_000));
        talk.run(S);
    }
    talk.assert_complete("ten minutes");
    // At most six lengths, three times each, once a minute.
    assert!(talk.world.searches.len() <= 18 * 11, "{}", talk.world.searches.len());
    assert!(talk.world.searches.len() > 18, "it is tried again");
    let before = talk.world.searches.len();
    talk.run(600 * S);
    assert_eq!(talk.world.searches.len(), before, "nothing is sent for it where there is nothing to send");
}

#[test]
fn what_is_lost_for_its_length_does_not_count_as_loss() {
    let mut rng = Rng::from_number(6);
    let mut talk = Talk::new(path(5_000, 700), 8);
    for _ in 0..300 {
        talk.says(End::Server, body(&mut rng, 3_000));
        talk.run(100 * MS);
    }
    talk.assert_complete("narrow");
    let stats = talk.pair.link(End::Server).stats();
    assert_eq!((stats.loss_ppht, stats.lost, stats.recarried, stats.speculative), (0, 0, 0, 0), "{stats:?}");
    assert!(stats.too_long > 0);
}
