//! What the store does where the disk has no room, and when it has some again.

use rusqlite::{Connection, Result};

use super::open::may_want_room;
use super::reserve::For;
use super::{Sqlite, accounts};
use crate::{PRUNE_MAX, StoreError, Write};

/// Bodies that are removed at a time where the disk has room for the fewest.
const PRUNE_MIN: u64 = PRUNE_MAX / 64;

impl Sqlite {
    /// Begins, also where the disk is full: what came free by that is held back again at once, for the next time.
    pub(super) fn begin(&mut self) -> Result<()> {
        let begun = loop {
            match self.start_mended() {
                Err(error) if may_want_room(&error) && self.give_way(For::Opening) => {}
                begun => break begun,
            }
        };
        // Also what did not help.
        self.reserve.regain();
        self.note_reserve();
        begun
    }

    /// Does something with what is held back, where the disk is full.
    pub(super) fn with_room<T>(&mut self, what_for: For, act: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        loop {
            match act(&self.conn) {
                Err(error) if may_want_room(&error) && self.give_way(what_for) => {}
                done => return done,
            }
        }
    }

    /// The disk is full: gives up a part of what is held back for that. `false`: there is nothing more.
    pub(super) fn give_way(&mut self, what_for: For) -> bool {
        let was_held = self.reserve.released().is_none();
        let has_given = self.reserve.release(what_for);
        self.note_reserve();
        if has_given && was_held {
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
        if !self.memo.tight.is_on() {
            self.memo.prune_max = PRUNE_MAX;
        }
    }

    /// A batch met the full disk, and is undone. Whether there is room now that was not there before, or it is to take less: what others
    /// could take is given up last.
    pub(super) fn makes_room(
        &mut self,
        batch: &[Write],
        has_emptied_log: &mut bool,
    ) -> std::result::Result<bool, StoreError> {
        if self.memo.tight.is_on() && !std::mem::replace(has_emptied_log, true) && self.checkpoint_if_due(1)? {
            return Ok(true);
        }
        Ok(self.prunes_less(batch) || self.give_way(For::Batches))
    }

    /// Whether a batch that met the full disk is to take less, since it removes much at once.
    fn prunes_less(&mut self, batch: &[Write]) -> bool {
        let prunes = batch.iter().any(|write| matches!(write, Write::Prune { .. }));
        let is_less = prunes && self.memo.tight.is_on() && self.memo.prune_max > PRUNE_MIN;
        if is_less {
            self.memo.prune_max /= 8;
        }
        is_less
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
