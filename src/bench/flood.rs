//! What forgers on the subnet cost those who talk: a logged-in pair, first in peace, then under a flood.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_HOPS, DISCOVERY_PORT};
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::datagram::{Beacon, BeaconHead, BeaconRoom, Query, VersionRange};
use chinwag_proto::wire::id::PublicKey;
use serde::Serialize;

use super::crowd::{Crowd, Together};
use super::server::{Exposure, ServerProcess};
use super::{BenchError, FloodArgs, Percentiles};
use crate::drive::{Clock, Scout, entropy};
use crate::interface::Interface;
use crate::net::{ReceiveBatch, Socket, way};

/// Addresses that they forge from.
const FORGERS: u8 = 16;
/// The first second of a flood.
const AT_FIRST: Duration = Duration::from_secs(1);
/// They send what is due this often.
const BURST_EVERY: Duration = Duration::from_millis(1);
/// The nonce of a beacon that nobody asked for.
const UNASKED: [u8; 16] = [0; 16];
/// The member whose deliveries are measured.
const RECEIVER: usize = 1;
/// Length of a message's text, in octets.
const TEXT_LEN: usize = 100;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct FloodReport {
    /// Messages that the pair wrote, in peace and as many under the flood.
    pub messages: u64,
    /// From writing to being handed up, in peace.
    pub quiet_us: Percentiles,
    /// From writing to being handed up, under the flood.
    pub flooded_us: Percentiles,
    /// Datagrams that were forged, and for how long.
    pub forged: u64,
    /// How many of them a second.
    pub forged_per_s: f64,
    /// Answers that they drew in the first second, in which a server may use what it has saved up.
    pub replies_at_first: u64,
    /// Answers a second after that.
    pub replies_per_s: f64,
    /// Messages that never came, came again, or came in another order.
    pub faults: u64,
}

