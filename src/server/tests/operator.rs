//! What the operator does to a running server: tokens, lists of networks, retention.

use super::*;
use crate::config::Admission;
use crate::notice::QuotaReport;
use crate::quota::{Full, NewQuotas, Quotas};
use chinwag_proto::wire::message::{Act, Fact, Quota};
use chinwag_store::{Outcome, Retention, Scopes};

const DONE: Notice = Notice::Answered(OperatorTag(1), Ok(()));

fn hash(token: &str) -> [u8; 32] {
    chinwag_proto::wire::message::hash(token.as_bytes())
}

fn make_token(token: &str, label: &str, scopes: Scopes, until: Option<WallTime>) -> Operation {
    Operation::MakeToken { account: "ann".into(), hash: hash(token), label: label.into(), scopes, until }
}

fn in_rooms(read: bool, write: bool, rooms: &[&str]) -> Scopes {
    Scopes { read, write, rooms: (!rooms.is_empty()).then(|| rooms.iter().map(|room| (*room).to_owned()).collect()) }
}

#[test]
fn a_token_does_what_it_allows_and_nothing_else() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let builds = house.join(ann, "builds").expect("in").id;
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.post(ann, builds, text("by hand")).expect("stored");
    assert_eq!(house.operate(make_token("t-write", "ci", in_rooms(false, true, &["builds"]), None)), DONE);
    let bot = house.connect(50);
    assert_eq!(house.ask(bot, Request::Token(secret("t-wrong"))), Err(Refusal::TokenInvalid));
    assert!(
        matches!(house.ask(bot, Request::Token(secret("t-write"))), Ok(Answer::Welcome { name, .. }) if name == "ann")
    );
    house.join(bot, "builds").expect("in");
    assert_eq!(house.join(bot, LOBBY), Err(Refusal::OutOfScope));
    assert_eq!(house.join(bot, "elsewhere"), Err(Refusal::OutOfScope));
    house.post(bot, builds, text("build 7 is green")).expect("stored");
    assert_eq!(house.post(bot, lobby, text("hello")), Err(Refusal::NotMember));
    assert_eq!(house.texts(bot, builds), [""; 0], "it does not read");
    let history = Request::History {
        room: builds,
        position: chinwag_proto::wire::message::Position::After(RoomSeq(0)),
        count: 9,
    };
    assert_eq!(house.ask_bulk(bot, history), Err(Refusal::OutOfScope));
    for request in [Request::Devices, Request::Unregister { password: None }, create("x", Access::Public, None)] {
        assert_eq!(house.ask(bot, request), Err(Refusal::OutOfScope));
    }
    assert_eq!(house.texts(ann, builds), ["by hand", "build 7 is green"]);
    house.ask(bot, Request::Leave { room: builds }).expect("left");
    assert!(
        house.chat.tables.rooms.get(builds).is_some_and(|room| room.state.is_member(account(&house, ann))),
        "she stays"
    );
}

#[test]
fn a_revoked_or_rotated_token_is_out_at_once() {
    let mut house = House::new();
    house.enter(1, "ann");
    house.operate(make_token("t-1", "ci", in_rooms(true, true, &[]), None));
    let bot = house.connect(50);
    house.ask(bot, Request::Token(secret("t-1"))).expect("in");
    house.heard(bot);
    assert_eq!(house.operate(Operation::RotateToken { label: "ci".into(), hash: hash("t-2"), until: None }), DONE);
    assert!(matches!(&house.heard(bot)[..], [Told::Closed(CloseCode::Denied, _)]));
    let bot = house.connect(50);
    assert_eq!(house.ask(bot, Request::Token(secret("t-1"))), Err(Refusal::TokenInvalid));
    house.ask(bot, Request::Token(secret("t-2"))).expect("in");
    assert_eq!(house.operate(Operation::RevokeToken { label: "ci".into() }), DONE);
    let mut house = house.restarted();
    let bot = house.connect(50);
    assert_eq!(house.ask(bot, Request::Token(secret("t-2"))), Err(Refusal::TokenInvalid));
    let none = house.operate(Operation::RevokeToken { label: "ci".into() });
    assert_eq!(none, Notice::Answered(OperatorTag(1), Err(Refusal::TokenInvalid)));
}

