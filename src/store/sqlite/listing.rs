//! Making texts known to search: not each by itself, but many at a time, since an index of words gets its order from large
//! portions and pays for small ones. What is not listed yet is looked at one by one.
//!
//! It is done in steps between batches, each with a bound: long texts of many words take the index many times as long as they
//! take the log, and nobody's message waits for that. The index merges its segments only when it is told to (see
//! `words.sql`), in steps as well, which it would otherwise do in the middle of a commit.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Result};

use super::batch::{Batch, Memo};
use super::open::{WORDS, is_contradiction, is_damage};
use super::rows::all;
use super::tree;
use super::value::bits;
use super::{damaged, residue, salvage};
use crate::Span;
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

/// The tables of which FTS5 makes the index.
const PARTS: [&str; 4] = ["data", "idx", "docsize", "config"];

impl Memo {
    /// Whether the index needs anything.
    pub(super) const fn has_to_tend(&self) -> bool {
        if self.is_index_damaged {
            return !self.is_index_renewed && !self.tight.is_on();
        }
        !self.tight.is_on() && (self.is_to_list() || self.is_to_merge)
    }

    const fn is_to_list(&self) -> bool {
        self.is_listing || self.are_unlisted(DUE_ENTRIES, DUE_BYTES)
    }

    const fn is_overdue(&self) -> bool {
        !self.is_damage_ahead && self.is_far_behind()
    }

    /// Whether a search would have too much to look at one by one.
    pub(super) const fn is_far_behind(&self) -> bool {
        !self.is_index_damaged && !self.tight.is_on() && self.are_unlisted(OVERDUE_ENTRIES, OVERDUE_BYTES)
    }

    const fn are_unlisted(&self, entries: i64, bytes: i64) -> bool {
        self.taken - self.listed >= entries || self.unlisted_bytes >= bytes
    }
}

/// An entry's place and room, its text, and that of its newest edit.
type Text = ((i64, i64), Vec<u8>, Option<Vec<u8>>);

/// A step's entries, as far as they can be read.
pub(super) struct ReadAround {
    texts: Vec<Text>,
    bytes: i64,
    last: i64,
    /// The places of those that can't be.
    pub(super) unreadable: BTreeSet<i64>,
}

impl ReadAround {
    /// Reads entry by entry. That is done in no transaction: SQLite lets one that has met damage write no more.
    pub(super) fn read(conn: &Connection, memo: &Memo) -> Result<Self> {
        let sql = "SELECT e.room, e.body, n.body FROM entries e
                   LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
                   WHERE e.id = ?1 AND e.body IS NOT NULL";
        let mut around = Self { texts: Vec::new(), bytes: 0, last: memo.listed, unreadable: BTreeSet::new() };
        let end = memo.taken.min(memo.listed.saturating_add(STEP_ENTRIES));
        while around.bytes < STEP_BYTES && around.last < end {
            around.last += 1;
            let id = around.last;
            let text: Result<Text> =
                conn.prepare_cached(sql)?.query_row([id], |row| Ok(((id, row.get(0)?), row.get(1)?, row.get(2)?)));
            match text.optional() {
                Ok(Some(text)) => {
                    around.bytes += octets(&text.1);
                    around.texts.push(text);
                }
                Ok(None) => {}
                Err(error) if is_damage(&error) => drop(around.unreadable.insert(id)),
                Err(error) => return Err(error),
            }
        }
        Ok(around)
    }

    /// What there is to say of it, once: of which rooms they are, as far as that can be read.
    pub(super) fn say(&self, conn: &Connection, memo: &mut Memo) -> Result<()> {
        let is_said = self.last <= memo.passed;
        memo.passed = memo.passed.max(self.last);
        if self.unreadable.is_empty() || is_said {
            return Ok(());
        }
        let spans = damaged::whereabouts(conn, &self.unreadable)?;
        for (room, Span { first, last }) in &spans {
            let room = salvage::called(conn, bits(room.0)).unwrap_or_else(|_| format!("room {room}"));
            log::error!(
                "the store is damaged: messages between {first} and {last} of {room} can't be read, and search leaves them out; the rest \
                 goes on"
            );
        }
        if spans.is_empty() {
            let unreadable = self.unreadable.len();
            log::error!(
                "the store is damaged: {unreadable} messages can't be read, nor of which rooms they are; search leaves them out"
            );
        }
        Ok(())
    }
}

