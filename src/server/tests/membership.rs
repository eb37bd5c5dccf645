//! Rooms: who comes in, who may do what, and who is put out.

use chinwag_proto::limits::MARKS_MAX;
use chinwag_proto::wire::id::Epoch;
use chinwag_proto::wire::message::{Act, Begin, Fact, Mark, Role, RoomKind, Standing};

use super::*;

fn act(act: Act) -> Body {
    Body::Act(act)
}

fn who(name: &str) -> String {
    name.to_owned()
}

/// Ann owns the room; bob and cat are in it.
struct Three {
    house: House,
    ann: SessionId,
    bob: SessionId,
    cat: SessionId,
    room: RoomId,
}

fn three() -> Three {
    let mut house = House::new();
    // Whoever comes first owns the server, and so every room: it is none of the three.
    house.enter(99, "root");
    let (ann, bob, cat) = (house.enter(1, "ann"), house.enter(2, "bob"), house.enter(3, "cat"));
    let room = house.join(ann, "Kitchen").expect("in").id;
    house.join(bob, "kitchen").expect("in");
    house.join(cat, "KITCHEN").expect("in");
    for id in [ann, bob, cat] {
        house.heard(id);
    }
    Three { house, ann, bob, cat, room }
}

#[test]
fn whoever_makes_a_room_owns_it() {
    let mut house = House::new();
    house.enter(99, "root");
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let den = room_of(house.ask(ann, create("den", Access::Public, None)).expect("made"));
    assert_eq!((den.kind, den.standing), (RoomKind::Named("den".into()), Standing::In(Role::Owner)));
    assert_eq!(house.join(bob, "den").expect("in").standing, Standing::In(Role::Member));
    assert_eq!(house.ask(bob, create("DEN", Access::Public, None)), Err(Refusal::RoomTaken));
    assert!(house.ask(ann, create("den", Access::Public, None)).is_ok(), "a repeat enters");
    assert_eq!(house.ask(bob, create("dеn", Access::Public, None)), Err(Refusal::NameConfusable), "a Cyrillic twin");
}

#[test]
fn a_room_with_a_password_lets_in_who_knows_it() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    assert_eq!(house.ask(ann, create("den", Access::Password, None)), Err(Refusal::PasswordNeeded));
    let den = room_of(house.ask(ann, create("den", Access::Password, Some("sesame"))).expect("made")).id;
    house.post(ann, den, text("before")).expect("stored");
    let unlock =
        |password: &str| Request::Unlock { room: "den".into(), password: secret(password), from: From::Recent(10) };
    assert_eq!(house.join(bob, "den"), Err(Refusal::RoomPasswordNeeded));
    assert_eq!(house.ask(bob, unlock("simsim")), Err(Refusal::PasswordWrong));
    assert_eq!(room_of(house.ask(bob, unlock("sesame")).expect("in")).since, RoomSeq(1));
    assert_eq!(house.texts(bob, den), [""; 0], "what was said before is not for who came later");
    let mut house = house.restarted();
    let bob = house.enter(2, "bob");
    assert!(house.join(bob, "den").is_ok(), "a member needs no password");
}

#[test]
fn a_private_room_does_not_exist_for_who_is_not_invited() {
    let mut house = House::new();
    house.enter(99, "root");
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let den = room_of(house.ask(ann, create("den", Access::Private, None)).expect("made")).id;
    assert_eq!(house.join(bob, "den"), Err(Refusal::NoSuchRoom));
    assert_eq!(
        house.ask_bulk(
            bob,
            Request::History {
                room: den,
                position: chinwag_proto::wire::message::Position::After(RoomSeq(0)),
                count: 9
            }
        ),
        Err(Refusal::NoSuchRoom)
    );
    let Ok(Bulk::Rooms { rooms, .. }) = house.ask_bulk(bob, Request::Rooms { after: String::new() }) else {
        panic!("no list")
    };
    assert_eq!(rooms, []);
    house.heard(bob);
    house.post(ann, den, act(Act::Invite { who: who("BOB") })).expect("stored");
    let heard = house.heard(bob);
    assert!(matches!(&heard[..], [Told::Down(Down::Room(info))] if info.standing == Standing::Invited), "{heard:?}");
    assert_eq!(house.join(bob, "den").expect("in").since, RoomSeq(1));
    let (mut house, den) = (house.restarted(), den);
    let bob = house.enter(2, "bob");
    assert_eq!(house.join(bob, "den").expect("in").id, den);
}

