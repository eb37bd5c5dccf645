//! How sessions end: restarts and resets, goodbyes, displacement, old age.

use super::*;
use crate::limits::{KEY_LIFETIME_S, RESET_LEN, SEALED_MIN_LEN};
use crate::wire::datagram::Reset;

#[test]
fn a_server_started_again_resets_and_the_client_is_back_four_round_trips_after_its_next_datagram() {
    let mut world = World::connected(1);
    world.restart(S, config(Role::Server, 9), identity(SERVER_SEED), 77);
    let at = world.now;
    world.say(C, "hello?");
    while world.events(S).len() < 2 {
        world.run(Duration::from_micros(100));
    }
    assert!(world.now - at <= DELAY * 8, "{:#?}", world.transcript);
    assert_eq!(world.events(C), ["established", "ended Reset", "established"]);
    assert_eq!(world.count(Kind::Reset), 1);
    assert!(world.sent.iter().filter(|flight| is(flight, Kind::Reset)).all(|flight| flight.octets.len() == RESET_LEN));
}

#[test]
fn a_forged_reset_changes_nothing() {
    let mut world = World::connected(1);
    let id = world.sent.iter().rfind(|f| is(f, Kind::Sealed) && f.to == addr(SERVER)).map(|f| destination(&f.octets));
    let other = crate::secure::ResetKey::new(&identity(5));
    let id = id.expect("the client has sent something");
    for token in [[0; 16], other.token(id).0] {
        let mut octets = [0; RESET_LEN];
        Reset { id, token }.encode(&mut octets);
        assert_eq!(world.deliver(C, addr(SERVER), octets.to_vec()), Err(DropReason::Reset));
    }
    // The right token, but of an id that the client does not send to.
    let elsewhere = ConnectionId([1; 8]);
    let token = crate::secure::ResetKey::new(&identity(SERVER_SEED)).token(elsewhere).0;
    let mut octets = [0; RESET_LEN];
    Reset { id: elsewhere, token }.encode(&mut octets);
    assert_eq!(world.deliver(C, addr(SERVER), octets.to_vec()), Err(DropReason::Reset));
    assert_eq!(world.events(C), ["established"]);
}

#[test]
fn resets_are_few_and_clients_send_none() {
    let mut world = World::new(1);
    let mut octets = [0; SEALED_MIN_LEN];
    SealedHeader { flags: 0, destination: ConnectionId([9; 8]), number_low: 0 }.encode(&mut octets);
    for _ in 0..100 {
        assert_eq!(world.deliver(S, addr("10.0.0.8:1"), octets.to_vec()), Err(DropReason::UnknownConnection));
        assert_eq!(world.deliver(C, addr("10.0.0.8:1"), octets.to_vec()), Err(DropReason::UnknownConnection));
        world.run(Duration::from_millis(1));
    }
    assert_eq!(world.sent.len(), 5, "one in 20 ms");
    assert_eq!(world.deliver(S, addr("10.0.0.8:1"), octets[..39].to_vec()), Err(DropReason::Length));
}

#[test]
fn a_goodbye_is_said_three_times_and_heard_once() {
    let mut world = World::connected(1);
    let before = world.sent.len();
    let (now, session) = (world.now, world.session(C));
    world.nodes[C].endpoint.close(now, session, CloseCode::Done, "good night");
    assert!(world.nodes[C].endpoint.link(session).is_none());
    world.run(Duration::from_secs(60));
    assert_eq!(world.events(C), ["established", "ended Local(Done)"]);
    assert_eq!(world.events(S), ["established", "ended Closed(Done, \"good night\")"]);
    let sent: Vec<u64> = world.sent[before..].iter().map(|flight| flight.at.micros_since(now) / 1000).collect();
    assert_eq!(sent, [0, 50, 100], "three copies, and no Reset for them");
    assert_eq!((world.nodes[C].endpoint.deadline(), world.nodes[S].endpoint.deadline()), (None, None));
}

