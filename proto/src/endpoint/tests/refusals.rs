//! Who is refused, and what the client is told: keys, versions, join keys.

use super::*;
use crate::wire::datagram::{Cookie, Hello, VersionRange};

const JOIN: [u8; 32] = [8; 32];

fn asking() -> Config {
    Config { join_key: Some(JOIN), ..config(Role::Server, 1) }
}

#[test]
fn a_client_without_a_pin_is_told_the_key_and_stops() {
    let mut world = World::with(1, asking());
    world.connect(C, Target { pin: None, ..target() });
    world.run(Duration::from_secs(5));
    assert_eq!(world.events(C), ["server key at 10.0.0.1:24469, join key true"]);
    assert_eq!(world.sent.len(), 2, "nothing follows the Cookie");
    assert_eq!(world.nodes[C].endpoint.deadline(), None);

    world.connect(C, Target { join_key: Some(JOIN), ..target() });
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(C)[1..], ["established"]);
}

#[test]
fn a_changed_server_key_is_a_hard_stop_after_a_second() {
    let mut world = World::new(1);
    world.connect(C, Target { pin: Some(identity(5).public()), ..target() });
    world.run(Duration::from_millis(990));
    assert!(!world.events(C).contains(&"wrong key"));
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(C).last(), Some(&"wrong key"));
    let sent = world.sent.len();
    world.run(Duration::from_secs(10));
    assert_eq!((world.sent.len(), world.count(Kind::Init)), (sent, 0));
}

#[test]
fn another_server_that_answers_first_is_waited_out() {
    let mut world = World::new(1);
    let other = world.add("o", "10.0.0.3:24469", config(Role::Server, 3), identity(5), 50);
    let server = addr(SERVER);
    world.weather = Box::new(
        move |flight| if flight.to == server { Fate::Late(Duration::from_millis(500)) } else { Fate::Arrives },
    );
    let addrs = [world.nodes[other].addr, server].into();
    world.connect(C, Target { addrs, ..target() });
    world.run(Duration::from_secs(3));
    assert!(world.events(S).contains(&"established"));
    assert!(!world.events(C).contains(&"wrong key"), "{:?}", world.events(C));
    assert!(world.events(other).is_empty());
}

/// With a pin and without: nobody is asked to trust a server that they can't talk to.
#[test]
fn a_server_that_speaks_only_later_versions_is_named_so() {
    for pin in [target().pin, None] {
        let mut world = World::new(1);
        world.weather = losing(Kind::Hello, usize::MAX);
        world.connect(C, Target { pin, ..target() });
        let hello = Hello::decode(&world.sent[0].octets).expect("a Hello");
        let mut cookie = Cookie {
            versions: VersionRange { min: 2, max: 3 },
            nonce: hello.nonce,
            server: identity(SERVER_SEED).public(),
            join_key_needed: false,
            capabilities: 0,
            cookie: [0; 24],
        };
        let mut octets = [0; Cookie::LEN];
        cookie.nonce[0] ^= 1;
        cookie.encode(&mut octets);
        assert_eq!(world.deliver(C, addr(SERVER), octets.to_vec()), Err(DropReason::Unexpected), "another nonce");
        cookie.nonce = hello.nonce;
        cookie.encode(&mut octets);
        let _ = world.deliver(C, addr(SERVER), octets.to_vec());
        assert_eq!(world.events(C), ["wrong version 2..3"], "pinned: {}", pin.is_some());
        assert_eq!(world.nodes[C].endpoint.deadline(), None);
    }
}

#[test]
fn a_client_that_speaks_only_later_versions_is_told_what_the_server_speaks() {
    let mut world = World::new(1);
    let hello = Hello { versions: VersionRange { min: 2, max: 2 }, nonce: [1; 16], capabilities: 0 };
    let mut octets = [0; 256];
    hello.encode(&mut octets);
    let client = world.nodes[C].addr;
    assert_eq!(world.deliver(S, client, octets.to_vec()), Ok(()));
    let cookie = Cookie::decode(&world.sent[0].octets).expect("a Cookie");
    assert_eq!((cookie.versions, cookie.nonce), (VersionRange::OURS, [1; 16]));
}

/// What the client is told, given what it has and whether the server knows the device.
fn join(target: Target, known: bool) -> String {
    let mut world = World::with(1, asking());
    if known {
        world.nodes[S].told.enrolled.push(identity(CLIENT_SEED).public());
    }
    world.connect(C, target);
    world.run(Duration::from_secs(3));
    assert_eq!(world.events(S).contains(&"established"), world.events(C).contains(&"established"));
    world.events(C).last().expect("something").to_string()
}

#[test]
fn a_new_device_needs_the_join_key() {
    assert_eq!(join(Target { join_key: Some(JOIN), ..target() }, false), "established");
    assert_eq!(join(target(), false), "join key refused", "none given");
    assert_eq!(join(Target { join_key: Some([9; 32]), ..target() }, false), "join key refused", "a wrong one");
    assert_eq!(join(Target { enrolled: true, ..target() }, false), "join key refused", "not known after all");
}

#[test]
fn an_enrolled_device_needs_none_and_a_forgotten_one_falls_back_on_it() {
    assert_eq!(join(Target { enrolled: true, ..target() }, true), "established");
    assert_eq!(join(Target { join_key: Some(JOIN), ..target() }, true), "established");
    assert_eq!(join(Target { enrolled: true, join_key: Some(JOIN), ..target() }, false), "established");
}

#[test]
fn a_join_key_goes_unused_where_none_is_asked_for() {
    let mut world = World::new(1);
    world.connect(C, Target { join_key: Some([9; 32]), ..target() });
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(C), ["established"]);
}

#[test]
fn an_address_that_is_not_allowed_gets_nothing() {
    let mut world = World::new(1);
    let client = world.nodes[C].addr;
    world.nodes[S].told.forbidden.push(client);
    world.connect(C, target());
    world.run(Duration::from_secs(1));
    assert!(world.sent.iter().all(|flight| flight.from == client));
    assert!(world.drops(S, DropReason::NotAllowed) > 1);
}

#[test]
fn a_full_server_takes_nobody_new() {
    let mut world = World::with(1, Config { sessions_max: 1, ..config(Role::Server, 1) });
    let d = world.add("d", "10.0.0.4:5000", config(Role::Client, 3), identity(300), 60);
    world.connect(C, target());
    world.run(Duration::from_millis(20));
    world.connect(d, target());
    world.run(Duration::from_secs(2));
    assert!(!world.events(d).contains(&"established"));
    assert!(world.drops(S, DropReason::NoRoom) > 0);
}
