//! What an operator does with a store: a copy, a check, an export.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use chinwag_proto::wire::id::{AccountId, RoomSeq};
use chinwag_proto::wire::message::{Entry, Wire as _};
use rusqlite::Connection;
use thiserror::Error;

use super::meta::set;
use super::open::{is_damage, is_full};
use super::reader::Reader;
use super::rows::all;
use super::salvage::Damaged;
use super::snapshot;
use super::value::{bits, room, seq};
use super::{damaged, loss, residue, salvage};
use crate::{Account, Kind, Room, Snapshot, Span};
use chinwag_files::{above, private, sync_names};

/// Why something an operator asked for was not done.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The store can't be read.
    #[error("the store can't be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// There is such a file.
    #[error("{} is there already, and nothing is overwritten: name another file, or move that one away", .0.display())]
    Exists(PathBuf),
    /// The disk that it was to be on is full.
    #[error("no room for {}: that disk is full; make room, or take another one", .0.display())]
    Full(PathBuf),
    /// A file or folder can't be made or written.
    #[error("can't write {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A copy can't be made.
    #[error("can't copy the store to {}: {source}", path.display())]
    Copy {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// What is read can't be passed on.
    #[error("{0}")]
    Write(#[from] io::Error),
    /// Some of it lies on damaged pages.
    #[error(
        "the store is damaged ({0}): `chinwag admin repair` keeps all that can be read, while the server is stopped, and `chinwag admin \
         export` writes it down"
    )]
    Damaged(rusqlite::Error),
}

impl AdminError {
    /// Whether the store's file is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Database(source) | Self::Copy { source, .. } | Self::Damaged(source) => is_damage(source),
            Self::Exists(_) | Self::Full(_) | Self::File { .. } | Self::Write(_) => false,
        }
    }

    /// What the system said of a file that was to be written.
    #[must_use]
    pub fn of_file(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the system's list of errors is open")]
        match source.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            io::ErrorKind::StorageFull => Self::Full(path),
            _ => Self::File { path, source },
        }
    }

    /// The error, of what a file will be called when all is done.
    #[must_use]
    pub fn named(self, path: &Path, wanted: &Path) -> Self {
        let name = |of: PathBuf| if of == path { wanted.to_owned() } else { of };
        match self {
            Self::Exists(of) => Self::Exists(name(of)),
            Self::Full(of) => Self::Full(name(of)),
            Self::File { path: of, source } => Self::File { path: name(of), source },
            Self::Copy { path: of, source } => Self::Copy { path: name(of), source },
            Self::Database(_) | Self::Write(_) | Self::Damaged(_) => self,
        }
    }

    /// The same of a copy.
    fn of_copy(self, to: &Path) -> Self {
        match self {
            Self::Database(source) if is_full(&source) => Self::Full(to.to_owned()),
            Self::Database(source) if is_damage(&source) => Self::Damaged(source),
            Self::Database(source) => Self::Copy { path: to.to_owned(), source },
            Self::Write(source) => Self::of_file(to, source),
            Self::Exists(_) | Self::Full(_) | Self::File { .. } | Self::Copy { .. } | Self::Damaged(_) => self,
        }
    }
}

impl Reader {
    /// Copies the store as it is now to a new file, while others write to it. Opened as a store, the copy gives all its logs
    /// new identities: what was said after it was made is not in it, and its numbers will be given again. What is in memory
    /// only is not in it.
    ///
    /// # Errors
    /// [`AdminError`]; also if there is such a file.
    pub fn backup(&self, to: &Path) -> Result<(), AdminError> {
        // Made here, so that nobody else may read it: password hashes are in it.
        drop(private().create_new(true).open(to).map_err(|source| AdminError::of_file(to, source))?);
        let done = self.copy(to).map_err(|error| error.of_copy(to));
        if done.is_err() {
            // Half a copy is none; that it is there is worse than that it can't be removed.
            drop(std::fs::remove_file(to));
        }
        done
    }

