//! What operators did: on record, in the log, and shown again.

use serde_json::json;

use super::super::output::{say, tell};
use crate::admin::own_user;
use crate::cli::entry::json_line;
use crate::config::{Audit, AuditRecord, Begun, Home, Outcome, State};
use crate::drive::Clock;
use crate::render::render_text;

use super::show::date;
use super::{Exit, Failure};

/// Somebody only looked, which is worth a line for whoever asks for every line.
pub(in crate::cli) fn looked(by: Option<&str>) {
    log::debug!(target: "audit", "admin: {} looked", render_text(by.unwrap_or("somebody")));
}

/// An operator's act that is on record, and about to be done.
pub(in crate::cli) struct Recorded {
    begun: Begun,
    line: String,
}

impl Recorded {
    /// Keeps an act of an operator, by this user of the system, before it is done.
    ///
    /// # Errors
    /// It can't be on record: nothing is to be done then.
    pub(in crate::cli) fn begin(home: &Home, by: Option<&str>, act: &str) -> Result<Self, String> {
        let line = line(act, by, None);
        let act =
            AuditRecord { at: now(), act: act.to_owned(), by: by.map(ToOwned::to_owned), room: None, state: None };
        let begun = Audit::of(home).begin(&act);
        let begun = begun.map_err(|error| format!("nothing was done, since it can't be put on record: {error}"))?;
        Ok(Self { begun, line })
    }

    /// Keeps what came of it.
    ///
    /// # Errors
    /// It was done, and the record says only that it was begun.
    pub(in crate::cli) fn settle(self, outcome: Outcome) -> Result<(), String> {
        let Self { begun, line } = self;
        if outcome == Outcome::Done {
            log::info!(target: "audit", "admin: {line}");
        }
        match (begun.settle(outcome), outcome) {
            (Err(error), Outcome::Done) => {
                Err(format!("it is done, but the record says only that it was begun: {error}"))
            }
            (Err(error), Outcome::NotDone | Outcome::Unknown) => {
                log::warn!("{error}; `chinwag admin log` shows as begun what was not done: {line}");
                Ok(())
            }
            (Ok(()), _) => Ok(()),
        }
    }
}

/// Does something as an operator: what can't be on record is not done.
pub(super) fn on_record<T, E: From<Failure>>(
    home: &Home,
    act: &str,
    does: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let general = |why| Failure::new(Exit::General, why);
    let recorded = Recorded::begin(home, own_user().as_deref(), act).map_err(general)?;
    let done = does();
    recorded.settle(if done.is_ok() { Outcome::Done } else { Outcome::NotDone }).map_err(general)?;
    done
}

/// Keeps that an operator has copied what there is. That changes nothing of the server, and is done where nothing can be written any
/// more, too: it is said, then, that it is not on record.
pub(super) fn note_copy(home: &Home, act: &str) {
    let recorded = Recorded::begin(home, own_user().as_deref(), act).and_then(|begun| begun.settle(Outcome::Done));
    if recorded.is_err() {
        tell(&format!(
            "{} can't be written: the record of what operators did will not show this",
            Audit::of(home).path().display()
        ));
    }
}

/// Keeps that somebody has another role in a room now, by an owner of it.
pub(in crate::cli) fn record_role(home: &Home, (by, room): (&str, &str), act: &str) {
    log::info!(target: "audit", "{}", line(act, Some(by), Some(room)));
    let act = AuditRecord {
        at: now(),
        act: act.to_owned(),
        by: Some(by.to_owned()),
        room: Some(room.to_owned()),
        state: None,
    };
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
        let AuditRecord { at, act: what, by, room, state } = act;
        let unsure = match state {
            Some(State::Begun) => " (begun; whether it was done is not known)",
            None => "",
        };
        say(&match json {
            true => json_line(&json!(act)),
            false => format!("{} {}{unsure}", render_text(at), line(what, by.as_deref(), room.as_deref())),
        });
    }
    Ok(())
}
