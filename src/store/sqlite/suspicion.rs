//! What readers tell the writer of the index of words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody who only reads has found the index damaged. It is shared with the writer, who makes it anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Suspicion(Arc<AtomicBool>);

impl Suspicion {
    pub(super) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn dispel(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
