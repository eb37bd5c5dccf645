//! What deleted texts leave behind in the index of words.
//!
//! FTS5 only notes that a row is gone: its words stay in the segment where they are until that is merged with others, which may
//! be never. A run merges all segments there are, in steps. Whether there is anything to do is written down (in `meta`), so
//! that a run goes on after a restart, and none begins without need.

use rusqlite::{Connection, Result};

use super::batch::Batch;
use super::meta::{number, set};
use crate::Outcome;

/// Pages of the index (4 KiB each) that a step merges, about. Few in tests, so that they see more than one step.
const STEP_PAGES: i64 = if cfg!(test) { 1 } else { 16 };

const KEY: &str = "residue";
/// Something was deleted since the last run began. That holds for a store that says nothing, too: it has had no run yet.
const SOME: i64 = 1;
/// A run is under way.
const RUN: i64 = 2;

/// A row was taken out of the index.
pub(super) fn arises(conn: &Connection) -> Result<()> {
    conn.prepare_cached("UPDATE meta SET value = value | 1 WHERE key = 'residue' AND value & 1 = 0")?
        .execute(())
        .map(drop)
}

/// All of it at once, in a store that nobody else uses.
pub(super) fn remove_all(conn: &Connection) -> Result<()> {
    if number(conn, KEY, SOME)? != 0 {
        conn.execute("INSERT INTO words (words) VALUES ('optimize')", ())?;
        set(conn, KEY, 0)?;
    }
    Ok(())
}

impl Batch<'_> {
    /// A step of a run; the first if none is under way and there is need. What is deleted while a run is under way is for the
    /// next one, so that every run comes to its end.
    pub(super) fn compact(&mut self) -> Result<Outcome> {
        let state = number(self.conn, KEY, SOME)?;
        let (is_under_way, is_needed) = (state & RUN != 0, state & SOME != 0);
        let is_more = match (is_under_way, is_needed) {
            (true, _) => self.merge(STEP_PAGES)?,
            // Below zero: whatever there is becomes one merge.
            (false, true) => self.merge(-STEP_PAGES)?,
            (false, false) => return Ok(Outcome::Compacted { is_more: false }),
        };
        let left = if is_under_way { state & SOME } else { 0 };
        set(self.conn, KEY, left | if is_more { RUN } else { 0 })?;
        // What was freed is still in the file's log.
        self.memo.is_log_stale |= !is_more;
        Ok(Outcome::Compacted { is_more })
    }

    /// Merges about so many pages. Whether there is more to merge.
    pub(super) fn merge(&self, pages: i64) -> Result<bool> {
        let before = self.conn.total_changes();
        self.conn.prepare_cached("INSERT INTO words (words, rank) VALUES ('merge', ?1)")?.execute([pages])?;
        // One change is this statement itself (FTS5 documentation, "The 'merge' Command").
        Ok(self.conn.total_changes() - before >= 2)
    }
}
