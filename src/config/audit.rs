//! `audit.log`: what operators did to a server, and who got which role in a room, an act a line, as JSON; the last of it, so that
//! it stays small. Roles are given by anybody who owns a room, so they make room for each other only: they can't push out what
//! operators did.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{self, Lock};
use super::{ConfigError, Home, Spare};
use crate::files::{above, private};

/// The file is cut to half of this when it gets longer, in octets.
const LEN_MAX: u64 = 1 << 20;

/// The file of acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    path: PathBuf,
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// What was done: `banned dora`.
    pub act: String,
    /// By whom: a user of the operator's system, as far as that is known; where it is about a room, an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The room in which somebody got another role; none: it is an operator's act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// How far it is, as long as it is not known to be done. (It stands last in the line, see [`Begun::settle`].)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
}

/// How far an act is that is not known to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The act was begun. If it stays so, the program ended, or gave up waiting, before it was told whether it was done.
    Begun,
}

/// As [`State::Begun`] stands in a line.
const BEGUN: &str = ",\"state\":\"begun\"";

/// What came of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The act is done.
    Done,
    /// The act is not done, and nothing of it is left.
    NotDone,
    /// Nobody knows whether the act is done.
    Unknown,
}

/// An act that is on record before it is done.
#[derive(Debug)]
pub struct Begun {
    audit: Audit,
    line: String,
}

impl Audit {
    /// The record of the server in this home.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self::new(home.server_data().join("audit.log"))
    }

    const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Puts an act on record, durably, before it is done: what can't be on record is not to be done. On a full disk that takes the space
    /// that is held back for it ([`Spare`]).
    ///
    /// # Errors
    /// The file can't be written.
    pub fn begin(&self, act: &AuditRecord) -> Result<Begun, ConfigError> {
        let act = AuditRecord { state: Some(State::Begun), ..act.clone() };
        let line = Spare::new(above(&self.path)).on_full_disk(|| self.add(&act))?;
        Ok(Begun { audit: self.clone(), line })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an act that is done: an operator's durably, a role in a room as it is in the room's log already.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn note(&self, act: &AuditRecord) -> Result<(), ConfigError> {
        self.add(act).map(drop)
    }

    /// Gives the line.
    fn add(&self, act: &AuditRecord) -> Result<String, ConfigError> {
        let failed = |source| ConfigError::Write { path: self.path.clone(), source };
        let sync = |file: &fs::File| if act.room.is_none() { file.sync_all() } else { Ok(()) };
        let line = serde_json::to_string(act).map_err(|error| failed(error.into()))?;
        let _lock = Lock::of(&self.path)?;
        if fs::metadata(&self.path).is_ok_and(|file| file.len() > LEN_MAX) {
            match self.cut() {
                // It is cut when there is room again: to be on record comes first.
                Err(error) if error.is_want_of_room() => {}
                cut => cut?,
            }
        }
        let appended = private().open(&self.path).and_then(|mut file| {
            let end = file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{line}\n").as_bytes()).and_then(|()| sync(&file)).inspect_err(|_| {
                // Half a line would spoil the next one.
                let _ = file.set_len(end);
            })
        });
        appended.map(|()| line).map_err(failed)
    }

    /// All that are kept, the oldest first. A line that is none (a power cut took a part of it) is passed over.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn all(&self) -> Result<Vec<AuditRecord>, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Leaves the later half, and of it a quarter for roles.
    fn cut(&self) -> Result<(), ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        let max = usize::try_from(LEN_MAX).unwrap_or(usize::MAX);
        let (mut acts_left, mut roles_left) = (max / 2, max / 8);
        let mut kept: Vec<_> = text
            .lines()
            .rev()
            .filter(|line| {
                let Ok(act) = serde_json::from_str::<AuditRecord>(line) else { return false };
                let left = if act.room.is_some() { &mut roles_left } else { &mut acts_left };
                // What is older than one that found no place finds none either.
                *left = left.checked_sub(line.len() + 1).unwrap_or_default();
                *left > 0
            })
            .collect();
        kept.reverse();
        let text: String = kept.into_iter().flat_map(|line| [line, "\n"]).collect();
        file::replace(&self.path, &text)
    }
}

