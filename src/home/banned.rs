//! `banned`: the names of accounts that a server lets in no more, one to a line. The server itself writes it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chinwag_proto::wire::message::name;

use super::ConfigError;
use super::file::{self, Lock};

/// The file of banned names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banned {
    path: PathBuf,
}

impl Banned {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All of them, folded as names are today, whatever they were when they were written.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn all(&self) -> Result<BTreeSet<String>, ConfigError> {
        let text = file::read(&self.path)?.unwrap_or_default();
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ok(names.map(name::fold).collect())
    }

    /// Adds a folded name, or takes it out. Whether that changed anything.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn set(&self, name: &str, is_banned: bool) -> Result<bool, ConfigError> {
        let _lock = Lock::of(&self.path)?;
        let mut names = self.all()?;
        let changes = if is_banned { names.insert(name.to_owned()) } else { names.remove(name) };
        if changes {
            let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
            file::replace(&self.path, &format!("# Accounts that may not come in; `chinwag admin ban|unban`\n{lines}"))?;
        }
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_in_it_until_it_is_taken_out() {
        let dir = tempfile::tempdir().expect("a folder");
        let banned = Banned::new(dir.path().join("banned"));
        assert!(banned.all().expect("none").is_empty());
        assert!(banned.set("eve", true).expect("written") && !banned.set("eve", true).expect("was there"));
        assert_eq!(banned.all().expect("read"), BTreeSet::from(["eve".to_owned()]));
        assert!(banned.set("eve", false).expect("written") && !banned.set("eve", false).expect("was gone"));
        assert!(banned.all().expect("none").is_empty());
    }

    #[test]
    fn who_was_banned_under_another_folding_or_by_hand_is_banned_and_can_be_let_in_again() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("banned");
        std::fs::write(&path, "zoe\u{308}\nEve\n").expect("written");
        let banned = Banned::new(path);
        assert_eq!(banned.all().expect("read"), BTreeSet::from(["eve".to_owned(), "zoë".to_owned()]));
        assert!(banned.set("zoë", false).expect("written"));
        assert_eq!(banned.all().expect("read"), BTreeSet::from(["eve".to_owned()]));
    }
}
