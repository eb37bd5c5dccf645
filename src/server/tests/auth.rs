//! Accounts that an outside program vouches for.

use std::time::Duration;

use chinwag_proto::wire::message::{Act, Role, Standing};

use super::*;
use crate::asks::Asks;
use crate::config::Registration;
use crate::job::{Ask, Verdict, WorkId};
use crate::notice::AuthNews;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const GRACE: u64 = 8 * HOUR;

/// A directory with a program before it.
#[derive(Default)]
pub(super) struct Directory {
    people: BTreeMap<String, Person>,
    /// It fails.
    is_down: bool,
    /// It does not answer at all.
    is_silent: bool,
    /// What it was asked.
    asked: Vec<Ask>,
}

#[derive(Clone)]
struct Person {
    password: String,
    /// The name that the directory gives.
    name: Option<String>,
    is_moderator: bool,
}

impl Directory {
    pub(super) fn answer(&mut self, asks: &mut Asks) -> Option<(WorkId, Verdict)> {
        if self.is_silent {
            return None;
        }
        let (id, ask) = asks.next()?;
        let person = self.people.get(&ask.name.to_lowercase());
        let verdict = match person {
            _ if self.is_down => Verdict::Failed { why: "no route".into() },
            Some(person) if ask.password.as_ref().is_none_or(|given| given.reveal() == person.password) => {
                Verdict::Yes { name: person.name.clone(), is_moderator: person.is_moderator }
            }
            Some(_) | None => Verdict::No,
        };
        self.asked.push(ask);
        Some((id, verdict))
    }

    /// What it was asked of late: names, and whether with a password.
    fn asked(&mut self) -> Vec<(String, bool)> {
        self.asked.drain(..).map(|ask| (ask.name, ask.password.is_some())).collect()
    }
}

fn config() -> Config {
    Config { auth_grace: Some(Duration::from_millis(GRACE)), ..Config::default() }
}

/// A server whose directory knows ann.
fn house() -> House {
    let mut house = House::with(config());
    know(&mut house, "ann");
    house
}

fn know(house: &mut House, name: &str) -> Person {
    let person = Person { password: "correct horse".into(), name: None, is_moderator: false };
    house.directory.people.insert(name.to_lowercase(), person.clone());
    person
}

fn enrol(name: &str, password: &str) -> Request {
    Request::Enrol { name: name.to_owned(), password: secret(password), device: "phone".to_owned() }
}

fn register(name: &str, password: Option<&str>) -> Request {
    Request::Register { name: name.to_owned(), password: password.map(secret), invite: None, device: String::new() }
}

fn name_of(answer: Result<Answer, Refusal>) -> String {
    match answer {
        Ok(Answer::Welcome { name, .. }) => name,
        other => panic!("no welcome: {other:?}"),
    }
}

/// Ann's device, enrolled and gone again.
fn ann(house: &mut House) {
    let session = house.connect(1);
    assert_eq!(name_of(house.ask(session, enrol("ann", "correct horse"))), "ann");
    leave(house, session);
    house.directory.asked();
}

fn leave(house: &mut House, session: SessionId) {
    house.chat.ended(session, &endpoint::Ended::Offline, house.now);
    house.settle();
}

/// Ann's device comes again.
fn comes(house: &mut House) -> Result<Answer, Refusal> {
    let session = house.connect(1);
    let answer = house.ask(session, login("ann"));
    leave(house, session);
    answer
}

fn hears_denied(house: &mut House, session: SessionId) -> bool {
    house.heard(session).iter().any(|told| matches!(told, Told::Closed(CloseCode::Denied, _)))
}

/// The same store and directory, a new process.
fn restarted(house: House) -> House {
    let House { store, directory, now, .. } = house;
    let mut house = House::of(config(), store);
    (house.directory, house.now.wall) = (directory, now.wall);
    house
}

