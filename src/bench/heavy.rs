//! What members who write, or read, as much as they may cost everybody else: a pair in another room, in peace, beside them, and
//! beside the same load on another server of this machine, which tells what is the server's doing and what is the machine's.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chinwag_proto::rng::Rng;
use serde::Serialize;

use super::alone::{Senders, alone};
use super::crowd::{Crowd, Together};
use super::server::ServerProcess;
use super::{BenchError, HeavyArgs, Percentiles, past, reader};
use crate::config::Home;
use crate::drive::entropy;

/// The member whose deliveries are measured.
const RECEIVER: usize = 1;
/// Length of a text of the pair, in octets.
const TEXT_LEN: usize = 100;
/// The pair's messages before it is measured.
const WARM_UP: u64 = 20;
/// Posts of a heavy member that are not stored yet, at most.
const WINDOW: u32 = 16;
/// The longest that heavy members write: the pair ends it before.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct HeavyReport {
    /// Messages of the pair in each part.
    pub messages: u64,
    /// Length of a heavy member's text, in octets.
    pub bytes: u32,
    /// Each part in turn, the quiet one first.
    pub parts: Vec<HeavyPart>,
    /// Messages of the pair that never came, came again, or came in another order.
    pub faults: u64,
}

/// Whom the pair talks beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// There is nobody else.
    Nobody,
    /// So many members who write as much as they may.
    Writers(u32),
    /// One who reads a room from its start, pages of it, and searches, as fast as it can.
    Reader,
}

/// One part of it.
#[derive(Clone, Debug, Serialize)]
pub struct HeavyPart {
    /// Members who wrote as much as they may.
    pub heavy: u32,
    /// One read as fast as it could.
    #[serde(rename = "reading")]
    pub is_reading: bool,
    /// The heavy members were on another server.
    #[serde(rename = "elsewhere")]
    pub is_elsewhere: bool,
    /// Octets of theirs that were stored, or that were read, a second, of all together.
    pub heavy_bytes_per_s: u64,
    /// From writing a message of the pair to its being handed up.
    pub latency_us: Percentiles,
    /// How many times as long the 99th percentile of that is as in peace.
    pub p99_to_quiet: f64,
}

/// Plays all of it against server processes of `program`, as they are without options.
///
/// # Errors
/// [`BenchError`]: there is no measurement.
pub fn heavy(program: &Path, args: &HeavyArgs) -> Result<HeavyReport, BenchError> {
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    let mut start = || {
        let seed = rng.bytes();
        ServerProcess::start_as_shipped(program, |dir| past::make(&Home::at(dir).server_data(), args.messages, seed))
    };
    let (server, elsewhere) = (start()?, start()?);
    let together = Together::new(1);
    let mut crowd = Crowd::gather(&server, &together, 0, 0..2, TEXT_LEN, |_, _| None)?;
    crowd.watch.ledger.measure_only(RECEIVER);
    let text = prose(args.bytes as usize, &mut rng);
    for _ in 0..WARM_UP {
        crowd.say(0);
        crowd.settle()?;
    }
    together.measure();
    let mut parts = vec![part(&mut crowd, args, &text, (Beside::Nobody, false), &server)?];
    let several = (args.heavy > 1).then_some(Beside::Writers(args.heavy));
    for beside in [Beside::Writers(1)].into_iter().chain(several).chain([Beside::Reader]) {
        parts.push(part(&mut crowd, args, &text, (beside, true), &elsewhere)?);
        parts.push(part(&mut crowd, args, &text, (beside, false), &server)?);
    }
    let quiet = f64::from(parts[0].latency_us.p99.max(1));
    for part in &mut parts {
        part.p99_to_quiet = f64::from(part.latency_us.p99) / quiet;
    }
    let ledger = &crowd.watch.ledger;
    Ok(HeavyReport {
        messages: u64::from(args.rate) * u64::from(args.seconds),
        bytes: args.bytes,
        parts,
        faults: ledger.lost(crowd.written) + ledger.duplicated + ledger.out_of_order + ledger.misordered(),
    })
}

