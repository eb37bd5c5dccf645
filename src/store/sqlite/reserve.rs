//! Space on the disk for deletions and for whoever looks after the server, when all else is full.
//!
//! A file beside the database holds it. When something meets a full disk a slice of the file is given up, and from then on nothing
//! is taken that makes the store larger: what removes something, and what an operator does, has the rest to itself, slice by slice, since
//! others may take what was given up and not used at once. The last part is for opening the store: a server whose disk is full can be
//! started again. Once there is twice as much on the disk again, the file is filled, and everything is taken as before.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use chinwag_files::{above, private};

/// The file.
const FILE: &str = "chinwag.reserve";

/// Its length on a large disk: what a checkpoint of the longest log may add to the database (see `CHECKPOINT_PAGES`), and half
/// as much for what is to be done then.
const LEN: u64 = if cfg!(test) { 1 << 20 } else { 24 << 20 };

/// On a small disk it takes no more than this part.
const PART_OF_DISK: u64 = 8;

/// It is given up in so many slices, since others may take what is not used at once.
const SLICES: u64 = 64;

/// The last of them only to open the store, or to end it.
const SLICES_TO_OPEN: u64 = 8;

/// What a part of the space is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// A batch, and what moves batches to the database.
    Batches,
    /// What begins with the store, or ends it.
    Opening,
}

/// The space, or that it is in use.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The file has it.
    Held,
    /// A part of it was given up, for what may use it.
    Released,
    /// It can't be had here, and that was said. A full disk refuses everything.
    None,
}

impl Reserve {
    /// In a store's directory, which nobody else uses.
    pub(super) fn of(directory: &Path) -> Self {
        let mut reserve = Self { path: directory.join(FILE), state: State::Released };
        if reserve.len() >= disk(directory).reserve() {
            reserve.state = State::Held;
        } else {
            reserve.retake();
        }
        reserve
    }

    /// How much there is of it, here and on the disk, if it is in use now: nothing may be taken that only makes the store larger.
    pub(super) fn released(&self) -> Option<u64> {
        let left = || {
            let disk = disk(above(&self.path));
            disk.reserve().min(disk.free.saturating_add(self.len()))
        };
        (self.state == State::Released).then(left)
    }

    /// The disk is full. Gives whether there is some space now that was not there before.
    pub(super) fn release(&mut self, what_for: For) -> bool {
        if self.state == State::None {
            return false;
        }
        let (slice, len) = (self.slice(), self.len());
        let kept = match what_for {
            For::Batches => SLICES_TO_OPEN * slice,
            For::Opening => 0,
        };
        // Also where there is nothing to give: the disk is full.
        self.state = State::Released;
        if len <= kept {
            return false;
        }
        match private().open(&self.path).and_then(|file| file.set_len(len.saturating_sub(slice).max(kept))) {
            Ok(()) => true,
            Err(error) => {
                self.give_up(&error);
                false
            }
        }
    }

    /// Takes the space again, if there is enough of it.
    pub(super) fn retake(&mut self) {
        if self.state != State::Released {
            return;
        }
        let disk = disk(above(&self.path));
        let held = self.len();
        if disk.free < 2 * disk.reserve() {
            return;
        }
        match self.extend(disk.reserve().saturating_sub(held)) {
            Ok(()) => self.state = State::Held,
            // Somebody else was quicker.
            Err(error) if chinwag_files::is_want_of_room(&error) => {}
            Err(error) => self.give_up(&error),
        }
    }

    /// Takes what came free again, slice by slice. The last slice is wanting, so that the next process knows, too, that the disk is full,
    /// until there is twice as much.
    pub(super) fn regain(&mut self) {
        let (slice, whole) = (self.slice(), disk(above(&self.path)).reserve());
        while self.state == State::Released && self.len() + slice < whole {
            if self.extend(slice).is_err() {
                return;
            }
        }
    }

