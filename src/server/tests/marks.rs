//! The delivery ladder, read marks, presence and typing.

use chinwag_proto::wire::message::{Away, Reach};

use super::*;

fn read(room: RoomId, upto: RoomSeq, is_private: bool) -> Request {
    Request::Read { room, upto, is_private }
}

fn reaches(told: Vec<Told>) -> Vec<(u64, Reach)> {
    let reach = |told| match told {
        Told::Down(Down::Delivered { number, reach, .. }) => Some((number.0, reach)),
        Told::Down(_) | Told::Bulk(_) | Told::Entry(..) | Told::Typing(_) | Told::Presence(_) | Told::Closed(..) => {
            None
        }
    };
    told.into_iter().filter_map(reach).collect()
}

const fn reach(delivered: u64, read: u64, of: u64) -> Reach {
    Reach { delivered, read, of }
}

#[test]
fn an_author_sees_how_far_the_newest_entry_got() {
    let mut house = House::new();
    let (ann, bob, cat) = (house.enter(1, "ann"), house.enter(2, "bob"), house.enter(3, "cat"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.join(cat, LOBBY).expect("in");
    house.post(ann, room, text("one")).expect("stored");
    let number = house.post(ann, room, text("two")).expect("stored");
    house.heard(ann);
    house.recorded(bob, room, number);
    house.recorded(cat, room, RoomSeq(1));
    assert_eq!(reaches(house.heard(ann)), [], "news is gathered");
    house.pass(200);
    assert_eq!(reaches(house.heard(ann)), [(2, reach(1, 0, 2))]);
    house.ask(cat, read(room, number, false)).expect("done");
    house.ask(bob, read(room, number, true)).expect("done");
    house.pass(200);
    assert_eq!(reaches(house.heard(ann)), [(2, reach(2, 1, 2))], "who keeps it private is not told of");
    assert_eq!(house.ask(ann, Request::Delivery { room, number: RoomSeq(1) }), Ok(Answer::Delivery(reach(2, 1, 2))));
    assert_eq!(reaches(house.heard(bob)), []);
}

#[test]
fn what_was_read_on_one_device_is_read_on_the_other_and_stays_so() {
    let mut house = House::new();
    let phone = house.connect(1);
    let password = Some(secret("correct horse"));
    let register = Request::Register { name: "ann".into(), password, invite: None, device: String::new() };
    house.ask(phone, register).expect("registered");
    let laptop = house.connect(2);
    let enrol = Request::Enrol { name: "ann".into(), password: secret("correct horse"), device: String::new() };
    house.ask(laptop, enrol).expect("enrolled");
    let room = house.join(phone, LOBBY).expect("in").id;
    house.join(laptop, LOBBY).expect("in");
    for n in 1..=3 {
        house.post(phone, room, text(&n.to_string())).expect("stored");
    }
    house.heard(laptop);
    house.ask(phone, read(room, RoomSeq(2), true)).expect("done");
    assert_eq!(house.heard(laptop), [Told::Down(Down::Read { room, upto: RoomSeq(2) })]);
    house.ask(phone, read(room, RoomSeq(1), true)).expect("done");
    assert_eq!(house.heard(laptop), [], "marks only go up");
    house.pass(5_000);
    let mut house = house.restarted();
    let laptop = house.enter(2, "ann");
    assert_eq!(house.join(laptop, LOBBY).expect("in").read, RoomSeq(2));
}

#[test]
fn marks_are_written_together_and_late() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    for n in 1..=50 {
        house.post(ann, room, text("x")).expect("stored");
        house.recorded(ann, room, RoomSeq(n));
    }
    let marks = |house: &House| house.writes.iter().filter(|write| matches!(write, Write::Mark { .. })).count();
    assert_eq!(marks(&house), 0);
    house.pass(5_000);
    assert_eq!(marks(&house), 1);
}

#[test]
fn the_best_of_ones_sessions_is_what_others_see() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.heard(bob);
    house.ask(ann, Request::Away(Away::Away("lunch".into()))).expect("done");
    assert_eq!(house.heard(bob), [Told::Presence(room)]);
    let second = house.enter(1, "ann");
    house.join(second, LOBBY).expect("in");
    assert_eq!(house.heard(bob), [Told::Presence(room)], "she is here again, elsewhere");
    house.ask(ann, Request::Away(Away::Idle)).expect("done");
    assert_eq!(house.heard(bob), []);
    let long = "x".repeat(chinwag_proto::limits::STATUS_MAX_LEN + 1);
    assert_eq!(house.ask(ann, Request::Away(Away::Away(long))), Err(Refusal::TooLarge));
}

#[test]
fn typing_is_passed_on_to_the_others_and_not_too_often() {
    let mut house = House::new();
    let (ann, bob, cat) = (house.enter(1, "ann"), house.enter(2, "bob"), house.enter(3, "cat"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    for id in [ann, bob, cat] {
        house.heard(id);
    }
    for _ in 0..5 {
        house.receive(ann, Channel::Typing(room), 0, &[1]);
    }
    assert_eq!(house.heard(bob), [Told::Typing(room)]);
    house.pass(1_000);
    house.receive(ann, Channel::Typing(room), 0, &[1]);
    house.receive(cat, Channel::Typing(room), 0, &[3]);
    assert_eq!(house.heard(bob), [Told::Typing(room)], "from members only");
    assert_eq!((house.heard(ann), house.heard(cat)), (vec![], vec![]));
}
