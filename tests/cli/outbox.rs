//! What is said while the server is away: kept on this device, sent once, whatever becomes of the program that said it.

use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Scratch, Server};
use crate::pty::has;

fn texts(scratch: &Scratch, server: &Server, whose: &str, count: usize) -> Vec<String> {
    let count = count.to_string();
    let args =
        ["tail", "--server", &server.addr, "--accept-new", "--room", "lobby", "--all", "--json", "--count", &count];
    let tail = scratch.chinwag(whose, &args).end();
    tail.expect(0, &[]);
    let text =
        |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["text"].as_str().expect("text").to_owned();
    tail.out.lines().map(text).collect()
}

fn send(scratch: &Scratch, server: &Server, whose: &str, args: &[&str]) -> Process {
    let begin = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby"];
    scratch.chinwag(whose, &[&begin, args].concat())
}

/// The server goes away; its address stays its own.
fn stop(server: Server) -> String {
    server.process.signal(Signal::TERM);
    server.process.end().expect(0, &[]);
    server.addr
}

fn again(scratch: &Scratch, addr: &str) -> Server {
    scratch.server_at(addr, &[])
}

#[test]
fn what_can_not_be_sent_is_kept_and_sent_by_the_next() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["before"]).end().expect(0, &[]);
    let addr = stop(server);
    let args = ["send", "--room", "lobby", "--timeout", "0.5", "kept one", "kept two"];
    let kept = scratch.chinwag("ann", &args).end();
    kept.expect(9, &["no answer", "2 of 2 messages are kept on this device", &addr]);
    let server = again(&scratch, &addr);
    send(&scratch, &server, "ann", &["after"]).end().expect(0, &[]);
    let said = ["before", "kept one", "kept two", "after", "last"];
    assert_eq!(texts(&scratch, &server, "bob", 4), said[..4]);
    // They are sent: nobody sends them again.
    send(&scratch, &server, "ann", &["last"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 5), said);
}

#[test]
fn who_does_not_wait_is_told_that_it_is_kept() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["--wait", "none", "there"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 1), ["there"]);
    let addr = stop(server);
    scratch.chinwag("ann", &["send", "--room", "lobby", "--wait", "none", "kept"]).end().expect(0, &["are kept"]);
    let server = again(&scratch, &addr);
    // Whatever command it is that connects.
    scratch.chinwag("ann", &["rooms"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 2), ["there", "kept"]);
}

#[test]
fn what_a_killed_chat_had_queued_is_sent_once() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let addr = server.addr.clone();
    let chat = ["chat", "--server", &addr, "--accept-new"];
    let mut ann = scratch.chinwag("ann", &chat);
    ann.until("in #lobby: ann");
    stop(server);
    ann.until_error("went down");
    ann.write("typed into the void");
    ann.until_error("queued until there is a connection: typed into the void");
    ann.signal(Signal::KILL);
    drop(ann);
    let server = again(&scratch, &addr);
    let mut ann = scratch.chinwag("ann", &chat);
    ann.until("ann: typed into the void");
    ann.end().expect(0, &["sent from before, to #lobby: typed into the void"]);
    send(&scratch, &server, "ann", &["and more"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 2), ["typed into the void", "and more"]);
}

#[test]
fn what_a_program_says_that_runs_no_other_one_sends() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["one"]).end().expect(0, &[]);
    // This one reaches nobody.
    let mut alone = scratch.chinwag("ann", &["chat", "--weather", "loss=100%,seed=1"]);
    alone.write("in its own time");
    alone.until_error("queued until there is a connection");
    send(&scratch, &server, "ann", &["two"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 2), ["one", "two"]);
    alone.signal(Signal::KILL);
    drop(alone);
    send(&scratch, &server, "ann", &["three"]).end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 4), ["one", "two", "in its own time", "three"]);
}

#[test]
fn who_waits_for_delivery_knows_of_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let common = ["--server", &server.addr, "--accept-new"];
    scratch.chinwag("bob", &[&["register", "--no-password"][..], &common].concat()).end().expect(0, &[]);
    let tell = |timeout, text| {
        let wanted = ["send", "--room", "@bob", "--wait", "delivered", "--timeout", timeout, text];
        scratch.chinwag("ann", &[&wanted[..], &common].concat()).end()
    };
    tell("1", "are you there?").expect(9, &["1 of 1 messages are stored, but not with everyone yet"]);
    let mut bob = scratch.chinwag("bob", &["chat"]);
    bob.until("[@ann] ann: are you there?");
    tell("60", "you are").expect(0, &[]);
    bob.until("[@ann] ann: you are");
    // With nobody else in the room, everyone has it.
    let alone = ["send", "--create", "--room", "cellar", "--wait", "delivered", "--timeout", "60", "hello?"];
    scratch.chinwag("ann", &alone).end().expect(0, &[]);
}

