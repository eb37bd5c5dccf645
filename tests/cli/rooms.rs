//! Rooms from the outside: what one says the others read, in order, from where they left off.

use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Scratch, Server};

fn client(scratch: &Scratch, server: &Server, whose: &str, command: &str, args: &[&str]) -> Process {
    let begin = [command, "--server", &server.addr, "--accept-new", "--room", "lobby"];
    scratch.chinwag(whose, &[&begin, args].concat())
}

fn texts(out: &str) -> Vec<String> {
    let text =
        |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["text"].as_str().expect("a text").to_owned();
    out.lines().map(text).collect()
}

#[test]
fn what_is_sent_is_read_once_and_from_where_one_left_off() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", "send", &["one", "two"]).end().expect(0, &[]);
    let first = client(&scratch, &server, "bob", "tail", &["--json", "--count", "2"]).end();
    first.expect(0, &[]);
    assert_eq!(texts(&first.out), ["one", "two"]);
    let line: Value = serde_json::from_str(first.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&line["number"], &line["sender"], &line["room"]), (&1.into(), &"ann".into(), &"#lobby".into()));

    client(&scratch, &server, "ann", "send", &["three"]).end().expect(0, &[]);
    let second = client(&scratch, &server, "bob", "tail", &["--json", "--count", "1"]).end();
    assert_eq!(texts(&second.out), ["three"]);
    let all = client(&scratch, &server, "bob", "tail", &["--json", "--all", "--count", "3"]).end();
    assert_eq!(texts(&all.out), ["one", "two", "three"]);
}

#[test]
fn whoever_only_reads_makes_no_lobby_and_waits_for_one() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let rooms = || scratch.chinwag("server", &["admin", "rooms"]).end().out;
    let mut tail = client(&scratch, &server, "bob", "tail", &["--json", "--count", "2"]);
    tail.until_error("there is no #lobby yet");
    assert_eq!(rooms(), "", "a reader makes nothing");
    client(&scratch, &server, "ann", "send", &["one"]).end().expect(0, &[]);
    client(&scratch, &server, "ann", "send", &["two"]).end().expect(0, &[]);
    let read = tail.end();
    read.expect(0, &[]);
    assert_eq!(texts(&read.out), ["one", "two"]);
    assert!(!read.err.contains("no #lobby"), "it is said once: {}", read.err);
    assert!(rooms().contains("#lobby: public, 1 member,"), "bob is in nothing: {}", rooms());
}

#[test]
fn a_room_that_nobody_wrote_to_is_said_to_be_empty() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut tail = client(&scratch, &server, "bob", "tail", &["--join", "--count", "1"]);
    tail.until_error("#lobby is empty");
    client(&scratch, &server, "ann", "send", &["one"]).end().expect(0, &[]);
    tail.until("ann: one");
    tail.end().expect(0, &[]);
    let again = client(&scratch, &server, "bob", "tail", &["--all", "--count", "1"]).end();
    assert!(!again.err.contains("empty"), "{}", again.err);
}

#[test]
fn lines_of_stdin_go_out_as_they_are_read() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut tail = client(&scratch, &server, "bob", "tail", &[]);
    let mut send = client(&scratch, &server, "ann", "send", &["--stdin"]);
    for text in ["first", "second", "你好"] {
        send.write(text);
        assert!(tail.line().ends_with(&format!(" ann: {text}")));
    }
    send.write_raw(b"not \xff text\n\nlast");
    send.end().expect(8, &["not UTF-8", "1 of 5 messages were not delivered"]);
    assert!(tail.line().ends_with(" ann: last"));
}

#[test]
fn a_message_as_long_as_one_may_be_arrives() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let longest = "x".repeat(65_536);
    client(&scratch, &server, "ann", "send", &[&longest]).end().expect(0, &[]);
    let tail = client(&scratch, &server, "bob", "tail", &["--json", "--count", "1"]).end();
    assert_eq!(texts(&tail.out), [longest]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", "send", &["one"]).end().expect(0, &[]);
    let mut tail = client(&scratch, &server, "bob", "tail", &[]);
    tail.until("one");
    tail.stop_reading();
    // The first closes the pipe after it was read; one of the others finds it closed.
    for text in ["two", "three", "four"] {
        client(&scratch, &server, "ann", "send", &[text]).end().expect(0, &[]);
    }
    let ended = tail.end();
    ended.expect(0, &[]);
    assert!(!ended.err.contains("pipe"), "{}", ended.err);
}

