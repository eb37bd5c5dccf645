//! Space on the disk for deletions and for whoever looks after the server, when all else is full.
//!
//! A file beside the database holds it. When a batch meets a full disk the file is emptied, and from then on nothing is taken that
//! makes the store larger: what removes something, and what an operator does, has the space to itself. Once there is twice as much
//! on the disk again, the file is filled, and everything is taken as before.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use chinwag_files::{above, private};

/// The file.
const FILE: &str = "chinwag.reserve";

/// Its length on a large disk: what a checkpoint of the longest log may add to the database (see `CHECKPOINT_PAGES`), and half
/// as much for what is to be done then.
const LEN: u64 = if cfg!(test) { 1 << 20 } else { 24 << 20 };

/// On a small disk it takes no more than this part.
const PART_OF_DISK: u64 = 8;

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
    /// It was given up, for what may use it.
    Released,
    /// It can't be had here, and that was said. A full disk refuses everything.
    None,
}

impl Reserve {
    /// In a store's directory, which nobody else uses. Where hardly anything is left on the disk, it is given up at once, since
    /// already to open a store takes space.
    pub(super) fn of(directory: &Path) -> Self {
        let mut reserve = Self { path: directory.join(FILE), state: State::Released };
        let disk = disk(directory);
        let held = std::fs::metadata(&reserve.path).map_or(0, |file| file.len());
        if held < disk.reserve() {
            reserve.retake();
        } else if disk.free < disk.reserve() / 4 {
            reserve.state = State::Held;
            reserve.release();
        } else {
            reserve.state = State::Held;
        }
        reserve
    }

    /// How much was held back, if it is in use now: nothing may be taken that only makes the store larger.
    pub(super) fn released(&self) -> Option<u64> {
        (self.state == State::Released).then(|| disk(above(&self.path)).reserve())
    }

    /// The disk is full. Gives whether there is some space now that was not there before.
    pub(super) fn release(&mut self) -> bool {
        if self.state != State::Held {
            return false;
        }
        match private().open(&self.path).and_then(|file| file.set_len(0)) {
            Ok(()) => self.state = State::Released,
            Err(error) => self.give_up(&error),
        }
        self.state == State::Released
    }

    /// Takes the space again, if there is enough of it.
    pub(super) fn retake(&mut self) {
        if self.state != State::Released {
            return;
        }
        let disk = disk(above(&self.path));
        if disk.free < 2 * disk.reserve() {
            return;
        }
        match private().open(&self.path).and_then(|file| fill(&file, disk.reserve())) {
            Ok(()) => self.state = State::Held,
            // Somebody else was quicker. What there is of it is no use.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                let _ = private().open(&self.path).and_then(|file| file.set_len(0));
            }
            Err(error) => self.give_up(&error),
        }
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

/// Makes a file as long as this, with all of its space taken.
fn fill(file: &File, len: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, len) {
        Ok(()) => return Ok(()),
        // Some file systems can't.
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    chinwag_files::fill(file, len)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_reserve_is_held_released_and_taken_again() {
        let home = tempfile::tempdir().expect("a directory");
        let len = || std::fs::metadata(home.path().join(FILE)).expect("it is there").len();
        let mut reserve = Reserve::of(home.path());
        assert!(reserve.released().is_none() && len() == LEN);
        assert!(reserve.release() && reserve.released().is_some() && len() == 0);
        assert!(!reserve.release(), "there is no more of it");
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
    fn a_file_that_is_filled_octet_by_octet_is_as_long_as_it_was_to_be() {
        let mut file = tempfile::tempfile().expect("a file");
        fill(&file, 10_000).expect("room");
        file.flush().expect("flushed");
        assert_eq!(file.metadata().expect("its metadata").len(), 10_000);
    }
}
