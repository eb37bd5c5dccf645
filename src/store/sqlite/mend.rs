//! Mending a store in which pages are damaged, so that it goes on without them.
//!
//! SQLite neither drops nor rebuilds a tree that has a page which can't be read. So what can be read is written to a new tree,
//! and the schema names that one from then on; the old one belongs to nothing until the file is written anew (`VACUUM`). All of it
//! is one transaction. Numbers are never given twice by this: the length of a log is kept with its room, and not with its entries.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, Statement, params_from_iter};

use super::meta::{flag, set};
use super::open::{self, Durability, OpenError, is_contradiction, is_damage, is_full, reader};
use super::rows::all;
use super::salvage::{self, Damaged};
use super::tree::{TO_COMPACT, indexes, take_place, within};
use super::value::u64_at;
use super::{Sqlite, checkpoint, listing, loss};
use crate::{Store as _, StoreError};

/// Where even the indexes do not tell which entries there were, so many are looked for after the last one that can be read.
const BEYOND_MAX: i64 = 10_000;

/// Entries that are copied at once.
const COPIED_AT_ONCE: usize = 1_000;
/// After so many times that often it is said how far that is.
const COPIES_UNTIL_TOLD: usize = 100;

/// What was mended of a damaged store.
#[derive(Debug, Default)]
pub struct Mended {
    /// Indexes that were made anew.
    pub indexes: Vec<String>,
    /// Entries that could not be read and are lost, with those that were before; `None`: their table was left as it was.
    pub lost: Option<u64>,
    /// Other tables that were made whole again,
    pub tables: Vec<&'static str>,
    /// and what of them is lost, in words.
    pub lost_rows: Vec<String>,
}

impl Mended {
    /// Whether nothing was.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.indexes.is_empty() && self.lost.is_none() && self.tables.is_empty()
    }
}

impl Sqlite {
    /// Begins, without what lies on damaged pages where that would stand in the way.
    pub(super) fn start_mended(&mut self) -> Result<()> {
        if let Err(error) = self.start() {
            if !is_damage(&error) || !self.mend()? {
                return Err(error);
            }
            self.start()?;
        }
        if flag(&self.conn, TO_COMPACT)? {
            self.compact_file();
        }
        Ok(())
    }

