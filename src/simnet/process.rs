//! A machine in a virtual process: its socket's buffer, its clock, and the moments at which it gets to run.
//!
//! This is the simulator's half of the seam's contract ([`chinwag_node`]): feed what has come, drain until `Wait`, sleep.
//! A process may be a slow one: it wakes only at multiples of its granularity, takes a bounded batch of datagrams each
//! time, and loses what its buffer cannot hold.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::time::{BootId, Instant, Now, Uptime, WallTime};

use chinwag_node::{Input, Node, Output};

/// How a process gets to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The process wakes only at multiples of this many µs of virtual time, and once in a moment; 0: for whatever comes, at once.
    pub granularity_us: u64,
    /// Datagrams taken at one wake-up.
    pub batch: usize,
    /// Datagrams that its socket holds; more are lost.
    pub buffer: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { granularity_us: 1, batch: 64, buffer: 1_024 }
    }
}

impl Schedule {
    /// Of one that wakes for whatever comes, at once.
    pub const AT_ONCE: Self = Self { granularity_us: 0, batch: 64, buffer: 1_024 };
}

/// A process's clocks against virtual time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The monotonic clock runs ahead of virtual time by this many µs.
    pub mono_ahead_us: u64,
    /// The wall clock at virtual time zero, in ms of the Unix epoch.
    pub wall_zero_ms: u64,
    /// Which start of its host's system it is,
    pub boot: u64,
    /// and how long that was up at virtual time zero, in µs.
    pub up_us: u64,
}

impl Clock {
    fn now(self, virtual_now: Instant) -> Now {
        Now {
            mono: virtual_now.plus_micros(self.mono_ahead_us),
            wall: WallTime::from_unix_millis(self.wall_zero_ms + virtual_now.as_micros() / 1_000),
            uptime: Uptime { boot: BootId(self.boot), since: virtual_now.plus_micros(self.up_us) },
        }
    }
}

/// What a process did while it ran, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect<N, J> {
    /// The process sent a datagram.
    Send {
        /// To there.
        to: SocketAddr,
        /// From this local address, where it cares.
        from: Option<IpAddr>,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// The process wants a job done.
    Job(J),
    /// The process tells its interface something.
    Notice(N),
}

/// The process does not come to rest: outputs without end, or deadlines that have always passed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Livelock;

const OUTPUTS_PER_RUN_MAX: usize = 50_000;
const IDLE_RUNS_MAX: u32 = 1_000;

/// A machine that runs in virtual time.
pub struct Process<N: Node + ?Sized> {
    schedule: Schedule,
    clock: Clock,
    datagrams: VecDeque<Arrived>,
    mail: VecDeque<Mail<N::Command, N::Done>>,
    deadline: Option<Instant>,
    last_run: Option<Instant>,
    idle_runs: u32,
    /// It is to run, though nothing has come.
    is_interrupted: bool,
    node: Box<N>,
}

struct Arrived {
    from: SocketAddr,
    local: IpAddr,
    bytes: Vec<u8>,
}

enum Mail<C, D> {
    Command(C),
    Done(D),
}

impl<N: Node + ?Sized> Process<N> {
    /// A process that has just started.
    pub fn new(node: Box<N>, schedule: Schedule, clock: Clock) -> Self {
        Self {
            schedule,
            clock,
            datagrams: VecDeque::new(),
            mail: VecDeque::new(),
            deadline: Some(Instant::EPOCH),
            last_run: None,
            idle_runs: 0,
            is_interrupted: false,
            node,
        }
    }