#[test]
fn a_token_ends_with_its_time() {
    let mut house = House::new();
    house.enter(1, "ann");
    let until = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 5_000);
    house.operate(make_token("t-1", "ci", in_rooms(true, true, &[]), Some(until)));
    let bot = house.connect(50);
    house.ask(bot, Request::Token(secret("t-1"))).expect("in");
    house.heard(bot);
    house.pass(4_999);
    assert_eq!(house.heard(bot), []);
    house.pass(2);
    assert!(matches!(&house.heard(bot)[..], [Told::Closed(CloseCode::Denied, _)]));
}

#[test]
fn of_a_full_store_the_operator_hears_once_and_once_when_it_has_room_again() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.is_slow = true;
    let batch = |house: &mut House, is_full: bool| {
        house.post_without_answer(ann, lobby, text("hello"));
        let batch = house.chat.out.commits.next().expect("a batch");
        let result = if is_full { Err(chinwag_store::StoreError::Full) } else { house.store.commit(&batch) };
        house.chat.done(Done::Committed(result), house.now);
        house.settle();
        std::mem::take(&mut house.notices)
    };
    assert_eq!(batch(&mut house, false), []);
    assert_eq!(batch(&mut house, true), [Notice::StoreFull(true)]);
    // Where it is all but full, some messages find a place still.
    for is_full in [true, false, true, false] {
        assert_eq!(batch(&mut house, is_full), []);
    }
    house.now.mono = house.now.mono.plus_micros(9_000_000);
    assert_eq!(batch(&mut house, false), []);
    house.now.mono = house.now.mono.plus_micros(1_000_000);
    assert_eq!(batch(&mut house, false), [Notice::StoreFull(false)]);
    assert_eq!(batch(&mut house, false), []);
    assert_eq!(batch(&mut house, true), [Notice::StoreFull(true)], "and again");
}

#[test]
fn who_comes_from_a_denied_network_is_out_and_stays_out() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    house.heard(bob);
    let deny = vec!["10.0.0.2".parse::<std::net::IpAddr>().expect("an address").into()];
    assert_eq!(house.operate(Operation::SetAdmission(Admission { allow: Vec::new(), deny })), DONE);
    assert!(matches!(&house.heard(bob)[..], [Told::Closed(CloseCode::Denied, _)]));
    let ear = Ear { chat: &mut house.chat, now: house.now };
    assert!(!ear.allowed(&SocketAddr::from(([10, 0, 0, 2], 1))) && ear.allowed(&SocketAddr::from(([10, 0, 0, 1], 1))));
    assert!(house.ask(ann, Request::Devices).is_ok());
}

#[test]
fn what_a_room_does_not_keep_is_gone_for_everyone() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let room = house.join(ann, LOBBY).expect("in").id;
    for n in 1..=20 {
        house.post(ann, room, text(&format!("message {n}"))).expect("stored");
    }
    assert_eq!(house.operate(Operation::Retain { room: LOBBY.into(), retention: Retention::Last(5) }), DONE);
    assert_eq!(house.operate(Operation::Prune { room: LOBBY.into() }), DONE);
    let bob = house.enter(2, "bob");
    house.join(bob, LOBBY).expect("in");
    let expected: Vec<_> = (16..=20).map(|n| format!("message {n}")).collect();
    assert_eq!(house.texts(bob, room), expected);
    let search = Request::Search { room: None, words: "message".into(), after: None, count: 100 };
    let Ok(Bulk::Found { hits, .. }) = house.ask_bulk(bob, search) else { panic!("no answer") };
    assert_eq!(hits.len(), 5);
}

#[test]
fn the_lists_tell_what_there_is() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    house.join(ann, LOBBY).expect("in");
    let Notice::Accounts(_, accounts) = house.operate(Operation::Accounts) else { panic!("no list") };
    assert_eq!((accounts[0].name.as_str(), accounts[0].is_owner, accounts[0].sessions), ("ann", true, 1));
    let Notice::Rooms(_, rooms) = house.operate(Operation::Rooms) else { panic!("no list") };
    assert_eq!((rooms[0].name.as_str(), rooms[0].members, rooms[0].followers), (LOBBY, 1, 1));
}

