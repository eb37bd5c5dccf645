//! A little space for what operators do on a disk that is full: bans and the record of acts are files of their own, which the store's
//! reserve does not help.

use std::path::{Path, PathBuf};

use chinwag_files::{fill, folder, private};

use super::{ConfigError, Home};

/// Space for dozens of acts, and for a list of bans to be written anew.
const LEN: u64 = 256 << 10;

/// The file that holds the space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spare {
    path: PathBuf,
}

impl Spare {
    /// The space of the server in this home.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self::new(&home.server_data())
    }

    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join("acts.reserve") }
    }

    /// Does something that takes a little space; where the disk has none, with what is held back.
    ///
    /// # Errors
    /// As `act` fails, if it does so with the space that was held back, too.
    pub fn on_full_disk<T>(&self, mut act: impl FnMut() -> Result<T, ConfigError>) -> Result<T, ConfigError> {
        match act() {
            Err(error) if error.is_want_of_room() && self.release() => act(),
            done => {
                self.hold();
                done
            }
        }
    }

    /// Takes the space, where it is not taken yet and there is enough.
    pub fn hold(&self) {
        if self.len() >= LEN {
            return;
        }
        let held = self.path.parent().map_or(Ok(()), folder).and_then(|()| private().open(&self.path));
        // A part of it is left to others: it is no use here.
        if let Err(error) = held.and_then(|file| fill(&file, LEN).inspect_err(|_| drop(file.set_len(0)))) {
            log::debug!("{}: {error}; nothing is held back for operators' acts", self.path.display());
        }
    }

    /// Gives up the space. Whether there was any.
    fn release(&self) -> bool {
        self.len() > 0 && private().open(&self.path).and_then(|file| file.set_len(0)).is_ok()
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_is_given_to_an_act_that_finds_none_and_taken_again_by_a_later_one() {
        let dir = tempfile::tempdir().expect("a folder");
        let spare = Spare::new(dir.path());
        let full = || ConfigError::Write {
            path: PathBuf::new(),
            source: std::io::Error::from(std::io::ErrorKind::StorageFull),
        };
        assert!(spare.on_full_disk(|| Err::<(), _>(full())).is_err(), "there is nothing to give yet");
        spare.on_full_disk(|| Ok(())).expect("done");
        assert_eq!(spare.len(), LEN);
        spare.on_full_disk(|| if spare.len() > 0 { Err(full()) } else { Ok(()) }).expect("with what was held back");
        assert_eq!(spare.len(), 0);
        let mut tries = 0;
        let failed = spare.on_full_disk(|| {
            tries += 1;
            Err::<(), _>(ConfigError::NoHome)
        });
        assert!(failed.is_err() && tries == 1, "what space does not help is not tried again");
        assert_eq!(spare.len(), LEN);
    }
}
