//! Accounts: registration, passwords, devices, deletion.

use super::*;
use crate::config::Registration;

fn register(name: &str, password: Option<&str>, invite: Option<&str>) -> Request {
    let (password, invite) = (password.map(secret), invite.map(secret));
    Request::Register { name: name.to_owned(), password, invite, device: "laptop".to_owned() }
}

fn enrol(name: &str, password: &str) -> Request {
    Request::Enrol { name: name.to_owned(), password: secret(password), device: "phone".to_owned() }
}

#[test]
fn a_second_device_comes_by_the_password_and_needs_it_once() {
    let mut house = House::new();
    let laptop = house.connect(1);
    assert!(matches!(house.ask(laptop, register("ann", Some("correct horse"), None)), Ok(Answer::Welcome { .. })));
    let phone = house.connect(2);
    assert_eq!(house.ask(phone, login("ann")), Err(Refusal::NameTaken));
    assert_eq!(house.ask(phone, enrol("ann", "wrong")), Err(Refusal::PasswordWrong));
    assert!(matches!(house.ask(phone, enrol("ann", "correct horse")), Ok(Answer::Welcome { .. })));
    let mut house = house.restarted();
    let phone = house.connect(2);
    assert!(matches!(house.ask(phone, login("ann")), Ok(Answer::Welcome { .. })), "the next start asks nothing");
}

#[test]
fn who_does_not_exist_and_who_has_another_password_are_answered_alike_after_as_much_work() {
    let mut house = House::new();
    let ann = house.connect(1);
    house.ask(ann, register("ann", Some("correct horse"), None)).expect("registered");
    let bob = house.connect(2);
    house.ask(bob, register("bob", None, None)).expect("registered");
    let stranger = house.connect(3);
    for name in ["ann", "nobody", "bob"] {
        let body = Up::Request(RequestId(1_000), enrol(name, "guess guess")).encode();
        let message = link::Event::Message { channel: Channel::Control, number: 1, contiguous_upto: 1, body: &body };
        let event = endpoint::Event::Link { session: stranger, event: message };
        Ear { chat: &mut house.chat, now: house.now }.event(event);
        let (id, hash) = house.chat.out.hashes.next().expect("each costs a hash, and the loop hashes nothing");
        house.chat.done(Done::Hashed(id, hashed(&hash)), house.now);
        house.settle();
        let heard = house.heard(stranger);
        assert_eq!(heard, [Told::Down(Down::Answer(RequestId(1_000), Err(Refusal::PasswordWrong)))], "{name}");
    }
}

#[test]
fn guesses_run_out_where_they_come_from_and_nowhere_else() {
    let mut house = House::new();
    let ann = house.connect(1);
    house.ask(ann, register("ann", Some("correct horse"), None)).expect("registered");
    let guesser = house.connect_from(66, [10, 6, 6, 6]);
    let refused: Vec<_> = (0..20).map(|_| house.ask(guesser, enrol("ann", "guess")).expect_err("wrong")).collect();
    assert_eq!(refused[0], Refusal::PasswordWrong);
    assert_eq!(refused[19], Refusal::TooManyTries);
    let phone = house.connect(2);
    assert!(house.ask(phone, enrol("ann", "correct horse")).is_ok(), "nobody is locked out by a stranger");
    house.pass(10 * 60 * 1_000);
    assert_eq!(
        house.ask(guesser, enrol("ann", "guess")),
        Err(Refusal::PasswordWrong),
        "after a while one may try again"
    );
}

#[test]
fn behind_one_address_many_register_and_come_back_with_other_devices() {
    const SHARED: [u8; 4] = [10, 9, 9, 9];
    let mut house = House::new();
    for n in 1..=24 {
        let laptop = house.connect_from(n, SHARED);
        let name = format!("user{n}");
        assert!(house.ask(laptop, register(&name, Some("correct horse"), None)).is_ok(), "{name}");
        if n == 1 {
            let den = create("den", Access::Password, Some("open sesame"));
            house.ask(laptop, den).expect("made");
        }
    }
    for n in 1..=24 {
        let phone = house.connect_from(100 + n, SHARED);
        let name = format!("user{n}");
        assert!(house.ask(phone, enrol(&name, "correct horse")).is_ok(), "{name}");
    }
}

