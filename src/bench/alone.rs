//! Durable messages as a server takes them: senders with real sessions, each alone in a room of its own.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::time::{Instant, Now};

use super::BenchError;
use super::server::ServerProcess;
use crate::client_core::{Client, Command, Config, Notice, Saved, Start};
use crate::drive::{Clock, Inline, Loop, SeatId, Sink, entropy};
use crate::net::bind;

/// Nothing may take longer than this without any answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often they look whether it is over.
const GLANCE: Duration = Duration::from_millis(50);
/// What they say where nothing else is meant.
pub(super) const TEXT: &str = "the quick brown fox jumps over the lazy dog, and nobody is there to see it but the log";

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Accepted {
    /// Messages that the server said were stored.
    pub(super) messages: u64,
    /// The same, with those that were not measured.
    pub(super) stored: u64,
    /// From saying to hearing that it is stored.
    pub(super) stored_us: Vec<u32>,
}

/// Senders, and how they go about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Senders<'a> {
    pub(super) count: u32,
    /// Messages of each that are not stored yet, at most.
    pub(super) window: u32,
    /// What they say.
    pub(super) text: &'a str,
    /// For how long, once all are in their rooms and have warmed up for a fifth of it.
    pub(super) time: Duration,
}

/// Lets senders say what they can for as long as they are meant to, or until it is over. `all_in` is set once all of them are
/// in their rooms.
pub(super) fn alone(
    server: &ServerProcess,
    of: Senders<'_>,
    all_in: &AtomicBool,
    is_over: &AtomicBool,
) -> Result<Accepted, BenchError> {
    let Senders { count: senders, window, text, time } = of;
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    let mut driver = Loop::new(Clock::start()).map_err(BenchError::system("no event loop"))?;
    let mut seats = Vec::new();
    for sender in 0..senders {
        let socket = bind(([127, 0, 0, 1], 0).into())?;
        // Names of their own, whatever was said on this server before.
        let client =
            Client::new(Config::new(format!("s{:016x}", rng.u64())), KeyPair::from_secret(rng.bytes()), rng.bytes());
        let seat = driver
            .seat(client, socket, Box::new(Inline(|_| Saved::Kept)), None)
            .map_err(BenchError::system("a socket can't be watched"))?;
        let target = Target { addrs: vec![server.addr], pin: Some(server.key), join_key: None, enrolled: false };
        driver.command(seat, Command::Connect(target));
        let room = format!("alone-{sender}-of-{senders}-by-{window}-{:08x}", rng.u64() >> 32);
        driver.command(seat, Command::join(room.clone(), Start::Recent(0)));
        seats.push((seat, room));
    }
    let mut watch = SenderWatch {
        joined: 0,
        said: vec![BTreeMap::new(); seats.len()],
        free: Vec::new(),
        trouble: None,
        accepted: Accepted::default(),
        is_measured: false,
    };
    let turn = |driver: &mut Loop<Client>, watch: &mut SenderWatch, until: Instant| {
        driver.turn(Some(until), watch).map_err(BenchError::system("the event loop failed"))?;
        watch.trouble.take().map_or(Ok(()), Err)
    };
    let give_up = driver.clock().mono() + PATIENCE;
    while watch.joined < seats.len() {
        if driver.clock().mono() >= give_up {
            return Err(BenchError::Stuck(format!("{} of {senders} have a room", watch.joined)));
        }
        turn(&mut driver, &mut watch, give_up)?;
    }
    all_in.store(true, Ordering::Release);
    watch.free = (0..seats.len()).flat_map(|sender| (0..window).map(move |_| sender)).collect();
    let begun = driver.clock().mono();
    // The first fifth is not counted: credit, windows and caches find their size.
    let (measured, end) = (begun + time / 5, begun + time + time / 5);
    let mut tag = 0;
    while driver.clock().mono() < end && !is_over.load(Ordering::Acquire) {
        watch.is_measured = driver.clock().mono() >= measured;
        for sender in std::mem::take(&mut watch.free) {
            tag += 1;
            watch.said[sender].insert(tag, driver.clock().mono());
            let (seat, room) = &seats[sender];
            driver.command(*seat, Command::say(tag, room.clone(), text.to_owned()));
        }
        let glance = end.min(driver.clock().mono() + GLANCE);
        turn(&mut driver, &mut watch, glance)?;
    }
    Ok(watch.accepted)
}

/// What the senders are told.
struct SenderWatch {
    joined: usize,
    /// By sender: what it said and was not told of yet.
    said: Vec<BTreeMap<u64, Instant>>,
    /// Senders that may say one more.
    free: Vec<usize>,
    trouble: Option<BenchError>,
    accepted: Accepted,
    is_measured: bool,
}

impl Sink<Client> for SenderWatch {
    fn notice(&mut self, now: Now, seat: SeatId, notice: Notice) -> Option<Notice> {
        let member = seat.index();
        #[expect(clippy::wildcard_enum_match_arm, reason = "what is said is not measured, but that it is stored")]
        match notice {
            Notice::Joined { .. } => self.joined += 1,
            Notice::Stored { tag, .. } => {
                if let Some(at) = self.said[member].remove(&tag) {
                    self.free.push(member);
                    self.accepted.stored += 1;
                    if self.is_measured {
                        let us = now.mono.micros_since(at);
                        self.accepted.messages += 1;
                        self.accepted.stored_us.push(u32::try_from(us).unwrap_or(u32::MAX));
                    }
                }
            }
            Notice::Refused { reason, .. } => {
                self.trouble = Some(BenchError::Client { member, why: format!("a message was refused: {reason:?}") });
            }
            Notice::Denied { request, reason } => {
                self.trouble = Some(BenchError::Client { member, why: format!("{request}: {reason:?}") });
            }
            _ => {}
        }
        None
    }
}
