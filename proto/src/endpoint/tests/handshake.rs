//! How a session comes to be, over good nets and bad ones.

use super::*;

#[test]
fn two_round_trips_and_the_first_sealed_make_a_session() {
    let mut world = World::new(1);
    world.connect(C, target());
    world.run(Duration::from_millis(3));
    let accept = world.sent.iter().find(|flight| is(flight, Kind::Accept)).expect("an Accept").octets.len();
    assert_eq!(
        world.transcript[..8],
        [
            "0.000ms c>s Hello 256B".to_string(),
            "0.500ms s>c Cookie 84B".to_string(),
            "1.000ms c>s Init 320B".to_string(),
            format!("1.500ms s>c Accept {accept}B"),
            "c established".to_string(),
            "2.000ms c>s Sealed 40B".to_string(),
            "s established".to_string(),
            "2.500ms s>c Sealed 40B".to_string(),
        ],
        "{:#?}",
        world.transcript
    );
    assert!(accept <= 320);
}

#[test]
fn the_same_seed_gives_the_same_octets() {
    let run = |seed: u64| {
        let mut world = World::new(seed);
        world.connect(C, target());
        world.run(Duration::from_millis(20));
        world.say(C, "hello");
        world.run(Duration::from_secs(20));
        world.sent.into_iter().map(|flight| flight.octets).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn messages_flow_both_ways() {
    let mut world = World::connected(1);
    world.say(C, "hello");
    world.say(S, "and hello");
    world.run(Duration::from_millis(10));
    assert_eq!((world.messages(S), world.messages(C)), (["hello"].into(), ["and hello"].into()));
}

#[test]
fn whatever_is_lost_once_or_thrice_is_sent_again() {
    for kind in [Kind::Hello, Kind::Cookie, Kind::Init, Kind::Accept, Kind::Sealed] {
        for n in [1, 3, 6] {
            let mut world = World::new(1);
            world.weather = losing(kind, n);
            world.connect(C, target());
            world.run(Duration::from_secs(6));
            let count = |node: usize| world.events(node).iter().filter(|line| **line == "established").count();
            assert_eq!((count(S), count(C)), (1, 1), "{n} {kind:?} lost: {:#?}", world.transcript);
        }
    }
}

#[test]
fn unanswered_attempts_are_told_and_go_on_at_most_a_second_apart() {
    let mut world = World::new(1);
    world.weather = losing(Kind::Hello, usize::MAX);
    world.connect(C, target());
    world.run(Duration::from_secs(10));
    let hellos: Vec<Instant> = world.sent.iter().map(|flight| flight.at).collect();
    let gaps: Vec<u64> = hellos.windows(2).map(|pair| pair[1].micros_since(pair[0]) / 1000).collect();
    assert!(gaps[0] >= 80 && gaps[0] <= 100 && gaps[1] >= 160 && gaps[1] <= 200, "{gaps:?}");
    assert!(gaps.iter().all(|&gap| gap <= 1000) && gaps[5..].iter().all(|&gap| gap >= 800), "{gaps:?}");
    assert_eq!(world.events(C)[..3], ["unanswered 1", "unanswered 2", "unanswered 3"]);
}

#[test]
fn everything_twice_makes_one_session_and_each_message_once() {
    for late_ms in [0, 1, 50, 700] {
        let mut world = World::new(1);
        world.weather = Box::new(move |_| Fate::Twice(Duration::from_millis(late_ms)));
        world.connect(C, target());
        world.run(Duration::from_millis(100));
        world.say(C, "hello");
        world.say(S, "and hello");
        world.run(Duration::from_secs(3));
        assert_eq!((world.events(S), world.events(C)), (["established"].into(), ["established"].into()));
        assert_eq!((world.messages(S), world.messages(C)), (["hello"].into(), ["and hello"].into()));
    }
}

#[test]
fn a_repeated_init_gets_the_same_accept_for_five_seconds_and_a_new_cookie_when_stale() {
    let mut world = World::new(1);
    world.weather = losing(Kind::Accept, usize::MAX);
    world.connect(C, target());
    world.run(Duration::from_millis(10));
    let init = world.sent.iter().find(|flight| is(flight, Kind::Init)).expect("an Init").clone();
    let mut answers = Vec::new();
    for at_ms in [1_000, 4_900, 9_000, 12_000] {
        world.run(Instant::from_micros(at_ms * 1000) - world.now);
        let before = world.sent.len();
        let _ = world.deliver(S, init.from, init.octets.clone());
        answers.push(world.sent[before].octets.clone());
    }
    assert_eq!(answers[0], answers[1], "the same within 5 s");
    assert_ne!(answers[1], answers[2], "another handshake afterwards");
    assert_eq!(Kind::of(&answers[2]), Ok(Kind::Accept));
    assert_eq!(Kind::of(&answers[3]), Ok(Kind::Cookie), "the cookie has grown stale");
    assert!(world.drops(S, DropReason::Cookie) >= 1);
}

#[test]
fn a_server_started_again_between_cookie_and_init_sends_a_new_cookie() {
    let mut world = World::new(1);
    world.weather = losing(Kind::Init, 1);
    world.connect(C, target());
    world.run(Duration::from_millis(5));
    world.restart(S, config(Role::Server, 9), identity(SERVER_SEED), 77);
    world.run(Duration::from_secs(1));
    assert_eq!((world.events(S), world.events(C)), (["established"].into(), ["unanswered 2", "established"].into()));
    assert_eq!(world.count(Kind::Hello), 1, "the Init alone was enough: {:#?}", world.transcript);
}

#[test]
fn all_addresses_are_tried_and_the_one_that_answers_is_taken() {
    let mut world = World::new(1);
    let addrs = ["10.9.9.9:1", SERVER, "10.9.9.8:1"].map(addr).into();
    world.connect(C, Target { addrs, ..target() });
    world.run(Duration::from_millis(20));
    assert_eq!(world.nodes[C].endpoint.session(world.session(C)).expect("it stands").addr, addr(SERVER));
}

/// The property behind all the others, over a few hundred nets.
#[test]
fn over_any_net_the_ends_meet_and_each_message_arrives_once() {
    for seed in 0..150 {
        let mut rng = Rng::from_number(seed);
        let (loss, twice, late) = (rng.unit() * 0.5, rng.unit() * 0.3, rng.unit() * 0.3);
        let mut world = World::new(seed);
        world.weather = Box::new(move |_| {
            let by = Duration::from_micros(rng.below(200_000));
            match rng.unit() {
                u if u < loss => Fate::Lost,
                u if u < loss + twice => Fate::Twice(by),
                u if u < loss + twice + late => Fate::Late(by),
                _ => Fate::Arrives,
            }
        });
        world.connect(C, target());
        for _ in 0..60 {
            world.run(Duration::from_secs(1));
            if !world.nodes[S].told.sessions.is_empty() {
                break;
            }
        }
        let words: Vec<String> = (0..20).map(|n| format!("word {n}")).collect();
        for word in &words {
            world.say(C, word);
            world.say(S, word);
            world.run(Duration::from_millis(30));
        }
        world.run(Duration::from_secs(20));
        let mut heard = world.messages(C);
        heard.sort_by_key(|word| word.len() * 1000 + usize::from(word.as_bytes()[word.len() - 1]));
        assert_eq!(world.messages(S), words, "seed {seed}: {:?}", world.events(S));
        assert_eq!(heard, words, "seed {seed}: {:?}", world.events(C));
    }
}