#[test]
fn who_guesses_at_one_account_locks_nobody_out_of_another_at_the_same_address() {
    const SHARED: [u8; 4] = [10, 9, 9, 9];
    let mut house = House::new();
    for (device, name) in [(1, "bob"), (2, "eve")] {
        let laptop = house.connect(device);
        house.ask(laptop, register(name, Some("correct horse"), None)).expect("registered");
    }
    let guesser = house.connect_from(66, SHARED);
    for name in ["eve", "nobody"] {
        let refused: Vec<_> = (0..200).map(|_| house.ask(guesser, enrol(name, "guess")).expect_err("wrong")).collect();
        let looked_at = refused.iter().filter(|reason| **reason == Refusal::PasswordWrong).count();
        assert_eq!(looked_at, 8, "{name}: whether there is somebody or not");
    }
    let phone = house.connect_from(3, SHARED);
    assert!(house.ask(phone, enrol("bob", "correct horse")).is_ok(), "it is his own");
    assert!(
        house
            .ask(phone, Request::SetPassword { old: Some(secret("correct horse")), new: secret("battery staple") })
            .is_ok()
    );
    let cat = house.connect_from(4, SHARED);
    assert!(house.ask(cat, register("cat", Some("correct horse"), None)).is_ok(), "nor is a new one a guess");
}

#[test]
fn names_that_look_alike_are_one_name() {
    let mut house = House::new();
    house.enter(1, "paypal");
    let twin = house.connect(2);
    assert_eq!(house.ask(twin, login("раураl")), Err(Refusal::NameConfusable));
    assert_eq!(house.ask(twin, login("PayPal")), Err(Refusal::NameTaken));
    for name in ["", "a b", "a\u{202e}b", "a\u{7}b", &"x".repeat(300)] {
        assert_eq!(house.ask(twin, login(name)), Err(Refusal::NameInvalid), "{name:?}");
    }
    assert!(house.ask(twin, login("bob")).is_ok());
}

#[test]
fn a_name_is_the_same_however_it_is_encoded_and_kept_composed() {
    let mut house = House::new();
    let zoe = house.connect(1);
    let Ok(Answer::Welcome { name, .. }) = house.ask(zoe, login("Zoe\u{308}")) else { panic!("she is welcome") };
    assert_eq!(name, "Zoë");
    let again = house.connect(1);
    assert!(matches!(house.ask(again, login("zoë")), Ok(Answer::Welcome { .. })), "the same device, and the same name");
    let twin = house.connect(2);
    assert_eq!(house.ask(twin, login("ZOE\u{308}")), Err(Refusal::NameTaken));
    assert_eq!(house.ask(twin, login("zoe\u{308}\u{301}\u{301}\u{301}\u{301}\u{301}")), Err(Refusal::NameInvalid));
    for name in ["हिन्दी", "ไทยที่", "தமிழ்", "क्\u{200d}ष"] {
        let room = house.join(zoe, name).expect("in");
        assert_eq!(house.join(zoe, name).expect("in again").id, room.id, "{name}");
    }
    let room = house.join(zoe, "cafe\u{301}").expect("in");
    assert_eq!(room.kind, chinwag_proto::wire::message::RoomKind::Named("café".into()));
    assert_eq!(house.join(zoe, "CAFÉ").expect("in the same").id, room.id);
    assert_eq!(house.ask(zoe, join("क्ष")), Err(Refusal::NameConfusable), "a joiner hides no twin");
}

#[test]
fn a_closed_server_lets_in_its_first_and_no_further() {
    let mut house = House::with(Config { registration: Registration::Closed, ..Config::default() });
    let ann = house.enter(1, "ann");
    assert!(house.chat.tables.accounts.get(account(&house, ann)).is_some_and(|account| account.is_owner));
    let bob = house.connect(2);
    assert_eq!(house.ask(bob, login("bob")), Err(Refusal::RegistrationClosed));
    assert_eq!(house.ask(bob, login("ann")), Err(Refusal::RegistrationClosed), "and tells no names");
}