/// Plays a pair against a server process of `program` that is announced, and floods its port of discovery.
///
/// # Errors
/// [`BenchError`]: there is no measurement.
pub fn flood(program: &Path, args: &FloodArgs) -> Result<FloodReport, BenchError> {
    let server = ServerProcess::start(program, Exposure::Subnet)?;
    let together = Together::new(1);
    let mut crowd = Crowd::gather(&server, &together, 0, 0..2, TEXT_LEN, |_, _| None)?;
    crowd.watch.ledger.measure_only(RECEIVER);
    // As in a client that looks for its server: the pair's own process hears the beacons.
    let seeker = Scout::start(|_| {}).map_err(BenchError::system("nobody can look for servers"))?;
    seeker.send(crate::discovery::Command::Seek);
    together.measure();
    talk(&mut crowd, args)?;
    let quiet_us = Percentiles::of(&mut std::mem::take(&mut crowd.watch.ledger.latencies_us));
    let group = SocketAddr::from((DISCOVERY_GROUP_V4, DISCOVERY_PORT));
    let to = if args.chat_port { server.addr } else { group };
    let forgers = Forgers::start(to, args.flood)?;
    talk(&mut crowd, args)?;
    let forged = forgers.stop()?;
    let ledger = &mut crowd.watch.ledger;
    Ok(FloodReport {
        messages: crowd.written / 2,
        quiet_us,
        flooded_us: Percentiles::of(&mut ledger.latencies_us),
        forged: forged.sent,
        forged_per_s: per_second(forged.sent, forged.time),
        replies_at_first: forged.replies_at_first,
        replies_per_s: per_second(forged.replies, forged.time.saturating_sub(AT_FIRST)),
        faults: ledger.lost(crowd.written) + ledger.duplicated + ledger.out_of_order + ledger.misordered(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(f64::EPSILON)
}

/// The pair talks for as long as is wanted, until all of it has arrived.
fn talk(crowd: &mut Crowd<'_>, args: &FloodArgs) -> Result<(), BenchError> {
    let begun = crowd.now();
    for n in 0..u64::from(args.rate) * u64::from(args.seconds) {
        let due = begun.plus_micros(n * 1_000_000 / u64::from(args.rate));
        while crowd.now() < due {
            crowd.turn(due)?;
        }
        crowd.say(0);
    }
    crowd.settle()
}

/// A crowd of forgers on a thread of its own.
struct Forgers {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Forged>,
}

/// What they did.
#[derive(Clone, Copy, Debug, Default)]
struct Forged {
    sent: u64,
    replies_at_first: u64,
    replies: u64,
    time: Duration,
}

impl Forgers {
    fn start(to: SocketAddr, per_s: u32) -> Result<Self, BenchError> {
        let sockets = (1..=FORGERS)
            .map(|n| way(&at(n), DISCOVERY_HOPS))
            .collect::<Result<Vec<_>, _>>()
            .map_err(BenchError::system("no socket for a forger"))?;
        let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = thread::Builder::new()
            .name("forgers".to_owned())
            .spawn(move || forge(&sockets, to, per_s, &mut rng, &over))
            .map_err(BenchError::system("no thread"))?;
        Ok(Self { is_over, thread })
    }

    fn stop(self) -> Result<Forged, BenchError> {
        self.is_over.store(true, Ordering::Release);
        self.thread.join().map_err(|_| BenchError::Stuck("the forgers panicked".to_owned()))
    }
}

/// Where a forger is: this machine has all of 127.0.0.0/8.
fn at(n: u8) -> Interface {
    Interface { index: 1, addr: Ipv4Addr::new(127, 1, 0, n).into(), prefix_len: 8, broadcast: None }
}

/// Sends what is due, and counts what comes back, until it is over.
fn forge(sockets: &[Socket], to: SocketAddr, per_s: u32, rng: &mut Rng, is_over: &AtomicBool) -> Forged {
    let clock = Clock::start();
    let begun = clock.mono();
    let mut forged = Forged::default();
    let mut received = ReceiveBatch::default();
    let mut buf = [0; DATAGRAM_MAX_LEN];
    while !is_over.load(Ordering::Acquire) {
        let due = clock.mono().micros_since(begun) * u64::from(per_s) / 1_000_000;
        while forged.sent < due {
            let len = match forged.sent % 4 {
                1 => beacon(rng.bytes(), rng, &mut buf),
                3 => beacon(UNASKED, rng, &mut buf),
                _ => query(rng, &mut buf),
            };
            let socket = &sockets[usize::try_from(forged.sent / 2).unwrap_or_default() % sockets.len()];
            // What the system has no room for is as good as sent: it was no more than that on the wire.
            let _ = socket.send(to, None, &buf[..len]);
            forged.sent += 1;
        }
        for socket in sockets {
            while let Ok(is_more) = received.receive(socket) {
                let replies = received.arrivals().count() as u64;
                let is_first = clock.mono().since(begun) < AT_FIRST;
                *if is_first { &mut forged.replies_at_first } else { &mut forged.replies } += replies;
                if !is_more {
                    break;
                }
            }
        }
        thread::park_timeout(BURST_EVERY);
    }
    forged.time = clock.mono().since(begun);
    forged
}

/// A query as good as any.
fn query(rng: &mut Rng, buf: &mut [u8]) -> usize {
    let query = Query { versions: VersionRange::OURS, nonce: rng.bytes(), server: Query::EVERY_SERVER, page: 0 };
    query.encode(buf)
}

/// A beacon of a server that there is not: an answer to a query that nobody sent, or one that is heard without a query.
fn beacon(nonce: [u8; 16], rng: &mut Rng, buf: &mut [u8]) -> usize {
    let head = BeaconHead::new(PublicKey(rng.bytes()), rng.bytes(), 24_469);
    let head = BeaconHead { nonce, pages: 1, rooms: 1, ..head };
    Beacon { head, name: "lab".to_owned(), rooms: vec![BeaconRoom::new("lobby", "come in", 7)] }.encode(buf)
}

impl fmt::Display for FloodReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, quiet_us, flooded_us, forged, forged_per_s, replies_at_first, replies_per_s, faults } =
            self;
        writeln!(f, "in peace     {quiet_us}")?;
        writeln!(f, "flooded      {flooded_us}")?;
        writeln!(f, "forged       {forged} queries and beacons, {forged_per_s:.0}/s")?;
        writeln!(f, "answers      {replies_at_first} in the first second, then {replies_per_s:.1}/s")?;
        write!(f, "messages     {messages} each time, {faults} faults")
    }
}
