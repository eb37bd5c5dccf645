//! `chinwag bench`: measurements, as a table for people or JSON for programs.

use std::fmt::Display;

use serde::Serialize;

use crate::bench::{BenchError, fanout, find, flood, heavy, latency, store};

use super::args::Bench;
use super::failure::{Exit, Failure};
use super::output::say;

pub(super) fn run(args: &Bench) -> Result<(), Failure> {
    let program = std::env::current_exe().map_err(Failure::system)?;
    match args {
        Bench::Fanout(args) => {
            let report = fanout(&program, args)?;
            show(&report, args.json)?;
            no_faults(report.lost + report.duplicated + report.out_of_order)
        }
        Bench::Store(args) => show(&store(&program, args)?, args.json),
        Bench::Find(args) => show(&find(&program, args)?, args.json),
        Bench::Flood(args) => {
            let report = flood(&program, args)?;
            show(&report, args.json)?;
            no_faults(report.faults)
        }
        Bench::Heavy(args) => {
            let report = heavy(&program, args)?;
            show(&report, args.json)?;
            no_faults(report.faults)
        }
        Bench::Latency(args) => {
            let report = latency(&program, args)?;
            show(&report, args.json)?;
            no_faults(report.lost + report.duplicated + report.out_of_order)
        }
    }
}

fn show<R: Serialize + Display>(report: &R, json: bool) -> Result<(), Failure> {
    if json {
        let line = serde_json::to_string(report).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
        say(&line);
    } else {
        say(&report.to_string());
    }
    Ok(())
}

/// A measurement of something that does not work is no good measurement.
fn no_faults(faults: u64) -> Result<(), Failure> {
    if faults == 0 { Ok(()) } else { Err(Failure::new(Exit::NotDelivered, format!("{faults} deliveries were wrong"))) }
}

impl From<BenchError> for Failure {
    fn from(error: BenchError) -> Self {
        Self::new(Exit::General, error.to_string())
    }
}
