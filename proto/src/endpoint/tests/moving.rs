//! Sessions that go on: fresh keys, other addresses, outages.

use super::*;
use crate::limits::{KEY_LIFETIME_S, REKEY_AFTER_S, SEALED_MIN_LEN};

const ELSEWHERE: &str = "10.0.0.77:6000";

/// Posts a word from both ends every `gap` for `time`; gives the words.
fn chat(world: &mut World, gap: Duration, time: Duration) -> Vec<String> {
    let end = world.now + time;
    let mut words = Vec::new();
    while world.now < end {
        let word = format!("{}", world.now.as_micros());
        world.say(C, &word);
        world.say(S, &word);
        words.push(word);
        world.run(gap);
    }
    words
}

/// Every word arrived once at both ends.
fn assert_heard(world: &World, words: &[String]) {
    let missing =
        |heard: &[&str]| words.iter().filter(|word| !heard.contains(&word.as_str())).cloned().collect::<Vec<_>>();
    assert_eq!(missing(&world.messages(S)), Vec::<String>::new(), "at the server, {:?}", world.events(S));
    assert_eq!(missing(&world.messages(C)), Vec::<String>::new(), "at the client, {:?}", world.events(C));
    assert_eq!(world.messages(S), words);
    let mut heard = world.messages(C);
    heard.sort_by_key(|word| word.parse::<u64>().expect("a number"));
    assert_eq!(heard, words);
}

fn lines<'a>(world: &'a World, node: usize, start: &str) -> Vec<&'a str> {
    world.events(node).into_iter().filter(|line| line.starts_with(start)).collect()
}

#[test]
fn keys_change_under_traffic_and_nothing_else_does() {
    let mut world = World::connected(1);
    let sessions = (world.session(S), world.session(C));
    let words = chat(&mut world, Duration::from_secs(5), Duration::from_secs(2 * KEY_LIFETIME_S));
    world.run(Duration::from_secs(1));
    assert_heard(&world, &words);
    let expected = usize::try_from(2 * KEY_LIFETIME_S / REKEY_AFTER_S).expect("small");
    for node in [S, C] {
        let rekeyed = lines(&world, node, "rekeyed").len();
        assert!((expected - 1..=expected + 1).contains(&rekeyed), "{rekeyed}");
        assert_eq!(world.events(node).len(), 1 + rekeyed, "{:?}", world.events(node));
    }
    assert_eq!((world.session(S), world.session(C)), sessions);
    let stats = world.nodes[S].endpoint.session(sessions.0).expect("it stands").link;
    assert_eq!((stats.retransmitted, stats.duplicates), (0, 0));
}

#[test]
fn an_idle_session_stays_and_changes_its_keys_too() {
    let mut world = World::connected(1);
    world.run(Duration::from_secs(3 * KEY_LIFETIME_S));
    assert!(lines(&world, S, "rekeyed").len() >= 5);
    assert!(lines(&world, S, "ended").is_empty() && lines(&world, C, "ended").is_empty());
}

#[test]
fn keys_change_while_a_third_of_all_is_lost() {
    for seed in 0..5 {
        let mut world = World::connected(seed);
        let mut rng = Rng::from_number(seed);
        world.weather = Box::new(move |_| if rng.chance(0.3) { Fate::Lost } else { Fate::Arrives });
        world.run(Duration::from_secs(REKEY_AFTER_S - 120));
        let words = chat(&mut world, Duration::from_millis(300), Duration::from_secs(180));
        world.run(Duration::from_secs(20));
        assert_heard(&world, &words);
        assert_eq!(lines(&world, S, "rekeyed").len(), 1);
        assert_eq!(lines(&world, C, "established").len(), 1);
    }
}

