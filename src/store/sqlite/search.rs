//! Search: who may find what is decided by the tables, in the query itself.

mod around_damage;
mod hit;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::{Access, SearchMark};
use rusqlite::{Connection, Result};

use self::around_damage::{Listed, Missed};
use self::hit::{Hit, before, fits, matching};
use super::loss;
use super::number;
use super::open::is_damage;
use super::pages::since;
use super::ring::{Ring, Rings};
use super::rows::all;
use super::suspicion::Suspicion;
use super::value::{access_code, bits, room, seq, u64_at};
use crate::entry::{is_text, said};
use crate::query::Allowance;
use crate::text::{Terms, words};
use crate::{Found, Located, Search, Span};

const HITS: &str = "SELECT e.id, e.room, e.number, ifnull(n.body, e.body)
    FROM words w CROSS JOIN entries e ON e.id = w.rowid
    CROSS JOIN rooms r ON r.id = e.room
    LEFT JOIN members m ON m.room = e.room AND m.account = ?2
    LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
    WHERE words MATCH ?1 AND w.rowid < ?3 AND e.number > max(ifnull(m.since, 0), r.floor) AND e.body IS NOT NULL
    AND +e.room IN (SELECT value FROM json_each(?4))
    ORDER BY w.rowid DESC";

const UNLISTED: &str = "SELECT e.id, e.room, e.number, e.body, n.body
    FROM entries e
    CROSS JOIN rooms r ON r.id = e.room
    LEFT JOIN members m ON m.room = e.room AND m.account = ?2
    LEFT JOIN entries n ON n.room = e.room AND n.number = e.edited_by
    WHERE e.id > ?1 AND e.id < ?3 AND e.number > max(ifnull(m.since, 0), r.floor) AND e.body IS NOT NULL
    AND +e.room IN (SELECT value FROM json_each(?4))";

pub(super) fn search(conn: &Connection, rings: &Rings, suspicion: &Suspicion, search: &Search) -> Result<Found> {
    let Some(terms) = Terms::parse(&search.words) else {
        return Ok(Found { is_unfit: true, ..Found::default() });
    };
    let transaction = conn.unchecked_transaction()?;
    let rooms = rooms(&transaction, search)?;
    if rooms.is_empty() {
        return Ok(Found::default());
    }
    let mut listed = number(&transaction, "listed", 0)?;
    let by_index = match suspicion.is_raised() {
        true => None,
        false => by_index(&transaction, search, &terms, &rooms)?,
    };
    let Listed { mut hits, mut is_more, missed } = by_index.unwrap_or_else(|| {
        // Then all texts are looked at, one by one.
        listed = 0;
        suspicion.raise();
        Listed::default()
    });
    // Where the index has more, nothing older than the last of it is told before that.
    let told_from = hits.last().map(|(mark, _)| *mark).filter(|_| is_more);
    let (unlisted, unread) = match unlisted_hits(&transaction, search, &terms, &rooms, listed) {
        Err(error) if is_damage(&error) => around_damage::unlisted_hits(&transaction, search, &terms, &rooms, listed)?,
        unlisted => (unlisted?, Missed::default()),
    };
    let missed = missed.and(unread);
    hits.extend(unlisted);
    for &room in &rooms {
        let ring = rings.lock().get(&room).cloned();
        if let Some(ring) = ring {
            hits.extend(in_ring(&transaction, &ring, search, &terms, room)?);
        }
    }
    hits.retain(|(mark, _)| told_from.is_none_or(|from| *mark >= from));
    hits.sort_by_key(|(mark, _)| Reverse(*mark));
    let (is_damaged, unreadable) = (missed.error.is_some(), missed.spans);
    if let Some(error) = missed.error.filter(|_| hits.is_empty() && !is_more) {
        // What was asked for is, or may be, what can't be read.
        return Err(error);
    }
    let (is_damaged, unreadable) = and_lost(&transaction, search, &rooms, (is_damaged, unreadable))?;
    let mut allowance = Allowance::new(search.count, search.bytes);
    let given = hits.iter().take_while(|(_, hit)| allowance.takes(hit.entry.len())).count();
    is_more |= given < hits.len();
    hits.truncate(given);
    let next = hits.last().filter(|_| is_more).map(|(mark, _)| SearchMark(*mark));
    Ok(Found { hits: hits.into_iter().map(|(_, hit)| hit).collect(), next, is_unfit: false, is_damaged, unreadable })
}