/// The pair talks for as long as is wanted, beside heavy members of a server.
fn part(
    crowd: &mut Crowd<'_>,
    args: &HeavyArgs,
    text: &str,
    (beside, is_elsewhere): (Beside, bool),
    server: &ServerProcess,
) -> Result<HeavyPart, BenchError> {
    let is_quiet = beside == Beside::Nobody;
    let (all_in, is_over) = (AtomicBool::new(is_quiet), AtomicBool::new(false));
    let play = || match beside {
        Beside::Nobody => Ok(0),
        Beside::Writers(count) => {
            let senders = Senders { count, window: WINDOW, text, time: LONGEST };
            alone(server, senders, &all_in, &is_over).map(|accepted| accepted.stored * text.len() as u64)
        }
        Beside::Reader => reader::read(server, args.messages, &all_in, &is_over),
    };
    let (octets, took) = thread::scope(|scope| {
        let played = (!is_quiet).then(|| scope.spawn(play));
        let talked = talk(crowd, args, &all_in, || played.as_ref().is_some_and(thread::ScopedJoinHandle::is_finished));
        is_over.store(true, Ordering::Release);
        let octets =
            played.map_or(Ok(0), |played| played.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))?;
        Ok::<_, BenchError>((octets, talked?))
    })?;
    if !is_quiet && octets == 0 {
        return Err(BenchError::Stuck(format!("of {beside:?} nothing was stored or read")));
    }
    Ok(HeavyPart {
        heavy: if let Beside::Writers(count) = beside { count } else { 0 },
        is_reading: beside == Beside::Reader,
        is_elsewhere,
        heavy_bytes_per_s: octets * 1_000_000 / u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1),
        latency_us: Percentiles::of(&mut std::mem::take(&mut crowd.watch.ledger.latencies_us)),
        p99_to_quiet: 1.0,
    })
}

/// Talks from when all heavy members are in, until all of it has arrived. Gives how long the pair wrote.
fn talk(
    crowd: &mut Crowd<'_>,
    args: &HeavyArgs,
    all_in: &AtomicBool,
    have_they_failed: impl Fn() -> bool,
) -> Result<Duration, BenchError> {
    while !all_in.load(Ordering::Acquire) && !have_they_failed() {
        let glance = crowd.now() + Duration::from_millis(20);
        crowd.turn(glance)?;
    }
    let begun = crowd.now();
    for n in 0..u64::from(args.rate) * u64::from(args.seconds) {
        let due = begun.plus_micros(n * 1_000_000 / u64::from(args.rate));
        while crowd.now() < due {
            crowd.turn(due)?;
        }
        crowd.say(0);
    }
    crowd.settle()?;
    Ok(crowd.now() - begun)
}

/// So many octets of words, hardly two alike: what an index of words has the most work with.
fn prose(len: usize, rng: &mut Rng) -> String {
    let mut text = String::with_capacity(len + 16);
    while text.len() < len {
        let word = format!("{:x} ", rng.u64() >> (32 + rng.u64() % 16));
        text.push_str(&word);
    }
    text.truncate(len);
    text
}

impl fmt::Display for HeavyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { messages, bytes, parts, faults } = self;
        writeln!(
            f,
            "{:<28}{:>14}{:>11}{:>11}{:>11}{:>10}",
            "the pair beside", "they move", "p50", "p99", "max", "to quiet"
        )?;
        for HeavyPart { heavy, is_reading, is_elsewhere, heavy_bytes_per_s, latency_us, p99_to_quiet } in parts {
            let rate = format!("{} KiB/s", heavy_bytes_per_s / 1_024);
            let (members, rate) = match (heavy, is_reading) {
                (_, true) => ("1 heavy reader".to_owned(), rate),
                (0, false) => ("nobody".to_owned(), "-".to_owned()),
                (1, false) => ("1 heavy member".to_owned(), rate),
                (count, false) => (format!("{count} heavy members"), rate),
            };
            let beside = if *is_elsewhere { format!("{members}, elsewhere") } else { members };
            let ms = |us: u32| format!("{:.2} ms", f64::from(us) / 1_000.0);
            let [p50, p99, max] = [latency_us.p50, latency_us.p99, latency_us.max].map(ms);
            writeln!(f, "{beside:<28}{rate:>14}{p50:>11}{p99:>11}{max:>11}{p99_to_quiet:>10.1}")?;
        }
        write!(f, "{messages} messages of the pair each time, texts of {bytes} octets beside it, {faults} faults")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_has_the_length_asked_for_and_words_that_differ() {
        let text = prose(65_536, &mut Rng::from_seed([7; 32]));
        let words: std::collections::BTreeSet<_> = text.split(' ').collect();
        assert_eq!((text.len(), text.trim().is_empty()), (65_536, false));
        assert!(words.len() > 5_000, "{}", words.len());
    }
}
