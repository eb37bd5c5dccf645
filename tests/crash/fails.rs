//! The disk fails: one call after the other, once and for good, and the real server on a disk that is full or broken for a
//! while.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use chinwag::store::sqlite::Durability;
use chinwag_proto::rng::Rng;
use rustix::process::Signal;

use crate::disk::{self, Disk};
use crate::seed;
use crate::server::Site;
use crate::shim::{self, Record, What};
use crate::store::{self, FAILED, Life, NOT_CLOSED, NOT_OPENED, STILL_FULL};
use crate::verdict::{Mark, judge};

const MESSAGES: u64 = 500;
const BATCH: u64 = 50;
/// Failures of each kind that are tried, drawn anew in each run: all of them take a quarter of an hour and more.
const SOME: usize = 2;
/// And so many where there is more time: two or three minutes on two cores.
const MANY: usize = 40;

#[test]
fn whichever_write_sync_or_truncation_fails_nothing_is_acknowledged_that_is_not_there() {
    let mut rng = seed::rng("failing disk");
    let scratch = store::scratch();
    let clean = scratch.path().join("clean");
    expect_all(&life(&clean, None).live());
    let (records, _) = shim::records(&clean.join("record"));
    let calls = shim::calls(&records);
    let mut failures = BTreeMap::<String, Vec<_>>::new();
    for (call, k) in calls.iter().zip(1_u64..) {
        for then in ["once", "ever"] {
            for error in ["ENOSPC", "EIO"] {
                let failure = Failure { k, is_write: matches!(call.what, What::Write { .. }), then, error };
                let kind = format!("{} of {}, {then}, {error}", call.what.kind(), call.name);
                failures.entry(kind).or_default().push((rng.u64(), failure));
            }
        }
    }
    let most = if seed::is_long() { MANY } else { SOME };
    let failures: Vec<_> = failures
        .into_iter()
        .flat_map(|(kind, mut all)| {
            all.sort_by_key(|(order, _)| *order);
            println!("{} of {}: {kind}", most.min(all.len()), all.len());
            all.truncate(most);
            all
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = |folder: &Path| {
        while let Some((seed, failure)) = failures.get(next.fetch_add(1, Ordering::Relaxed)) {
            failure.happen(folder, *seed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(&scratch.path().join("one")));
        work(&scratch.path().join("two"));
    });
    println!("{} failures of {} calls", failures.len(), calls.len());
}

/// What goes wrong in a run.
#[derive(Clone, Copy, Debug)]
struct Failure {
    /// Which call.
    k: u64,
    is_write: bool,
    then: &'static str,
    error: &'static str,
}

impl Failure {
    fn happen(self, folder: &Path, seed: u64) {
        if folder.exists() {
            std::fs::remove_dir_all(folder).expect("it can be removed");
        }
        let Self { k, then, error, .. } = self;
        let first = life(folder, Some(format!("{k}:{then}:{error}"))).live();
        self.expect_clear_end(&first);
        // The next process finds a disk that works, and says all of it again.
        expect_all(&life(folder, None).live());
        let (records, octets) = shim::records(&folder.join("record"));
        let mut rng = Rng::from_number(seed);
        let store = folder.join("store");
        judge(&store, &Mark::among(&records), rng.bytes()).unwrap_or_else(|why| panic!("{self:?}: {why}"));
        self.cut(&records, &octets, folder, &mut rng);
    }

    /// And if the power goes somewhere between the failure and the end, whatever was acknowledged by then is there, too.
    fn cut(self, records: &[Record], octets: &[u8], folder: &Path, rng: &mut Rng) {
        let fails = |record: &Record| record.what == What::SyncFailed;
        let from = records.iter().position(fails).unwrap_or(records.len() / 2);
        // What was lost by a sync that failed is what a power cut may show.
        for _ in 0..if self.is_write { 1 } else { 4 } {
            let upto = from + rng.below((records.len() - from + 1) as u64) as usize;
            let mut disk = Disk::default();
            records[..upto].iter().for_each(|record| disk.take(record, octets, rng));
            let cut = folder.join("cut");
            disk::restore(&disk.image(rng), &cut);
            judge(&cut, &Mark::among(&records[..upto]), rng.bytes())
                .unwrap_or_else(|why| panic!("{self:?}, and the power gone at {upto} of {}: {why}", records.len()));
            std::fs::remove_dir_all(cut).expect("it can be removed");
        }
    }

    /// It went on, or it ended with a word.
    fn expect_clear_end(self, output: &Output) {
        let said = store::said(output);
        let code = output.status.code().unwrap_or_else(|| panic!("{self:?}: {output:?}"));
        let begins = match code {
            0 => "",
            NOT_OPENED => "not opened: ",
            FAILED => "failed: the store failed: ",
            STILL_FULL => "still full: ",
            NOT_CLOSED => "not closed: ",
            _ => panic!("{self:?}: it ended with {code}: {said}"),
        };
        assert!(said.contains(begins), "{self:?}: {said}");
        if self.is_write && self.error == "ENOSPC" {
            assert_ne!(code, FAILED, "{self:?}: a full disk is no failure: {said}");
        }
        if self.is_write && self.error == "ENOSPC" && self.then == "once" {
            assert_ne!(code, STILL_FULL, "{self:?}: there was room again: {said}");
        }
        if self.error == "EIO" {
            assert_ne!(code, STILL_FULL, "{self:?}: it was not full: {said}");
        }
    }
}

fn life(folder: &Path, fail: Option<String>) -> Life {
    let store = folder.join("store");
    std::fs::create_dir_all(&store).expect("a folder");
    Life {
        watched: store.clone(),
        store,
        record: folder.join("record"),
        durability: Durability::Fsync,
        first: 0,
        batches: MESSAGES / BATCH,
        batch: BATCH,
        seed: 1,
        closes: true,
        is_read: false,
        fail,
    }
}

#[track_caller]
fn expect_all(output: &Output) {
    assert!(output.status.success(), "{}: {}", output.status, store::said(output));
}

#[test]
fn a_full_disk_refuses_messages_and_takes_them_again_when_there_is_room() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut site, full) = (watched(scratch.path()), scratch.path().join("full"));
    site.env.push(("POWERCUT_FULL".to_owned(), text(&full)));
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    ann.send("before").expect(0, "");
    let status = || Ended(site.command(&["admin", "status"]).output().expect("it starts")).said();
    assert!(!status().contains("DISK FULL"), "{}", status());
    std::fs::write(&full, "").expect("written");
    ann.send("no room").expect(8, "has room): no room");
    assert!(status().contains("DISK FULL: what is said is refused"), "{}", status());
    ann.send("no room").expect(8, "not delivered (the server's disk is full; try again when it has room): no room");
    std::fs::remove_file(&full).expect("removed");
    ann.send("room again").expect(0, "");
    let said = server.kill();
    assert_eq!(said.matches("the store's disk is full").count(), 1, "{said}");
    let server = site.start();
    assert_eq!(ann.texts(2), ["before", "room again"]);
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
}