/// Adds what is lost, once for a search. While no operator has accepted that, it is damage like any other.
fn and_lost(
    conn: &Connection,
    search: &Search,
    rooms: &[RoomId],
    (is_damaged, mut unreadable): (bool, BTreeMap<RoomId, Span>),
) -> Result<(bool, BTreeMap<RoomId, Span>)> {
    if search.after.is_some() {
        return Ok((is_damaged, unreadable));
    }
    let lost = loss::seen_by(conn, search.account, &named(rooms))?;
    let is_damaged = is_damaged || (!lost.is_empty() && loss::is_open(conn)?);
    for (room, span) in lost {
        unreadable.entry(room).and_modify(|known| *known = known.and(span)).or_insert(span);
    }
    Ok((is_damaged, unreadable))
}

/// The rooms that are searched: those of the account and those that are public, as far as they are wanted.
fn rooms(conn: &Connection, search: &Search) -> Result<Vec<RoomId>> {
    let sql = "SELECT room FROM members WHERE account = ?1 UNION SELECT id FROM rooms WHERE access = ?2 ORDER BY 1";
    let mut rooms = all(conn, sql, (bits(search.account.0), access_code(Access::Public)), |row| room(row, 0))?;
    rooms.retain(|room| {
        search.room.is_none_or(|wanted| wanted == *room) && search.only.as_ref().is_none_or(|only| only.contains(room))
    });
    Ok(rooms)
}

/// What the index finds; `None`: it can't be read.
fn by_index(conn: &Connection, search: &Search, terms: &Terms, rooms: &[RoomId]) -> Result<Option<Listed>> {
    match listed_hits(conn, search, terms, rooms) {
        Err(error) if is_damage(&error) => around_damage::listed_hits(conn, search, terms, rooms),
        listed => listed.map(|(hits, is_more)| Some(Listed { hits, is_more, missed: Missed::default() })),
    }
}

/// As many hits as can be wanted; whether there are more.
fn listed_hits(conn: &Connection, search: &Search, terms: &Terms, rooms: &[RoomId]) -> Result<(Vec<Hit>, bool)> {
    let mut statement = conn.prepare_cached(HITS)?;
    let params = (matching(terms, rooms), bits(search.account.0), before(search), named(rooms));
    let mut rows = statement.query(params)?;
    let mut allowance = Allowance::new(search.count, search.bytes);
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(3)?.as_blob()?;
        if !allowance.takes(body.len()) {
            return Ok((hits, true));
        }
        hits.push((u64_at(row, 0)?, Located { room: room(row, 1)?, number: seq(row, 2)?, entry: body.to_vec() }));
    }
    Ok((hits, false))
}

/// The newest entries, which the index does not know yet.
fn unlisted_hits(conn: &Connection, search: &Search, terms: &Terms, rooms: &[RoomId], listed: i64) -> Result<Vec<Hit>> {
    let mut statement = conn.prepare_cached(UNLISTED)?;
    let params = (listed, bits(search.account.0), before(search), named(rooms));
    let mut rows = statement.query(params)?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let own = row.get_ref(3)?.as_blob()?;
        if let Some(entry) = fits(own, row.get_ref(4)?.as_blob_or_null()?, terms) {
            hits.push((u64_at(row, 0)?, Located { room: room(row, 1)?, number: seq(row, 2)?, entry: entry.to_vec() }));
        }
    }
    Ok(hits)
}

/// Rooms as one parameter.
fn named(rooms: &[RoomId]) -> String {
    let ids: Vec<_> = rooms.iter().map(|room| room.0).collect();
    serde_json::json!(ids).to_string()
}

fn in_ring(conn: &Connection, ring: &Ring, search: &Search, terms: &Terms, room: RoomId) -> Result<Vec<Hit>> {
    let Some(since) = since(conn, room, search.account)? else { return Ok(Vec::new()) };
    let hits = ring.all_seen().filter_map(|(number, slot)| {
        let is_wanted = number > since
            && search.after.is_none_or(|after| slot.mark < after.0)
            && slot.body.as_deref().is_some_and(is_text);
        let entry = ring.newest(slot).filter(|_| is_wanted)?;
        terms.are_in(&words(&said(entry)?)).then(|| (slot.mark, Located { room, number, entry: entry.to_vec() }))
    });
    Ok(hits.collect())
}
