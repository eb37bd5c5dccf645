//! Whatever a crowd says: what is remembered, and what it costs.

use std::collections::BTreeSet;
use std::time::Duration;

use chinwag_discovery::Found;
use chinwag_proto::wire::datagram::{BeaconFlags, BeaconHead};
use chinwag_proto::wire::id::PublicKey;

use super::chat::{ALONE, CHOSE, Chat, found, stays};
use crate::limits::{HANDSHAKES_MAX, HANDSHAKES_WINDOW, OTHERS_MAX, SILENT, SILENT_MAX, TOLD_MAX};
use crate::{Begun, Command};

/// One that only spoke.
fn spoke(n: u8) -> Found {
    let found = stays(n);
    Found { head: BeaconHead { pages: 0, ..found.head }, ..found }
}

#[test]
fn those_that_answer_come_first_and_are_not_pushed_out() {
    let mut chat = Chat::new(CHOSE, &[], &[]);
    for n in (40..100).chain(200..203) {
        let server = if n < 100 { spoke(n) } else { stays(n) };
        assert!(chat.hears(&server).is_empty());
    }
    assert_eq!(chat.has(Command::Lost), ["look", "prove server 200"]);
    let listed = chat.has(Command::List);
    assert!(listed[0].ends_with("200, 201, 202]"), "{listed:?}");
    assert_eq!(listed[0].matches(", ").count() + 1, OTHERS_MAX);
}

#[test]
fn one_that_does_not_answer_is_asked_again_later_and_later() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    let mut waits = Vec::new();
    assert_eq!(chat.hears(&stays(6)), ["prove server 6"]);
    for _ in 0..6 {
        assert!(chat.proved(6, false).is_empty());
        let since = chat.now();
        while chat.after_ms(100).is_empty() {}
        waits.push(chat.now().since(since).as_secs());
    }
    let (first, most) = (SILENT.as_secs(), SILENT_MAX.as_secs());
    assert_eq!(waits, [first, 2 * first, 4 * first, most, most, most]);
    assert_eq!(chat.proved(6, true), ["say: server 6 is here"]);
}

#[test]
fn a_person_is_told_of_so_many_strangers_and_no_more() {
    let mut chat = Chat::new(ALONE, &[], &[]);
    let mut told = 0;
    for n in 10..30 {
        if chat.hears(&stays(n)).len() == 1 {
            told += chat.proved(n, true).len();
        }
    }
    assert_eq!(told, TOLD_MAX);
}

#[test]
fn whoever_forges_beacons_causes_no_more_handshakes_than_there_are_in_a_budget() {
    for flags in [BeaconFlags::default(), BeaconFlags::CASUAL] {
        let mut chat = Chat::new(ALONE, &[], &[]);
        let (mut handshakes, mut forged) = (Vec::new(), 0_u64);
        let begun = chat.now();
        while chat.now().since(begun) < Duration::from_secs(300) {
            // A new key each time, all of them smaller than the chat's own, with company.
            forged += 1;
            let mut key = [0; 32];
            key[8..16].copy_from_slice(&forged.to_be_bytes());
            let lie = found(1, flags, 9);
            let head = BeaconHead { server: PublicKey(key), ..lie.head };
            let name = format!("server {forged}");
            let mut lines = chat.hears(&Found { head, name, ..lie });
            lines.extend(chat.after_ms(50));
            for line in lines {
                handshakes.push(chat.now());
                match line.split_once(' ') {
                    Some(("prove", _)) => drop(chat.has(Command::Company(1))),
                    Some(("begin", _)) => drop(chat.begun(Begun::Failed)),
                    _ => panic!("{line}"),
                }
            }
        }
        let busiest = handshakes
            .iter()
            .map(|from| handshakes.iter().filter(|at| *at >= from && at.since(*from) < HANDSHAKES_WINDOW).count());
        let busiest = busiest.max().unwrap_or_default();
        assert!((1..=HANDSHAKES_MAX).contains(&busiest), "{busiest} of {}", handshakes.len());
    }
}

#[test]
fn a_known_server_is_called_though_forgers_have_used_up_the_budget() {
    let mut chat = Chat::new(ALONE, &[7], &[]);
    let mut tried = BTreeSet::new();
    for n in 10..10 + u8::try_from(OTHERS_MAX).expect("few") {
        chat.hears(&found(n, BeaconFlags::CASUAL, 9));
    }
    for _ in 0..400 {
        for line in chat.after_ms(100) {
            tried.insert(line);
            chat.begun(Begun::Failed);
        }
    }
    assert_eq!(tried.len(), HANDSHAKES_MAX);
    chat.hears(&stays(7));
    assert!(chat.after_ms(2_000).contains(&"begin server 7".to_owned()));
}
