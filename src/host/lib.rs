//! Where a server's jobs are done: commits on one thread, reads, passwords and questions to the program that vouches for
//! accounts each on others, so that none waits for another kind, and the loop for none.

pub mod auth;
mod brief;
mod listening;

pub use brief::Brief;
pub use listening::{Listening, NotListening};

use crate::auth::Program;
use chinwag_drive::{Inline, Threaded, Wake, Worker};
use chinwag_server::passwords::Hasher;
use chinwag_server::{ASKS_AT_ONCE, Ask, Done, Hash, Hashed, Job, ReadJob, StoreJob, Verdict, WorkId};
use chinwag_store::{Read, Store};

/// Threads that hash, each with 19 MiB while it does.
const HASHERS: usize = 2;

/// A server's worker.
pub struct Workers {
    store: Box<dyn Worker<StoreJob, Done>>,
    /// None where the store is read as quickly as it is written.
    reads: Pool<ReadJob>,
    hashes: Pool<(WorkId, Hash)>,
    asks: Pool<(WorkId, Ask)>,
    program: Option<Program>,
}

/// Threads of which the one with the fewest jobs gets the next.
struct Pool<J> {
    threads: Vec<Busy<J>>,
}

/// A thread, and how many jobs it has.
struct Busy<J> {
    thread: Threaded<J, Done>,
    jobs: usize,
}

impl Workers {
    /// For a store that never waits: it is used in the loop.
    #[must_use]
    pub fn in_memory<S: Store + 'static>(mut store: S) -> Self {
        Self::new(Box::new(Inline(move |job: StoreJob| job.run(&mut store))), Pool::default())
    }

    /// For a store that waits for a disk, and has readers beside its writer.
    #[must_use]
    pub fn on_disk<S: Store + 'static, R: Read + 'static>(writer: S, readers: impl IntoIterator<Item = R>) -> Self {
        // What keeps the store in order is done while no batch waits.
        let store = Threaded::tended(writer, |store, job: StoreJob| job.run(store), |store| store.tend());
        let reads = readers.into_iter().map(|mut reader| Threaded::new(move |job: ReadJob| job.run(&mut reader)));
        Self::new(Box::new(store), reads.collect())
    }

    fn new(store: Box<dyn Worker<StoreJob, Done>>, reads: Pool<ReadJob>) -> Self {
        Self { store, reads, hashes: hashers(), asks: Pool::default(), program: None }
    }

    /// The workers, with a reader that looks the store over once, on a thread of its own for which nobody waits.
    #[must_use]
    pub fn checked_by<R: Read + 'static>(self, mut reader: R) -> Self {
        let check = move || reader.check();
        if let Err(error) = std::thread::Builder::new().name("check".to_owned()).spawn(check) {
            log::warn!("the store is not looked over: no thread: {error}");
        }
        self
    }

    /// The workers, with the program that vouches for accounts.
    #[must_use]
    pub fn asking(mut self, program: Option<Program>) -> Self {
        self.asks = program.iter().flat_map(askers).collect();
        self.program = program;
        self
    }
}

impl Worker<Job, Done> for Workers {
    fn attach(&mut self, wake: Wake) {
        self.store.attach(wake.clone());
        self.reads.attach(&wake);
        self.hashes.attach(&wake);
        self.asks.attach(&wake);
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn start(&mut self, job: Job) -> Option<Done> {
        match job {
            Job::Store(StoreJob::Read(job)) => {
                self.reads.start(job).unwrap_or_else(|job| self.store.start(StoreJob::Read(job)))
            }
            Job::Store(job) => self.store.start(job),
            Job::Hash(id, hash) => {
                self.hashes.start((id, hash)).unwrap_or_else(|(id, _)| Some(Done::Hashed(id, Hashed::Failed)))
            }
            Job::Ask(id, ask) => {
                self.asks.start((id, ask)).unwrap_or_else(|(id, _)| Some(Done::Told(id, Verdict::no_program())))
            }
        }
    }

    fn finished(&mut self) -> Option<Done> {
        let pooled = || self.reads.finished().or_else(|| self.hashes.finished()).or_else(|| self.asks.finished());
        self.store.finished().or_else(pooled)
    }
}

/// Questions are not waited for: whoever asked is gone.
impl Drop for Workers {
    fn drop(&mut self) {
        self.program.iter().for_each(Program::stop);
    }
}

impl<J: Send + 'static> Pool<J> {
    fn attach(&mut self, wake: &Wake) {
        self.threads.iter_mut().for_each(|busy| busy.thread.attach(wake.clone()));
    }

    /// Gives the job back where there is no thread.
    fn start(&mut self, job: J) -> Result<Option<Done>, J> {
        let Some(busy) = self.threads.iter_mut().min_by_key(|busy| busy.jobs) else { return Err(job) };
        busy.jobs += 1;
        Ok(busy.thread.start(job))
    }

    fn finished(&mut self) -> Option<Done> {
        self.threads.iter_mut().find_map(|busy| {
            let done = busy.thread.finished()?;
            busy.jobs -= 1;
            Some(done)
        })
    }
}

impl<J> Default for Pool<J> {
    fn default() -> Self {
        Self { threads: Vec::new() }
    }
}

impl<J> FromIterator<Threaded<J, Done>> for Pool<J> {
    fn from_iter<T: IntoIterator<Item = Threaded<J, Done>>>(threads: T) -> Self {
        Self { threads: threads.into_iter().map(|thread| Busy { thread, jobs: 0 }).collect() }
    }
}

/// As many threads as questions are asked at a time.
fn askers(program: &Program) -> Vec<Threaded<(WorkId, Ask), Done>> {
    let ask = |program: Program| Threaded::new(move |(id, ask)| Done::Told(id, program.ask(&ask).verdict));
    (0..ASKS_AT_ONCE).map(|_| ask(program.clone())).collect()
}

fn hashers() -> Pool<(WorkId, Hash)> {
    let hasher = Hasher::dear();
    let hash = |hasher: Hasher| Threaded::new(move |(id, hash)| Done::Hashed(id, hasher.hash(&hash)));
    (0..HASHERS).map(|_| hash(hasher.clone())).collect()
}
