//! Fan-out: what it costs to tell a roomful.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::crowd::{Crowd, Together};
use super::ledger::Ledger;
use super::server::{Exposure, ServerProcess, Usage};
use super::{BenchError, FanoutArgs, Percentiles};

/// Messages before the measurement begins.
const WARM_UP: u64 = 5;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct FanoutReport {
    /// Clients in the room.
    pub members: u32,
    /// Of them, so many wrote.
    pub publishers: u32,
    /// Messages written.
    pub messages: u64,
    /// Messages handed up in room order, over all members.
    pub deliveries: u64,
    /// Over the time from the first message written to the last one handed up.
    pub deliveries_per_s: u64,
    /// From writing to being handed up in room order.
    pub latency_us: Percentiles,
    /// CPU time of the server over that time.
    pub server_cpu_s: f64,
    /// CPU time of the server for one delivery, in µs.
    pub server_cpu_us_per_delivery: f64,
    /// Resident memory of the server at the end.
    pub server_rss_bytes: u64,
    /// Of that, what came with the members, for each of them.
    pub rss_bytes_per_member: u64,
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries that came again.
    pub duplicated: u64,
    /// Deliveries in another order than the room's, or the publisher's.
    pub out_of_order: u64,
    /// Datagrams that the server sent from its start to its end.
    pub datagrams_sent: u64,
    /// Octets of UDP payload in them.
    pub bytes_sent: u64,
    /// Message copies that it sent because something seemed lost.
    pub retransmitted: u64,
}

/// Plays the clients against a server process of `program`.
///
/// # Errors
/// [`BenchError`]: there is no measurement. A measurement with faults is none of these; see the report.
pub fn fanout(program: &Path, args: &FanoutArgs) -> Result<FanoutReport, BenchError> {
    let server = ServerProcess::start(program, Exposure::Loopback)?;
    let alone = server.usage();
    let threads = shares(args);
    let together = Together::new(threads.len());
    let played = std::thread::scope(|scope| {
        let followers: Vec<_> = (1..threads.len())
            .map(|thread| {
                let (server, together, members) = (&server, &together, threads[thread].clone());
                let bytes = args.bytes as usize;
                scope.spawn(move || {
                    let listened =
                        Crowd::gather(server, together, thread, members, bytes, |_, _| None).and_then(Crowd::listen);
                    if listened.is_err() {
                        together.end();
                    }
                    listened
                })
            })
            .collect();
        let mut played = play(&server, &together, threads[0].clone(), args);
        together.end();
        for follower in followers {
            let ledger = follower.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            match (&mut played, ledger) {
                (Ok(played), Ok(ledger)) => played.ledger.merge(ledger),
                (_, Err(error)) => played = Err(error),
                (Err(_), Ok(_)) => {}
            }
        }
        played
    })?;
    let Played { mut ledger, written, before, after, took } = played;
    let (lost, out_of_order) = (ledger.lost(written), ledger.out_of_order + ledger.misordered());
    let (deliveries, duplicated) = (ledger.deliveries, ledger.duplicated);
    let counted = server.stop()?;
    let server_cpu_s = after.cpu_s - before.cpu_s;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]
    Ok(FanoutReport {
        members: args.members,
        publishers: args.publishers.min(args.members),
        messages: written - WARM_UP,
        deliveries,
        deliveries_per_s: (deliveries as f64 / took.as_secs_f64()) as u64,
        latency_us: Percentiles::of(&mut ledger.latencies_us),
        server_cpu_s,
        server_cpu_us_per_delivery: server_cpu_s * 1e6 / deliveries.max(1) as f64,
        server_rss_bytes: after.rss_bytes,
        rss_bytes_per_member: after.rss_bytes.saturating_sub(alone.rss_bytes) / u64::from(args.members),
        lost,
        duplicated,
        out_of_order,
        datagrams_sent: counted.datagrams_sent,
        bytes_sent: counted.bytes_sent,
        retransmitted: counted.retransmitted,
    })
}

