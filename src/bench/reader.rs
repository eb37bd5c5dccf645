//! A member who reads as fast as it can: a room from its start, pages of it, searches in it, and all of that again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, Position};

use super::BenchError;
use super::past::ROOM_NAME;
use super::server::ServerProcess;
use crate::client_core::{Ask, Client, Command, Config, Connection, Notice, Reply, Saved, Start};
use crate::drive::{Clock, Inline, Loop, SeatId, Sink, entropy};
use crate::net::bind;

/// Pages in a round, and searches: questions that are not answered yet are as many as a session may have.
const QUESTIONS: u64 = 200;
/// Questions under way.
const WINDOW: u64 = 4;
/// Entries on a page.
const PAGE: u16 = 200;
/// How often it looks whether it is over.
const GLANCE: Duration = Duration::from_millis(50);
/// Nothing may take longer than this: what is over the account's budget comes later, but it comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who reads: always the same account, and a new program in each round.
struct Reader<'a> {
    server: &'a ServerProcess,
    name: String,
    secret: [u8; 32],
    messages: u64,
    is_over: &'a AtomicBool,
}

/// Reads a room with so many messages until it is over. `is_in` is set once the first entry is there. Gives the octets of all entries
/// that were read.
pub(super) fn read(
    server: &ServerProcess,
    messages: u64,
    is_in: &AtomicBool,
    is_over: &AtomicBool,
) -> Result<u64, BenchError> {
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    let name = format!("r{:016x}", rng.u64());
    let reader = Reader { server, name, secret: rng.bytes(), messages, is_over };
    let mut octets = 0;
    while !is_over.load(Ordering::Acquire) {
        octets += reader.round(is_in, rng.bytes())?;
    }
    Ok(octets)
}

impl Reader<'_> {
    /// All of the room, then pages from its end backwards, then searches.
    fn round(&self, is_in: &AtomicBool, seed: [u8; 32]) -> Result<u64, BenchError> {
        let mut driver = Loop::new(Clock::start()).map_err(BenchError::system("no event loop"))?;
        let client = Client::new(Config::new(self.name.clone()), KeyPair::from_secret(self.secret), seed);
        let socket = bind(([127, 0, 0, 1], 0).into())?;
        let seat = driver.seat(client, socket, Box::new(Inline(|_| Saved::Kept)), None);
        let seat = seat.map_err(BenchError::system("a socket can't be watched"))?;
        let target =
            Target { addrs: vec![self.server.addr], pin: Some(self.server.key), join_key: None, enrolled: false };
        driver.command(seat, Command::Connect(target));
        driver.command(seat, Command::join(ROOM_NAME.to_owned(), Start::All));
        let mut watch = ReaderWatch::default();
        self.wait(&mut driver, &mut watch, |watch| {
            is_in.fetch_or(watch.upto > 0, Ordering::AcqRel);
            watch.upto >= self.messages
        })?;
        for kind in [page as fn(u64, u64) -> Ask, search] {
            let mut asked = 0;
            watch.answered = 0;
            while watch.answered < QUESTIONS && !self.is_over.load(Ordering::Acquire) {
                while asked < QUESTIONS.min(watch.answered + WINDOW) {
                    driver.command(seat, Command::Ask { tag: asked, ask: kind(asked, self.messages) });
                    asked += 1;
                }
                let before = watch.answered;
                self.wait(&mut driver, &mut watch, |watch| watch.answered > before)?;
            }
        }
        driver.command(seat, Command::Quit);
        self.wait(&mut driver, &mut watch, |watch| watch.has_stopped)?;
        Ok(watch.octets)
    }

    /// Turns until `done`, or until it is over.
    fn wait(
        &self,
        driver: &mut Loop<Client>,
        watch: &mut ReaderWatch,
        done: impl Fn(&ReaderWatch) -> bool,
    ) -> Result<(), BenchError> {
        let (mut heard, mut end) = (watch.octets, driver.clock().mono() + PATIENCE);
        while !done(watch) && !self.is_over.load(Ordering::Acquire) {
            let now = driver.clock().mono();
            if watch.octets > heard {
                (heard, end) = (watch.octets, now + PATIENCE);
            }
            if now >= end {
                return Err(BenchError::Stuck(format!("a reader was given nothing for {PATIENCE:?}")));
            }
            let until: Instant = end.min(now + GLANCE);
            driver.turn(Some(until), watch).map_err(BenchError::system("the event loop failed"))?;
            watch.trouble.take().map_or(Ok(()), Err)?;
        }
        Ok(())
    }
}

/// A page, each time an older one.
fn page(time: u64, messages: u64) -> Ask {
    let before = RoomSeq(messages.saturating_sub(time * u64::from(PAGE)).max(1));
    Ask::History { room: ROOM_NAME.to_owned(), position: Position::Before(before), count: PAGE }
}

/// A search for a word that is in every message and, each time, another one that is in about a thousandth.
fn search(time: u64, _messages: u64) -> Ask {
    Ask::Search { room: None, words: format!("common word{time}"), after: None, count: PAGE }
}

/// What the reader is told.
#[derive(Default)]
struct ReaderWatch {
    /// It has everything up to here.
    upto: u64,
    answered: u64,
    octets: u64,
    has_stopped: bool,
    trouble: Option<BenchError>,
}

impl ReaderWatch {
    fn read<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        self.octets += entries.filter_map(|entry| entry.body.text()).map(|text| text.len() as u64).sum::<u64>();
    }
}

impl Sink<Client> for ReaderWatch {
    fn notice(&mut self, _: Now, seat: SeatId, notice: Notice) -> Option<Notice> {
        let member = seat.index();
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is waited for")]
        match notice {
            Notice::Entry { contiguous_upto, entry, .. } => {
                self.upto = contiguous_upto.0;
                self.read(std::iter::once(&entry));
            }
            Notice::Answered { result: Ok(reply), .. } => {
                self.answered += 1;
                match reply {
                    Reply::History { entries, .. } => self.read(entries.iter().map(|(_, entry)| entry)),
                    Reply::Found { hits, .. } => self.read(hits.iter().map(|hit| &hit.entry)),
                    _ => {}
                }
            }
            Notice::Answered { result: Err(why), .. } => {
                self.trouble = Some(BenchError::Client { member, why: why.to_string() });
            }
            Notice::Denied { request, reason } => {
                self.trouble = Some(BenchError::Client { member, why: format!("{request}: {reason:?}") });
            }
            Notice::Connection(
                state @ (Connection::WrongKey { .. }
                | Connection::WrongVersion { .. }
                | Connection::JoinKeyRefused
                | Connection::LoginRefused(_)
                | Connection::Lost { .. }),
            ) => self.trouble = Some(BenchError::Client { member, why: format!("{state:?}") }),
            Notice::Stopped => self.has_stopped = true,
            _ => {}
        }
        None
    }
}
