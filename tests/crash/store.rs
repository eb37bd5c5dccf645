//! The store in a process of its own, so that it can be watched, and can end: this test's program once more, told by its
//! environment what to write. It marks, in the record, what it was told is durable and what a reader was shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag::store::sqlite::{Durability, Reader, Sqlite};
use chinwag::store::{Outcome, Range, Read as _, Store as _, StoreError};
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use crate::shim::{self, Marks};
use crate::work::{self, BATCH_MAX, Numbers, ROOMS};

/// How the process ends: what it says on stderr begins with this, and its exit code is this.
pub(crate) const NOT_OPENED: i32 = 41;
pub(crate) const FAILED: i32 = 42;
pub(crate) const STILL_FULL: i32 = 43;
pub(crate) const NOT_CLOSED: i32 = 44;

/// A batch is tried so often where the disk is full.
const TRIES: usize = 40;

/// What a process is to do.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// The folder of the store.
    pub(crate) store: PathBuf,
    /// The folder that is watched: that one, or one above.
    pub(crate) watched: PathBuf,
    /// Where it is recorded.
    pub(crate) record: PathBuf,
    pub(crate) durability: Durability,
    /// The first message.
    pub(crate) first: u64,
    /// So many batches,
    pub(crate) batches: u64,
    /// each of so many messages; 0: as many as chance has it.
    pub(crate) batch: u64,
    pub(crate) seed: u64,
    /// Whether it ends properly.
    pub(crate) closes: bool,
    /// Whether somebody reads meanwhile.
    pub(crate) is_read: bool,
    /// As the recorder takes it.
    pub(crate) fail: Option<String>,
}

impl Life {
    /// Lives it.
    pub(crate) fn live(&self) -> Output {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "store::the_process_that_is_watched", "--ignored", "--nocapture"]);
        command.args(["--test-threads", "1"]);
        command.envs(shim::environment(&self.watched, Some(&self.record)));
        command.envs(self.fail.iter().map(|fail| ("POWERCUT_FAIL", fail)));
        command.env("CRASH_STORE", &self.store).env("CRASH_RECORD", &self.record).env_remove("RUST_BACKTRACE");
        let is_os = u64::from(self.durability == Durability::Os);
        let flags = [u64::from(self.closes), u64::from(self.is_read), is_os];
        let numbers = [self.first, self.batches, self.batch, self.seed].into_iter().chain(flags);
        command.env("CRASH_LIFE", numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(","));
        command.output().expect("this program starts")
    }

    fn of_environment() -> Option<Self> {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        let (store, record) = (path("CRASH_STORE")?, path("CRASH_RECORD")?);
        let life = std::env::var("CRASH_LIFE").ok()?;
        let numbers: Vec<u64> = life.split(',').map(|number| number.parse().expect("a number")).collect();
        let [first, batches, batch, seed, closes, is_read, is_os] = numbers[..] else { panic!("CRASH_LIFE={life}") };
        let durability = if is_os == 1 { Durability::Os } else { Durability::Fsync };
        let (closes, is_read, watched) = (closes == 1, is_read == 1, store.clone());
        Some(Self { store, watched, record, durability, first, batches, batch, seed, closes, is_read, fail: None })
    }
}

#[test]
#[ignore = "a process that other tests start"]
fn the_process_that_is_watched() {
    if let Some(life) = Life::of_environment() {
        std::process::exit(drive(&life));
    }
}

fn tell(what: &str, why: &dyn std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{what}: {why}");
}

