//! Clients with real sessions, all in one room, on one loop for each thread.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now};

use super::BenchError;
use super::ledger::Ledger;
use super::message::Message;
use super::server::ServerProcess;
use crate::client_core::{Client, Command, Config, Connection, Notice, Saved, Start};
use crate::drive::{Clock, Inline, Loop, SeatId, Sink, SocketWeather, Wake, entropy};
use crate::net::bind;

/// The room that all are in.
const ROOM: &str = "bench";
/// Members that connect at the same time.
const CONNECTING_MAX: usize = 64;
/// Nothing may take longer than this without any delivery.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a thread that only listens looks whether it is over.
const GLANCE: Duration = Duration::from_millis(50);

/// What the threads that play together know of each other.
pub(super) struct Together {
    clock: Clock,
    /// Messages written from then on are measured, in µs.
    measured_from: Arc<AtomicU64>,
    joined: AtomicUsize,
    /// By thread: messages that all of its members have.
    complete: Vec<AtomicU64>,
    over: AtomicBool,
    /// Wakes the first thread, which writes and waits for the others.
    first: OnceLock<Wake>,
}

/// Clients of one thread.
pub(super) struct Crowd<'a> {
    together: &'a Together,
    thread: usize,
    driver: Loop<Client>,
    seats: Vec<SeatId>,
    sequences: Vec<u32>,
    pub(super) watch: CrowdWatch,
    /// Messages written.
    pub(super) written: u64,
    bytes: usize,
}

/// What the clients tell.
pub(super) struct CrowdWatch {
    pub(super) ledger: Ledger,
    joined: usize,
    trouble: Option<BenchError>,
}

impl Together {
    /// So many threads; nothing is measured yet.
    pub(super) fn new(threads: usize) -> Self {
        Self {
            clock: Clock::start(),
            measured_from: Arc::new(AtomicU64::new(u64::MAX)),
            joined: AtomicUsize::new(0),
            complete: (0..threads).map(|_| AtomicU64::new(0)).collect(),
            over: AtomicBool::new(false),
            first: OnceLock::new(),
        }
    }

    /// Measures the messages that are written from now on.
    pub(super) fn measure(&self) -> Instant {
        let now = self.clock.mono();
        self.measured_from.store(now.as_micros(), Ordering::Relaxed);
        now
    }

    /// Members that joined, on all threads.
    pub(super) fn joined(&self) -> usize {
        self.joined.load(Ordering::Acquire)
    }

    /// Messages that all members of all threads have.
    pub(super) fn complete(&self) -> u64 {
        self.complete.iter().map(|complete| complete.load(Ordering::Acquire)).min().unwrap_or(0)
    }

    /// Ends [`Crowd::listen`] on all threads.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

impl<'a> Crowd<'a> {
    /// These members of a room on this server, with their sockets, joined. `weather` gives the weather of a member.
    pub(super) fn gather(
        server: &ServerProcess,
        together: &'a Together,
        thread: usize,
        members: Range<usize>,
        bytes: usize,
        mut weather: impl FnMut(usize, &mut Rng) -> Option<SocketWeather>,
    ) -> Result<Self, BenchError> {
        let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
        let driver = Loop::new(together.clock).map_err(BenchError::system("no event loop"))?;
        if thread == 0 {
            together.first.get_or_init(|| driver.wake());
        }
        let ledger = Ledger::new(members.len(), Arc::clone(&together.measured_from));
        let watch = CrowdWatch { ledger, joined: 0, trouble: None };
        let sequences = vec![0; members.len()];
        let mut crowd = Self { together, thread, driver, seats: Vec::new(), sequences, watch, written: 0, bytes };
        for (index, member) in members.clone().enumerate() {
            let weather = weather(member, &mut rng);
            crowd.enter(server, member, weather, &mut rng)?;
            crowd.wait(|crowd| crowd.watch.joined + CONNECTING_MAX > index)?;
        }
        crowd.wait(|crowd| crowd.watch.joined == members.len())?;
        together.joined.fetch_add(members.len(), Ordering::AcqRel);
        Ok(crowd)
    }

    /// Takes in what is said until it is over; gives what was seen.
    pub(super) fn listen(mut self) -> Result<Ledger, BenchError> {
        let mut complete = 0;
        while !self.together.is_over() {
            self.turn(self.now() + GLANCE)?;
            if let Some(first) = self.together.first.get().filter(|_| self.watch.ledger.complete != complete) {
                complete = self.watch.ledger.complete;
                first.ring();
            }
        }
        Ok(self.watch.ledger)
    }