#[test]
fn members_write_and_moderators_moderate() {
    let Three { mut house, ann, bob, cat, room } = three();
    let kick = |name: &str| act(Act::Kick { who: who(name) });
    assert_eq!(house.post(bob, room, kick("cat")), Err(Refusal::NotAllowed));
    assert_eq!(house.post(bob, room, Body::Topic("tea".into())), Err(Refusal::NotAllowed));
    assert_eq!(house.post(ann, room, act(Act::Role { who: who("bob"), role: Role::Moderator })), Ok(RoomSeq(1)));
    assert_eq!(house.post(bob, room, Body::Topic("tea".into())), Ok(RoomSeq(2)));
    assert_eq!(house.post(bob, room, kick("ann")), Err(Refusal::NotAllowed), "not who stands higher");
    assert_eq!(house.post(bob, room, act(Act::Role { who: who("cat"), role: Role::Owner })), Err(Refusal::NotAllowed));
    assert_eq!(house.post(bob, room, kick("nobody")), Err(Refusal::NoSuchAccount));
    house.heard(cat);
    assert_eq!(house.post(bob, room, kick("cat")), Ok(RoomSeq(3)));
    let heard = house.heard(cat);
    assert!(heard.iter().any(|told| matches!(told, Told::Down(Down::Room(info)) if info.standing == Standing::Out)));
    assert_eq!(house.post(cat, room, text("still here?")), Err(Refusal::NotMember));
    house.post(ann, room, text("she is gone")).expect("stored");
    assert_eq!(house.texts(cat, room), [""; 0], "and hears nothing more");
    assert_eq!(house.join(cat, "kitchen").expect("a kick is no ban").topic, "tea");
    assert_eq!(
        house.post(ann, room, act(Act::Role { who: who("ann"), role: Role::Member })),
        Err(Refusal::NotAllowed),
        "a room keeps an owner"
    );
}

#[test]
fn a_ban_holds_for_the_account_and_its_devices_until_its_time() {
    let Three { mut house, ann, bob, room, .. } = three();
    let until = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 60_000);
    house.post(ann, room, act(Act::Ban { who: who("bob"), until: Some(until) })).expect("stored");
    assert_eq!(house.join(bob, "kitchen"), Err(Refusal::Banned));
    let lists = |house: &mut House, who| {
        let Ok(Bulk::Rooms { rooms, .. }) = house.ask_bulk(who, Request::Rooms { after: String::new() }) else {
            panic!("no list")
        };
        rooms.into_iter().map(|room| room.name).collect::<Vec<_>>()
    };
    assert_eq!(lists(&mut house, ann), ["Kitchen"]);
    assert_eq!(lists(&mut house, bob), Vec::<String>::new(), "what it can't read is not offered to it");
    let mut house = house.restarted();
    let bob = house.enter(2, "bob");
    assert_eq!(house.join(bob, "kitchen"), Err(Refusal::Banned), "it is durable");
    house.ask(bob, Request::Unregister { password: None }).expect("done");
    let bob = house.enter(2, "robert");
    assert_eq!(house.join(bob, "kitchen"), Err(Refusal::Banned), "the same device under another name");
    assert_eq!(lists(&mut house, bob), Vec::<String>::new());
    house.now.wall = until;
    assert_eq!(lists(&mut house, bob), ["Kitchen"], "nor for longer than the ban");
    assert!(house.join(bob, "kitchen").is_ok());
}

