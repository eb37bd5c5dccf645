//! A store that is put back to an earlier state behind its server's back: nobody misses what is said from then on.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;

use crate::process::{Process, Scratch, Server};

#[track_caller]
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

#[track_caller]
fn expect(tail: &mut Process, numbers: RangeInclusive<u32>) {
    for n in numbers {
        let line: Value = serde_json::from_str(&tail.line()).expect("JSON");
        assert_eq!(line["text"], format!("m{n}"));
    }
}

#[track_caller]
fn expect_reset(tail: &mut Process, back_to: impl Into<Option<u32>>) {
    let line: Value = serde_json::from_str(&tail.line()).expect("JSON");
    assert_eq!(line, serde_json::json!({"kind": "reset", "room": "#lobby", "back_to": back_to.into()}));
}

/// Her account was made after what was put back.
#[track_caller]
fn expect_made_anew(cat: &mut Process) {
    let line: Value = serde_json::from_str(&cat.line()).expect("JSON");
    assert_eq!(line, serde_json::json!({"kind": "made_anew", "name": "cat"}));
}

#[track_caller]
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

/// A server that is stopped, and what it has is kept as it is now; later it is put back.
struct Earlier {
    scratch: Scratch,
    addr: String,
}

impl Earlier {
    /// What `first` does to a new server is kept; the server runs on.
    #[track_caller]
    fn of(first: impl FnOnce(&Scratch, &Server)) -> (Self, Server) {
        let scratch = Scratch::new();
        let server = scratch.server(&["--durability", "fsync"]);
        let addr = server.addr.clone();
        first(&scratch, &server);
        stop(server);
        copy(&scratch.home("server"), &scratch.home("copy"));
        let earlier = Self { scratch, addr };
        let server = earlier.start(&[]);
        (earlier, server)
    }

    fn start(&self, settings: &[&str]) -> Server {
        self.scratch.server_at(&self.addr, &[&["--durability", "fsync"], settings].concat())
    }

    /// What was kept takes the place of all that the server has, and it starts again with these settings.
    #[track_caller]
    fn put_back(&self, server: Server, settings: &[&str]) -> Server {
        stop(server);
        let home = self.scratch.home("server");
        fs::remove_dir_all(&home).expect("removed");
        copy(&self.scratch.home("copy"), &home);
        self.start(settings)
    }
}

/// In which state a server is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Stopped,
    Killed,
    Running,
}

/// A server whose store is copied and put back, and bob, who reads all the time.
struct PutBack {
    scratch: Scratch,
    home: PathBuf,
    kept: PathBuf,
    backup: String,
    addr: String,
    server: Option<Server>,
    bob: Process,
}

impl PutBack {
    /// Ten messages were said, and bob has read them.
    fn new() -> Self {
        let scratch = Scratch::new();
        let [home, kept, backup] = ["server", "copy", "backup"].map(|name| scratch.home(name));
        let server = scratch.server(&["--durability", "fsync"]);
        let addr = server.addr.clone();
        let mut bob = tail(&scratch, &addr, "bob", &["--join"]);
        bob.until_error("is empty");
        let backup = backup.to_str().expect("UTF-8").to_owned();
        let mut put_back = Self { scratch, home, kept, backup, addr, server: Some(server), bob };
        put_back.say(1..=10);
        put_back
    }

    fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("it runs")
    }

    #[track_caller]
    fn say(&mut self, numbers: RangeInclusive<u32>) {
        self.send(numbers.clone());
        expect(&mut self.bob, numbers);
    }

    #[track_caller]
    fn send(&mut self, numbers: RangeInclusive<u32>) {
        send(&self.scratch, self.server.as_ref().expect("it runs"), numbers);
    }

    fn start(&mut self) {
        self.server = Some(self.scratch.server_at(&self.addr, &["--durability", "fsync"]));
    }

    #[track_caller]
    fn stop(&mut self) {
        stop(self.server.take().expect("it runs"));
    }

    fn kill(&mut self) {
        drop(self.server.take().expect("it runs"));
    }

    /// Ends the server, or lets it run.
    #[track_caller]
    fn end(&mut self, how: How) {
        match how {
            How::Stopped => self.stop(),
            How::Killed => self.kill(),
            How::Running => {}
        }
    }

    /// Ten messages were said when this was kept of a server in that state; five more were said after it, and the server has ended. Cat
    /// has read all of them, where she was there.
    #[track_caller]
    fn gone_on_after(keep: fn(&Self), how: How, is_cat_there: bool) -> Self {
        let mut put_back = Self::new();
        put_back.end(how);
        keep(&put_back);
        if put_back.server.is_none() {
            put_back.start();
        }
        put_back.say(11..=15);
        if is_cat_there {
            put_back.cat(15).end().expect(0, &[]);
        }
        put_back.end(if how == How::Killed { How::Killed } else { How::Stopped });
        put_back
    }

    fn copy(&self) {
        copy(&self.home, &self.kept);
    }

    /// The copy takes the place of all that the server has, and it starts again.
    fn put_copy_back(&mut self) {
        fs::remove_dir_all(&self.home).expect("removed");
        copy(&self.kept, &self.home);
        self.start();
    }

    #[track_caller]
    fn back_up(&self) {
        self.scratch.chinwag("server", &["admin", "backup", &self.backup]).end().expect(0, &[]);
    }

    /// The backup takes the place of all that the server has, and it starts again.
    #[track_caller]
    fn restore(&mut self) {
        fs::remove_dir_all(&self.home).expect("removed");
        self.scratch.chinwag("server", &["admin", "restore", &self.backup]).end().expect(0, &[]);
        self.start();
    }

    /// Cat reads so many messages, and goes.
    fn cat(&self, count: u32) -> Process {
        tail(&self.scratch, &self.addr, "cat", &["--count", &count.to_string()])
    }

    /// What bob reads who was there all the time, when all after the tenth message is gone.
    #[track_caller]
    fn expect_bob_misses_nothing(&mut self) {
        self.send(21..=22);
        expect_reset(&mut self.bob, 10);
        expect(&mut self.bob, 21..=22);
        self.bob.until_error("put back to an earlier state: in #lobby, what you saw after message 10 is gone");
        self.say(23..=40);
        self.server().process.until_error("the store was put back");
    }

    /// What cat reads who comes back when the log is longer than what she saw of it. She was there in an epoch only of which nothing is
    /// known any more.
    #[track_caller]
    fn expect_cat_misses_nothing(&self) {
        let mut cat = self.cat(30);
        expect_made_anew(&mut cat);
        expect_reset(&mut cat, 0);
        expect(&mut cat, 1..=10);
        expect(&mut cat, 21..=40);
        cat.end().expect(0, &["put back to an earlier state"]);
    }

    /// What both read when the backup of the first ten messages was restored.
    #[track_caller]
    fn expect_all_is_read_anew(&mut self) {
        self.send(21..=30);
        self.bob.until_error("the history of #lobby was reset on the server");
        expect_reset(&mut self.bob, None);
        expect(&mut self.bob, 1..=10);
        expect(&mut self.bob, 21..=30);
        let mut cat = self.cat(20);
        expect_made_anew(&mut cat);
        expect_reset(&mut cat, None);
        expect(&mut cat, 1..=10);
        expect(&mut cat, 21..=30);
        cat.end().expect(0, &["was reset"]);
    }
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_stopped_server_was_put_back() {
    let mut put_back = PutBack::gone_on_after(PutBack::copy, How::Stopped, true);
    put_back.put_copy_back();
    put_back.expect_bob_misses_nothing();
    put_back.expect_cat_misses_nothing();
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_killed_server_was_put_back() {
    let mut put_back = PutBack::gone_on_after(PutBack::copy, How::Killed, true);
    put_back.put_copy_back();
    put_back.expect_bob_misses_nothing();
    put_back.expect_cat_misses_nothing();
}

#[test]
fn nobody_misses_anything_after_a_copy_of_a_running_server_was_put_back() {
    let mut put_back = PutBack::gone_on_after(PutBack::copy, How::Running, false);
    put_back.put_copy_back();
    // Cat was never there.
    put_back.expect_bob_misses_nothing();
}

#[test]
fn whoever_only_sends_reads_once_that_what_was_sent_is_gone() {
    let (earlier, server) = Earlier::of(|scratch, server| send(scratch, server, 1..=3));
    send(&earlier.scratch, &server, 4..=6);
    let mut server = earlier.put_back(server, &[]);
    let again = |texts: [&str; 5]| {
        let args = [&["send", "--server", &earlier.addr, "--accept-new", "--room", "lobby"], &texts[..]].concat();
        earlier.scratch.chinwag("ann", &args).end()
    };
    // By now there is more than there was.
    let told = "in #lobby, what was said after message 3 is gone, also what you sent";
    again(["a", "b", "c", "d", "e"]).expect(0, &[told]);
    let quiet = again(["f", "g", "h", "i", "j"]);
    quiet.expect(0, &[]);
    assert!(!quiet.err.contains("put back"), "it is said once: {}", quiet.err);
    server.process.until_error("the store was put back");
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_stopped_server_was_restored() {
    let mut put_back = PutBack::gone_on_after(PutBack::back_up, How::Stopped, true);
    put_back.restore();
    put_back.expect_all_is_read_anew();
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_killed_server_was_restored() {
    let mut put_back = PutBack::gone_on_after(PutBack::back_up, How::Killed, true);
    put_back.restore();
    put_back.expect_all_is_read_anew();
}

#[test]
fn nobody_misses_anything_after_a_backup_of_a_running_server_was_restored() {
    let mut put_back = PutBack::gone_on_after(PutBack::back_up, How::Running, true);
    put_back.restore();
    put_back.expect_all_is_read_anew();
}

#[test]
fn nobody_misses_anything_after_the_files_of_a_restored_server_were_put_back() {
    let mut put_back = PutBack::new();
    put_back.back_up();
    put_back.stop();
    put_back.restore();
    put_back.send(21..=30);
    expect_reset(&mut put_back.bob, None);
    expect(&mut put_back.bob, 1..=10);
    expect(&mut put_back.bob, 21..=30);
    put_back.cat(20).end().expect(0, &[]);
    put_back.stop();
    put_back.copy();
    put_back.start();
    put_back.say(31..=35);
    put_back.stop();
    put_back.put_copy_back();
    put_back.send(41..=50);
    expect_reset(&mut put_back.bob, 20);
    expect(&mut put_back.bob, 41..=50);
    put_back.bob.until_error("put back to an earlier state: in #lobby, what you saw after message 20 is gone");
    // She saw nothing of what is gone.
    let mut cat = put_back.cat(10);
    expect(&mut cat, 41..=50);
    cat.end().expect(0, &[]);
    put_back.server().process.until_error("the store was put back");
}

#[test]
fn a_device_that_was_added_after_the_copy_reads_what_may_have_happened() {
    let account = |scratch: &Scratch, server: &Server, whose: &str, verb: &str| {
        let password = scratch.home("password");
        fs::write(&password, "correct horse battery").expect("written");
        let password = password.to_str().expect("UTF-8");
        let args = [verb, "--server", &server.addr, "--accept-new", "--name", "ann", "--password-file", password];
        scratch.chinwag(whose, &args).end().expect(0, &[]);
    };
    let (earlier, server) = Earlier::of(|scratch, server| account(scratch, server, "ann", "register"));
    account(&earlier.scratch, &server, "laptop", "login");
    let say = || {
        let args = ["send", "--server", &earlier.addr, "--name", "ann", "--room", "lobby", "x"];
        earlier.scratch.chinwag("laptop", &args).end()
    };
    say().expect(0, &[]);
    let server = earlier.put_back(server, &[]);
    say().expect(5, &["does not know this device any more as ann", "was put back", "`chinwag login`"]);
    account(&earlier.scratch, &server, "laptop", "login");
    say().expect(0, &[]);
    stop(server);
}

/// A server that was put back to before it let ann in.
struct WithoutAnn(Earlier);

impl WithoutAnn {
    /// It comes back with these settings. A program of hers is there all the time.
    fn new(settings: &[&str]) -> (Self, Server, Process) {
        let (earlier, server) = Earlier::of(|scratch, server| {
            let owner = ["send", "--server", &server.addr, "--accept-new", "--name", "zoe", "--room", "lobby", "x"];
            scratch.chinwag("zoe", &owner).end().expect(0, &[]);
        });
        send(&earlier.scratch, &server, 1..=1);
        let mut stays = tail(&earlier.scratch, &earlier.addr, "ann", &["--all"]);
        stays.until("m1");
        let server = earlier.put_back(server, settings);
        (Self(earlier), server, stays)
    }

    fn says(&self, text: &str) -> Process {
        let args = ["send", "--server", &self.0.addr, "--accept-new", "--room", "lobby", text];
        self.0.scratch.chinwag("ann", &args)
    }
}

/// What whoever had an account reads.
const MADE_ANEW: &str = "does not know your account ann any more: it was made anew";

#[test]
fn whoever_is_there_reads_that_an_account_made_after_the_copy_was_made_anew() {
    let (put_back, server, mut stays) = WithoutAnn::new(&[]);
    stays.until_error(MADE_ANEW);
    stays.until(r#"{"kind":"made_anew","name":"ann"}"#);
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
    let server = put_back.0.start(&["--register", "open"]);
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