impl Begun {
    /// Notes what came of it. The line keeps its length, so that it takes no space.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn settle(self, outcome: Outcome) -> Result<(), ConfigError> {
        let Self { audit, line } = self;
        let (from, len) = match outcome {
            Outcome::Done => (line.rfind(BEGUN).unwrap_or_default(), BEGUN.len()),
            // What is no act is passed over.
            Outcome::NotDone => (0, line.len()),
            Outcome::Unknown => return Ok(()),
        };
        let _lock = Lock::of(&audit.path)?;
        let text = file::read(&audit.path)?.unwrap_or_default();
        // So many acts came meanwhile that this one was pushed out.
        let Some(at) = text.rfind(&line) else { return Ok(()) };
        let settled = private().open(&audit.path).and_then(|mut file| {
            file.seek(SeekFrom::Start((at + from) as u64))?;
            file.write_all(" ".repeat(len).as_bytes())?;
            file.sync_data()
        });
        settled.map_err(|source| ConfigError::Write { path: audit.path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn did(act: &str, room: Option<&str>) -> AuditRecord {
        let (at, act) = ("2026-11-30T08:00:00Z".to_owned(), act.to_owned());
        AuditRecord { at, act, by: Some("ann".to_owned()), room: room.map(ToOwned::to_owned), state: None }
    }

    #[test]
    fn an_act_is_on_record_before_it_is_done_and_not_any_more_if_it_was_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let audit = Audit::new(dir.path().join("audit.log"));
        let states = || audit.all().expect("read").into_iter().map(|act| (act.act, act.state)).collect::<Vec<_>>();
        let begun = ["banned eve", "banned bob", "kicked zoe"].map(|act| audit.begin(&did(act, None)).expect("begun"));
        let state = |act: &str, state| (act.to_owned(), state);
        let open = Some(State::Begun);
        assert_eq!(states(), [state("banned eve", open), state("banned bob", open), state("kicked zoe", open)]);
        for (begun, outcome) in begun.into_iter().zip([Outcome::Done, Outcome::NotDone, Outcome::Unknown]) {
            begun.settle(outcome).expect("settled");
        }
        assert_eq!(states(), [state("banned eve", None), state("kicked zoe", open)]);
        audit.note(&did("banned dora", None)).expect("kept");
        assert_eq!(states()[2], state("banned dora", None));
    }

    #[test]
    fn whoever_owns_a_room_pushes_nothing_out_that_operators_did() {
        let dir = tempfile::tempdir().expect("a folder");
        let audit = Audit::new(dir.path().join("audit.log"));
        audit.note(&did("banned eve", None)).expect("kept");
        let long = format!("made bob a moderator {}", "x".repeat(20_000));
        for _ in 0..200 {
            audit.note(&did(&long, Some("den"))).expect("kept");
        }
        let kept = audit.all().expect("read");
        assert_eq!(kept[0], did("banned eve", None));
        assert!((2..200).contains(&kept.len()), "{}", kept.len());
        assert!(kept[1..].iter().all(|act| act.room.as_deref() == Some("den")));
    }

    #[test]
    fn acts_are_kept_in_order_and_the_oldest_go_first() {
        let dir = tempfile::tempdir().expect("a folder");
        let audit = Audit::new(dir.path().join("audit.log"));
        assert_eq!(audit.all().expect("none"), []);
        for number in 0..40 {
            let act = format!("did {number}\n{}", "x".repeat(50_000));
            audit.note(&did(&act, None)).expect("kept");
            assert!(fs::metadata(audit.path()).expect("there").len() < LEN_MAX + 60_000);
        }
        let kept = audit.all().expect("read");
        let number =
            |act: &AuditRecord| act.act.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("one");
        let numbers: Vec<_> = kept.iter().map(number).collect();
        assert!(
            numbers.len() > 10 && numbers.iter().rev().copied().eq((0..40).rev().take(numbers.len())),
            "{numbers:?}"
        );
    }

    #[test]
    fn half_a_line_spoils_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let audit = Audit::new(dir.path().join("audit.log"));
        fs::write(audit.path(), "{\"at\":\"x\",\"act\":\"one\"}\n{\"at\":\"y\",\"a").expect("written");
        assert_eq!(audit.all().expect("read").len(), 1);
    }
}