    /// Whether its socket's buffer can take another datagram.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.datagrams.len() < self.schedule.buffer
    }

    /// A datagram reaches its socket; it is lost if there is no room.
    pub fn datagram(&mut self, from: SocketAddr, local: IpAddr, bytes: Vec<u8>) {
        if self.has_room() {
            self.datagrams.push_back(Arrived { from, local, bytes });
        }
    }

    /// The interface asks for something.
    pub fn command(&mut self, command: N::Command) {
        self.mail.push_back(Mail::Command(command));
    }

    /// A job of its is done.
    pub fn done(&mut self, done: N::Done) {
        self.mail.push_back(Mail::Done(done));
    }

    /// The process's machine.
    #[must_use]
    pub fn node(&self) -> &N {
        &self.node
    }

    /// The process's machine, to ask something of it by another way than a command; [`Self::interrupt`] lets it run then.
    pub fn node_mut(&mut self) -> &mut N {
        &mut self.node
    }

    /// The process runs next, though nothing has come.
    pub fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    /// Whether its socket's buffer is empty.
    #[must_use]
    pub fn has_read_all(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// The wall clock is set to another time.
    pub fn set_wall(&mut self, wall_zero_ms: u64) {
        self.clock.wall_zero_ms = wall_zero_ms;
    }

    /// When it runs next, as things stand.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let is_idle = self.datagrams.is_empty() && self.mail.is_empty() && !self.is_interrupted;
        if !is_idle && self.schedule.granularity_us == 0 {
            return Some(now);
        }
        let due = if is_idle { self.deadline? } else { now };
        let after_last = self.last_run.map_or(Instant::EPOCH, |last| last.plus_micros(1));
        let us = due.max(now).max(after_last).as_micros();
        Some(Instant::from_micros(us.next_multiple_of(self.schedule.granularity_us.max(1))))
    }

    /// Runs it once: feeds what has come, drains it, and appends what it did to `effects`.
    ///
    /// # Errors
    /// [`Livelock`], which is a bug of the machine.
    pub fn run(&mut self, virtual_now: Instant, effects: &mut Vec<Effect<N::Notice, N::Job>>) -> Result<(), Livelock> {
        self.run_with(virtual_now, effects, &mut Vec::new())
    }

    /// Runs the process once, as [`Self::run`] does; what it sends is written into buffers from `spare`, and those of datagrams
    /// that it has read go there.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_with(
        &mut self,
        virtual_now: Instant,
        effects: &mut Vec<Effect<N::Notice, N::Job>>,
        spare: &mut Vec<Vec<u8>>,
    ) -> Result<(), Livelock> {
        let now = self.clock.now(virtual_now);
        let before = effects.len();
        let fed = self.feed(virtual_now, now, spare) || std::mem::take(&mut self.is_interrupted);
        self.drain(now, effects, spare)?;
        self.last_run = Some(virtual_now);
        self.idle_runs = if fed || effects.len() > before { 0 } else { self.idle_runs + 1 };
        if self.idle_runs > IDLE_RUNS_MAX { Err(Livelock) } else { Ok(()) }
    }

    fn feed(&mut self, virtual_now: Instant, now: Now, spare: &mut Vec<Vec<u8>>) -> bool {
        let mut fed = false;
        for _ in 0..self.schedule.batch {
            let Some(mut arrived) = self.datagrams.pop_front() else { break };
            let bytes = &mut arrived.bytes;
            self.node.handle(now, Input::Datagram { from: arrived.from, local: Some(arrived.local), bytes });
            spare.push(arrived.bytes);
            fed = true;
        }
        while let Some(mail) = self.mail.pop_front() {
            self.node.handle(
                now,
                match mail {
                    Mail::Command(command) => Input::Command(command),
                    Mail::Done(done) => Input::Done(done),
                },
            );
            fed = true;
        }
        if self.deadline.is_some_and(|deadline| deadline <= virtual_now) {
            self.node.handle(now, Input::Timeout);
        }
        fed
    }

    fn drain(
        &mut self,
        now: Now,
        effects: &mut Vec<Effect<N::Notice, N::Job>>,
        spare: &mut Vec<Vec<u8>>,
    ) -> Result<(), Livelock> {
        let mut buf = [0; DATAGRAM_MAX_LEN];
        for _ in 0..OUTPUTS_PER_RUN_MAX {
            effects.push(match self.node.poll(now, &mut buf) {
                Output::Transmit(t) => {
                    let mut bytes = spare.pop().unwrap_or_default();
                    bytes.clear();
                    bytes.extend_from_slice(&buf[..t.len]);
                    Effect::Send { to: t.to, from: t.from, bytes }
                }
                Output::Job(job) => Effect::Job(job),
                Output::Notice(notice) => Effect::Notice(notice),
                Output::Wait(deadline) => {
                    let ahead = self.clock.mono_ahead_us;
                    self.deadline = deadline.map(|at| Instant::from_micros(at.as_micros().saturating_sub(ahead)));
                    return Ok(());
                }
            });
        }
        Err(Livelock)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::endpoint::Transmit;

    use super::*;

    /// Sends back what it gets, and says so after a second.
    #[derive(Default)]
    struct Echo {
        out: VecDeque<(SocketAddr, Vec<u8>)>,
        tell_at: Option<Instant>,
        due: bool,
    }

    impl Node for Echo {
        type Command = ();
        type Notice = &'static str;
        type Job = ();
        type Done = ();

        fn handle(&mut self, now: Now, input: Input<'_, (), ()>) {
            match input {
                Input::Datagram { from, bytes, .. } => {
                    self.out.push_back((from, bytes.to_vec()));
                    self.tell_at = Some(now.mono.plus_micros(1_000_000));
                }
                Input::Timeout => self.due = self.tell_at.is_some_and(|at| at <= now.mono),
                Input::Command(()) | Input::Done(()) => {}
            }
        }

        fn poll(&mut self, _: Now, buf: &mut [u8]) -> Output<&'static str, ()> {
            if let Some((to, bytes)) = self.out.pop_front() {
                buf[..bytes.len()].copy_from_slice(&bytes);
                return Output::Transmit(Transmit { to, from: None, len: bytes.len() });
            }
            if std::mem::take(&mut self.due) {
                self.tell_at = None;
                return Output::Notice("a second ago");
            }
            Output::Wait(self.tell_at)
        }
    }

    fn at(us: u64) -> Instant {
        Instant::from_micros(us)
    }

    #[test]
    fn a_slow_process_wakes_at_its_granularity_and_takes_a_batch() {
        let schedule = Schedule { granularity_us: 1_000, batch: 2, buffer: 3 };
        let clock = Clock { mono_ahead_us: 77, ..Clock::default() };
        let mut process = Process::new(Box::new(Echo::default()), schedule, clock);
        let peer: SocketAddr = "10.0.0.2:5".parse().expect("an address");
        let mut effects = Vec::new();
        process.run(at(0), &mut effects).expect("it rests");
        assert_eq!((process.wake(at(10)), effects.len()), (None, 0));

        (0..4).for_each(|n| process.datagram(peer, peer.ip(), vec![n]));
        assert!(!process.has_room(), "the buffer holds three");
        assert_eq!(process.wake(at(10)), Some(at(1_000)));
        process.run(at(1_000), &mut effects).expect("it rests");
        assert_eq!(effects.len(), 2, "a batch of two");
        assert_eq!(process.wake(at(1_000)), Some(at(2_000)));
        process.run(at(2_000), &mut effects).expect("it rests");
        assert_eq!(effects.pop(), Some(Effect::Send { to: peer, from: None, bytes: vec![2] }));
        assert_eq!(process.wake(at(2_000)), Some(at(1_002_000)), "the deadline, in virtual time");
        effects.clear();
        process.run(at(1_002_000), &mut effects).expect("it rests");
        assert_eq!(effects, [Effect::Notice("a second ago")]);
    }

    #[test]
    fn one_that_wakes_at_once_runs_as_often_in_a_moment_as_something_comes() {
        let mut process = Process::new(Box::new(Echo::default()), Schedule::AT_ONCE, Clock::default());
        let peer: SocketAddr = "10.0.0.2:5".parse().expect("an address");
        let mut effects = Vec::new();
        for n in 1..=3 {
            process.datagram(peer, peer.ip(), vec![n]);
            assert_eq!(process.wake(at(7)), Some(at(7)));
            process.run(at(7), &mut effects).expect("it rests");
            assert_eq!(effects.len(), usize::from(n));
        }
        assert_eq!(process.wake(at(7)), Some(at(1_000_007)), "only its deadline is left");
        process.interrupt();
        assert_eq!(process.wake(at(8)), Some(at(8)));
    }

    #[test]
    fn a_machine_that_never_rests_is_caught() {
        struct Restless;
        impl Node for Restless {
            type Command = ();
            type Notice = ();
            type Job = ();
            type Done = ();
            fn handle(&mut self, _: Now, _: Input<'_, (), ()>) {}
            fn poll(&mut self, now: Now, _: &mut [u8]) -> Output<(), ()> {
                Output::Wait(Some(now.mono))
            }
        }
        let mut process = Process::new(Box::new(Restless), Schedule::default(), Clock::default());
        let mut now = Instant::EPOCH;
        let caught = (0..2_000).any(|_| {
            now = process.wake(now).expect("it always wants to run");
            process.run(now, &mut Vec::new()) == Err(Livelock)
        });
        assert!(caught);
    }
}