#[test]
fn a_server_that_goes_down_is_looked_for_again() {
    let mut world = World::connected(1);
    let (now, session) = (world.now, world.session(S));
    world.nodes[S].endpoint.close(now, session, CloseCode::Shutdown, "");
    world.drain(S);
    world.run(Duration::from_secs(2));
    assert_eq!(world.events(C), ["established", "ended Closed(Shutdown, \"\")", "established"]);
}

#[test]
fn a_client_that_is_denied_does_not_come_back_by_itself() {
    let mut world = World::connected(1);
    let (now, session) = (world.now, world.session(S));
    world.nodes[S].endpoint.close(now, session, CloseCode::Denied, "banned");
    world.drain(S);
    world.run(Duration::from_secs(20));
    assert_eq!(world.events(C), ["established", "ended Closed(Denied, \"banned\")"]);
    assert_eq!(world.nodes[C].endpoint.deadline(), None);
}

#[test]
fn disconnect_says_goodbye_and_connect_begins_anew() {
    let mut world = World::connected(1);
    let now = world.now;
    world.nodes[C].endpoint.disconnect(now, "bye");
    world.run(Duration::from_secs(1));
    assert_eq!(world.events(S).last(), Some(&"ended Closed(Done, \"bye\")"));
    world.connect(C, target());
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(C), ["established", "ended Local(Done)", "established"]);
}

#[test]
fn the_same_instance_displaces_and_another_one_does_not() {
    let mut world = World::connected(1);
    let d = world.add("d", "10.0.0.4:5000", config(Role::Client, 3), identity(CLIENT_SEED), 60);
    world.connect(d, target());
    world.run(Duration::from_millis(20));
    assert_eq!(world.events(S), ["established", "established"], "two programs of one device");

    let e = world.add("e", "10.0.0.5:5000", config(Role::Client, 3), identity(CLIENT_SEED), 61);
    world.connect(e, target());
    world.run(Duration::from_secs(1));
    assert_eq!(world.events(S)[2..], ["ended Displaced", "established"]);
    assert_eq!(world.events(d), ["established", "ended Closed(Displaced, \"\")"]);
    assert_eq!(world.events(C), ["established"]);
}

#[test]
fn a_first_handshake_message_displaces_nothing() {
    let mut world = World::connected(1);
    let d = world.add("d", "10.0.0.4:5000", config(Role::Client, 2), identity(CLIENT_SEED), 60);
    let from = world.nodes[d].addr;
    world.weather = Box::new(
        move |flight| if flight.from == from && is(flight, Kind::Sealed) { Fate::Lost } else { Fate::Arrives },
    );
    world.connect(d, target());
    world.run(Duration::from_secs(5));
    assert_eq!(world.events(S), ["established"]);
    world.say(C, "hello");
    world.run(Duration::from_millis(20));
    assert_eq!(world.messages(S), ["hello"]);
}

#[test]
fn keys_die_of_age_when_no_handshake_succeeds() {
    let mut world = World::connected(1);
    world.weather = losing(Kind::Hello, usize::MAX);
    world.run(Duration::from_secs(KEY_LIFETIME_S + 1));
    assert_eq!(world.events(S), ["established", "ended Expired"]);
    assert_eq!(world.events(C)[..2], ["established", "ended Expired"]);
    world.weather = Box::new(|_| Fate::Arrives);
    world.run(Duration::from_secs(3));
    assert_eq!(world.events(C).last(), Some(&"established"));
}

#[test]
fn a_peer_that_breaks_the_protocol_is_told_so_and_not_heard_again() {
    let mut world = World::connected(1);
    // Only servers give credit.
    let session = world.session(C);
    world.nodes[C].endpoint.link(session).expect("it stands").grant(1_000);
    world.drain(C);
    world.run(Duration::from_secs(10));
    assert_eq!(world.events(S)[1..], ["ended Violation(Malformed(Unexpected))"]);
    assert_eq!(world.events(C)[1..], ["ended Closed(Protocol, \"protocol violation\")"]);
    assert_eq!(world.count(Kind::Reset), 0);
}
