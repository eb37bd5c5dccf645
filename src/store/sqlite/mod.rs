//! The store in SQLite: what is committed is on disk.
//!
//! One connection writes, and makes the checkpoints; any number of [`Reader`]s read beside it. A batch is one transaction and
//! one sync. What the disk did not confirm is never answered with success: after an error nobody knows what is durable, so
//! all that comes later is refused, and a new process finds out. Only a full disk is no such error: the transaction is
//! undone, and the next may have room.

mod accounts;
mod admin;
mod batch;
mod damaged;
mod entries;
mod epochs;
mod facts;
mod listing;
mod loss;
mod mend;
mod meta;
mod open;
mod pages;
mod part;
mod prune;
mod reader;
mod reserve;
mod residue;
mod restore;
mod ring;
mod rooms;
mod rows;
mod salvage;
mod search;
mod snapshot;
mod space;
mod suspicion;
#[cfg(test)]
mod tests;
mod tight;
mod timekeeping;
mod tree;
mod value;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use chinwag_proto::wire::message::Refusal;
use rusqlite::Connection;

pub use self::admin::{AdminError, Exported};
pub use self::mend::Mended;
pub use self::open::{Durability, FILE, OpenError};
pub use self::reader::Reader;
pub use self::restore::Restoring;
pub use self::salvage::Damaged;

use self::batch::{Batch, Listing, Memo, Stopped};
use self::listing::ReadAround;
use self::meta::{flag, number, set};
use self::open::{DataFolder, failed, is_contradiction, is_damage, is_full, may_want_room};
use self::reader::answer;
use self::reserve::{For, Reserve};
use self::ring::Ring;
use self::value::bits;
use super::{Outcome, Page, Query, Range, Read, Results, Snapshot, Store, StoreError, Write};
use crate::state::fresh_log;

/// Pages of the log that are enough for a checkpoint: 16 MiB. A larger number makes checkpoints rarer and longer.
const CHECKPOINT_PAGES: i64 = 8_000;

/// And so many, 1 MiB, where there is nothing else to do: about as long as a batch takes, since the next one waits for it.
const CHECKPOINT_AT_REST_PAGES: i64 = 500;

/// The store in SQLite.
pub struct Sqlite {
    conn: Connection,
    home: DataFolder,
    memo: Memo,
    reserve: Reserve,
    durability: Durability,
    /// Pages that the last checkpoint had to leave in the log, since somebody was reading.
    left_pages: i64,
    /// Why nothing is stored any more.
    failure: Option<StoreError>,
    is_ended: bool,
}

