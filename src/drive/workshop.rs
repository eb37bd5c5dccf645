//! Where a server's jobs are done: commits on one thread, reads and passwords each on others, so that none waits for
//! another kind, and the loop for none.

use super::{Inline, Threaded, Wake, Worker};
use crate::passwords::Hasher;
use crate::server::{Done, Job};
use crate::store::{Read, Store};

/// Threads that hash, each with 19 MiB while it does.
const HASHERS: usize = 2;

/// A server's worker.
pub struct Workshop {
    commits: Box<dyn Worker<Job, Done>>,
    /// None where the store is read as quickly as it is written.
    reads: Pool,
    hashes: Pool,
}

/// Threads that take turns.
struct Pool {
    threads: Vec<Threaded<Job, Done>>,
    next: usize,
}

impl Workshop {
    /// For a store that never waits: it is used in the loop.
    #[must_use]
    pub fn in_memory<S: Store + 'static>(store: S) -> Self {
        let commits = Box::new(Inline(with_store(store)));
        Self { commits, reads: Pool::new(Vec::new()), hashes: hashers() }
    }

    /// For a store that waits for a disk, and has readers beside its writer.
    #[must_use]
    pub fn on_disk<S: Store + 'static, R: Read + 'static>(writer: S, readers: impl IntoIterator<Item = R>) -> Self {
        // What keeps the store in order is done while no batch waits.
        let commits = Box::new(Threaded::tended(writer, |store, job| by_store(store, job), |store| store.tend()));
        let reads = readers.into_iter().map(|reader| Threaded::new(with_reader(reader))).collect();
        Self { commits, reads: Pool::new(reads), hashes: hashers() }
    }

    fn pool(&mut self, job: &Job) -> Option<&mut Pool> {
        let pool = match job {
            Job::Commit(_) => return None,
            Job::Load(_) | Job::Query(..) => &mut self.reads,
            Job::Hash(..) => &mut self.hashes,
        };
        (!pool.threads.is_empty()).then_some(pool)
    }
}

impl Worker<Job, Done> for Workshop {
    fn attach(&mut self, wake: Wake) {
        self.commits.attach(wake.clone());
        for thread in self.reads.threads.iter_mut().chain(&mut self.hashes.threads) {
            thread.attach(wake.clone());
        }
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn start(&mut self, job: Job) -> Option<Done> {
        match self.pool(&job) {
            Some(pool) => pool.start(job),
            None => self.commits.start(job),
        }
    }

    fn finished(&mut self) -> Option<Done> {
        self.commits.finished().or_else(|| self.reads.finished()).or_else(|| self.hashes.finished())
    }
}

impl Pool {
    const fn new(threads: Vec<Threaded<Job, Done>>) -> Self {
        Self { threads, next: 0 }
    }

    fn start(&mut self, job: Job) -> Option<Done> {
        self.next = (self.next + 1) % self.threads.len();
        self.threads[self.next].start(job)
    }

    fn finished(&mut self) -> Option<Done> {
        self.threads.iter_mut().find_map(Worker::finished)
    }
}

fn hashers() -> Pool {
    let hasher = Hasher::dear();
    let hash = |hasher: Hasher| {
        Threaded::new(move |job| match job {
            Job::Hash(id, hash) => Done::Hashed(id, hasher.hash(&hash)),
            Job::Commit(_) | Job::Load(_) | Job::Query(..) => unreachable!("hashers are given passwords only"),
        })
    };
    Pool::new((0..HASHERS).map(|_| hash(hasher.clone())).collect())
}

/// Does a server's jobs by a store, all but passwords.
pub fn with_store<S: Store>(mut store: S) -> impl FnMut(Job) -> Done + Send {
    move |job| by_store(&mut store, job)
}

fn by_store<S: Store>(store: &mut S, job: Job) -> Done {
    match job {
        Job::Commit(batch) => Done::Committed(store.commit(&batch)),
        Job::Load(range) => Done::Loaded(store.load(range)),
        Job::Query(id, query) => Done::Queried(id, store.query(&query)),
        Job::Hash(..) => unreachable!("a store is given no passwords"),
    }
}

fn with_reader<R: Read>(mut reader: R) -> impl FnMut(Job) -> Done + Send {
    move |job| match job {
        Job::Load(range) => Done::Loaded(reader.load(range)),
        Job::Query(id, query) => Done::Queried(id, reader.query(&query)),
        Job::Commit(_) | Job::Hash(..) => unreachable!("a reader is given reads only"),
    }
}