/// The members of each thread. All publishers are on the first.
fn shares(args: &FanoutArgs) -> Vec<Range<usize>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(cores.saturating_sub(1).max(1), |threads| threads as usize);
    let members = args.members as usize;
    let first = members.div_ceil(threads).max((args.publishers as usize).min(members));
    let each = (members - first).div_ceil(threads.saturating_sub(1).max(1)).max(1);
    let rest = (first..members).step_by(each).map(|from| from..members.min(from + each));
    std::iter::once(0..first).chain(rest).collect()
}

/// What the first thread knows at the end.
struct Played {
    ledger: Ledger,
    written: u64,
    before: Usage,
    after: Usage,
    took: Duration,
}

/// Plays the first thread: it writes.
fn play(
    server: &ServerProcess,
    together: &Together,
    members: Range<usize>,
    args: &FanoutArgs,
) -> Result<Played, BenchError> {
    let all = args.members as usize;
    let publishers = args.publishers.min(args.members) as usize;
    let mut crowd = Crowd::gather(server, together, 0, members, args.bytes as usize, |_, _| None)?;
    crowd.wait(|_| together.joined() == all)?;
    // Nobody turns their loop after this: to the server they are there, and read nothing.
    let away = Together::new(1);
    let _stopped = (args.stopped > 0)
        .then(|| Crowd::gather(server, &away, 0, all..all + args.stopped as usize, args.bytes as usize, |_, _| None))
        .transpose()?;
    log::info!("{all} members are in the room");
    for _ in 0..WARM_UP {
        crowd.say(0);
        crowd.settle()?;
    }
    let (before, begun) = (server.usage(), together.measure());
    if args.saturate {
        saturate(&mut crowd, together, args, publishers)?;
    } else {
        write_at_rate(&mut crowd, args, publishers)?;
    }
    let settled = crowd.settle();
    let (took, after) = (crowd.now() - begun, server.usage());
    if let Err(error) = settled {
        log::warn!("{error}");
    }
    Ok(Played { ledger: crowd.watch.ledger, written: crowd.written, before, after, took })
}

/// Publishers take turns, at equal distances in time.
fn write_at_rate(crowd: &mut Crowd<'_>, args: &FanoutArgs, publishers: usize) -> Result<(), BenchError> {
    let begun = crowd.now();
    for n in 0..u64::from(args.rate) * u64::from(args.seconds) {
        let due = begun.plus_micros(n * 1_000_000 / u64::from(args.rate));
        while crowd.now() < due {
            crowd.turn(due)?;
        }
        crowd.say(usize::try_from(n).unwrap_or(0) % publishers);
    }
    Ok(())
}

/// As many messages as possible, with a bound on those that not everyone has yet.
fn saturate(
    crowd: &mut Crowd<'_>,
    together: &Together,
    args: &FanoutArgs,
    publishers: usize,
) -> Result<(), BenchError> {
    let end = crowd.now() + Duration::from_secs(u64::from(args.seconds));
    while crowd.now() < end {
        while crowd.written - together.complete() < u64::from(args.window) {
            let publisher = usize::try_from(crowd.written).unwrap_or(0) % publishers;
            crowd.say(publisher);
        }
        crowd.turn(end)?;
    }
    Ok(())
}

impl fmt::Display for FanoutReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { members, publishers, messages, deliveries, deliveries_per_s, latency_us, .. } = self;
        writeln!(
            f,
            "{messages} messages from {publishers} to {members}: {deliveries} deliveries, {deliveries_per_s}/s"
        )?;
        writeln!(f, "latency      {latency_us}")?;
        let Self { server_cpu_s, server_cpu_us_per_delivery, rss_bytes_per_member, .. } = self;
        writeln!(f, "server CPU   {server_cpu_s:.2} s, {server_cpu_us_per_delivery:.2} µs for a delivery")?;
        writeln!(f, "server RSS   {} KiB, {rss_bytes_per_member} B for a member", self.server_rss_bytes / 1_024)?;
        let Self { datagrams_sent, bytes_sent, retransmitted, .. } = self;
        writeln!(f, "server sent  {datagrams_sent} datagrams, {bytes_sent} B, {retransmitted} copies again")?;
        let Self { lost, duplicated, out_of_order, .. } = self;
        write!(f, "faults       {lost} lost, {duplicated} duplicated, {out_of_order} out of order")
    }
}
