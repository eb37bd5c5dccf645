//! SQLite behind the contract: one file for each server, shared by the programs of this device.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chinwag_proto::wire::id::{ClientMsgId, LogId, RoomSeq};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::columns::{marks_of, reference, sent_of, unsigned};
use super::owner::{Guard, Owner};
use super::writer::Writer;
use super::{Keep, KeepError, Kept};
use chinwag_client_core::{Draft, Save, SavedCursor, SavedPost};
use chinwag_files::{folder, private};

/// How long a program waits for another one's write.
const BUSY: Duration = Duration::from_secs(10);
/// The version of the tables. Those before it were of programs that were never released, and are refused.
const VERSION: i64 = 10;
/// The tables. Numbers of 64 bits without a sign are stored by their bits. `account` is whose things they are: one device is one
/// account, but with tokens it can be several.
const SCHEMA: &str = include_str!("schema.sql");

/// One program's view of the database.
pub struct Database {
    connection: Connection,
    dir: PathBuf,
    path: PathBuf,
    account: String,
    owner: Arc<Owner>,
}

impl Database {
    /// Opens the database in a folder that is its own; both are made if there are none. `program` tells this program from the
    /// others: random, never used before.
    ///
    /// # Errors
    /// The folder or the database can't be made, read or understood.
    pub fn open(dir: &Path, account: &str, program: u64) -> Result<Self, KeepError> {
        let path = dir.join("client.db");
        let unusable = |source| KeepError::File { path: dir.to_owned(), source };
        folder(dir).map_err(unusable)?;
        let guard = Guard::of(dir).map_err(unusable)?;
        private().open(&path).map_err(unusable)?;
        let mut connection = connect(&path)?;
        make(&mut connection, &path)?;
        let owner = Owner::new(dir, format!("{program:016x}"), &guard).map_err(unusable)?;
        Owner::sweep(dir, &guard).map_err(unusable)?;
        drop(guard);
        let (dir, account) = (dir.to_owned(), account.to_owned());
        Ok(Self { connection, dir, path, account, owner: Arc::new(owner) })
    }

    /// A second view of the same program, for another thread.
    ///
    /// # Errors
    /// The database can't be opened again.
    pub fn second(&self) -> Result<Self, KeepError> {
        Ok(Self {
            connection: connect(&self.path)?,
            dir: self.dir.clone(),
            path: self.path.clone(),
            account: self.account.clone(),
            owner: Arc::clone(&self.owner),
        })
    }

    fn guard(&self) -> Result<Guard, KeepError> {
        Guard::of(&self.dir).map_err(|source| KeepError::File { path: self.dir.clone(), source })
    }

    /// Of the owners that `others` gives, without this program, those that are gone.
    fn gone(&mut self, others: &str, guard: &Guard) -> Result<Vec<String>, KeepError> {
        let (account, owner) = (self.account.clone(), Arc::clone(&self.owner));
        let others: Vec<String> = self.within(|transaction| {
            let mut owners = transaction.prepare(others)?;
            owners.query_map([&account, owner.name()], |row| row.get(0))?.collect()
        })?;
        let mut gone = Vec::new();
        for other in others {
            let is_gone = Owner::is_gone(&self.dir, &other, guard);
            if is_gone.map_err(|source| KeepError::File { path: self.dir.clone(), source })? {
                gone.push(other);
            }
        }
        Ok(gone)
    }

    fn within<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, KeepError> {
        let done = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|source| KeepError::Database { path: self.path.clone(), source })
    }
}

impl Keep for Database {
    fn load(&mut self) -> Result<Kept, KeepError> {
        let account = self.account.clone();
        self.within(|transaction| {
            let mut cursors = transaction.prepare("SELECT room, log, upto, marks FROM cursor WHERE account = ?1")?;
            let cursor = |row: &rusqlite::Row<'_>| {
                let (log, upto) = (unsigned(row.get(1)?), unsigned(row.get(2)?));
                let marks = marks_of(row.get_ref(3)?.as_blob()?);
                Ok(SavedCursor { name: row.get(0)?, log: LogId(log), upto: RoomSeq(upto), marks, is_put_back: false })
            };
            let cursors = cursors.query_map([&account], cursor)?.collect::<Result<_, _>>()?;
            let mut sent = transaction.prepare("SELECT room, log, marks FROM sent WHERE account = ?1")?;
            let sent = sent.query_map([&account], sent_of)?.collect::<Result<_, _>>()?;
            let names = |sql| {
                let mut names = transaction.prepare(sql)?;
                names.query_map([&account], |row| row.get(0))?.collect::<rusqlite::Result<_>>()
            };
            let ignored = names("SELECT name FROM ignored WHERE account = ?1")?;
            let leaving = names("SELECT room FROM leaving WHERE account = ?1")?;
            let muted = names("SELECT room FROM muted WHERE account = ?1")?;
            let mut settings = transaction.prepare("SELECT name, value FROM setting WHERE account = ?1")?;
            let settings = settings.query_map([&account], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let settings = settings.collect::<rusqlite::Result<_>>()?;
            Ok(Kept { cursors, sent, ignored, muted, settings, leaving })
        })
    }