#[test]
fn who_is_muted_reads_and_slow_mode_slows() {
    let Three { mut house, ann, bob, room, .. } = three();
    let until = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 10_000);
    house.post(ann, room, act(Act::Mute { who: who("bob"), until: Some(until) })).expect("stored");
    assert_eq!(house.post(bob, room, text("mmh")), Err(Refusal::Muted));
    house.heard(ann);
    house.receive(bob, Channel::Typing(room), 0, &[0]);
    assert!(!house.heard(ann).contains(&Told::Typing(room)), "nor is shown to type");
    house.post(ann, room, text("ha")).expect("stored");
    assert_eq!(house.texts(bob, room), ["ha"]);
    house.pass(10_000);
    house.post(bob, room, text("finally")).expect("stored");
    house.post(ann, room, act(Act::Set(Fact::Slow(5)))).expect("stored");
    house.post(bob, room, text("one")).expect("stored");
    assert_eq!(house.post(bob, room, text("two")), Err(Refusal::SlowMode));
    assert!(house.post(bob, room, Body::React { of: RoomSeq(2), emoji: "👍".into(), is_set: true }).is_ok());
    assert!(house.post(ann, room, text("an owner is not slowed")).is_ok());
    assert!(house.post(ann, room, text("at all")).is_ok());
    house.pass(5_000);
    assert!(house.post(bob, room, text("two")).is_ok());
}

#[test]
fn who_is_muted_stays_so_on_leaving_being_kicked_and_coming_back() {
    let Three { mut house, ann, bob, room, .. } = three();
    let until = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 60_000);
    house.post(ann, room, act(Act::Mute { who: who("bob"), until: Some(until) })).expect("stored");
    house.ask(bob, Request::Leave { room }).expect("left");
    house.join(bob, "kitchen").expect("in");
    assert_eq!(house.post(bob, room, text("back")), Err(Refusal::Muted));
    house.post(ann, room, act(Act::Kick { who: who("bob") })).expect("stored");
    house.join(bob, "kitchen").expect("in");
    assert_eq!(house.post(bob, room, text("and again")), Err(Refusal::Muted));
    let mut house = house.restarted();
    house.posts = 100;
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    house.join(ann, "kitchen").expect("in");
    house.join(bob, "kitchen").expect("in");
    assert_eq!(house.post(bob, room, text("it is durable")), Err(Refusal::Muted));
    let Ok(Bulk::Members { members, .. }) = house.ask_bulk(ann, Request::Members { room, after: String::new() }) else {
        panic!("no members")
    };
    assert_eq!(members.iter().map(|m| (m.name.as_str(), m.is_muted)).collect::<Vec<_>>()[1], ("bob", true));
    house.now.wall = until;
    house.post(bob, room, text("at last")).expect("stored: its term is over");
    assert_eq!(house.texts(ann, room), ["at last"], "nothing of what was refused");
    house.post(ann, room, act(Act::Mute { who: who("bob"), until: None })).expect("stored");
    house.ask(bob, Request::Leave { room }).expect("left");
    house.post(ann, room, act(Act::Unmute { who: who("bob") })).expect("stored: of who is away too");
    house.join(bob, "kitchen").expect("in");
    house.post(bob, room, text("thanks")).expect("stored");
}

#[test]
fn what_was_stored_is_stored_whatever_became_of_its_author() {
    let Three { mut house, ann, bob, room, .. } = three();
    let number = house.post_as(bob, room, 1_000, text("hello")).expect("stored");
    house.post(ann, room, act(Act::Mute { who: who("bob"), until: None })).expect("stored");
    assert_eq!(house.post_as(bob, room, 1_000, text("hello")), Ok(number), "the answer had been lost");
    assert_eq!(house.post_as(bob, room, 1_001, text("again")), Err(Refusal::Muted));
    assert_eq!(house.post_as(bob, room, 1_000, text("other")), Err(Refusal::IdReused));
    house.post(ann, room, act(Act::Kick { who: who("bob") })).expect("stored");
    assert_eq!(house.post_as(bob, room, 1_000, text("hello")), Ok(number));
}

