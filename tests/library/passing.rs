//! Programs that say or ask one thing and go: what they wait for, and what they leave behind.

use std::thread;
use std::time::Duration;

use chinwag::client::{
    Ask, AskError, Change, Client, ConnectError, Device, Entering, Event, Events, OutboxCount, PostError, Refusal,
    Reply, Start,
};

use super::house::House;
use super::{SOON, connect, joined, next, text_of};

/// A device in a folder that knows the server, which it was at under that name.
fn known(house: &House, name: &str) -> (tempfile::TempDir, Device) {
    let folder = tempfile::tempdir().expect("a folder");
    let device = Device::open(folder.path()).expect("made");
    drop(connect(house, &device, name));
    (folder, device)
}

fn start(house: &House, device: &Device, name: &str) -> (Client, Events) {
    device.server(&house.address()).expect("a server").name(name).start().expect("known")
}

fn end(events: &mut Events) -> ConnectError {
    loop {
        if let Event::Ended(error) = events.next_within(SOON).expect("an event in time") {
            return error;
        }
    }
}

#[test]
fn a_program_waits_until_all_that_it_and_earlier_ones_have_said_is_answered() {
    let mut house = House::new();
    let (_folder, device) = known(&house, "ci");
    house.stop();
    {
        let (client, mut events) = start(&house, &device, "ci");
        let post = client.tell("ann", "kept");
        let queued = |event: &Event| if let Event::Queued { tag, .. } = event { Some(*tag) } else { None };
        assert_eq!(next(&mut events, queued), post.tag());
        let left = client.flush(Duration::ZERO);
        assert_eq!(left, OutboxCount { waiting: 1, unkept: 0, earlier: 0 });
        assert!(!left.is_empty());
    }
    house.start();
    let (_ann, _events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    let (client, mut events) = start(&house, &device, "ci");
    assert_eq!(client.kept().outbox, 1);
    let post = client.tell("ann", "said now");
    assert!(client.flush(SOON).is_empty());
    assert!(post.wait(Duration::ZERO).is_ok(), "it is answered already");
    let kept = |event: &Event| if let Event::Kept { answer, .. } = event { Some(*answer) } else { None };
    assert!(next(&mut events, kept).is_ok());
}

#[test]
fn what_is_asked_without_waiting_is_answered_by_an_event() {
    let house = House::new();
    let (ann, mut events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    let asked = ann.ask_for(Ask::Devices);
    let devices = next(&mut events, |event| {
        let Event::Answered { tag, result: Ok(Reply::Devices(devices)) } = event else { return None };
        Some((*tag, devices.len()))
    });
    assert_eq!(devices, (asked, 1));
}

#[test]
fn whoever_waits_is_told_when_the_client_is_stopped() {
    let mut house = House::new();
    let (_folder, device) = known(&house, "ci");
    house.stop();
    let (client, mut events) = start(&house, &device, "ci");
    let (asker, teller) = (client.clone(), client.clone());
    let asked = thread::spawn(move || asker.ask(Ask::Devices));
    let told = thread::spawn(move || teller.tell("ann", "are you there?").wait(SOON));
    next(&mut events, |event| matches!(event, Event::Queued { .. }).then_some(()));
    client.stop();
    assert!(matches!(end(&mut events), ConnectError::Stopped(None)));
    assert!(matches!(asked.join().expect("no panic"), Err(AskError::Stopped)));
    assert_eq!(told.join().expect("no panic"), Err(PostError::Stopped));
    assert!(events.next().is_none(), "nothing comes after the end");
    assert_eq!(client.outbox().waiting, 1, "the next one sends it");
}

#[test]
fn nobody_answers_a_client_that_only_begins_for_as_long_as_it_says() {
    let mut house = House::new();
    let (_folder, device) = known(&house, "ci");
    house.stop();
    let to = device.server(&house.address()).expect("a server").patience(Some(Duration::from_millis(300)));
    let (_client, mut events) = to.start().expect("known");
    next(&mut events, |event| matches!(event, Event::Connection(Change::Unanswered(_))).then_some(()));
    assert!(matches!(end(&mut events), ConnectError::NoAnswer { .. }));
}

#[test]
fn who_only_passes_reads_nothing_in_the_place_of_its_user() {
    let house = House::new();
    let (_folder, device) = known(&house, "bob");
    let (ann, mut anns) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    ann.join("hall");
    next(&mut anns, joined);
    {
        let (bob, mut bobs) = connect(&house, &device, "bob");
        bob.join("hall");
        next(&mut bobs, joined);
        ann.say("hall", "one").wait(SOON).expect("stored");
        assert_eq!(next(&mut bobs, text_of), "one");
        bobs.dealt_with();
    }
    {
        let to = device.server(&house.address()).expect("a server").name("bob").passing();
        let (passing, mut events) = to.patience(Some(SOON)).connect().expect("connected");
        passing.enter("hall", Entering::Existing, Start::Recent(0));
        next(&mut events, joined);
        ann.say("hall", "two").wait(SOON).expect("stored");
        passing.say("hall", "three").wait(SOON).expect("stored");
        passing.stop();
        for event in events {
            assert!(!matches!(event, Event::Message(_)), "{event:?}");
        }
    }
    let (bob, mut bobs) = connect(&house, &device, "bob");
    bob.join("hall");
    assert_eq!((next(&mut bobs, text_of), next(&mut bobs, text_of)), ("two".to_owned(), "three".to_owned()));
    bobs.leave_unread();
}

#[test]
fn what_is_said_under_a_name_that_is_refused_is_kept_unless_its_program_only_passes() {
    let house = House::new();
    let (_ann, _events) = connect(&house, &Device::in_memory().expect("a device"), "ann");
    let (_folder, device) = known(&house, "bob");
    let kept = |passes| {
        let to = device.server(&house.address()).expect("a server").name("ann");
        let to = if passes { to.passing() } else { to };
        let (client, mut events) = to.start().expect("known");
        let left = client.kept().outbox;
        drop(client.tell("bob", "by whom?"));
        let error = end(&mut events);
        assert!(matches!(error, ConnectError::Login(Refusal::OtherName)), "{error:?}");
        left
    };
    assert_eq!([kept(true), kept(false), kept(true)], [0, 0, 1]);
}
