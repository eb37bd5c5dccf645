//! Connections that only read: beside the one that writes, or where nobody writes.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::open::{self, DataFolder, OpenError, failed};
use super::ring::Rings;
use super::suspicion::Suspicion;
use super::{listing, pages, search};
use crate::{Page, Query, Range, Read, Results, StoreError};

/// Reads beside the writer.
pub struct Reader {
    pub(super) conn: Connection,
    pub(super) rings: Rings,
    pub(super) suspicion: Suspicion,
    /// Held where nobody writes.
    pub(super) _alone: Option<DataFolder>,
}

impl Read for Reader {
    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        pages::load(&self.conn, &self.rings, range).map_err(failed)
    }

    fn query(&mut self, query: &Query) -> Result<Results, StoreError> {
        answer(&self.conn, (&self.rings, &self.suspicion), query).map_err(failed)
    }

    fn check(&mut self) {
        if !self.suspicion.begin_check(self.conn.get_interrupt_handle()) {
            return;
        }
        match listing::is_wrong(&self.conn) {
            Ok(true) => {
                log::error!("the index of words is damaged: search looks at all texts until it is made anew");
                self.suspicion.raise();
            }
            Ok(false) => {}
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {}
            Err(error) => log::warn!("the index of words can't be looked over: {error}"),
        }
    }
}

impl Reader {
    /// Opens a store's file, or a copy of it, only to read it. A server may be writing to it meanwhile; what it has in memory
    /// only is not seen.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(file: &Path) -> Result<Self, OpenError> {
        let conn = open::reader(file).map_err(|source| open::database(file, source))?;
        open::check_current(&conn, file)?;
        Ok(Self { conn, rings: Rings::default(), suspicion: Suspicion::default(), _alone: None })
    }

    /// Opens the store in a directory that no process uses, only to read it, as it was left. That takes no space: it goes on a
    /// full disk, too.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn alone(directory: &Path) -> Result<Self, OpenError> {
        let home = DataFolder::look_into(directory)?;
        let failed = |source| open::database(&home.database, source);
        let conn = open::onlooker(&home.database).map_err(failed)?;
        open::check_current(&conn, &home.database)?;
        Ok(Self { conn, rings: Rings::default(), suspicion: Suspicion::default(), _alone: Some(home) })
    }
}

pub(super) fn answer(conn: &Connection, shared: (&Rings, &Suspicion), query: &Query) -> rusqlite::Result<Results> {
    let (rings, suspicion) = shared;
    match query {
        Query::Pages(pages) => pages::pages(conn, rings, pages),
        Query::Search(search) => search::search(conn, rings, suspicion, search).map(Results::Found),
        Query::Texts(wanted) => pages::texts(conn, rings, wanted).map(Results::Found),
    }
}
