//! History, search and lists.

use chinwag_proto::limits::{PAGE_MAX, PAGE_MAX_BYTES};
use chinwag_proto::wire::message::{Act, Position, Which};

use super::*;

fn history(room: RoomId, position: Position, count: u16) -> Request {
    Request::History { room, position, count }
}

fn search(room: Option<RoomId>, words: &str) -> Request {
    Request::Search { room, words: words.to_owned(), after: None, count: 100 }
}

fn numbers(bulk: Result<Bulk, Refusal>) -> (Vec<u64>, bool) {
    let Ok(Bulk::History { entries, is_more, .. }) = bulk else { panic!("no history: {bulk:?}") };
    (entries.into_iter().map(|entry| entry.number.0).collect(), is_more)
}

#[test]
fn history_comes_in_pages_of_any_part() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    for n in 1..=10 {
        house.pass(1_000);
        house.post(ann, room, text(&format!("message {n}"))).expect("stored");
    }
    let at = |position, count| history(room, position, count);
    assert_eq!(numbers(house.ask_bulk(ann, at(Position::Before(RoomSeq(6)), 3))), (vec![3, 4, 5], true));
    assert_eq!(numbers(house.ask_bulk(ann, at(Position::Before(RoomSeq(3)), 3))), (vec![1, 2], false));
    assert_eq!(numbers(house.ask_bulk(ann, at(Position::After(RoomSeq(8)), 3))), (vec![9, 10], false));
    let since = WallTime::from_unix_millis(house.now.wall.as_unix_millis() - 2_000);
    assert_eq!(numbers(house.ask_bulk(ann, at(Position::Since(since), 100))), (vec![8, 9, 10], false));
    let (around, _) = numbers(house.ask_bulk(ann, at(Position::Around(RoomSeq(5)), 4)));
    assert!(around.contains(&5) && around.len() == 4, "{around:?}");
    assert_eq!(house.ask_bulk(ann, history(RoomId(999), Position::After(RoomSeq(0)), 1)), Err(Refusal::NoSuchRoom));
}

#[test]
fn a_page_is_bounded_whatever_is_asked() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    for _ in 0..8 {
        house.post(ann, room, text(&"x".repeat(PAGE_MAX_BYTES / 4))).expect("stored");
    }
    house.post(ann, room, text(&"y".repeat(chinwag_proto::limits::TEXT_MAX_LEN))).expect("stored");
    let (page, is_more) = numbers(house.ask_bulk(ann, history(room, Position::After(RoomSeq(0)), u16::MAX)));
    assert!((1..=4).contains(&page.len()) && is_more);
    assert_eq!(numbers(house.ask_bulk(ann, history(room, Position::After(RoomSeq(8)), PAGE_MAX))), (vec![9], false));
    assert_eq!(numbers(house.ask_bulk(ann, history(room, Position::After(RoomSeq(0)), 0))).0, [1]);
}

#[test]
fn a_search_finds_words_and_never_operators() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    for said in ["The quick brown fox", "quick thinking", "我们在茶館喝茶", "a \"quoted\" OR -thing NEAR(x)"] {
        house.post(ann, room, text(said)).expect("stored");
    }
    let mut found = |words: &str| match house.ask_bulk(ann, search(None, words)) {
        Ok(Bulk::Found { hits, .. }) => Ok(hits.into_iter().map(|hit| hit.number.0).collect::<Vec<_>>()),
        Ok(other) => panic!("{other:?}"),
        Err(reason) => Err(reason),
    };
    assert_eq!(found("quick"), Ok(vec![2, 1]));
    assert_eq!(found("QUICK bro"), Ok(vec![1]), "all words, the last by its beginning");
    assert_eq!(found("quick br"), Ok(vec![]), "two letters begin nearly everything");
    assert_eq!(found("茶館"), Ok(vec![3]));
    assert_eq!(found("\"quoted\" OR"), Ok(vec![4]));
    assert_eq!(found("NEAR(x) -thing"), Ok(vec![4]));
    assert_eq!(found("text:quick"), Ok(vec![]), "no column is named");
    assert_eq!(found(" \"* "), Err(Refusal::QueryUnfit));
    assert_eq!(found(&"x".repeat(chinwag_proto::limits::SEARCH_MAX_LEN + 1)), Err(Refusal::TooLarge));
}

