//! The store's own numbers, by their names. One that is not there is said to be what is asked for instead.

use rusqlite::Connection;

pub(super) fn flag(conn: &Connection, key: &str) -> rusqlite::Result<bool> {
    number(conn, key, 0).map(|value| value != 0)
}

pub(super) fn number(conn: &Connection, key: &str, otherwise: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT ifnull(max(value), ?2) FROM meta WHERE key = ?1";
    conn.prepare_cached(sql)?.query_row((key, otherwise), |row| row.get(0))
}

pub(super) fn set(conn: &Connection, key: &str, value: i64) -> rusqlite::Result<()> {
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", (key, value)).map(drop)
}