#[test]
fn old_ids_receive_for_thirty_seconds_and_then_get_a_reset_that_nobody_minds() {
    let mut world = World::connected(1);
    world.run(Duration::from_secs(REKEY_AFTER_S - 100));
    world.weather = Box::new(|_| Fate::Lost);
    world.say(C, "late");
    let late = world.sent.last().expect("it was sent").clone();
    world.weather = Box::new(|_| Fate::Arrives);
    world.run(Duration::from_secs(1));
    world.say(C, "later");
    let later = world.sent.last().expect("it was sent").clone();
    while lines(&world, S, "rekeyed").is_empty() {
        world.run(Duration::from_secs(1));
    }
    assert_ne!(world.deliver(S, late.from, late.octets.clone()), Err(DropReason::UnknownConnection));
    assert_eq!(world.deliver(S, later.from, later.octets.clone()), Err(DropReason::Replay));
    world.run(Duration::from_secs(31));
    assert_eq!(world.deliver(S, later.from, later.octets.clone()), Err(DropReason::UnknownConnection));
    world.run(Duration::from_secs(1));
    assert_eq!(world.drops(C, DropReason::Reset), 1);
    assert!(lines(&world, C, "ended").is_empty());
}

#[test]
fn a_client_at_another_address_goes_on_there_at_once() {
    let mut world = World::connected(1);
    let mut words = chat(&mut world, Duration::from_millis(100), Duration::from_secs(1));
    let home = world.nodes[C].addr;
    world.nodes[C].addr = addr(ELSEWHERE);
    words.extend(chat(&mut world, Duration::from_millis(100), Duration::from_secs(1)));
    world.run(Duration::from_secs(1));
    assert_heard(&world, &words);
    assert_eq!(lines(&world, S, "moved"), [format!("moved {home} {ELSEWHERE}")]);
    assert!(lines(&world, C, "moved").is_empty());
    assert_eq!(world.nodes[S].endpoint.session(world.session(S)).expect("it stands").addr, addr(ELSEWHERE));
}

#[test]
fn a_client_that_keeps_moving_over_a_bad_net_misses_nothing() {
    for seed in 0..10 {
        let mut world = World::connected(seed);
        let mut rng = Rng::from_number(seed);
        world.weather = Box::new(move |_| match rng.unit() {
            u if u < 0.4 => Fate::Lost,
            u if u < 0.5 => Fate::Late(Duration::from_micros(rng.below(20_000))),
            _ => Fate::Arrives,
        });
        let mut words = Vec::new();
        for port in 6000..6010 {
            world.nodes[C].addr.set_port(port);
            words.extend(chat(&mut world, Duration::from_millis(200), Duration::from_secs(3)));
        }
        world.run(Duration::from_secs(30));
        assert_heard(&world, &words);
        assert_eq!(world.nodes[S].endpoint.session(world.session(S)).expect("it stands").addr.port(), 6009);
        assert_eq!(lines(&world, S, "established").len(), 1, "{:?}", world.events(S));
    }
}

#[test]
fn a_server_at_another_address_is_followed_too() {
    let mut world = World::connected(1);
    world.nodes[S].addr = addr("10.0.0.9:24469");
    world.say(S, "here");
    world.run(Duration::from_secs(1));
    world.say(C, "there");
    world.run(Duration::from_secs(1));
    assert_eq!((world.messages(C), world.messages(S)), (["here"].into(), ["there"].into()));
    assert_eq!(lines(&world, C, "moved"), ["moved 10.0.0.1:24469 10.0.0.9:24469"]);
}

#[test]
fn an_address_that_never_answers_gets_little_and_takes_over_nothing() {
    let mut world = World::connected(1);
    let stranger = addr("10.6.6.6:666");
    // What the client says arrives from elsewhere: somebody on the way puts his own address on it.
    world.weather = Box::new(|_| Fate::Lost);
    world.say(C, "hello");
    let taken = world.sent.last().expect("it was sent").octets.clone();
    world.weather = Box::new(|_| Fate::Arrives);
    let before = world.sent.len();
    assert_eq!(world.deliver(S, stranger, taken.clone()), Ok(()));
    world.run(Duration::from_secs(5));
    let there: usize =
        world.sent[before..].iter().filter(|flight| flight.to == stranger).map(|flight| flight.octets.len()).sum();
    assert!(there >= 40, "it is challenged");
    assert!(there <= 3 * taken.len(), "{there} octets for {}", taken.len());
    assert!(lines(&world, S, "moved").is_empty());
    assert_eq!((world.messages(S), lines(&world, S, "ended").len()), (["hello"].into(), 0));
    world.say(S, "still here");
    world.run(Duration::from_millis(10));
    assert_eq!(world.messages(C), ["still here"]);
}