#[test]
fn a_sender_killed_at_any_moment_loses_nothing_it_was_done_with_and_doubles_nothing() {
    const LINES: usize = 40;
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let listen = ["tail", "--server", &server.addr, "--accept-new", "--room", "lobby"];
    let mut tail = scratch.chinwag("bob", &listen);
    for life in 0..6 {
        let mut sender = send(&scratch, &server, "ann", &["--stdin"]);
        (0..LINES).for_each(|n| sender.write(&format!("{life}.{n:02}")));
        tail.until(&format!(" {life}.{:02}", life * 6));
        sender.signal(Signal::KILL);
        drop(sender);
    }
    send(&scratch, &server, "ann", &["end"]).end().expect(0, &[]);
    let json = ["tail", "--server", &server.addr, "--room", "lobby", "--all", "--json"];
    let mut tail = scratch.chinwag("bob", &json);
    let mut seen = vec![0; 6];
    loop {
        let line: Value = serde_json::from_str(&tail.line()).expect("JSON");
        let text = line["text"].as_str().expect("a text");
        let Some((life, n)) = text.split_once('.') else { break };
        let (life, n): (usize, usize) = (life.parse().expect("a number"), n.parse().expect("a number"));
        assert_eq!(n, seen[life], "of life {life}: none is missing in between, none is there twice");
        seen[life] += 1;
    }
    for (life, seen) in seen.into_iter().enumerate() {
        assert!((life * 6 + 1..=LINES).contains(&seen), "of life {life}, {seen} arrived");
    }
}

#[test]
fn no_line_of_a_long_input_is_refused() {
    /// More than a client holds without an answer.
    const LINES: usize = 70_000;
    let scratch = Scratch::new();
    let server = scratch.server(&["--message-rate", "0", "--durability", "os"]);
    let mut send = send(&scratch, &server, "ann", &["--stdin"]);
    let lines: String = (1..=LINES).map(|n| format!("line {n}\n")).collect();
    send.write_raw(lines.as_bytes());
    send.end().expect(0, &[]);
    let last = scratch.chinwag("ann", &["history", "lobby", "--count", "1", "--server", &server.addr]).end();
    assert!(last.out.starts_with(&format!("{LINES} ")) && last.out.ends_with(&format!("line {LINES}")), "{}", last.out);
}

#[test]
fn what_programs_of_one_account_send_at_once_waits_and_arrives() {
    const PROGRAMS: usize = 6;
    const LINES: usize = 1_000;
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["first"]).end().expect(0, &[]);
    let mut programs: Vec<_> = (0..PROGRAMS).map(|_| send(&scratch, &server, "ann", &["--stdin"])).collect();
    for (n, program) in programs.iter_mut().enumerate() {
        let lines: String = (1..=LINES).map(|line| format!("{n} {line}\n")).collect();
        program.write_raw(lines.as_bytes());
    }
    for program in programs {
        program.end().expect(0, &[]);
    }
    let all = 1 + PROGRAMS * LINES;
    let last = scratch.chinwag("ann", &["history", "lobby", "--count", "1", "--server", &server.addr]).end();
    assert!(last.out.starts_with(&format!("{all} ")), "{}", last.out);
}

