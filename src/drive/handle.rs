//! A machine on a thread of its own, and the handle by which an interface speaks with it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use chinwag_proto::time::{Instant, Now};
use chinwag_proto::weather::Spec;
use thiserror::Error;

use super::{Clock, Loop, SeatId, Sink, SocketWeather, Wake, Worker, entropy};
use chinwag_net::Socket;
use chinwag_node::{Machine, Node};

/// Commands on their way to a machine; who sends more waits.
const COMMANDS_MAX: usize = 256;
/// Commands fed in one turn; then the network has its turn.
const COMMANDS_PER_TURN: usize = 64;
/// How long a machine may take to say goodbye to its peers once it is told to stop.
const GOODBYE_MAX: Duration = Duration::from_millis(2_500);

/// How a machine is to be run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The clock; hand over the one that the machine was made with.
    pub clock: Clock,
    /// Bad weather on its socket.
    pub weather: Option<Spec>,
    /// Notices that wait for a slow interface; then the machine's socket is not read until it has caught up.
    pub notices_max: usize,
}

impl Options {
    /// Calm weather, and room for 1,024 notices.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, weather: None, notices_max: 1_024 }
    }
}

/// Gives a machine a thread. The loop ends after the machine's last notice ([`Machine::is_last`]).
///
/// # Errors
/// The system refuses a thread, a readiness queue, a timer or entropy.
pub fn spawn<N>(
    node: N,
    socket: Socket,
    worker: Box<dyn Worker<N::Job, N::Done>>,
    options: Options,
) -> io::Result<Handle<N>>
where
    N: Machine + Send + 'static,
    N::Command: Send,
    N::Notice: Send,
{
    let local = socket.local_addr();
    let weather = match &options.weather {
        Some(spec) => Some(SocketWeather::new(spec, N::ROLE, &mut entropy::rng()?)),
        None => None,
    };
    let weather_seed = weather.as_ref().map(SocketWeather::seed);
    let mut driver = Loop::new(options.clock)?;
    let wake = driver.wake();
    let (command_in, command_out) = sync_channel(COMMANDS_MAX);
    let (notice_in, notice_out) = sync_channel(options.notices_max);
    let flags = Arc::new(Flags::default());
    let seat = driver.seat(node, socket, worker, weather)?;
    let shell = Shell {
        driver,
        seat,
        commands: command_out,
        sink: Mouth { notices: notice_in, flags: Arc::clone(&flags), ended: false },
        stopping: None,
    };
    let thread = std::thread::Builder::new().name("drive".to_owned()).spawn(move || shell.run())?;
    let commands = Commands::new(command_in, wake.clone());
    Ok(Handle { commands, notices: notice_out, flags, wake, local, weather_seed, thread: Some(thread) })
}

/// The machine's thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the machine has stopped")]
pub struct Stopped;

/// Speaks with a machine that runs on a thread. Dropping it stops the machine, goodbyes included.
pub struct Handle<N: Node> {
    commands: Commands<N::Command>,
    notices: Receiver<N::Notice>,
    flags: Arc<Flags>,
    wake: Wake,
    local: SocketAddr,
    weather_seed: Option<u64>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Sends commands to a machine; as many copies as an interface has threads.
#[derive(Debug)]
pub struct Commands<C> {
    sender: SyncSender<C>,
    wake: Wake,
}

impl<C> Clone for Commands<C> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), wake: self.wake.clone() }
    }
}

impl<C> Commands<C> {
    pub(super) const fn new(sender: SyncSender<C>, wake: Wake) -> Self {
        Self { sender, wake }
    }

    /// Sends a command; waits while there are too many under way.
    ///
    /// # Errors
    /// [`Stopped`]: the machine runs no more.
    pub fn send(&self, command: C) -> Result<(), Stopped> {
        match self.sender.try_send(command) {
            Ok(()) => {}
            Err(TrySendError::Full(command)) => {
                self.wake.ring();
                self.sender.send(command).map_err(|_| Stopped)?;
            }
            Err(TrySendError::Disconnected(_)) => return Err(Stopped),
        }
        self.wake.ring();
        Ok(())
    }
}

/// What both sides see.
#[derive(Debug, Default)]
struct Flags {
    /// The machine has notices that the channel had no room for.
    stalled: AtomicBool,
    /// The interface wants it to stop.
    stop: AtomicBool,
}