#[test]
fn an_invitation_is_used_up_by_accounts_that_were_made() {
    let mut house = House::with(Config { registration: Registration::Invited, ..Config::default() });
    house.enter(1, "ann");
    let hash = chinwag_proto::wire::message::hash(b"welcome-bob");
    let made = house.operate(Operation::MakeInvite { hash, uses: 1, until: None });
    assert_eq!(made, Notice::Answered(OperatorTag(1), Ok(())));
    let bob = house.connect(2);
    assert_eq!(house.ask(bob, login("bob")), Err(Refusal::InviteNeeded));
    assert_eq!(house.ask(bob, register("bob", None, Some("welcome"))), Err(Refusal::InviteInvalid));
    assert_eq!(house.ask(bob, register("ann", None, Some("welcome-bob"))), Err(Refusal::NameTaken));
    assert!(house.ask(bob, register("bob", None, Some("welcome-bob"))).is_ok(), "a refusal used up nothing");
    let cat = house.connect(3);
    assert_eq!(house.ask(cat, register("cat", None, Some("welcome-bob"))), Err(Refusal::InviteInvalid));
    assert!(house.ask(bob, register("bob", None, Some("welcome-bob"))).is_ok(), "a repeat is a welcome");
}

#[test]
fn a_password_is_changed_by_who_knows_it() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let set = |old: Option<&str>, new: &str| Request::SetPassword { old: old.map(secret), new: secret(new) };
    assert_eq!(house.ask(ann, set(None, "short")), Err(Refusal::PasswordUnfit));
    assert_eq!(house.ask(ann, set(None, "correct horse")), Ok(Answer::Done));
    assert_eq!(house.ask(ann, set(None, "battery staple")), Err(Refusal::PasswordNeeded));
    assert_eq!(house.ask(ann, set(Some("wrong horse"), "battery staple")), Err(Refusal::PasswordWrong));
    assert_eq!(house.ask(ann, set(Some("correct horse"), "battery staple")), Ok(Answer::Done));
    assert_eq!(house.ask(ann, set(Some("correct horse"), "battery staple")), Ok(Answer::Done), "a repeat");
    let phone = house.connect(2);
    assert_eq!(house.ask(phone, enrol("ann", "correct horse")), Err(Refusal::PasswordWrong));
    assert!(house.ask(phone, enrol("ann", "battery staple")).is_ok());
}

#[test]
fn a_revoked_device_is_out_at_once_and_for_good() {
    let mut house = House::new();
    let laptop = house.connect(1);
    house.ask(laptop, register("ann", Some("correct horse"), None)).expect("registered");
    let phone = house.connect(2);
    house.ask(phone, enrol("ann", "correct horse")).expect("enrolled");
    let Ok(Answer::Devices(devices)) = house.ask(laptop, Request::Devices) else { panic!("no list") };
    let devices: Vec<_> = devices.into_iter().map(|d| (d.key, d.label, d.is_online)).collect();
    assert_eq!(devices, [(key(1), "laptop".into(), true), (key(2), "phone".into(), true)]);
    house.heard(phone);
    assert_eq!(house.ask(laptop, Request::Revoke { device: key(2) }), Ok(Answer::Done));
    assert!(matches!(&house.heard(phone)[..], [Told::Closed(CloseCode::Denied, _)]));
    let mut house = house.restarted();
    let phone = house.connect(2);
    assert_eq!(house.ask(phone, login("ann")), Err(Refusal::NameTaken));
}

#[test]
fn a_deleted_account_is_gone_and_its_name_with_it() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    house.post(bob, lobby, text("I was here")).expect("stored");
    house.heard(bob);
    assert_eq!(house.ask(bob, Request::Unregister { password: None }), Ok(Answer::Done));
    assert!(house.heard(bob).iter().any(|told| matches!(told, Told::Closed(CloseCode::Denied, _))));
    assert_eq!(house.texts(ann, lobby), ["I was here"], "what it wrote stays");
    let owner = house.ask(ann, Request::Unregister { password: None });
    assert_eq!(owner, Err(Refusal::NotAllowed), "a server keeps its owner");
    let mut house = house.restarted();
    let other = house.connect(2);
    assert_eq!(house.ask(other, login("bob")), Err(Refusal::NameTaken));
    assert!(house.ask(other, login("bobby")).is_ok(), "the device may begin anew");
    let ann = house.enter(1, "ann");
    assert_eq!(
        house.ask(ann, Request::Direct { to: "bob".into(), from: From::Recent(0) }),
        Err(Refusal::NoSuchAccount)
    );
}

