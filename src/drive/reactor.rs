//! Readiness: which sockets have something, a timer in microseconds, and a bell for other threads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_proto::time::Instant;
use mio::{Events, Interest, Poll, Token, Waker};

use super::Clock;
use chinwag_net::{Changes, Socket};

/// Tokens of sockets are theirs to choose, below these.
const WAKE: Token = Token(usize::MAX);
/// See [`WAKE`].
const TIMER: Token = Token(usize::MAX - 1);
/// Events taken at once; more stay with the system.
const EVENTS_MAX: usize = 1_024;

/// Something happened to a socket: there is something to receive, or room to send again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readiness {
    /// The number it was registered with.
    pub(super) token: usize,
    /// There is something to receive.
    pub(super) readable: bool,
}

/// The system's readiness queue and one timer.
#[derive(Debug)]
pub(super) struct Reactor {
    poll: Poll,
    events: Events,
    timer: Timer,
    wake: Wake,
}

impl Reactor {
    pub(super) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let timer = Timer::new(&poll)?;
        let wake = Wake { waker: Arc::new(waker), rung: Arc::new(AtomicBool::new(false)) };
        Ok(Self { poll, events: Events::with_capacity(EVENTS_MAX), timer, wake })
    }

    /// The bell that ends a [`Self::wait`].
    pub(super) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Begins to watch a socket for arrivals. Readiness is told once for each change: drain the socket.
    pub(super) fn watch(&self, token: usize, socket: &mut Socket) -> io::Result<()> {
        self.poll.registry().register(socket.source(), Token(token), Interest::READABLE)
    }

    /// Begins to watch for news of interfaces, as [`Self::watch`] does a socket.
    pub(super) fn watch_changes(&self, token: usize, changes: &mut Changes) -> io::Result<()> {
        self.poll.registry().register(changes, Token(token), Interest::READABLE)
    }

    /// Watches for room to send as well, or not any more. (Not always: it would wake the loop for every datagram sent.)
    pub(super) fn watch_writable(&self, token: usize, socket: &mut Socket, writable: bool) -> io::Result<()> {
        let interest = if writable { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.poll.registry().reregister(socket.source(), Token(token), interest)
    }

    /// Ceases to watch a socket.
    pub(super) fn forget(&self, socket: &mut Socket) -> io::Result<()> {
        self.poll.registry().deregister(socket.source())
    }

    /// Sleeps until something happens or the deadline comes; a moment too early is possible, too late is not. `None`: for
    /// as long as nothing happens.
    pub(super) fn wait(&mut self, clock: &Clock, deadline: Option<Instant>) -> io::Result<()> {
        match self.timer.wait(&mut self.poll, &mut self.events, clock, deadline) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                self.events.clear();
                Ok(())
            }
            result => result,
        }
    }

    /// Whether the bell was rung since the last time; it can be rung again from now on.
    pub(super) fn take_rung(&self) -> bool {
        self.wake.rung.swap(false, Ordering::AcqRel)
    }

    /// What the last [`Self::wait`] brought, sockets only.
    pub(super) fn readiness(&self) -> impl Iterator<Item = Readiness> {
        self.events
            .iter()
            .filter(|event| event.token() != WAKE && event.token() != TIMER)
            .map(|event| Readiness { token: event.token().0, readable: event.is_readable() || event.is_error() })
    }
}

/// Wakes a loop from another thread.
#[derive(Clone, Debug)]
pub struct Wake {
    waker: Arc<Waker>,
    /// Rung and not yet heard: ringing again would be a system call for nothing.
    rung: Arc<AtomicBool>,
}

impl Wake {
    /// Rings.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            log::error!("can't wake the event loop: {error}");
        }
    }
}

/// The deadline of a wait. The readiness queue itself knows only whole milliseconds, so it is a timer descriptor.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Timer {
    fd: std::os::fd::OwnedFd,
    /// When it fires. Left alone when the deadline moves to later: waking once too often is cheaper than setting it always.
    armed: Option<Instant>,
}

#[cfg(target_os = "linux")]
impl Timer {
    fn new(poll: &Poll) -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
        use std::os::fd::AsRawFd as _;

        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        poll.registry().register(&mut mio::unix::SourceFd(&fd.as_raw_fd()), TIMER, Interest::READABLE)?;
        Ok(Self { fd, armed: None })
    }

    fn wait(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        clock: &Clock,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        let now = clock.mono();
        if self.armed.is_some_and(|armed| armed <= now) {
            self.armed = None;
        }
        let Some(deadline) = deadline else { return poll.poll(events, None) };
        if deadline <= now {
            return poll.poll(events, Some(std::time::Duration::ZERO));
        }
        if self.armed.is_none_or(|armed| deadline < armed) {
            self.arm(deadline - now)?;
            self.armed = Some(deadline);
        }
        poll.poll(events, None)
    }

    fn arm(&self, after: std::time::Duration) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};

        let it_value = Timespec::try_from(after).map_err(|_| io::ErrorKind::InvalidInput)?;
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value })?;
        Ok(())
    }
}

/// Elsewhere the readiness queue's own timeout must do, in whole milliseconds.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct Timer;

#[cfg(not(target_os = "linux"))]
impl Timer {
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    fn new(_: &Poll) -> io::Result<Self> {
        Ok(Self)
    }

    fn wait(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        clock: &Clock,
        deadline: Option<Instant>,
    ) -> io::Result<()> {
        poll.poll(events, deadline.map(|deadline| deadline - clock.mono()))
    }
}