fn drive(life: &Life) -> i32 {
    let marks = Marks::open(&life.record);
    let mut rng = Rng::from_number(life.seed);
    let mut store = match Sqlite::open(&life.store, life.durability, rng.bytes()) {
        Ok(store) => store,
        Err(error) => {
            tell("not opened", &error);
            return NOT_OPENED;
        }
    };
    let mut writer = Writer { store: &mut store, marks: &marks };
    if let Err(code) = writer.commit(&work::beginning()) {
        return code;
    }
    let mut numbers = writer.look();
    let stop = Arc::new(AtomicBool::new(false));
    let reader = life.is_read.then(|| {
        let reader = writer.store.reader().expect("a reader");
        let (stop, marks) = (Arc::clone(&stop), Marks::open(&life.record));
        std::thread::spawn(move || follow(reader, &stop, &marks))
    });
    let mut n = life.first;
    for _ in 0..life.batches {
        let len = match life.batch {
            0 if rng.chance(0.05) => BATCH_MAX,
            0 => 1 + rng.below(24),
            len => len,
        };
        let batch: Vec<_> = (n..n + len).map(|n| work::say(n, &numbers)).collect();
        let outcomes = match writer.commit(&batch) {
            Ok(outcomes) => outcomes,
            Err(code) => return code,
        };
        for (outcome, n) in outcomes.into_iter().zip(n..) {
            let Outcome::Appended { number, .. } = outcome else { panic!("message {n}: {outcome:?}") };
            marks.set(&format!("told {n} {number}"));
            numbers.insert(n, number);
        }
        n += len;
    }
    stop.store(true, Ordering::Release);
    reader.into_iter().for_each(|reader| reader.join().expect("it reads on"));
    if !life.closes {
        // Whatever there is to put away stays where it is.
        std::process::exit(0);
    }
    match store.close() {
        Ok(()) => 0,
        Err(error) => {
            tell("not closed", &error);
            NOT_CLOSED
        }
    }
}

struct Writer<'a> {
    store: &'a mut Sqlite,
    marks: &'a Marks,
}

impl Writer<'_> {
    /// Commits a batch. While the disk is full it tries again; what has failed has failed for good.
    fn commit(&mut self, batch: &[chinwag::store::Write]) -> Result<Vec<Outcome>, i32> {
        for _ in 0..TRIES {
            match self.store.commit(batch) {
                // What removes something went on, and is known again.
                Ok(outcomes) if outcomes.contains(&Outcome::Refused(Refusal::StoreFull)) => {}
                Ok(outcomes) => return Ok(outcomes),
                Err(StoreError::Full) => {}
                Err(error) => {
                    let again = self.store.commit(batch);
                    assert!(matches!(again, Err(StoreError::Failed(_))), "after a failure, {again:?}");
                    tell("failed", &error);
                    return Err(FAILED);
                }
            }
        }
        tell("still full", &TRIES);
        Err(STILL_FULL)
    }

    /// What is there at the start is visible from now on.
    fn look(&mut self) -> Numbers {
        for room in self.store.snapshot().expect("readable").rooms {
            self.marks.set(&format!("log {} {}", room.id, room.log.0));
        }
        let mut numbers = Numbers::new();
        for room in (1..=ROOMS).map(RoomId) {
            let log = work::log(self.store, room).expect("readable");
            for (found, number) in log.into_iter().zip(1..).filter_map(|(found, number)| Some((found?, number))) {
                self.marks.set(&format!("shown {} {number}", found.n));
                numbers.insert(found.n, RoomSeq(number));
            }
        }
        numbers
    }
}

/// Reads each room's log as it grows.
fn follow(mut reader: Reader, stop: &AtomicBool, marks: &Marks) {
    let mut cursors: BTreeMap<RoomId, RoomSeq> = (1..=ROOMS).map(|room| (RoomId(room), RoomSeq(0))).collect();
    while !stop.load(Ordering::Acquire) {
        for (&room, after) in &mut cursors {
            let page = reader.load(Range { room, after: *after, count: 100, bytes: 1 << 20 }).expect("readable");
            for entry in page.entries {
                after.0 += 1;
                if let Some(n) = work::which(&entry) {
                    marks.set(&format!("shown {n} {after}"));
                }
            }
        }
        std::thread::yield_now();
    }
}

/// What a process said of its end.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder in memory where there is one: images are many, and nobody pulls the plug here.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}