impl Sqlite {
    /// Opens the store in a directory; makes both if they are not there. The seed makes identities of logs: it must be
    /// another one for every process.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(directory: &Path, durability: Durability, seed: [u8; 32]) -> Result<Self, OpenError> {
        let mut store = Self::unbegun(directory, durability, seed)?;
        if let Err(source) = store.begin() {
            // What it has begun with is undone, and there is nothing to end.
            store.is_ended = true;
            return Err(match Damaged::look(&store.conn) {
                Ok(damaged) if is_damage(&source) && !damaged.is_nothing() => {
                    OpenError::DamagedTables { path: store.home.database.clone(), said: damaged.said() }
                }
                _ => open::database(&store.home.database, source),
            });
        }
        store.home.sync_names()?;
        Ok(store)
    }

    /// A store of which nothing was read.
    fn unbegun(directory: &Path, durability: Durability, seed: [u8; 32]) -> Result<Self, OpenError> {
        let home = DataFolder::take(directory)?;
        let mut reserve = Reserve::of(directory);
        let conn = loop {
            match open::writer(&home.database) {
                Err(error) if error.may_want_room() && reserve.release(For::Opening) => {}
                opened => break opened.inspect_err(|_| reserve.regain())?,
            }
        };
        let (memo, left_pages) = (Memo::new(seed), 0);
        let mut store = Self { conn, home, memo, reserve, durability, left_pages, failure: None, is_ended: false };
        store.note_reserve();
        Ok(store)
    }

    /// Another connection, that only reads.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be made.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let conn = open::reader(&self.home.database).map_err(failed)?;
        Ok(Reader { conn, rings: self.memo.rings.clone(), suspicion: self.memo.suspicion.clone(), _alone: None })
    }

    /// Ends properly: everything is on disk, in the one file. What is not ended so loses nothing, but its next start may
    /// take longer, and has new identities of logs where [`Durability::Os`] was chosen. A store that is dropped does the
    /// same, and can only write to the log what went wrong.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the disk does not confirm it.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), StoreError> {
        self.memo.suspicion.end_check();
        self.is_sound()?;
        self.is_ended = true;
        self.conn.pragma_update(None, "synchronous", "full").map_err(failed)?;
        self.checkpoint("TRUNCATE", For::Opening)?;
        if self.durability == Durability::Os {
            self.with_room(For::Opening, |conn| set(conn, "is_unclean", 0)).map_err(failed)?;
            self.checkpoint("TRUNCATE", For::Opening)?;
        }
        self.reserve.regain();
        Ok(())
    }

    /// What is left when the process is killed.
    #[cfg(test)]
    fn crash(mut self) {
        self.is_ended = true;
    }

    /// Before the first batch: what an earlier process has left behind is made durable, and logs whose numbers may be given
    /// twice get new identities.
    fn start(&mut self) -> rusqlite::Result<()> {
        // Nothing of what was left in the log is shown to anyone before it is durable.
        checkpoint(&self.conn, "TRUNCATE")?;
        let is_new_for_all = flag(&self.conn, "is_unclean")? || flag(&self.conn, "is_copy")?;
        let transaction = self.conn.unchecked_transaction()?;
        let mut renewed = 0;
        for (room, head, is_ephemeral) in rooms::heads(&transaction)? {
            if is_ephemeral {
                self.memo.rings.lock().insert(room, Ring::new(head));
                rooms::restart(&transaction, room)?;
            }
            if is_ephemeral || is_new_for_all {
                let log = bits(fresh_log(self.memo.seed, room).0);
                transaction.execute("UPDATE rooms SET log = ?2 WHERE id = ?1", (bits(room.0), log))?;
                renewed += 1;
            }
        }
        // Nobody may have to read all of these so soon.
        for table in ["meta", "lost"] {
            tree::read_all(&transaction, table)?;
        }
        self.memo.epoch = epochs::begin(&transaction, self.memo.seed)?;
        set(&transaction, "is_copy", 0)?;
        set(&transaction, "is_unclean", i64::from(self.durability == Durability::Os))?;
        transaction.commit()?;
        if renewed > 0 {
            log::info!("new identities of logs: {renewed}");
        }
        if self.durability == Durability::Os {
            self.conn.pragma_update(None, "synchronous", "normal")?;
        }
        self.memo.listed = number(&self.conn, "listed", 0)?;
        let last: i64 = self.conn.query_row("SELECT ifnull(max(id), 0) FROM entries", (), |row| row.get(0))?;
        // Entries that were in memory only took places too, and texts may be listed up to one of those.
        self.memo.taken = last.max(self.memo.listed);
        let sql = "SELECT ifnull(sum(length(body)), 0) FROM entries WHERE id > ?1";
        self.memo.unlisted_bytes = match self.conn.query_row(sql, [self.memo.listed], |row| row.get(0)) {
            // They are listed when there are enough of them.
            Err(error) if is_damage(&error) => 0,
            bytes => bytes?,
        };
        Ok(())
    }

    fn is_sound(&self) -> Result<(), StoreError> {
        self.failure.clone().map_or(Ok(()), Err)
    }

    /// Makes the batch one transaction. What is left out is refused.
    fn transact(&mut self, batch: &[Write], left_out: &BTreeSet<usize>) -> Result<Vec<Outcome>, Stopped> {
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        let mut under_way = Batch { conn: &self.conn, memo: &mut self.memo };
        let mut outcomes = Vec::with_capacity(batch.len());
        for (at, write) in batch.iter().enumerate() {
            outcomes.push(match left_out.contains(&at) {
                true => Outcome::Refused(Refusal::Damaged),
                false => under_way.apply(write).map_err(|error| Stopped { at: Some(at), error })?,
            });
        }
        under_way.finish()?;
        self.conn.prepare_cached("COMMIT")?.execute(())?;
        Ok(outcomes)
    }

    /// A batch met damage, and is undone. What is to be left out so that the rest may go on: the write that met it, or else
    /// the index of words; `None`: nothing helps.
    fn leave_out(&mut self, stopped: &Stopped, left_out: &mut BTreeSet<usize>) -> Option<()> {
        match stopped.at {
            Some(at) if !self.memo.has_met_index_damage.take() => left_out.insert(at).then_some(()),
            // A text is deleted or edited all the same.
            Some(_) | None => self.leave_out_index(),
        }
    }

    /// What is said from now on is not listed any more; `None`: that was so already.
    fn leave_out_index(&mut self) -> Option<()> {
        if std::mem::replace(&mut self.memo.is_index_damaged, true) {
            return None;
        }
        if self.memo.is_index_renewed {
            log::error!(
                "the index of words is damaged again: it is kept up no more until the next start, and search is slow"
            );
        } else {
            log::error!("the index of words is damaged: it is made anew, and search is slow until that is done");
        }
        Some(())
    }

    /// Undoes the batch under way.
    fn roll_back(&mut self, listing: Listing) -> Result<(), StoreError> {
        self.memo.roll_back(listing);
        // Some errors end the transaction by themselves.
        if !self.conn.is_autocommit()
            && let Err(error) = self.conn.execute_batch("ROLLBACK")
        {
            return Err(self.fail(error));
        }
        Ok(())
    }

    fn fail(&mut self, error: rusqlite::Error) -> StoreError {
        let failure = failed(error);
        log::error!("{failure}");
        self.failure = Some(failure.clone());
        failure
    }

    /// Moves what is in the log to the database, once there are so many pages of it, and as many more than the last time left
    /// there. Gives whether it was due.
    fn checkpoint_if_due(&mut self, due_pages: i64) -> Result<bool, StoreError> {
        let left = |conn: &Connection| checkpoint(conn, "NOOP").map(|(_, pages, done)| pages - done.max(0));
        let pages = left(&self.conn).map_err(|error| self.fail(error))?;
        self.left_pages = self.left_pages.min(pages);
        if pages - self.left_pages < due_pages {
            return Ok(false);
        }
        self.checkpoint("PASSIVE", For::Batches)?;
        self.left_pages = left(&self.conn).map_err(|error| self.fail(error))?;
        Ok(true)
    }

    /// One step of what the index of words needs. It is not synced: where it is lost with the power it is done again, and where
    /// it is not, the next batch's sync has it in the log before that batch.
    fn tend_words(&mut self) -> Result<bool, StoreError> {
        self.sync_commits(false)?;
        let listing = self.memo.listing();
        let done = self.tend_words_unsynced().or_else(|error| {
            self.roll_back(listing)?;
            if is_full(&error) {
                // What was not made anew for want of room is tried again.
                self.memo.is_index_renewed &= !self.memo.is_index_damaged;
                return Err(StoreError::Full);
            }
            let is_damage = is_damage(&error) || is_contradiction(&error);
            if is_damage && self.memo.is_damage_ahead && !self.memo.has_met_index_damage.get() {
                return Ok(true);
            }
            if is_damage && self.leave_out_index().is_some() {
                return Ok(self.memo.has_to_tend());
            }
            if is_damage && self.memo.is_index_renewed {
                log::error!("the index of words can't be made anew: {error}");
                return Ok(false);
            }
            Err(self.fail(error))
        });
        self.sync_commits(true)?;
        done
    }

    fn tend_words_unsynced(&mut self) -> rusqlite::Result<bool> {
        if self.memo.is_damage_ahead && !self.memo.is_index_damaged {
            self.list_around_damage()?;
            return Ok(self.memo.has_to_tend());
        }
        let is_renewal = self.memo.is_index_damaged;
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        let is_more = Batch { conn: &self.conn, memo: &mut self.memo }.tend_words()?;
        self.conn.prepare_cached("COMMIT")?.execute(())?;
        if is_renewal {
            listing::drop_damaged(&self.conn)?;
        }
        Ok(is_more)
    }

    /// A step of listing among entries of which some can't be read.
    fn list_around_damage(&mut self) -> rusqlite::Result<()> {
        let read = ReadAround::read(&self.conn, &self.memo)?;
        read.say(&self.conn, &mut self.memo)?;
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
        Batch { conn: &self.conn, memo: &mut self.memo }.list_read(&read)?;
        self.conn.prepare_cached("COMMIT")?.execute(())?;
        self.memo.is_damage_ahead = !read.unreadable.is_empty();
        Ok(())
    }

    /// Whether a commit waits for the disk from now on, where it does so at all.
    fn sync_commits(&mut self, is_synced: bool) -> Result<(), StoreError> {
        if self.durability == Durability::Os || self.failure.is_some() {
            return Ok(());
        }
        let level = if is_synced { "full" } else { "normal" };
        self.conn.pragma_update(None, "synchronous", level).map_err(|error| self.fail(error))
    }

    /// Empties the log, so that nothing that was deleted is in it: at once, or with a later batch if somebody is reading.
    fn renew_log(&mut self) -> Result<(), StoreError> {
        self.conn.busy_timeout(Duration::ZERO).map_err(|error| self.fail(error))?;
        let done = checkpoint(&self.conn, "TRUNCATE");
        self.conn.busy_timeout(open::BUSY).map_err(|error| self.fail(error))?;
        match done {
            Ok((is_busy, ..)) => self.memo.is_log_stale = is_busy,
            Err(error) if is_full(&error) => {}
            Err(error) => return Err(self.fail(error)),
        }
        Ok(())
    }

    fn checkpoint(&mut self, mode: &str, what_for: For) -> Result<(), StoreError> {
        match self.with_room(what_for, |conn| checkpoint(conn, mode)) {
            Ok(_) => Ok(()),
            // All is in the log still, which goes on growing.
            Err(error) if is_full(&error) => Ok(()),
            Err(error) => Err(self.fail(error)),
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // After a failure or in a panic nobody knows what there is to end.
        if self.is_ended || self.failure.is_some() || std::thread::panicking() {
            return;
        }
        if let Err(error) = self.end() {
            log::error!("the store did not end properly: {error}");
        }
    }
}

