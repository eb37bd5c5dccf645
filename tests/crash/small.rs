//! A real file system of a few MiB that something else fills: what is refused, what goes on, and that it gets better by itself.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::fails::{Ended, Sender};
use crate::server::Site;

/// A file system in memory, which is gone when this is dropped: it is mounted in a namespace of a process of ours.
struct SmallDisk {
    holder: Child,
    root: PathBuf,
}

impl SmallDisk {
    /// One of so many MiB.
    fn mount(dir: &Path, mib: u32) -> Result<Self, String> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", "mount -t tmpfs -o size=\"$1\"m none \"$0\" && echo mounted && exec cat"]);
        command.arg(dir).arg(mib.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = command.spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let read = BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut line);
        let disk = Self { holder, root: dir.to_owned() };
        if read.is_ok() && line == "mounted\n" { Ok(disk) } else { Err("it needs root".to_owned()) }
    }

    fn filler(&self) -> PathBuf {
        self.file(&self.root.join("filler"))
    }

    /// A file on it, by its path inside.
    fn file(&self, path: &Path) -> PathBuf {
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(path.strip_prefix("/").expect("an absolute path"))
    }

    /// Something else takes all that is left of it.
    fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).expect("made");
        let error = loop {
            if let Err(error) = file.write_all(&[0; 4_096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "{error}");
    }

    /// And gives it back.
    fn empty(&self) {
        std::fs::remove_file(self.filler()).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A server on a small disk of its own; clients have all the room that there is.
struct Place {
    scratch: TempDir,
    disk: SmallDisk,
    site: Site,
}

impl Place {
    /// On a disk of so many MiB; `None`, and that is said, where none can be mounted.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    fn of(mib: u32) -> Option<Self> {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path().join("disk");
        std::fs::create_dir(&folder).expect("made");
        let mounted = SmallDisk::mount(&folder, mib);
        let disk = mounted.inspect_err(|why| println!("skipped: no file system can be mounted here ({why})")).ok()?;
        let mut site = Site::new(&folder.join("server"), [7; 32]);
        site.inside = Some(disk.holder.id());
        Some(Self { scratch, disk, site })
    }
}

fn admin(site: &Site, args: &[&str]) -> Ended {
    Ended(site.command(&[&["admin"], args].concat()).output().expect("it starts"))
}

#[test]
fn on_a_disk_that_something_else_filled_deletions_and_operators_go_on_and_it_gets_better_by_itself() {
    let Some(Place { scratch, disk, mut site }) = Place::of(12) else { return };
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    for text in ["one", "two", "three"] {
        ann.send(text).expect(0, "");
    }
    disk.fill();
    for _ in 0..3 {
        ann.send("no room").expect(8, "not delivered (the server's disk is full; try again when it has room): no room");
    }
    admin(&site, &["status"]).expect(0, "DISK FULL");
    // A member deletes what it said, and an operator looks after rooms and people.
    ann.types("/delete 1\n");
    ann.send("no room").expect(8, "the server's disk is full");
    admin(&site, &["retain", "lobby", "last:2"]).expect(0, "done");
    admin(&site, &["prune", "lobby"]).expect(0, "done");
    admin(&site, &["kick", "ann"]).expect(0, "done");
    admin(&site, &["token", "create", "ann", "--label", "backup", "--read"]).expect(0, "");
    // So it is for a server that begins there.
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
    assert_eq!(said.matches("the store's disk is full").count(), 1, "{said}");
    let server = site.start();
    ann.send("no room").expect(8, "the server's disk is full");
    disk.empty();
    while admin(&site, &["status"]).said().contains("DISK FULL") {
        std::thread::yield_now();
    }
    ann.send("room again").expect(0, "");
    assert_eq!(ann.texts(3), ["three", "", "room again"], "between them is a deletion");
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
}

#[test]
fn on_a_disk_without_an_octet_an_operator_s_act_is_done_and_on_record_or_neither() {
    let Some(Place { scratch, disk, mut site }) = Place::of(12) else { return };
    let server = site.start();
    for name in ["ann", "bob"] {
        Sender::new(&site, scratch.path().join(name)).send("here").expect(0, "");
    }
    let log = || admin(&site, &["log"]).said();
    let is_banned = |name: &str| {
        let users = admin(&site, &["users"]).said();
        users.lines().any(|line| line.starts_with(&format!("{name}: ")) && line.contains("BANNED"))
    };
    // The record is so long that it is to be cut, for which there is no room.
    let record = disk.file(&site.data().join("audit.log"));
    let old = "{\"at\":\"2026-11-30T08:00:00Z\",\"act\":\"did something\"}\n".repeat(25_000);
    std::fs::write(record, old).expect("written");
    // The store has written nothing since, and still holds its own reserve.
    disk.fill();
    admin(&site, &["ban", "ann"]).expect(0, "done");
    assert!(is_banned("ann") && log().contains("banned ann"), "{}", log());
    admin(&site, &["token", "create", "bob", "--label", "ci", "--read"]).expect(0, "");
    assert!(log().contains("made token ci for bob"), "{}", log());
    // Others take what was given up, again and again.
    for act in ["ban", "unban"].into_iter().cycle().take(8) {
        disk.fill();
        admin(&site, &[act, "bob"]).expect(0, "done");
    }
    assert!(!is_banned("bob") && log().contains("unbanned bob"), "{}", log());
    // What was held back for that is gone as well.
    let acts = disk.file(&site.data().join("acts.reserve"));
    File::options().write(true).open(acts).and_then(|file| file.set_len(0)).expect("it is there");
    disk.fill();
    admin(&site, &["ban", "bob"]).expect(1, "No space left on device");
    admin(&site, &["unban", "ann"]).expect(1, "No space left on device");
    assert!(!is_banned("bob") && is_banned("ann"));
    assert!(!log().contains("unbanned ann"), "{}", log());
    // Once there was room, it is held back again, and an act needs no server.
    disk.empty();
    for act in ["ban", "unban"] {
        admin(&site, &[act, "bob"]).expect(0, "done");
    }
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
    disk.fill();
    admin(&site, &["ban", "bob"]).expect(0, "done");
    assert!(is_banned("bob") && log().contains("banned bob"), "{}", log());
    disk.empty();
    admin(&site, &["unban", "ann"]).expect(0, "done");
    assert!(!is_banned("ann") && log().contains("unbanned ann"), "{}", log());
}

#[test]
fn a_server_whose_disk_has_not_an_octet_left_is_started_again_or_says_what_helps() {
    let Some(Place { scratch, disk, mut site }) = Place::of(12) else { return };
    let mut server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    for text in ["one", "two", "three"] {
        ann.send(text).expect(0, "");
    }
    for is_killed in [false, true, true, false] {
        // What is given up for the deletion, others take, and at last all that the end of the server leaves.
        disk.fill();
        ann.send("no room").expect(8, "the server's disk is full");
        disk.fill();
        if is_killed {
            server.kill();
        } else {
            let (status, said) = server.stop();
            assert!(status.success(), "{said}");
        }
        disk.fill();
        admin(&site, &["ban", "ann"]).expect(0, "done");
        admin(&site, &["unban", "ann"]).expect(0, "done");
        disk.fill();
        server = site.start();
    }
    ann.piped(&["chat"], "/delete 1\n").expect(0, "");
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
    // Even that is used up.
    let reserve = disk.file(&site.data().join("chinwag.reserve"));
    File::options().write(true).open(reserve).and_then(|file| file.set_len(0)).expect("it is there");
    disk.fill();
    let (status, said) = site.launch().end();
    assert!(
        status.code() == Some(1) && said.contains("the disk is full") && said.contains("make room"),
        "{status}: {said}"
    );
    admin(&site, &["ban", "ann"]).expect(1, "make room on that disk");
    disk.empty();
    let server = site.start();
    assert_eq!(ann.texts(2), ["two", "three"]);
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
}

#[test]
fn deletions_and_operators_go_on_however_often_others_take_what_was_given_up_for_them() {
    let Some(Place { scratch, disk, mut site }) = Place::of(32) else { return };
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    let long = "word ".repeat(6_000);
    for _ in 0..8 {
        ann.send(&long).expect(0, "");
    }
    disk.fill();
    ann.send("no room").expect(8, "the server's disk is full");
    for number in 1..=4 {
        disk.fill();
        ann.piped(&["chat"], &format!("/delete {number}\n")).expect(0, "");
        disk.fill();
        admin(&site, &["token", "create", "ann", "--label", &format!("t{number}"), "--read"]).expect(0, "");
        disk.fill();
        admin(&site, &["ban", "ann"]).expect(0, "done");
        admin(&site, &["unban", "ann"]).expect(0, "done");
    }
    disk.fill();
    admin(&site, &["retain", "lobby", "last:1"]).expect(0, "done");
    disk.fill();
    admin(&site, &["prune", "lobby"]).expect(0, "done");
    assert!(admin(&site, &["log"]).said().contains("pruned"), "{}", admin(&site, &["log"]).said());
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
}

#[test]
fn on_a_full_disk_a_room_is_pruned_whose_texts_do_not_fit_into_the_log_at_once() {
    let Some(Place { scratch, disk, mut site }) = Place::of(16) else { return };
    let server = site.start();
    let ann = Sender::new(&site, scratch.path().join("ann"));
    // Three times as much as is held back.
    let long = format!("{}\n", "word ".repeat(8_000));
    ann.piped(&["send", "--stdin"], &long.repeat(150)).expect(0, "");
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
    disk.fill();
    let server = site.start();
    ann.send("no room").expect(8, "the server's disk is full");
    disk.fill();
    admin(&site, &["retain", "lobby", "last:1"]).expect(0, "done");
    admin(&site, &["prune", "lobby"]).expect(0, "done");
    let export = admin(&site, &["export"]).said();
    let kept = export.lines().filter(|line| line.contains("word word")).count();
    assert_eq!(kept, 1, "all but the last are gone");
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
}
