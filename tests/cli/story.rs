//! The whole of it, as two people live it: they register and talk, one goes away, the other goes on, the server is killed in
//! the middle, and who comes back has all that was said, once and in order; what was read there is read on another device.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Scratch, Server};

const IN_ROOM: usize = 1_000;
const DIRECT: usize = 100;
const PASSWORD: &str = "correct horse battery";

/// Makes an account, or enters it from another device.
fn account(scratch: &Scratch, server: &Server, device: &str, command: &str, name: &str) {
    let file = scratch.home(&format!("{device}.password"));
    fs::write(&file, PASSWORD).expect("written");
    let file = file.to_str().expect("UTF-8");
    let args = [command, "--server", &server.addr, "--accept-new", "--name", name, "--password-file", file];
    scratch.chinwag(device, &args).end().expect(0, &[]);
}

fn chat(scratch: &Scratch, device: &str, name: &str) -> Process {
    let mut chat = scratch.chinwag(device, &["chat"]);
    chat.until(&format!("in #lobby: {name}"));
    chat
}

/// Says lines, as fast as they are taken.
fn say(scratch: &Scratch, room: &str, lines: impl Iterator<Item = String>) -> Process {
    let mut send = scratch.chinwag("bob", &["send", "--create", "--room", room, "--stdin", "--timeout", "50"]);
    lines.for_each(|line| send.write(&line));
    send
}

fn texts(out: &str) -> Vec<String> {
    let text = |line: &str| {
        serde_json::from_str::<Value>(line)
            .ok()
            .and_then(|line| line["text"].as_str().map(str::to_owned))
            .expect("a text")
    };
    out.lines().map(text).collect()
}

#[test]
fn who_comes_back_has_all_of_it_and_reads_it_once() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    account(&scratch, &server, "laptop", "register", "ann");
    account(&scratch, &server, "bob", "register", "bob");
    let mut ann = chat(&scratch, "laptop", "ann");
    let mut bob = chat(&scratch, "bob", "ann, bob");
    ann.write("hi, bob");
    bob.until("ann: hi, bob");
    bob.write("hi, ann");
    ann.until("bob: hi, ann");
    ann.write("/msg bob psst");
    bob.until("ann: psst");
    bob.end().expect(0, &[]);
    ann.end().expect(0, &[]);

    // She is away. In the middle of what he says, the server dies.
    let mut seen = scratch.chinwag("cat", &["tail", "--server", &server.addr, "--accept-new", "--room", "lobby"]);
    seen.until("bob: hi, ann");
    let line = |n| format!("line {n}");
    let mut said = say(&scratch, "lobby", (1..=IN_ROOM / 2).map(line));
    seen.until("bob: line 300");
    server.process.signal(Signal::KILL);
    let addr = server.addr.clone();
    assert_eq!(server.process.end().code, None, "it was killed");
    let _server = scratch.server_at(&addr, &[]);
    (IN_ROOM / 2 + 1..=IN_ROOM).for_each(|n| said.write(&line(n)));
    said.end().expect(0, &[]);
    say(&scratch, "@ann", (1..=DIRECT).map(|n| format!("direct {n}"))).end().expect(0, &[]);
    drop(seen);

    // She comes back.
    let tail = |room: &str, count: usize| {
        let count = count.to_string();
        let tail = scratch.chinwag("laptop", &["tail", "--room", room, "--json", "--count", &count]).end();
        tail.expect(0, &[]);
        texts(&tail.out)
    };
    assert_eq!(tail("lobby", IN_ROOM), (1..=IN_ROOM).map(line).collect::<Vec<_>>());
    assert_eq!(tail("@bob", DIRECT), (1..=DIRECT).map(|n| format!("direct {n}")).collect::<Vec<_>>());

    // She reads it on the laptop; what is new after that is all that is new on the phone.
    let mut ann = chat(&scratch, "laptop", "ann");
    scratch.chinwag("bob", &["send", "--room", "lobby", "now"]).end().expect(0, &[]);
    ann.until("bob: now");
    ann.end().expect(0, &[]);
    for text in ["one", "two", "three"] {
        scratch.chinwag("bob", &["send", "--room", "lobby", text]).end().expect(0, &[]);
    }
    let phone = Server { process: scratch.chinwag("nobody", &["--version"]), addr, fingerprint: String::new() };
    account(&scratch, &phone, "phone", "login", "ann");
    let mut ann = scratch.chinwag("phone", &["chat"]);
    ann.until("#lobby: 3 new since you read last");
    ann.until("bob: three");
    ann.end().expect(0, &[]);
}
