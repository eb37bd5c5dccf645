//! Clients with real sessions, all on one loop, in one room.

use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::message::Body;

use super::BenchError;
use super::ledger::Ledger;
use super::message::Message;
use super::server::ServerProcess;
use crate::client::{Client, Command, Config, Connection, Notice, Saved, Start};
use crate::drive::{Clock, Face, Hop, Inline, Loop, SeatId, entropy};
use crate::net::bind;

/// The room that all are in.
const ROOM: &str = "bench";
/// Members that connect at the same time.
const CONNECTING_MAX: usize = 64;
/// Nothing may take longer than this without any delivery.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients in one room.
pub(super) struct Crowd {
    driver: Loop<Client>,
    seats: Vec<SeatId>,
    sequences: Vec<u32>,
    pub(super) watch: Watch,
    /// Messages written.
    pub(super) written: u64,
    bytes: usize,
}

/// What the clients tell.
pub(super) struct Watch {
    pub(super) ledger: Ledger,
    pub(super) joined: usize,
    trouble: Option<BenchError>,
}

impl Crowd {
    /// Members of a room on this server, with their sockets, joined. `weather` gives the weather of a member.
    pub(super) fn gather(
        server: &ServerProcess,
        members: usize,
        bytes: usize,
        mut weather: impl FnMut(usize, &mut Rng) -> Option<Hop>,
    ) -> Result<Self, BenchError> {
        let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
        let driver = Loop::new(Clock::start()).map_err(BenchError::system("no event loop"))?;
        let watch = Watch { ledger: Ledger::new(members), joined: 0, trouble: None };
        let mut crowd = Self { driver, seats: Vec::new(), sequences: vec![0; members], watch, written: 0, bytes };
        for member in 0..members {
            let hop = weather(member, &mut rng);
            crowd.enter(server, member, hop, &mut rng)?;
            crowd.wait(|watch| watch.joined + CONNECTING_MAX > member)?;
        }
        crowd.wait(|watch| watch.joined == members)?;
        Ok(crowd)
    }

    fn enter(
        &mut self,
        server: &ServerProcess,
        member: usize,
        hop: Option<Hop>,
        rng: &mut Rng,
    ) -> Result<(), BenchError> {
        let socket = bind(([127, 0, 0, 1], 0).into())?;
        let config = Config::new(format!("m{member:05}"));
        let client = Client::new(config, KeyPair::from_secret(rng.bytes()), rng.bytes());
        let seat = self
            .driver
            .seat(client, socket, Box::new(Inline(|_| Saved)), hop)
            .map_err(BenchError::system("a socket can't be watched"))?;
        let target = Target { addrs: vec![server.addr], pin: Some(server.key), join_key: None, enrolled: false };
        self.driver.command(seat, Command::Connect(target));
        self.driver.command(seat, Command::Join { room: ROOM.to_owned(), start: Start::All });
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
        let command = Command::Say { tag: self.written, room: ROOM.to_owned(), text };
        self.driver.command(self.seats[member], command);
        self.written += 1;
    }

    /// One turn of the loop, until `until` at most.
    pub(super) fn turn(&mut self, until: Instant) -> Result<(), BenchError> {
        self.driver.turn(Some(until), &mut self.watch).map_err(BenchError::system("the event loop failed"))?;
        self.watch.trouble.take().map_or(Ok(()), Err)
    }

    /// Turns until `done`.
    pub(super) fn wait(&mut self, done: impl Fn(&Watch) -> bool) -> Result<(), BenchError> {
        let mut before = (0, 0);
        let mut end = self.now() + PATIENCE;
        while !done(&self.watch) {
            let progress = (self.watch.joined, self.watch.ledger.deliveries);
            if progress != before {
                (before, end) = (progress, self.now() + PATIENCE);
            }
            if self.now() >= end {
                let (joined, deliveries) = progress;
                return Err(BenchError::Stuck(format!(
                    "nothing happened for {PATIENCE:?}; {joined} members joined, {} messages written, {deliveries} deliveries",
                    self.written
                )));
            }
            self.turn(end)?;
        }
        Ok(())
    }

    /// Waits until everyone has everything.
    pub(super) fn settle(&mut self) -> Result<(), BenchError> {
        let written = self.written;
        self.wait(|watch| watch.ledger.complete == written)
    }
}

impl Face<Client> for Watch {
    fn notice(&mut self, now: Now, seat: SeatId, notice: Notice) -> Option<Notice> {
        let member = seat.index();
        #[expect(clippy::wildcard_enum_match_arm, reason = "presence and the like are not measured")]
        match notice {
            Notice::Entry { number, contiguous_upto, entry, .. } => {
                let Body::Text(text) = &entry.body;
                match Message::parse(text) {
                    Some(message) => self.ledger.arrived(now.mono, member, number.0, contiguous_upto.0, message),
                    None => self.fail(member, "received what nobody wrote".to_owned()),
                }
            }
            Notice::Joined { .. } => self.joined += 1,
            Notice::Denied { request, reason } => self.fail(member, format!("{request}: {reason:?}")),
            Notice::Refused { reason, .. } => self.fail(member, format!("a message was refused: {reason:?}")),
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

impl Watch {
    fn fail(&mut self, member: usize, why: String) {
        self.trouble.get_or_insert(BenchError::Client { member, why });
    }
}