#[test]
fn what_was_valid_once_is_forgotten_in_the_end() {
    let mut house = House::new();
    house.enter(1, "ann");
    let minute = |house: &House, minutes: u64| {
        Some(WallTime::from_unix_millis(house.now.wall.as_unix_millis() + minutes * 60_000))
    };
    let (soon, later) = (minute(&house, 1), minute(&house, 60 * 24 * 365));
    for (n, until) in [(1, soon), (2, later), (3, None)] {
        let (account, label) = ("ann".to_owned(), format!("token {n}"));
        let scopes = Scopes { read: true, write: true, rooms: None };
        let made = house.operate(Operation::MakeToken { account, hash: [n; 32], label, scopes, until });
        assert_eq!(made, Notice::Answered(OperatorTag(1), Ok(())));
        house.operate(Operation::MakeInvite { hash: [n; 32], uses: 1, until });
    }
    let left = |house: &mut House| {
        let now = house.store.snapshot().expect("readable");
        assert_eq!(
            house.chat.tables.accounts.tokens().count(),
            now.tokens.len(),
            "the server knows what the store knows"
        );
        (now.tokens.len(), now.invites.len())
    };
    let day_ms = 24 * 60 * 60 * 1_000;
    house.pass(day_ms);
    assert_eq!(left(&mut house), (3, 3), "for a month it is listed as one that has expired");
    house.pass(31 * day_ms);
    assert_eq!(left(&mut house), (2, 2));
    let mut house = house.restarted();
    house.pass(400 * day_ms);
    assert_eq!(left(&mut house), (1, 1));
}

#[test]
fn who_is_banned_is_out_at_once_and_stays_out_until_that_is_lifted() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    house.enter(2, "bob");
    let ban = |account: &str| Operation::Ban { account: account.into() };
    assert_eq!(house.operate(ban("nobody")), Notice::Answered(OperatorTag(1), Err(Refusal::NoSuchAccount)));
    assert_eq!(house.operate(ban("Ann")), DONE);
    assert!(house.chat.tables.sessions.get(ann).is_none(), "her session ends");
    let again = house.connect(1);
    let login = |name: &str| Request::Login { name: name.into() };
    assert_eq!(house.ask(again, login("ann")), Err(Refusal::Banned));
    assert_eq!(house.ask(again, login("carol")), Err(Refusal::OtherName), "her device is hers");
    let unban = || Operation::Unban { account: "ann".into() };
    assert_eq!(house.operate(unban()), DONE);
    assert_eq!(house.operate(unban()), Notice::Answered(OperatorTag(1), Err(Refusal::NoSuchAccount)));
    assert!(matches!(house.ask(again, login("ann")), Ok(Answer::Welcome { .. })));
}

#[test]
fn a_label_is_one_tokens_and_what_has_expired_is_not_rotated() {
    let mut house = House::new();
    house.enter(1, "ann");
    house.enter(2, "bob");
    let soon = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 1_000);
    assert_eq!(house.operate(make_token("t-1", "ci", in_rooms(true, false, &[]), Some(soon))), DONE);
    let refused = |reason| Notice::Answered(OperatorTag(1), Err(reason));
    let of_bob = Operation::MakeToken {
        account: "bob".into(),
        hash: hash("t-b"),
        label: "ci".into(),
        scopes: in_rooms(true, false, &[]),
        until: None,
    };
    assert_eq!(house.operate(of_bob), refused(Refusal::NameTaken));
    house.pass(1_001);
    let rotate = |token: &str, until| Operation::RotateToken { label: "ci".into(), hash: hash(token), until };
    assert_eq!(house.operate(rotate("t-2", None)), refused(Refusal::TokenInvalid));
    let later = WallTime::from_unix_millis(house.now.wall.as_unix_millis() + 60_000);
    assert_eq!(house.operate(rotate("t-3", Some(later))), DONE);
    let bot = house.connect(50);
    assert!(house.ask(bot, Request::Token(secret("t-3"))).is_ok());
}

