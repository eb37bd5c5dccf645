//! Epochs on disk: see [`crate::Epochs`].

use chinwag_proto::wire::id::{Epoch, RoomId, RoomSeq};
use rusqlite::{Connection, Result};

use super::value::{bits, place, room as room_at, seq, u64_at};
use crate::epochs::EPOCHS_MAX;
use crate::{Epochs, state};

/// A further epoch begins. Gives its place.
pub(super) fn begin(conn: &Connection, seed: [u8; 32]) -> Result<i64> {
    conn.execute("INSERT INTO epochs (id) VALUES (?1)", [bits(state::fresh_epoch(seed).0)])?;
    let present = conn.last_insert_rowid();
    let forgotten = present.saturating_sub_unsigned(EPOCHS_MAX);
    conn.execute("DELETE FROM epochs WHERE place <= ?1", [forgotten])?;
    conn.execute("DELETE FROM epoch_heads WHERE epoch <= ?1", [forgotten])?;
    Ok(present)
}

/// Whether a log has grown in the epoch at this place.
pub(super) fn has_grown(conn: &Connection, room: RoomId, present: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM epoch_heads WHERE room = ?1 AND epoch = ?2";
    conn.prepare_cached(sql)?.exists((bits(room.0), present))
}

/// A log whose head is this grows, the first time in the epoch at this place.
pub(super) fn grows(conn: &Connection, room: RoomId, present: i64, head: RoomSeq) -> Result<()> {
    let sql = "INSERT INTO epoch_heads (room, epoch, head) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute((bits(room.0), present, place(head))).map(drop)
}

/// All that is known.
pub(super) fn all(conn: &Connection) -> Result<Epochs> {
    let mut epochs = Epochs::default();
    let mut rows = conn.prepare("SELECT place, id FROM epochs ORDER BY place")?;
    for row in rows.query_map((), |row| Ok((u64_at(row, 0)?, Epoch(u64_at(row, 1)?))))? {
        let (place, epoch) = row?;
        epochs.put(place, epoch);
    }
    let mut rows = conn.prepare("SELECT room, epoch, head FROM epoch_heads ORDER BY room, epoch")?;
    for row in rows.query_map((), |row| Ok((room_at(row, 0)?, u64_at(row, 1)?, seq(row, 2)?)))? {
        let (room, place, head) = row?;
        epochs.put_head(room, place, head);
    }
    Ok(epochs)
}
