//! A room with a long past as a person meets it: a real client of a real server, with sessions, pages over the bulk channel
//! and this machine's network in between.

use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::MESSAGE_NUMBER_END;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Position;
use serde::Serialize;

use super::server::ServerProcess;
use super::{BenchError, Percentiles};
use crate::client_core::{Ask, Client, Command, Config, Connection, Notice, Saved, Start};
use crate::drive::{Clock, Inline, Loop, SeatId, Sink, entropy};
use crate::net::bind;

/// Each thing is done so often.
pub(super) const TIMES: usize = 50;
/// The entries that a client begins with, and those of a first screen.
pub(super) const RECENT: u64 = 200;
pub(super) const SCREEN: usize = 50;
/// Nothing may take longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct VisitReport {
    /// From the command of a newcomer who is logged in until the last of what one begins with is there.
    pub join_us: Percentiles,
    /// From the question until the last page is there.
    pub first_screen_us: Percentiles,
    /// From the search of a word that is in one message until what it finds is there.
    pub search_rare_us: Percentiles,
    /// From the search of a word that is in all messages until what it finds is there.
    pub search_common_us: Percentiles,
}

/// Visits a server that has such a room.
pub(super) fn visit(server: &ServerProcess, room: &str, messages: u64) -> Result<VisitReport, BenchError> {
    let mut visitors = Visitors::new()?;
    let mut join_us = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        visitors.enter(server)?;
        let join = Command::join(room.to_owned(), Start::Recent(RECENT));
        join_us.push(visitors.time(join, Wanted::End)?);
    }
    let mut ask = |ask: &dyn Fn(usize) -> Ask| {
        let times = 1..=TIMES;
        let mut took = times
            .map(|time| visitors.time(Command::Ask { tag: time as u64, ask: ask(time) }, Wanted::Answer))
            .collect::<Result<Vec<_>, _>>()?;
        Ok::<_, BenchError>(Percentiles::of(&mut took))
    };
    let count = u16::try_from(SCREEN).unwrap_or(u16::MAX);
    let search = |words: String| Ask::Search { room: None, words, after: None, count };
    let position = Position::Before(RoomSeq(MESSAGE_NUMBER_END));
    Ok(VisitReport {
        first_screen_us: ask(&|_| Ask::History { room: room.to_owned(), position, count })?,
        search_rare_us: ask(&|time| search(rare(time, messages)))?,
        search_common_us: ask(&|_| search("common".to_owned()))?,
        join_us: Percentiles::of(&mut join_us),
    })
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Login,
    /// The end of the room's log.
    End,
    Answer,
}

/// Clients of one event loop; the one that came last acts.
struct Visitors {
    driver: Loop<Client>,
    watch: VisitWatch,
}

impl Visitors {
    fn new() -> Result<Self, BenchError> {
        let driver = Loop::new(Clock::start()).map_err(BenchError::system("no event loop"))?;
        Ok(Self { driver, watch: VisitWatch { seat: None, wanted: Wanted::Login, head: 0, done: None, trouble: None } })
    }

    /// One more connects and logs in.
    fn enter(&mut self, server: &ServerProcess) -> Result<(), BenchError> {
        let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
        let socket = bind(([127, 0, 0, 1], 0).into())?;
        let name = format!("v{:016x}", rng.u64());
        let client = Client::new(Config::new(name), KeyPair::from_secret(rng.bytes()), rng.bytes());
        let seat = self.driver.seat(client, socket, Box::new(Inline(|_| Saved::Kept)), None);
        self.watch.seat = Some(seat.map_err(BenchError::system("a socket can't be watched"))?);
        let target = Target { addrs: vec![server.addr], pin: Some(server.key), join_key: None, enrolled: false };
        self.time(Command::Connect(target), Wanted::Login).map(drop)
    }

    /// How long it takes from a command to what it is given for, in µs.
    fn time(&mut self, command: Command, wanted: Wanted) -> Result<u32, BenchError> {
        let seat = self.watch.seat.ok_or_else(|| BenchError::Stuck(String::from("nobody is there")))?;
        (self.watch.wanted, self.watch.done) = (wanted, None);
        let begun = self.driver.clock().mono();
        self.driver.command(seat, command);
        loop {
            if let Some(done) = self.watch.done {
                return Ok(u32::try_from(done.micros_since(begun)).unwrap_or(u32::MAX));
            }
            if self.driver.clock().mono() >= begun + PATIENCE {
                return Err(BenchError::Stuck(format!("{wanted:?} is waited for")));
            }
            let turned = self.driver.turn(Some(begun + PATIENCE), &mut self.watch);
            turned.map_err(BenchError::system("the event loop failed"))?;
            self.watch.trouble.take().map_or(Ok(()), Err)?;
        }
    }
}

/// What the visitors are told.
struct VisitWatch {
    seat: Option<SeatId>,
    wanted: Wanted,
    head: u64,
    /// When it came.
    done: Option<Instant>,
    trouble: Option<BenchError>,
}

impl Sink<Client> for VisitWatch {
    fn notice(&mut self, now: Now, seat: SeatId, notice: Notice) -> Option<Notice> {
        if self.seat != Some(seat) {
            return None;
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is waited for")]
        let heard = match notice {
            Notice::Connection(Connection::LoggedIn { .. }) => Some(Wanted::Login),
            Notice::Joined { head, .. } => {
                self.head = head.0;
                None
            }
            Notice::Entry { contiguous_upto, .. } => (contiguous_upto.0 >= self.head).then_some(Wanted::End),
            Notice::Answered { result: Ok(_), .. } => Some(Wanted::Answer),
            Notice::Answered { result: Err(why), .. } => {
                self.trouble = Some(BenchError::Client { member: seat.index(), why: why.to_string() });
                None
            }
            Notice::Denied { request, reason } => {
                self.trouble = Some(BenchError::Client { member: seat.index(), why: format!("{request}: {reason:?}") });
                None
            }
            _ => None,
        };
        if heard == Some(self.wanted) {
            self.done = Some(now.mono);
        }
        None
    }
}

/// A word that is in one message only, for each time another.
pub(super) fn rare(time: usize, messages: u64) -> String {
    format!("only{}", time as u64 * (messages / TIMES as u64).max(1) - 1)
}
