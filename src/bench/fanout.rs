//! Fan-out: what it costs to tell a roomful.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::crowd::Crowd;
use super::server::ServerProcess;
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
    /// The same for one delivery, in µs.
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
    let server = ServerProcess::start(program)?;
    let alone = server.usage();
    let members = args.members as usize;
    let publishers = args.publishers.min(args.members) as usize;
    let mut crowd = Crowd::gather(&server, members, args.bytes as usize, |_, _| None)?;
    log::info!("{members} members are in the room");
    for _ in 0..WARM_UP {
        crowd.say(0);
        crowd.settle()?;
    }

    let (before, begun, warm_up) = (server.usage(), crowd.now(), crowd.written);
    let expected = args.rate as usize * args.seconds as usize * members;
    crowd.watch.ledger.measure_from(begun, if args.saturate { 0 } else { expected });
    if args.saturate {
        saturate(&mut crowd, args, publishers)?;
    } else {
        write_at_rate(&mut crowd, args, publishers)?;
    }
    let settled = crowd.settle();
    let (took, after) = (crowd.now() - begun, server.usage());
    if let Err(error) = settled {
        log::warn!("{error}");
    }

    let ledger = &mut crowd.watch.ledger;
    let (lost, out_of_order) = (ledger.lost(crowd.written), ledger.out_of_order + ledger.misordered());
    let (deliveries, duplicated) = (ledger.deliveries, ledger.duplicated);
    let latency_us = Percentiles::of(&mut ledger.latencies_us);
    let messages = crowd.written - warm_up;
    let counted = server.stop()?;
    let server_cpu_s = after.cpu_s - before.cpu_s;
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures")]
    Ok(FanoutReport {
        members: args.members,
        publishers: u32::try_from(publishers).unwrap_or(u32::MAX),
        messages,
        deliveries,
        deliveries_per_s: (deliveries as f64 / took.as_secs_f64()) as u64,
        latency_us,
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

/// Publishers take turns, at equal distances in time.
fn write_at_rate(crowd: &mut Crowd, args: &FanoutArgs, publishers: usize) -> Result<(), BenchError> {
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
fn saturate(crowd: &mut Crowd, args: &FanoutArgs, publishers: usize) -> Result<(), BenchError> {
    let end = crowd.now() + Duration::from_secs(u64::from(args.seconds));
    while crowd.now() < end {
        while crowd.written - crowd.watch.ledger.complete < u64::from(args.window) {
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