impl<N: Node> Handle<N> {
    /// A sender of commands, for other threads.
    #[must_use]
    pub fn commands(&self) -> Commands<N::Command> {
        self.commands.clone()
    }

    /// Sends a command; waits while there are too many under way.
    ///
    /// # Errors
    /// [`Stopped`]: the machine runs no more.
    pub fn send(&self, command: N::Command) -> Result<(), Stopped> {
        self.commands.send(command)
    }

    /// The next notice; waits for it.
    ///
    /// # Errors
    /// [`Stopped`]: there will be none.
    pub fn recv(&self) -> Result<N::Notice, Stopped> {
        let notice = self.notices.recv().map_err(|_| Stopped)?;
        self.caught_up();
        Ok(notice)
    }

    /// The next notice; waits for it at most so long. `None`: there was none.
    ///
    /// # Errors
    /// [`Stopped`]: there will be none.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Option<N::Notice>, Stopped> {
        match self.notices.recv_timeout(timeout) {
            Ok(notice) => {
                self.caught_up();
                Ok(Some(notice))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Stopped),
        }
    }

    /// The next notice, if there is one.
    ///
    /// # Errors
    /// [`Stopped`]: there will be none.
    pub fn try_recv(&self) -> Result<Option<N::Notice>, Stopped> {
        match self.notices.try_recv() {
            Ok(notice) => {
                self.caught_up();
                Ok(Some(notice))
            }
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Stopped),
        }
    }

    /// The socket's address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The seed of the weather, if there is any: always shown, so that a run can be repeated.
    #[must_use]
    pub fn weather_seed(&self) -> Option<u64> {
        self.weather_seed
    }

    /// Stops the machine (unless it has stopped), and waits until its goodbyes are out.
    ///
    /// # Errors
    /// The loop had failed.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn caught_up(&self) {
        if self.flags.stalled.swap(false, Ordering::AcqRel) {
            self.wake.ring();
        }
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.flags.stop.store(true, Ordering::Release);
        self.wake.ring();
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the event loop panicked")))
    }
}

impl<N: Node> Drop for Handle<N> {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            log::error!("the event loop failed: {error}");
        }
    }
}

/// What runs on the thread.
struct Shell<N: Machine> {
    driver: Loop<N>,
    seat: SeatId,
    commands: Receiver<N::Command>,
    sink: Mouth<N>,
    /// When the machine must be gone, once it was told to stop.
    stopping: Option<Instant>,
}

impl<N: Machine> Shell<N> {
    fn run(mut self) -> io::Result<()> {
        while !self.sink.ended && self.stopping.is_none_or(|end| self.driver.clock().mono() < end) {
            self.driver.turn(self.stopping, &mut self.sink)?;
            for _ in 0..COMMANDS_PER_TURN {
                let Ok(command) = self.commands.try_recv() else { break };
                self.driver.command(self.seat, command);
            }
            if self.stopping.is_none() && self.sink.flags.stop.load(Ordering::Acquire) {
                self.stopping = Some(self.driver.clock().mono() + GOODBYE_MAX);
                self.driver.command(self.seat, N::stop());
            }
        }
        Ok(())
    }
}

/// The sink of a machine on a thread: a bounded channel.
struct Mouth<N: Node> {
    notices: SyncSender<N::Notice>,
    flags: Arc<Flags>,
    ended: bool,
}

impl<N: Machine> Sink<N> for Mouth<N> {
    fn notice(&mut self, _: Now, _: SeatId, notice: N::Notice) -> Option<N::Notice> {
        // Whoever told it to stop may listen no more; nothing may hold up the goodbyes.
        if self.flags.stop.load(Ordering::Acquire) {
            self.ended |= N::is_last(&notice);
            let _ = self.notices.try_send(notice);
            return None;
        }
        let last = N::is_last(&notice);
        let back = self.offer(notice).and_then(|notice| {
            self.flags.stalled.store(true, Ordering::Release);
            // Once more, now that the flag is up: the interface may have emptied the channel in between.
            self.offer(notice)
        });
        self.ended |= last && back.is_none();
        back
    }
}

impl<N: Node> Mouth<N> {
    /// Gives the notice back if there is no room. If nobody listens, there is always room.
    fn offer(&self, notice: N::Notice) -> Option<N::Notice> {
        match self.notices.try_send(notice) {
            Err(TrySendError::Full(notice)) => Some(notice),
            Ok(()) | Err(TrySendError::Disconnected(_)) => None,
        }
    }
}
