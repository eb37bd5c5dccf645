//! `audit.log`: what operators did to a server, an act a line, as JSON; the last of it, so that it stays small.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::file::{self, Lock};
use crate::files::private;

/// The file is cut to half of this when it gets longer, in octets.
const LEN_MAX: u64 = 1 << 20;

/// The file of acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    path: PathBuf,
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// What was done: `banned dora`.
    pub act: String,
}

impl Audit {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an act, durably.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn note(&self, at: String, act: &str) -> Result<(), ConfigError> {
        let failed = |source| ConfigError::Write { path: self.path.clone(), source };
        let line = serde_json::to_string(&Act { at, act: act.to_owned() }).map_err(|error| failed(error.into()))?;
        let _lock = Lock::of(&self.path)?;
        if fs::metadata(&self.path).is_ok_and(|file| file.len() > LEN_MAX) {
            self.cut()?;
        }
        let appended = private().open(&self.path).and_then(|mut file| {
            let end = file.seek(SeekFrom::End(0))?;
            file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).inspect_err(|_| {
                // Half a line would spoil the next one.
                let _ = file.set_len(end);
            })
        });
        appended.map_err(failed)
    }

    /// All that are kept, the oldest first. A line that is none (a power cut took a part of it) is passed over.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn all(&self) -> Result<Vec<Act>, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Leaves the later half.
    fn cut(&self) -> Result<(), ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        let half = usize::try_from(LEN_MAX / 2).unwrap_or(usize::MAX);
        let from = text.len().saturating_sub(half);
        let rest = text.as_bytes().iter().skip(from).position(|octet| *octet == b'\n');
        file::replace(&self.path, rest.map_or("", |at| &text[from + at + 1..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_kept_in_order_and_the_oldest_go_first() {
        let dir = tempfile::tempdir().expect("a folder");
        let audit = Audit::new(dir.path().join("audit.log"));
        assert_eq!(audit.all().expect("none"), []);
        for number in 0..40 {
            let act = format!("did {number}\n{}", "x".repeat(50_000));
            audit.note("2026-11-30T08:00:00Z".into(), &act).expect("kept");
            assert!(fs::metadata(audit.path()).expect("there").len() < LEN_MAX + 60_000);
        }
        let kept = audit.all().expect("read");
        let number = |act: &Act| act.act.split_whitespace().nth(1).expect("a number").parse::<usize>().expect("one");
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
