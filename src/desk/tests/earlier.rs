//! What an earlier program of this device had said and nobody has answered.

use chinwag_client_core::{Ask, Denial, Reference, Reply, SavedPost};
use chinwag_proto::wire::id::ClientMsgId;
use chinwag_proto::wire::message::{Post, Reach, Wire as _};

use super::*;

fn id(counter: u64) -> ClientMsgId {
    ClientMsgId { start: 5, counter }
}

fn saved(counter: u64, room: &str, reference: Reference, body: Body) -> SavedPost {
    let post = Post { id: id(counter), body }.encode();
    SavedPost { id: id(counter), room: room.into(), post, reference, makes_room: true }
}

fn text(text: &str) -> Body {
    Body::Text(text.into())
}

/// A desk before there is a connection.
fn opens(manner: Manner, posts: &[SavedPost]) -> Seat {
    let mut desk = Desk::new(manner, "ann", BTreeSet::new(), "Lobby", UTC, Now::default());
    desk.take_over(posts);
    Seat { desk }
}

fn three() -> Vec<SavedPost> {
    vec![
        saved(1, "#lobby", Reference::Open, text("one")),
        saved(2, "@bob", Reference::Open, text("psst")),
        saved(3, "#lobby", Reference::Open, text("typo quueued")),
    ]
}

fn rows(seat: &Seat, room: &str) -> Vec<(u64, String)> {
    let row = |(tag, pending): (u64, &Pending)| (tag, pending.deed.body.text().unwrap_or("(an act)").to_owned());
    seat.desk.waiting_rows_in(room).map(row).collect()
}

#[test]
fn its_rows_stand_in_their_rooms_and_order_and_are_counted() {
    let mut seat = opens(ROOMS, &three());
    assert_eq!(rows(&seat, seat.desk.room()), [(1, "one".into()), (3, "typo quueued".into())]);
    assert_eq!(rows(&seat, "@bob"), [(2, "psst".into())]);
    assert!(seat.desk.rooms().any(|(name, _)| name == "@bob"), "one sees where something waits");
    assert_eq!((seat.desk.pending_len(), seat.desk.unsaid()), (3, Some(Unsaid { count: 3, kept: 3, lost: 0 })));
    assert!(seat.desk.all_is_answered(), "nothing that this program has said waits");
    assert_eq!(seat.said(), [], "they are seen");
    // What is said now stands below them, under a number of its own.
    assert_eq!(tag(&seat.types("later")), 4);
    // The room is spelled as its server has it.
    seat.enters("#lobby");
    assert_eq!(rows(&seat, "#lobby").len(), 3);
}

#[test]
fn where_no_rows_are_drawn_it_is_told_once() {
    for manner in [LINES, PIPE] {
        let mut seat = opens(manner, &three());
        let rooms = [("#Lobby".to_owned(), 2), ("@bob".to_owned(), 1)].into();
        let what = Deed { body: text("typo quueued"), row: None };
        let last = ("#Lobby".to_owned(), what.clone());
        assert_eq!(seat.said(), [AboutMessage::Earlier { rooms, last }.into()]);
        assert_eq!(seat.desk.unanswered_tags().count(), 0, "and not told once more as on its way");
        seat.enters("#lobby");
        seat.stored(3, 8);
        let sent = AboutMessage::SentFromBefore { what, room: "#lobby".into() };
        assert_eq!(seat.said(), [sent.into()]);
        let mut none = opens(manner, &[]);
        assert_eq!(none.said(), []);
    }
}

#[test]
fn the_newest_of_it_is_what_a_line_about_the_last_one_means() {
    for manner in MANNERS {
        let mut seat = opens(manner, &three());
        assert_eq!(edit_of(&seat.types("/edit ^ typo queued")), Err(3));
        assert_eq!(edit_of(&seat.types("/delete ^")), Err(3));
        assert_eq!(edit_of(&seat.types("/edit ^ 1")), Err(1), "the newest is about to be taken back");
        assert_eq!(edit_of(&seat.types("/delete ~1")), Err(1));
    }
}

#[test]
fn what_the_server_had_already_becomes_that_message_and_is_shown_once() {
    for manner in MANNERS {
        let mut seat = opens(manner, &three());
        // It came to this device before, and its answer was lost with the program.
        seat.desk.notice(Notice::Joined {
            room: ROOM,
            name: "#lobby".into(),
            after: RoomSeq(7),
            head: RoomSeq(7),
            skipped: 0,
        });
        seat.stored(1, 7);
        assert_eq!(rows(&seat, "#lobby"), [(3, "typo quueued".into())]);
        // It comes now, before its answer or after it.
        seat.says(8, OWN, "typo quueued");
        seat.stored(3, 8);
        assert_eq!(rows(&seat, "#lobby"), []);
        assert_eq!(edit_of(&seat.types("/edit ^ typo queued")), Ok(8));
    }
}

#[test]
fn what_is_refused_of_it_is_told_as_from_before_and_is_no_failure_of_this_program() {
    for manner in MANNERS {
        let mut seat = opens(manner, &three());
        seat.said();
        seat.refused(2, Refusal::NoSuchAccount);
        let (what, why) = (Deed { body: text("psst"), row: None }, Why::Refused(Refusal::NoSuchAccount));
        let refused = AboutMessage::Refused { what, why, room: "@bob".into(), whence: Whence::Before };
        assert_eq!(seat.said(), [refused.into()]);
        assert_eq!((seat.desk.failed(), seat.desk.take_answered()), (0, 0));
    }
}