#[test]
fn a_device_comes_by_the_directorys_password_and_by_its_key_from_then_on() {
    let mut house = house();
    let stranger = house.connect(1);
    assert_eq!(house.ask(stranger, login("ann")), Err(Refusal::PasswordNeeded));
    assert_eq!(house.ask(stranger, register("ann", None)), Err(Refusal::PasswordNeeded));
    assert_eq!(house.ask(stranger, enrol("ann", "wrong")), Err(Refusal::PasswordWrong));
    assert_eq!(house.ask(stranger, enrol("nobody", "correct horse")), Err(Refusal::PasswordWrong));
    assert!(house.chat.tables.accounts.iter().next().is_none(), "a no enrols nothing");
    house.directory.asked();
    assert_eq!(name_of(house.ask(stranger, enrol("ann", "correct horse"))), "ann");
    assert_eq!(house.directory.asked(), [("ann".into(), true), ("ann".into(), false)], "by name for the role");
    leave(&mut house, stranger);
    let mut house = restarted(house);
    assert_eq!(comes(&mut house).map(|_| ()), Ok(()));
    assert_eq!(house.directory.asked(), [("ann".into(), false)], "each login is asked about, without a password");
    let second = house.connect(2);
    assert_eq!(name_of(house.ask(second, register("ann", Some("correct horse")))), "ann", "it is the same as to enrol");
}

#[test]
fn no_password_at_all_is_never_asked_about() {
    let mut house = house();
    let stranger = house.connect(1);
    for empty in ["", &"x".repeat(257)] {
        assert_eq!(house.ask(stranger, enrol("ann", empty)), Err(Refusal::PasswordWrong));
        assert_eq!(house.ask(stranger, register("ann", Some(empty))), Err(Refusal::PasswordWrong));
    }
    assert_eq!(house.directory.asked(), []);
}

#[test]
fn guesses_are_throttled_before_the_directory_hears_of_them() {
    let mut house = house();
    let guesser = house.connect(1);
    let refused: Vec<_> = (0..20).map(|_| house.ask(guesser, enrol("ann", "guess")).expect_err("wrong")).collect();
    assert_eq!((refused[0], refused[19]), (Refusal::PasswordWrong, Refusal::TooManyTries));
    assert!(house.directory.asked().len() < 20);
    let phone = house.connect(2);
    assert!(house.ask(phone, enrol("ann", "correct horse")).is_ok(), "a stranger locks nobody out");
}

#[test]
fn what_was_said_by_name_is_kept_for_minutes_and_what_was_said_of_a_password_never() {
    let mut house = house();
    ann(&mut house);
    house.pass(6 * MINUTE);
    for _ in 0..3 {
        assert!(comes(&mut house).is_ok());
    }
    assert_eq!(house.directory.asked(), [("ann".into(), false)]);
    house.pass(6 * MINUTE);
    house.directory.people.clear();
    for _ in 0..3 {
        assert_eq!(comes(&mut house), Err(Refusal::AccountClosed));
    }
    assert_eq!(house.directory.asked(), [("ann".into(), false)]);
    know(&mut house, "ann");
    assert_eq!(comes(&mut house), Err(Refusal::AccountClosed), "for these minutes");
    for (device, password) in [(2, "correct horse"), (3, "wrong"), (4, "correct horse")] {
        let phone = house.connect(device);
        assert_eq!(house.ask(phone, enrol("ann", password)).is_ok(), password == "correct horse");
    }
    assert_eq!(house.directory.asked().iter().filter(|(_, with_password)| *with_password).count(), 3);
    assert!(comes(&mut house).is_ok(), "by a right password it is known that she is back");
}

#[test]
fn every_hour_it_is_asked_again_and_a_no_ends_sessions() {
    let mut house = house();
    ann(&mut house);
    let here = house.enter(1, "ann");
    house.directory.asked();
    house.pass(HOUR);
    house.pass(HOUR);
    assert_eq!(house.directory.asked(), [("ann".into(), false), ("ann".into(), false)]);
    assert!(!hears_denied(&mut house, here));
    house.directory.people.clear();
    house.pass(HOUR);
    assert!(hears_denied(&mut house, here));
    let news = house.notices.pop().expect("the log says so");
    assert!(matches!(news, Notice::Auth(AuthNews::Ended { ref name, sessions: 1, .. }) if name == "ann"), "{news:?}");
    assert_eq!(comes(&mut house), Err(Refusal::AccountClosed));
    house.directory.asked();
    house.pass(HOUR);
    assert_eq!(house.directory.asked(), [], "nobody is asked about who is not here");
}

