//! Small files that are never half written: read whole, replaced whole, changed under a lock.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::ConfigError;
use chinwag_files::{above, folder, private, sync_names};

/// The file's text; `None` if there is no such file.
///
/// # Errors
/// It can't be read.
pub fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Replaces the file by this text, all or nothing and durably, readable by its owner only. The caller holds the [`Lock`].
///
/// # Errors
/// It can't be written.
pub fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
    let new = beside(path, ".new");
    let written = private()
        .open(&new)
        .and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        })
        .and_then(|()| fs::rename(&new, path))
        .and_then(|()| sync_names(above(path)));
    written.map_err(|source| {
        // Half of it would keep space from others where there is none.
        let _ = fs::remove_file(&new);
        ConfigError::Write { path: path.to_owned(), source }
    })
}

/// Keeps other programs of this home from changing a file, until dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Waits for the lock of this file, and makes its folder if there is none.
    ///
    /// # Errors
    /// The lock or the folder can't be made.
    pub fn of(path: &Path) -> Result<Self, ConfigError> {
        let lock = beside(path, ".lock");
        let locked = folder(above(path)).and_then(|()| private().open(&lock)).and_then(|file| {
            file.lock()?;
            Ok(Self(file))
        });
        locked.map_err(|source| ConfigError::Write { path: path.to_owned(), source })
    }
}

/// The path with something added to the file's name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
