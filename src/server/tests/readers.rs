//! Rooms that are followed from outside: everything that is said there, and nothing changes by it.

use chinwag_proto::limits::{FOLLOWED_PER_SESSION_MAX, ROOMS_PER_SESSION_MAX};
use chinwag_proto::wire::message::{Act, Standing};

use super::*;
use chinwag_store::Scopes;

fn follow(room: &str) -> Request {
    Request::Follow { room: room.to_owned(), from: From::Recent(1_000) }
}

/// A public room of ann's in which one thing was said, and eve, who is not in it.
fn scene() -> (House, [SessionId; 2], RoomId) {
    let mut house = House::new();
    let (ann, eve) = (house.enter(1, "ann"), house.enter(2, "eve"));
    let room = room_of(house.ask(ann, create("hall", Access::Public, None)).expect("made")).id;
    house.post(ann, room, text("first")).expect("stored");
    (house, [ann, eve], room)
}

/// That a session was told the end of a following, and nothing after it.
fn ended(house: &mut House, id: SessionId) -> Refusal {
    match house.heard(id).pop() {
        Some(Told::Down(Down::FollowEnded { reason, .. })) => reason,
        other => panic!("not ended: {other:?}"),
    }
}

#[test]
fn who_follows_from_outside_gets_all_that_is_said_and_changes_nothing() {
    let (mut house, [ann, eve], room) = scene();
    let (bob, writes) = (house.enter(3, "bob"), house.writes.len());
    house.heard(ann);
    house.heard(eve);
    let info = room_of(house.ask(eve, follow("Hall")).expect("she may"));
    assert_eq!((info.id, info.head, info.standing), (room, RoomSeq(1), Standing::Out));
    assert_eq!(house.ask(eve, follow("hall")).map(|answer| room_of(answer).id), Ok(room), "it may be repeated");
    assert_eq!(house.writes.len(), writes, "nothing is stored for that");
    assert!(matches!(house.heard(eve).first(), Some(Told::Entry(..))), "what was said before");
    house.post(ann, room, text("second")).expect("stored");
    house.receive(ann, Channel::Typing(room), 0, &[0]);
    let now = house.heard(eve);
    assert!(
        now.iter().all(|told| matches!(told, Told::Entry(..))) && now.len() == 1,
        "entries, and nothing else: {now:?}"
    );
    // She counts nowhere.
    house.recorded(eve, room, RoomSeq(2));
    house.receive(eve, Channel::Typing(room), 0, &[0]);
    let not_hers =
        [Request::Read { room, upto: RoomSeq(2), is_private: false }, Request::Delivery { room, number: RoomSeq(1) }];
    for request in not_hers {
        assert_eq!(house.ask(eve, request), Err(Refusal::NotMember));
    }
    assert_eq!(house.post(eve, room, text("and I")), Err(Refusal::NotMember));
    let Ok(Answer::Delivery(reach)) = house.ask(ann, Request::Delivery { room, number: RoomSeq(2) }) else {
        panic!("no answer")
    };
    assert_eq!((reach.of, reach.delivered), (0, 0));
    let about_her = |told: &Told| matches!(told, Told::Presence(_) | Told::Typing(_) | Told::Down(Down::Room(_)));
    assert!(!house.heard(ann).iter().any(about_her), "nobody hears that she reads");
    assert_eq!(house.chat.tables.rooms.get(room).map(|room| room.roster.online()), Some(1));
    // Nor does it end when others come and go.
    house.join(bob, "hall").expect("in");
    house.ask(bob, Request::Leave { room }).expect("out");
    house.post(ann, room, text("third")).expect("stored");
    assert_eq!(house.texts(eve, room), ["third"]);
    house.ask(eve, Request::Leave { room }).expect("enough");
    house.post(ann, room, text("fourth")).expect("stored");
    assert_eq!(house.texts(eve, room), [""; 0]);
    let now = house.now;
    house.ask(eve, follow("hall")).expect("again");
    house.chat.ended(eve, &endpoint::Ended::Reset, now);
    assert_eq!(house.chat.tables.rooms.get(room).map(|room| room.audience_len()), Some(1), "it ends with the session");
}

#[test]
fn a_room_that_is_not_public_any_more_ends_it_before_anything_else_is_said_there() {
    let (mut house, [ann, eve], room) = scene();
    for access in [Access::Private, Access::Invite, Access::Password] {
        house.ask(eve, follow("hall")).expect("she may");
        house.heard(eve);
        let password = (access == Access::Password).then(|| secret("sesame"));
        house.ask(ann, Request::Open { room, access, password }).expect("shut");
        let why = if access == Access::Private { Refusal::NoSuchRoom } else { Refusal::NotMember };
        assert_eq!(ended(&mut house, eve), why, "and not the entry by which it came");
        house.post(ann, room, text("among us")).expect("stored");
        assert_eq!(house.heard(eve), []);
        assert_eq!(house.ask(eve, follow("hall")), Err(why));
        house.ask(ann, Request::Open { room, access: Access::Public, password: None }).expect("open");
        assert_eq!(house.heard(eve), [], "it does not go on by itself");
    }
    let private = create("den", Access::Private, None);
    house.ask(ann, private).expect("made");
    assert_eq!(house.ask(eve, follow("den")), Err(Refusal::NoSuchRoom));
    assert_eq!(house.ask(eve, follow("nowhere")), Err(Refusal::NoSuchRoom));
    house.ask(ann, Request::Direct { to: "eve".into(), from: From::Recent(0) }).expect("open");
    assert_eq!(house.ask(eve, follow("@ann")), Err(Refusal::NoSuchRoom));
}

