//! A little space for what operators do on a disk that is full: bans and the record of acts are files of their own, which the store's
//! reserve does not help.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use chinwag_files::{fill, folder, private};

use super::{ConfigError, Home};

/// Space for thousands of acts, and for a list of bans to be written anew.
const LEN: u64 = 256 << 10;

/// So much of it is given up at a time, a block of most file systems: who else fills the disk gets no more of it than an act leaves.
const SLICE: u64 = 4 << 10;

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
        let mut has_released = false;
        loop {
            match act() {
                Err(error) if error.is_want_of_room() && self.release() => has_released = true,
                done => {
                    // Also what did not help.
                    if !has_released || done.is_err() {
                        self.hold();
                    }
                    return done;
                }
            }
        }
    }

    /// Takes the space, where it is not taken yet, as far as there is enough.
    pub fn hold(&self) {
        if self.len() >= LEN {
            return;
        }
        let held = self.path.parent().map_or(Ok(()), folder).and_then(|()| private().open(&self.path));
        if let Err(error) = held.and_then(|file| extend(&file)) {
            log::debug!("{}: {error}; nothing is held back for operators' acts", self.path.display());
        }
    }

    /// Gives up a slice of the space. Whether there was any.
    fn release(&self) -> bool {
        let len = self.len();
        len > 0 && private().open(&self.path).and_then(|file| file.set_len(len.saturating_sub(SLICE))).is_ok()
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}

/// Makes the file as long as it is to be, as far as there is room.
fn extend(mut file: &File) -> io::Result<()> {
    let mut len = file.seek(SeekFrom::End(0))?;
    while len < LEN {
        let more = SLICE.min(LEN - len);
        // A part of a slice is no use here.
        fill(file, more).inspect_err(|_| drop(file.set_len(len)))?;
        len += more;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_space_is_given_to_an_act_that_finds_none_and_taken_again_by_a_later_one() {
        let dir = tempfile::tempdir().expect("a folder");
        let spare = Spare::new(dir.path());
        let full = || ConfigError::Write { path: PathBuf::new(), source: io::Error::from(io::ErrorKind::StorageFull) };
        assert!(spare.on_full_disk(|| Err::<(), _>(full())).is_err(), "there is nothing to give yet");
        spare.on_full_disk(|| Ok(())).expect("done");
        assert_eq!(spare.len(), LEN);
        let needs = |most| move |spare: &Spare| if spare.len() > most { Err(full()) } else { Ok(()) };
        spare.on_full_disk(|| needs(LEN - 1)(&spare)).expect("with what was held back");
        assert_eq!(spare.len(), LEN - SLICE, "others get no more of it than it needed");
        spare.on_full_disk(|| needs(LEN - 3 * SLICE)(&spare)).expect("with more of it");
        assert_eq!(spare.len(), LEN - 3 * SLICE);
        spare.on_full_disk(|| needs(0)(&spare)).expect("with all of it");
        assert_eq!(spare.len(), 0);
        assert!(spare.on_full_disk(|| Err::<(), _>(full())).is_err(), "there is no more");
        let mut tries = 0;
        let failed = spare.on_full_disk(|| {
            tries += 1;
            Err::<(), _>(ConfigError::NoHome)
        });
        assert!(failed.is_err() && tries == 1, "what space does not help is not tried again");
        assert_eq!(spare.len(), LEN);
    }
}
