//! What operators did: on record, in the log, and shown again.

use serde_json::json;

use super::super::output::{say, tell};
use crate::cli::entry::json_line;
use crate::config::{Act, Audit, Home};
use crate::drive::Clock;
use crate::render::render_text;

use super::Failure;
use super::show::date;

/// Keeps an act of an operator, by this user of the system; `None`: somebody only looked, which is worth a line for whoever asks for
/// every line.
pub(in crate::cli) fn record(home: &Home, by: Option<&str>, act: Option<&str>) {
    let Some(act) = act else {
        return log::debug!(target: "audit", "admin: {} looked", render_text(by.unwrap_or("somebody")));
    };
    let by = by.map(ToOwned::to_owned);
    log::info!(target: "audit", "admin: {}", line(act, by.as_deref(), None));
    keep(home, Act { at: now(), act: act.to_owned(), by, room: None });
}

/// Keeps that somebody has another role in a room now, by an owner of it.
pub(in crate::cli) fn record_role(home: &Home, (by, room): (&str, &str), act: &str) {
    log::info!(target: "audit", "{}", line(act, Some(by), Some(room)));
    keep(home, Act { at: now(), act: act.to_owned(), by: Some(by.to_owned()), room: Some(room.to_owned()) });
}

fn keep(home: &Home, act: Act) {
    if let Err(error) = Audit::of(home).note(&act) {
        log::warn!("{error}; `chinwag admin log` will not show: {}", render_text(&act.act));
    }
}

fn now() -> String {
    date(Clock::start().now().wall)
}

/// What was done, by whom: an operator, or an account in a room.
fn line(act: &str, by: Option<&str>, room: Option<&str>) -> String {
    let mut line = render_text(act).into_owned();
    if let Some(room) = room {
        line += &format!(" in #{}", render_text(room));
    }
    if let Some(by) = by {
        line += &format!(", by {}", render_text(by));
    }
    line
}

/// Prints the last acts.
pub(super) fn show(home: &Home, last: usize, json: bool) -> Result<(), Failure> {
    let acts = Audit::of(home).all()?;
    if acts.is_empty() {
        tell("no act of an operator is on record here");
    }
    for act in &acts[acts.len().saturating_sub(last)..] {
        let Act { at, act: what, by, room } = act;
        say(&match json {
            true => json_line(&json!(act)),
            false => format!("{} {}", render_text(at), line(what, by.as_deref(), room.as_deref())),
        });
    }
    Ok(())
}