    fn enter(
        &mut self,
        server: &ServerProcess,
        member: usize,
        weather: Option<SocketWeather>,
        rng: &mut Rng,
    ) -> Result<(), BenchError> {
        let socket = bind(([127, 0, 0, 1], 0).into())?;
        let config = Config::new(format!("m{member:05}"));
        let client = Client::new(config, KeyPair::from_secret(rng.bytes()), rng.bytes());
        let seat = self
            .driver
            .seat(client, socket, Box::new(Inline(|_| Saved::Kept)), weather)
            .map_err(BenchError::system("a socket can't be watched"))?;
        let target = Target { addrs: vec![server.addr], pin: Some(server.key), join_key: None, enrolled: false };
        self.driver.command(seat, Command::Connect(target));
        self.driver.command(seat, Command::join(ROOM.to_owned(), Start::All));
        self.seats.push(seat);
        Ok(())
    }

    /// The clock that all measurements go by.
    pub(super) fn now(&self) -> Instant {
        self.driver.clock().mono()
    }

    /// A member writes a message.
    pub(super) fn say(&mut self, member: usize) {
        let sequence = self.sequences[member];
        self.sequences[member] += 1;
        let publisher = u32::try_from(member).expect("members are few");
        let text = Message { publisher, sequence, written: self.now() }.text(self.bytes);
        let command = Command::say(self.written, ROOM.to_owned(), text);
        self.driver.command(self.seats[member], command);
        self.written += 1;
    }

    /// One turn of the loop, until `until` at most.
    pub(super) fn turn(&mut self, until: Instant) -> Result<(), BenchError> {
        self.driver.turn(Some(until), &mut self.watch).map_err(BenchError::system("the event loop failed"))?;
        self.together.complete[self.thread].store(self.watch.ledger.complete, Ordering::Release);
        self.watch.trouble.take().map_or(Ok(()), Err)
    }

    /// Turns until `done`.
    pub(super) fn wait(&mut self, done: impl Fn(&Self) -> bool) -> Result<(), BenchError> {
        let mut before = (0, 0);
        let mut end = self.now() + PATIENCE;
        while !done(self) {
            if self.together.is_over() {
                return Err(BenchError::Stuck("another thread failed".to_owned()));
            }
            let progress = (self.watch.joined + self.together.joined(), self.together.complete());
            if progress != before {
                (before, end) = (progress, self.now() + PATIENCE);
            }
            if self.now() >= end {
                let (written, complete) = (self.written, self.together.complete());
                return Err(BenchError::Stuck(format!(
                    "nothing happened for {PATIENCE:?}; {written} messages were written, {complete} have reached all"
                )));
            }
            // Others may finish without a word to this loop's sockets.
            self.turn(end.min(self.now() + GLANCE))?;
        }
        Ok(())
    }

    /// Waits until everyone has everything.
    pub(super) fn settle(&mut self) -> Result<(), BenchError> {
        self.wait(|crowd| crowd.together.complete() == crowd.written)
    }
}

impl Sink<Client> for CrowdWatch {
    fn notice(&mut self, now: Now, seat: SeatId, notice: Notice) -> Option<Notice> {
        let member = seat.index();
        #[expect(clippy::wildcard_enum_match_arm, reason = "presence and the like are not measured")]
        match notice {
            Notice::Entry { number, contiguous_upto, entry, .. } => {
                let text = entry.body.text().unwrap_or_default();
                match Message::parse(text) {
                    Some(message) => self.ledger.arrived(now.mono, member, number.0, contiguous_upto.0, message),
                    None => self.fail(member, "received what nobody wrote".to_owned()),
                }
            }
            Notice::Joined { .. } => self.joined += 1,
            Notice::Denied { request, reason } => self.fail(member, format!("{request}: {reason:?}")),
            Notice::Refused { reason, .. } => self.fail(member, format!("a message was refused: {reason:?}")),
            Notice::Unreadable(_) => self.fail(member, "messages can't be read any more".to_owned()),
            Notice::HistoryReset { .. } => self.fail(member, "history was reset".to_owned()),
            Notice::Connection(
                state @ (Connection::WrongKey { .. }
                | Connection::WrongVersion { .. }
                | Connection::JoinKeyRefused
                | Connection::LoginRefused(_)
                | Connection::Lost { .. }
                | Connection::Ended { .. }),
            ) => self.fail(member, format!("{state:?}")),
            _ => {}
        }
        None
    }
}

impl CrowdWatch {
    fn fail(&mut self, member: usize, why: String) {
        self.trouble.get_or_insert(BenchError::Client { member, why });
    }
}
