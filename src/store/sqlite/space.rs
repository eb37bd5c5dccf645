//! What the store does where the disk has no room, and when it has some again.

use super::{Sqlite, accounts};

impl Sqlite {
    /// The disk is full: gives up what is held back for that. `false`: there is nothing more.
    pub(super) fn give_way(&mut self) -> bool {
        let has_given = self.reserve.release();
        self.note_reserve();
        if has_given {
            log::warn!("the disk is full: what was held back is for deletions, and for whoever looks after the server");
        }
        has_given
    }

    /// Whether it is as before again.
    pub(super) fn take_back(&mut self) {
        if self.memo.tight.is_on() {
            self.reserve.retake();
            self.note_reserve();
        }
    }

    /// What is held back is in use from now on, or is not any more.
    pub(super) fn note_reserve(&mut self) {
        let conn = &self.conn;
        self.memo.tight.set(self.reserve.released(), || {
            accounts::count(conn).unwrap_or_else(|error| {
                log::warn!("the accounts can't be counted, which share what is held back: {error}");
                u64::MAX
            })
        });
    }
}
