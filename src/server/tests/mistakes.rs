//! Bad input, one test each: whoever sends it is told what is wrong, nothing is stored of it, and nothing that is there is
//! lost.

use chinwag_proto::limits::{NAME_MAX_LEN, TEXT_MAX_LEN};
use chinwag_proto::wire::message::{Act, Away, Fact, Position};

use super::*;
use chinwag_store::{Page, Range, Snapshot};

/// Everything that a store has.
#[derive(Debug, PartialEq)]
struct Contents {
    snapshot: Snapshot,
    logs: Vec<Page>,
}

fn contents(house: &mut House) -> Contents {
    let snapshot = house.store.snapshot().expect("readable");
    let range = |room| Range { room, after: RoomSeq(0), count: 1_000, bytes: 1 << 20 };
    let logs = snapshot.rooms.iter().map(|room| house.store.load(range(room.id)).expect("readable")).collect();
    Contents { snapshot, logs }
}

/// Makes a mistake. The store has afterwards what it had before, and whoever makes it can go on.
fn unharmed<T>(house: &mut House, mistake: impl FnOnce(&mut House) -> T) -> T {
    let before = contents(house);
    let answer = mistake(house);
    assert_eq!(contents(house), before);
    answer
}

/// Ann, and the room in which she has said something; nobody has logged in at the other session.
fn house() -> (House, SessionId, RoomId, SessionId) {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    house.post(ann, room, text("hello")).expect("stored");
    let stranger = house.connect(2);
    (house, ann, room, stranger)
}

fn names_are_refused(wrong: &[&str]) {
    let (mut house, ann, _, stranger) = house();
    for name in wrong {
        let invalid = Err(Refusal::NameInvalid);
        assert_eq!(unharmed(&mut house, |house| house.ask(stranger, login(name))), invalid, "{name:?}");
        let register = Request::Register {
            name: (*name).to_owned(),
            password: Some(secret("correct horse")),
            invite: None,
            device: String::new(),
        };
        assert_eq!(unharmed(&mut house, |house| house.ask(stranger, register)), invalid, "{name:?}");
        assert_eq!(unharmed(&mut house, |house| house.ask(ann, join(name))), invalid, "{name:?}");
        let create = create(name, Access::Public, None);
        assert_eq!(unharmed(&mut house, |house| house.ask(ann, create)), invalid, "{name:?}");
    }
    assert!(house.ask(stranger, login("bob")).is_ok(), "with a name that is one it goes on");
}

#[test]
fn a_name_with_control_characters_is_refused() {
    names_are_refused(&["a\u{7}b", "\u{1b}[31mann", "ann\n", "a\0b", "a\u{85}b", "a\u{7f}b"]);
}

#[test]
fn a_name_with_bidirectional_characters_is_refused() {
    names_are_refused(&["a\u{202e}b", "a\u{2066}b\u{2069}", "\u{200f}ann", "ann\u{61c}", "a\u{200b}b", "a\u{feff}b"]);
}

#[test]
fn a_name_of_300_octets_is_refused() {
    names_are_refused(&[&"x".repeat(300), &"安".repeat(100), &"x".repeat(NAME_MAX_LEN + 1), "", " "]);
}

#[test]
fn a_confusable_twin_of_a_name_is_refused() {
    let (mut house, ann, _, stranger) = house();
    house.enter(3, "paypal");
    for twin in ["раураl", "paypaI", "pаypal"] {
        let confusable = Err(Refusal::NameConfusable);
        assert_eq!(unharmed(&mut house, |house| house.ask(stranger, login(twin))), confusable, "{twin}");
    }
    for twin in ["lоbby", "l0bby", "1obby"] {
        let confusable = Err(Refusal::NameConfusable);
        assert_eq!(unharmed(&mut house, |house| house.ask(ann, join(twin))), confusable, "{twin}");
        let create = create(twin, Access::Private, None);
        assert_eq!(unharmed(&mut house, |house| house.ask(ann, create)), confusable, "{twin}");
    }
    assert!(house.ask(stranger, login("lobby")).is_ok(), "rooms are no accounts");
}

