//! Making texts known to search: not each by itself, but many at a time, since an index of words gets its order from large
//! portions and pays for small ones. What is not listed yet is looked at one by one.

use rusqlite::Result;

use super::batch::Batch;
use super::residue;
use super::snapshot::all;
use crate::store::entry::{is_text, said};
use crate::store::text::words;

/// So many entries are listed at once. Few in tests, so that they see texts on both sides of it.
const PORTION: i64 = if cfg!(test) { 16 } else { 1_024 };

impl Batch<'_> {
    /// Lists what has come together, once it is enough.
    pub(super) fn list_if_due(&mut self) -> Result<()> {
        let (listed, taken) = (self.memo.listed, self.memo.taken);
        if taken - listed < PORTION {
            return Ok(());
        }
        let sql = "SELECT e.id, e.room, e.body, n.body FROM entries e
                   LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
                   WHERE e.id > ?1 AND e.body IS NOT NULL ORDER BY e.id";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([listed])?;
        while let Some(row) = rows.next()? {
            let own = row.get_ref(2)?.as_blob()?;
            if is_text(own) {
                let newest = row.get_ref(3)?.as_blob_or_null()?.unwrap_or(own);
                self.list(row.get(0)?, row.get(1)?, newest)?;
            }
        }
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('listed', ?1)";
        self.conn.prepare_cached(sql)?.execute([taken])?;
        self.memo.listed = taken;
        Ok(())
    }

    /// An entry's text is another now.
    pub(super) fn list_again(&self, id: i64, room: i64, entry: &[u8]) -> Result<()> {
        if id > self.memo.listed {
            return Ok(());
        }
        self.unlist(id)?;
        self.list(id, room, entry)
    }

    fn list(&self, id: i64, room: i64, entry: &[u8]) -> Result<()> {
        let words = said(entry).map(|text| words(&text)).unwrap_or_default();
        if words.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO words (rowid, room, text) VALUES (?1, ?2, ?3)";
        self.conn.prepare_cached(sql)?.execute((id, room.to_string(), words.join(" "))).map(drop)
    }

    pub(super) fn unlist(&self, id: i64) -> Result<()> {
        if id > self.memo.listed {
            return Ok(());
        }
        if self.conn.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([id])? > 0 {
            residue::arises(self.conn)?;
        }
        Ok(())
    }

    /// All of a room's entries after the first and up to the second number.
    pub(super) fn unlist_range(&self, range: (i64, i64, i64)) -> Result<()> {
        let sql = "SELECT id FROM entries WHERE room = ?1 AND number > ?2 AND number <= ?3 AND body IS NOT NULL";
        all(self.conn, sql, range, |row| row.get(0))?.into_iter().try_for_each(|id| self.unlist(id))
    }
}
