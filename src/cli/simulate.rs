//! `chinwag sim`: many seeds, or one with its trace, or the report.

use std::io::{self, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::str::FromStr;

use thiserror::Error;

use crate::sim;

/// Options of `chinwag sim`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Run these seeds, the last one not included
    #[arg(long, value_name = "A..B", default_value = "0..100", conflicts_with_all = ["seed", "report"])]
    pub(super) seeds: Seeds,
    /// Run this seed alone
    #[arg(long, value_name = "N", conflicts_with = "report")]
    pub(super) seed: Option<u64>,
    /// Print a line for every datagram, notice and fault
    #[arg(long, requires = "seed")]
    pub(super) trace: bool,
    /// Measure instead: the latency of messages on links with loss
    #[arg(long, value_name = "WHAT")]
    pub(super) report: Option<Report>,
    /// Print the report as JSON
    #[arg(long, requires = "report")]
    pub(super) json: bool,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Report {
    /// One way, from `send` to hand-up.
    Latency,
}

/// A range of seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seeds(pub(super) Range<u64>);

/// It is not a range of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("type two numbers with two dots between them, like 0..1000")]
pub(super) struct NotSeeds;

impl FromStr for Seeds {
    type Err = NotSeeds;

    fn from_str(text: &str) -> Result<Self, NotSeeds> {
        let (first, end) = text.split_once("..").ok_or(NotSeeds)?;
        let range = first.parse().map_err(|_| NotSeeds)?..end.parse().map_err(|_| NotSeeds)?;
        if range.is_empty() { Err(NotSeeds) } else { Ok(Self(range)) }
    }
}

/// Does what was asked for, and writes what comes of it to `out`.
///
/// # Errors
/// What `out` can't take.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> io::Result<ExitCode> {
    match (args.report, args.seed) {
        (Some(Report::Latency), _) => sim::report::latency(args.json, out),
        (None, Some(seed)) => sim::run_one(seed, args.trace, out),
        (None, None) => sim::run_range(args.seeds.0.clone(), out),
    }
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
