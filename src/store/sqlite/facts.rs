//! Facts of rooms: where each is kept. A fact that is a value is a column of `rooms`; one that is many has a table.

use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::{Fact, Facts};
use rusqlite::{Connection, Result};

use super::batch::Batch;
use super::rows::all;
use super::value::{bits, place, seq};

impl Batch<'_> {
    /// A fact of a room is so from now on.
    pub(super) fn set_fact(&self, room: RoomId, fact: &Fact) -> Result<()> {
        match fact {
            Fact::Pins(pins) => {
                self.conn.prepare_cached("DELETE FROM pins WHERE room = ?1")?.execute([bits(room.0)])?;
                let sql = "INSERT INTO pins (room, number) VALUES (?1, ?2)";
                pins.iter().try_for_each(|pin| self.set(sql, room, &place(*pin)))
            }
            Fact::Slow(interval_s) => self.set("UPDATE rooms SET slow_s = ?2 WHERE id = ?1", room, interval_s),
            Fact::Rules(rules) => self.set("UPDATE rooms SET rules = ?2 WHERE id = ?1", room, rules),
        }
    }
}

/// The facts of a room.
pub(super) fn facts(conn: &Connection, room: RoomId) -> Result<Facts> {
    let key = [bits(room.0)];
    let pins = all(conn, "SELECT number FROM pins WHERE room = ?1 ORDER BY number", key, |row| seq(row, 0))?;
    let sql = "SELECT slow_s, rules FROM rooms WHERE id = ?1";
    conn.prepare_cached(sql)?.query_row(key, |row| Ok(Facts { pins, slow_s: row.get(0)?, rules: row.get(1)? }))
}
