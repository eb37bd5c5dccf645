//! A real file system of a few MiB that something else fills: what is refused, what goes on, and that it gets better by itself.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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
        let dir = dir.strip_prefix("/").expect("an absolute path");
        let root = Path::new("/proc").join(holder.id().to_string()).join("root").join(dir);
        let disk = Self { holder, root };
        if read.is_ok() && line == "mounted\n" { Ok(disk) } else { Err("it needs root".to_owned()) }
    }

    fn filler(&self) -> PathBuf {
        self.root.join("filler")
    }

    /// Something else takes all that is left of it.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("made");
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

fn admin(site: &Site, args: &[&str]) -> Ended {
    Ended(site.command(&[&["admin"], args].concat()).output().expect("it starts"))
}

#[test]
fn on_a_disk_that_something_else_filled_deletions_and_operators_go_on_and_it_gets_better_by_itself() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("disk");
    std::fs::create_dir(&folder).expect("made");
    let disk = match SmallDisk::mount(&folder, 12) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system can be mounted here ({why})"),
    };
    let mut site = Site::new(&folder.join("server"), [7; 32]);
    site.inside = Some(disk.holder.id());
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
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = scratch.path().join("disk");
    std::fs::create_dir(&folder).expect("made");
    let disk = match SmallDisk::mount(&folder, 12) {
        Ok(disk) => disk,
        Err(why) => return println!("skipped: no file system can be mounted here ({why})"),
    };
    let mut site = Site::new(&folder.join("server"), [7; 32]);
    site.inside = Some(disk.holder.id());
    let server = site.start();
    for name in ["ann", "bob"] {
        Sender::new(&site, scratch.path().join(name)).send("here").expect(0, "");
    }
    let log = || admin(&site, &["log"]).said();
    let is_banned = |name: &str| {
        let users = admin(&site, &["users"]).said();
        users.lines().any(|line| line.starts_with(&format!("{name}: ")) && line.contains("BANNED"))
    };
    // The store has written nothing since, and still holds its own reserve.
    disk.fill();
    admin(&site, &["ban", "ann"]).expect(0, "done");
    assert!(is_banned("ann") && log().contains("banned ann"), "{}", log());
    admin(&site, &["token", "create", "bob", "--label", "ci", "--read"]).expect(0, "");
    assert!(log().contains("made token ci for bob"), "{}", log());
    // What was held back for that is gone as well.
    disk.fill();
    admin(&site, &["ban", "bob"]).expect(1, "No space left on device");
    admin(&site, &["unban", "ann"]).expect(1, "No space left on device");
    assert!(!is_banned("bob") && is_banned("ann"));
    assert!(!log().contains("banned bob") && !log().contains("unbanned ann"), "{}", log());
    let (status, said) = server.stop();
    assert!(status.success(), "{said}");
    // Without a server, whoever opens the store gives up what that holds back.
    disk.fill();
    admin(&site, &["ban", "bob"]).expect(0, "done");
    assert!(is_banned("bob") && log().contains("banned bob"), "{}", log());
    disk.empty();
    admin(&site, &["unban", "ann"]).expect(0, "done");
    assert!(!is_banned("ann") && log().contains("unbanned ann"), "{}", log());
}
