//! Finding servers, and all that they say.

use chinwag_proto::limits::{BEACON_COPIES, BEACON_PAGES_MAX};
use chinwag_proto::wire::datagram::BeaconRoom;
use chinwag_proto::wire::id::PublicKey;

use super::lan::{Lan, advertisement};
use crate::{Advertisement, Command, Notice};

#[test]
fn a_seeker_hears_of_every_server_within_a_blink() {
    let mut lan = Lan::new(6, 1);
    (0..5_u8).for_each(|n| lan.command(usize::from(n), Command::Announce(advertisement(n + 1))));
    lan.run_ms(1_000);
    lan.command(5, Command::Seek);
    let start = lan.now();
    lan.run_ms(60);
    let found = lan.found(5);
    assert_eq!(found.len(), 5);
    assert_eq!(found[&PublicKey([3; 32])].addrs, ["10.0.0.3:24469".parse().unwrap()]);
    assert_eq!(found[&PublicKey([3; 32])].rooms, advertisement(3).rooms);
    assert!(lan.notices[5].iter().all(|(at, _)| at.since(start).as_millis() <= 45), "one query was enough");
}

#[test]
fn where_multicast_is_filtered_broadcast_finds_the_server() {
    let mut lan = Lan::new(2, 2);
    lan.filter_multicast();
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.run_ms(200);
    assert_eq!(lan.found(1).len(), 1);
}

#[test]
fn a_third_of_everything_may_be_lost() {
    for seed in 0..50 {
        let mut lan = Lan::new(4, seed);
        lan.lose(0.33);
        (0..3_u8).for_each(|n| lan.command(usize::from(n), Command::Announce(advertisement(n + 1))));
        lan.command(3, Command::Seek);
        let mut tries = 0;
        while lan.found(3).len() < 3 {
            lan.run_ms(1_000);
            tries += 1;
            assert!(tries < 40, "seed {seed}");
        }
    }
}

#[test]
fn a_long_list_of_rooms_comes_in_pages_and_complete() {
    let mut lan = Lan::new(2, 3);
    let rooms: Vec<_> = (0..100).map(|n| BeaconRoom::new(&format!("room{n}"), &"topic ".repeat(20), n)).collect();
    lan.command(0, Command::Announce(Advertisement { rooms: rooms.clone(), rooms_in_all: 100, ..advertisement(1) }));
    lan.command(1, Command::Seek);
    lan.run_ms(6_000);
    let found = lan.found(1).remove(&PublicKey([1; 32])).expect("found");
    assert!(found.head.pages > 10, "{} pages", found.head.pages);
    assert_eq!(found.head.rooms, 100);
    let names: Vec<_> = found.rooms.iter().map(|room| room.name.clone()).collect();
    assert_eq!(names, rooms.iter().rev().map(|room| room.name.clone()).collect::<Vec<_>>(), "most people first");
}

#[test]
fn there_is_a_last_page() {
    let mut lan = Lan::new(2, 4);
    let rooms: Vec<_> = (0..5_000).map(|n| BeaconRoom::new(&format!("room{n}"), &"topic ".repeat(20), n)).collect();
    lan.command(0, Command::Announce(Advertisement { rooms, rooms_in_all: 5_000, ..advertisement(1) }));
    lan.command(1, Command::Seek);
    lan.run_ms(30_000);
    let found = lan.found(1).remove(&PublicKey([1; 32])).expect("found");
    assert_eq!(usize::from(found.head.pages), BEACON_PAGES_MAX);
    assert_eq!(found.head.rooms, 5_000, "how many there are is said all the same");
    assert!(found.rooms.len() >= 2 * BEACON_PAGES_MAX);
}

#[test]
fn a_server_that_stops_says_so_and_one_that_dies_is_missed() {
    let mut lan = Lan::new(3, 5);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Announce(advertisement(2)));
    lan.command(2, Command::Seek);
    lan.run_ms(500);
    assert_eq!(lan.found(2).len(), 2);
    lan.command(0, Command::Stop);
    lan.run_ms(300);
    assert_eq!(lan.found(2).keys().copied().collect::<Vec<_>>(), [PublicKey([2; 32])]);
    assert!(lan.notices[0].iter().any(|(_, notice)| *notice == Notice::Stopped));
    // The other one is cut off without a word.
    lan.command(1, Command::Interfaces(Vec::new()));
    lan.run_ms(10_000);
    assert_eq!(lan.found(2).len(), 1, "two unanswered queries are no proof");
    lan.run_ms(20_000);
    assert!(lan.found(2).is_empty());
}

#[test]
fn what_has_changed_is_told_and_what_has_not_is_not() {
    let mut lan = Lan::new(2, 6);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.run_ms(1_000);
    lan.command(1, Command::Seek);
    lan.run_ms(20_000);
    let told = |lan: &Lan| lan.notices[1].len();
    assert_eq!(told(&lan), 1);
    let asked = lan.notices[0].iter().filter(|(_, notice)| *notice == Notice::Asked).count();
    assert!((5..12).contains(&asked), "the server is asked for news when it is asked: {asked}");
    lan.command(0, Command::Announce(Advertisement { online: 7, ..advertisement(1) }));
    lan.run_ms(6_000);
    assert_eq!(told(&lan), 2);
    assert_eq!(lan.found(1)[&PublicKey([1; 32])].head.online, 7);
}

#[test]
fn an_interface_that_comes_is_used_at_once() {
    let mut lan = Lan::new(2, 7);
    let interface = lan.interface(0);
    lan.command(0, Command::Interfaces(Vec::new()));
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.run_ms(7_000);
    assert!(lan.found(1).is_empty());
    lan.command(0, Command::Interfaces(vec![interface]));
    lan.run_ms(5);
    assert_eq!(lan.found(1).len(), 1, "it announces itself there");
}

#[test]
fn a_server_that_looks_for_others_does_not_answer_itself() {
    let mut lan = Lan::new(1, 9);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(0, Command::Seek);
    lan.run_ms(3_000);
    assert!(lan.kinds["Query"] > 5);
    assert_eq!(lan.kinds["Beacon"], u64::from(BEACON_COPIES), "those that nobody asked for");
    assert!(lan.notices[0].iter().all(|(_, notice)| *notice != Notice::Asked));
}

#[test]
fn nobody_looks_and_nothing_is_sent() {
    let mut lan = Lan::new(2, 8);
    lan.command(0, Command::Announce(advertisement(1)));
    lan.command(1, Command::Seek);
    lan.run_ms(1_000);
    lan.command(1, Command::Rest);
    let before = lan.kinds.clone();
    lan.run_ms(60_000);
    assert_eq!(lan.kinds, before);
    assert_eq!(lan.deadline(), None, "no timer runs");
}