/// A mistake that others made (design, section 6): a challenge padded to more than the new address had sent is never sent.
#[test]
fn the_path_challenge_is_not_blocked_by_the_threefold_limit() {
    let mut world = World::connected(1);
    world.run(Duration::from_millis(500));
    world.nodes[C].addr = addr(ELSEWHERE);
    let before = world.sent.len();
    let session = world.session(C);
    world.nodes[C].endpoint.link(session).expect("it stands").ping();
    world.run(Duration::from_millis(100));
    let first = &world.sent[before];
    assert_eq!(first.from, addr(ELSEWHERE));
    assert!(first.octets.len() < SEALED_MIN_LEN + 10, "about the shortest datagram there is");
    assert_eq!(lines(&world, S, "moved").len(), 1, "is enough");
}

#[test]
fn an_older_datagram_from_elsewhere_moves_nothing() {
    let mut world = World::connected(1);
    world.weather = Box::new(|_| Fate::Lost);
    world.say(C, "one");
    let old = world.sent.last().expect("it was sent").octets.clone();
    world.weather = Box::new(|_| Fate::Arrives);
    world.say(C, "two");
    world.run(Duration::from_millis(1));
    let before = world.sent.len();
    assert_eq!(world.deliver(S, addr(ELSEWHERE), old), Ok(()));
    world.run(Duration::from_secs(1));
    assert!(world.sent[before..].iter().all(|flight| flight.to != addr(ELSEWHERE)));
}

#[test]
fn a_forbidden_address_does_not_take_over() {
    let mut world = World::connected(1);
    world.nodes[S].told.forbidden.push(addr(ELSEWHERE));
    world.nodes[C].addr = addr(ELSEWHERE);
    world.say(C, "hello");
    world.run(Duration::from_secs(2));
    assert!(world.sent.iter().all(|flight| flight.to != addr(ELSEWHERE)));
    assert!(lines(&world, S, "moved").is_empty());
}

#[test]
fn after_a_short_outage_the_link_goes_on() {
    let mut world = World::connected(1);
    let mut words = chat(&mut world, Duration::from_millis(100), Duration::from_secs(1));
    world.weather = Box::new(|_| Fate::Lost);
    words.extend(chat(&mut world, Duration::from_secs(1), Duration::from_secs(20)));
    world.weather = Box::new(|_| Fate::Arrives);
    world.run(Duration::from_secs(3));
    assert_heard(&world, &words);
    for node in [S, C] {
        assert_eq!(lines(&world, node, "established").len(), 1, "{:?}", world.events(node));
        assert!(lines(&world, node, "ended").is_empty());
        assert_eq!(lines(&world, node, "Offline").len(), 1);
    }
    assert_eq!(lines(&world, S, "rekeyed").len(), 1);
}

#[test]
fn after_a_long_outage_there_is_a_new_session() {
    let mut world = World::connected(1);
    world.weather = Box::new(|_| Fate::Lost);
    world.run(Duration::from_secs(80));
    assert_eq!(lines(&world, S, "ended"), ["ended Offline"], "the server has forgotten it");
    assert!(lines(&world, C, "ended").is_empty(), "the client goes on looking");
    world.weather = Box::new(|_| Fate::Arrives);
    world.run(Duration::from_secs(2));
    assert_eq!(lines(&world, C, "ended"), ["ended Offline"]);
    assert_eq!(world.events(C).last(), Some(&"established"));
    assert_eq!(world.events(S).last(), Some(&"established"));
}