#[test]
fn lists_are_whole_page_by_page() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    for n in 0..150 {
        house.ask(ann, create(&format!("room-{n:03}"), Access::Public, None)).expect("made");
    }
    let (mut after, mut names) = (String::new(), Vec::new());
    loop {
        let Ok(Bulk::Rooms { rooms, is_more, .. }) = house.ask_bulk(ann, Request::Rooms { after: after.clone() })
        else {
            panic!("no list")
        };
        names.extend(rooms.into_iter().map(|room| room.name));
        after = names.last().cloned().expect("some");
        if !is_more {
            break;
        }
    }
    assert_eq!(names, (0..150).map(|n| format!("room-{n:03}")).collect::<Vec<_>>());
    let room = house.join(ann, "room-000").expect("in").id;
    let Ok(Bulk::Members { members, is_more: false, .. }) =
        house.ask_bulk(ann, Request::Members { room, after: String::new() })
    else {
        panic!("no list")
    };
    assert_eq!(members.len(), 1);
}

/// As if an account had had so much read that it waits for so long.
fn use_up(house: &mut House, name: &str, seconds: u64) {
    let (now, budgets) = (house.now.mono, house.chat.tables.budgets.expect("there are some"));
    let id = house.chat.tables.accounts.named(name).expect("an account");
    let account = house.chat.tables.accounts.get_mut(id).expect("an account");
    let octets = super::super::limits::READ_OCTETS_SAVED_UP + seconds * 1_000 * 16;
    account.read.spend(now, octets, &budgets.read);
}