    fn copy(&self, to: &Path) -> Result<(), AdminError> {
        let path = to.to_str().ok_or_else(|| io::Error::other("the path is no text"))?;
        // It holds for the copy, too: what is rewritten on the way leaves nothing in its pages.
        self.conn.pragma_update(None, "secure_delete", true)?;
        self.conn.execute("VACUUM INTO ?1", [path])?;
        let copy = Connection::open(to)?;
        set(&copy, "is_copy", 1)?;
        // Nothing of what is rewritten here may stay on the disk beside it.
        copy.pragma_update(None, "journal_mode", "memory")?;
        copy.pragma_update(None, "secure_delete", true)?;
        residue::remove_all(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        OpenOptions::new().write(true).open(to)?.sync_all()?;
        sync_names(above(to))?;
        Ok(())
    }

    /// How many entries all rooms have had.
    ///
    /// # Errors
    /// [`AdminError`] if it can't be read.
    pub fn messages(&self) -> Result<u64, AdminError> {
        let sql = "SELECT ifnull(sum(head), 0) FROM rooms";
        let sum: i64 = self.conn.query_row(sql, (), |row| row.get(0))?;
        Ok(u64::try_from(sum).unwrap_or(0))
    }

    /// Looks for what can't be in a sound store. What is wrong, in words; nothing if all is well.
    ///
    /// # Errors
    /// [`AdminError`] if it can't be read at all.
    pub fn verify(&self) -> Result<Vec<String>, AdminError> {
        let transaction = self.conn.unchecked_transaction()?;
        let mut wrong = check_pages(&transaction)?;
        let mut look = |found: rusqlite::Result<Vec<String>>| match found {
            // What lies on a page that is damaged can't be compared with anything.
            Err(error) if is_damage(&error) => {
                wrong.push(error.to_string());
                Ok(())
            }
            found => found.map(|found| wrong.extend(found)),
        };
        look(all(&transaction, "PRAGMA foreign_key_check", (), |row| {
            Ok(format!(
                "a row of {} names one of {} that is not there",
                row.get::<_, String>(0)?,
                row.get::<_, String>(2)?
            ))
        }))?;
        for (sql, what) in INVARIANTS {
            look(all(&transaction, sql, (), |row| {
                Ok(format!("room {}, entry {}: {what}", room(row, 0)?, seq(row, 1)?))
            }))?;
        }
        wrong.dedup();
        if !wrong.is_empty() {
            wrong.extend(unreadable(&transaction)?);
        }
        Ok(wrong)
    }

    /// Which tables can't be read, beside entries and indexes.
    ///
    /// # Errors
    /// [`AdminError`] if that can't be said.
    pub fn damaged(&self) -> Result<Damaged, AdminError> {
        Ok(Damaged::look(&self.conn)?)
    }

    /// Which messages were lost when the store was mended, in words.
    ///
    /// # Errors
    /// [`AdminError`]
    pub fn lost(&self) -> Result<Vec<String>, AdminError> {
        let mut lines = Vec::new();
        for (room, spans) in loss::loss(&self.conn)?.spans {
            let called = salvage::called(&self.conn, bits(room.0))?;
            let said = |Span { first, last }| format!("messages {first} to {last} of {called} are lost");
            lines.extend(spans.into_iter().map(said));
        }
        Ok(lines)
    }

    /// Whether some are lost of which no operator has heard by a repair.
    ///
    /// # Errors
    /// [`AdminError`]
    pub fn is_loss_open(&self) -> Result<bool, AdminError> {
        Ok(loss::is_open(&self.conn)?)
    }

    /// The names of all accounts that are not deleted, and of all named rooms.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn names(&self) -> Result<(Vec<String>, Vec<String>), AdminError> {
        let names = |sql: &str| all(&self.conn, sql, (), |row| row.get::<_, String>(0));
        let accounts = names("SELECT name FROM accounts WHERE NOT is_gone ORDER BY id")?;
        Ok((accounts, names("SELECT name FROM rooms WHERE name IS NOT NULL ORDER BY id")?))
    }

    /// Whether anybody has, or had, an account here.
    ///
    /// # Errors
    /// [`AdminError`].
    pub fn has_accounts(&self) -> Result<bool, AdminError> {
        Ok(self.conn.query_row("SELECT EXISTS (SELECT 1 FROM accounts)", (), |row| row.get(0))?)
    }

    /// Makes a new file for its owner only.
    ///
    /// # Errors
    /// [`AdminError`]; also if there is such a file.
    pub fn new_file(path: &Path) -> Result<File, AdminError> {
        private().create_new(true).open(path).map_err(|source| AdminError::of_file(path, source))
    }