#[test]
fn a_store_on_a_full_disk_is_looked_at_whether_its_server_runs_or_not() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut site, full) = (watched(scratch.path()), scratch.path().join("full"));
    site.env.push(("POWERCUT_FULL".to_owned(), text(&full)));
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    ann.send("before").expect(0, "");
    let admin = |args: &[&str]| Ended(site.command(&[&["admin"], args].concat()).output().expect("it starts"));
    let (copy, mine) = (site.data().join("copy"), site.data().join("mine"));
    std::fs::write(&mine, "mine").expect("written");
    let not_over_mine = || {
        let says = format!("{} is there already, and nothing is overwritten: name another folder", mine.display());
        admin(&["backup", &text(&mine)]).expect(1, &says);
        assert_eq!(std::fs::read(&mine).expect("readable"), b"mine");
    };
    not_over_mine();
    std::fs::write(&full, "").expect("written");
    admin(&["verify"]).expect(0, "the store is sound");
    admin(&["backup", &text(&copy)]).expect(1, &format!("no room for {}: that disk is full", copy.display()));
    assert!(!copy.exists(), "half a copy is none");
    // What the store has in its log is in no other file yet.
    server.kill();
    admin(&["verify"]).expect(0, "the store is sound");
    admin(&["export"]).expect(0, "before");
    std::fs::remove_file(&full).expect("removed");
    not_over_mine();
    admin(&["backup", &text(&copy)]).expect(0, "");
}

#[test]
fn a_broken_disk_ends_the_server_which_says_so() {
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut site, broken) = (watched(scratch.path()), scratch.path().join("broken"));
    site.env.push(("POWERCUT_BROKEN".to_owned(), text(&broken)));
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    ann.send("before").expect(0, "");
    std::fs::write(&broken, "").expect("written");
    ann.send("never acknowledged").expect(9, "1 of 1 messages are kept on this device");
    let (status, said) = server.end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("the server ends, what was acknowledged is safe"), "{said}");
    std::fs::remove_file(&broken).expect("removed");
    let server = site.start();
    ann.send("after").expect(0, "");
    assert_eq!(ann.texts(3), ["before", "never acknowledged", "after"], "once, whether the disk had it or not");
    drop(server);
}

