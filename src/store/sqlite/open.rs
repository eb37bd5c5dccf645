//! Opening the database: one process for each data directory, the right version, the right settings.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use crate::StoreError;
use chinwag_files::{above, folder, is_want_of_room, private, sync_names};

/// The database, in its directory.
pub const FILE: &str = "chinwag.db";
/// SQLite's log, beside it.
const LOG: &str = "chinwag.db-wal";
/// Held for as long as a process uses the directory.
pub(super) const LOCK: &str = "chinwag.lock";

/// The version of the tables. Those before it were of programs that were never released, and are refused.
const VERSION: i64 = 11;
/// The tables, and the index of words.
const SCHEMA: [&str; 2] = [include_str!("schema.sql"), WORDS];
/// What makes an index of words, also beside one that is given up.
pub(super) const WORDS: &str = include_str!("words.sql");

/// The oldest SQLite without a bug in checkpoints that loses what was committed.
const SQLITE_MIN: i32 = 3_051_003;

/// Pages that a connection keeps in memory: 16 MiB.
const CACHE_KIB: i32 = 16 * 1024;

/// Half of the usual: a message into each of many rooms changes a page of its own for each, and a page is what is written.
pub(super) const PAGE_LEN: i64 = 2_048;

/// A log that grew larger than this, since readers stood in the way or the disk was full, is cut when it can be.
const WAL_KEPT_BYTES: i64 = 64 << 20;

/// Why a store can't be opened. Nothing was changed by trying.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The store was written by a newer program.
    #[error("{} has version {found} of the store, and this program knows up to {known}: use a newer chinwag", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The store's version.
        found: i64,
        /// The newest version that is understood.
        known: i64,
    },
    /// The store was written by a program from before the first release, and nothing brings it up to date.
    #[error(
        "{} is of an older, unreleased version ({found}) of the store, and this program knows {known} only; nothing was changed. What \
         was said can be read with the program that wrote it (`chinwag admin export`); to begin anew, move the file away or give another \
         --home", path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// The store's version.
        found: i64,
        /// The version that is understood.
        known: i64,
    },
    /// There is a database of that name, but it is none of this program's.
    #[error("{} is not a store of chinwag", .0.display())]
    Foreign(PathBuf),
    /// There is a store, or a part of one, where another was to be put.
    #[error("{} is there already, and nothing is overwritten: restore into another --home, or move that one away", .0.display())]
    Exists(PathBuf),
    /// The store is damaged.
    #[error("{} is damaged ({why}): go back to a backup that is sound, by `chinwag admin restore`", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong, the first of it.
        why: String,
    },
    /// A backup is damaged that was to become a store.
    #[error(
        "{} is damaged: a part of it can't be read, and nothing was restored; choose another backup (`chinwag admin verify` says \
         whether a server's own store is sound before one is made)", .0.display()
    )]
    DamagedBackup(PathBuf),
    /// Some of its tables are damaged, without which nothing begins.
    #[error("{} is damaged: {said}", path.display())]
    DamagedTables {
        /// The database.
        path: PathBuf,
        /// What can't be read, and what helps.
        said: String,
    },
    /// The disk is full, and what is held back to open a store there was used up. What is in the store is as it was.
    #[error(
        "{}: the disk is full, and nothing of what is held back there to open the store is left. Nothing is lost: make room on that disk (a few \
         MiB are enough to delete and to prune), and start again", .0.display()
    )]
    Full(PathBuf),
    /// The program was built with an SQLite that loses data.
    #[error("SQLite {0} is too old")]
    OldSqlite(&'static str),
    /// Files can't be made or read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database can't be read or written.
    #[error("{}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

impl OpenError {
    /// Whether there was no room on the disk: nothing is wrong with what is there.
    #[must_use]
    pub fn is_want_of_room(&self) -> bool {
        match self {
            Self::Full(_) => true,
            Self::File { source, .. } => is_want_of_room(source),
            Self::Database { source, .. } => is_full(source),
            Self::InUse(_)
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Foreign(_)
            | Self::Exists(_)
            | Self::Damaged { .. }
            | Self::DamagedBackup(_)
            | Self::DamagedTables { .. }
            | Self::OldSqlite(_) => false,
        }
    }

    /// Whether it may help to make room.
    pub(super) fn may_want_room(&self) -> bool {
        self.is_want_of_room() || matches!(self, Self::Database { source, .. } if may_want_room(source))
    }
}

/// When a commit is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When the disk says so: it survives a power cut.
    #[default]
    Fsync,
    /// When the operating system has it: it survives the end of the process, and a power cut takes the last of it. After a
    /// start that no proper end came before, all logs have new identities, since their numbers may be given again.
    Os,
}

/// A directory that is this process's.
pub(super) struct DataFolder {
    pub(super) database: PathBuf,
    /// Unlocked when it is dropped.
    _lock: File,
}

impl DataFolder {
    /// Makes the directory if there is none, and takes it for this process. Nobody else may look into it: password hashes
    /// and all that people write are there.
    pub(super) fn take(directory: &Path) -> Result<Self, OpenError> {
        folder(directory).map_err(|source| file(directory, source))?;
        let home = Self::look_into(directory)?;
        if !home.database.exists() {
            private().open(&home.database).map_err(|source| file(&home.database, source))?;
        }
        // Also where it was made by a process that came no further.
        sync_names(directory).map_err(|source| file(directory, source))?;
        let log = directory.join(LOG);
        write_again(&log).map_err(|source| file(&log, source))?;
        Ok(home)
    }

