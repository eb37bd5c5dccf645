//! Trees of the file beside what SQLite does with them: reading every page of one, making one anew, and leaving one that has a page
//! which can't be read.

use rusqlite::{Connection, Result};

use super::meta::set;
use super::rows::all;

/// That the file has pages which belong to nothing, in `meta`.
pub(super) const TO_COMPACT: &str = "is_to_compact";

/// Reads every page of a table.
pub(super) fn read_all(conn: &Connection, table: &str) -> Result<()> {
    let mut statement = conn.prepare(&format!("SELECT * FROM {table} NOT INDEXED"))?;
    let mut rows = statement.query(())?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// One transaction; undone where it fails.
pub(super) fn within(conn: &Connection, act: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
    let transaction = conn.unchecked_transaction()?;
    conn.pragma_update(None, "writable_schema", true)?;
    let done = act(&transaction).and_then(|()| set(&transaction, TO_COMPACT, 1)).and_then(|()| transaction.commit());
    // What is known of the schema is read anew.
    conn.execute_batch("PRAGMA writable_schema = RESET")?;
    done
}

/// An index, and what makes it.
pub(super) struct Index {
    pub(super) name: String,
    pub(super) table: String,
    columns: String,
    filter: &'static str,
    unique: &'static str,
}

/// All of the schema, also those that SQLite makes for constraints.
pub(super) fn indexes(conn: &Connection) -> Result<Vec<Index>> {
    let sql = "SELECT i.name, t.name, i.\"unique\", i.partial, (
                   SELECT group_concat(name, ', ' ORDER BY seqno) FROM pragma_index_info(i.name)
               ) FROM sqlite_schema t, pragma_index_list(t.name) i
               WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'index' AND s.name = i.name)
               ORDER BY i.name";
    all(conn, sql, (), |row| {
        Ok(Index {
            name: row.get(0)?,
            table: row.get(1)?,
            unique: if row.get(2)? { "UNIQUE" } else { "" },
            // There is one that leaves out rows.
            filter: if row.get(3)? { "WHERE edit_of IS NOT NULL" } else { "" },
            columns: row.get(4)?,
        })
    })
}

impl Index {
    /// Reads all of its pages.
    pub(super) fn read(&self, conn: &Connection) -> Result<()> {
        let Self { name, table, columns, filter, .. } = self;
        let sql = format!("SELECT {columns} FROM {table} INDEXED BY {name} {filter}");
        let mut statement = conn.prepare(&sql)?;
        let mut rows = statement.query(())?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Makes it anew beside the old one, and takes its place.
    pub(super) fn renew(&self, conn: &Connection) -> Result<()> {
        let fresh = self.make(conn, &self.table)?;
        take_place(conn, &fresh, &self.name)
    }

    /// Makes one like it of a table. Gives its name.
    pub(super) fn make(&self, conn: &Connection, table: &str) -> Result<String> {
        let Self { name, columns, filter, unique, .. } = self;
        let fresh = format!("mended_{}", name.trim_start_matches("sqlite_"));
        conn.execute_batch(&format!("CREATE {unique} INDEX {fresh} ON {table} ({columns}) {filter}"))?;
        Ok(fresh)
    }
}

/// The tree of one thing is another's from now on, and the first name is free again.
pub(super) fn take_place(conn: &Connection, fresh: &str, old: &str) -> Result<()> {
    let sql =
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = ?1) WHERE name = ?2";
    conn.execute(sql, (fresh, old))?;
    conn.execute("DELETE FROM sqlite_schema WHERE name = ?1", [fresh])?;
    // Every connection reads the schema anew, this one as soon as it is told to.
    let version: i64 = conn.pragma_query_value(None, "schema_version", |row| row.get(0))?;
    conn.pragma_update(None, "schema_version", version + 1)
}
