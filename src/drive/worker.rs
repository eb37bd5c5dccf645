//! Who does a machine's jobs: at once in the loop, or on a thread of their own.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
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

enum Stage<J, D> {
    /// Not attached yet.
    Work(Box<dyn FnMut(J) -> D + Send>),
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
        Self { stage: Stage::Work(Box::new(work)), waiting: VecDeque::new() }
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
        let Stage::Work(mut work) = std::mem::replace(&mut self.stage, Stage::Dead) else { return };
        let (jobs, jobs_in) = sync_channel::<J>(UNDER_WAY_MAX);
        let (done_out, done) = sync_channel::<D>(UNDER_WAY_MAX);
        let run = move || {
            while let Ok(job) = jobs_in.recv() {
                if done_out.send(work(job)).is_err() {
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
