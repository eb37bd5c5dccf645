//! A backup becomes a store again: copied, looked over, marked as a copy, and only then under the name of a store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::meta::set;
use super::open::{DataFolder, LOCK, OpenError, check_current, database, is_of_store};
use super::reader::Reader;
use super::ring::Rings;
use super::suspicion::Suspicion;
use chinwag_files::{above, folder, private};

/// What a copy is called until it is known to be sound.
const PARTIAL: &str = "restored.partial";

/// A copy of a backup that is no store yet, in a directory that is this process's.
pub struct Restoring {
    home: DataFolder,
    partial: PathBuf,
    /// Folders that were not there before, the innermost first.
    made: Vec<PathBuf>,
    is_finished: bool,
}

impl Restoring {
    /// Copies a backup into a directory that has no store, and looks it over. All of its logs will have new identities: what was
    /// said after it was made is not in it, and its numbers will be given again.
    ///
    /// # Errors
    /// See [`OpenError`]; also where there is a store, or anything of one.
    pub fn begin(from: &Path, directory: &Path) -> Result<Self, OpenError> {
        let of_file = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::File { path, source }
        };
        let above_it = std::iter::successors(Some(directory), |path| Some(above(path)));
        let made = above_it.take_while(|path| !path.exists()).map(Path::to_owned).collect();
        folder(directory).map_err(of_file(directory))?;
        let home = DataFolder::look_into(directory)?;
        let restoring = Self { home, partial: directory.join(PARTIAL), made, is_finished: false };
        for inside in fs::read_dir(directory).map_err(of_file(directory))? {
            let inside = inside.map_err(of_file(directory))?;
            // A log without its database would be taken for the new one's.
            if is_of_store(&inside.file_name()) {
                return Err(OpenError::Exists(inside.path()));
            }
        }
        copy(from, &restoring.partial).map_err(of_file(from))?;
        restoring.look_over(from)?;
        Ok(restoring)
    }

    /// Whether it is a sound store of a version that is understood; from now on it is a copy.
    fn look_over(&self, from: &Path) -> Result<(), OpenError> {
        let failed = |source| of_backup(from, database(from, source));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.partial, flags).map_err(failed)?;
        check_current(&conn, from).map_err(|error| of_backup(from, error))?;
        // Nothing is left beside it that would have to go with it.
        conn.pragma_update(None, "journal_mode", "memory").map_err(failed)?;
        let reader = Reader { conn, rings: Rings::default(), suspicion: Suspicion::default(), _alone: None };
        let damaged = |why: String| of_backup(from, OpenError::Damaged { path: from.to_owned(), why });
        let wrong = reader.verify().map_err(|error| damaged(error.to_string()))?;
        if let Some(first) = wrong.into_iter().next() {
            return Err(damaged(first));
        }
        set(&reader.conn, "is_copy", 1).map_err(failed)?;
        reader.conn.close().map_err(|(_, error)| failed(error))?;
        let synced = File::open(&self.partial).and_then(|file| file.sync_all());
        synced.map_err(|source| OpenError::File { path: self.partial.clone(), source })
    }

    /// Makes a store of it, durably.
    ///
    /// # Errors
    /// [`OpenError::File`]
    pub fn finish(mut self) -> Result<(), OpenError> {
        let renamed = fs::rename(&self.partial, &self.home.database);
        renamed.map_err(|source| OpenError::File { path: self.home.database.clone(), source })?;
        self.is_finished = true;
        self.home.sync_names()
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        // It has another name by now, or is none.
        let _ = fs::remove_file(&self.partial);
        if let (false, Some(directory)) = (self.is_finished, self.made.first()) {
            // Nothing is left of a home that did not come about. What somebody else has put there stays.
            let _ = fs::remove_file(directory.join(LOCK));
            self.made.iter().map_while(|made| fs::remove_dir(made).ok()).for_each(drop);
        }
    }
}

/// What is wrong with a backup, in words for whoever wants to restore it; those of SQLite are for the log.
fn of_backup(from: &Path, error: OpenError) -> OpenError {
    if let OpenError::Damaged { why, .. } = &error {
        log::debug!("{} is damaged: {why}", from.display());
        return OpenError::DamagedBackup(from.to_owned());
    }
    error
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = private().open(to)?;
    // One that a process left which came no further.
    copy.set_len(0)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{Durability, FILE, Sqlite};

    fn backup(scratch: &Path) -> PathBuf {
        let store = Sqlite::open(&scratch.join("old"), Durability::Fsync, [1; 32]).expect("a store");
        let to = scratch.join("copy.db");
        store.reader().expect("a reader").backup(&to).expect("a copy");
        to
    }

    #[test]
    fn a_backup_is_a_store_only_once_it_is_finished() {
        let scratch = tempfile::tempdir().expect("a folder");
        let (copy, new) = (backup(scratch.path()), scratch.path().join("new"));
        drop(Restoring::begin(&copy, &new).expect("sound"));
        assert!(!new.join(FILE).exists() && !new.join(PARTIAL).exists());
        let restoring = Restoring::begin(&copy, &new).expect("sound");
        assert!(matches!(Sqlite::open(&new, Durability::Fsync, [2; 32]), Err(OpenError::InUse(_))));
        restoring.finish().expect("renamed");
        drop(Sqlite::open(&new, Durability::Fsync, [2; 32]).expect("a store"));
        assert!(matches!(Restoring::begin(&copy, &new), Err(OpenError::Exists(_))));
    }

    #[test]
    fn what_is_left_of_a_store_is_not_mixed_with_another() {
        let scratch = tempfile::tempdir().expect("a folder");
        let (copy, new) = (backup(scratch.path()), scratch.path().join("new"));
        fs::create_dir(&new).expect("made");
        fs::write(new.join(format!("{FILE}-wal")), "of another").expect("written");
        assert!(matches!(Restoring::begin(&copy, &new), Err(OpenError::Exists(_))));
    }

    #[test]
    fn a_damaged_or_foreign_file_does_not_become_a_store() {
        let scratch = tempfile::tempdir().expect("a folder");
        let (copy, new) = (backup(scratch.path()), scratch.path().join("new"));
        let mut octets = fs::read(&copy).expect("readable");
        let middle = octets.len() / 2;
        octets[middle..middle + 2_048].fill(0xa5);
        fs::write(&copy, octets).expect("written");
        assert!(matches!(Restoring::begin(&copy, &new), Err(OpenError::DamagedBackup(_))));
        assert!(!new.exists(), "nothing is left of it");
        let other = scratch.path().join("empty.db");
        fs::write(&other, "").expect("written");
        assert!(matches!(Restoring::begin(&other, &new), Err(OpenError::Foreign(_))));
        assert!(!new.join(FILE).exists());
    }
}
