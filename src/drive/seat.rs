//! A machine in its seat: with its socket, its worker and its weather.

use std::collections::VecDeque;

use chinwag_proto::time::{Instant, Now};

use super::socket_weather::earlier;
use super::{Clock, SocketWeather, Worker};
use chinwag_net::{ReceiveBatch, SendBatch, Socket};
use chinwag_node::{Input, Node, Output};

/// Batches received in one turn of one machine; then timers, sends and the other machines have theirs.
const BATCHES_PER_TURN: usize = 8;
/// Datagrams written between two looks at the clock.
const SENDS_PER_CLOCK: u32 = 16;

/// What the seats of a loop share.
pub(super) struct Shared {
    pub(super) clock: Clock,
    pub(super) receive: ReceiveBatch,
    pub(super) send: SendBatch,
    /// A datagram that comes out of the weather.
    pub(super) scratch: Vec<u8>,
}

/// How a turn of a machine ended.
pub(super) struct Turn {
    /// When it wants the next one, if nothing happens.
    pub(super) deadline: Option<Instant>,
    /// It wants the next one at once.
    pub(super) again: bool,
}

pub(super) struct Seat<N: Node> {
    pub(super) node: N,
    pub(super) socket: Socket,
    pub(super) worker: Box<dyn Worker<N::Job, N::Done>>,
    pub(super) weather: Option<SocketWeather>,
    /// Deadline of the node's last [`Output::Wait`].
    deadline: Option<Instant>,
    /// The socket may have more than was received.
    pub(super) readable: bool,
    /// What the system had no room for. Until it goes out, nothing else does.
    pub(super) blocked: Option<SendBatch>,
    /// What the sink had no room for. Until it is taken, nothing is received.
    pub(super) stalled: VecDeque<N::Notice>,
}

impl<N: Node> Seat<N> {
    pub(super) fn new(
        node: N,
        socket: Socket,
        worker: Box<dyn Worker<N::Job, N::Done>>,
        weather: Option<SocketWeather>,
    ) -> Self {
        let (deadline, readable, blocked, stalled) = (None, true, None, VecDeque::new());
        Self { node, socket, worker, weather, deadline, readable, blocked, stalled }
    }

    /// Feeds all that has come, then drains. `sink` gives back a notice that it has no room for.
    pub(super) fn run(
        &mut self,
        shared: &mut Shared,
        mut sink: impl FnMut(Now, N::Notice) -> Option<N::Notice>,
    ) -> Turn {
        let mut now = shared.clock.now();
        while let Some(notice) = self.stalled.pop_front() {
            if let Some(back) = sink(now, notice) {
                self.stalled.push_front(back);
                break;
            }
        }
        if let Some(mut rest) = self.blocked.take()
            && !rest.flush(&self.socket)
        {
            self.blocked = Some(rest);
            return Turn { deadline: None, again: false };
        }
        if self.deadline.is_some_and(|deadline| deadline <= now.mono) {
            self.deadline = None;
            self.node.handle(now, Input::Timeout);
        }
        while let Some(done) = self.worker.finished() {
            self.node.handle(now, Input::Done(done));
        }
        if self.stalled.is_empty() {
            self.receive(shared, &mut now);
        }
        self.drain(shared, &mut now, &mut sink);
        self.rest()
    }

    /// When the next turn is wanted. What a blocked or stalled seat would not do then is no reason for one.
    fn rest(&self) -> Turn {
        if self.blocked.is_some() {
            return Turn { deadline: None, again: false };
        }
        let stalled = !self.stalled.is_empty();
        let sent = self.weather.as_ref().and_then(|weather| weather.sent.deadline());
        let received = self.weather.as_ref().filter(|_| !stalled).and_then(|weather| weather.received.deadline());
        Turn { deadline: earlier(self.deadline, earlier(sent, received)), again: self.readable && !stalled }
    }

    /// Receives, up to a bound, and feeds.
    fn receive(&mut self, shared: &mut Shared, now: &mut Now) {
        for _ in 0..BATCHES_PER_TURN {
            if !self.readable {
                break;
            }
            match shared.receive.receive(&self.socket) {
                Ok(more) => self.readable = more,
                // What the system tells of earlier datagrams (a port that is closed, say) stands in for nothing here.
                Err(error) => log::debug!("receive on {}: {error}", self.socket.local_addr()),
            }
            *now = shared.clock.now();
            for arrival in shared.receive.arrivals() {
                match &mut self.weather {
                    Some(weather) => weather.received.push(now.mono, (arrival.from, arrival.local), arrival.bytes),
                    None => {
                        let (from, local, bytes) = (arrival.from, arrival.local, arrival.bytes);
                        self.node.handle(*now, Input::Datagram { from, local, bytes });
                    }
                }
            }
        }
        if let Some(weather) = &mut self.weather {
            while let Some((from, local)) = weather.received.pop(now.mono, &mut shared.scratch) {
                self.node.handle(*now, Input::Datagram { from, local, bytes: &mut shared.scratch });
            }
        }
    }

    /// Takes outputs until the machine waits, and sends.
    fn drain(
        &mut self,
        shared: &mut Shared,
        now: &mut Now,
        sink: &mut impl FnMut(Now, N::Notice) -> Option<N::Notice>,
    ) {
        let mut until_clock = SENDS_PER_CLOCK;
        loop {
            match self.node.poll(*now, shared.send.buffer()) {
                Output::Transmit(transmit) => {
                    match &mut self.weather {
                        Some(weather) => {
                            let bytes = &shared.send.buffer()[..transmit.len];
                            weather.sent.push(now.mono, (transmit.to, transmit.from), bytes);
                        }
                        None => shared.send.push(&self.socket, transmit.to, transmit.from, transmit.len),
                    }
                    if shared.send.is_full() && !self.flush(shared) {
                        return;
                    }
                    until_clock -= 1;
                    if until_clock == 0 {
                        (*now, until_clock) = (shared.clock.now(), SENDS_PER_CLOCK);
                    }
                }
                Output::Job(job) => {
                    if let Some(done) = self.worker.start(job) {
                        self.node.handle(*now, Input::Done(done));
                    }
                }
                Output::Notice(notice) if self.stalled.is_empty() => self.stalled.extend(sink(*now, notice)),
                Output::Notice(notice) => self.stalled.push_back(notice),
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    break;
                }
            }
        }
        while let Some(weather) = &mut self.weather
            && let Some((to, from)) = weather.sent.pop(now.mono, &mut shared.scratch)
        {
            shared.send.buffer()[..shared.scratch.len()].copy_from_slice(&shared.scratch);
            shared.send.push(&self.socket, to, from, shared.scratch.len());
            if shared.send.is_full() && !self.flush(shared) {
                return;
            }
        }
        self.flush(shared);
    }

    /// Hands what was written to the system. False if that has no room: the seat keeps the rest and waits.
    fn flush(&mut self, shared: &mut Shared) -> bool {
        let flushed = shared.send.flush(&self.socket);
        if !flushed {
            self.blocked = Some(std::mem::take(&mut shared.send));
        }
        flushed
    }
}