#[test]
fn while_it_fails_nobody_new_comes_in_and_who_is_known_stays_for_a_while() {
    for fails in
        [|directory: &mut Directory| directory.is_down = true, |directory: &mut Directory| directory.is_silent = true]
    {
        let mut house = house();
        know(&mut house, "bob");
        ann(&mut house);
        fails(&mut house.directory);
        let late = |house: &mut House, session, request| {
            house.ask_without_answer(session, request);
            house.pass(7_000);
            house.heard(session).into_iter().find_map(|told| {
                if let Told::Down(Down::Answer(_, answer)) = told { Some(answer.map(|_| ())) } else { None }
            })
        };
        let bob = house.connect(2);
        assert_eq!(late(&mut house, bob, enrol("bob", "correct horse")), Some(Err(Refusal::AuthUnavailable)));
        let other = house.connect(3);
        assert_eq!(late(&mut house, other, enrol("ann", "correct horse")), Some(Err(Refusal::AuthUnavailable)));
        let here = house.connect(1);
        assert_eq!(late(&mut house, here, login("ann")), Some(Ok(())), "a known one");
        house.pass(GRACE - HOUR);
        assert!(!hears_denied(&mut house, here));
        house.directory.is_silent = false;
        house.directory.is_down = true;
        house.settle();
        for _ in 0..14 {
            house.pass(5 * MINUTE);
        }
        assert!(hears_denied(&mut house, here), "too long");
        assert_eq!(comes(&mut house), Err(Refusal::AuthUnavailable));
        house.directory.is_down = false;
        assert!(comes(&mut house).is_ok(), "it answers again");
        assert!(house.notices.iter().any(|notice| matches!(notice, Notice::Auth(AuthNews::Fails { .. }))));
        assert_eq!(house.notices.last(), Some(&Notice::Auth(AuthNews::Answers)));
    }
}

#[test]
fn the_grace_counts_over_a_restart_and_a_no_ends_it() {
    let mut house = house();
    ann(&mut house);
    house.pass(GRACE - MINUTE);
    let mut house = restarted(house);
    house.directory.is_down = true;
    assert!(comes(&mut house).is_ok());
    house.pass(2 * MINUTE);
    assert_eq!(comes(&mut house), Err(Refusal::AuthUnavailable));
    house.directory.is_down = false;
    assert!(comes(&mut house).is_ok());
    house.pass(6 * MINUTE);
    let person = house.directory.people.remove("ann").expect("known");
    assert_eq!(comes(&mut house), Err(Refusal::AccountClosed));
    house.pass(6 * MINUTE);
    house.directory.is_down = true;
    assert_eq!(comes(&mut house), Err(Refusal::AuthUnavailable), "who was closed does not come back by an outage");
    let mut house = restarted(house);
    assert_eq!(comes(&mut house), Err(Refusal::AuthUnavailable), "nor by a restart");
    house.directory.is_down = false;
    house.directory.people.insert("ann".into(), person);
    assert!(comes(&mut house).is_ok());
}

#[test]
fn a_late_no_still_counts() {
    let mut house = house();
    ann(&mut house);
    house.pass(6 * MINUTE);
    house.directory.is_silent = true;
    let here = house.connect(1);
    house.ask_without_answer(here, login("ann"));
    house.pass(7_000);
    assert!(house.chat.tables.sessions.account_of(here).is_ok(), "she was not kept waiting");
    house.directory.people.clear();
    house.directory.is_silent = false;
    house.settle();
    assert!(hears_denied(&mut house, here));
}

