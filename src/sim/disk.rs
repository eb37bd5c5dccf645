//! The server's disk: commits and reads take virtual time, and a crash decides what becomes of the batch under way.

use std::collections::BTreeMap;

use chinwag_proto::rng::Rng;

use chinwag_server::passwords::Hasher;
use chinwag_server::{Done, Job, StoreJob, Verdict};
use chinwag_store::memory::Memory;
use chinwag_store::{Outcome, Range, Snapshot, Store, StoreError, Write};

/// What a store's octets lie on: it knows what a crash does to them.
pub trait Medium {
    /// The store as the running server uses it.
    fn store(&mut self) -> &mut dyn Store;

    /// The power fails: what is durable stays, everything else goes.
    fn crash(&mut self);

    /// A process begins to use the store. The seed is the process's.
    fn open(&mut self, _seed: [u8; 32]) {}

    /// Somebody copies what is durable.
    fn copy(&mut self) {}

    /// The copy takes the place of what there is; it stays a copy.
    fn put_back(&mut self) {}
}

/// A medium on which a commit is durable when it returns.
pub struct Honest {
    store: Memory,
    copy: Memory,
}

impl Honest {
    /// A medium with this store on it.
    #[must_use]
    pub fn new(store: Memory) -> Self {
        Self { copy: store.clone(), store }
    }
}

impl Medium for Honest {
    fn store(&mut self) -> &mut dyn Store {
        &mut self.store
    }

    fn crash(&mut self) {}

    fn open(&mut self, seed: [u8; 32]) {
        self.store = self.store.clone().restarted(seed);
    }

    fn copy(&mut self) {
        self.copy = self.store.clone();
    }

    fn put_back(&mut self) {
        self.store = self.copy.clone();
    }
}

/// How long a disk takes, in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A commit, at least.
    pub commit_us: u64,
    /// A read.
    pub load_us: u64,
    /// A password.
    pub hash_us: u64,
    /// Each may take up to this much longer.
    pub spread_us: u64,
}

/// A disk with jobs under way.
pub struct Disk {
    medium: Box<dyn Medium>,
    pace: Pace,
    rng: Rng,
    hasher: Hasher,
    started: u64,
    under_way: BTreeMap<u64, Job>,
}

/// A commit that was applied: each write with its outcome.
pub type Applied = Vec<(Write, Outcome)>;

impl Disk {
    /// A disk.
    #[must_use]
    pub fn new(medium: Box<dyn Medium>, pace: Pace, rng: Rng) -> Self {
        Self { medium, pace, rng, hasher: Hasher::cheap(), started: 0, under_way: BTreeMap::new() }
    }

    /// Starts a job. Gives its number, and how long it takes in µs.
    pub fn start(&mut self, job: Job) -> (u64, u64) {
        let base_us = match job {
            Job::Store(StoreJob::Commit(_)) => self.pace.commit_us,
            Job::Store(StoreJob::Read(_)) => self.pace.load_us,
            Job::Hash(..) | Job::Ask(..) => self.pace.hash_us,
        };
        self.started += 1;
        self.under_way.insert(self.started, job);
        (self.started, base_us + self.rng.below(self.pace.spread_us + 1))
    }

    /// Commits under way.
    #[must_use]
    pub fn commits_under_way(&self) -> usize {
        self.under_way.values().filter(|job| matches!(job, Job::Store(StoreJob::Commit(_)))).count()
    }

    /// A job's time has come. `None` if a crash took it.
    pub fn finish(&mut self, number: u64) -> Option<(Done, Applied)> {
        Some(match self.under_way.remove(&number)? {
            Job::Store(StoreJob::Commit(batch)) => {
                let result = self.medium.store().commit(&batch);
                let applied = applied(batch, &result);
                (Done::Committed(result), applied)
            }
            Job::Store(StoreJob::Read(job)) => (job.run(self.medium.store()), Vec::new()),
            Job::Hash(id, hash) => (Done::Hashed(id, self.hasher.hash(&hash)), Vec::new()),
            Job::Ask(id, _) => (Done::Told(id, Verdict::no_program()), Vec::new()),
        })
    }

    /// The power fails. The batch under way is lost, or it was durable already and nobody heard of it; then it is given.
    pub fn crash(&mut self) -> Option<Applied> {
        let jobs = std::mem::take(&mut self.under_way);
        let kept = jobs.into_values().filter_map(|job| match job {
            Job::Store(StoreJob::Commit(batch)) => Some(batch),
            Job::Store(StoreJob::Read(_)) | Job::Hash(..) | Job::Ask(..) => None,
        });
        let mut applied_now = None;
        for batch in kept {
            if self.rng.chance(0.5) {
                let result = self.medium.store().commit(&batch);
                applied_now.get_or_insert_with(Vec::new).extend(applied(batch, &result));
            }
        }
        self.medium.crash();
        applied_now
    }

    /// A process with this seed begins to use the store.
    pub fn open(&mut self, seed: [u8; 32]) {
        self.medium.open(seed);
    }

    /// Somebody copies what is durable; no commit that is under way is in the copy.
    pub fn copy(&mut self) {
        self.medium.copy();
    }

    /// The copy takes the place of what there is.
    pub fn put_back(&mut self) {
        self.medium.put_back();
    }

    /// The medium is replaced by an empty one.
    pub fn wipe(&mut self, medium: Box<dyn Medium>) {
        self.under_way.clear();
        self.medium = medium;
    }

    /// What is on it now.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.medium.store().snapshot()
    }

    /// A whole log as it is on it now.
    ///
    /// # Errors
    /// As [`chinwag_store::Read::load`].
    pub fn log(&mut self, range: Range) -> Result<Vec<Vec<u8>>, StoreError> {
        self.medium.store().load(range).map(|page| page.entries)
    }
}

fn applied(batch: Vec<Write>, result: &Result<Vec<Outcome>, StoreError>) -> Applied {
    result.as_ref().map_or_else(|_| Vec::new(), |outcomes| batch.into_iter().zip(outcomes.iter().cloned()).collect())
}
