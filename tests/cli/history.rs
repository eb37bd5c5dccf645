//! The past: history, search, lists; and what a chat does to it.

use serde_json::Value;

use crate::process::{Process, Scratch, Server};

fn chat(scratch: &Scratch, server: &Server, whose: &str) -> Process {
    let mut chat = scratch.chinwag(whose, &["chat", "--server", &server.addr, "--accept-new"]);
    chat.until("in #lobby:");
    chat
}

fn ask(scratch: &Scratch, server: &Server, args: &[&str]) -> String {
    let ended = scratch.chinwag("bob", &[args, &["--server", &server.addr, "--accept-new"]].concat()).end();
    ended.expect(0, &[]);
    ended.out
}

#[test]
fn what_was_said_is_found_again() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    for n in 1..=5 {
        ann.write(&format!("the bicycle number {n}"));
        ann.until(&format!("number {n}"));
    }
    let last = ask(&scratch, &server, &["history", "#lobby", "--count", "2"]);
    let texts: Vec<_> = last.lines().map(|line| line.split_once(" ann: ").expect("a message").1).collect();
    assert_eq!(texts, ["the bicycle number 4", "the bicycle number 5"]);
    assert!(last.starts_with("4 20"), "a number and a date: {last}");
    assert_eq!(ask(&scratch, &server, &["history", "lobby", "--since", "1h"]).lines().count(), 5);
    let all = ask(&scratch, &server, &["history", "lobby", "--since", "1h"]);
    let last = ask(&scratch, &server, &["history", "lobby", "--since", "1h", "--count", "2"]);
    assert_eq!(last.lines().collect::<Vec<_>>(), all.lines().skip(3).collect::<Vec<_>>(), "the last two of these");
    let json = ask(&scratch, &server, &["history", "lobby", "--count", "1", "--json"]);
    let line: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&line["number"], &line["kind"]), (&5.into(), &"text".into()));

    let found = ask(&scratch, &server, &["search", "bicycle", "3"]);
    assert!(found.starts_with("#lobby 3 ") && found.ends_with("ann: the bicycle number 3"), "{found}");
    assert_eq!(ask(&scratch, &server, &["search", "submarine"]), "");
    let rooms = ask(&scratch, &server, &["rooms"]);
    assert!(rooms.starts_with("#lobby, 1 member, for everyone") && !rooms.contains("you are in it"), "{rooms}");
    let rooms: Value = serde_json::from_str(&ask(&scratch, &server, &["rooms", "--json"])).expect("JSON");
    assert_eq!((&rooms["room"], &rooms["last"]), (&"#lobby".into(), &5.into()));
    ann.end().expect(0, &[]);
}

#[test]
fn what_may_not_be_read_is_exit_7_and_nonsense_exit_2() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    ann.write("/create #secret private");
    ann.write("among us");
    ann.until("among us");
    let ask =
        |args: &[&str]| scratch.chinwag("eve", &[args, &["--server", &server.addr, "--accept-new"]].concat()).end();
    let refused = ask(&["history", "#secret"]);
    assert!(matches!(refused.code, Some(7)) && refused.out.is_empty(), "{}", refused.err);
    assert_eq!(ask(&["search", "among"]).out, "");
    assert!(!ask(&["rooms"]).out.contains("secret"));
    ask(&["search", " "]).expect(2, &["nothing to search for"]);
    ask(&["history", "#lobby", "--since", "soon"]).expect(2, &["30s, 10m, 2h or 7d"]);
}