#[test]
fn an_empty_message_is_refused() {
    let (mut house, ann, room, _) = house();
    let number = house.post(ann, room, text("to be changed")).expect("stored");
    let empty = String::new;
    for body in [
        Body::Text(empty()),
        Body::Reply { to: number, text: empty() },
        Body::Edit { of: number, text: empty() },
        Body::React { of: number, emoji: empty(), is_set: true },
    ] {
        let refused = Err(Refusal::TextUnfit);
        assert_eq!(unharmed(&mut house, |house| house.post(ann, room, body.clone())), refused, "{body:?}");
    }
    let long = Body::Text("x".repeat(TEXT_MAX_LEN + 1));
    assert_eq!(unharmed(&mut house, |house| house.post(ann, room, long)), Err(Refusal::TooLarge));
    assert_eq!(house.post(ann, room, text("a word")), Ok(RoomSeq(3)), "nothing took its number");
}

#[test]
fn a_line_that_others_would_not_see_or_be_harmed_by_is_refused_wherever_it_is_to_go() {
    let (mut house, ann, room, stranger) = house();
    for wrong in ["\u{200b}", "a\u{202e}b", "\x1b[2J", "one\ntwo", "a\u{2028}b", " "] {
        let (refused, line) = (Err(Refusal::TextUnfit), wrong.to_owned());
        let react = Body::React { of: RoomSeq(1), emoji: line.clone(), is_set: true };
        assert_eq!(unharmed(&mut house, |house| house.post(ann, room, react)), refused, "{wrong:?}");
        let topic = Body::Topic(line.clone());
        assert_eq!(unharmed(&mut house, |house| house.post(ann, room, topic)), refused, "{wrong:?}");
        let refused = Err(Refusal::TextUnfit);
        let away = Request::Away(Away::Away(line.clone()));
        assert_eq!(unharmed(&mut house, |house| house.ask(ann, away)), refused, "{wrong:?}");
        let register = Request::Register { name: "eve".into(), password: None, invite: None, device: line.clone() };
        assert_eq!(unharmed(&mut house, |house| house.ask(stranger, register)), refused, "{wrong:?}");
        let scopes = chinwag_store::Scopes { read: true, write: false, rooms: None };
        let token = Operation::MakeToken { account: "ann".into(), hash: [7; 32], label: line, scopes, until: None };
        let answered = Notice::Answered(OperatorTag(1), Err(Refusal::TextUnfit));
        assert_eq!(unharmed(&mut house, |house| house.operate(token)), answered, "{wrong:?}");
    }
    house.ask(ann, Request::Away(Away::Away("lunch, à bientôt".into()))).expect("an honest line");
}

#[test]
fn what_fts_reads_as_syntax_is_words() {
    let (mut house, ann, _, _) = house();
    for words in [
        "\"",
        "\"\"",
        "hello\"",
        "hello OR NOT",
        "hello AND (",
        "NEAR(hello, 1)",
        "^hello",
        "hello*",
        "text:hello",
        "room : hello",
        "{text room} : hello",
        "-hello",
        "hello + hello",
        "'; DROP TABLE entries; --",
        "hello\0world",
        "%",
        "\u{202e}hello",
    ] {
        let search = Request::Search { room: None, words: words.to_owned(), after: None, count: 100 };
        let found = unharmed(&mut house, |house| house.ask_bulk(ann, search));
        let has_words = words.chars().any(char::is_alphanumeric);
        match found {
            Ok(Bulk::Found { .. }) if has_words => {}
            Err(Refusal::QueryUnfit) if !has_words => {}
            other => panic!("{words:?}: {other:?}"),
        }
    }
    let search = Request::Search { room: None, words: "hello*".to_owned(), after: None, count: 100 };
    let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(ann, search) else { panic!("no answer") };
    assert_eq!(hits.len(), 1, "and what is there is found");
}

