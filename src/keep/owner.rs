//! Whose the messages in an outbox are. Every program has a file of its own, locked while it runs; the system lets go of the
//! lock when the program is gone, however it went.
//!
//! Whoever makes, tries or removes such a file holds the [`Guard`], so that no file is taken for a dead program's between its
//! making and its locking.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chinwag_files::{folder, private};

/// One program at a time.
pub(super) struct Guard(#[expect(dead_code, reason = "held, not used")] File);

impl Guard {
    /// Waits for it.
    pub(super) fn of(dir: &Path) -> io::Result<Self> {
        let file = private().open(dir.join("lock"))?;
        file.lock()?;
        Ok(Self(file))
    }
}

/// This program, as the owner of messages.
pub(super) struct Owner {
    name: String,
    dir: PathBuf,
    #[expect(dead_code, reason = "its lock says that the owner runs")]
    file: File,
}

impl Owner {
    /// Begins to own. `name` is new in this folder.
    pub(super) fn new(dir: &Path, name: String, _: &Guard) -> io::Result<Self> {
        let owners = dir.join("owners");
        folder(&owners)?;
        let file = private().open(owners.join(&name))?;
        file.lock()?;
        Ok(Self { name, dir: dir.to_owned(), file })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the program of that name is gone.
    pub(super) fn is_gone(dir: &Path, name: &str, _: &Guard) -> io::Result<bool> {
        match File::open(dir.join("owners").join(name)) {
            Ok(file) => is_free(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Removes the files of programs that are gone. Their messages are found by the absence of the file.
    pub(super) fn sweep(dir: &Path, _: &Guard) -> io::Result<()> {
        for entry in fs::read_dir(dir.join("owners"))? {
            let path = entry?.path();
            if is_free(&File::open(&path)?)? {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // If this fails, the next program finds the lock let go.
        if let Ok(_guard) = Guard::of(&self.dir) {
            let _ = fs::remove_file(self.dir.join("owners").join(&self.name));
        }
    }
}

fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