impl Store for Sqlite {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        self.is_sound()?;
        let read = snapshot::snapshot(&self.conn, &self.memo.rings);
        if read.as_ref().is_err_and(is_damage) && self.mend().map_err(failed)? {
            return snapshot::snapshot(&self.conn, &self.memo.rings).map_err(failed);
        }
        match read {
            Err(error) if is_damage(&error) => {
                let said = Damaged::look(&self.conn).ok().filter(|damaged| !damaged.is_nothing());
                Err(StoreError::Damaged(said.map_or_else(|| error.to_string(), |damaged| damaged.said())))
            }
            read => read.map_err(failed),
        }
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.is_sound()?;
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        if self.memo.is_log_stale {
            self.renew_log()?;
        }
        self.take_back();
        // Where the log can't grow it is to begin anew soon.
        self.checkpoint_if_due(if self.memo.tight.is_on() { CHECKPOINT_AT_REST_PAGES } else { CHECKPOINT_PAGES })?;
        if self.memo.is_damage_ahead && self.memo.is_far_behind() {
            // What goes wrong with it, the batch finds, too.
            let _more = self.tend_words();
            self.is_sound()?;
        }
        let listing = self.memo.listing();
        let mut left_out = BTreeSet::new();
        let mut is_damage_ahead = self.memo.is_damage_ahead;
        let (mut has_mended, mut has_emptied_log) = (false, false);
        loop {
            let stopped = match self.transact(batch, &left_out) {
                Ok(outcomes) => {
                    self.memo.publish();
                    return Ok(outcomes);
                }
                Err(stopped) => stopped,
            };
            self.roll_back(listing)?;
            let was_ahead = std::mem::replace(&mut is_damage_ahead, self.memo.is_damage_ahead);
            if is_damage(&stopped.error) && self.memo.is_damage_ahead && !was_ahead {
                // It is passed over between batches.
                continue;
            }
            if may_want_room(&stopped.error) && self.makes_room(batch, &mut has_emptied_log)? {
                continue;
            }
            if is_full(&stopped.error) {
                return Err(StoreError::Full);
            }
            let is_of_index = stopped.at.is_none() || self.memo.has_met_index_damage.get();
            if is_damage(&stopped.error)
                && !self.memo.has_met_index_damage.get()
                && !std::mem::replace(&mut has_mended, true)
                && self.mend_if_it_helps()?
            {
                continue;
            }
            let is_damage = is_damage(&stopped.error) || (is_of_index && is_contradiction(&stopped.error));
            if !is_damage || self.leave_out(&stopped, &mut left_out).is_none() {
                return Err(self.fail(stopped.error));
            }
        }
    }

    fn tend(&mut self) -> bool {
        if self.failure.is_some() {
            return false;
        }
        match self.checkpoint_if_due(CHECKPOINT_AT_REST_PAGES) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => return false,
        }
        // A full disk has room again some day. What else went wrong, the next batch is told.
        if self.memo.suspicion.is_raised() && !self.memo.is_index_damaged {
            self.leave_out_index();
        }
        self.memo.has_to_tend() && self.tend_words().unwrap_or(false)
    }
}

impl Read for Sqlite {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        pages::load(&self.conn, &self.memo.rings, range).map_err(failed)
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        answer(&self.conn, (&self.memo.rings, &self.memo.suspicion), query).map_err(failed)
    }
}

/// Whether it could not be done, pages in the log, and pages of it that are in the database.
fn checkpoint(conn: &Connection, mode: &str) -> rusqlite::Result<(bool, i64, i64)> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    conn.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?.query_row((), read)
}
