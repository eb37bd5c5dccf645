//! Making texts known to search: not each by itself, but many at a time, since an index of words gets its order from large
//! portions and pays for small ones. What is not listed yet is looked at one by one.
//!
//! It is done in steps between batches, each with a bound: long texts of many words take the index many times as long as they
//! take the log, and nobody's message waits for that. The index merges its segments only when it is told to (see
//! `schema_3.sql`), in steps as well, which it would otherwise do in the middle of a commit.

use rusqlite::Result;

use super::batch::{Batch, Memo};
use super::is_contradiction;
use super::open::is_damage;
use super::residue;
use super::snapshot::all;
use crate::entry::{is_text, said};
use crate::text::spaced_words;

/// So many entries that are not listed are enough to list them. Few in tests, so that they see texts on both sides of it.
const DUE_ENTRIES: i64 = if cfg!(test) { 16 } else { 1_024 };
/// So many octets of them are enough, too.
const DUE_BYTES: i64 = 128 << 10;
/// With so many entries that are not listed, it is not waited any longer for a moment in which there is nothing else to do,
const OVERDUE_ENTRIES: i64 = if cfg!(test) { 16 } else { 4_096 };
/// nor with so many octets of them: a search looks at some milliseconds' worth of texts one by one, while a long text that is
/// listed in the middle of a batch holds up everybody's.
const OVERDUE_BYTES: i64 = if cfg!(test) { DUE_BYTES } else { 4 << 20 };
/// So many entries are listed in a step, at most. (What is said of it in `DUE_ENTRIES` holds here.)
const STEP_ENTRIES: i64 = if cfg!(test) { 6 } else { 256 };
/// A step with so many octets takes no further entry. Words of which hardly two are alike cost a tenth of a microsecond
/// each octet: the longest text is what a step may cost.
const STEP_BYTES: i64 = 16 << 10;
/// Pages of the index (4 KiB each) that are merged in a step, about.
const MERGE_PAGES: i64 = 16;

impl Memo {
    /// Whether the index needs anything.
    pub(super) const fn has_to_tend(&self) -> bool {
        !self.is_index_damaged && !self.is_tight && (self.is_to_list() || self.is_to_merge)
    }

    const fn is_to_list(&self) -> bool {
        self.is_listing || self.are_unlisted(DUE_ENTRIES, DUE_BYTES)
    }

    const fn is_overdue(&self) -> bool {
        !self.is_index_damaged && !self.is_tight && self.are_unlisted(OVERDUE_ENTRIES, OVERDUE_BYTES)
    }

    const fn are_unlisted(&self, entries: i64, bytes: i64) -> bool {
        self.taken - self.listed >= entries || self.unlisted_bytes >= bytes
    }
}

impl Batch<'_> {
    /// One step of what the index needs: a step of listing, or one of merging. Gives whether there is more.
    pub(super) fn tend_words(&mut self) -> Result<bool> {
        if self.memo.is_to_list() {
            self.list_some()?;
        } else if self.memo.is_to_merge {
            self.memo.is_to_merge = self.merge(MERGE_PAGES)?;
        }
        Ok(self.memo.has_to_tend())
    }

    /// The same in the middle of a batch, where the index was given no time for long.
    pub(super) fn list_if_overdue(&mut self) -> Result<()> {
        if self.memo.is_overdue() {
            self.list_some()?;
            self.memo.is_to_merge = self.merge(MERGE_PAGES)?;
        }
        Ok(())
    }

    /// Lists the oldest entries that are not listed: as many as a step takes.
    fn list_some(&mut self) -> Result<()> {
        let sql = "SELECT e.id, e.room, e.body, n.body FROM entries e
                   LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
                   WHERE e.id > ?1 AND e.body IS NOT NULL ORDER BY e.id LIMIT ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query((self.memo.listed, STEP_ENTRIES))?;
        let (mut bytes, mut entries, mut last) = (0, 0, self.memo.listed);
        while bytes < STEP_BYTES
            && let Some(row) = rows.next()?
        {
            let own = row.get_ref(2)?.as_blob()?;
            last = row.get(0)?;
            if is_text(own) {
                let newest = row.get_ref(3)?.as_blob_or_null()?.unwrap_or(own);
                self.list(last, row.get(1)?, newest)?;
            }
            bytes += i64::try_from(own.len()).unwrap_or(i64::MAX);
            entries += 1;
        }
        let is_all = bytes < STEP_BYTES && entries < STEP_ENTRIES;
        let memo = &mut *self.memo;
        (memo.listed, memo.is_listing) = (if is_all { memo.taken } else { last }, !is_all);
        memo.unlisted_bytes = if is_all { 0 } else { (memo.unlisted_bytes - bytes).max(0) };
        memo.is_to_merge = true;
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('listed', ?1)";
        self.conn.prepare_cached(sql)?.execute([self.memo.listed]).map(drop)
    }

    /// An entry's text is another now.
    pub(super) fn list_again(&self, id: i64, room: i64, entry: &[u8]) -> Result<()> {
        if id > self.memo.listed || self.memo.is_index_damaged {
            return Ok(());
        }
        self.unlist(id)?;
        self.list(id, room, entry)
    }

    fn list(&self, id: i64, room: i64, entry: &[u8]) -> Result<()> {
        let words = said(entry).map(|text| spaced_words(&text)).unwrap_or_default();
        if words.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO words (rowid, room, text) VALUES (?1, ?2, ?3)";
        self.in_index(self.conn.prepare_cached(sql)?.execute((id, room.to_string(), words))).map(drop)
    }

    pub(super) fn unlist(&self, id: i64) -> Result<()> {
        if id > self.memo.listed || self.memo.is_index_damaged {
            return Ok(());
        }
        let sql = "DELETE FROM words WHERE rowid = ?1";
        if self.in_index(self.conn.prepare_cached(sql)?.execute([id]))? > 0 {
            residue::arises(self.conn)?;
        }
        Ok(())
    }

    /// Notes whether it is the index that is damaged, so that nothing else has to be left out for it.
    fn in_index<T>(&self, result: Result<T>) -> Result<T> {
        self.memo
            .has_met_index_damage
            .set(result.as_ref().is_err_and(|error| is_damage(error) || is_contradiction(error)));
        result
    }

    /// All of a room's entries after the first and up to the second number.
    pub(super) fn unlist_range(&self, range: (i64, i64, i64)) -> Result<()> {
        let sql = "SELECT id FROM entries WHERE room = ?1 AND number > ?2 AND number <= ?3 AND body IS NOT NULL";
        all(self.conn, sql, range, |row| row.get(0))?.into_iter().try_for_each(|id| self.unlist(id))
    }
}
