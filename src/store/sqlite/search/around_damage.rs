//! The same where pages of the database are damaged: entry by entry, and what can't be read is left out.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{RoomId, RoomSeq};
use rusqlite::{Connection, Error, OptionalExtension as _, Result};

use super::hit::{Hit, before, fits, matching};
use crate::query::Allowance;
use crate::sqlite::damaged;
use crate::sqlite::open::is_damage;
use crate::sqlite::pages::since;
use crate::sqlite::value::{bits, place, room, seq};
use crate::text::Terms;
use crate::{Located, Search, Span};

const HIT: &str = "SELECT e.room, e.number, ifnull(n.body, e.body) FROM entries e
    CROSS JOIN rooms r ON r.id = e.room
    LEFT JOIN members m ON m.room = e.room AND m.account = ?2
    LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
    WHERE e.id = ?1 AND e.number > max(ifnull(m.since, 0), r.floor) AND e.body IS NOT NULL";

/// The numbers of a room and their places come from the index of numbers, which has no bodies in it.
const PLACES: &str = "SELECT id, number FROM entries INDEXED BY entries_by_number
    WHERE room = ?1 AND number > ?2 ORDER BY number DESC";

const TEXTS: &str = "SELECT e.body, n.body FROM entries e
    LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
    WHERE e.id = ?1 AND e.body IS NOT NULL";

/// What the index finds and what of it can be read.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) hits: Vec<Hit>,
    pub(super) is_more: bool,
    pub(super) missed: Missed,
}

/// What is left out since it can't be read.
#[derive(Default)]
pub(super) struct Missed {
    /// Why.
    pub(super) error: Option<Error>,
    /// Where it is, as far as that is known.
    pub(super) spans: BTreeMap<RoomId, Span>,
}

impl Missed {
    /// Both.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (room, span) in other.spans {
            self.spans.entry(room).and_modify(|known| *known = known.and(span)).or_insert(span);
        }
        Self { error: self.error.or(other.error), spans: self.spans }
    }
}

/// `None`: it is the index that can't be read.
pub(super) fn listed_hits(
    conn: &Connection,
    search: &Search,
    terms: &Terms,
    rooms: &[RoomId],
) -> Result<Option<Listed>> {
    let mut statement =
        conn.prepare_cached("SELECT rowid FROM words WHERE words MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC")?;
    let mut rows = statement.query((matching(terms, rooms), before(search)))?;
    let mut found = Listed { hits: Vec::new(), is_more: false, missed: Missed::default() };
    let mut missed = BTreeSet::new();
    let mut allowance = Allowance::new(search.count, search.bytes);
    loop {
        let id: i64 = match rows.next() {
            Ok(Some(row)) => row.get(0)?,
            Ok(None) => break,
            Err(error) if is_damage(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let read = conn.prepare_cached(HIT)?.query_row((id, bits(search.account.0)), |row| {
            Ok((id.cast_unsigned(), Located { room: room(row, 0)?, number: seq(row, 1)?, entry: row.get(2)? }))
        });
        match read.optional() {
            Ok(Some((_, hit))) if rooms.binary_search(&hit.room).is_err() => {}
            Ok(Some((_, hit))) if !allowance.takes(hit.entry.len()) => {
                found.is_more = true;
                break;
            }
            Ok(hit) => found.hits.extend(hit),
            Err(error) if is_damage(&error) => {
                missed.insert(id);
                found.missed.error = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    found.missed.spans = damaged::whereabouts(conn, &missed)?;
    found.missed.spans.retain(|room, _| rooms.binary_search(room).is_ok());
    Ok(Some(found))
}

/// What can be read of the entries after the one up to which texts are listed, and why some can't.
pub(super) fn unlisted_hits(
    conn: &Connection,
    search: &Search,
    terms: &Terms,
    rooms: &[RoomId],
    listed: i64,
) -> Result<(Vec<Hit>, Missed)> {
    let (mut hits, mut missed) = (Vec::new(), Missed::default());
    for &room in rooms {
        let Some(since) = since(conn, room, search.account)? else { continue };
        for (id, number) in places(conn, room, since, listed)? {
            if id >= before(search) {
                continue;
            }
            let texts: Result<(Vec<u8>, Option<Vec<u8>>)> =
                conn.prepare_cached(TEXTS)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)));
            match texts.optional() {
                Ok(Some((own, edit))) => {
                    let entry = fits(&own, edit.as_deref(), terms).map(<[u8]>::to_vec);
                    hits.extend(entry.map(|entry| (id.cast_unsigned(), Located { room, number, entry })));
                }
                Ok(None) => {}
                Err(error) if is_damage(&error) => {
                    damaged::widen(&mut missed.spans, room, number);
                    missed.error = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok((hits, missed))
}

/// Places among all entries of those of a room that are not listed, and their numbers.
fn places(conn: &Connection, room: RoomId, since: RoomSeq, listed: i64) -> Result<Vec<(i64, RoomSeq)>> {
    let mut statement = conn.prepare_cached(PLACES)?;
    let mut rows = statement.query((bits(room.0), place(since)))?;
    let mut places = Vec::new();
    loop {
        match rows.next() {
            // What is older was taken before.
            Ok(Some(row)) if row.get::<_, i64>(0)? > listed => places.push((row.get(0)?, seq(row, 1)?)),
            Ok(_) => return Ok(places),
            // What lies before that can't be reached.
            Err(error) if is_damage(&error) => return Ok(places),
            Err(error) => return Err(error),
        }
    }
}
