//! Latency: one sender beside the server, one receiver behind bad weather.

use std::fmt;
use std::path::Path;

use chinwag_proto::link::Role;
use serde::Serialize;

use super::crowd::{Crowd, Together};
use super::server::{Exposure, ServerProcess};
use super::{BenchError, LatencyArgs, Percentiles};
use crate::drive::SocketWeather;

/// Messages before the measurement begins, at the same rate.
const WARM_UP: u64 = 100;
/// The member behind the weather.
const RECEIVER: usize = 1;

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyReport {
    /// The weather on the receiver's weather.
    pub weather: Option<String>,
    /// The weather's seed.
    pub seed: Option<u64>,
    /// Messages written.
    pub messages: u64,
    /// From writing to being handed up in room order.
    pub latency_us: Percentiles,
    /// Messages that never came.
    pub lost: u64,
    /// Messages that came again.
    pub duplicated: u64,
    /// Messages in another order than the room's, or the sender's.
    pub out_of_order: u64,
    /// Datagrams that the server sent from its start to its end, to both.
    pub datagrams_sent: u64,
    /// Octets of UDP payload in them.
    pub bytes_sent: u64,
    /// Message copies that it sent because something seemed lost.
    pub retransmitted: u64,
}

/// Plays both against a server process of `program`.
///
/// # Errors
/// [`BenchError`]: there is no measurement.
pub fn latency(program: &Path, args: &LatencyArgs) -> Result<LatencyReport, BenchError> {
    let server = ServerProcess::start(program, Exposure::Loopback)?;
    let mut seed = None;
    let together = Together::new(1);
    let mut crowd = Crowd::gather(&server, &together, 0, 0..2, args.bytes as usize, |member, rng| {
        let spec = args.weather.as_ref().filter(|_| member == RECEIVER)?;
        let weather = SocketWeather::new(spec, Role::Client, rng);
        seed = Some(weather.seed());
        Some(weather)
    })?;
    crowd.watch.ledger.measure_only(RECEIVER);
    let begun = crowd.now();
    for n in 0..WARM_UP + u64::from(args.rate) * u64::from(args.seconds) {
        let due = begun.plus_micros(n * 1_000_000 / u64::from(args.rate));
        while crowd.now() < due {
            crowd.turn(due)?;
        }
        if n == WARM_UP {
            together.measure();
        }
        crowd.say(0);
    }
    if let Err(error) = crowd.settle() {
        log::warn!("{error}");
    }
    let messages = crowd.written - WARM_UP;
    let counted = server.stop()?;
    let ledger = &mut crowd.watch.ledger;
    Ok(LatencyReport {
        weather: args.weather.as_ref().map(ToString::to_string),
        seed,
        messages,
        latency_us: Percentiles::of(&mut ledger.latencies_us),
        lost: ledger.lost(crowd.written),
        duplicated: ledger.duplicated,
        out_of_order: ledger.out_of_order + ledger.misordered(),
        datagrams_sent: counted.datagrams_sent,
        bytes_sent: counted.bytes_sent,
        retransmitted: counted.retransmitted,
    })
}

impl fmt::Display for LatencyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weather = self.weather.as_deref().unwrap_or("calm");
        write!(f, "{} messages, {weather}", self.messages)?;
        if let Some(seed) = self.seed {
            write!(f, " (seed {seed})")?;
        }
        writeln!(f)?;
        writeln!(f, "latency      {}", self.latency_us)?;
        let Self { datagrams_sent, bytes_sent, retransmitted, .. } = self;
        writeln!(f, "server sent  {datagrams_sent} datagrams, {bytes_sent} B, {retransmitted} copies again")?;
        let Self { lost, duplicated, out_of_order, .. } = self;
        write!(f, "faults       {lost} lost, {duplicated} duplicated, {out_of_order} out of order")
    }
}
