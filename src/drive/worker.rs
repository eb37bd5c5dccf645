//! Who does a machine's jobs: at once in the loop, or on a thread of their own.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;

use super::Wake;

/// Does jobs of kind `J`, each with a completion of kind `D`.
pub trait Worker<J, D>: Send {
    /// Told once, by the loop: ring this when a job is finished.
    fn attach(&mut self, wake: Wake) {
        drop(wake);
    }

    /// Whether completions come later, by [`Self::finished`].
    fn is_slow(&self) -> bool {
        false
    }

    /// Takes a job. Its completion, if that can be had without waiting.
    fn start(&mut self, job: J) -> Option<D>;

    /// A completion that has come in meanwhile.
    fn finished(&mut self) -> Option<D> {
        None
    }
}

/// Does each job where it stands: for what never waits, as a store in memory.
#[derive(Debug)]
pub struct Inline<F>(pub F);

impl<J, D, F: FnMut(J) -> D + Send> Worker<J, D> for Inline<F> {
    fn start(&mut self, job: J) -> Option<D> {
        Some((self.0)(job))
    }
}

/// Does jobs one after the other on a thread: for what waits, as a disk.
pub struct Threaded<J, D> {
    stage: Stage<J, D>,
    /// What did not fit into the channel. Machines bound the jobs that they have under way.
    waiting: VecDeque<J>,
}

/// What a thread does.
trait Craft<J, D>: Send {
    fn work(&mut self, job: J) -> D;

    /// A bounded piece of something else, while there is no job. Whether there is more of it.
    fn rest(&mut self) -> bool;
}

/// Jobs, and nothing else.
struct JobsOnly<F>(F);

impl<J, D, F: FnMut(J) -> D + Send> Craft<J, D> for JobsOnly<F> {
    fn work(&mut self, job: J) -> D {
        (self.0)(job)
    }

    fn rest(&mut self) -> bool {
        false
    }
}

/// Jobs on a tool that is looked after while there are none.
struct Tended<T, W, R> {
    tool: T,
    work: W,
    rest: R,
}

impl<J, D, T: Send, W: FnMut(&mut T, J) -> D + Send, R: FnMut(&mut T) -> bool + Send> Craft<J, D> for Tended<T, W, R> {
    fn work(&mut self, job: J) -> D {
        (self.work)(&mut self.tool, job)
    }

    fn rest(&mut self) -> bool {
        (self.rest)(&mut self.tool)
    }
}

enum Stage<J, D> {
    /// Not attached yet.
    Work(Box<dyn Craft<J, D>>),
    /// The thread runs.
    Running { jobs: SyncSender<J>, done: Receiver<D>, thread: JoinHandle<()> },
    /// The thread could not be made, or has died.
    Dead,
}

/// Jobs and completions on their way between loop and thread.
const UNDER_WAY_MAX: usize = 64;

impl<J: Send + 'static, D: Send + 'static> Threaded<J, D> {
    /// A worker that does its jobs by `work`.
    pub fn new(work: impl FnMut(J) -> D + Send + 'static) -> Self {
        Self::of(Box::new(JobsOnly(work)))
    }

    /// A worker with a tool that wants to be looked after: while there is no job, `rest` is called until it says that there is
    /// no more to do. Each call holds up the next job for as long as it takes.
    pub fn tended<T: Send + 'static>(
        tool: T,
        work: impl FnMut(&mut T, J) -> D + Send + 'static,
        rest: impl FnMut(&mut T) -> bool + Send + 'static,
    ) -> Self {
        Self::of(Box::new(Tended { tool, work, rest }))
    }

    fn of(craft: Box<dyn Craft<J, D>>) -> Self {
        Self { stage: Stage::Work(craft), waiting: VecDeque::new() }
    }

    /// Hands over what waits, as far as there is room.
    fn hand_over(&mut self) {
        let Stage::Running { jobs, .. } = &self.stage else { return };
        while let Some(job) = self.waiting.pop_front() {
            match jobs.try_send(job) {
                Ok(()) => {}
                Err(TrySendError::Full(job)) => return self.waiting.push_front(job),
                Err(TrySendError::Disconnected(_)) => {
                    log::error!("the worker thread has died");
                    self.stage = Stage::Dead;
                    return;
                }
            }
        }
    }
}

/// The next job. Until there is one, rests. `None`: there will be none.
fn next<J>(jobs: &Receiver<J>, mut rest: impl FnMut() -> bool) -> Option<J> {
    loop {
        match jobs.try_recv() {
            Ok(job) => return Some(job),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if rest() => {}
            Err(TryRecvError::Empty) => return jobs.recv().ok(),
        }
    }
}

/// Waits for the job under way, and for what the work owns to be put away: a store is closed when its loop has ended.
impl<J, D> Drop for Threaded<J, D> {
    fn drop(&mut self) {
        if let Stage::Running { jobs, done, thread } = std::mem::replace(&mut self.stage, Stage::Dead) {
            // Without these it neither waits for a job nor for room.
            drop((jobs, done));
            if thread.join().is_err() {
                log::error!("the worker thread has panicked");
            }
        }
    }
}

impl<J: Send + 'static, D: Send + 'static> Worker<J, D> for Threaded<J, D> {
    fn attach(&mut self, wake: Wake) {
        let Stage::Work(mut craft) = std::mem::replace(&mut self.stage, Stage::Dead) else { return };
        let (jobs, jobs_in) = sync_channel::<J>(UNDER_WAY_MAX);
        let (done_out, done) = sync_channel::<D>(UNDER_WAY_MAX);
        let run = move || {
            while let Some(job) = next(&jobs_in, || craft.rest()) {
                if done_out.send(craft.work(job)).is_err() {
                    return;
                }
                wake.ring();
            }
        };
        match std::thread::Builder::new().name("worker".to_owned()).spawn(run) {
            Ok(thread) => self.stage = Stage::Running { jobs, done, thread },
            Err(error) => log::error!("no worker thread: {error}"),
        }
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn start(&mut self, job: J) -> Option<D> {
        self.waiting.push_back(job);
        self.hand_over();
        None
    }

    fn finished(&mut self) -> Option<D> {
        let Stage::Running { done, .. } = &self.stage else { return None };
        let next = done.try_recv().ok();
        self.hand_over();
        next
    }
}
