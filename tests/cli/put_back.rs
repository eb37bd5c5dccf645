//! A store that is put back to an earlier state behind its server's back: nobody misses what is said from then on.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Scratch, Server};

/// How a server ends before its files are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copied {
    Stopped,
    Killed,
    /// It does not end at all.
    Running,
}

fn send(scratch: &Scratch, server: &Server, numbers: RangeInclusive<u32>) {
    let texts: Vec<_> = numbers.map(|n| format!("m{n}")).collect();
    let mut args = vec!["send", "--server", &server.addr, "--accept-new", "--room", "lobby"];
    args.extend(texts.iter().map(String::as_str));
    scratch.chinwag("ann", &args).end().expect(0, &[]);
}

fn tail(scratch: &Scratch, addr: &str, whose: &str, args: &[&str]) -> Process {
    let begin = ["tail", "--server", addr, "--accept-new", "--room", "lobby", "--json"];
    scratch.chinwag(whose, &[&begin, args].concat())
}

fn expect(tail: &mut Process, numbers: RangeInclusive<u32>) {
    for n in numbers {
        let line: Value = serde_json::from_str(&tail.line()).expect("JSON");
        assert_eq!(line["text"], format!("m{n}"));
    }
}

fn stop(server: Server) {
    server.process.signal(Signal::TERM);
    server.process.end().expect(0, &[]);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().expect("a kind") {
            kind if kind.is_dir() => copy(&path, &to),
            kind if kind.is_file() => drop(fs::copy(&path, &to).expect("a copy")),
            // The socket of a server that runs.
            _ => {}
        }
    }
}

fn nobody_misses_anything(copied: Copied) {
    let scratch = Scratch::new();
    let (home, kept) = (scratch.home("server"), scratch.home("copy"));
    let mut server = scratch.server(&["--durability", "fsync"]);
    let addr = server.addr.clone();
    let again = || scratch.server_at(&addr, &["--durability", "fsync"]);
    let mut stays = tail(&scratch, &addr, "bob", &[]);
    stays.until_error("is empty");
    send(&scratch, &server, 1..=10);
    expect(&mut stays, 1..=10);
    if copied == Copied::Stopped {
        stop(server);
    } else if copied == Copied::Killed {
        drop(server);
    } else {
        copy(&home, &kept);
        send(&scratch, &server, 11..=15);
        expect(&mut stays, 11..=15);
        stop(server);
    }
    if copied != Copied::Running {
        copy(&home, &kept);
        server = again();
        send(&scratch, &server, 11..=15);
        expect(&mut stays, 11..=15);
        // Another one has seen all of it, and is away when the copy is put back.
        let count = ["--count", "15"];
        tail(&scratch, &addr, "cat", &count).end().expect(0, &[]);
        stop(server);
    }
    fs::remove_dir_all(&home).expect("removed");
    copy(&kept, &home);
    let mut server = again();
    send(&scratch, &server, 21..=22);
    expect(&mut stays, 21..=22);
    stays.until_error("put back to an earlier state: in #lobby, what you saw after message 10 is gone");
    send(&scratch, &server, 23..=40);
    expect(&mut stays, 23..=40);
    if copied != Copied::Running {
        // The log is longer by now than what she saw of it. She was there in an epoch only of which nothing is known any more.
        let mut comes_back = tail(&scratch, &addr, "cat", &["--count", "30"]);
        expect(&mut comes_back, 1..=10);
        expect(&mut comes_back, 21..=40);
        comes_back.end().expect(0, &["put back to an earlier state"]);
    }
    server.process.until_error("the store was put back");
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_stopped_server_was_put_back() {
    nobody_misses_anything(Copied::Stopped);
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_killed_server_was_put_back() {
    nobody_misses_anything(Copied::Killed);
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_running_server_was_put_back() {
    nobody_misses_anything(Copied::Running);
}