#[test]
fn texts_are_edited_by_their_author_and_taken_back_by_moderators_too() {
    let Three { mut house, ann, bob, cat, room } = three();
    let number = house.post(bob, room, text("teh cat")).expect("stored");
    assert_eq!(house.post(cat, room, Body::Edit { of: number, text: "the dog".into() }), Err(Refusal::NotYours));
    house.post(bob, room, Body::Edit { of: number, text: "the cat".into() }).expect("stored");
    assert_eq!(house.post(cat, room, Body::Delete { of: number }), Err(Refusal::NotYours));
    assert_eq!(house.post(cat, room, Body::Reply { to: RoomSeq(77), text: "what?".into() }), Err(Refusal::NoSuchEntry));
    assert_eq!(house.post(cat, room, text("")), Err(Refusal::TextUnfit), "an empty message");
    house.post(ann, room, Body::Delete { of: number }).expect("stored");
    assert_eq!(house.post(cat, room, Body::Reply { to: number, text: "why?".into() }), Err(Refusal::NoSuchEntry));
    let dan = house.enter(4, "dan");
    house.join(dan, "kitchen").expect("in");
    assert_eq!(house.texts(dan, room), [""; 0], "neither the text nor its edit");
    let search = Request::Search { room: None, words: "cat".into(), after: None, count: 10 };
    let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(dan, search) else { panic!("no answer") };
    assert_eq!(hits, []);
}

#[test]
fn direct_messages_reach_who_is_away_and_nobody_else() {
    let mut house = House::new();
    let (ann, cat) = (house.enter(1, "ann"), house.enter(3, "cat"));
    let bob = house.enter(2, "bob");
    house.chat.ended(bob, &endpoint::Ended::Offline, house.now);
    let direct = |to: &str| Request::Direct { to: to.to_owned(), from: From::Recent(10) };
    let room = room_of(house.ask(ann, direct("bob")).expect("open")).id;
    house.post(ann, room, text("are you there?")).expect("stored");
    assert_eq!(house.post(ann, room, Body::Topic("secret".into())), Err(Refusal::NotAllowed));
    assert_eq!(house.post(cat, room, text("me too")), Err(Refusal::NotMember));
    let bob = house.enter(2, "bob");
    house.ask(bob, direct("ann")).expect("open");
    assert_eq!(house.texts(bob, room), ["are you there?"]);
    assert_eq!(house.ask(cat, direct("nobody")), Err(Refusal::NoSuchAccount));
}

#[test]
fn a_cursor_beyond_the_head_is_one_of_a_log_that_is_gone() {
    let Three { mut house, ann, bob, room, .. } = three();
    house.post(ann, room, text("one")).expect("stored");
    let log = house.chat.tables.rooms.get(room).map(|room| room.state.log).expect("there");
    house.heard(bob);
    let from = From::After(log, RoomSeq(1_000));
    let Ok(Answer::Joined { after, .. }) = house.ask(bob, Request::Join { room: "kitchen".into(), from }) else {
        panic!()
    };
    assert_eq!(after, RoomSeq(0), "it begins anew");
    house.recorded(bob, room, RoomSeq(u64::MAX));
    house.post(ann, room, text("two")).expect("stored");
    assert_eq!(house.texts(bob, room), ["one", "two"]);
    let reach = house.ask(ann, Request::Delivery { room, number: RoomSeq(2) }).expect("a reach");
    assert!(matches!(reach, Answer::Delivery(reach) if reach.delivered == 0), "what was not there was not delivered");
}