#[test]
fn a_chat_changes_what_was_said_and_everyone_sees_how() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    let mut bob = chat(&scratch, &server, "bob");
    ann.until("bob is here");
    ann.write("helo");
    bob.until("ann: helo");
    ann.until("ann: helo");
    ann.write("/edit ^ hello");
    assert!(bob.until("hello").ends_with("ann: hello (was: “helo”)"));
    bob.write("/reply 1 hi, ann");
    ann.until("bob: (to ann: “hello”) hi, ann");
    ann.write("/react ^ 👍");
    bob.until("ann 👍 bob: “hi, ann”");
    bob.write("/delete ^");
    ann.until("bob deleted a message of their own (3)");
    ann.write("/topic greetings");
    bob.until("ann set the topic: greetings");
    ann.write("/history");
    ann.until("history of #lobby:");
    ann.until(" ann: hello (edited)");
    bob.write("/members");
    bob.until("members of #lobby: ann");
    bob.write("/edit 1 mine now");
    bob.until_error("NOT DELIVERED (somebody else wrote that message)");
    bob.write("/status");
    bob.write("/help ban");
    bob.until_error("/ban NAME [TIME]: keep someone out");
    bob.end().expect(8, &[]);
    ann.end().expect(0, &[]);
    let json = ask(&scratch, &server, &["tail", "--room", "lobby", "--all", "--json", "--count", "5"]);
    let kinds: Vec<String> = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|value| format!("{} {}", value["kind"].as_str().unwrap_or_default(), value["about"]))
        .collect();
    assert_eq!(kinds, ["text null", "edit 1", "react 3", "delete 3", "topic null"], "3 is gone");
}

#[test]
fn a_room_has_its_rules_and_an_owner_who_makes_them() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut ann = chat(&scratch, &server, "ann");
    let mut eve = chat(&scratch, &server, "eve");
    ann.write("/create #club invite");
    ann.until("in #club: ann");
    eve.write("/join #club");
    eve.until_error("only those who are invited");
    ann.write("/invite eve");
    eve.until("you are invited to #club: /join #club enters it, /leave #club declines");
    eve.write("/decline #club");
    eve.until_error("you do not follow the invitation to #club; nobody is told");
    eve.write("/join #club");
    eve.until_error("only those who are invited");
    ann.write("/invite eve");
    eve.until("you are invited to #club");
    // Whoever reads is told the same by every command.
    for reads in [&["history", "#club"][..], &["search", "--room", "club", "ha"], &["tail", "--room", "club"]] {
        let args = [reads, &["--server", &server.addr]].concat();
        scratch
            .chinwag("eve", &args)
            .end()
            .expect(7, &["you are invited to #club, and not in it yet: `chinwag tail --room club --join`"]);
    }
    eve.write("/join #club");
    eve.until("in #club:");
    eve.write("ha");
    ann.until("eve: ha");
    ann.write("/kick eve");
    eve.until("you are not in #club any more");
    ann.write("/away lunch");
    eve.until("ann is away: lunch");
    eve.write("/ignore ann");
    eve.until_error("what ann writes is not shown");
    eve.end().expect(8, &[]);
    ann.end().expect(0, &[]);
}

