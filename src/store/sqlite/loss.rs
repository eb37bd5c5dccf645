//! Messages that lay on a damaged page when the store was mended: which they are, and whether an operator goes on without them.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::{AccountId, RoomId};
use rusqlite::{Connection, Result, Row};

use super::meta::{flag, set};
use super::rows::all;
use super::value::{bits, room, seq};
use crate::{Loss, Span};

/// In `meta`: something was lost since an operator last had the store repaired.
const IS_OPEN: &str = "is_loss_open";

/// Something is lost that no operator has heard of.
pub(super) fn open(conn: &Connection) -> Result<()> {
    set(conn, IS_OPEN, 1)
}

/// An operator goes on without what is lost.
pub(super) fn accept(conn: &Connection) -> Result<()> {
    if flag(conn, IS_OPEN)? { set(conn, IS_OPEN, 0) } else { Ok(()) }
}

/// Whether no operator has had the store repaired since something was lost. What retention has removed since is not missed.
pub(super) fn is_open(conn: &Connection) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM lost l JOIN rooms r ON r.id = l.room WHERE l.last > r.floor)";
    Ok(flag(conn, IS_OPEN)? && conn.query_row(sql, (), |row| row.get(0))?)
}

/// All that is lost and would be there still.
pub(super) fn loss(conn: &Connection) -> Result<Loss> {
    let sql = "SELECT l.room, max(l.first, r.floor + 1), l.last FROM lost l JOIN rooms r ON r.id = l.room
               WHERE l.last > r.floor ORDER BY l.room, l.first";
    let mut spans: BTreeMap<RoomId, Vec<Span>> = BTreeMap::new();
    for (room, span) in all(conn, sql, (), in_room)? {
        spans.entry(room).or_default().push(span);
    }
    Ok(Loss { is_accepted: !spans.is_empty() && !is_open(conn)?, spans })
}

/// What is lost of what an account may read in these rooms: a span of each.
pub(super) fn seen_by(conn: &Connection, account: AccountId, rooms: &str) -> Result<BTreeMap<RoomId, Span>> {
    let sql = "SELECT l.room, min(max(l.first, ifnull(m.since, 0) + 1, r.floor + 1)), max(l.last)
               FROM lost l JOIN rooms r ON r.id = l.room LEFT JOIN members m ON m.room = l.room AND m.account = ?1
               WHERE l.room IN (SELECT value FROM json_each(?2)) AND l.last > max(ifnull(m.since, 0), r.floor)
               GROUP BY l.room";
    Ok(all(conn, sql, (bits(account.0), rooms), in_room)?.into_iter().collect())
}

fn in_room(row: &Row<'_>) -> Result<(RoomId, Span)> {
    Ok((room(row, 0)?, Span { first: seq(row, 1)?, last: seq(row, 2)? }))
}
