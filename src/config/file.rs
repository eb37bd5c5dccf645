//! Small files that are never half written: read whole, replaced whole, changed under a lock.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::ConfigError;

/// The file's text; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Replaces the file by this text, all or nothing, readable by its owner only. The caller holds the [`Lock`].
pub(super) fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
    let new = beside(path, ".new");
    let written = private(&new)
        .and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        })
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| ConfigError::Write { path: path.to_owned(), source })
}

/// Keeps other programs of this home from changing a file, until dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "held, not used")] File);

impl Lock {
    /// Waits for the lock of this file, and makes its folder if there is none.
    pub(super) fn of(path: &Path) -> Result<Self, ConfigError> {
        let lock = beside(path, ".lock");
        let locked = path.parent().map_or(Ok(()), folder).and_then(|()| private(&lock)).and_then(|file| {
            file.lock()?;
            Ok(Self(file))
        });
        locked.map_err(|source| ConfigError::Write { path: path.to_owned(), source })
    }
}

/// Opens a file for writing, made if there is none, for its owner's eyes only.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a folder for its owner's eyes only, if there is none.
fn folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// The path with something added to the file's name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}
