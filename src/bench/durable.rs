//! What it costs that nothing is lost: durable messages a second, the wait for one, and a room with a long past.

use std::fmt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::Serialize;

use super::alone::{Senders, TEXT, alone};
use super::past::{PastReport, past};
use super::server::{Exposure, ServerProcess};
use super::{BenchError, Percentiles, StoreArgs};

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct StoreReport {
    /// Senders, each alone in a room.
    pub senders: u32,
    /// Messages of each that were not stored yet, at most.
    pub window: u32,
    /// Messages that the server said were stored, a second.
    pub accepted_per_s: u64,
    /// From saying to hearing that it is stored, with all of them at it.
    pub stored_us: Percentiles,
    /// From saying to hearing that it is stored, for one sender with one message at a time.
    pub idle_us: Percentiles,
    /// A room with a long past.
    pub past: PastReport,
}

/// Plays the senders against a server process of `program`, then measures a store by itself.
///
/// # Errors
/// [`BenchError`]: there is no measurement.
pub fn store(program: &Path, args: &StoreArgs) -> Result<StoreReport, BenchError> {
    let time = Duration::from_secs(u64::from(args.seconds));
    let server = ServerProcess::start(program, Exposure::Loopback)?;
    let play = |count, window| {
        let (all_in, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
        alone(&server, Senders { count, window, text: TEXT, time }, &all_in, &is_over)
    };
    let mut idle = play(1, 1)?;
    let mut all = play(args.senders, args.window)?;
    server.stop()?;
    Ok(StoreReport {
        senders: args.senders,
        window: args.window,
        accepted_per_s: all.messages / u64::from(args.seconds),
        stored_us: Percentiles::of(&mut all.stored_us),
        idle_us: Percentiles::of(&mut idle.stored_us),
        past: past(program, args.messages)?,
    })
}

impl fmt::Display for StoreReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { senders, window, accepted_per_s, stored_us, idle_us, past } = self;
        writeln!(
            f,
            "{senders} senders, each alone in a room, {window} under way each: {accepted_per_s} durable messages/s"
        )?;
        writeln!(f, "stored after  {stored_us}")?;
        writeln!(f, "one, idle     {idle_us}")?;
        let PastReport { messages, open_us, commit_us, commit_64_us, .. } = past;
        writeln!(f, "its commit    {commit_us}")?;
        writeln!(f, "64 in one     {commit_64_us}")?;
        writeln!(f, "a room of {messages} messages, opened in {:.2} ms", f64::from(*open_us) / 1e3)?;
        writeln!(f, "join          {}", past.join_us)?;
        writeln!(f, "first screen  {}", past.first_screen_us)?;
        writeln!(f, "search, rare  {}", past.search_rare_us)?;
        writeln!(f, "… in all      {}", past.search_common_us)?;
        writeln!(f, "… beginnings  {}", past.search_prefix_us)?;
        writeln!(f, "compact       {}, {} steps", past.compact_us, past.compact_steps)?;
        let visit = &past.visit;
        writeln!(f, "the same by a client of a server")?;
        writeln!(f, "join          {}", visit.join_us)?;
        writeln!(f, "first screen  {}", visit.first_screen_us)?;
        writeln!(f, "search, rare  {}", visit.search_rare_us)?;
        write!(f, "… in all      {}", visit.search_common_us)
    }
}