#[test]
fn a_queued_change_of_it_belongs_to_its_row_and_a_queued_act_has_one_of_its_own() {
    let said = |counter| Reference::Said(id(counter));
    let edit = Body::Edit { of: RoomSeq(0), text: "otherwise".into() };
    let react = Body::React { of: RoomSeq(4), emoji: "👍".into(), is_set: true };
    let posts = [
        saved(1, "#lobby", Reference::Open, text("so")),
        saved(2, "#lobby", said(1), edit),
        saved(3, "#lobby", Reference::Open, text("oops")),
        saved(4, "#lobby", said(3), Body::Delete { of: RoomSeq(0) }),
        saved(5, "#lobby", Reference::Open, react),
    ];
    let seat = opens(ROOMS, &posts);
    let tags: Vec<u64> = rows(&seat, "#Lobby").into_iter().map(|(tag, _)| tag).collect();
    assert_eq!(tags, [1, 3, 5]);
    assert_eq!(seat.desk.reading_of(1).and_then(|deed| deed.body.text()), Some("otherwise"));
    assert_eq!([1, 3].map(|tag| seat.desk.is_being_deleted(tag)), [false, true]);
    assert_eq!(seat.desk.waiting_row_before("#Lobby", 5), Some(3));
    assert_eq!((seat.desk.waiting_row_after("#Lobby", 1), seat.desk.waiting_row(2)), (Some(3), None));
}

#[test]
fn a_change_of_what_was_not_sent_is_in_its_row_and_no_second_message() {
    for manner in MANNERS {
        let mut seat = Seat::new(manner);
        let lunch = tag(&seat.types("lunhc?"));
        let change = tag(&seat.types("/edit ^ lunch?"));
        seat.desk.notice(Notice::Reworded { tag: change, about: lunch });
        assert_eq!(rows(&seat, "#lobby"), [(lunch, "lunch?".into())]);
        let told = if manner == ROOMS { vec![] } else { vec![AboutMessage::Reworded.into()] };
        assert_eq!((seat.said(), seat.desk.take_answered(), seat.desk.pending_len()), (told, 1, 1));
        assert_eq!(edit_of(&seat.types("/edit ^ lunch!")), Err(lunch));
    }
}

/// What the server is asked of how far messages of #lobby got.
fn asked_reach(seat: &mut Seat) -> Vec<(u64, u64)> {
    let asked = |command| {
        let Command::Ask { tag, ask: Ask::Delivery { number, .. } } = command else { return None };
        Some((tag, number.0))
    };
    seat.desk.take_commands().into_iter().filter_map(asked).collect()
}

/// A page of #lobby that was asked for comes, with what ann and bob said in turn.
fn pages(seat: &mut Seat, numbers: std::ops::RangeInclusive<u64>) {
    seat.desk.page("#lobby", RoomSeq(numbers.end() + 1));
    let is_page = |command: &Command| matches!(command, Command::Ask { ask: Ask::History { .. }, .. });
    let Some(Command::Ask { tag, .. }) = seat.desk.take_commands().into_iter().find(is_page) else { panic!("no page") };
    let entry = |n: u64| Entry {
        at: WallTime::from_unix_millis(0),
        author: AccountId(1 + n % 2),
        name: ["ann", "bob"][usize::from(n % 2 == 1)].to_owned(),
        body: text("said before"),
    };
    let entries = numbers.map(|n| (RoomSeq(n), entry(n))).collect();
    let page = Reply::History { room: "#lobby".into(), entries, is_more: false };
    seat.desk.notice(Notice::Answered { tag, result: Ok(page) });
}

fn reach(delivered: u64, read: u64, of: u64) -> Result<Reply, Denial> {
    Ok(Reply::Delivery(Reach { delivered, read, of }))
}

#[test]
fn how_far_earlier_messages_got_is_asked_of_the_server_until_all_have_read_one() {
    let mut seat = Seat::new(ROOMS);
    pages(&mut seat, 1..=9);
    let [(tag, 8)] = asked_reach(&mut seat)[..] else { panic!("the newest of ann's") };
    seat.desk.notice(Notice::Answered { tag, result: reach(1, 0, 2) });
    let [(tag, 6)] = asked_reach(&mut seat)[..] else { panic!("the one before it") };
    seat.desk.notice(Notice::Answered { tag, result: reach(2, 2, 2) });
    assert_eq!(asked_reach(&mut seat), [], "all have read what was before that, too");
    let room = seat.desk.in_view().expect("#lobby");
    let mark = |read, delivered| Some(DeliveryState::Reached(Reach { delivered, read, of: 2 }));
    assert_eq!([8, 6, 4, 2].map(|n| room.delivery_state(RoomSeq(n))), [mark(0, 1), mark(2, 2), mark(2, 2), mark(2, 2)]);
    // It is known who the user is, so that the last message is known, too.
    assert_eq!(edit_of(&seat.types("/edit ^ otherwise")), Ok(8));
}

#[test]
fn how_far_messages_got_is_asked_of_a_few_and_a_refusal_is_no_news() {
    let mut seat = Seat::new(ROOMS);
    pages(&mut seat, 1..=99);
    let mut asked = 0;
    while let [(tag, _)] = asked_reach(&mut seat)[..] {
        asked += 1;
        seat.desk.notice(Notice::Answered { tag, result: reach(1, 0, 2) });
    }
    assert_eq!(asked, 16);
    seat.enters("#lobby");
    let [(tag, _)] = asked_reach(&mut seat)[..] else { panic!("on a new link it goes on") };
    seat.said();
    seat.desk.notice(Notice::Answered { tag, result: Err(Denial::Refused(Refusal::OutOfScope)) });
    assert_eq!((asked_reach(&mut seat), seat.said(), seat.desk.failed()), (vec![], vec![], 0));
    // Where nobody sees a mark, nobody asks.
    let mut lines = Seat::new(LINES);
    lines.says(2, OWN, "said before");
    assert_eq!(asked_reach(&mut lines), []);
}