#[test]
fn a_ban_ends_it_for_the_account_and_for_every_account_of_its_devices() {
    let (mut house, [ann, eve], room) = scene();
    house.ask(eve, follow("hall")).expect("she may");
    house.heard(eve);
    let ban = |until| Body::Act(Act::Ban { who: "eve".into(), until });
    house.post(ann, room, ban(None)).expect("stored");
    assert_eq!(ended(&mut house, eve), Refusal::Banned);
    assert_eq!(house.ask(eve, follow("hall")), Err(Refusal::Banned));
    house.post(ann, room, Body::Act(Act::Unban { who: "eve".into() })).expect("stored");
    // Another account of hers, by a token, on the same device.
    let made = house.operate(Operation::MakeToken {
        account: "ann".into(),
        hash: chinwag_proto::wire::message::hash(b"t"),
        label: "bot".into(),
        scopes: Scopes { read: true, write: false, rooms: None },
        until: None,
    });
    assert_eq!(made, Notice::Answered(OperatorTag(1), Ok(())));
    let mia = house.enter(4, "mia");
    house.ask(mia, follow("hall")).expect("she may");
    house.heard(mia);
    let other = house.connect(2);
    house.ask(other, login("eve")).expect("the same device");
    house.ask(other, follow("hall")).expect("she may");
    house.heard(other);
    house.post(ann, room, ban(None)).expect("stored");
    assert_eq!(ended(&mut house, other), Refusal::Banned);
    house.post(ann, room, text("still here")).expect("stored");
    assert!(house.texts(mia, room).contains(&"still here".to_owned()), "nobody else");
}

#[test]
fn a_member_who_follows_enters_and_who_enters_is_no_reader_any_more() {
    let (mut house, [ann, eve], room) = scene();
    house.heard(ann);
    let info = room_of(house.ask(ann, follow("hall")).expect("her own"));
    assert!(matches!(info.standing, Standing::In(_)));
    house.ask(eve, follow("hall")).expect("she may");
    house.join(eve, "hall").expect("in");
    let there = house.chat.tables.rooms.get(room).expect("there");
    assert_eq!((there.readers().len(), there.followers().len()), (0, 2));
    house.heard(eve);
    house.post(ann, room, text("once")).expect("stored");
    assert_eq!(house.texts(eve, room), ["once"]);
    // An invitation is not declined by reading no more.
    let bob = house.enter(3, "bob");
    house.ask(bob, follow("hall")).expect("he may");
    house.post(ann, room, Body::Act(Act::Invite { who: "bob".into() })).expect("stored");
    house.ask(bob, Request::Leave { room }).expect("enough");
    assert!(house.chat.tables.rooms.get(room).expect("there").state.is_invited(account(&house, bob)));
}

#[test]
fn a_member_of_a_private_room_who_is_put_out_reads_it_from_nowhere() {
    let (mut house, [ann, eve], room) = scene();
    // One session reads; by another the account is a member when the room becomes private.
    house.ask(eve, follow("hall")).expect("she may");
    let second = house.connect(2);
    house.ask(second, login("eve")).expect("in");
    house.join(second, "hall").expect("in");
    house.ask(ann, Request::Open { room, access: Access::Private, password: None }).expect("shut");
    house.heard(eve);
    house.post(ann, room, text("among us")).expect("stored");
    assert_eq!(house.texts(eve, room), ["among us"], "a member reads");
    house.post(ann, room, Body::Act(Act::Kick { who: "eve".into() })).expect("stored");
    assert_eq!(ended(&mut house, eve), Refusal::NoSuchRoom);
}

#[test]
fn only_so_many_rooms_are_followed_from_outside() {
    let (mut house, [ann, eve], _) = scene();
    for n in 0..=FOLLOWED_PER_SESSION_MAX {
        house.ask(ann, create(&format!("room{n}"), Access::Public, None)).expect("made");
    }
    for n in 0..FOLLOWED_PER_SESSION_MAX {
        house.ask(eve, follow(&format!("room{n}"))).expect("she may");
    }
    let last = format!("room{FOLLOWED_PER_SESSION_MAX}");
    assert_eq!(house.ask(eve, follow(&last)), Err(Refusal::TooManyFollowed));
    assert!(house.ask(eve, follow("room0")).is_ok(), "one of them again");
    const { assert!(FOLLOWED_PER_SESSION_MAX < ROOMS_PER_SESSION_MAX) };
    house.join(eve, &last).expect("to be in it is another thing");
}

#[test]
fn a_token_follows_what_it_is_for() {
    let (mut house, [ann, _], _) = scene();
    house.ask(ann, create("other", Access::Public, None)).expect("made");
    for (device, read, rooms, expected) in
        [(50, true, Some("hall"), [true, false]), (51, true, None, [true, true]), (52, false, None, [false, false])]
    {
        let token = format!("t{device}");
        let made = house.operate(Operation::MakeToken {
            account: "eve".into(),
            hash: chinwag_proto::wire::message::hash(token.as_bytes()),
            label: token.clone(),
            scopes: Scopes { read, write: true, rooms: rooms.map(|room| [room.to_owned()].into()) },
            until: None,
        });
        assert_eq!(made, Notice::Answered(OperatorTag(1), Ok(())));
        let session = house.connect(device);
        house.ask(session, Request::Token(secret(&token))).expect("in");
        let done = ["hall", "other"].map(|room| house.ask(session, follow(room)));
        assert_eq!(done.each_ref().map(Result::is_ok), expected);
        for refused in done.into_iter().filter_map(Result::err) {
            assert_eq!(refused, Refusal::OutOfScope);
        }
    }
}
