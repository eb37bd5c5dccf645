//! Running many seeds on all cores, or one with its trace.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use chinwag_proto::time::Instant;

use super::check::{Finding, Promise};
use super::coverage::Coverage;
use super::event_loop::{self, Outcome};
use super::machines::{Machines, Shipped};
use super::plan::Plan;
use super::trace::Trace;

/// A range of this many seeds must have been in every situation.
const SEEDS_FOR_COVERAGE: u64 = 200;
/// Failures that are described; the others are counted.
const FAILURES_SHOWN: usize = 10;

/// Runs one seed, and writes what came of it to `out`; with `trace`, a line for every datagram, notice and fault before it.
///
/// # Errors
/// What `out` can't take.
pub fn run_one(seed: u64, trace: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
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

/// Runs seeds on all cores, and writes what came of them to `out`.
///
/// # Errors
/// What `out` can't take.
pub fn run_range(seeds: Range<u64>, out: &mut dyn Write) -> io::Result<ExitCode> {
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
    let run = AssertUnwindSafe(|| event_loop::run(Plan::new(seed), machines, trace));
    catch_unwind(run).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let finding =
            Finding { promise: Promise::Liveness, at: Instant::EPOCH, what: format!("a machine panicked: {text}") };
        Outcome { findings: vec![finding], coverage: Coverage::default(), hash: 0, datagrams: 0, virtual_us: 0 }
    })
}
