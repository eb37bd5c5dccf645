//! Forgers: what they get, and what they spoil.

use std::net::SocketAddr;

use chinwag_proto::error::DropReason;
use chinwag_proto::limits::{BEACONS_BURST, BEACONS_PER_S_MAX, DATAGRAM_MAX_LEN, QUERY_LEN};
use chinwag_proto::wire::datagram::{Beacon, BeaconFlags, BeaconHead, Query, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use super::lan::{Lan, advertisement};
use crate::limits::FOUND_MAX;
use crate::{Command, Notice};

fn query(nonce: u8) -> Vec<u8> {
    let query = Query { versions: VersionRange::OURS, nonce: [nonce; 16], server: Query::EVERY_SERVER, page: 0 };
    let mut out = vec![0; QUERY_LEN];
    query.encode(&mut out);
    out
}

fn beacon(head: BeaconHead) -> Vec<u8> {
    let mut out = vec![0; DATAGRAM_MAX_LEN];
    let len = Beacon { head, name: "evil".to_owned(), rooms: Vec::new() }.encode(&mut out);
    out.truncate(len);
    out
}

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn a_hundred_thousand_queries_a_second_draw_twenty_beacons() {
    let mut lan = Lan::new(1, 1);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.run_ms(1_000);
    let before = lan.kinds["Beacon"];
    for n in 0..30_000_u32 {
        // Ten of them each 100 µs.
        if n % 10 == 0 && n > 0 {
            lan.run_until(lan.now().plus_micros(100));
        }
        let from = SocketAddr::new([10, 0, 0, u8::try_from(n % 250).expect("below") + 2].into(), 5_000);
        lan.inject(0, from, &query(1));
    }
    lan.run_ms(100);
    let drawn = lan.kinds["Beacon"] - before;
    assert!(drawn <= u64::from(BEACONS_BURST + BEACONS_PER_S_MAX), "{drawn} in 0.4 s, the burst included");
    assert!(lan.discovery(0).drops()[&DropReason::Budget] > 29_000);
}

#[test]
fn one_asker_that_floods_leaves_something_for_the_others() {
    let mut lan = Lan::new(2, 2);
    lan.command(0, Command::Announce(advertisement(1)));
    for _ in 0..1_000 {
        lan.inject(0, addr("10.0.0.66:5000"), &query(1));
    }
    lan.command(1, Command::Seek);
    lan.run_ms(150);
    assert_eq!(lan.found(1).len(), 1);
}

#[test]
fn whoever_is_not_on_the_link_gets_no_answer() {
    let mut lan = Lan::new(1, 3);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.run_ms(1_000);
    let before = lan.kinds.clone();
    lan.inject(0, addr("8.8.8.8:5000"), &query(1));
    lan.inject(0, addr("10.0.1.2:5000"), &query(1));
    lan.run_ms(1_000);
    assert_eq!(lan.kinds, before);
    assert_eq!(lan.discovery(0).drops()[&DropReason::NotAllowed], 2);
}

#[test]
fn a_beacon_is_never_answered_and_a_short_query_neither() {
    let mut lan = Lan::new(1, 4);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(0, Command::Seek);
    lan.run_ms(1_000);
    lan.command(0, Command::Rest);
    let before = lan.kinds.clone();
    let head = BeaconHead::new(PublicKey([9; 32]), [0; 8], 1);
    lan.inject(0, addr("10.0.0.9:5000"), &beacon(head));
    lan.inject(0, addr("10.0.0.9:5000"), &query(1)[..500]);
    lan.run_ms(1_000);
    assert_eq!(lan.kinds, before);
}

#[test]
fn an_answer_that_was_not_asked_for_is_not_heard() {
    let mut lan = Lan::new(1, 5);
    lan.command(0, Command::Seek);
    lan.run_ms(100);
    let head = BeaconHead { nonce: [7; 16], pages: 1, ..BeaconHead::new(PublicKey([9; 32]), [0; 8], 1) };
    lan.inject(0, addr("10.0.0.9:24470"), &beacon(head));
    assert!(lan.found(0).is_empty());
    assert_eq!(lan.discovery(0).drops()[&DropReason::Unexpected], 1);
}

#[test]
fn a_crowd_of_forged_servers_fills_a_list_and_no_more() {
    let mut lan = Lan::new(1, 6);
    lan.command(0, Command::Seek);
    lan.run_ms(10);
    for n in 0..10_000_u32 {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&n.to_le_bytes());
        lan.inject(0, addr("10.0.0.9:5000"), &beacon(BeaconHead::new(PublicKey(key), [0; 8], 1)));
    }
    assert_eq!(lan.found(0).len(), FOUND_MAX);
}

