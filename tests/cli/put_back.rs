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

fn expect_reset(tail: &mut Process, back_to: impl Into<Option<u32>>) {
    let line: Value = serde_json::from_str(&tail.line()).expect("JSON");
    assert_eq!(line, serde_json::json!({"kind": "reset", "room": "#lobby", "back_to": back_to.into()}));
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
    let mut stays = tail(&scratch, &addr, "bob", &["--join"]);
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
    expect_reset(&mut stays, 10);
    expect(&mut stays, 21..=22);
    stays.until_error("put back to an earlier state: in #lobby, what you saw after message 10 is gone");
    send(&scratch, &server, 23..=40);
    expect(&mut stays, 23..=40);
    if copied != Copied::Running {
        // The log is longer by now than what she saw of it. She was there in an epoch only of which nothing is known any more.
        let mut comes_back = tail(&scratch, &addr, "cat", &["--count", "30"]);
        expect_reset(&mut comes_back, 0);
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

#[test]
fn whoever_only_sends_reads_once_that_what_was_sent_is_gone() {
    let scratch = Scratch::new();
    let (home, kept) = (scratch.home("server"), scratch.home("copy"));
    let server = scratch.server(&["--durability", "fsync"]);
    let addr = server.addr.clone();
    send(&scratch, &server, 1..=3);
    stop(server);
    copy(&home, &kept);
    let server = scratch.server_at(&addr, &["--durability", "fsync"]);
    send(&scratch, &server, 4..=6);
    stop(server);
    fs::remove_dir_all(&home).expect("removed");
    copy(&kept, &home);
    let mut server = scratch.server_at(&addr, &["--durability", "fsync"]);
    let again = |texts: [&str; 5]| {
        let args = [&["send", "--server", &addr, "--accept-new", "--room", "lobby"], &texts[..]].concat();
        scratch.chinwag("ann", &args).end()
    };
    // By now there is more than there was.
    let told = "in #lobby, what was said after message 3 is gone, also what you sent";
    again(["a", "b", "c", "d", "e"]).expect(0, &[told]);
    let quiet = again(["f", "g", "h", "i", "j"]);
    quiet.expect(0, &[]);
    assert!(!quiet.err.contains("put back"), "it is said once: {}", quiet.err);
    server.process.until_error("the store was put back");
}

/// A backup is restored while devices are away and while one stays; then the restored server's own files are put back by hand.
fn nobody_misses_anything_of_a_restored(copied: Copied) {
    let scratch = Scratch::new();
    let (home, backup, kept) = (scratch.home("server"), scratch.home("backup"), scratch.home("copy"));
    let backup = backup.to_str().expect("UTF-8");
    let admin = |args: &[&str]| scratch.chinwag("server", &[&["admin"], args].concat()).end().expect(0, &[]);
    let mut server = scratch.server(&["--durability", "fsync"]);
    let addr = server.addr.clone();
    let again = || scratch.server_at(&addr, &["--durability", "fsync"]);
    let mut stays = tail(&scratch, &addr, "bob", &["--join"]);
    stays.until_error("is empty");
    send(&scratch, &server, 1..=10);
    expect(&mut stays, 1..=10);
    if copied == Copied::Running {
        admin(&["backup", backup]);
    } else {
        if copied == Copied::Stopped {
            stop(server)
        } else {
            drop(server)
        }
        admin(&["backup", backup]);
        server = again();
    }
    send(&scratch, &server, 11..=15);
    expect(&mut stays, 11..=15);
    tail(&scratch, &addr, "cat", &["--count", "15"]).end().expect(0, &[]);
    if copied == Copied::Killed {
        drop(server)
    } else {
        stop(server)
    }

    fs::remove_dir_all(&home).expect("removed");
    admin(&["restore", backup]);
    let server = again();
    send(&scratch, &server, 21..=30);
    stays.until_error("the history of #lobby was reset on the server");
    expect_reset(&mut stays, None);
    expect(&mut stays, 1..=10);
    expect(&mut stays, 21..=30);
    let mut comes_back = tail(&scratch, &addr, "cat", &["--count", "20"]);
    expect_reset(&mut comes_back, None);
    expect(&mut comes_back, 1..=10);
    expect(&mut comes_back, 21..=30);
    comes_back.end().expect(0, &["was reset"]);

    stop(server);
    copy(&home, &kept);
    let server = again();
    send(&scratch, &server, 31..=35);
    expect(&mut stays, 31..=35);
    stop(server);
    fs::remove_dir_all(&home).expect("removed");
    copy(&kept, &home);
    let mut server = again();
    send(&scratch, &server, 41..=50);
    expect_reset(&mut stays, 20);
    expect(&mut stays, 41..=50);
    stays.until_error("put back to an earlier state: in #lobby, what you saw after message 20 is gone");
    let mut comes_back = tail(&scratch, &addr, "cat", &["--count", "10"]);
    expect(&mut comes_back, 41..=50);
    comes_back.end().expect(0, &[]);
    server.process.until_error("the store was put back");
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_stopped_server_was_restored() {
    nobody_misses_anything_of_a_restored(Copied::Stopped);
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_killed_server_was_restored() {
    nobody_misses_anything_of_a_restored(Copied::Killed);
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_running_server_was_restored() {
    nobody_misses_anything_of_a_restored(Copied::Running);
}

#[test]
fn a_device_that_was_added_after_the_copy_reads_what_may_have_happened() {
    let scratch = Scratch::new();
    let (home, kept) = (scratch.home("server"), scratch.home("copy"));
    let server = scratch.server(&["--durability", "fsync"]);
    let addr = server.addr.clone();
    let password = scratch.home("password");
    fs::write(&password, "correct horse battery").expect("written");
    let password = password.to_str().expect("UTF-8");
    let account = |whose: &str, verb: &str| {
        let args = [verb, "--server", &addr, "--accept-new", "--name", "ann", "--password-file", password];
        scratch.chinwag(whose, &args).end()
    };
    account("ann", "register").expect(0, &[]);
    stop(server);
    copy(&home, &kept);
    let server = scratch.server_at(&addr, &["--durability", "fsync"]);
    account("laptop", "login").expect(0, &[]);
    let say = || scratch.chinwag("laptop", &["send", "--server", &addr, "--name", "ann", "--room", "lobby", "x"]).end();
    say().expect(0, &[]);
    stop(server);
    fs::remove_dir_all(&home).expect("removed");
    copy(&kept, &home);
    let server = scratch.server_at(&addr, &["--durability", "fsync"]);
    say().expect(5, &["does not know this device any more as ann", "was put back", "`chinwag login`"]);
    account("laptop", "login").expect(0, &[]);
    say().expect(0, &[]);
    stop(server);
}

/// A server that was put back to before it let ann in.
struct WithoutAnn {
    scratch: Scratch,
    addr: String,
}

impl WithoutAnn {
    /// It comes back with these settings. A program of hers is there all the time.
    fn new(settings: &[&str]) -> (Self, Server, Process) {
        let scratch = Scratch::new();
        let (home, kept) = (scratch.home("server"), scratch.home("copy"));
        let server = scratch.server(&["--durability", "fsync"]);
        let addr = server.addr.clone();
        let owner = ["send", "--server", &addr, "--accept-new", "--name", "zoe", "--room", "lobby", "x"];
        scratch.chinwag("zoe", &owner).end().expect(0, &[]);
        stop(server);
        copy(&home, &kept);
        let server = scratch.server_at(&addr, &["--durability", "fsync"]);
        send(&scratch, &server, 1..=1);
        let mut stays = tail(&scratch, &addr, "ann", &["--all"]);
        stays.until("m1");
        stop(server);
        fs::remove_dir_all(&home).expect("removed");
        copy(&kept, &home);
        let server = scratch.server_at(&addr, &[&["--durability", "fsync"], settings].concat());
        (Self { scratch, addr }, server, stays)
    }

    fn says(&self, text: &str) -> Process {
        let args = ["send", "--server", &self.addr, "--accept-new", "--room", "lobby", text];
        self.scratch.chinwag("ann", &args)
    }
}

/// What whoever had an account reads.
const MADE_ANEW: &str = "does not know your account ann any more: it was made anew";

#[test]
fn whoever_is_there_reads_that_an_account_made_after_the_copy_was_made_anew() {
    let (put_back, server, mut stays) = WithoutAnn::new(&[]);
    stays.until_error(MADE_ANEW);
    let quiet = put_back.says("m2").end();
    quiet.expect(0, &[]);
    assert!(!quiet.err.contains("made anew"), "it is said once: {}", quiet.err);
    stays.until("m2");
    stop(server);
}

#[test]
fn whoever_comes_back_reads_that_an_account_made_after_the_copy_was_made_anew() {
    let (put_back, server, stays) = WithoutAnn::new(&["--register", "closed"]);
    stays.end().expect(5, &["does not know this device any more as ann", "nobody can register"]);
    put_back.says("m2").end().expect(5, &["was put back", "nobody can register"]);
    stop(server);
    let server = put_back.scratch.server_at(&put_back.addr, &["--durability", "fsync", "--register", "open"]);
    put_back.says("m3").end().expect(0, &[MADE_ANEW]);
    let quiet = put_back.says("m4").end();
    quiet.expect(0, &[]);
    assert!(!quiet.err.contains("made anew"), "it is said once: {}", quiet.err);
    stop(server);
}

#[test]
fn whoever_makes_an_account_for_the_first_time_reads_nothing_of_an_older_one() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let first =
        scratch.chinwag("ann", &["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "x"]).end();
    first.expect(0, &[]);
    assert!(!first.err.contains("anew"), "{}", first.err);
}
