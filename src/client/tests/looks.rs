//! Rooms that are only looked at.

use chinwag_proto::wire::message::Hit;

use super::super::Found;
use super::*;

#[test]
fn what_a_search_found_is_told_once_all_its_rooms_have_names() {
    let mut script = Script::new(Config::new("ann"));
    script.welcomes(vec![]);
    let words = String::from("zebra");
    script.state.ask_for(5, Ask::Search { room: None, words, after: None, count: 9 });
    let (request, _) = script.only();
    let entry = |number| Entry {
        at: WallTime::from_unix_millis(number),
        author: AccountId(1),
        name: "bob".into(),
        body: Body::Text("zebra".into()),
    };
    let hit = |room, number| Hit { room: RoomId(room), number: RoomSeq(number), entry: entry(number).encode() };
    let found = Bulk::Found { request, hits: vec![hit(7, 3), hit(8, 2), hit(7, 1)], next: None };
    script.notices();
    script.state.bulk(&found.encode());
    let asked = script.asked();
    let [(first, Request::Look(Which::Numbered(RoomId(7)))), (second, Request::Look(Which::Numbered(RoomId(8))))] =
        asked[..]
    else {
        panic!("each once: {asked:?}")
    };
    let seven = RoomInfo { id: RoomId(7), kind: RoomKind::Named("hall".into()), ..info(Standing::Out) };
    script.answers(first, Ok(Answer::Room(seven)));
    assert!(script.notices().is_empty(), "one name is missing");
    // It was closed meanwhile: what lies in it is not told.
    script.answers(second, Err(Refusal::NoSuchRoom));
    let told = |number| Found { room: "#hall".into(), number: RoomSeq(number), entry: entry(number) };
    let reply = Reply::Found { hits: vec![told(3), told(1)], next: None };
    assert_eq!(script.notices(), vec![Notice::Answered { tag: 5, result: Ok(reply) }]);
}

#[test]
fn a_room_that_is_not_there_is_not_made_by_entering_it() {
    let mut script = Script::new(Config::new("ann"));
    script.welcomes(vec![]);
    script.state.join("typo", Entering::Existing, Start::Recent(0));
    script.state.post(1, "typo", None, Body::Text("into the void".into()));
    let (id, request) = script.only();
    assert_eq!(request, Request::Look(Which::Named("typo".into())));
    script.answers(id, Err(Refusal::NoSuchRoom));
    let notices = script.notices();
    let denied = Notice::Denied { request: Attempt::Join("#typo".into()), reason: Refusal::NoSuchRoom };
    assert!(notices.contains(&denied), "{notices:?}");
    assert!(notices.contains(&Notice::Refused { tag: 1, reason: Refusal::NoSuchRoom }), "{notices:?}");
    assert!(script.asked().is_empty());
    script.state.join("hall", Entering::Existing, Start::Recent(0));
    let (id, _) = script.only();
    let hall = RoomInfo { kind: RoomKind::Named("hall".into()), ..info(Standing::Out) };
    script.answers(id, Ok(Answer::Room(hall)));
    assert!(matches!(script.only().1, Request::Join { room, .. } if room == "hall"));
}