#[test]
fn the_past_of_any_room_is_found_and_to_look_makes_none() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for (whose, room) in [("bob", "lobby"), ("bob", "plans"), ("bob", "gap"), ("ann", "lobby"), ("ann", "@bob")] {
        let args = ["send", "--create", "--server", &server.addr, "--accept-new", "--room", room];
        scratch.chinwag(whose, &[&args[..], &[&format!("zebra in {room}")]].concat()).end().expect(0, &[]);
    }
    for room in ["lobby", "plans", "gap", "@ann"] {
        let found = ask(&scratch, &server, &["search", "--room", room, "zebra"]);
        let past = ask(&scratch, &server, &["history", room]);
        assert!(found.contains("zebra in") && past.contains("zebra in"), "{room}: {found} {past}");
    }
    // What was sent was read by nobody: it comes with the rest.
    let tail = ["tail", "--server", &server.addr, "--room", "plans", "--count", "1"];
    let read = scratch.chinwag("bob", &tail).end();
    assert!(read.out.contains("zebra in plans"), "{} {}", read.out, read.err);
    let nobody = scratch.chinwag("bob", &["history", "@nobody", "--server", &server.addr]).end();
    nobody.expect(7, &["no such room"]);
    let tail = |whose, room| {
        let args = ["tail", "--server", &server.addr, "--accept-new", "--room", room, "--all", "--count", "1"];
        scratch.chinwag(whose, &args).end()
    };
    tail("bob", "typo").expect(7, &["there is no room #typo, or it is private. `chinwag send --create`"]);
    // Whoever reads is told in the same words which room may be meant, whatever the command.
    for args in
        [&["history", "palns"][..], &["history", "#palns", "--since", "1h"], &["search", "--room", "palns", "x"]]
    {
        let ended = scratch.chinwag("bob", &[args, &["--server", &server.addr]].concat()).end();
        ended.expect(7, &["there is no room #palns, or it is private. Is #plans meant? `chinwag rooms` lists them."]);
    }
    tail("bob", "palns").expect(7, &["there is no room #palns, or it is private. Is #plans meant?"]);
    assert!(!ask(&scratch, &server, &["rooms"]).contains("typo"));
    // To follow is to read: whoever becomes a member says so, and is told so, once.
    tail("ann", "plans").expect(0, &[]);
    assert!(!ask(&scratch, &server, &["rooms"]).contains("plans     2"));
    let join = |whose| {
        let args = ["tail", "--server", &server.addr, "--room", "plans", "--join", "--all", "--count", "1"];
        scratch.chinwag(whose, &args).end()
    };
    join("ann").expect(0, &["you are a member of #plans from now on"]);
    assert!(!join("ann").err.contains("from now on"));
    assert!(!join("bob").err.contains("from now on"), "whoever wrote there is one");
    let blank = scratch.chinwag("bob", &["send", "--server", &server.addr, "--room", "lobby", "  "]).end();
    blank.expect(8, &["an empty message"]);
}

#[test]
fn a_slip_of_the_pen_makes_no_room_and_is_said_to_be_one() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let begin = ["send", "--server", &server.addr, "--accept-new", "--room"];
    let send = |args: &[&str]| scratch.chinwag("ann", &[&begin[..], args].concat()).end();
    send(&["lobby", "where everybody is"]).expect(0, &[]);
    let makes = "there is no room #plnas, or it is private. --create makes it";
    send(&["plnas", "a secret plan"]).expect(8, &[makes, "0 of 1 messages"]);
    send(&["@ann", "a note"]).expect(0, &[]);
    assert!(!ask(&scratch, &server, &["rooms"]).contains("plnas"));
    send(&["plans", "--create", "the plan"]).expect(0, &[]);
    send(&["plans", "and no more of it"]).expect(0, &[]);
    send(&["plnas", "a secret plan"]).expect(8, &["Is #plans meant? --create makes it"]);
    // A chat has the same rule: for a room that it begins in, and for one that is entered later.
    let chat = |args: &[&str], lines: &str| {
        let begin = ["chat", "--server", &server.addr, "--plain"];
        let mut chat = scratch.chinwag("ann", &[&begin[..], args].concat());
        chat.write_raw(lines.as_bytes());
        chat.end()
    };
    chat(&["--room", "plnas"], "a secret of the first room\n").expect(8, &["Is #plans meant?", "NOT DELIVERED"]);
    chat(&["--room", "plnas"], "").expect(8, &["there is no room #plnas"]);
    chat(&[], "/join plnas\na secret of the second room\n").expect(8, &["Is #plans meant?", "NOT DELIVERED"]);
    chat(&["--create", "--room", "den"], "first words\n").expect(0, &[]);
    chat(&[], "/create loft\nfirst words\n/join #plans\nmore of the plan\n").expect(0, &[]);
    assert!(ask(&scratch, &server, &["rooms"]).contains("plans"));
    // What was refused is not kept for later, either.
    assert!(!ask(&scratch, &server, &["search", "secret"]).contains("secret"));
    let rooms = ask(&scratch, &server, &["rooms"]);
    assert!(!rooms.contains("plnas") && rooms.contains("#den") && rooms.contains("#loft"), "{rooms}");
}