#[test]
fn a_moderator_of_the_directory_moderates_every_named_room_and_owns_none() {
    let mut house = house();
    let owner = house.connect_from(9, [127, 0, 0, 1]);
    house.ask(owner, login("root")).expect("the first, at the server's own machine");
    know(&mut house, "bob");
    house.directory.people.get_mut("ann").expect("known").is_moderator = true;
    let (ann, bob) = (house.connect(1), house.connect(2));
    house.ask(ann, enrol("ann", "correct horse")).expect("in");
    house.ask(bob, enrol("bob", "correct horse")).expect("in");
    house.join(owner, LOBBY).expect("made");
    let room = house.join(bob, LOBBY).expect("in").id;
    let standing = |house: &mut House, session| house.join(session, LOBBY).expect("in").standing;
    assert_eq!(standing(&mut house, ann), Standing::In(Role::Moderator));
    let kick = Body::Act(Act::Kick { who: "bob".into() });
    assert!(house.post(ann, room, kick.clone()).is_ok());
    let role = |role| Body::Act(Act::Role { who: "bob".into(), role });
    assert_eq!(house.post(ann, room, role(Role::Owner)), Err(Refusal::NotAllowed));
    house.directory.people.get_mut("ann").expect("known").is_moderator = false;
    house.heard(ann);
    house.pass(HOUR);
    assert!(house.heard(ann).iter().any(|told| matches!(
        told,
        Told::Down(Down::Room(info)) if info.standing == Standing::In(Role::Member)
    )));
    house.join(bob, LOBBY).expect("in again");
    assert_eq!(house.post(ann, room, kick), Err(Refusal::NotAllowed));
}

#[test]
fn who_is_first_by_the_directory_owns_nothing_and_the_owner_sits_at_the_server() {
    let mut house = house();
    let elsewhere = house.connect(9);
    assert_eq!(house.ask(elsewhere, login("root")), Err(Refusal::PasswordNeeded));
    ann(&mut house);
    assert!(house.chat.tables.accounts.iter().all(|(_, account)| !account.is_owner));
    let here = house.connect_from(8, [127, 0, 0, 1]);
    assert_eq!(house.ask(here, login("root")), Err(Refusal::PasswordNeeded), "there is an account already");
    let mut house = self::house();
    let here = house.connect_from(8, [127, 0, 0, 1]);
    house.ask(here, register("root", Some("correct horse"))).expect("the first one");
    assert!(house.chat.tables.accounts.iter().all(|(_, account)| account.is_owner));
    let other = house.connect_from(7, [127, 0, 0, 1]);
    assert_eq!(house.ask(other, login("toor")), Err(Refusal::PasswordNeeded));
    assert_eq!(house.directory.asked(), []);
}

#[test]
fn a_local_account_stays_whose_it_is_and_its_password_is_told_to_nobody() {
    let mut house = House::new();
    let bob = house.connect(2);
    let request = Request::Register {
        name: "bob".into(),
        password: Some(secret("battery staple")),
        invite: None,
        device: String::new(),
    };
    house.ask(bob, request).expect("registered");
    let mut house = restarted(house);
    know(&mut house, "bob");
    let mallory = house.connect(3);
    assert_eq!(house.ask(mallory, enrol("bob", "correct horse")), Err(Refusal::PasswordWrong));
    assert_eq!(house.ask(mallory, register("bob", Some("correct horse"))), Err(Refusal::NameTaken));
    assert!(house.ask(mallory, enrol("bob", "battery staple")).is_ok(), "by its own password");
    let bob = house.connect(2);
    assert!(house.ask(bob, login("bob")).is_ok());
    assert_eq!(house.directory.asked(), [], "nobody was asked about it");
    // Nor by another name that the directory takes for it.
    know(&mut house, "b0b");
    house.directory.people.get_mut("b0b").expect("known").name = Some("bob".into());
    let eve = house.connect(4);
    assert_eq!(house.ask(eve, enrol("b0b", "correct horse")), Err(Refusal::NameTaken));
}

#[test]
fn names_that_a_directory_takes_for_one_are_one_account() {
    let mut house = house();
    know(&mut house, "ａｎｎ").name = Some("ann".into());
    house.directory.people.get_mut("ａｎｎ").expect("known").name = Some("ann".into());
    ann(&mut house);
    let phone = house.connect(2);
    for (session, wanted) in [(phone, "ａｎｎ"), (house.connect(3), "ANN")] {
        assert_eq!(name_of(house.ask(session, enrol(wanted, "correct horse"))), "ann");
    }
    assert_eq!(house.chat.tables.accounts.len(), 1);
    house.directory.people.get_mut("ann").expect("known").name = Some("not a name\n".into());
    let other = house.connect(4);
    assert_eq!(house.ask(other, enrol("ann", "correct horse")), Err(Refusal::NameInvalid));
}