    /// Gives all accounts, then each room with its entries, and no secrets. Entries whose bodies are gone are left out, and so
    /// are ephemeral rooms' entries. What lies on a damaged page is left out. Gives how many entries can't be read.
    ///
    /// # Errors
    /// [`AdminError`]; what `each` could not do ends it.
    pub fn export(&self, each: &mut dyn FnMut(Exported<'_>) -> io::Result<()>) -> Result<u64, AdminError> {
        let transaction = self.conn.unchecked_transaction()?;
        let Snapshot { accounts, rooms, .. } = snapshot::within(&transaction, &self.rings)?;
        let names: BTreeMap<_, _> = accounts.iter().map(|account| (account.id, account.name.as_str())).collect();
        for account in &accounts {
            each(Exported::Account(account))?;
        }
        let mut unreadable = 0;
        for room in &rooms {
            let called = match &room.kind {
                Kind::Named(name) => format!("#{name}"),
                Kind::Direct(one, other) => {
                    [one, other].map(|who| format!("@{}", names.get(who).copied().unwrap_or_default())).concat()
                }
            };
            each(Exported::Room { called: &called, room, names: &names })?;
            unreadable += export_entries(&transaction, room, &called, each)?;
        }
        Ok(unreadable)
    }
}

/// One thing of an export.
#[derive(Clone, Copy, Debug)]
pub enum Exported<'a> {
    /// An account, deleted ones too.
    Account(&'a Account),
    /// A room, before its entries.
    Room {
        /// `#lobby`, or `@ann@bob` for the direct messages of two.
        called: &'a str,
        /// The room.
        room: &'a Room,
        /// The names of all accounts.
        names: &'a BTreeMap<AccountId, &'a str>,
    },
    /// An entry of the room before it.
    Entry {
        /// What that room is called.
        room: &'a str,
        /// The entry's number.
        number: RoomSeq,
        /// The entry; `None`: what is stored can't be read.
        entry: Option<&'a Entry>,
    },
}

fn check_pages(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = statement.query(())?;
    let mut wrong = Vec::new();
    loop {
        match rows.next() {
            Ok(Some(row)) => wrong.push(row.get::<_, String>(0)?),
            Ok(None) => break,
            // It looks into tables, too, and may be stopped by what it has just told of.
            Err(error) if is_damage(&error) => {
                wrong.push(error.to_string());
                break;
            }
            Err(error) => return Err(error),
        }
    }
    // Pages that belong to nothing are left where a damaged tree was given up, and harm nothing.
    wrong.retain(|line| line != "ok" && !line.ends_with(" never used"));
    Ok(wrong)
}

/// Each finds rows of (room, number) that can't be.
const INVARIANTS: [(&str, &str); 4] = [
    (
        "SELECT e.room, max(e.number) FROM entries e JOIN rooms r ON r.id = e.room GROUP BY e.room
         HAVING max(e.number) > r.head",
        "beyond the end of the log",
    ),
    (
        "SELECT r.id, r.head FROM rooms r WHERE r.head > r.floor AND r.head - r.floor <>
         (SELECT count(*) FROM entries e WHERE e.room = r.id AND e.number > r.floor) +
         (SELECT ifnull(sum(last - max(first, r.floor + 1) + 1), 0) FROM lost WHERE room = r.id AND last > r.floor)",
        "there is a gap before it",
    ),
    (
        "SELECT m.room, max(m.delivered, m.read, m.shown_read, m.since) FROM members m JOIN rooms r ON r.id = m.room
         WHERE max(m.delivered, m.read, m.shown_read, m.since) > r.head AND r.retention <> 3",
        "a member has got there, and the log has not",
    ),
    (
        "SELECT e.room, e.number FROM entries e WHERE e.edited_by IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM entries n WHERE n.room = e.room AND n.number = e.edited_by AND n.edit_of = e.number)",
        "its edit is not there",
    ),
];

/// Gives how many can't be read.
fn export_entries(
    conn: &Connection,
    room: &Room,
    called: &str,
    each: &mut dyn FnMut(Exported<'_>) -> io::Result<()>,
) -> Result<u64, AdminError> {
    let (mut next, mut unreadable) = (RoomSeq(1), 0);
    let mut one = |number: RoomSeq, body: Option<&[u8]>| {
        let entry = body.and_then(|body| Entry::decode(body).ok());
        unreadable += u64::from(entry.is_none());
        each(Exported::Entry { room: called, number, entry: entry.as_ref() })
    };
    let sql = "SELECT e.number, e.body FROM entries e JOIN rooms r ON r.id = e.room
               WHERE e.room = ?1 AND e.number > r.floor AND e.body IS NOT NULL ORDER BY e.number";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([bits(room.id.0)])?;
    let damage = loop {
        match rows.next() {
            Ok(Some(row)) => {
                let number = seq(row, 0)?;
                one(number, Some(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?))?;
                next = number.next();
            }
            Ok(None) => break false,
            Err(error) if is_damage(&error) => break true,
            Err(error) => return Err(error.into()),
        }
    };
    // From there on each by itself.
    for number in (next.0..=room.head.0).map(RoomSeq).filter(|_| damage) {
        match damaged::body(conn, room.id, number) {
            Ok(None) => {}
            Ok(Some(body)) => one(number, Some(&body))?,
            Err(error) if is_damage(&error) => one(number, None)?,
            Err(error) => return Err(error.into()),
        }
    }
    for Span { first, last } in loss::loss(conn)?.spans.remove(&room.id).unwrap_or_default() {
        for number in first.0..=last.0 {
            one(RoomSeq(number), None)?;
        }
    }
    Ok(unreadable)
}

/// Which messages lie on damaged pages, in words, as far as that can be said.
fn unreadable(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let rooms = all(conn, "SELECT id, name, floor, head FROM rooms ORDER BY id", (), |row| {
        Ok((room(row, 0)?, row.get::<_, Option<String>>(1)?, seq(row, 2)?, seq(row, 3)?))
    });
    let mut lines = Vec::new();
    for (id, name, floor, head) in rooms.unwrap_or_default() {
        let called = name.map_or_else(|| format!("direct messages (room {})", id.0), |name| format!("#{name}"));
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for number in floor.0.saturating_add(1)..=head.0 {
            match damaged::body(conn, id, RoomSeq(number)) {
                Err(error) if is_damage(&error) => match spans.last_mut() {
                    Some((_, last)) if *last + 1 == number => *last = number,
                    _ => spans.push((number, number)),
                },
                body => drop(body?),
            }
        }
        lines.extend(spans.iter().map(|(first, last)| format!("messages {first} to {last} of {called} can't be read")));
    }
    Ok(lines)
}
