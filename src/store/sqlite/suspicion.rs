//! What readers tell the writer of the index of words.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::InterruptHandle;

/// Whether somebody who only reads has found the index damaged. It is shared with the writer, who makes it anew.
#[derive(Clone, Default)]
pub(super) struct Suspicion(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_raised: AtomicBool,
    /// The reader that looks over the index.
    check: Mutex<Check>,
}

/// How far a check is, for the writer, which does not wait for it at its end.
#[derive(Default)]
enum Check {
    #[default]
    None,
    UnderWay(InterruptHandle),
    NotWanted,
}

impl Suspicion {
    pub(super) fn raise(&self) {
        self.0.is_raised.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_raised(&self) -> bool {
        self.0.is_raised.load(Ordering::Relaxed)
    }

    pub(super) fn dispel(&self) {
        self.0.is_raised.store(false, Ordering::Relaxed);
    }

    /// A check begins. Gives whether it is wanted still.
    pub(super) fn begin_check(&self, handle: InterruptHandle) -> bool {
        let mut check = self.0.check.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = !matches!(*check, Check::NotWanted);
        if is_wanted {
            *check = Check::UnderWay(handle);
        }
        is_wanted
    }

    /// The store ends: a check that is under way ends, too, and none begins.
    pub(super) fn end_check(&self) {
        let mut check = self.0.check.lock().unwrap_or_else(PoisonError::into_inner);
        if let Check::UnderWay(handle) = std::mem::replace(&mut *check, Check::NotWanted) {
            handle.interrupt();
        }
    }
}