#[test]
fn what_arrives_while_one_sends_stays_unread() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut tail = client(&scratch, &server, "ann", "tail", &["--count", "1"]);
    client(&scratch, &server, "bob", "send", &["read"]).end().expect(0, &[]);
    tail.until("read");
    tail.end().expect(0, &[]);
    client(&scratch, &server, "bob", "send", &["unread"]).end().expect(0, &[]);
    client(&scratch, &server, "ann", "send", &["my own"]).end().expect(0, &[]);
    let mut tail = client(&scratch, &server, "ann", "tail", &["--count", "2"]);
    assert!(tail.line().ends_with("bob: unread"));
    assert!(tail.line().ends_with("ann: my own"));
    tail.end().expect(0, &[]);
}

#[test]
fn an_empty_message_is_refused_before_anything_is_sent() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", "send", &["fine", ""]).end().expect(8, &["empty"]);
}

#[test]
fn an_interrupted_tail_is_exit_130() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", "send", &["one"]).end().expect(0, &[]);
    let mut tail = client(&scratch, &server, "bob", "tail", &[]);
    tail.until("one");
    tail.signal(Signal::INT);
    tail.end().expect(130, &[]);
}

#[test]
fn two_chats_see_each_other_come_talk_and_go() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = client(&scratch, &server, "ann", "chat", &[]);
    ann.until("in #lobby: ann");
    let mut bob = client(&scratch, &server, "bob", "chat", &[]);
    bob.until("in #lobby: ann, bob");
    ann.until("bob is here");
    ann.write("hello, bob");
    assert!(bob.until("hello, bob").ends_with(" ann: hello, bob"));
    bob.write("/msg ann psst");
    ann.until("[@bob] bob: psst");
    bob.write("/who");
    bob.until("in #lobby: ann, bob");
    bob.write("/dance");
    bob.until_error("/help");
    bob.write("/quit");
    bob.end().expect(8, &[]);
    ann.until("bob left");
    ann.end().expect(0, &[]);
}

#[test]
fn one_who_is_killed_drops_off_step_by_step_and_comes_back() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = client(&scratch, &server, "ann", "chat", &[]);
    ann.until("in #lobby: ann");
    let mut bob = client(&scratch, &server, "bob", "chat", &[]);
    bob.until("in #lobby: ann, bob");
    ann.until("bob is here");
    bob.signal(Signal::KILL);
    drop(bob);
    ann.write("are you there?");
    ann.write("/who");
    // Nobody knows yet; then he is suspect, then offline. Left he has when he was offline for long.
    let next = |ann: &mut Process, what: &str| {
        let line = ann.line();
        assert!(line.ends_with(what), "{what:?} comes next, not {line:?}");
    };
    let mut lines = [ann.line(), ann.line()];
    lines.sort_by_key(|line| line.contains("in #lobby"));
    assert!(lines[0].ends_with("ann: are you there?") && lines[1].ends_with("in #lobby: ann, bob"), "{lines:?}");
    next(&mut ann, "bob is unreachable");
    ann.write("/who");
    next(&mut ann, "in #lobby: ann, bob (unreachable)");
    next(&mut ann, "bob is offline");
    let mut bob = client(&scratch, &server, "bob", "chat", &[]);
    next(&mut ann, "bob is back");
    bob.until("ann: are you there?");
}

#[test]
fn one_who_was_away_misses_nothing() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut bob = client(&scratch, &server, "bob", "chat", &[]);
    bob.until("in #lobby: bob");
    client(&scratch, &server, "ann", "send", &["seen"]).end().expect(0, &[]);
    bob.until("seen");
    bob.signal(Signal::KILL);
    drop(bob);
    client(&scratch, &server, "ann", "send", &["while bob was dead", "and this"]).end().expect(0, &[]);
    let mut again = client(&scratch, &server, "bob", "chat", &[]);
    again.until("while bob was dead");
    assert!(again.line().ends_with("ann: and this"));
}
