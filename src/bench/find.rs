//! How soon a server is found: from nothing at all to its first beacon, many times.

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;
use serde::Serialize;

use super::server::{Exposure, ServerProcess};
use super::{BenchError, FindArgs, Percentiles};
use crate::discovery::{Command, Notice};
use crate::drive::{Clock, Scout, entropy};

/// Nobody looks for a server for longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// From one try to the next, and up to as much again: a server answers one address only so often.
const PAUSE: Duration = Duration::from_millis(600);

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct FindReport {
    /// Tries.
    pub tries: u32,
    /// From the start of a seeker, sockets included, to the server's first beacon.
    pub found_us: Percentiles,
}

/// Looks for a server process of `program` that often, each time with a new seeker.
///
/// # Errors
/// [`BenchError`]: there is no measurement; or it was not found once.
pub fn find(program: &Path, args: &FindArgs) -> Result<FindReport, BenchError> {
    let server = ServerProcess::start(program, Exposure::Subnet)?;
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    let clock = Clock::start();
    let mut found_us = Vec::new();
    for _ in 0..args.tries {
        let begun = clock.mono();
        seek(server.key)?;
        found_us.push(u32::try_from(clock.mono().micros_since(begun)).unwrap_or(u32::MAX));
        let pause = PAUSE + Duration::from_micros(rng.below(600_000));
        let next = begun + pause;
        while clock.mono() < next {
            thread::park_timeout(next.since(clock.mono()));
        }
    }
    Ok(FindReport { tries: args.tries, found_us: Percentiles::of(&mut found_us) })
}

/// Looks for a server until it is found.
fn seek(key: PublicKey) -> Result<(), BenchError> {
    let (tell, told) = channel();
    let scout = Scout::start(move |notice| drop(tell.send(notice))).map_err(BenchError::system("nobody can seek"))?;
    scout.send(Command::Seek);
    loop {
        match told.recv_timeout(PATIENCE) {
            Ok(Notice::Found(found)) if *found.key() == key => return Ok(()),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(BenchError::Stuck(format!("it was not found within {PATIENCE:?}")));
            }
        }
    }
}

impl fmt::Display for FindReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "found        {} ({} tries)", self.found_us, self.tries)
    }
}
