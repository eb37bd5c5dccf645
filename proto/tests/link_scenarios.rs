//! A link in trouble, in virtual time: receivers that wake late, peers that are dead, a bottleneck, and silence.
#![expect(clippy::unwrap_used, reason = "tests")]

use chinwag_proto::link::{Event, Liveness, Lookup};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{PacketNumber, RoomId};
use chinwag_simnet::pair::{End, Impairments, Pair, World};

const ROOM: RoomId = RoomId(1);
const S: u64 = 1_000_000;
const MS: u64 = 1_000;

/// Bodies of 100 octets, and a record of what happened.
#[derive(Default)]
struct Watch {
    /// When each message was sent, and how long it took.
    sent: Vec<Instant>,
    took_us: Vec<u64>,
    received: u64,
    /// When datagrams left the server.
    left: Vec<Instant>,
    liveness: Vec<(Instant, End, Liveness)>,
}

impl World for Watch {
    fn entry(&mut self, _: End, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Ready(&[7; 100])
    }

    fn event(&mut self, now: Instant, end: End, event: Event<'_>) {
        match event {
            Event::Message { channel: Channel::Room(_), number, .. } => {
                self.received += 1;
                let sent = self.sent.get(number as usize - 1);
                self.took_us.push(sent.map_or(0, |&at| now.micros_since(at)));
            }
            Event::Liveness(liveness) => self.liveness.push((now, end, liveness)),
            Event::Message { .. } | Event::Acked { .. } | Event::Cursor { .. } => {}
            Event::PathChallenge(_) | Event::PathResponse(_) | Event::Close { .. } => panic!("{event:?}"),
        }
    }

    fn datagram(&mut self, now: Instant, from: End, _: PacketNumber, _: &[u8], _: bool) {
        if from == End::Server {
            self.left.push(now);
        }
    }
}

fn pair(delay_us: u64, loss: f64, seed: u64) -> Pair {
    let path = Impairments { delay_us, loss, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path, path, true, seed);
    for end in [End::Server, End::Client] {
        pair.link(end).open(ROOM, 0).unwrap();
    }
    pair
}

fn say(pair: &mut Pair, watch: &mut Watch) {
    watch.sent.push(pair.now());
    pair.link(End::Server).advance(ROOM, watch.sent.len() as u64);
}

#[test]
fn nothing_is_sent_twice_to_a_receiver_that_wakes_late() {
    for seed in [1, 2] {
        let mut pair = pair(100, 0.0, seed);
        pair.wake(End::Client).period_us = 1_000;
        pair.wake(End::Client).batch = 64;
        let mut watch = Watch::default();
        let mut rng = Rng::from_number(seed);
        while watch.sent.len() < 100_000 {
            // Quiet chat, brisk chat, and bursts, so that every regime of acknowledgements comes and goes.
            let (messages, gap_us) = match rng.below(8) {
                0 => (1 + rng.below(200), 300 * MS),
                1 => (400, 1 + rng.below(2_000)),
                2 => (20, 30 * MS),
                _ => (100, 1 + rng.below(10 * MS)),
            };
            if gap_us == 300 * MS {
                (0..messages).for_each(|_| {
                    say(&mut pair, &mut watch);
                    pair.flush(&mut watch);
                });
                pair.run_for(gap_us, &mut watch);
            } else {
                for _ in 0..messages {
                    say(&mut pair, &mut watch);
                    pair.run_for(gap_us, &mut watch);
                }
            }
        }
        pair.run_for(S, &mut watch);
        let stats = pair.link(End::Server).stats();
        let again = (stats.retransmitted, stats.recarried, stats.speculative, stats.spurious, stats.lost);
        assert_eq!(again, (0, 0, 0, 0, 0), "seed {seed}: {stats:?}");
        assert_eq!(watch.received, watch.sent.len() as u64, "seed {seed}");
    }
}

#[test]
fn the_dead_get_fewer_than_three_datagrams_a_second() {
    let mut pairs: Vec<_> = (0..200).map(|seed| (pair(500, 0.0, seed), Watch::default())).collect();
    let talk = |pairs: &mut Vec<(Pair, Watch)>, rounds: u64| {
        for _ in 0..rounds {
            for (pair, watch) in pairs.iter_mut() {
                say(pair, watch);
                pair.run_for(20 * MS, watch);
            }
        }
    };
    talk(&mut pairs, 50);
    for (pair, _) in pairs.iter_mut().step_by(2) {
        pair.impairments(End::Client).loss = 1.0;
        pair.impairments(End::Server).loss = 1.0;
    }
    let died = pairs[0].0.now();
    talk(&mut pairs, 800);
    for (i, (pair, watch)) in pairs.iter_mut().enumerate() {
        let dead = i % 2 == 0;
        let (from, to) = (died.plus_micros(2 * S), died.plus_micros(12 * S));
        let count = watch.left.iter().filter(|&&at| from < at && at <= to).count();
        assert!(!dead || count < 30, "{count} datagrams in ten seconds to dead peer {i}");
        assert!(dead || count >= 500, "{count} datagrams in ten seconds to live peer {i}");
        let late = watch.left.iter().filter(|&&at| dead && at > died.plus_micros(13 * S)).count();
        assert_eq!(late, 0, "none after offline");
        assert_eq!(pair.link(End::Server).liveness() == Liveness::Offline, dead);
    }
}

