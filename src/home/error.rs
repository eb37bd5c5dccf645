//! What can be wrong with a person's own files, each with the file and what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Something of a person's own is not as it must be. Nothing was lost: a file that can't be understood is left as it is.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The system does not say where a person's files live.
    #[error("there is no home folder to keep keys in: set HOME, or give one with --home DIR")]
    NoHome,
    /// A file or folder can't be read.
    #[error("can't read {path}: {source}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder can't be written.
    #[error("can't write {path}: {source}", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something where a backup is to be made.
    #[error("{} is there already, and nothing is overwritten: name another folder, or move that one away", .0.display())]
    Taken(PathBuf),
    /// The folder in which something is to be made is not there.
    #[error("{}: there is no such folder: make it, or mount what belongs there", .0.display())]
    NoFolder(PathBuf),
    /// A folder is no backup.
    #[error("{} is no backup: there is no {file} in it; name the folder that `chinwag admin backup` made", path.display())]
    NoBackup {
        /// Which.
        path: PathBuf,
        /// What it lacks.
        file: &'static str,
    },
    /// There is a server where one is to be restored.
    #[error("{} is another server's, and nothing is overwritten: restore into another --home, or move that one away", .0.display())]
    Inhabited(PathBuf),
    /// A file says something that makes no sense.
    #[error("{path}, line {line}: {trouble}", path = path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong there.
        trouble: Trouble,
    },
    /// A file of settings says something that makes no sense.
    #[error("{path}, line {line}: {why}", path = path.display())]
    Setting {
        /// Which file.
        path: PathBuf,
        /// Which line of it, from 1.
        line: usize,
        /// What is wrong there and what is meant: the words of whoever knows the key's type.
        why: String,
    },
    /// A file of settings has no such profile.
    #[error("there is no profile `{name}` in {path}; {}", profiles(known), path = path.display())]
    NoProfile {
        /// Which file.
        path: PathBuf,
        /// The profile.
        name: String,
        /// The profiles that there are.
        known: String,
    },
}

impl ConfigError {
    /// Whether a file could not be written for want of room.
    #[must_use]
    pub fn is_want_of_room(&self) -> bool {
        if let Self::Write { source, .. } = self { chinwag_files::is_want_of_room(source) } else { false }
    }
}

/// Which profiles a file has.
fn profiles(known: &str) -> String {
    if known.is_empty() { "it has none: [profile.NAME] begins one".to_owned() } else { format!("it has: {known}") }
}

/// What is wrong with a line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Trouble {
    /// Not a key file.
    #[error(
        "not a key: 64 hexadecimal digits are expected; put the right file there, or move this one away and a new key is made (then everyone who knew the old one is warned)"
    )]
    Key,
    /// Not a join key.
    #[error("not a join key: 64 hexadecimal digits are expected")]
    JoinKey,
    /// Not a line of `known_servers`.
    #[error("not a known server: `HOST:PORT KEY FINGERPRINT` is expected; mend or remove the line")]
    KnownServer,
    /// The third column does not belong to the second.
    #[error("the fingerprint is not that of the key beside it; mend or remove the line")]
    Fingerprint,
    /// Not a line of `recent`.
    #[error("not a server that was used: `HOST:PORT NAME` is expected; mend or remove the line")]
    Recent,
}
