//! What devices missed, and how much of it an account is sent at a time.

use super::super::limits::{CATCH_UP_COST_BYTES, CATCH_UP_OCTETS_SAVED_UP};
use super::*;

/// Octets a second of what an account missed, where it may write 1,000.
const PER_S: u64 = 1_000 * super::super::limits::CATCH_UP_OCTETS_TIMES;

/// A server on which an account is sent so many octets at once of what it missed.
fn house(at_once: u64) -> House {
    House::with(Config {
        octets_per_s: Some(1_000),
        messages_per_s: None,
        catch_up_at_once: at_once,
        ..Config::default()
    })
}

/// Zoe, who has said so much in a room before anybody else came.
fn with_past(house: &mut House, entries: usize, len: usize) -> (SessionId, RoomId) {
    let zoe = house.enter(99, "zoe");
    let room = house.join(zoe, LOBBY).expect("in").id;
    for n in 0..entries {
        // Whatever she may write, she has the time for it.
        house.pass(len as u64);
        house.post(zoe, room, text(&format!("{n:0len$}"))).expect("stored");
    }
    (zoe, room)
}

fn from_the_start() -> Request {
    Request::Join { room: LOBBY.to_owned(), from: From::Recent(u64::MAX) }
}

/// The numbers that a session was sent of a room.
fn sent(house: &mut House, id: SessionId, room: RoomId) -> Vec<u64> {
    let number = |told| match told {
        Told::Entry(of, number, Some(_)) if of == room => Some(number.0),
        Told::Down(_) | Told::Bulk(_) | Told::Entry(..) | Told::Typing(_) | Told::Presence(_) | Told::Closed(..) => {
            None
        }
    };
    house.heard(id).into_iter().filter_map(number).collect()
}

#[test]
fn a_device_that_comes_back_after_a_week_catches_up_at_once() {
    let mut house = house(CATCH_UP_OCTETS_SAVED_UP);
    let (_, room) = with_past(&mut house, 300, 10_000);
    let ann = house.enter(1, "ann");
    house.ask(ann, from_the_start()).expect("in");
    assert_eq!(sent(&mut house, ann, room).len(), 300);
    assert_eq!(house.chat.tables.rooms.streams.len(), 0);
}

#[test]
fn devices_of_an_account_that_begin_over_and_over_are_sent_what_it_may_have_together_and_in_order() {
    let mut house = house(200_000);
    let (_, room) = with_past(&mut house, 50, 5_000);
    let devices: Vec<_> = (1..=3).map(|_| house.enter(1, "ann")).collect();
    let mut first_time = Vec::new();
    for &device in &devices {
        house.ask(device, from_the_start()).expect("in");
        first_time.push(sent(&mut house, device, room));
    }
    let octets = first_time.iter().map(Vec::len).sum::<usize>() as u64 * 5_000;
    assert!((150_000..250_000).contains(&octets), "about what is saved up: {octets}");
    let (begun, mut all) = (house.now.mono, first_time);
    for again in 0..200 {
        // One of them has never enough.
        house.ask(devices[2], Request::Leave { room }).expect("left");
        house.ask(devices[2], from_the_start()).expect("in");
        house.pass(50 + again % 2);
        for (device, all) in devices.iter().zip(&mut all) {
            all.extend(sent(&mut house, *device, room));
        }
    }
    let most = house.now.mono.micros_since(begun) * PER_S / 1_000_000 + 250_000;
    let octets = all.iter().map(Vec::len).sum::<usize>() as u64 * 5_000;
    assert!(octets <= most, "{octets} of {most}");
    assert!(house.chat.tables.rooms.streams.len() <= devices.len(), "each waits once");
    for all in &all[..2] {
        assert!(all.is_sorted(), "{all:?}");
    }
}

#[test]
fn whoever_has_used_up_its_budget_gets_the_rest_later_and_live_messages_of_all_come_meanwhile() {
    let mut house = house(50_000);
    let (zoe, room) = with_past(&mut house, 60, 5_000);
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let other = house.join(ann, "other").expect("in").id;
    house.join(bob, "other").expect("in");
    house.join(zoe, "other").expect("in");
    house.ask(ann, from_the_start()).expect("in");
    let mut of_ann = sent(&mut house, ann, room);
    assert!((5..20).contains(&of_ann.len()), "{of_ann:?}");
    house.ask(bob, from_the_start()).expect("in");
    assert!(sent(&mut house, bob, room).len() >= 5, "he has a budget of his own");
    house.post(zoe, other, text("live")).expect("stored");
    assert_eq!((house.texts(ann, other), house.texts(bob, other)), (vec!["live".to_owned()], vec!["live".to_owned()]));
    let mut waited = 0;
    while of_ann.len() < 60 && waited < 600 {
        house.pass(100);
        waited += 1;
        of_ann.extend(sent(&mut house, ann, room));
    }
    assert_eq!(of_ann, (1..=60).collect::<Vec<_>>(), "in order, each once");
    house.post(zoe, room, text("live again")).expect("stored");
    assert_eq!(sent(&mut house, ann, room), [61], "she has caught up, and waits for nothing any more");
}

#[test]
fn what_is_said_after_one_came_counts_for_nobody() {
    let mut house = house(1_000);
    let (zoe, room) = with_past(&mut house, 1, 10);
    let ann = house.enter(1, "ann");
    house.ask(ann, Request::Join { room: LOBBY.to_owned(), from: From::Recent(0) }).expect("in");
    sent(&mut house, ann, room);
    let before = house.chat.tables.accounts.get(account(&house, ann)).expect("ann").caught_up;
    for _ in 0..20 {
        house.pass(5_000);
        house.post(zoe, room, text(&"x".repeat(4_000))).expect("stored");
    }
    assert_eq!(sent(&mut house, ann, room).len(), 20);
    assert_eq!(house.chat.tables.accounts.get(account(&house, ann)).expect("ann").caught_up, before);
}

#[test]
fn to_begin_in_what_has_to_be_read_costs_something_even_if_nothing_is_sent() {
    let mut house = house(CATCH_UP_COST_BYTES);
    let (zoe, room) = with_past(&mut house, 3, 1_000);
    house.ask(zoe, Request::Leave { room }).expect("left");
    let ann = house.enter(1, "ann");
    for _ in 0..3 {
        house.ask(ann, from_the_start()).expect("in");
        house.ask(ann, Request::Leave { room }).expect("left");
    }
    house.heard(ann);
    house.ask(ann, from_the_start()).expect("in");
    assert!(sent(&mut house, ann, room).is_empty(), "it is used up");
    house.pass(5 * CATCH_UP_COST_BYTES * 1_000 / PER_S);
    assert_eq!(sent(&mut house, ann, room).len(), 3);
}
