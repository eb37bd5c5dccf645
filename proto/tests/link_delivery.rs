//! Everything arrives, once, and where there is an order in it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::limits::{CREDIT_INITIAL, REQUESTS_BURST};
use chinwag_proto::link::{Config, Event, Lookup, Role};
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::RoomId;
use chinwag_simnet::pair::{End, Impairments, Pair, World};

/// Bodies that tell what they are, and a record of what came out.
#[derive(Default)]
struct Logs {
    body: Vec<u8>,
    got: BTreeMap<(End, Channel), Vec<u64>>,
}

impl Logs {
    /// Numbers are told apart by their body; every 50th message is long.
    fn write(&mut self, room: RoomId, number: u64) {
        self.body.clear();
        self.body.extend_from_slice(&room.0.to_le_bytes());
        self.body.extend_from_slice(&number.to_le_bytes());
        let len = if number.is_multiple_of(50) { 5_000 } else { 100 };
        self.body.resize(len, number as u8);
    }
}

impl World for Logs {
    fn entry(&mut self, _: End, room: RoomId, number: u64) -> Lookup<'_> {
        self.write(room, number);
        Lookup::Ready(&self.body)
    }

    fn event(&mut self, _: Instant, end: End, event: Event<'_>) {
        let Event::Message { channel, number, body, .. } = event else { return };
        if let Channel::Room(room) = channel {
            self.write(room, number);
            assert_eq!(body, self.body, "{channel} {number}");
        }
        self.got.entry((end, channel)).or_default().push(number);
    }
}

fn exchange(loss: f64, seed: u64) -> Pair {
    let path = Impairments { delay_us: 2_000, loss, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path, path, true, seed);
    let mut logs = Logs::default();
    for end in [End::Server, End::Client] {
        for room in 1..=3 {
            pair.link(end).open(RoomId(room), 0).unwrap();
        }
    }
    for round in 1..=200 {
        for end in [End::Server, End::Client] {
            for room in 1..=3 {
                pair.link(end).advance(RoomId(room), round * 5);
            }
            pair.link(end).control(vec![1; 50]).unwrap();
        }
        pair.run_for(20_000, &mut logs);
        pair.link(End::Server).grant(15);
    }
    pair.link(End::Server).bulk(vec![7; 60_000]).unwrap();
    pair.run_for(20_000_000, &mut logs);
    for end in [End::Server, End::Client] {
        assert!(pair.link(end).is_drained(), "seed {seed}, loss {loss}: {:?}", pair.link(end).stats());
    }
    for end in [End::Server, End::Client] {
        for room in 1..=3 {
            let mut numbers = logs.got.remove(&(end, Channel::Room(RoomId(room)))).unwrap_or_default();
            if end == End::Client {
                numbers.sort_unstable();
            }
            assert!(numbers.into_iter().eq(1..=1_000), "seed {seed}, loss {loss}: room {room} at {end:?}");
        }
        let control = logs.got.remove(&(end, Channel::Control)).unwrap_or_default();
        assert!(control.into_iter().eq(1..=200), "seed {seed}, loss {loss}: control at {end:?}");
    }
    assert_eq!(logs.got.remove(&(End::Client, Channel::Bulk)), Some(vec![1]));
    pair
}