#[test]
fn who_comes_while_a_ban_is_on_its_way_is_judged_by_it() {
    let mut house = House::new();
    let (olga, vic, bob) = (house.enter(1, "olga"), house.enter(2, "vic"), house.enter(3, "bob"));
    let door = house.join(olga, "door").expect("made").id;
    let ban = |who: &str| Body::Act(Act::Ban { who: who.to_owned(), until: None });
    // The store is slow: nothing of this is durable before the last of it is asked for.
    house.is_slow = true;
    house.post_without_answer(olga, door, ban("vic"));
    house.ask_without_answer(vic, join("door"));
    house.ask_without_answer(bob, join("door"));
    house.is_slow = false;
    house.settle();
    let answers = |heard: Vec<Told>| -> Vec<_> {
        let answer = |told| match told {
            Told::Down(Down::Answer(_, answer)) => Some(answer.map(drop)),
            Told::Down(_)
            | Told::Bulk(_)
            | Told::Entry(..)
            | Told::Typing(_)
            | Told::Presence(_)
            | Told::Closed(..) => None,
        };
        heard.into_iter().filter_map(answer).collect()
    };
    assert_eq!(answers(house.heard(vic)), [Err(Refusal::Banned)]);
    assert_eq!(answers(house.heard(bob)), [Ok(())]);
    assert_eq!(house.chat.tables.rooms.get(door).map(|room| room.state.members.len()), Some(2));
    let again = house.restarted();
    assert_eq!(
        again.chat.tables.rooms.get(door).map(|room| room.state.members.len()),
        Some(2),
        "and so says the store"
    );
}

#[test]
fn who_could_not_leave_is_a_member_still() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.ask(bob, Request::Read { room, upto: RoomSeq(0), is_private: false }).expect("read");
    house.is_slow = true;
    house.ask_without_answer(bob, Request::Leave { room });
    let batch = house.chat.out.commits.next().expect("something to store");
    assert!(matches!(batch[..], [Write::Leave { .. }]), "{batch:?}");
    house.chat.done(Done::Committed(Err(chinwag_store::StoreError::Full)), house.now);
    house.is_slow = false;
    house.settle();
    let told = house.heard(bob);
    let is_refused = |told: &Told| matches!(told, Told::Down(Down::Answer(_, Err(Refusal::StoreFull))));
    assert!(told.iter().any(is_refused), "{told:?}");
    assert_eq!(house.chat.tables.rooms.get(room).map(|room| room.state.members.len()), Some(2), "as the store has it");
    house.join(bob, LOBBY).expect("in");
    house.ask(bob, Request::Leave { room }).expect("left");
    assert_eq!(house.chat.tables.rooms.get(room).map(|room| room.state.members.len()), Some(1));
    assert_eq!(house.restarted().chat.tables.rooms.get(room).map(|room| room.state.members.len()), Some(1));
}

#[test]
fn what_the_disk_had_no_room_for_slows_nobody() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.post(ann, room, Body::Act(Act::Set(Fact::Slow(60)))).expect("slow");
    house.is_slow = true;
    house.post_without_answer(bob, room, text("too much"));
    assert!(house.chat.out.commits.next().is_some());
    house.chat.done(Done::Committed(Err(chinwag_store::StoreError::Full)), house.now);
    house.is_slow = false;
    house.settle();
    house.post(bob, room, text("once more")).expect("stored");
    assert_eq!(house.post(bob, room, text("and again")), Err(Refusal::SlowMode));
}

