//! Where a server's jobs are done: commits on one thread, reads, passwords and questions to the program that vouches for
//! accounts each on others, so that none waits for another kind, and the loop for none.

pub mod auth;
mod brief;

pub use brief::Brief;

use crate::auth::Program;
use chinwag_drive::{Inline, Threaded, Wake, Worker};
use chinwag_server::passwords::Hasher;
use chinwag_server::{ASKS_AT_ONCE, Done, Job, Verdict};
use chinwag_store::{Read, Store};

/// Threads that hash, each with 19 MiB while it does.
const HASHERS: usize = 2;

/// A server's worker.
pub struct Workshop {
    commits: Box<dyn Worker<Job, Done>>,
    /// None where the store is read as quickly as it is written.
    reads: Pool,
    hashes: Pool,
    asks: Pool,
    program: Option<Program>,
}

/// Threads of which the one with the fewest jobs gets the next.
struct Pool {
    threads: Vec<Busy>,
}

/// A thread, and how many jobs it has.
struct Busy {
    thread: Threaded<Job, Done>,
    jobs: usize,
}

impl Workshop {
    /// For a store that never waits: it is used in the loop.
    #[must_use]
    pub fn in_memory<S: Store + 'static>(store: S) -> Self {
        let commits = Box::new(Inline(with_store(store)));
        Self::new(commits, Pool::new(Vec::new()))
    }

    /// For a store that waits for a disk, and has readers beside its writer.
    #[must_use]
    pub fn on_disk<S: Store + 'static, R: Read + 'static>(writer: S, readers: impl IntoIterator<Item = R>) -> Self {
        // What keeps the store in order is done while no batch waits.
        let commits = Box::new(Threaded::tended(writer, |store, job| by_store(store, job), |store| store.tend()));
        let reads = readers.into_iter().map(|reader| Threaded::new(with_reader(reader))).collect();
        Self::new(commits, Pool::new(reads))
    }

    fn new(commits: Box<dyn Worker<Job, Done>>, reads: Pool) -> Self {
        Self { commits, reads, hashes: hashers(), asks: Pool::new(Vec::new()), program: None }
    }

    /// The same, with the program that vouches for accounts.
    #[must_use]
    pub fn asking(mut self, program: Option<Program>) -> Self {
        self.asks = Pool::new(program.iter().flat_map(askers).collect());
        self.program = program;
        self
    }

    fn pool(&mut self, job: &Job) -> Option<&mut Pool> {
        let pool = match job {
            Job::Commit(_) => return None,
            Job::Load(_) | Job::Query(..) => &mut self.reads,
            Job::Hash(..) => &mut self.hashes,
            Job::Ask(..) => &mut self.asks,
        };
        (!pool.threads.is_empty()).then_some(pool)
    }
}

impl Worker<Job, Done> for Workshop {
    fn attach(&mut self, wake: Wake) {
        self.commits.attach(wake.clone());
        for pool in [&mut self.reads, &mut self.hashes, &mut self.asks] {
            pool.threads.iter_mut().for_each(|busy| busy.thread.attach(wake.clone()));
        }
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn start(&mut self, job: Job) -> Option<Done> {
        match (self.pool(&job), job) {
            (Some(pool), job) => pool.start(job),
            (None, Job::Ask(id, _)) => {
                Some(Done::Told(id, Verdict::Failed { why: "there is no such program".to_owned() }))
            }
            (None, job) => self.commits.start(job),
        }
    }

    fn finished(&mut self) -> Option<Done> {
        let pools = [&mut self.reads, &mut self.hashes, &mut self.asks];
        self.commits.finished().or_else(|| pools.into_iter().find_map(Pool::finished))
    }
}

/// Questions are not waited for: whoever asked is gone.
impl Drop for Workshop {
    fn drop(&mut self) {
        self.program.iter().for_each(Program::stop);
    }
}

impl Pool {
    fn new(threads: Vec<Threaded<Job, Done>>) -> Self {
        Self { threads: threads.into_iter().map(|thread| Busy { thread, jobs: 0 }).collect() }
    }

    /// `None` as well where there is no thread, to which no job is given.
    fn start(&mut self, job: Job) -> Option<Done> {
        let busy = self.threads.iter_mut().min_by_key(|busy| busy.jobs)?;
        busy.jobs += 1;
        busy.thread.start(job)
    }

    fn finished(&mut self) -> Option<Done> {
        self.threads.iter_mut().find_map(|busy| {
            let done = busy.thread.finished()?;
            busy.jobs -= 1;
            Some(done)
        })
    }
}

/// As many threads as questions are asked at a time.
fn askers(program: &Program) -> Vec<Threaded<Job, Done>> {
    let ask = |program: Program| {
        Threaded::new(move |job| match job {
            Job::Ask(id, ask) => Done::Told(id, program.ask(&ask).verdict),
            Job::Commit(_) | Job::Load(_) | Job::Query(..) | Job::Hash(..) => {
                unreachable!("a program is given questions only")
            }
        })
    };
    (0..ASKS_AT_ONCE).map(|_| ask(program.clone())).collect()
}

fn hashers() -> Pool {
    let hasher = Hasher::dear();
    let hash = |hasher: Hasher| {
        Threaded::new(move |job| match job {
            Job::Hash(id, hash) => Done::Hashed(id, hasher.hash(&hash)),
            Job::Commit(_) | Job::Load(_) | Job::Query(..) | Job::Ask(..) => {
                unreachable!("hashers are given passwords only")
            }
        })
    };
    Pool::new((0..HASHERS).map(|_| hash(hasher.clone())).collect())
}

/// Does a server's jobs by a store, all but passwords and questions.
pub fn with_store<S: Store>(mut store: S) -> impl FnMut(Job) -> Done + Send {
    move |job| by_store(&mut store, job)
}

fn by_store<S: Store>(store: &mut S, job: Job) -> Done {
    match job {
        Job::Commit(batch) => Done::Committed(store.commit(&batch)),
        Job::Load(range) => Done::Loaded(store.load(range)),
        Job::Query(id, query) => Done::Queried(id, store.query(&query)),
        Job::Hash(..) | Job::Ask(..) => unreachable!("a store is given no passwords"),
    }
}

fn with_reader<R: Read>(mut reader: R) -> impl FnMut(Job) -> Done + Send {
    move |job| match job {
        Job::Load(range) => Done::Loaded(reader.load(range)),
        Job::Query(id, query) => Done::Queried(id, reader.query(&query)),
        Job::Commit(_) | Job::Hash(..) | Job::Ask(..) => unreachable!("a reader is given reads only"),
    }
}