#[test]
fn nothing_is_answered_before_a_login_and_no_session_changes_hands() {
    let mut house = House::new();
    let ann = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    let stranger = house.connect(9);
    for request in [
        join(LOBBY),
        Request::Devices,
        Request::Members { room: lobby, after: String::new() },
        Request::Rooms { after: String::new() },
        Request::Read { room: lobby, upto: RoomSeq(1), is_private: false },
        Request::Search { room: None, words: "x".into(), after: None, count: 1 },
        Request::Unregister { password: None },
        create("den", Access::Private, None),
    ] {
        let told = house.ask_any(stranger, request.clone());
        let refused = matches!(told, Told::Down(Down::Answer(_, Err(Refusal::NotLoggedIn))));
        assert!(refused, "{request:?}: {told:?}");
    }
    assert_eq!(house.post(stranger, lobby, text("x")), Err(Refusal::NotLoggedIn));
    assert!(matches!(house.ask(stranger, Request::Measure), Ok(Answer::Measured(_))), "the link is its own");
    assert_eq!(house.ask(ann, login("bob")), Err(Refusal::OtherName));
}

#[test]
fn an_account_writes_only_so_much_whatever_sessions_it_has() {
    let mut house = House::with(Config { messages_per_s: Some(10), ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let again = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    for id in [again, bob] {
        house.join(id, LOBBY).expect("in");
    }
    // Two seconds of eight sessions that write as fast as they may.
    let takes = |house: &House, id| crate::posts::takes_posts(&house.chat.tables, &house.chat.out, id, house.now.mono);
    for n in 0..160 {
        assert!(takes(&house, ann) && takes(&house, again), "{n}");
        house.post([ann, again][n % 2], lobby, text("spam")).expect("stored");
    }
    assert!(!takes(&house, ann) && !takes(&house, again), "what is more waits at its sender");
    assert!(takes(&house, bob), "nobody else does");
    house.pass(500);
    for _ in 0..40 {
        assert!(takes(&house, ann));
        house.post(ann, lobby, text("spam")).expect("stored");
    }
    assert!(!takes(&house, ann));
}

#[test]
fn an_account_writes_only_so_many_octets_whatever_sessions_it_has() {
    let mut house = House::with(Config { messages_per_s: None, octets_per_s: Some(64 << 10), ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let again = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    for id in [again, bob] {
        house.join(id, LOBBY).expect("in");
    }
    let takes = |house: &House, id| crate::posts::takes_posts(&house.chat.tables, &house.chat.out, id, house.now.mono);
    let long = "x".repeat(64 << 10);
    for n in 0..3 {
        assert!(takes(&house, ann) && takes(&house, again), "{n}");
        house.post([ann, again][n % 2], lobby, text(&long)).expect("stored");
    }
    assert!(!takes(&house, ann) && !takes(&house, again), "what is more waits at its sender");
    assert!(takes(&house, bob), "nobody else does");
    house.pass(1_000);
    assert!(!takes(&house, ann), "a long text costs nearly twice its length");
    house.pass(1_000);
    assert!(takes(&house, ann), "two seconds later there is budget for one more");
    house.post(ann, lobby, text(&long)).expect("stored");
    assert!(!takes(&house, ann));
}

#[test]
fn whoever_has_used_up_a_budget_is_told_for_how_long_and_not_again_with_each_post() {
    let mut house = House::with(Config { messages_per_s: None, octets_per_s: Some(64 << 10), ..Config::default() });
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let again = house.enter(1, "ann");
    let lobby = house.join(ann, LOBBY).expect("in").id;
    for id in [again, bob] {
        house.join(id, LOBBY).expect("in");
    }
    let told = |house: &mut House, id| {
        let over = |told| {
            if let Told::Down(Down::OverBudget { wait_ms, per_s }) = told { Some((wait_ms, per_s)) } else { None }
        };
        house.heard(id).into_iter().filter_map(over).collect::<Vec<_>>()
    };
    let long = "x".repeat(64 << 10);
    for _ in 0..2 {
        house.post(ann, lobby, text(&long)).expect("stored");
    }
    assert_eq!(told(&mut house, ann), [], "something is left");
    house.post(ann, lobby, text(&long)).expect("stored");
    let told_now = [told(&mut house, ann), told(&mut house, again), told(&mut house, bob)];
    assert_eq!(told_now, [vec![(1_627, 34_952)], vec![(1_627, 34_952)], vec![]], "on all its sessions");
    for _ in 0..4 {
        house.pass(2_000);
        house.post(ann, lobby, text(&long)).expect("stored");
        assert_eq!(told(&mut house, ann), []);
    }
    house.pass(2_000);
    house.post(ann, lobby, text(&long)).expect("stored");
    assert_eq!(told(&mut house, ann).len(), 1, "it goes on");
}

#[test]
fn what_an_account_has_under_way_is_no_more_than_others_can_wait_for() {
    let mut house = House::new();
    let (ann, bob) = (house.enter(1, "ann"), house.enter(2, "bob"));
    let lobby = house.join(ann, LOBBY).expect("in").id;
    house.join(bob, LOBBY).expect("in");
    let takes = |house: &House, id| crate::posts::takes_posts(&house.chat.tables, &house.chat.out, id, house.now.mono);
    house.is_slow = true;
    for n in 1..=2 {
        assert!(takes(&house, ann), "{n}");
        house.post_without_answer(ann, lobby, text(&"x".repeat(64 << 10)));
    }
    assert!(!takes(&house, ann) && takes(&house, bob));
    house.is_slow = false;
    house.settle();
    assert!(takes(&house, ann), "once they are stored it goes on");
}

#[test]
fn whoever_makes_an_account_is_told_so_right_before_the_welcome_and_never_again() {
    let mut house = House::new();
    let told = |house: &mut House, id| -> Vec<bool> {
        let each = house.heard(id).into_iter().filter_map(|told| match told {
            Told::Down(Down::AccountMade) => Some(true),
            Told::Down(Down::Answer(_, Ok(Answer::Welcome { .. }))) => Some(false),
            Told::Down(_)
            | Told::Bulk(_)
            | Told::Entry(..)
            | Told::Typing(_)
            | Told::Presence(_)
            | Told::Closed(..) => None,
        });
        each.collect()
    };
    let laptop = house.connect(1);
    house.ask_without_answer(laptop, register("ann", Some("correct horse"), None));
    assert_eq!(told(&mut house, laptop), [true, false]);
    house.ask_without_answer(laptop, login("ann"));
    assert_eq!(told(&mut house, laptop), [false], "a repeated request makes nothing");
    house.ask(laptop, Request::Away(chinwag_proto::wire::message::Away::Here)).expect("it goes on");
    let phone = house.connect(2);
    house.ask_without_answer(phone, enrol("ann", "correct horse"));
    assert_eq!(told(&mut house, phone), [false], "a further device makes no account");
    let again = house.connect(1);
    house.ask_without_answer(again, login("ann"));
    assert_eq!(told(&mut house, again), [false]);
    let bob = house.connect(3);
    house.ask_without_answer(bob, login("bob"));
    assert_eq!(told(&mut house, bob), [true, false], "a login of a new name makes one, too");
}

#[test]
fn whoever_lost_its_link_before_the_welcome_is_told_at_the_next_one_that_the_account_was_made() {
    let mut house = House::new();
    let is_told = |house: &mut House, id| house.heard(id).contains(&Told::Down(Down::AccountMade));
    let lost = house.connect(1);
    house.ask_without_answer(lost, register("ann", Some("correct horse"), None));
    house.chat.ended(lost, &endpoint::Ended::Offline, house.now);
    for _ in 0..2 {
        let again = house.connect(1);
        house.ask_without_answer(again, login("ann"));
        assert!(is_told(&mut house, again), "nothing has come of the welcome yet");
        house.chat.ended(again, &endpoint::Ended::Offline, house.now);
    }
    let phone = house.connect(2);
    house.ask_without_answer(phone, enrol("ann", "correct horse"));
    assert!(!is_told(&mut house, phone), "another device did not make it");
    let hears = house.connect(1);
    house.ask_without_answer(hears, login("ann"));
    assert!(is_told(&mut house, hears));
    house.chat.ended(hears, &endpoint::Ended::Closed(CloseCode::Done, String::new()), house.now);
    let later = house.connect(1);
    house.ask_without_answer(later, login("ann"));
    assert!(!is_told(&mut house, later), "who said goodbye has heard it");
}