/// A key that differs from those of [`advertisement`].
fn forged_key(n: u32) -> PublicKey {
    let mut key = [0xee; 32];
    key[..4].copy_from_slice(&n.to_le_bytes());
    PublicKey(key)
}

/// A crowd that speaks without being asked, and says that it answers.
fn crowd(lan: &mut Lan, host: usize) {
    for n in 0..2_000 {
        let head = BeaconHead { pages: 1, ..BeaconHead::new(forged_key(n), [0; 8], 1) };
        lan.inject(host, addr("10.0.0.9:5000"), &beacon(head));
    }
}

#[test]
fn a_server_that_answers_takes_the_place_of_one_that_was_never_asked() {
    let mut lan = Lan::new(2, 8);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.run_ms(1_000);
    lan.command(1, Command::Seek);
    crowd(&mut lan, 1);
    assert_eq!(lan.found(1).len(), FOUND_MAX);
    lan.run_ms(100);
    assert!(lan.found(1).contains_key(&PublicKey([1; 32])));
    assert_eq!(lan.found(1).len(), FOUND_MAX, "who was forgotten is gone");
}

#[test]
fn a_server_that_is_known_is_found_in_any_crowd_though_all_of_it_answers() {
    let mut lan = Lan::new(2, 9);
    lan.command(1, Command::Expect(vec![PublicKey([1; 32])]));
    lan.command(1, Command::Seek);
    lan.run_ms(30);
    // As forgers on the subnet, who hear the query.
    let nonce = lan.last_nonce.expect("asked");
    for n in 0..2_000 {
        let head = BeaconHead { nonce, pages: 1, ..BeaconHead::new(forged_key(n), [0; 8], 1) };
        lan.inject(1, addr("10.0.0.9:5000"), &beacon(head));
    }
    assert_eq!(lan.found(1).len(), FOUND_MAX);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.run_ms(10);
    assert!(lan.found(1).contains_key(&PublicKey([1; 32])), "it has only spoken by itself");
    crowd(&mut lan, 1);
    assert!(lan.found(1).contains_key(&PublicKey([1; 32])));
}

#[test]
fn a_beacon_that_nobody_asked_for_does_not_keep_a_seeker_from_broadcasting() {
    let mut lan = Lan::new(2, 10);
    lan.filter_multicast();
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.inject(1, addr("10.0.0.9:5000"), &beacon(BeaconHead::new(forged_key(1), [0; 8], 1)));
    lan.run_ms(200);
    assert!(lan.found(1).contains_key(&PublicKey([1; 32])));
}

#[test]
fn a_forged_farewell_removes_a_line_and_the_next_answer_brings_it_back() {
    let mut lan = Lan::new(2, 7);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.run_ms(3_000);
    let head = BeaconHead::new(PublicKey([1; 32]), [0; 8], 1);
    lan.inject(1, addr("10.0.0.9:5000"), &beacon(BeaconHead { flags: BeaconFlags::LEAVING, ..head }));
    assert!(matches!(lan.notices[1].last(), Some((_, Notice::Gone(_)))));
    lan.run_ms(6_000);
    assert_eq!(lan.found(1).len(), 1);
}
