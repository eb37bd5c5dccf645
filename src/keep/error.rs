//! What can be wrong with what a device keeps, each with the file and what to do.

use std::io;
use std::path::PathBuf;

#[cfg(feature = "sqlite")]
use rusqlite::ErrorCode;
#[cfg(feature = "sqlite")]
use rusqlite::ffi::{SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
use thiserror::Error;

use chinwag_files::is_want_of_room;

/// What a device keeps can't be read or written. Nothing that was kept is lost by it.
#[derive(Debug, Error)]
pub enum KeepError {
    /// The folder, or a lock in it.
    #[error("can't use {path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database refuses.
    #[cfg(feature = "sqlite")]
    #[error("can't use {path}: {source}{}", hint(source), path = path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A later version of this program made it.
    #[error("{path} was made by a newer chinwag (version {version} of the file); use that one", path = path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
    },
    /// A program from before the first release made it, and nothing brings it up to date.
    #[error(
        "{path} is of an older, unreleased version of chinwag (version {version} of the file): move it away to begin anew; what was read \
         comes again from the server, and what was not sent yet is in that file only", path = path.display()
    )]
    Older {
        /// Which.
        path: PathBuf,
        /// The version of its tables.
        version: i64,
    },
}

impl KeepError {
    /// Whether what is kept is unreadable or damaged. Otherwise there was no room, or another program did not let go: nothing is
    /// wrong with what is there.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::File { source, .. } => !is_want_of_room(source),
            #[cfg(feature = "sqlite")]
            Self::Database { source, .. } => !is_unwritten(source),
            Self::Newer { .. } | Self::Older { .. } => true,
        }
    }
}

/// What SQLite does not say of a file that it could not make larger.
#[cfg(feature = "sqlite")]
fn hint(source: &rusqlite::Error) -> &'static str {
    let is_so = source.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) && is_unwritten(source);
    if is_so { " (most often the disk is full)" } else { "" }
}

/// Whether SQLite could not write, or not wait any longer; its file is as it was.
#[cfg(feature = "sqlite")]
fn is_unwritten(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    let is_passing = matches!(error.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked);
    // The memory that the programs share is a file, too. Of what fails, only reading finds damage.
    let is_read = matches!(error.extended_code, SQLITE_IOERR_READ | SQLITE_IOERR_SHORT_READ);
    is_passing || (error.code == ErrorCode::SystemIoFailure && !is_read)
}
