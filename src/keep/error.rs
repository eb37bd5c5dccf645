//! What can be wrong with what a device keeps, each with the file and what to do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// What a device keeps can't be read or written. Nothing that was kept is lost by it.
#[derive(Debug, Error)]
#[non_exhaustive]
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
    #[error("can't use {path}: {source}", path = path.display())]
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
}