    /// The same under way, where it is not done again and again for nothing.
    pub(super) fn mend_if_it_helps(&mut self) -> Result<bool, StoreError> {
        if self.memo.mends_left == 0 {
            return Ok(false);
        }
        match self.mend() {
            Ok(true) => Ok(true),
            Ok(false) => {
                self.memo.mends_left -= 1;
                Ok(false)
            }
            Err(error) if is_full(&error) => Err(StoreError::Full),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Mends what keeps the store from going on, if there is anything: that takes longer the more there is in it.
    pub(super) fn mend(&mut self) -> Result<bool> {
        log::error!("the store is damaged: looking for what can be mended; nothing is stored meanwhile");
        // Nothing that refers to a tree that was left may be in use.
        self.conn.flush_prepared_statement_cache();
        let mended = match mend(&self.conn) {
            // It lies where nothing can be done.
            Err(error) if is_damage(&error) => Mended::default(),
            mended => mended?,
        };
        self.conn.flush_prepared_statement_cache();
        tell(&mended);
        Ok(!mended.is_nothing())
    }

    /// Writes the file anew, without what belongs to nothing in it. It needs as much space again, for a while.
    fn compact_file(&self) {
        let done = self.conn.execute_batch("VACUUM").and_then(|()| set(&self.conn, TO_COMPACT, 0));
        match done.and_then(|()| checkpoint(&self.conn, "TRUNCATE")) {
            Ok(_) => log::info!("the store's file is written anew, without the damaged pages"),
            Err(error) => log::warn!("the damaged pages stay in the store's file, and harm nothing: {error}"),
        }
    }

    /// Opens a store and mends all that can be: also what lies in the middle of the messages, what the store goes on without, and tables
    /// without some of whose rows it does not begin. Writes the file anew. That takes longer the more there is, and as much space again.
    ///
    /// # Errors
    /// [`OpenError::DamagedTables`] if the damage is where nothing can be done, and others as for [`Sqlite::open`]; nothing is changed then.
    pub fn repair(directory: &Path, seed: [u8; 32]) -> Result<(Self, Mended), OpenError> {
        let mut store = Self::unbegun(directory, Durability::Fsync, seed)?;
        let path = store.home.database.clone();
        // Until all is well there is nothing to end.
        store.is_ended = true;
        let repaired = store.repair_all().and_then(|mended| Ok((mended, Damaged::look(&store.conn)?)));
        let (mended, damaged) = repaired.map_err(|source| open::database(&path, source))?;
        if !damaged.is_nothing() {
            return Err(OpenError::DamagedTables { path, said: damaged.said() });
        }
        store.is_ended = false;
        Ok((store, mended))
    }

    fn repair_all(&mut self) -> Result<Mended> {
        let mut mended = Mended::default();
        let damaged = Damaged::look(&self.conn)?;
        if !damaged.needed.is_empty() {
            return Ok(mended);
        }
        mended.salvage(&self.conn, &damaged)?;
        self.begin()?;
        self.conn.flush_prepared_statement_cache();
        let all = mend_all(&self.conn)?;
        (mended.indexes, mended.lost) = (all.indexes, all.lost);
        mended.recount(&self.conn)?;
        self.conn.flush_prepared_statement_cache();
        // How far texts are listed is among what the store knows of itself.
        if mended.tables.contains(&"meta") || listing::is_unreadable(&self.conn)? {
            self.memo.is_index_damaged = true;
            while self.tend() {}
            mended.indexes.push("words".to_owned());
        }
        loss::accept(&self.conn)?;
        if flag(&self.conn, TO_COMPACT)? {
            self.compact_file();
        }
        Ok(mended)
    }
}

impl Mended {
    fn salvage(&mut self, conn: &Connection, damaged: &Damaged) -> Result<()> {
        if !damaged.tables.is_empty() {
            self.lost_rows = salvage::salvage(conn, damaged)?;
            self.tables.clone_from(&damaged.tables);
        }
        Ok(())
    }

    /// What is lost is found out anew by what there is, where nobody has done so.
    fn recount(&self, conn: &Connection) -> Result<()> {
        if !self.tables.contains(&"lost") || self.lost.is_some() {
            return Ok(());
        }
        let transaction = conn.unchecked_transaction()?;
        transaction.execute_batch(LOST)?;
        transaction.commit()
    }
}

fn is_unreadable<T>(read: &Result<T>) -> bool {
    read.as_ref().is_err_and(is_damage)
}

/// Mends what keeps a store from going on: where new entries would go, and the indexes.
pub(super) fn mend(conn: &Connection) -> Result<Mended> {
    let newest = conn.query_row("SELECT body FROM entries NOT INDEXED ORDER BY id DESC LIMIT 1", (), |_| Ok(()));
    mend_with(conn, is_unreadable(&newest.optional()))
}

/// Mends all that can be, also where a store goes on without it.
pub(super) fn mend_all(conn: &Connection) -> Result<Mended> {
    let whole = conn.query_row("SELECT sum(length(body)), sum(length(hash)) FROM entries NOT INDEXED", (), |_| Ok(()));
    mend_with(conn, is_unreadable(&whole))
}

fn mend_with(conn: &Connection, is_table_damaged: bool) -> Result<Mended> {
    let mut mended = Mended::default();
    let damaged = Damaged::look(conn)?;
    if damaged.is_made_up_for() {
        mended.salvage(conn, &damaged)?;
    }
    if is_table_damaged {
        // Another connection reads: whatever meets damage spoils the transaction that it is in.
        let old = reader(Path::new(conn.path().unwrap_or_default()))?;
        let ids = ids(&old)?;
        within(conn, |conn| {
            let lost = salvage(conn, &old, &ids)?;
            mended.lost = Some(lost);
            if lost > 0 { loss::open(conn) } else { Ok(()) }
        })?;
    }
    for index in indexes(conn)? {
        // Those of entries that were copied are new.
        let is_new = mended.lost.is_some() && index.table == "entries";
        if !is_new && is_unreadable(&index.read(conn)) {
            match within(conn, |conn| index.renew(conn)) {
                Ok(()) => mended.indexes.push(index.name),
                // Its table is damaged, too.
                Err(error) if is_damage(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    mended.recount(conn)?;
    Ok(mended)
}

/// Copies every entry that can be read to a new table. Gives how many are lost.
fn salvage(conn: &Connection, old: &Connection, ids: &BTreeSet<i64>) -> Result<u64> {
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'entries'";
    let made: String = conn.query_row(sql, (), |row| row.get(0))?;
    conn.execute_batch(&made.replacen("TABLE entries", "TABLE mended_entries", 1))?;
    copy(conn, old, ids)?;
    let of_entries: Vec<_> = indexes(conn)?.into_iter().filter(|index| index.table == "entries").collect();
    for index in &of_entries {
        let fresh = index.make(conn, "mended_entries")?;
        take_place(conn, &fresh, &index.name)?;
    }
    take_place(conn, "mended_entries", "entries")?;
    conn.execute_batch("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON")?;
    conn.execute_batch(LOST)?;
    conn.query_row("SELECT ifnull(sum(last - first + 1), 0) FROM lost", (), |row| u64_at(row, 0))
}

/// Copies entries: many at once where all of them can be read, and one by one where a page of theirs is damaged.
fn copy(conn: &Connection, old: &Connection, ids: &BTreeSet<i64>) -> Result<()> {
    let ids: Vec<_> = ids.iter().copied().collect();
    let mut looked = old.prepare("SELECT * FROM entries NOT INDEXED WHERE id BETWEEN ?1 AND ?2")?;
    let mut read = old.prepare("SELECT * FROM entries NOT INDEXED WHERE id = ?1")?;
    let places = vec!["?"; read.column_count()].join(", ");
    let sql = "INSERT INTO mended_entries SELECT * FROM entries NOT INDEXED WHERE id BETWEEN ?1 AND ?2";
    let mut copy_many = conn.prepare(sql)?;
    let mut copy_one = conn.prepare(&format!("INSERT INTO mended_entries VALUES ({places})"))?;
    for (done, part) in ids.chunks(COPIED_AT_ONCE).enumerate() {
        if done > 0 && done % COPIES_UNTIL_TOLD == 0 {
            log::info!("{} of {} entries are copied", done * COPIED_AT_ONCE, ids.len());
        }
        let span = [part[0], part[part.len() - 1]];
        let is_whole = look(&mut looked, span)?;
        if is_whole && !is_refused(copy_many.execute(span))? {
            continue;
        }
        for id in part {
            let values = |row: &Row<'_>| (0..row.as_ref().column_count()).map(|at| row.get(at)).collect();
            let row: Result<Option<Vec<Value>>> = read.query_row([id], values).optional();
            match row {
                Err(error) if is_damage(&error) => {}
                row => {
                    if let Some(row) = row? {
                        is_refused(copy_one.execute(params_from_iter(row)))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether all rows of a span can be read.
fn look(statement: &mut Statement<'_>, span: [i64; 2]) -> Result<bool> {
    let mut rows = statement.query(span)?;
    loop {
        match rows.next() {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(true),
            Err(error) if is_damage(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Whether a row was refused that can't be one. Nothing of that statement was done then.
fn is_refused(done: Result<usize>) -> Result<bool> {
    match done {
        Err(error) if is_contradiction(&error) => Ok(true),
        done => done.map(|_| false),
    }
}

/// Whatever is not there and was not pruned is lost. An edit that is lost is no edit: the one before it holds.
const LOST: &str = "
    DELETE FROM lost;
    INSERT INTO lost (room, first, last)
        WITH seen (room, floor, number) AS (
            SELECT e.room, r.floor, e.number FROM entries e JOIN rooms r ON r.id = e.room WHERE e.number > r.floor
            UNION ALL SELECT id, floor, head + 1 FROM rooms WHERE head > floor
        ), gaps (room, first, last) AS (
            SELECT room, lag(number, 1, floor) OVER (PARTITION BY room ORDER BY number) + 1, number - 1 FROM seen
        )
        SELECT room, first, last FROM gaps WHERE first <= last;
    UPDATE entries SET edited_by = (
            SELECT max(n.number) FROM entries n WHERE n.room = entries.room AND n.edit_of = entries.number
        ) WHERE edited_by IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM entries n
            WHERE n.room = entries.room AND n.number = entries.edited_by AND n.edit_of = entries.number
        );";

/// The ids of all entries that there may be, in order: as an index has them, which is another tree, or as the table says.
fn ids(conn: &Connection) -> Result<BTreeSet<i64>> {
    let id = |row: &Row<'_>| row.get(0);
    for index in ["entries_by_number", "entries_by_origin"] {
        match all(conn, &format!("SELECT id FROM entries INDEXED BY {index}"), (), id) {
            Err(error) if is_damage(&error) => {}
            found => return found.map(BTreeSet::from_iter),
        }
    }
    let mut ids = BTreeSet::<i64>::new();
    for order in ["ASC", "DESC"] {
        let mut statement = conn.prepare(&format!("SELECT id FROM entries NOT INDEXED ORDER BY id {order}"))?;
        let mut rows = statement.query(())?;
        loop {
            let id = match rows.next() {
                Err(error) if is_damage(&error) => break,
                row => row?.map(|row| row.get(0)).transpose()?,
            };
            // What is found again was found from the other end.
            if !id.is_some_and(|id| ids.insert(id)) {
                break;
            }
        }
    }
    let last = ids.last().copied().unwrap_or_default();
    let first = ids.first().copied().unwrap_or_default();
    Ok((first..=last.saturating_add(BEYOND_MAX)).collect())
}

/// What was mended, for the operator.
fn tell(mended: &Mended) {
    if let Some(lost) = mended.lost {
        log::error!(
            "the store is damaged where its newest messages are: {lost} messages can't be read any more, and all others are copied \
             away from there; rooms go on"
        );
    }
    for table in &mended.tables {
        log::error!("the store is damaged: its table {table} could not be read and is made anew from others");
    }
    for lost in &mended.lost_rows {
        log::error!("the store is damaged: {lost}");
    }
    for index in &mended.indexes {
        log::error!("the store is damaged: its index {index} could not be read and is made anew; nothing is lost");
    }
}