#[test]
fn an_edit_of_what_is_not_stored_yet_overwrites_nothing_older() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let chat = ["chat", "--server", &server.addr, "--accept-new", "--plain"];
    let mut ann = scratch.chinwag("ann", &chat);
    ann.until("in #lobby: ann");
    ann.write("meet at noon in room 7");
    ann.until("ann: meet at noon in room 7");
    server.process.signal(Signal::STOP);
    // This one is sent, and nobody hears it yet.
    ann.write("gone");
    ann.until_error("lost");
    ann.write("/delete ^");
    ann.until_error("queued until there is a connection: /delete ^");
    ann.write("lunhc?");
    ann.write("/edit ^ lunch?");
    ann.until_error("changed; still queued");
    // Whoever sends it.
    ann.signal(Signal::KILL);
    drop(ann);
    server.process.signal(Signal::CONT);
    let mut ann = scratch.chinwag("ann", &chat);
    ann.until_error("not sent yet, from before: 3 to #lobby; the last to #lobby: lunch?");
    ann.until_error("sent from before, to #lobby: gone");
    ann.until_error("sent from before, to #lobby: /delete ^");
    ann.until_error("sent from before, to #lobby: lunch?");
    ann.end().expect(0, &[]);
    let history = scratch.chinwag("ann", &["history", "lobby"]).end();
    history.expect(0, &[]);
    for said in ["ann: meet at noon in room 7\n", "ann: lunch?"] {
        assert!(history.out.contains(said), "{}", history.out);
    }
    for never in ["gone", "lunhc", "(edited"] {
        assert!(!history.out.contains(never), "{never}: {}", history.out);
    }
}

#[test]
fn what_a_killed_screen_had_queued_is_on_the_next_one_and_is_changed_and_deleted_there() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let chat = || scratch.chat(&server, "ann", (80, 24), &["--accept-new"]);
    let mut ann = chat();
    ann.until(has("● ann"));
    server.process.signal(Signal::STOP);
    ann.press("oops\r");
    ann.until(has("ann oops"));
    ann.press("typo quueued\r");
    ann.until(has("ann typo quueued (queued)"));
    ann.signal(Signal::KILL);
    drop(ann);
    let mut ann = chat();
    let rows = ann.until(has("ann typo quueued (queued)"));
    assert!(rows[0].ends_with("connecting, 2 queued"), "{rows:#?}");
    ann.press("/edit ^ typo queued\r");
    ann.until(has("ann typo queued (queued)"));
    // The row above it, by keys.
    ann.press("\x1b[1;2A\x1b[1;2A");
    ann.until(has("on its way: e changes it, d takes it back"));
    ann.press("d");
    ann.until(has("> /delete ~1"));
    ann.press("\r");
    ann.until(has("ann oops (being deleted)"));
    server.process.signal(Signal::CONT);
    let rows = ann.until(has("ann typo queued (edited) ✓"));
    assert!(!rows.iter().any(|row| row.contains("quueued")), "{rows:#?}");
    ann.until(has("ann (deleted)"));
    ann.press("/quit\r");
    assert_eq!(ann.end(), Some(0));
    let history = scratch.chinwag("ann", &["history", "lobby"]).end();
    assert!(history.out.starts_with("2 ") && history.out.lines().count() == 1, "each was sent once: {}", history.out);
}

#[test]
fn what_was_never_sent_is_taken_back_and_nobody_sees_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["first"]).end().expect(0, &[]);
    let addr = stop(server);
    let mut ann = scratch.chinwag("ann", &["chat", "--plain", "--room", "lobby"]);
    ann.write("the door code is 1234");
    ann.until_error("queued until there is a connection: the door code");
    ann.write("/delete ^");
    ann.until_error("taken back; nobody saw it");
    ann.write("last");
    ann.until_error("queued until there is a connection: last");
    let server = again(&scratch, &addr);
    ann.until("ann: last");
    ann.end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 2), ["first", "last"]);
}

