//! The client's library as a program uses it, against a real server on loopback.

mod exports;
mod house;
mod outside;
mod passing;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use chinwag::client::{
    Access, Ask, AskError, Blame, Body, Change, Client, ConnectError, Device, Event, Events, Lost, NameError, Position,
    PostError, Refusal, RoomSeq, Trust,
};
use futures_core::Stream as _;

use house::House;

/// Longer than anything takes that goes well.
const SOON: Duration = Duration::from_secs(60);

fn connect(house: &House, device: &Device, name: &str) -> (Client, Events) {
    let to = device.server(&house.address()).expect("a server").name(name).trust(Trust::New);
    to.patience(Some(SOON)).connect().expect("connected")
}

/// The next event that `wanted` takes, within a time.
fn next<T>(events: &mut Events, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        let event = events.next_within(SOON).expect("an event in time");
        if let Some(found) = wanted(&event) {
            return found;
        }
        assert!(!matches!(event, Event::Ended(_)), "{event:?}");
    }
}

fn text_of(event: &Event) -> Option<String> {
    if let Event::Message(message) = event { message.text().map(str::to_owned) } else { None }
}

fn joined(event: &Event) -> Option<()> {
    matches!(event, Event::Joined { .. }).then_some(())
}

#[test]
fn a_program_pins_and_others_hear_of_it() {
    let house = House::new();
    let (one, other) = (Device::in_memory().expect("a device"), Device::in_memory().expect("a device"));
    let (ann, mut anns) = connect(&house, &one, "ann");
    ann.join("plans");
    next(&mut anns, joined);
    let number = ann.say("plans", "tea at four").wait(SOON).expect("stored");
    ann.pin("plans", number, true).wait(SOON).expect("stored");
    let pinned = |event: &Event| if let Event::Facts { facts, .. } = event { Some(facts.pins.clone()) } else { None };
    assert_eq!(next(&mut anns, pinned), [number]);
    let (bob, mut bobs) = connect(&house, &other, "bob");
    bob.join("plans");
    assert_eq!(next(&mut bobs, pinned), [number], "whoever comes later knows it");
    let hits = bob.pins("plans", None).expect("found").hits;
    assert_eq!(
        hits.iter().map(|hit| (hit.number, hit.entry.body.text())).collect::<Vec<_>>(),
        [(number, Some("tea at four"))]
    );
    assert!(
        matches!(bob.pin("plans", number, false).wait(SOON), Err(PostError::Refused(_))),
        "only who made the room may"
    );
    ann.pin("plans", number, false).wait(SOON).expect("stored");
    assert_eq!(next(&mut bobs, pinned), []);
}

#[test]
fn two_programs_talk_ask_and_find() {
    let house = House::new();
    let (one, other) = (Device::in_memory().expect("a device"), Device::in_memory().expect("a device"));
    let (ann, mut anns) = connect(&house, &one, "ann");
    let (bob, mut bobs) = connect(&house, &other, "bob");
    ann.join("lobby");
    bob.join("lobby");
    next(&mut anns, joined);
    next(&mut bobs, joined);
    let posts: Vec<_> = (1..=20).map(|number| ann.say("lobby", &format!("word {number}"))).collect();
    let numbers: Vec<_> = posts.iter().map(|post| post.wait(SOON).expect("stored")).collect();
    assert_eq!(numbers, (1..=20).map(RoomSeq).collect::<Vec<_>>());
    for number in 1..=20 {
        assert_eq!(next(&mut bobs, text_of), format!("word {number}"), "in order, each once");
    }
    // From another thread, while nobody asks for events.
    let asker = bob.clone();
    let page = thread::spawn(move || asker.history("lobby", Position::Before(RoomSeq(u64::MAX)), 5));
    let page = page.join().expect("no panic").expect("a page");
    assert_eq!(page.entries.iter().map(|(number, _)| number.0).collect::<Vec<_>>(), [16, 17, 18, 19, 20]);
    assert!(page.is_more);
    let hits = bob.search(None, "word 7", None, 10).expect("found").hits;
    assert_eq!(hits.iter().map(|hit| hit.number.0).collect::<Vec<_>>(), [7]);
    let (members, _) = bob.members("lobby", "").expect("members");
    assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["ann", "bob"]);
    drop(ann.tell("bob", "only for you"));
    assert_eq!(next(&mut bobs, text_of), "only for you");
    let lonely = Body::Reply { to: RoomSeq(99), text: "to nobody".into() };
    assert!(matches!(bob.post("lobby", lonely).wait(SOON), Err(PostError::Refused(_))));
    assert!(matches!(bob.members("nowhere", ""), Err(AskError::Denied(_))));
}