    fn adopt(&mut self) -> Result<Vec<SavedPost>, KeepError> {
        let (account, owner) = (self.account.clone(), Arc::clone(&self.owner));
        let guard = self.guard()?;
        let gone = self.gone("SELECT DISTINCT owner FROM outbox WHERE account = ?1 AND owner <> ?2", &guard)?;
        if gone.is_empty() {
            return Ok(Vec::new());
        }
        self.within(|transaction| {
            let mut adopted = Vec::new();
            for other in &gone {
                let mut posts = transaction.prepare_cached(
                    "SELECT place, room, start, counter, post, log, about_start, about_counter, makes_room
                     FROM outbox WHERE account = ?1 AND owner = ?2",
                )?;
                let post = |row: &rusqlite::Row<'_>| {
                    let id = ClientMsgId { start: unsigned(row.get(2)?), counter: unsigned(row.get(3)?) };
                    let reference = reference((row.get(5)?, row.get(6)?, row.get(7)?));
                    let (room, post, makes_room) = (row.get(1)?, row.get(4)?, row.get(8)?);
                    Ok((row.get::<_, i64>(0)?, SavedPost { id, room, post, reference, makes_room }))
                };
                adopted.extend(posts.query_map([&account, other], post)?.collect::<Result<Vec<_>, _>>()?);
                let mine = "UPDATE outbox SET owner = ?3 WHERE account = ?1 AND owner = ?2";
                transaction.execute(mine, [&account, other.as_str(), owner.name()])?;
            }
            adopted.sort_by_key(|(place, _)| *place);
            Ok(adopted.into_iter().map(|(_, post)| post).collect())
        })
    }

    fn drafts(&mut self) -> Result<BTreeMap<String, Draft>, KeepError> {
        let (account, owner) = (self.account.clone(), Arc::clone(&self.owner));
        let guard = self.guard()?;
        let gone = self.gone("SELECT DISTINCT owner FROM draft WHERE account = ?1 AND owner <> ?2", &guard)?;
        self.within(|transaction| {
            let mut taken: BTreeMap<String, Draft> = BTreeMap::new();
            for whose in gone.iter().map(String::as_str).chain([owner.name()]) {
                let mut of = transaction
                    .prepare_cached("SELECT room, text, caret FROM draft WHERE account = ?1 AND owner = ?2")?;
                let draft = |row: &rusqlite::Row<'_>| {
                    let caret = usize::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
                    Ok((row.get::<_, String>(0)?, Draft { text: row.get(1)?, caret }))
                };
                for one in of.query_map([account.as_str(), whose], draft)? {
                    let (room, draft) = one?;
                    match taken.entry(room) {
                        Entry::Vacant(none) => drop(none.insert(draft)),
                        Entry::Occupied(mut other) => below(other.get_mut(), &draft),
                    }
                }
            }
            if gone.is_empty() {
                return Ok(taken);
            }
            for whose in gone.iter().map(String::as_str).chain([owner.name()]) {
                transaction
                    .execute("DELETE FROM draft WHERE account = ?1 AND owner = ?2", [account.as_str(), whose])?;
            }
            let writer = Writer { transaction, account: &account, owner: owner.name() };
            for (room, draft) in &taken {
                writer.draft(room, draft)?;
            }
            Ok(taken)
        })
    }

    fn save(&mut self, save: &Save) -> Result<(), KeepError> {
        let (account, owner) = (self.account.clone(), Arc::clone(&self.owner));
        self.within(|transaction| Writer { transaction, account: &account, owner: owner.name() }.save(save))
    }
}

/// The rooms, by their names as shown, that whoever keeps things in this folder has read. Nothing is made, nor changed.
///
/// # Errors
/// The database is not there, or can't be read.
pub fn rooms(dir: &Path) -> Result<Vec<String>, KeepError> {
    let path = dir.join("client.db");
    let read = || {
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut rooms = connection.prepare("SELECT DISTINCT room FROM cursor ORDER BY room")?;
        rooms.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()
    };
    read().map_err(|source| KeepError::Database { path: path.clone(), source })
}

/// Puts a draft below another one of the same room; the same text is not there twice.
fn below(above: &mut Draft, draft: &Draft) {
    if above.text == draft.text {
        return;
    }
    above.text.push('\n');
    above.caret = above.text.len() + draft.caret.min(draft.text.len());
    above.text.push_str(&draft.text);
}

/// A connection whose commits are durable.
fn connect(path: &Path) -> Result<Connection, KeepError> {
    let connect = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        // Its answer comes before its commit: only who asks for the next row learns that it was not made.
        let mut statement = connection.prepare("PRAGMA journal_mode = wal")?;
        statement.query_map([], |_| Ok(()))?.collect::<rusqlite::Result<()>>()?;
        drop(statement);
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What was sent, or given up, is not to be read in the file any more.
        connection.pragma_update(None, "secure_delete", true)?;
        Ok(connection)
    };
    connect().map_err(|source| KeepError::Database { path: path.to_owned(), source })
}

/// Makes the tables where there are none.
fn make(connection: &mut Connection, path: &Path) -> Result<(), KeepError> {
    let unusable = |source| KeepError::Database { path: path.to_owned(), source };
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = begun.map_err(unusable)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
    match version.cmp(&VERSION) {
        Ordering::Equal => return Ok(()),
        Ordering::Greater => return Err(KeepError::Newer { path: path.to_owned(), version }),
        Ordering::Less if version != 0 => return Err(KeepError::Older { path: path.to_owned(), version }),
        Ordering::Less => {}
    }
    let made = transaction.execute_batch(SCHEMA).and_then(|()| {
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    });
    made.map_err(unusable)
}

impl From<KeepError> for io::Error {
    fn from(error: KeepError) -> Self {
        Self::other(error)
    }
}