#[test]
fn what_is_kept_for_a_mistyped_room_makes_none_later_and_comes_back_whole() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["first"]).end().expect(0, &[]);
    scratch.chinwag("ann", &["send", "--create", "--room", "plans", "the plan"]).end().expect(0, &[]);
    let addr = stop(server);
    let secret = "a secret plan, which is longer than what is shown of a message so that one knows it again: burn this";
    let kept = |args: &[&str]| {
        let begin = ["send", "--timeout", "0.5", "--room"];
        scratch.chinwag("ann", &[&begin[..], args].concat()).end().expect(9, &["are kept on this device"]);
    };
    kept(&["plnas", secret]);
    kept(&["plans", "more of the plan"]);
    kept(&["den", "--create", "to be made"]);
    let mut chat = scratch.chinwag("ann", &["chat", "--plain", "--room", "plasn"]);
    chat.write("typed into a room that nobody has");
    chat.until_error("queued until there is a connection: typed into");
    chat.signal(Signal::KILL);
    drop(chat);
    // This one waits, and learns of it.
    let waits = ["send", "--room", "pl4ns", "--timeout", "60", "waited for"];
    let mut waits = scratch.chinwag("ann", &waits);
    waits.until_error("no answer");
    let _server = again(&scratch, &addr);
    let waited = waits.end();
    waited.expect(8, &["there is no room #pl4ns", "0 of 1 messages"]);
    // Whichever program comes says what was not delivered, all of it, once.
    let next = scratch.chinwag("ann", &["rooms"]).end();
    let told = format!("{}\n{}\n", waited.err, next.err);
    for (room, text) in [("#plnas", secret), ("#plasn", "typed into a room that nobody has")] {
        assert_eq!(told.matches(&format!("to {room}: {text}\n")).count(), 1, "{told}");
    }
    let rooms = scratch.chinwag("ann", &["rooms"]).end().out;
    let names: Vec<_> = rooms.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(names, ["#den", "#lobby", "#plans"]);
    let plans = scratch.chinwag("ann", &["history", "plans"]).end().out;
    assert!(plans.contains("more of the plan"), "{plans}");
}

#[test]
fn whoever_writes_more_than_the_server_takes_at_once_is_told_how_long_it_takes_once() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--octet-rate", "32768"]);
    let mut send = send(&scratch, &server, "ann", &["--stdin"]);
    // An octet of a long text counts for two, so the rate that is told is that of texts like these.
    let long = "x".repeat(64 * 1024);
    (0..6).for_each(|_| send.write(&long));
    let ended = send.end();
    ended.expect(0, &["the server takes 17.0 KiB a second from one account: the ", " that wait here take about "]);
    assert_eq!(ended.err.matches("the server takes").count(), 1, "{}", ended.err);
    // Whoever stays within it reads nothing of that.
    let short = scratch.chinwag("bob", &["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "hi"]);
    assert!(!short.end().err.contains("the server takes"));
}

#[test]
fn a_path_that_carries_little_carries_many_short_lines_and_the_longest() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for mtu in ["600", "548"] {
        let who = format!("ann{mtu}");
        let mut process = send(&scratch, &server, &who, &["--stdin", "--weather", &format!("mtu={mtu}")]);
        let mut lines: Vec<_> = (1..=40).map(|n| format!("line {n} of what is said at once at {mtu}")).collect();
        lines.push("x".repeat(64 * 1024));
        lines.push(format!("and a short one at {mtu}"));
        lines.iter().for_each(|line| process.write(line));
        process.end().expect(0, &[]);
        let got = texts(&scratch, &server, &format!("bob{mtu}"), if mtu == "600" { 42 } else { 84 });
        assert_eq!(got[got.len() - 42..], lines);
    }
}

/// The server that somebody has used is called so from now on, as if it had been found by that name.
fn rename(scratch: &Scratch, whose: &str, from: &str, to: &str) {
    for file in ["known_servers", "recent"] {
        let path = scratch.home(whose).join(file);
        let text = std::fs::read_to_string(&path).expect("it was used");
        std::fs::write(path, text.replace(from, to)).expect("written");
    }
}

#[test]
fn however_a_known_server_is_called_what_is_sent_to_it_is_kept_while_nobody_answers() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["first"]).end().expect(0, &[]);
    let addr = stop(server);
    let mut called = addr.clone();
    // By an address, by its name on the subnet, by a name that does not resolve (now), on an interface that is gone.
    for (n, name) in
        [&addr, "lan:nobody-is-called-so", "nowhere.invalid:7", "[fe80::7%gone0]:7"].into_iter().enumerate()
    {
        rename(&scratch, "ann", &called, name);
        called = name.to_owned();
        let send =
            |args: &[&str]| scratch.chinwag("ann", &[&["send", "--room", "lobby", "--timeout", "0.5"], args].concat());
        let say = |what: &str| format!("{what} {n}");
        send(&[&say("argument")]).end().expect(9, &["1 of 1 messages are kept on this device", name]);
        send(&["--wait", "none", &say("not waited for")]).end().expect(0, &["are kept on this device"]);
        let mut lines = send(&["--stdin"]);
        lines.write(&say("line"));
        // Nobody answers, and the input goes on: it is read to its end, and kept.
        lines.until_error("what comes is kept on this device meanwhile");
        lines.write(&say("later line"));
        lines.end().expect(9, &["2 of 2 messages are kept on this device"]);
    }
    rename(&scratch, "ann", &called, &addr);
    let server = again(&scratch, &addr);
    send(&scratch, &server, "ann", &["last"]).end().expect(0, &[]);
    let mut said = vec!["first".to_owned()];
    for n in 0..4 {
        said.extend(["argument", "not waited for", "line", "later line"].map(|what| format!("{what} {n}")));
    }
    said.push("last".to_owned());
    assert_eq!(texts(&scratch, &server, "bob", said.len()), said);
}