#[test]
fn on_a_full_disk_of_its_own_a_client_says_what_happens() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut site = Site::new(&scratch.path().join("server"), [7; 32]);
    let server = site.start();
    let (home, full) = (scratch.path().join("ann"), scratch.path().join("full"));
    let mut ann = Sender::new(&site, home.clone());
    std::fs::create_dir_all(&home).expect("a folder");
    ann.env = shim::environment(&home, None);
    ann.env.push(("POWERCUT_FULL".to_owned(), text(&full)));
    ann.send("before").expect(0, "");
    // Whoever begins on a full disk can't even open what is kept.
    std::fs::write(&full, "").expect("written");
    ann.send("never begun").expect(1, "nothing was sent, and nothing is kept");
    std::fs::remove_file(&full).expect("removed");
    let other = ann.holds_it_open();
    std::fs::write(&full, "").expect("written");
    // With the server there, nothing is lost, and nothing that is shown twice is a surprise. What is stored before the disk has
    // refused it is not said to be kept nowhere: only the log is sure to speak.
    let keeps_nothing = "this device keeps nothing: neither what was read";
    ann.send("by way of memory").expect(0, keeps_nothing);
    ann.piped(&["send", "--stdin"], "one\ntwo\n").expect(0, keeps_nothing);
    ann.piped(&["chat", "--plain"], "three\n").expect(0, keeps_nothing);
    ann.chinwag(&["tail", "--all", "--count", "5"]).expect(0, keeps_nothing);
    for name in ["known_servers", "recent"] {
        std::fs::remove_file(home.join(name)).expect("it is there");
    }
    let unknown = ann.send("trusted for now");
    unknown.expect(0, "known_servers: No space left on device (os error 28); the next program has to trust");
    unknown.expect(0, "recent: No space left on device");
    std::fs::remove_file(&full).expect("removed");
    ann.send("trusted again").expect(0, "");
    std::fs::write(&full, "").expect("written");
    server.signal(Signal::STOP);
    let send = ann.send("nobody has it");
    send.expect(1, "0 of 1 messages are stored; one could not be kept on this device, and has to be sent again");
    let lines = ann.piped(&["send", "--stdin", "--timeout", "1"], "four\nfive\n");
    lines.expect(1, "0 of 2 messages are stored; 2 could not be kept on this device, and have to be sent again");
    // A chat says what is lost, each text of it.
    let chat = ann.piped(&["chat", "--plain"], "six\n/quit\n");
    chat.expect(1, "LOST, in #lobby: six");
    chat.expect(1, "one message is lost, since it could not be kept on this device");
    server.signal(Signal::CONT);
    // Who is new here has no key yet, and none can be made.
    let mut bob = Sender::new(&site, home.join("bob"));
    bob.env.clone_from(&ann.env);
    bob.send("from nobody").expect(1, "No space left on device");
    std::fs::remove_file(&full).expect("removed");
    bob.send("bob after all").expect(0, "");
    ann.send("after").expect(0, "");
    let said = ["before", "by way of memory", "one", "two", "three"];
    let said = [&said[..], &["trusted for now", "trusted again", "bob after all", "after"]].concat();
    drop(other);
    assert_eq!(ann.texts(said.len()), said, "the same was never kept, and is not sent later");
}

/// A server whose store is watched.
fn watched(scratch: &Path) -> Site {
    let mut site = Site::new(&scratch.join("server"), [7; 32]);
    site.env = shim::environment(&site.data(), None);
    site
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// Someone with a shell.
pub(crate) struct Sender {
    home: std::path::PathBuf,
    server: String,
    env: Vec<(String, String)>,
}

/// A command that runs; killed when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a command has ended.
pub(crate) struct Ended(pub(crate) Output);

impl Sender {
    pub(crate) fn new(site: &Site, home: std::path::PathBuf) -> Self {
        Self { home, server: site.addr.expect("it has been started").to_string(), env: Vec::new() }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
        let name = self.home.file_name().and_then(std::ffi::OsStr::to_str).expect("a name");
        let common = ["--server", &self.server, "--accept-new", "--name", name, "--room", "lobby"];
        command.arg(args[0]).args(common).args(&args[1..]).env("CHINWAG_HOME", &self.home).env_remove("RUST_LOG");
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command
    }

    fn chinwag(&self, args: &[&str]) -> Ended {
        Ended(self.command(args).output().expect("the command starts"))
    }

    /// Another program of this device, which has begun.
    fn holds_it_open(&self) -> Running {
        let mut command = self.command(&["tail", "--all"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the command starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("it says what was said");
        Running(child)
    }

    /// The same, with something to read.
    pub(crate) fn piped(&self, args: &[&str], input: &str) -> Ended {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        Ended(child.wait_with_output().expect("it ends"))
    }

    pub(crate) fn send(&self, text: &str) -> Ended {
        self.chinwag(&["send", "--timeout", "3", text])
    }

    /// Types that into a chat, and ends it.
    pub(crate) fn types(&self, typed: &str) {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["chat", "--server", &self.server, "--name", "ann", "--room", "lobby"]);
        command.env("CHINWAG_HOME", &self.home).env_remove("RUST_LOG").stdin(Stdio::piped());
        let mut chat = command.stdout(Stdio::null()).spawn().expect("the command starts");
        std::io::Write::write_all(&mut chat.stdin.take().expect("piped"), typed.as_bytes()).expect("it reads");
        chat.wait().expect("it ends");
    }

    pub(crate) fn texts(&self, count: usize) -> Vec<String> {
        let tail = self.chinwag(&["tail", "--all", "--json", "--count", &count.to_string()]);
        let out = String::from_utf8_lossy(&tail.0.stdout).into_owned();
        let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
        out.lines().map(|text| line(text)["text"].as_str().expect("a text").to_owned()).collect()
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, says: &str) {
        let said = self.said();
        assert_eq!(self.0.status.code(), Some(code), "{said}");
        assert!(said.contains(says), "{says:?} is not in: {said}");
    }

    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned() + &store::said(&self.0)
    }
}