/// What a device that saw so much of the room in this epoch is told when it comes in: where it begins, and whether the log went back.
fn comes_back(house: &mut House, who: SessionId, room: &str, marks: Vec<Mark>, upto: u64) -> (u64, Option<u64>, Epoch) {
    let log = house
        .chat
        .tables
        .rooms
        .named(room)
        .and_then(|id| house.chat.tables.rooms.get(id))
        .map(|room| room.state.log)
        .expect("there");
    let from = From::Seen { log, marks, begin: Begin::After(RoomSeq(upto)) };
    match house.ask(who, Request::Join { room: room.to_owned(), from }) {
        Ok(Answer::Entered { after, back_to, epoch, .. }) => (after.0, back_to.map(|back| back.0), epoch),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_device_that_saw_more_than_the_store_has_begins_where_the_logs_part() {
    let Three { mut house, ann, bob, room, .. } = three();
    for n in 1..=3 {
        house.post(ann, room, text(&format!("m{n}"))).expect("stored");
    }
    let (after, back_to, epoch) = comes_back(&mut house, bob, "kitchen", Vec::new(), 2);
    assert_eq!((after, back_to), (2, None));
    let mark = |epoch, upto| Mark { epoch, upto: RoomSeq(upto) };
    let mut told = |marks: Vec<Mark>, upto| {
        let (after, back_to, _) = comes_back(&mut house, bob, "kitchen", marks, upto);
        (after, back_to)
    };
    assert_eq!(told(vec![mark(epoch, 3)], 2), (2, None));
    assert_eq!(told(vec![mark(epoch, 9)], 9), (3, Some(3)), "in this epoch there were no nine");
    let other = Epoch(epoch.0 ^ 1);
    assert_eq!(told(vec![mark(other, 3)], 3), (0, Some(0)), "an epoch that is not known");
    assert_eq!(told(vec![mark(other, 3), mark(epoch, 1)], 3), (1, Some(1)), "what was seen before it still holds");
    let many = (0..MARKS_MAX as u64).map(|n| mark(Epoch(other.0 ^ (n << 8)), 3)).chain([mark(epoch, 1)]).collect();
    assert_eq!(told(many, 3), (0, Some(0)), "no more marks than the protocol has are looked at");
}

#[test]
fn what_one_device_claims_changes_nothing_for_the_others() {
    let Three { mut house, ann, bob, room, .. } = three();
    house.post(ann, room, text("one")).expect("stored");
    let before = house.chat.tables.rooms.get(room).map(|room| (room.state.log, room.state.head));
    let (_, _, epoch) = comes_back(&mut house, ann, "kitchen", Vec::new(), 1);
    for n in 0..5 {
        let lie = Mark { epoch: Epoch(7 + n), upto: RoomSeq(u64::MAX) };
        assert_eq!(comes_back(&mut house, bob, "kitchen", vec![lie], 1), (0, Some(0), epoch));
    }
    let warned = house.notices.drain(..).filter(|notice| matches!(notice, Notice::WentBack { .. })).count();
    assert_eq!(warned, 1, "the operator is told once");
    assert_eq!(house.chat.tables.rooms.get(room).map(|room| (room.state.log, room.state.head)), before);
    let mark = Mark { epoch, upto: RoomSeq(1) };
    assert_eq!(comes_back(&mut house, ann, "kitchen", vec![mark], 1), (1, None, epoch));
}

#[test]
fn who_declines_an_invitation_is_not_asked_again_after_a_login_and_may_be_invited_anew() {
    let mut house = House::new();
    house.enter(99, "root");
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let phone = house.enter(2, "bob");
    let den = room_of(house.ask(ann, create("den", Access::Private, None)).expect("made")).id;
    house.post(ann, den, act(Act::Invite { who: who("bob") })).expect("stored");
    for session in [ann, bob, phone] {
        house.heard(session);
    }
    assert_eq!(house.ask(bob, Request::Leave { room: den }), Ok(Answer::Left));
    let on_the_phone = house.heard(phone);
    let is_out = |told: &Told| matches!(told, Told::Down(Down::Room(info)) if info.standing == Standing::Out);
    assert!(matches!(&on_the_phone[..], [told] if is_out(told)), "{on_the_phone:?}");
    assert_eq!(house.heard(ann), [], "who invited is told nothing");
    assert_eq!(house.join(bob, "den"), Err(Refusal::NoSuchRoom));
    let mut house = house.restarted();
    let bob = house.connect(2);
    let welcome = house.ask(bob, login("bob"));
    assert!(matches!(&welcome, Ok(Answer::Welcome { rooms, .. }) if rooms.is_empty()), "{welcome:?}");
    let ann = house.enter(1, "ann");
    house.join(ann, "den").expect("in");
    // Messages of this life have other ids.
    house.posts = 100;
    house.post(ann, den, act(Act::Invite { who: who("bob") })).expect("stored");
    assert!(house.join(bob, "den").is_ok(), "he changed his mind");
}
