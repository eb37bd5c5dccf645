//! What the store does where the disk has no room, and when it has some again.

use super::Sqlite;

impl Sqlite {
    /// The disk is full: gives up what is held back for that. `false`: there is nothing more.
    pub(super) fn give_way(&mut self) -> bool {
        let has_given = self.reserve.release();
        self.memo.tight.set(self.reserve.released());
        if has_given {
            log::warn!("the disk is full: what was held back is for deletions, and for whoever looks after the server");
        }
        has_given
    }

    /// Whether it is as before again.
    pub(super) fn take_back(&mut self) {
        if self.memo.tight.is_on() {
            self.reserve.retake();
            self.memo.tight.set(self.reserve.released());
        }
    }
}