    /// Takes the directory that is there, and changes nothing in it.
    pub(super) fn look_into(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(LOCK);
        let lock = private().open(&path).map_err(|source| file(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { database: directory.join(FILE), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
            Err(TryLockError::Error(source)) => Err(file(&path, source)),
        }
    }

    /// The names of all files that SQLite made are durable. It syncs them, too, and does not look at what comes of it.
    pub(super) fn sync_names(&self) -> Result<(), OpenError> {
        let directory = above(&self.database);
        sync_names(directory).map_err(|source| file(directory, source))
    }
}

/// Writes a file's octets over themselves, and syncs them. What an earlier process has left may be in the system's memory
/// only, and not even be on its way: once a sync has failed, the system takes what it could not write for written, and the
/// next sync says that all is well. A checkpoint from such a log would, if the power went in it, leave pages of a
/// transaction in the database that is not in the log.
fn write_again(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut part = Vec::new();
    let mut at = 0;
    while io::Read::by_ref(&mut file).take(WRITTEN_AT_ONCE).read_to_end(&mut part)? > 0 {
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&part)?;
        at += part.len() as u64;
        part.clear();
    }
    if at > 0 { file.sync_all() } else { Ok(()) }
}

/// Octets of a log that are in memory while it is written again.
const WRITTEN_AT_ONCE: u64 = 1 << 20;

/// The one connection that writes.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < SQLITE_MIN {
        return Err(OpenError::OldSqlite(rusqlite::version()));
    }
    let failed = |source| database(path, source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    check_version(&conn, path)?;
    settle(&conn).map_err(failed)?;
    make(&mut conn).map_err(failed)?;
    Ok(conn)
}

/// A connection that reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// A connection that reads where nobody writes. The index of the log is in memory: no file is made for it, which would take
/// space.
pub(super) fn onlooker(path: &Path) -> rusqlite::Result<Connection> {
    // To have it for itself takes a file that is open for writing; nothing is written.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.pragma_update(None, "locking_mode", "exclusive")?;
    match conn.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0)) {
        Ok(_) => {}
        // Some other tool is reading it: then the index is there.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => return reader(path),
        Err(error) => return Err(error),
    }
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(conn)
}

/// Readers and the writer never wait for each other; only recovery after a crash, and the end of the last one, lock all.
pub(super) const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

/// Whether that is a store, and one of this version.
pub(super) fn check_current(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    if check_version(conn, path)? { Ok(()) } else { Err(OpenError::Foreign(path.to_owned())) }
}

/// Whether that is the name of a file of a store: the database, or what SQLite puts beside it.
pub(super) fn is_of_store(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(FILE))
}

/// Whether it is a store of this version; `false`: there is nothing in it yet. Reads only.
fn check_version(conn: &Connection, path: &Path) -> Result<bool, OpenError> {
    let failed = |source| database(path, source);
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let (path, known) = (path.to_owned(), VERSION);
    match found.cmp(&VERSION) {
        Ordering::Greater => return Err(OpenError::Newer { path, found, known }),
        Ordering::Less if found > 0 => return Err(OpenError::Older { path, found, known }),
        Ordering::Less | Ordering::Equal => {}
    }
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed)?;
    if found == 0 && tables > 0 { Err(OpenError::Foreign(path)) } else { Ok(found == VERSION) }
}

fn settle(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    // Only a new database takes it.
    conn.pragma_update(None, "page_size", PAGE_LEN)?;
    // Its answer comes before its commit: only who asks for the next row learns that it was not made.
    let mut statement = conn.prepare("PRAGMA journal_mode = wal")?;
    let modes = statement.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    if modes != ["wal"] {
        return Err(rusqlite::Error::InvalidQuery);
    }
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // A body that is deleted is overwritten, and not only forgotten. (For its words in the index see `residue`.)
    conn.pragma_update(None, "secure_delete", true)?;
    // Checkpoints are made by `Sqlite`, which looks at what comes of them: after a failed sync a second one tells nothing.
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "journal_size_limit", WAL_KEPT_BYTES)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Makes the tables where there are none.
fn make(conn: &mut Connection) -> rusqlite::Result<()> {
    let found: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found == VERSION {
        return Ok(());
    }
    let transaction = conn.transaction()?;
    SCHEMA.iter().try_for_each(|part| transaction.execute_batch(part))?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// What SQLite says of a file.
pub(super) fn database(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    if is_damage(&source) {
        return OpenError::Damaged { path, why: source.to_string() };
    }
    if is_full(&source) {
        return OpenError::Full(path);
    }
    OpenError::Database { path, source }
}

/// Whether what is in the file can't be, so that trying again says the same.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether the disk has no room.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// Whether it may help to make room: also where the index of the log can't be made longer, of which SQLite does not say why.
pub(super) fn may_want_room(error: &rusqlite::Error) -> bool {
    let is_of_index = |error: &rusqlite::ffi::Error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    is_full(error) || error.sqlite_error().is_some_and(is_of_index)
}

fn file(path: &Path, source: io::Error) -> OpenError {
    OpenError::File { path: path.to_owned(), source }
}

/// What whoever uses the store is told.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    let is_damage = is_damage(&error);
    let why = error.to_string();
    if is_damage { StoreError::Damaged(why) } else { StoreError::Failed(why) }
}

/// Whether rows are there that can't be. In the index of words, which checks nothing else of itself, that is damage; so it is at the
/// end of a batch, where only the index still writes.
pub(super) fn is_contradiction(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