#[test]
fn what_a_token_sends_to_a_server_that_is_not_found_is_kept_for_the_token() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["zeroth"]).end().expect(0, &[]);
    let create = ["admin", "token", "create", "ann", "--label", "ci", "--write", "--room", "lobby"];
    let made = scratch.chinwag("server", &create).end();
    made.expect(0, &[]);
    let token = made.out.trim().to_owned();
    let env = [("CHINWAG_TOKEN", token.as_str())];
    let begin = ["send", "--accept-new", "--room", "lobby", "--timeout", "0.5", "--server"];
    let say = |name: &str, what: &str| scratch.chinwag_with("ci", &[&begin[..], &[name, what]].concat(), &env).end();
    say(&server.addr, "first").expect(0, &[]);
    let addr = stop(server);
    let known = scratch.home("ci").join("known_servers");
    let line = std::fs::read_to_string(&known).expect("pinned");
    std::fs::write(&known, format!("{line}{}", line.replace(&addr, "lan:nobody-is-called-so"))).expect("written");
    say("lan:nobody-is-called-so", "kept").expect(9, &["1 of 1 messages are kept on this device"]);
    let server = again(&scratch, &addr);
    say(&server.addr, "last").expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 4), ["zeroth", "first", "kept", "last"]);
}

#[test]
fn a_server_that_was_never_met_has_no_outbox_and_is_said_to_have_none() {
    let scratch = Scratch::new();
    for (name, code, said) in [
        ("nowhere.invalid", 4, "unknown host"),
        ("127.0.0.1:9", 4, "no answer from 127.0.0.1:9"),
        ("fe80::7%gone0", 4, "no interface \"gone0\""),
        ("fe80::7", 2, "say on which interface"),
    ] {
        let args = ["send", "--server", name, "--accept-new", "--room", "lobby", "--timeout", "0.5", "x"];
        scratch.chinwag("ann", &args).end().expect(code, &[said, "nothing was sent, and nothing is kept"]);
    }
}

#[test]
fn lines_that_show_nothing_are_no_messages_whoever_reads_them() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let blanks = "\u{feff}a\n\n   \n\t\n\u{a0}\n\u{200b}\n\x0c\n\r\n10 %\rb\r\n\u{202e}\n";
    let common = ["--server", &server.addr, "--accept-new", "--room", "lobby"];
    let mut sent = scratch.chinwag("ann", &[&["send", "--stdin"][..], &common].concat());
    sent.write_raw(blanks.as_bytes());
    sent.end().expect(0, &[]);
    let mut chat = scratch.chinwag("ann", &[&["chat", "--plain"][..], &common].concat());
    chat.write_raw(blanks.as_bytes());
    chat.end().expect(0, &[]);
    assert_eq!(texts(&scratch, &server, "bob", 4), ["a", "b", "a", "b"]);
    let blank = send(&scratch, &server, "ann", &["\u{a0}"]).end();
    blank.expect(8, &["an empty message, or one that shows nothing, can't be sent; nothing was sent"]);
}

#[test]
fn lines_from_a_program_are_over_when_the_rooms_that_they_make_are_made() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let chat = ["chat", "--plain", "--server", &server.addr, "--accept-new", "--name", "ann"];
    let mut ann = scratch.chinwag("ann", &chat);
    // Nothing is said that would be waited for.
    ann.write("/create #ops");
    ann.write("/create builds");
    ann.write("/join @nobody");
    ann.write("/joyn somewhere");
    ann.end().expect(
        8,
        &[
            "join @nobody: nobody of that name was ever here",
            "there is no /joyn",
            "2 lines were refused, or can't be done",
        ],
    );
    let rooms = scratch.chinwag("ann", &["rooms", "--server", &server.addr]).end();
    let names: Vec<_> = rooms.out.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(names, ["#builds", "#lobby", "#ops"]);
}
