//! What makes a server itself, beside its store: copied into a backup's folder, and put from there into a new home.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file::{self, Lock};
use super::settings::{DEFAULT, Settings};
use super::{Audit, ConfigError, Home, KeyFile, keys};
use crate::files::{above, folder, private, sync_names};

/// The server's key, in a backup.
const KEY: &str = "server.key";
const BANNED: &str = "banned";
const SETTINGS: &str = "config.toml";
const AUDIT: &str = "audit.log";

/// Files that settings name, and what they are called in a backup and in the home that is made of it.
const NAMED: [(&str, &str); 2] = [("join-key-file", "join.key"), ("admission-file", "networks")];
const JOIN_KEY: &str = NAMED[0].1;

/// A folder that becomes a backup when it is [finished](Self::finish), and is gone if it never is.
pub struct Backup {
    partial: PathBuf,
    to: PathBuf,
}

impl Backup {
    /// Begins one that will be at `to`, where nothing may be yet but an empty folder. `tag` tells it from others under way.
    ///
    /// # Errors
    /// There is something, the folder that it is to be in is not there, or it can't be made.
    pub fn begin(to: &Path, tag: u64) -> Result<Self, ConfigError> {
        let is_taken = match fs::read_dir(to) {
            Ok(mut inside) => inside.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        if is_taken {
            return Err(ConfigError::Taken(to.to_owned()));
        }
        // What is not there may be a mistyped path, or a disk that is not mounted.
        if !above(to).is_dir() {
            return Err(ConfigError::NoFolder(above(to).to_owned()));
        }
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let partial = to.with_file_name(format!(".{name}.partial-{tag:016x}"));
        folder(&partial).map_err(|source| ConfigError::Write { path: to.to_owned(), source })?;
        Ok(Self { partial, to: to.to_owned() })
    }

    /// Where files are put until it is finished.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Copies what makes the server of this home itself, beside its store. `settings` is the file of its settings, `join_key`
    /// what it asks of new devices, as far as the settings do not say. Gives the names of the copies.
    ///
    /// # Errors
    /// A file can't be read or written, or the server has no key.
    pub fn copy(
        &self,
        home: &Home,
        settings: &Path,
        join_key: Option<[u8; 32]>,
    ) -> Result<Vec<&'static str>, ConfigError> {
        let mut copied = Vec::new();
        let key = home.server_key();
        if !self.copy_file(key.path(), KEY)? {
            return Err(ConfigError::Read { path: key.path().to_owned(), source: io::ErrorKind::NotFound.into() });
        }
        copied.push(KEY);
        for (from, name) in [(home.banned().path(), BANNED), (Audit::of(home).path(), AUDIT), (settings, SETTINGS)] {
            if self.copy_file(from, name)? {
                copied.push(name);
            }
        }
        let named = Settings::read(settings)?;
        for (key, name) in NAMED {
            let from = named.serve().iter().find(|setting| setting.key == key).and_then(|set| set.values.first());
            if let Some(from) = from
                && self.copy_file(Path::new(from), name)?
            {
                copied.push(name);
            }
        }
        if let Some(join_key) = join_key.filter(|_| !copied.contains(&JOIN_KEY)) {
            self.write(JOIN_KEY, keys::join_key_text(&join_key).as_bytes())?;
            copied.push(JOIN_KEY);
        }
        Ok(copied)
    }

    /// Ends the backup: it is all there, and durable.
    ///
    /// # Errors
    /// The folder can't be renamed.
    pub fn finish(self) -> Result<(), ConfigError> {
        // Where a folder is not renamed over an empty one (Windows), that one goes first.
        let _ = fs::remove_dir(&self.to);
        sync_names(&self.partial)
            .and_then(|()| fs::rename(&self.partial, &self.to))
            .and_then(|()| sync_names(above(&self.to)))
            .map_err(|source| ConfigError::Write { path: self.to.clone(), source })
    }

    fn copy_file(&self, from: &Path, name: &str) -> Result<bool, ConfigError> {
        let Some(octets) = octets(from)? else { return Ok(false) };
        self.write(name, &octets)?;
        Ok(true)
    }

    fn write(&self, name: &str, octets: &[u8]) -> Result<(), ConfigError> {
        write_new(&self.partial.join(name), octets)
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        // It is not there any more once it was finished.
        let _ = fs::remove_dir_all(&self.partial);
    }
}

/// What was put into a home of a backup, beside the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Files that were written.
    pub written: Vec<PathBuf>,
    /// Files that were there, say something else, and stay.
    pub kept: Vec<PathBuf>,
    /// Files that no setting names: the flag that does, and where the file is.
    pub unnamed: Vec<(&'static str, PathBuf)>,
}

/// Whether that folder is a backup, and this home has no server of another key. Changes nothing.
///
/// # Errors
/// It is none, or the home has another server.
pub fn may_restore(from: &Path, home: &Home) -> Result<(), ConfigError> {
    let Some(wanted) = KeyFile::new(from.join(KEY), "server").stored()? else {
        return Err(ConfigError::NoBackup { path: from.to_owned(), file: KEY });
    };
    let there = home.server_key();
    match there.stored()? {
        Some(key) if key != wanted => Err(ConfigError::Inhabited(there.path().to_owned())),
        Some(_) | None => Ok(()),
    }
}

/// Puts what makes the server itself, beside its store, into this home. A file of settings that a person has written stays.
///
/// # Errors
/// A file can't be read or written.
pub fn restore(from: &Path, home: &Home, settings: &Path) -> Result<Restored, ConfigError> {
    let mut done = Restored { written: Vec::new(), kept: Vec::new(), unnamed: Vec::new() };
    let key = home.server_key();
    done.put(&from.join(KEY), key.path())?;
    done.put(&from.join(BANNED), home.banned().path())?;
    done.put(&from.join(AUDIT), Audit::of(home).path())?;
    if file::read(settings)?.is_some_and(|text| text == DEFAULT) {
        fs::remove_file(settings).map_err(|source| ConfigError::Write { path: settings.to_owned(), source })?;
    }
    done.put(&from.join(SETTINGS), settings)?;
    let named = Settings::read(settings)?;
    for (key, name) in NAMED {
        let set = named.serve().iter().find(|setting| setting.key == key).and_then(|set| set.values.first());
        let to = set.map_or_else(|| home.server_file(name), PathBuf::from);
        if done.put(&from.join(name), &to)? && set.is_none() {
            done.unnamed.push((key, to));
        }
    }
    Ok(done)
}

impl Restored {
    /// Copies a file to where none is. False if there is none to be copied.
    fn put(&mut self, from: &Path, to: &Path) -> Result<bool, ConfigError> {
        let Some(new) = octets(from)? else { return Ok(false) };
        let _lock = Lock::of(to)?;
        match octets(to)? {
            None => {
                write_new(to, &new)?;
                self.written.push(to.to_owned());
            }
            Some(old) if old == new => {}
            Some(_) => self.kept.push(to.to_owned()),
        }
        Ok(true)
    }
}

/// What is in a file; `None` if there is no such file.
fn octets(path: &Path) -> Result<Option<Vec<u8>>, ConfigError> {
    match fs::read(path) {
        Ok(octets) => Ok(Some(octets)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

/// Writes a new file for its owner only, durably.
fn write_new(path: &Path, octets: &[u8]) -> Result<(), ConfigError> {
    private()
        .create_new(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(octets)?;
            file.sync_all()
        })
        .and_then(|()| sync_names(above(path)))
        .map_err(|source| ConfigError::Write { path: path.to_owned(), source })
}