#[test]
fn a_public_room_is_searched_and_read_by_whoever_is_not_in_it_and_stays_as_it_was() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for room in ["hall", "attic"] {
        let args = ["send", "--create", "--server", &server.addr, "--accept-new", "--room", room];
        scratch.chinwag("ann", &[&args[..], &[&format!("zebra in {room}")]].concat()).end().expect(0, &[]);
    }
    let members = || {
        let rooms = scratch.chinwag("ann", &["rooms", "--json", "--server", &server.addr]).end().out;
        let room = rooms.lines().find(|line| line.contains("#hall")).expect("listed").to_owned();
        serde_json::from_str::<Value>(&room).expect("JSON")["members"].clone()
    };
    let before = members();
    let bob = |args: &[&str]| {
        let ended = scratch.chinwag("bob", &[args, &["--server", &server.addr, "--accept-new"]].concat()).end();
        ended.expect(0, &[]);
        ended.out
    };
    let everywhere = bob(&["search", "zebra"]);
    assert!(everywhere.contains("zebra in hall") && everywhere.contains("zebra in attic"), "{everywhere}");
    assert!(everywhere.contains("#hall"), "by its name: {everywhere}");
    let there = bob(&["search", "--room", "hall", "zebra"]);
    assert!(there.contains("zebra in hall") && !there.contains("attic"), "{there}");
    assert!(bob(&["history", "hall"]).contains("zebra in hall"));
    assert!(bob(&["tail", "--room", "hall", "--all", "--count", "1"]).contains("zebra in hall"));
    assert_eq!(members(), before, "bob is none of them");
    let json = bob(&["rooms", "--json"]);
    assert!(json.lines().filter(|line| line.contains("\"member\":true")).count() == 0, "{json}");
}

#[test]
fn a_room_that_is_followed_from_outside_says_so_when_it_may_not_be_read_any_more() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    for (room, act, said, kind) in [
        ("hall", "/open private", "#hall is not public any more", "not public"),
        ("yard", "/ban bob", "you were banned from #yard", "banned"),
    ] {
        let begin = ["chat", "--plain", "--server", &server.addr, "--accept-new", "--create", "--room", room];
        let mut ann = scratch.chinwag("ann", &begin);
        ann.until(&format!("in #{room}:"));
        ann.write("welcome to whoever listens");
        let tail = ["tail", "--server", &server.addr, "--accept-new", "--room", room, "--all", "--json"];
        let mut bob = scratch.chinwag("bob", &tail);
        while !bob.line().contains("welcome to whoever listens") {}
        ann.write(act);
        ann.write("and that is among us");
        let ended = bob.end();
        ended.expect(7, &[said]);
        let last: Value = serde_json::from_str(ended.out.lines().last().expect("a line")).expect("JSON");
        let told = ["kind", "room", "reason"].map(|key| last[key].as_str().unwrap_or_default().to_owned());
        assert_eq!(told, ["ended".to_owned(), format!("#{room}"), kind.to_owned()]);
        assert!(!ended.out.contains("among us"), "{}", ended.out);
        // Nor is it let in by asking again, to follow or to read.
        let again = scratch.chinwag("bob", &tail).end();
        again.expect(7, &[]);
        assert_eq!(again.out, "");
    }
}

#[test]
fn a_room_is_named_alike_for_every_command_and_an_empty_answer_is_said_to_be_one() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "zebra"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    for room in [&["--room", "lobby"][..], &["lobby"]] {
        let said = scratch.chinwag("ann", &[&["history", "--server", &server.addr], room].concat()).end();
        assert!(said.code == Some(0) && said.out.contains("zebra"), "{room:?}: {} {}", said.out, said.err);
    }
    for room in [&["--room", "lobby", "lobby"][..], &[]] {
        scratch.chinwag("ann", &[&["history", "--server", &server.addr], room].concat()).end().expect(2, &["ROOM"]);
    }
    let nothing = scratch.chinwag("ann", &["search", "--server", &server.addr, "okapi"]).end();
    assert_eq!((nothing.code, nothing.out.as_str(), nothing.err.as_str()), (Some(0), "", "chinwag: nothing found"));
}
