//! The loop itself: one or many machines, each in a seat, on one thread.

use std::io;

use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::time::{Instant, Now};

use super::deadlines::Deadlines;
use super::reactor::{Reactor, Wake};
use super::seat::{Seat, Shared};
use super::{Clock, SocketWeather, Worker};
use chinwag_net::{ReceiveBatch, SendBatch, Socket};
use chinwag_node::{Input, Node};

/// Which machine of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId(usize);

impl SeatId {
    /// Seats are numbered from 0 in the order that they were taken.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// Takes what the machines tell.
pub trait Sink<N: Node> {
    /// Takes a notice, or gives it back for want of room: the machine's socket is not read until it is taken (its timers go
    /// on). The loop tries again when it is woken.
    fn notice(&mut self, now: Now, seat: SeatId, notice: N::Notice) -> Option<N::Notice>;
}

/// A closure is a sink that always has room.
impl<N: Node, F: FnMut(Now, SeatId, N::Notice)> Sink<N> for F {
    fn notice(&mut self, now: Now, seat: SeatId, notice: N::Notice) -> Option<N::Notice> {
        self(now, seat, notice);
        None
    }
}

/// Machines with their sockets, run by whoever calls [`Self::turn`]. The work of a turn does not grow with the machines
/// that have nothing to do.
pub struct Loop<N: Node> {
    reactor: Reactor,
    seats: Vec<Seat<N>>,
    shared: Shared,
    deadlines: Deadlines,
    /// Seats that have something to do in the next turn, each once.
    active: Vec<usize>,
    is_active: Vec<bool>,
    /// Keeps its room from turn to turn.
    spare: Vec<usize>,
    /// Seats that other threads can have something for: those with a worker that takes its time, those with a slow sink.
    woken_by_bell: Vec<usize>,
}

impl<N: Node> Loop<N> {
    /// A loop without machines.
    ///
    /// # Errors
    /// The system refuses a readiness queue or a timer.
    pub fn new(clock: Clock) -> io::Result<Self> {
        Ok(Self {
            reactor: Reactor::new()?,
            seats: Vec::new(),
            shared: Shared {
                clock,
                receive: ReceiveBatch::default(),
                send: SendBatch::default(),
                scratch: Vec::with_capacity(DATAGRAM_MAX_LEN),
            },
            deadlines: Deadlines::default(),
            active: Vec::new(),
            is_active: Vec::new(),
            spare: Vec::new(),
            woken_by_bell: Vec::new(),
        })
    }

    /// Seats a machine.
    ///
    /// # Errors
    /// The socket can't be watched.
    pub fn seat(
        &mut self,
        node: N,
        mut socket: Socket,
        mut worker: Box<dyn Worker<N::Job, N::Done>>,
        weather: Option<SocketWeather>,
    ) -> io::Result<SeatId> {
        let index = self.seats.len();
        self.reactor.watch(index, &mut socket)?;
        worker.attach(self.reactor.wake().clone());
        if worker.is_slow() {
            self.woken_by_bell.push(index);
        }
        self.seats.push(Seat::new(node, socket, worker, weather));
        self.is_active.push(false);
        self.activate(index);
        Ok(SeatId(index))
    }

    /// The machine in a seat.
    #[must_use]
    pub fn node(&self, seat: SeatId) -> &N {
        &self.seats[seat.0].node
    }

    /// The address of a seat's socket.
    #[must_use]
    pub fn local_addr(&self, seat: SeatId) -> std::net::SocketAddr {
        self.seats[seat.0].socket.local_addr()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// Ends a [`Self::turn`] from another thread.
    #[must_use]
    pub fn wake(&self) -> Wake {
        self.reactor.wake().clone()
    }

    /// Feeds a machine a command. What comes of it comes in the next turn.
    pub fn command(&mut self, seat: SeatId, command: N::Command) {
        let now = self.shared.clock.now();
        self.seats[seat.0].node.handle(now, Input::Command(command));
        self.activate(seat.0);
    }

    /// Waits until something is to be done, at most until `until`, and does it.
    ///
    /// # Errors
    /// The readiness queue or the timer failed: the loop can't go on.
    pub fn turn(&mut self, until: Option<Instant>, sink: &mut impl Sink<N>) -> io::Result<()> {
        let deadline = match self.active.is_empty() {
            true => super::socket_weather::earlier(until, self.deadlines.next()),
            false => Some(Instant::EPOCH),
        };
        self.reactor.wait(&self.shared.clock, deadline)?;
        self.gather();
        let mut running = std::mem::replace(&mut self.active, std::mem::take(&mut self.spare));
        for index in running.drain(..) {
            self.is_active[index] = false;
            self.run(index, sink)?;
        }
        self.spare = running;
        Ok(())
    }

    /// Finds out who has something to do.
    fn gather(&mut self) {
        let mut found = std::mem::take(&mut self.spare);
        for readiness in self.reactor.readiness() {
            let seat = &mut self.seats[readiness.token];
            seat.readable |= readiness.readable;
            found.push(readiness.token);
        }
        if self.reactor.take_rung() {
            found.extend(&self.woken_by_bell);
        }
        let now = self.shared.clock.mono();
        while let Some(index) = self.deadlines.due(now) {
            found.push(index);
        }
        for index in found.drain(..) {
            self.activate(index);
        }
        self.spare = found;
    }

    fn activate(&mut self, index: usize) {
        if !std::mem::replace(&mut self.is_active[index], true) {
            self.active.push(index);
        }
    }

    /// Gives one machine its turn.
    fn run(&mut self, index: usize, sink: &mut impl Sink<N>) -> io::Result<()> {
        let seat = &mut self.seats[index];
        let was_blocked = seat.blocked.is_some();
        let turn = seat.run(&mut self.shared, |now, notice| sink.notice(now, SeatId(index), notice));
        if was_blocked != seat.blocked.is_some() {
            self.reactor.watch_writable(index, &mut seat.socket, !was_blocked)?;
        }
        if !seat.stalled.is_empty() && !self.woken_by_bell.contains(&index) {
            self.woken_by_bell.push(index);
        }
        self.deadlines.set(index, turn.deadline);
        if turn.again {
            self.activate(index);
        }
        Ok(())
    }
}