#[test]
fn its_password_is_changed_elsewhere_and_what_an_operator_does_holds() {
    let mut house = house();
    ann(&mut house);
    let here = house.enter(1, "ann");
    let new = Request::SetPassword { old: None, new: secret("battery staple") };
    assert_eq!(house.ask(here, new.clone()), Err(Refusal::PasswordElsewhere));
    let (account, password) = ("ann".to_owned(), secret("battery staple"));
    let set = Operation::SetPassword { account: account.clone(), password };
    assert_eq!(house.operate(set.clone()), Notice::Answered(OperatorTag(1), Err(Refusal::PasswordElsewhere)));
    house.operate(Operation::Ban { account: account.clone() });
    assert_eq!(comes(&mut house), Err(Refusal::Banned));
    let phone = house.connect(2);
    assert_eq!(house.ask(phone, enrol("ann", "correct horse")), Err(Refusal::Banned));
    house.operate(Operation::Unban { account: account.clone() });
    let vouch = |is_vouched| Operation::Vouch { account: account.clone(), is_vouched };
    assert_eq!(house.operate(vouch(false)), Notice::Answered(OperatorTag(1), Ok(())));
    house.directory.people.clear();
    house.directory.asked();
    assert!(comes(&mut house).is_ok(), "a local one");
    assert_eq!(house.operate(set), Notice::Answered(OperatorTag(1), Ok(())));
    let tablet = house.connect(3);
    assert!(house.ask(tablet, enrol("ann", "battery staple")).is_ok());
    assert_eq!(house.directory.asked(), []);
    // Back again: the directory does not know her any more, and is asked at once.
    assert_eq!(house.operate(vouch(true)), Notice::Answered(OperatorTag(1), Ok(())));
    house.pass(1);
    assert!(hears_denied(&mut house, tablet));
    know(&mut house, "ann");
    house.operate(Operation::Unregister { account });
    let again = house.connect(4);
    assert_eq!(house.ask(again, enrol("ann", "correct horse")), Err(Refusal::NameTaken), "deleted is deleted");
}

#[test]
fn the_owner_stays_a_local_account() {
    let mut house = House::new();
    house.enter(1, "root");
    let vouch = Operation::Vouch { account: "root".into(), is_vouched: true };
    assert_eq!(house.operate(vouch), Notice::Answered(OperatorTag(1), Err(Refusal::NotAllowed)));
}

#[test]
fn a_server_that_lost_its_command_lets_nobody_in_for_longer_than_the_grace() {
    let mut house = house();
    ann(&mut house);
    let House { store, now, .. } = house;
    let mut house = House::of(Config { registration: Registration::Closed, ..Config::default() }, store);
    house.now.wall = now.wall;
    assert!(comes(&mut house).is_ok());
    let here = house.enter(1, "ann");
    for _ in 0..25 {
        house.pass(HOUR);
    }
    assert!(hears_denied(&mut house, here));
    assert_eq!(comes(&mut house), Err(Refusal::AuthUnavailable));
}

#[test]
fn a_token_of_an_account_is_as_good_as_the_account() {
    let mut house = house();
    ann(&mut house);
    let token = Operation::MakeToken {
        account: "ann".into(),
        hash: chinwag_proto::wire::message::hash(b"cwt_1"),
        label: "bot".into(),
        scopes: chinwag_store::Scopes { read: true, write: true, rooms: None },
        until: None,
    };
    house.operate(token);
    let bot = house.connect(7);
    assert!(house.ask(bot, Request::Token(secret("cwt_1"))).is_ok());
    house.directory.people.clear();
    house.pass(HOUR);
    assert!(hears_denied(&mut house, bot));
    let bot = house.connect(7);
    assert_eq!(house.ask(bot, Request::Token(secret("cwt_1"))), Err(Refusal::AccountClosed));
}