#[test]
fn whoever_has_had_much_read_waits_and_loses_nothing() {
    let mut house = House::with(Config { octets_per_s: Some(1_000), ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.post(ann, room, text("needle")).expect("stored");
    use_up(&mut house, "ann", 3);
    house.heard(ann);
    house.ask_without_answer(ann, history(room, Position::After(RoomSeq(0)), 10));
    house.ask_without_answer(ann, search(None, "needle"));
    house.pass(2_900);
    assert!(house.heard(ann).is_empty() && house.chat.tables.held.len() == 2, "it waits");
    assert!(house.ask_bulk(bob, search(None, "needle")).is_ok(), "and nobody else");
    house.pass(5_000);
    let told = house.heard(ann);
    assert!(matches!(&told[..], [Told::Bulk(Bulk::History { .. }), Told::Bulk(Bulk::Found { .. })]), "{told:?}");
}

#[test]
fn lists_count_against_what_may_be_read_for_an_account_and_come_again_with_it() {
    let mut house = House::with(Config { octets_per_s: Some(1_000), ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let room = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    use_up(&mut house, "ann", 3);
    let rooms = || Request::Rooms { after: String::new() };
    let members = || Request::Members { room, after: String::new() };
    assert_eq!(house.ask_bulk(ann, rooms()).map(drop), Err(Refusal::Busy));
    assert_eq!(house.ask_bulk(ann, members()).map(drop), Err(Refusal::Busy));
    assert!(house.ask_bulk(bob, rooms()).is_ok() && house.ask_bulk(bob, members()).is_ok(), "and nobody else waits");
    house.pass(4_000);
    assert!(house.ask_bulk(ann, rooms()).is_ok());
    let mut pages = 0;
    while house.ask_bulk(ann, members()).is_ok() {
        pages += 1;
        assert!(pages < 1_000, "whoever asks again and again has nothing left some day");
    }
}

#[test]
fn a_search_costs_something_whatever_it_finds() {
    let mut house = House::with(Config { octets_per_s: Some(1_000), ..Config::default() });
    let ann = house.enter(1, "ann");
    house.join(ann, LOBBY).expect("in");
    house.heard(ann);
    let times = super::super::limits::READ_OCTETS_SAVED_UP / super::super::limits::SEARCH_COST_BYTES;
    for _ in 0..times {
        assert!(house.ask_bulk(ann, search(None, "needle")).is_ok());
    }
    house.ask_without_answer(ann, search(None, "needle"));
    assert_eq!(house.chat.tables.held.len(), 1);
}

#[test]
fn one_account_has_only_so_many_questions_whatever_sessions_it_has() {
    let mut house = House::new();
    let sessions: Vec<_> = (0..4).map(|_| house.enter(1, "ann")).collect();
    use_up(&mut house, "ann", 1_000_000);
    for &id in &sessions {
        house.heard(id);
        (0..8).for_each(|_| house.ask_without_answer(id, search(None, "needle")));
        assert!(house.heard(id).is_empty(), "all of them wait");
    }
    let last = sessions[0];
    assert_eq!(house.ask_bulk(last, search(None, "needle")), Err(Refusal::Busy));
    let now = house.now;
    house.chat.ended(last, &endpoint::Ended::Reset, now);
    house.pass(2_000_000_000);
    assert_eq!((house.chat.tables.held.len(), house.chat.out.queries.len()), (0, 0), "also of those who are gone");
    assert!(house.ask_bulk(sessions[1], search(None, "needle")).is_ok());
}

#[test]
fn who_is_no_member_reads_a_public_room_and_changes_nothing_by_it() {
    let mut house = House::new();
    let (ann, bob, eve) = (house.enter(1, "ann"), house.enter(2, "bob"), house.enter(3, "eve"));
    let room = room_of(house.ask(ann, create("hall", Access::Public, None)).expect("made")).id;
    house.join(bob, "hall").expect("in");
    for said in ["the first word", "the second word"] {
        house.post(ann, room, text(said)).expect("stored");
    }
    let before = house.writes.len();
    let all = || history(room, Position::After(RoomSeq(0)), 10);
    assert_eq!(numbers(house.ask_bulk(eve, all())), (vec![1, 2], false));
    for (place, found) in [(None, 2), (Some(room), 2)] {
        let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(eve, search(place, "word")) else { panic!("no answer") };
        assert_eq!(hits.len(), found);
    }
    let look = |which| Request::Look(which);
    let seen = house.ask(eve, look(Which::Named("Hall".into())));
    let Ok(Answer::Room(info)) = &seen else { panic!("{seen:?}") };
    assert_eq!((info.id, info.head, info.access), (room, RoomSeq(2), Access::Public));
    assert_eq!(house.ask(eve, look(Which::Numbered(room))), seen);
    assert_eq!(house.writes.len(), before, "nothing was stored for that");
    assert!(house.ask_bulk(eve, Request::Members { room, after: String::new() }).is_err(), "she is not in it");
    let Ok(Answer::Delivery(reach)) = house.ask(ann, Request::Delivery { room, number: RoomSeq(2) }) else {
        panic!("no answer")
    };
    assert_eq!(reach.of, 1, "only bob counts");
    assert!(!house.told.get(&eve).is_some_and(|told| told.iter().any(|told| matches!(told, Told::Entry(..)))));
    // Who is kept out does not read either, by whatever account of the device.
    house.post(ann, room, Body::Act(Act::Ban { who: "eve".into(), until: None })).expect("stored");
    let kept_out = |house: &mut House, session| {
        assert_eq!(house.ask_bulk(session, all()), Err(Refusal::Banned));
        assert_eq!(house.ask_bulk(session, search(Some(room), "word")), Err(Refusal::Banned));
        let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(session, search(None, "word")) else { panic!("no answer") };
        assert_eq!(hits, []);
        let Ok(Answer::Room(info)) = house.ask(session, look(Which::Named("hall".into()))) else {
            panic!("it is known")
        };
        assert_eq!((info.head, info.topic.as_str()), (RoomSeq(0), ""));
    };
    kept_out(&mut house, eve);
    assert_eq!(house.ask(eve, look(Which::Named("nowhere".into()))), Err(Refusal::NoSuchRoom));
    house.ask(eve, Request::Unregister { password: None }).expect("done");
    let mia = house.enter(3, "mia");
    kept_out(&mut house, mia);
    // Nor does anyone once it is not public any more.
    let open = Request::Open { room, access: Access::Invite, password: None };
    house.ask(ann, open).expect("done");
    let zoe = house.enter(4, "zoe");
    assert_eq!(house.ask_bulk(zoe, all()), Err(Refusal::NotMember));
}