#[test]
fn a_bottleneck_is_forgotten_within_two_seconds() {
    for seed in 1..=5 {
        let mut pair = pair(10 * MS, 0.0, seed);
        let mut watch = Watch::default();
        let rate = 400;
        let set = |pair: &mut Pair, rate, loss| {
            pair.impairments(End::Server).rate_per_s = Some(rate);
            for end in [End::Server, End::Client] {
                pair.impairments(end).loss = loss;
            }
        };
        let talk = |pair: &mut Pair, watch: &mut Watch, seconds: u64| {
            for _ in 0..seconds * 160 {
                say(pair, watch);
                pair.run_for(S / 160, watch);
            }
        };
        set(&mut pair, rate, 0.0);
        talk(&mut pair, &mut watch, 5);
        set(&mut pair, rate / 2, 0.3);
        talk(&mut pair, &mut watch, 10);
        set(&mut pair, rate, 0.0);
        talk(&mut pair, &mut watch, 2);
        assert!(watch.received >= watch.sent.len() as u64 - 4, "seed {seed}: all but what is under way is there");
        let healed = watch.took_us.len();
        talk(&mut pair, &mut watch, 3);
        let worst = watch.took_us[healed..].iter().max().unwrap();
        assert!(*worst <= 25 * MS, "seed {seed}: still {worst} µs, two seconds later");
    }
}

#[test]
fn a_peer_is_suspect_at_eight_seconds_and_offline_at_twelve() {
    let mut pair = pair(500, 0.0, 1);
    let mut watch = Watch::default();
    pair.run_for(10 * S, &mut watch);
    assert_eq!(watch.liveness, [], "silence with heartbeats is life");
    for end in [End::Server, End::Client] {
        pair.impairments(end).loss = 1.0;
    }
    let cut = pair.now();
    pair.run_for(20 * S, &mut watch);
    for end in [End::Server, End::Client] {
        let changes: Vec<_> = watch.liveness.iter().filter(|change| change.1 == end).collect();
        let [(suspect, _, Liveness::Suspect), (offline, _, Liveness::Offline)] = changes[..] else {
            panic!("{changes:?}")
        };
        // The peer was last heard up to one ping interval before the cut.
        let (suspect, offline) = (suspect.micros_since(cut), offline.micros_since(cut));
        assert!((5 * S..=8 * S).contains(&suspect) && offline.abs_diff(suspect + 4 * S) <= 400 * MS, "{end:?}");
    }
    assert_eq!(pair.link(End::Server).deadline(), None, "the dead cost nothing");
}

#[test]
fn half_of_all_datagrams_lost_is_no_death() {
    for (seed, delay_us) in [(1, 500), (2, 20 * MS), (3, 100 * MS)] {
        let mut pair = pair(delay_us, 0.5, seed);
        let mut watch = Watch::default();
        pair.run_for(6 * 3_600 * S, &mut watch);
        let offline = watch.liveness.iter().filter(|change| change.2 == Liveness::Offline).count();
        assert_eq!(offline, 0, "seed {seed}");
    }
}

#[test]
fn a_peer_that_comes_back_gets_what_it_missed() {
    let mut pair = pair(500, 0.0, 3);
    let mut watch = Watch::default();
    say(&mut pair, &mut watch);
    pair.run_for(S, &mut watch);
    for end in [End::Server, End::Client] {
        pair.impairments(end).loss = 1.0;
    }
    for _ in 0..10 {
        say(&mut pair, &mut watch);
        pair.run_for(200 * MS, &mut watch);
    }
    pair.run_for(4 * S, &mut watch);
    for end in [End::Server, End::Client] {
        pair.impairments(end).loss = 0.0;
    }
    pair.run_for(500 * MS, &mut watch);
    assert_eq!(watch.received, 11);
    assert_eq!(pair.link(End::Server).liveness(), Liveness::Alive);
}

#[test]
fn an_outage_is_no_loss_and_loss_is_forgotten_after_a_minute() {
    for seed in 1..=5 {
        let mut pair = pair(500, 0.0, seed);
        let mut watch = Watch::default();
        let set = |pair: &mut Pair, loss| {
            for end in [End::Server, End::Client] {
                pair.impairments(end).loss = loss;
            }
        };
        let measured = |pair: &mut Pair| pair.link(End::Server).stats().loss_ppht;
        say(&mut pair, &mut watch);
        pair.run_for(S, &mut watch);
        set(&mut pair, 1.0);
        for _ in 0..5 {
            say(&mut pair, &mut watch);
            pair.run_for(800 * MS, &mut watch);
        }
        set(&mut pair, 0.0);
        pair.run_for(5 * S, &mut watch);
        assert_eq!((watch.received, measured(&mut pair)), (6, 0), "seed {seed}: nothing got through, and now all does");
        // A bad path is one.
        set(&mut pair, 0.3);
        for _ in 0..100 {
            say(&mut pair, &mut watch);
            pair.run_for(20 * MS, &mut watch);
        }
        assert!(measured(&mut pair) > 20_000, "seed {seed}: {}", measured(&mut pair));
        set(&mut pair, 0.0);
        pair.run_for(70 * S, &mut watch);
        assert_eq!(measured(&mut pair), 0, "seed {seed}: nobody said anything, but pings went both ways");
    }
}