#[test]
fn quotas_hold_for_what_is_said_and_leave_room_to_make_room() {
    let quotas = Quotas { account_bytes: Some(10_000), room_bytes: Some(16_000), server_bytes: Some(17_000) };
    let mut house = House::with(Config { quotas, ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    let long = text(&"x".repeat(4_000));
    let near = |house: &House| house.notices.iter().filter(|n| matches!(n, Notice::QuotaNear { .. })).count();
    let first = house.post(ann, lobby, long.clone()).expect("stored");
    house.post(ann, lobby, long.clone()).expect("stored");
    assert_eq!(near(&house), 0);
    assert_eq!(house.post(ann, lobby, long.clone()), Err(Refusal::AccountFull));
    house.post(ann, lobby, text(&"x".repeat(800))).expect("a shorter one still fits");
    assert!(matches!(&house.notices[..], [Notice::QuotaNear { what: Full::Account(name), .. }] if name == "ann"));
    house.post(bob, lobby, long.clone()).expect("another account has its own");
    assert_eq!(near(&house), 1, "of the room, nine tenths are not used");
    assert_eq!(house.post(bob, lobby, long.clone()), Err(Refusal::RoomFull));
    let den = house.join(bob, "den").expect("in").id;
    assert_eq!(house.post(bob, den, long.clone()), Err(Refusal::ServerFull));
    house.post(ann, lobby, Body::Delete { of: first }).expect("what makes room always fits");
    house.post(ann, lobby, text(&"x".repeat(3_000))).expect("and there is room");
    // What the server counts is what the store has.
    let stored = house.store.snapshot().expect("a snapshot");
    for account in &stored.accounts {
        assert_eq!(house.chat.tables.accounts.get(account.id).map(|known| known.used), Some(account.used));
    }
    for room in &stored.rooms {
        assert_eq!(house.chat.tables.rooms.get(room.id).map(|known| known.state.used), Some(room.used));
    }
    assert_eq!(house.chat.tables.used, stored.rooms.iter().map(|room| room.used).sum::<u64>());
    house.operate(Operation::Retain { room: LOBBY.to_owned(), retention: Retention::Last(1) });
    house.operate(Operation::Prune { room: LOBBY.to_owned() });
    house.post(bob, lobby, long).expect("what is forgotten makes room, too");
}

#[test]
fn acts_that_undo_each_other_come_to_an_end_beyond_a_quota_and_deletions_go_on() {
    let quotas = Quotas { account_bytes: Some(1_000), ..Quotas::default() };
    let mut house = House::with(Config { quotas, ..Config::default() });
    let ann = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    let first = house.post(ann, lobby, text(&"x".repeat(600))).expect("stored");
    assert_eq!(house.post(ann, lobby, text(&"x".repeat(600))), Err(Refusal::AccountFull));
    let slow = |n: u32| Body::Act(Act::Set(Fact::Slow(n % 2)));
    let acts = (0..10_000).map(|n| house.post(ann, lobby, slow(n))).take_while(Result::is_ok).count();
    assert!((800..2_000).contains(&acts), "{acts}");
    assert_eq!(house.post(ann, lobby, slow(0)), Err(Refusal::AccountFull));
    house.post(ann, lobby, Body::Delete { of: first }).expect("what makes room always fits");
}

#[test]
fn a_text_can_be_deleted_whatever_others_have_deleted_and_however_full_it_is() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    let short = house.post(ann, lobby, text("x")).expect("stored");
    let mut long = || house.post(bob, lobby, text(&"x".repeat(60_000))).expect("stored");
    let long: Vec<_> = (0..400).map(|_| long()).collect();
    let kept = Some(1);
    let new = NewQuotas { account_bytes: kept, room_bytes: kept, server_bytes: kept };
    assert_eq!(house.operate(Operation::SetQuotas(new)), DONE);
    for (author, number) in [(ann, short), (bob, long[0]), (bob, long[1])] {
        let before = house.chat.tables.used;
        house.post(author, lobby, Body::Delete { of: number }).expect("what makes room always fits");
        assert!(house.chat.tables.used < before, "its deletion was counted with it");
    }
    assert_eq!(house.chat.tables.set_aside, 0);
    let stored = house.store.snapshot().expect("a snapshot");
    assert_eq!(house.chat.tables.used, stored.rooms.iter().map(|room| room.used).sum::<u64>());
}

#[test]
fn what_is_on_its_way_to_the_store_counts_for_quotas_and_what_was_refused_does_not() {
    let quotas = Quotas { account_bytes: Some(10_000), ..Quotas::default() };
    let mut house = House::with(Config { quotas, ..Config::default() });
    let ann = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    let used_before = house.chat.tables.used;
    // All of them come before the store has answered one.
    for counter in 1..=5 {
        let post = Post { id: ClientMsgId { start: 1, counter }, body: text(&"x".repeat(4_000)) }.encode();
        let event = link::Event::Message {
            channel: Channel::Room(lobby),
            number: counter,
            contiguous_upto: counter,
            body: &post,
        };
        Ear { chat: &mut house.chat, now: house.now }.event(endpoint::Event::Link { session: ann, event });
    }
    assert!(house.chat.tables.set_aside > 8_000, "{}", house.chat.tables.set_aside);
    house.settle();
    let refused = house
        .heard(ann)
        .into_iter()
        .filter(|told| matches!(told, Told::Down(Down::Refused { reason: Refusal::AccountFull, .. })));
    assert_eq!(refused.count(), 3);
    assert_eq!(house.chat.tables.set_aside, 0, "all of it is answered");
    assert!((8_000..=10_000).contains(&(house.chat.tables.used - used_before)), "{}", house.chat.tables.used);
    house.posts = 5;
    house.post(ann, lobby, text("a short one fits")).expect("stored");
}

#[test]
fn members_hear_of_a_quota_before_it_is_used_up_and_an_operator_can_raise_it() {
    let quotas = Quotas { account_bytes: Some(10_000), room_bytes: Some(15_000), server_bytes: None };
    let mut house = House::with(Config { quotas, ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    let near = |house: &mut House, id| -> Vec<(Quota, u64, u64)> {
        let told = house.heard(id).into_iter().filter_map(|told| {
            if let Told::Down(Down::QuotaNear { quota, used, of }) = told { Some((quota, used, of)) } else { None }
        });
        told.collect()
    };
    let long = |len| text(&"x".repeat(len));
    house.post(ann, lobby, long(8_000)).expect("stored");
    assert_eq!(near(&mut house, ann), []);
    house.post(ann, lobby, long(1_000)).expect("stored");
    let used = house.chat.tables.used;
    assert_eq!(near(&mut house, ann), [(Quota::Account, used, 10_000)]);
    assert_eq!(near(&mut house, bob), [], "it is nobody else's");
    house.post(bob, lobby, long(4_700)).expect("stored");
    let room = [(Quota::Room(lobby), house.chat.tables.used, 15_000)];
    assert_eq!((near(&mut house, ann), near(&mut house, bob)), (room.to_vec(), room.to_vec()), "it is everyone's");
    let again = house.enter(1, "ann");
    assert_eq!(near(&mut house, again), [(Quota::Account, used, 10_000)], "also whoever comes later");
    let report = |house: &mut House| {
        let notice = house.operate(Operation::Quotas);
        let Notice::Quotas(OperatorTag(1), report) = notice else { panic!("{notice:?}") };
        report
    };
    let called: Vec<_> = report(&mut house).near.into_iter().map(|near| near.what).collect();
    assert_eq!(called, [Full::Account("ann".into()), Full::Room("#lobby".into())]);
    assert_eq!(house.post(ann, lobby, long(2_000)), Err(Refusal::AccountFull));
    let new = NewQuotas { account_bytes: Some(20_000), room_bytes: Some(0), server_bytes: None };
    assert_eq!(house.operate(Operation::SetQuotas(new)), DONE);
    house.post(ann, lobby, long(2_000)).expect("there is more of it now");
    let QuotaReport { quotas, near, .. } = report(&mut house);
    assert_eq!(quotas, Quotas { account_bytes: Some(20_000), room_bytes: None, server_bytes: None });
    assert_eq!(near, []);
}

#[test]
fn a_full_store_is_asked_again_where_nobody_says_anything() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.is_slow = true;
    let refuse = |house: &mut House| {
        let batch = house.chat.out.commits.next().expect("a batch");
        let refused = batch.iter().map(|_| Outcome::Refused(Refusal::StoreFull)).collect();
        house.chat.done(Done::Committed(Ok(refused)), house.now);
        house.settle();
        std::mem::take(&mut house.notices)
    };
    house.post_without_answer(ann, lobby, text("hello"));
    assert_eq!(refuse(&mut house), [Notice::StoreFull(true)]);
    for _ in 0..3 {
        house.pass(10_001);
        assert_eq!(refuse(&mut house), [], "said once");
    }
    house.is_slow = false;
    house.pass(10_001);
    assert_eq!(house.notices, [Notice::StoreFull(false)]);
    house.notices.clear();
    house.pass(10_001);
    assert_eq!(house.chat.out.commits.len(), 0, "it is asked no more");
}