#[test]
fn an_id_with_another_body_is_refused() {
    let (mut house, ann, room, _) = house();
    let number = house.post_as(ann, room, 1_000, text("first")).expect("stored");
    for other in [text("second"), Body::Delete { of: number }, Body::Act(Act::Set(Fact::Slow(9)))] {
        assert_eq!(unharmed(&mut house, |house| house.post_as(ann, room, 1_000, other)), Err(Refusal::IdReused));
    }
    let other_room = house.join(ann, "attic").expect("in").id;
    assert_eq!(
        unharmed(&mut house, |house| house.post_as(ann, other_room, 1_000, text("first"))),
        Err(Refusal::IdReused)
    );
    assert_eq!(
        unharmed(&mut house, |house| house.post_as(ann, room, 1_000, text("first"))),
        Ok(number),
        "the first stands"
    );
}

#[test]
fn a_cursor_beyond_the_head_counts_as_the_head() {
    let (mut house, ann, room, _) = house();
    house.recorded(ann, room, RoomSeq(u64::MAX));
    house.ask(ann, Request::Read { room, upto: RoomSeq(u64::MAX), is_private: false }).expect("done");
    house.ask(ann, Request::Read { room, upto: RoomSeq(0), is_private: false }).expect("done");
    house.pass(60_000);
    let rooms = house.store.snapshot().expect("readable").rooms;
    let member = rooms[0].members[0];
    let marks = (member.delivered, member.read, member.shown_read);
    assert_eq!(marks, (RoomSeq(1), RoomSeq(1), RoomSeq(1)), "no mark is stored beyond what there is");
    for position in
        [Position::After(RoomSeq(u64::MAX)), Position::Around(RoomSeq(u64::MAX)), Position::Before(RoomSeq(0))]
    {
        let history = Request::History { room, position, count: 10 };
        let page = unharmed(&mut house, |house| house.ask_bulk(ann, history));
        assert!(matches!(page, Ok(Bulk::History { .. })), "{page:?}");
    }
    let log = house.chat.tables.rooms.get(room).map(|room| room.state.log).expect("there");
    let from = From::After(log, RoomSeq(u64::MAX));
    let joined = unharmed(&mut house, |house| house.ask(ann, Request::Join { room: LOBBY.into(), from }));
    assert!(matches!(joined, Ok(Answer::Joined { after: RoomSeq(0), .. })), "{joined:?}");
    house.post(ann, room, text("the next")).expect("stored");
    assert_eq!(house.texts(ann, room).last().map(String::as_str), Some("the next"), "and nothing is passed over");
}

#[test]
fn the_history_of_a_room_one_may_not_see_is_refused() {
    let (mut house, ann, _, stranger) = house();
    let secret = room_of(house.ask(ann, create("attic", Access::Private, None)).expect("made")).id;
    house.post(ann, secret, text("among us")).expect("stored");
    let listed = room_of(house.ask(ann, create("hall", Access::Invite, None)).expect("made")).id;
    house.ask(stranger, login("eve")).expect("a welcome");
    for (room, reason) in
        [(secret, Refusal::NoSuchRoom), (RoomId(999), Refusal::NoSuchRoom), (listed, Refusal::NotMember)]
    {
        for position in [Position::After(RoomSeq(0)), Position::Around(RoomSeq(1)), Position::Before(RoomSeq(9))] {
            let history = Request::History { room, position, count: 10 };
            assert_eq!(unharmed(&mut house, |house| house.ask_bulk(stranger, history)), Err(reason), "{room}");
        }
        let search = Request::Search { room: Some(room), words: "among".into(), after: None, count: 10 };
        assert_eq!(unharmed(&mut house, |house| house.ask_bulk(stranger, search)), Err(reason), "{room}");
    }
    let search = Request::Search { room: None, words: "among".into(), after: None, count: 10 };
    let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(stranger, search) else { panic!("no answer") };
    assert_eq!(hits, []);
    assert_eq!(unharmed(&mut house, |house| house.post(stranger, secret, text("let me in"))), Err(Refusal::NotMember));
}
