//! Which files are watched, and what is known of them.

use std::collections::BTreeMap;
use std::ffi::{CString, c_int};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::fault::{Call, Fault};
use crate::next;
use crate::record::{self, Kind};

/// From fcntl(2).
const O_WRONLY: c_int = 1;
const O_CREAT: c_int = 0o100;
const O_APPEND: c_int = 0o2000;
const O_CLOEXEC: c_int = 0o2_000_000;

/// Descriptors that can be watched; the process has far fewer.
const FDS: usize = 4_096;

/// Whether a descriptor is watched. Looked at without the lock: others may be written to by a signal's handler.
static WATCHED: [AtomicBool; FDS] = [const { AtomicBool::new(false) }; FDS];

static WATCH: OnceLock<Mutex<State>> = OnceLock::new();

/// What is known. Held while a call is made, so that what is on record is in the order in which it was done.
pub(crate) struct Watch(MutexGuard<'static, State>);

struct State {
    files: BTreeMap<c_int, (PathBuf, bool)>,
    record: Option<c_int>,
    fault: Fault,
    slow: Duration,
}

/// The folder that is watched.
fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(|| std::env::var_os("POWERCUT_DIR").map(PathBuf::from)).as_deref()
}

/// A path, if it is in the folder.
pub(crate) fn inside(path: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    folder().filter(|folder| path.starts_with(folder)).map(|_| path.to_owned())
}

/// A path, as seen from the folder.
pub(crate) fn relative(path: &Path) -> &str {
    let below = folder().and_then(|folder| path.strip_prefix(folder).ok()).and_then(Path::to_str);
    below.unwrap_or_default()
}

pub(crate) fn is_watched(fd: c_int) -> bool {
    usize::try_from(fd).ok().and_then(|fd| WATCHED.get(fd)).is_some_and(|watched| watched.load(Ordering::Acquire))
}

fn set_watched(fd: c_int, is_watched: bool) {
    if let Some(watched) = usize::try_from(fd).ok().and_then(|fd| WATCHED.get(fd)) {
        watched.store(is_watched, Ordering::Release);
    }
}

impl Watch {
    pub(crate) fn lock() -> Self {
        let state = WATCH.get_or_init(|| Mutex::new(State::of_environment()));
        Self(state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lock, and the name of the file, if it is watched.
    pub(crate) fn of(fd: c_int) -> Option<(Self, PathBuf)> {
        if !is_watched(fd) {
            return None;
        }
        let watch = Self::lock();
        let name = watch.0.files.get(&fd)?.0.clone();
        Some((watch, name))
    }

    pub(crate) fn opened(&mut self, fd: c_int, name: &Path, is_folder: bool) {
        self.0.files.insert(fd, (name.to_owned(), is_folder));
        set_watched(fd, true);
    }

    pub(crate) fn closed(&mut self, fd: c_int) {
        self.0.files.remove(&fd);
        set_watched(fd, false);
    }

    pub(crate) fn is_folder(&self, fd: c_int) -> bool {
        self.0.files.get(&fd).is_some_and(|(_, is_folder)| *is_folder)
    }

    /// Counts a call; whether it fails, and if so has said why.
    pub(crate) fn fails(&mut self, call: Call) -> bool {
        let error = self.0.fault.next(call);
        error.into_iter().for_each(next::set_error);
        error.is_some()
    }

    /// Takes as long as a slow disk.
    #[expect(clippy::disallowed_methods, reason = "what is wanted is the time itself")]
    pub(crate) fn linger(&self) {
        if !self.0.slow.is_zero() {
            std::thread::sleep(self.0.slow);
        }
    }

    pub(crate) fn record(&mut self, kind: Kind, name: &Path, offset: u64, data: &[u8]) {
        if let Some(to) = self.0.record {
            record::append(to, kind, relative(name), offset, data);
        }
    }
}

impl State {
    fn of_environment() -> Self {
        let record = std::env::var("POWERCUT_RECORD").ok().and_then(|path| CString::new(path).ok()).map(|path| {
            // SAFETY: it is a C string.
            let fd = unsafe { next::open(path.as_ptr(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) };
            assert!(fd >= 0, "{path:?} can't be opened");
            fd
        });
        let slow = std::env::var("POWERCUT_SLOW_US").ok().and_then(|us| us.parse().ok()).unwrap_or_default();
        Self { files: BTreeMap::new(), record, fault: Fault::of_environment(), slow: Duration::from_micros(slow) }
    }
}