    /// Makes the file longer, or leaves it as it is.
    fn extend(&self, by: u64) -> io::Result<()> {
        if by == 0 {
            return Ok(());
        }
        let mut file = private().open(&self.path)?;
        let len = file.seek(SeekFrom::End(0))?;
        fill(&file, len, by).inspect_err(|_| drop(file.set_len(len)))
    }

    fn slice(&self) -> u64 {
        disk(above(&self.path)).reserve() / SLICES
    }

    fn len(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    fn give_up(&mut self, error: &io::Error) {
        log::warn!("{}: {error}; nothing is held back for a disk that is full", self.path.display());
        self.state = State::None;
    }
}

/// How large a disk is, and how much of it may still be used.
#[derive(Clone, Copy, Debug)]
struct Disk {
    len: u64,
    free: u64,
}

impl Disk {
    /// How much of it is held back.
    const fn reserve(self) -> u64 {
        let part = self.len / PART_OF_DISK;
        if part < LEN { part } else { LEN }
    }
}

#[cfg(target_os = "linux")]
fn disk(directory: &Path) -> Disk {
    let stat = rustix::fs::statvfs(directory);
    stat.map_or(Disk::UNKNOWN, |stat| Disk { len: stat.f_blocks * stat.f_frsize, free: stat.f_bavail * stat.f_frsize })
}

/// Whether there is enough turns out by trying.
#[cfg(not(target_os = "linux"))]
fn disk(_: &Path) -> Disk {
    Disk::UNKNOWN
}

impl Disk {
    const UNKNOWN: Self = Self { len: u64::MAX, free: u64::MAX };
}

/// Makes a file of such a length longer by so much, with all of its space taken. It is written at its end.
fn fill(file: &File, len: u64, by: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), len, by) {
        Ok(()) => return Ok(()),
        // Some file systems can't.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    #[cfg(not(target_os = "linux"))]
    let _ = len;
    chinwag_files::fill(file, by)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const SLICE: u64 = LEN / SLICES;

    #[test]
    fn a_reserve_is_held_released_by_slices_and_taken_again() {
        let home = tempfile::tempdir().expect("a directory");
        let len = || std::fs::metadata(home.path().join(FILE)).expect("it is there").len();
        let mut reserve = Reserve::of(home.path());
        assert!(reserve.released().is_none() && len() == LEN);
        assert!(reserve.release(For::Batches) && reserve.released().is_some());
        assert_eq!(len(), LEN - SLICE, "who is quicker gets no more of it");
        assert_eq!((0..100).take_while(|_| reserve.release(For::Batches)).count() as u64, SLICES - SLICES_TO_OPEN - 1);
        assert_eq!(len(), SLICES_TO_OPEN * SLICE, "the last part is for opening the store");
        assert_eq!((0..100).take_while(|_| reserve.release(For::Opening)).count() as u64, SLICES_TO_OPEN);
        assert_eq!(len(), 0);
        reserve.regain();
        assert!(
            reserve.released().is_some() && len() == LEN - SLICE,
            "it is held, and the disk may be full all the same"
        );
        reserve.retake();
        assert!(reserve.released().is_none() && len() == LEN);
        assert!(Reserve::of(home.path()).released().is_none(), "the next process finds it");
    }

    #[test]
    fn a_small_disk_keeps_most_of_its_space() {
        let disk = |len| Disk { len, free: len };
        assert_eq!(disk(LEN).reserve(), LEN / PART_OF_DISK);
        assert_eq!(disk(LEN * PART_OF_DISK).reserve(), LEN);
        assert_eq!(disk(u64::MAX).reserve(), LEN);
    }

    #[test]
    fn a_file_that_is_filled_is_as_long_as_it_was_to_be() {
        let mut file = tempfile::tempfile().expect("a file");
        fill(&file, 0, 10_000).expect("room");
        file.seek(SeekFrom::End(0)).expect("its end");
        fill(&file, 10_000, 5_000).expect("room");
        file.flush().expect("flushed");
        assert_eq!(file.metadata().expect("its metadata").len(), 15_000);
    }
}