#[test]
fn everything_arrives_exactly_once_at_any_loss() {
    for (loss, seed) in [(0.0, 1), (0.02, 2), (0.1, 3), (0.3, 4), (0.5, 5)] {
        exchange(loss, seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let [one, same, other] = [7, 7, 8].map(|seed| exchange(0.2, seed).link(End::Server).stats());
    assert_eq!(one, same);
    assert_ne!(same, other);
}

#[test]
fn a_client_that_leaves_and_comes_back_loses_neither_posts_nor_credit() {
    let path = Impairments { delay_us: 2_000, loss: 0.2, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path, path, true, 9);
    let mut logs = Logs::default();
    let room = RoomId(1);
    for round in 1..=200 {
        pair.link(End::Client).open(room, 0).unwrap();
        pair.link(End::Client).advance(room, round * 20);
        pair.run_for(3_000, &mut logs);
        pair.link(End::Client).shut(room);
        pair.run_for(10_000, &mut logs);
        pair.link(End::Server).grant(20);
    }
    pair.link(End::Client).open(room, 0).unwrap();
    pair.run_for(20_000_000, &mut logs);
    let got = &logs.got[&(End::Server, Channel::Room(room))];
    assert!(got.iter().copied().eq(1..=4_000), "{} posts", got.len());
}

/// Fragments that were acknowledged are not sent again, so they are kept, whoever leaves: here one end stops wanting a room
/// in the middle of a long message, as on a leave, and the other hears of it a round trip later.
#[test]
fn leaving_in_the_middle_of_a_long_message_loses_nothing_of_it() {
    for (leaver, sender) in [(End::Client, End::Server), (End::Server, End::Client)] {
        let path = Impairments { delay_us: 2_000, loss: 0.1, rate_per_s: Some(1_000), mtu: None };
        let mut pair = Pair::new(path, path, true, 12);
        let mut logs = Logs::default();
        let room = RoomId(1);
        for round in 1..=200 {
            pair.link(sender).open(room, 0).unwrap();
            // The last of these is in fragments.
            pair.link(sender).advance(room, round * 50);
            pair.run_for(3_000 + round * 137 % 15_000, &mut logs);
            pair.link(leaver).shut(room);
            pair.run_for(12_000, &mut logs);
            pair.link(sender).shut(room);
            pair.run_for(2_000, &mut logs);
            pair.link(End::Server).grant(if sender == End::Client { 50 } else { 0 });
        }
        pair.link(sender).open(room, 0).unwrap();
        pair.run_for(60_000_000, &mut logs);
        let mut got = logs.got.remove(&(leaver, Channel::Room(room))).unwrap_or_default();
        got.sort_unstable();
        got.dedup();
        let missing: Vec<_> = (1..=10_000).filter(|number| got.binary_search(number).is_err()).collect();
        assert!(missing.is_empty(), "{leaver:?} never got {missing:?}");
    }
}

#[test]
fn answers_do_not_pile_up_behind_a_bad_downlink() {
    let path = |loss| Impairments { delay_us: 50_000, loss, rate_per_s: None, mtu: None };
    let mut pair = Pair::new(path(0.8), path(0.0), true, 11);
    let mut logs = Logs::default();
    for room in 1..=5 {
        pair.link(End::Client).open(RoomId(room), 0).unwrap();
        pair.link(End::Client).advance(RoomId(room), 4_000);
    }
    answer(&mut pair, &mut logs, 20_000);
    let heard = &logs.got[&(End::Client, Channel::Control)];
    assert!(heard.iter().copied().eq(1..=20_000), "{} answers", heard.len());
}

#[test]
fn who_posts_more_than_the_budget_waits_and_neither_loses_nor_repeats_anything() {
    let mut pair = budgeted(0.0);
    let mut logs = Logs::default();
    let start = pair.now();
    pair.link(End::Client).open(RoomId(1), 0).unwrap();
    pair.link(End::Client).advance(RoomId(1), 3_024);
    answer(&mut pair, &mut logs, 3_024);
    assert!(logs.got[&(End::Server, Channel::Room(RoomId(1)))].iter().copied().eq(1..=3_024));
    let took_ms = (pair.now() - start).as_millis();
    assert!((9_900..10_200).contains(&took_ms), "{} posts at 200 a second took {took_ms} ms", 3_024 - CREDIT_INITIAL);
    assert_eq!(pair.link(End::Client).stats().retransmitted, 0, "it never sends what it may not");
    let told = pair.link(End::Server).stats().datagrams_sent;
    assert!(told < 1_500, "{told} datagrams down");
}

#[test]
fn who_asks_more_than_the_budget_waits_and_loses_nothing() {
    let mut pair = budgeted(0.1);
    let mut logs = Logs::default();
    let start = pair.now();
    for _ in 1..=REQUESTS_BURST + 1_000 {
        pair.link(End::Client).control(vec![1; 9]).unwrap();
    }
    while !pair.link(End::Client).is_drained() && pair.now() - start < Duration::from_secs(60) {
        pair.run_for(10_000, &mut logs);
    }
    let took = pair.now() - start;
    assert!(took > Duration::from_millis(4_990), "1,000 requests at 200 a second took {took:?}");
    let asked = &logs.got[&(End::Server, Channel::Control)];
    assert!(asked.iter().copied().eq(1..=REQUESTS_BURST + 1_000), "{} requests", asked.len());
}

/// A pair whose server holds its client to 200 messages a second.
fn budgeted(loss: f64) -> Pair {
    let path = Impairments { delay_us: 2_000, loss, rate_per_s: None, mtu: None };
    let config = |role, messages_per_s| Config {
        role,
        ping_interval: Duration::from_secs(3),
        peer_ack_delay: Duration::ZERO,
        ack_delay: Duration::ZERO,
        speculative: true,
        messages_per_s,
    };
    Pair::with(config(Role::Server, Some(200)), config(Role::Client, None), path, path, 13)
}

/// Lets the server answer every post as it comes, until so many are answered.
fn answer(pair: &mut Pair, logs: &mut Logs, posts: usize) {
    let mut answered = 0;
    for _ in 0..60_000 {
        pair.run_for(10_000, logs);
        let posted = logs.got.iter().filter(|(at, _)| at.0 == End::Server).map(|(_, numbers)| numbers.len()).sum();
        for _ in answered..posted {
            pair.link(End::Server).answer(vec![1; 8]).expect("there is room for what the client was allowed");
        }
        answered = posted;
        if answered == posts && pair.link(End::Server).is_drained() {
            break;
        }
    }
}
