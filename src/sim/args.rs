//! `chinwag sim`: many seeds, or one with its trace, or the report.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use chinwag_proto::time::Instant;
use thiserror::Error;

use super::check::{Finding, Promise};
use super::coverage::Coverage;
use super::machines::{Machines, Shipped};
use super::plan::Plan;
use super::trace::Trace;
use super::world::{self, Outcome};

/// Options of `chinwag sim`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Run these seeds, the last one not included
    #[arg(long, value_name = "A..B", default_value = "0..100", conflicts_with_all = ["seed", "report"])]
    pub seeds: Seeds,
    /// Run this seed alone
    #[arg(long, value_name = "N", conflicts_with = "report")]
    pub seed: Option<u64>,
    /// Print a line for every datagram, notice and fault
    #[arg(long, requires = "seed")]
    pub trace: bool,
    /// Measure instead: the latency of messages on links with loss
    #[arg(long, value_name = "WHAT")]
    pub report: Option<Report>,
    /// Print the report as JSON
    #[arg(long, requires = "report")]
    pub json: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Report {
    /// One way, from `send` to hand-up.
    Latency,
}

/// A range of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(pub Range<u64>);

/// It is not a range of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("type two numbers with two dots between them, like 0..1000")]
pub struct NotSeeds;

impl FromStr for Seeds {
    type Err = NotSeeds;

    fn from_str(text: &str) -> Result<Self, NotSeeds> {
        let (first, end) = text.split_once("..").ok_or(NotSeeds)?;
        let range = first.parse().map_err(|_| NotSeeds)?..end.parse().map_err(|_| NotSeeds)?;
        if range.is_empty() { Err(NotSeeds) } else { Ok(Self(range)) }
    }
}

/// A range of this many seeds must have been in every situation.
const SEEDS_FOR_COVERAGE: u64 = 200;
/// Failures that are described; the others are counted.
const FAILURES_SHOWN: usize = 10;

/// Does what was asked for, and writes what comes of it to `out`.
///
/// # Errors
/// What `out` can't take.
pub fn run(args: &Args, out: &mut dyn Write) -> io::Result<ExitCode> {
    match (args.report, args.seed) {
        (Some(Report::Latency), _) => super::report::latency(args.json, out),
        (None, Some(seed)) => run_one(seed, args.trace, out),
        (None, None) => run_range(args.seeds.0.clone(), out),
    }
}

fn run_one(seed: u64, trace: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let mut written = Ok(());
    let outcome = if trace {
        let line = |line: &str| {
            if written.is_ok() {
                written = writeln!(out, "{line}");
            }
        };
        run_seed(seed, &Shipped, Trace::to(Box::new(line)))
    } else {
        run_seed(seed, &Shipped, Trace::default())
    };
    written?;
    write!(out, "{}", outcome.coverage)?;
    describe(seed, &outcome, out)?;
    let Outcome { hash, datagrams, virtual_us, .. } = outcome;
    writeln!(out, "seed {seed}: {datagrams} datagrams in {} virtual s, trace {hash:016x}", virtual_us / 1_000_000)?;
    Ok(if outcome.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_range(seeds: Range<u64>, out: &mut dyn Write) -> io::Result<ExitCode> {
    let count = seeds.end - seeds.start;
    let mut coverage = Coverage::default();
    let (mut datagrams, mut virtual_us, mut failed) = (0, 0, 0);
    for (seed, outcome) in outcomes(seeds.clone()) {
        coverage.add(&outcome.coverage);
        datagrams += outcome.datagrams;
        virtual_us += outcome.virtual_us;
        if !outcome.findings.is_empty() {
            failed += 1;
            if failed <= FAILURES_SHOWN {
                describe(seed, &outcome, out)?;
            }
        }
    }
    write!(out, "{coverage}")?;
    let missing = if count >= SEEDS_FOR_COVERAGE { coverage.missing() } else { Vec::new() };
    for situation in &missing {
        writeln!(out, "no seed got to: {situation}")?;
    }
    let virtual_h = virtual_us / 3_600_000_000;
    writeln!(out, "{count} seeds, {datagrams} datagrams, {virtual_h} virtual hours: {failed} failed")?;
    Ok(if failed == 0 && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was broken in a run, and how to see it again.
fn describe(seed: u64, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    if outcome.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "seed {seed} failed; see it again with: chinwag sim --seed {seed} --trace")?;
    outcome.findings.iter().try_for_each(|finding| writeln!(out, "  {finding}"))
}

/// Runs seeds on all cores; their outcomes in the order of the seeds.
fn outcomes(seeds: Range<u64>) -> Vec<(u64, Outcome)> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicU64::new(seeds.start);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, end) = (sender.clone(), &next, seeds.end);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || sender.send((seed, run_seed(seed, &Shipped, Trace::default()))).is_err() {
                        break;
                    }
                }
            });
        }
    });
    drop(sender);
    let mut outcomes = receiver.into_iter().collect::<Vec<_>>();
    outcomes.sort_by_key(|(seed, _)| *seed);
    outcomes
}

/// Runs one seed. A panic of a machine is a broken promise like any other.
#[must_use]
pub fn run_seed(seed: u64, machines: &dyn Machines, trace: Trace<'_>) -> Outcome {
    let run = AssertUnwindSafe(|| world::run(Plan::new(seed), machines, trace));
    catch_unwind(run).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let finding =
            Finding { promise: Promise::Liveness, at: Instant::EPOCH, what: format!("a machine panicked: {text}") };
        Outcome { findings: vec![finding], coverage: Coverage::default(), hash: 0, datagrams: 0, virtual_us: 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_seeds_is_two_numbers() {
        assert_eq!("3..5".parse(), Ok(Seeds(3..5)));
        for wrong in ["", "3", "3..", "..5", "5..3", "3..3", "3...5", "a..b"] {
            assert_eq!(wrong.parse::<Seeds>(), Err(NotSeeds), "{wrong}");
        }
    }
}