#[test]
fn a_public_room_is_followed_without_being_in_it_until_it_is_public_no_more() {
    let house = House::new();
    let (one, other) = (Device::in_memory().expect("a device"), Device::in_memory().expect("a device"));
    let (ann, mut anns) = connect(&house, &one, "ann");
    let (bob, mut bobs) = connect(&house, &other, "bob");
    ann.join("hall");
    next(&mut anns, joined);
    bob.follow("hall");
    next(&mut bobs, joined);
    ann.say("hall", "to whoever listens").wait(SOON).expect("stored");
    assert_eq!(next(&mut bobs, text_of), "to whoever listens");
    let (members, _) = ann.members("hall", "").expect("members");
    assert_eq!(members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["ann"]);
    assert!(matches!(bob.say("hall", "and I").wait(SOON), Err(PostError::Refused(Refusal::NotMember))));
    ann.ask(Ask::Open { room: "hall".into(), access: Access::Private, password: None }).expect("done");
    ann.say("hall", "among us").wait(SOON).expect("stored");
    let ended = |event: &Event| {
        assert!(!matches!(event, Event::Message(_)), "{event:?}");
        if let Event::FollowEnded { room, reason } = event { Some((room.clone(), *reason)) } else { None }
    };
    assert_eq!(next(&mut bobs, ended), ("#hall".to_owned(), Refusal::NoSuchRoom));
}

