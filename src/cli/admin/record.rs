//! What operators did: on record, in the log, and shown again.

use crate::cli::say;
use crate::config::{Act, Home};
use crate::drive::Clock;
use crate::render::render_text;

use super::Failure;
use super::show::date;

/// Keeps an act; `None`: somebody only looked, which is worth a line for whoever asks for every line.
pub(in crate::cli) fn record(home: &Home, act: Option<&str>) {
    let Some(act) = act else { return log::debug!(target: "audit", "admin: somebody looked") };
    log::info!(target: "audit", "admin: {}", render_text(act));
    if let Err(error) = home.audit().note(date(Clock::start().now().wall), act) {
        log::warn!("{error}; `chinwag admin log` will not show: {}", render_text(act));
    }
}

/// Prints the last acts.
pub(super) fn show(home: &Home, last: usize, json: bool) -> Result<(), Failure> {
    let acts = home.audit().all()?;
    for act in &acts[acts.len().saturating_sub(last)..] {
        let Act { at, act: what } = act;
        say(&match json {
            true => serde_json::to_string(act).unwrap_or_default(),
            false => format!("{} {}", render_text(at), render_text(what)),
        });
    }
    Ok(())
}