#[test]
fn a_client_that_went_away_and_elsewhere_goes_on_there() {
    let mut world = World::connected(1);
    world.weather = Box::new(|_| Fate::Lost);
    world.run(Duration::from_secs(20));
    world.nodes[C].addr = addr(ELSEWHERE);
    world.weather = Box::new(|_| Fate::Arrives);
    world.run(Duration::from_secs(3));
    world.say(S, "welcome back");
    world.run(Duration::from_secs(1));
    assert_eq!(world.messages(C), ["welcome back"]);
    assert_eq!(lines(&world, S, "moved").len(), 1);
    assert_eq!(lines(&world, S, "established").len(), 1);
}

#[test]
fn whatever_a_path_carries_no_address_gets_more_than_it_may_before_it_has_answered() {
    for mtu in [548, 600, 747, 1_000, 1_200] {
        let mut world = World::new(1);
        world.weather = Box::new(move |flight| if flight.octets.len() > mtu { Fate::Lost } else { Fate::Arrives });
        world.connect(C, target());
        world.run(Duration::from_millis(20));
        // Until something sealed came from it, the client has got less than it has sent, datagram by datagram.
        let sealed = world.arrived.iter().position(|flight| is(flight, Kind::Sealed)).expect("it is connected");
        let (asked, answered): (Vec<_>, Vec<_>) =
            world.arrived[..sealed].iter().partition(|flight| flight.to == addr(SERVER));
        assert!(asked.iter().zip(&answered).all(|(asked, answer)| answer.octets.len() < asked.octets.len()));
        assert_eq!((asked.len(), answered.len()), (2, 2));

        let long = "x".repeat(5_000);
        for _ in 0..5 {
            world.say(C, &long);
            world.say(S, &long);
            world.run(Duration::from_millis(300));
        }
        assert_eq!([world.messages(S).len(), world.messages(C).len()], [5; 2], "mtu {mtu}");

        // The client's datagrams come from elsewhere, where nobody answers; the server has much to send.
        let home = world.nodes[C].addr;
        world.weather = Box::new(|flight| if flight.to == addr(ELSEWHERE) { Fate::Lost } else { Fate::Arrives });
        world.say(C, "from here?");
        let flight = world.flights.pop().expect("it is on its way");
        let (from, got) = (world.sent.len(), flight.octets.len());
        let _ = world.deliver(S, addr(ELSEWHERE), flight.octets);
        (0..5).for_each(|_| world.say(S, &long));
        world.run(Duration::from_secs(5));
        let there = |flight: &&Flight| flight.to == addr(ELSEWHERE);
        let sent: usize = world.sent[from..].iter().filter(there).map(|flight| flight.octets.len()).sum();
        assert!((1..=3 * got).contains(&sent), "mtu {mtu}: {sent} octets for {got}");
        assert!(world.sent[from..].iter().filter(|f| f.to == home).any(|f| f.octets.len() > 500), "the rest goes home");
    }
}

#[test]
fn a_server_that_is_found_later_or_elsewhere_is_reached_there_and_the_time_counts_on() {
    let mut world = World::new(1);
    let found = target();
    world.connect(C, Target { addrs: Vec::new(), ..found.clone() });
    world.run(Duration::from_secs(3));
    assert!(world.nodes[C].told.sessions.is_empty());
    let now = world.now;
    world.nodes[C].endpoint.reach(now, [ELSEWHERE.parse().expect("an address")].into());
    world.drain(C);
    world.run(Duration::from_secs(3));
    assert!(world.nodes[C].told.sessions.is_empty(), "nobody is there");
    let told = lines(&world, C, "unanswered");
    let attempts: Vec<u32> = told.iter().map(|line| line["unanswered ".len()..].parse().expect("a number")).collect();
    assert!(attempts.is_sorted_by(|one, next| one < next), "it began anew: {attempts:?}");
    let now = world.now;
    world.nodes[C].endpoint.reach(now, found.addrs);
    world.drain(C);
    world.run(Duration::from_secs(1));
    assert_eq!(world.nodes[C].told.sessions.len(), 1, "{:?}", world.events(C));
    world.say(C, "here you are");
    world.run(Duration::from_secs(1));
    assert_eq!(world.messages(S), ["here you are"]);
}
