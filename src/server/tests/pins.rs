//! Pins: who may set them, and that everyone who follows a room knows them.

use chinwag_proto::wire::message::{Act, Fact, Role, SearchMark};

use super::*;

fn pin(of: RoomSeq, is_set: bool) -> Body {
    Body::Act(Act::Pin { of, is_set })
}

/// What a session was told to be pinned, newest word last.
fn told(house: &mut House, session: SessionId) -> Vec<Vec<u64>> {
    let told = house.heard(session).into_iter().filter_map(|told| {
        let Told::Down(Down::Fact { fact: Fact::Pins(pins), .. }) = told else { return None };
        Some(pins.into_iter().map(|pin| pin.0).collect())
    });
    told.collect()
}

fn found(house: &mut House, session: SessionId, room: RoomId, after: Option<SearchMark>) -> Vec<(u64, String)> {
    let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(session, Request::Pins { room, after }) else {
        panic!("no pins")
    };
    let said = |entry: &[u8]| Entry::decode(entry).expect("an entry").body.text().unwrap_or_default().to_owned();
    hits.iter().map(|hit| (hit.number.0, said(&hit.entry))).collect()
}

#[test]
fn moderators_pin_and_everyone_in_the_room_is_told() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, "kitchen").expect("made").id;
    house.join(bob, "kitchen").expect("in");
    assert!(told(&mut house, bob).is_empty(), "there is nothing to tell");
    let first = house.post(bob, room, text("tea at four")).expect("stored");
    let second = house.post(ann, room, text("bring cups")).expect("stored");
    assert_eq!(house.post(bob, room, pin(first, true)), Err(Refusal::NotAllowed), "a member may not");
    house.post(ann, room, pin(first, true)).expect("an owner may");
    let moderator = Body::Act(Act::Role { who: "bob".into(), role: Role::Moderator });
    house.post(ann, room, moderator).expect("stored");
    house.post(bob, room, pin(second, true)).expect("a moderator may");
    house.post(bob, room, pin(second, true)).expect("again: nothing is new");
    assert_eq!(told(&mut house, bob), [vec![first.0], vec![first.0, second.0]]);
    assert_eq!(house.post(ann, room, pin(RoomSeq(99), true)), Err(Refusal::NoSuchEntry));
    house.post(bob, room, Body::Edit { of: first, text: "tea at five".into() }).expect("stored");
    let texts = [(first.0, "tea at five".to_owned()), (second.0, "bring cups".to_owned())];
    assert_eq!(found(&mut house, bob, room, None), texts);
    assert_eq!(found(&mut house, bob, room, Some(SearchMark(first.0))), texts[1..]);
    house.post(ann, room, pin(second, false)).expect("stored");
    assert_eq!(told(&mut house, ann).last(), Some(&vec![first.0]));
}

#[test]
fn whoever_comes_later_knows_the_pins_also_after_a_restart() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, "kitchen").expect("made").id;
    let of = house.post(ann, room, text("tea at four")).expect("stored");
    house.post(ann, room, pin(of, true)).expect("stored");
    let bob = house.enter(2, "bob");
    house.join(bob, "kitchen").expect("in");
    assert_eq!(told(&mut house, bob), [[of.0]]);
    let mut house = house.restarted();
    let bob = house.enter(2, "bob");
    house.join(bob, "kitchen").expect("in");
    assert_eq!(told(&mut house, bob), [[of.0]]);
}

#[test]
fn what_is_deleted_is_not_pinned_any_more_and_everyone_is_told() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, "kitchen").expect("made").id;
    house.join(bob, "kitchen").expect("in");
    let [first, second] = ["one", "two"].map(|said| house.post(bob, room, text(said)).expect("stored"));
    house.post(ann, room, pin(first, true)).expect("stored");
    house.post(ann, room, pin(second, true)).expect("stored");
    told(&mut house, bob);
    house.post(bob, room, Body::Delete { of: first }).expect("stored");
    assert_eq!(told(&mut house, bob), [[second.0]]);
    let keep = chinwag_store::Retention::Last(1);
    house.operate(Operation::Retain { room: "kitchen".into(), retention: keep });
    house.operate(Operation::Prune { room: "kitchen".into() });
    assert_eq!(told(&mut house, bob), [[0u64; 0]], "it is too old");
    assert!(found(&mut house, bob, room, None).is_empty());
}

#[test]
fn what_a_member_may_not_read_it_is_not_told_to_be_pinned() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = room_of(house.ask(ann, create("den", Access::Private, None)).expect("made")).id;
    let before = house.post(ann, room, text("before bob came")).expect("stored");
    house.post(ann, room, pin(before, true)).expect("stored");
    house.post(ann, room, Body::Act(Act::Invite { who: "bob".into() })).expect("stored");
    house.join(bob, "den").expect("in");
    let after = house.post(ann, room, text("welcome")).expect("stored");
    house.post(ann, room, pin(after, true)).expect("stored");
    assert_eq!(told(&mut house, bob).last(), Some(&vec![after.0]));
    assert_eq!(found(&mut house, bob, room, None), [(after.0, "welcome".to_owned())]);
}