#[test]
fn who_only_passes_is_shown_to_nobody() {
    let house = House::new();
    let (ann, mut events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("lobby");
    next(&mut events, joined);
    let device = Device::in_memory().expect("a device");
    let to = device.server(&house.address()).expect("a server").name("build").trust(Trust::New);
    let (build, _unread) = to.passing().patience(Some(SOON)).connect().expect("connected");
    build.join("lobby");
    build.say("lobby", "green").wait(SOON).expect("stored");
    drop(build);
    ann.say("lobby", "fine").wait(SOON).expect("stored");
    let mut seen = Vec::new();
    while seen.last().is_none_or(|text| text != "fine") {
        let event = events.next_within(SOON).expect("an event in time");
        assert!(!matches!(&event, Event::Presence(change) if change.who == "build"), "{event:?}");
        seen.extend(text_of(&event));
    }
    assert_eq!(seen, ["green", "fine"]);
}

#[test]
fn whoever_is_not_trusted_is_told_nothing() {
    let house = House::new();
    let device = Device::in_memory().expect("a device");
    let to = || device.server(&house.address()).expect("a server").name("ann").patience(Some(SOON));
    let error = to().connect().expect_err("not known");
    assert!(matches!(&error, ConnectError::Untrusted { key, .. } if *key == house.key()), "{error:?}");
    assert_eq!(error.blame(), Blame::Identity);
    let asked = Arc::new(std::sync::Mutex::new(None));
    let seen = Arc::clone(&asked);
    let ask = move |key: &_| {
        *seen.lock().expect("one at a time") = Some(*key);
        false
    };
    assert!(matches!(to().trust(Trust::Ask(Box::new(ask))).connect(), Err(ConnectError::Untrusted { .. })));
    assert_eq!(*asked.lock().expect("one at a time"), Some(house.key()));
    drop(to().trust(Trust::New).connect().expect("trusted from now on"));
    drop(to().connect().expect("known"));
}

#[test]
fn what_went_wrong_is_a_type_that_says_where_to_look() {
    let device = Device::in_memory().expect("a device");
    assert_eq!(device.server("lab:x").expect_err("no port").blame(), Blame::Request);
    assert!(matches!(device.server("chinwag://lab"), Err(ConnectError::Invitation)));
    let nobody = device.server("127.0.0.1:9").expect("an address").name("ann").trust(Trust::New);
    let error = nobody.patience(Some(Duration::from_millis(300))).connect().expect_err("nobody");
    assert!(matches!(error, ConnectError::NoAnswer { .. }), "{error:?}");
    assert!(error.may_pass() && error.to_string().starts_with("127.0.0.1:9"), "{error}");
    let house = House::new();
    let nameless = device.server(&house.address()).expect("a server").trust(Trust::New).connect();
    assert!(matches!(nameless, Err(ConnectError::NoName)));
    let misnamed = device.server(&house.address()).expect("a server").name("a b").trust(Trust::New).connect();
    assert!(matches!(misnamed, Err(ConnectError::Name(NameError::Character(' ')))), "{misnamed:?}");
}

#[test]
fn who_trusts_whoever_answers_learns_that_their_key_could_not_be_written_down() {
    let house = House::new();
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::open(folder.path()).expect("made");
    // Where the file of trusted keys is written anew, something else is in the way.
    std::fs::create_dir(folder.path().join("known_servers.new")).expect("made");
    let (_ann, mut events) = connect(&house, &device, "ann");
    let first = events.next_within(SOON).expect("an event in time");
    assert!(matches!(&first, Event::Connection(Change::NotPinned(_))), "{first:?}");
    let second = events.next_within(SOON).expect("an event in time");
    assert!(matches!(&second, Event::Connection(Change::Connected { .. })), "{second:?}");
}

#[test]
fn a_device_in_a_folder_is_the_same_one_after_a_restart() {
    let house = House::new();
    let folder = tempfile::tempdir().expect("a folder");
    let (ann, mut anns) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("lobby");
    next(&mut anns, joined);
    {
        let (bot, mut events) = connect(&house, &Device::open(folder.path()).expect("made"), "bot");
        bot.join("lobby");
        next(&mut events, joined);
        for text in ["one", "two"] {
            ann.say("lobby", text).wait(SOON).expect("stored");
            assert_eq!(next(&mut events, text_of), text);
        }
        // The program ends in the middle of "two": it never asks for what comes then.
        drop(bot);
        drop(events);
    }
    ann.say("lobby", "three").wait(SOON).expect("stored");
    let device = Device::open(folder.path()).expect("the same");
    // By the name that it had, and with nobody who would trust a new server.
    let to = device.server(&house.address()).expect("a server").patience(Some(SOON));
    let (bot, mut events) = to.connect().expect("known, and known there");
    bot.join("lobby");
    assert_eq!(next(&mut events, text_of), "two", "what was not dealt with comes again, and nothing before it");
    assert_eq!(next(&mut events, text_of), "three");
}

#[test]
fn what_is_said_while_the_server_is_down_is_stored_when_it_is_back() {
    let mut house = House::new();
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::open(folder.path()).expect("made");
    let (bot, mut events) = connect(&house, &device, "bot");
    bot.join("lobby");
    next(&mut events, joined);
    drop((bot, events));
    house.stop();
    {
        let to = device.server(&house.address()).expect("a server");
        let (bot, _events) = to.start().expect("known: there is no need to wait");
        bot.join("lobby");
        assert_eq!(bot.say("lobby", "kept").wait(Duration::from_millis(200)), Err(PostError::TimedOut));
    }
    house.start();
    let (bot, mut events) = connect(&house, &device, "bot");
    let answer = next(&mut events, |event| if let Event::Kept { answer, .. } = event { Some(*answer) } else { None });
    assert_eq!(answer, Ok(RoomSeq(1)));
    assert_eq!(bot.history("lobby", Position::Before(RoomSeq(9)), 9).expect("a page").entries.len(), 1, "once");
}

#[test]
fn a_server_that_restarts_is_connected_to_again_by_itself() {
    let mut house = House::new();
    let (ann, mut events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("lobby");
    next(&mut events, joined);
    house.stop();
    let down = |event: &Event| {
        let Event::Connection(Change::Lost { why: Lost::Shutdown { reason } }) = event else { return None };
        Some(reason.clone())
    };
    assert_eq!(next(&mut events, down), "the server stops", "it is down for a while, and is to come back");
    let post = ann.say("lobby", "are you there?");
    house.start();
    post.wait(SOON).expect("stored once it is back");
    next(&mut events, |event| matches!(event, Event::Connection(Change::Connected { .. })).then_some(()));
}

#[test]
fn a_program_that_wants_no_events_is_not_held_up_by_them() {
    let house = House::new();
    let (ann, events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("lobby");
    drop(events);
    let (bob, _unread) = connect(&house, &Device::in_memory().expect("a device"), "bob");
    bob.join("lobby");
    for number in 1..=3_000 {
        let post = ann.say("lobby", "again");
        if number % 500 == 0 {
            post.wait(SOON).expect("stored");
        }
    }
    assert!(bob.history("lobby", Position::Before(RoomSeq(u64::MAX)), 1).is_ok(), "an answer gets past waiting events");
    // Whoever lets go of the client first does not wait for events that nobody takes.
    drop(bob);
}

#[test]
fn events_are_a_stream_for_any_executor() {
    let house = House::new();
    let (ann, events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    let mut stream = events.stream().expect("a thread");
    ann.join("lobby");
    drop(ann.say("lobby", "hello"));
    let text = block_on(|context| {
        loop {
            match Pin::new(&mut stream).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => panic!("it ends"),
                Poll::Ready(Some(event)) => {
                    if let Some(text) = text_of(&event) {
                        return Poll::Ready(text);
                    }
                }
            }
        }
    });
    assert_eq!(text, "hello");
}

/// The smallest executor: polls on this thread, which sleeps in between.
fn block_on<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