impl Batch<'_> {
    /// One step of what the index needs: a step of listing, or one of merging. Gives whether there is more.
    pub(super) fn tend_words(&mut self) -> Result<bool> {
        if self.memo.is_index_damaged {
            self.renew_index()?;
        } else if self.memo.is_to_list() {
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

    /// Gives up the index for an empty one, from which listing begins anew. Nothing of it is read, so that this works whatever
    /// is damaged.
    fn renew_index(&mut self) -> Result<()> {
        self.memo.is_index_renewed = true;
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'damaged_[0-9]*_words_*'";
        let kept: i64 = self.conn.query_row(sql, (), |row| row.get(0))?;
        self.conn.execute_batch(
            "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'words'; PRAGMA writable_schema = RESET",
        )?;
        for part in PARTS {
            self.conn.execute_batch(&format!("ALTER TABLE words_{part} RENAME TO damaged_{kept}_words_{part}"))?;
        }
        self.conn.execute_batch(WORDS)?;
        let memo = &mut *self.memo;
        memo.suspicion.dispel();
        memo.has_met_index_damage.set(false);
        (memo.is_index_damaged, memo.is_listing, memo.listed) = (false, true, 0);
        self.save_listed()
    }

    fn save_listed(&self) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES ('listed', ?1)";
        self.conn.prepare_cached(sql)?.execute([self.memo.listed]).map(drop)
    }

    /// Lists the oldest entries that are not listed: as many as a step takes.
    fn list_some(&mut self) -> Result<()> {
        match self.list_after(self.memo.listed) {
            Err(error) if is_damage(&error) && !self.memo.has_met_index_damage.get() => {
                self.memo.is_damage_ahead = true;
                Err(error)
            }
            listed => self.listed(listed?),
        }
    }

    /// Lists what could be read of entries among which some can't be.
    pub(super) fn list_read(&mut self, read: &ReadAround) -> Result<()> {
        for (id, own, edit) in &read.texts {
            self.list_text(*id, own, edit.as_deref())?;
        }
        self.listed((read.last, read.bytes))
    }

    /// All is listed up to that entry, which were so many octets.
    fn listed(&mut self, (last, bytes): (i64, i64)) -> Result<()> {
        let memo = &mut *self.memo;
        let is_all = last >= memo.taken;
        (memo.listed, memo.is_listing) = (last, !is_all);
        memo.unlisted_bytes = if is_all { 0 } else { (memo.unlisted_bytes - bytes).max(0) };
        memo.is_to_merge = true;
        self.save_listed()
    }

    /// Gives up to where all is listed, and the octets that were.
    fn list_after(&self, listed: i64) -> Result<(i64, i64)> {
        let sql = "SELECT e.id, e.room, e.body, n.body FROM entries e
                   LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
                   WHERE e.id > ?1 AND e.body IS NOT NULL ORDER BY e.id LIMIT ?2";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query((listed, STEP_ENTRIES))?;
        let (mut bytes, mut last, mut texts) = (0, listed, Vec::new());
        while bytes < STEP_BYTES
            && let Some(row) = rows.next()?
        {
            let (own, edit): (Vec<u8>, Option<Vec<u8>>) = (row.get(2)?, row.get(3)?);
            last = row.get(0)?;
            bytes += octets(&own);
            texts.push(((last, row.get(1)?), own, edit));
        }
        let is_all = bytes < STEP_BYTES && (texts.len() as u64) < STEP_ENTRIES.cast_unsigned();
        // Where one of them can't be read, none is listed.
        for (id, own, edit) in texts {
            self.list_text(id, &own, edit.as_deref())?;
        }
        Ok((if is_all { self.memo.taken } else { last }, bytes))
    }

    fn list_text(&self, (id, room): (i64, i64), own: &[u8], edit: Option<&[u8]>) -> Result<()> {
        if is_text(own) { self.list(id, room, edit.unwrap_or(own)) } else { Ok(()) }
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

fn octets(body: &[u8]) -> i64 {
    i64::try_from(body.len()).unwrap_or(i64::MAX)
}

/// Whether the index, or a table that it is made of, can't be read.
pub(super) fn is_unreadable(conn: &Connection) -> Result<bool> {
    let parts = PARTS.iter().try_for_each(|part| tree::read_all(conn, &format!("words_{part}")));
    let whole = parts.and_then(|()| conn.execute_batch("INSERT INTO words (words) VALUES ('integrity-check')"));
    match whole {
        Err(error) if is_damage(&error) || is_contradiction(&error) => Ok(true),
        whole => whole.map(|()| false),
    }
}

/// Whether something in the index can't be. A page of it may be all zeros and look to a search as if it had no such word. All of it
/// is read, by a connection that only reads.
pub(super) fn is_wrong(conn: &Connection) -> Result<bool> {
    let found = all(conn, "PRAGMA integrity_check(words)", (), |row| row.get::<_, String>(0));
    match found {
        Err(error) if is_damage(&error) => Ok(true),
        found => Ok(found?.iter().any(|line| line != "ok")),
    }
}

/// Gives back the pages of an index that was given up. A tree with a page that can't be read belongs to nothing from then on, until
/// the next start writes the file anew.
pub(super) fn drop_damaged(conn: &Connection) -> Result<()> {
    let sql = "SELECT name FROM sqlite_schema WHERE name GLOB 'damaged_[0-9]*_words_*'";
    for table in all(conn, sql, (), |row| row.get::<_, String>(0))? {
        match conn.execute_batch(&format!("DROP TABLE {table}")) {
            Err(error) if is_damage(&error) => tree::within(conn, |conn| {
                conn.execute("DELETE FROM sqlite_schema WHERE name = ?1", [&table]).map(drop)
            })?,
            dropped => dropped?,
        }
    }
    Ok(())
}
