//! Reading a log: as devices follow it, and as people page through it.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Position};
use rusqlite::{Connection, OptionalExtension as _, Result};

use super::damaged;
use super::open::is_damage;
use super::part::{Part, Side};
use super::ring::{Ring, Rings};
use super::value::{access_code, bits, limit, place, seq, time};
use crate::entry::is_text;
use crate::query::Allowance;
use crate::{Found, Located, Page, Pages, Range, Results, Span, Texts};

/// A part of a log, gone bodies included.
pub(super) fn load(conn: &Connection, rings: &Rings, range: Range) -> Result<Page> {
    let mut page = match load_whole(conn, rings, range) {
        Err(error) if is_damage(&error) => damaged::load(conn, range)?,
        loaded => loaded?,
    };
    let last = RoomSeq(range.after.0.saturating_add(page.entries.len() as u64));
    damaged::lost(conn, range.room, (range.after.next(), last), &mut page.unreadable)?;
    Ok(page)
}

fn load_whole(conn: &Connection, rings: &Rings, range: Range) -> Result<Page> {
    let mut page = Page { range, entries: Vec::new(), unreadable: None };
    let mut allowance = Allowance::new(range.count, range.bytes);
    if let Some(ring) = rings.lock().get(&range.room) {
        let body = |number| ring.seen(number).and_then(|slot| slot.body.as_deref()).unwrap_or_default();
        let bodies = (range.after.0.saturating_add(1)..=ring.visible.0).map(|number| body(RoomSeq(number)));
        page.entries = bodies.take_while(|body| allowance.takes(body.len())).map(<[u8]>::to_vec).collect();
        return Ok(page);
    }
    // One snapshot for the head and the entries.
    let transaction = conn.unchecked_transaction()?;
    let sql = "SELECT head, floor FROM rooms WHERE id = ?1";
    let room = bits(range.room.0);
    let log = transaction.prepare_cached(sql)?.query_row([room], |row| Ok((seq(row, 0)?, seq(row, 1)?))).optional()?;
    let Some((head, floor)) = log else { return Ok(page) };
    let sql = "SELECT number, body FROM entries WHERE room = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut rows = statement.query((room, place(range.after), limit(range.count)))?;
    let mut next = range.after.next();
    while let Some(row) = rows.next()? {
        let number = seq(row, 0)?;
        // Numbers without a row were an ephemeral log's.
        while next < number && allowance.takes(0) {
            page.entries.push(Vec::new());
            next = next.next();
        }
        let body = if number > floor { row.get_ref(1)?.as_blob_or_null()?.unwrap_or_default() } else { &[] };
        if next < number || !allowance.takes(body.len()) {
            return Ok(page);
        }
        page.entries.push(body.to_vec());
        next = number.next();
    }
    while next <= head && allowance.takes(0) {
        page.entries.push(Vec::new());
        next = next.next();
    }
    Ok(page)
}

/// A part of a room's history, for a member.
pub(super) fn pages(conn: &Connection, rings: &Rings, pages: &Pages) -> Result<Results> {
    let (mut before, mut after) = (Allowance::new(0, 0), Allowance::new(pages.count, pages.bytes));
    let transaction = conn.unchecked_transaction()?;
    let from = match pages.position {
        Position::Before(number) => {
            std::mem::swap(&mut before, &mut after);
            number
        }
        Position::After(number) => number.next(),
        Position::Since(at) => first_since(&transaction, rings, pages.room, at)?,
        Position::Around(number) => {
            (before, after) = after.halves();
            number
        }
    };
    let Some(since) = since(&transaction, pages.room, pages.account)? else {
        return Ok(Results::Pages { entries: Vec::new(), is_more: false, unreadable: None });
    };
    let mut unreadable = None;
    let ring = rings.lock().get(&pages.room).cloned();
    let (older, newer) = match &ring {
        Some(ring) => in_ring(ring, pages, (since, from), (before, after)),
        None => (
            on_disk(&transaction, Side::Older, pages, (since, from), before, &mut unreadable)?,
            on_disk(&transaction, Side::Newer, pages, (since, from), after, &mut unreadable)?,
        ),
    };
    let (mut entries, is_more_before) = older;
    entries.reverse();
    entries.extend(newer.0);
    let is_more = if matches!(pages.position, Position::Before(_)) { is_more_before } else { newer.1 };
    Ok(Results::Pages { entries, is_more, unreadable })
}

/// Where there is nothing that may be read there is no such number, and so no entry.
const OLDER: &str = "SELECT number, body FROM entries WHERE room = ?1 AND number < ?3 AND body IS NOT NULL
    AND number > ?2 ORDER BY number DESC";
const NEWER: &str = "SELECT number, body FROM entries WHERE room = ?1 AND number >= ?3 AND body IS NOT NULL
    AND number > ?2 ORDER BY number";

fn on_disk(
    conn: &Connection,
    side: Side,
    pages: &Pages,
    (since, from): (RoomSeq, RoomSeq),
    allowance: Allowance,
    unreadable: &mut Option<Span>,
) -> Result<Part> {
    let (part, is_more) = match whole(conn, side, pages, (since, from), allowance) {
        Err(error) if is_damage(&error) => damaged::part(conn, side, pages, (since, from), allowance, unreadable)?,
        part => part?,
    };
    // As far as was looked.
    let end = part.last().filter(|_| is_more).map(|located| located.number);
    let looked = match side {
        Side::Older => (end.unwrap_or(since.next()), RoomSeq(from.0.saturating_sub(1))),
        Side::Newer => (from.max(since.next()), end.unwrap_or(RoomSeq(u64::MAX))),
    };
    if !(is_more && part.is_empty()) {
        damaged::lost(conn, pages.room, looked, unreadable)?;
    }
    Ok((part, is_more))
}

fn whole(
    conn: &Connection,
    side: Side,
    pages: &Pages,
    (since, from): (RoomSeq, RoomSeq),
    allowance: Allowance,
) -> Result<Part> {
    let sql = if side == Side::Older { OLDER } else { NEWER };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query((bits(pages.room.0), place(since), place(from)))?;
    let mut allowance = allowance;
    let mut part = Vec::new();
    while let Some(row) = rows.next()? {
        let body = row.get_ref(1)?.as_blob()?;
        if !allowance.takes(body.len()) {
            return Ok((part, true));
        }
        part.push(Located { room: pages.room, number: seq(row, 0)?, entry: body.to_vec() });
    }
    Ok((part, false))
}

fn in_ring(
    ring: &Ring,
    pages: &Pages,
    (since, from): (RoomSeq, RoomSeq),
    (before, after): (Allowance, Allowance),
) -> (Part, Part) {
    let located = ring.all_seen().filter(|(number, _)| *number > since).filter_map(|(number, slot)| {
        let entry = slot.body.as_ref()?.to_vec();
        Some(Located { room: pages.room, number, entry })
    });
    let (older, newer): (Vec<_>, Vec<_>) = located.partition(|located| located.number < from);
    (before.fill(older.into_iter().rev()), after.fill(newer.into_iter()))
}

/// Where what an account may read of a room begins: after this entry. Of a public room everything is read by whoever is no
/// member; of others nothing.
pub(super) fn since(conn: &Connection, room: RoomId, account: AccountId) -> Result<Option<RoomSeq>> {
    let sql = "SELECT max(ifnull(m.since, 0), r.floor) FROM rooms r
        LEFT JOIN members m ON m.room = r.id AND m.account = ?2
        WHERE r.id = ?1 AND (m.account IS NOT NULL OR r.access = ?3)";
    let params = (bits(room.0), bits(account.0), access_code(Access::Public));
    conn.prepare_cached(sql)?.query_row(params, |row| seq(row, 0)).optional()
}

/// Texts by their numbers, each as its newest edit says it.
pub(super) fn texts(conn: &Connection, rings: &Rings, wanted: &Texts) -> Result<Found> {
    let Some(since) = since(conn, wanted.room, wanted.account)? else { return Ok(Found::default()) };
    let ring = rings.lock().get(&wanted.room).cloned();
    let sql = "SELECT own.body, edit.body FROM entries own
        LEFT JOIN entries edit ON edit.room = own.room AND edit.number = own.edited_by
        WHERE own.room = ?1 AND own.number = ?2 AND own.body IS NOT NULL";
    let newest = |own: &[u8], edit: Option<&[u8]>| is_text(own).then(|| edit.unwrap_or(own).to_vec());
    let mut texts = Vec::new();
    for &number in wanted.numbers.iter().filter(|number| **number > since) {
        let entry = match &ring {
            Some(ring) => {
                ring.seen(number).and_then(|slot| newest(slot.body.as_deref()?, ring.newest(slot).map(|e| &**e)))
            }
            None => conn
                .prepare_cached(sql)?
                .query_row((bits(wanted.room.0), place(number)), |row| {
                    Ok(newest(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob_or_null()?))
                })
                .optional()?
                .flatten(),
        };
        texts.extend(entry.map(|entry| Located { room: wanted.room, number, entry }));
    }
    Ok(wanted.found(texts.into_iter()))
}

/// The first entry that was taken then or later. Times never go back within a log, so the interval is halved.
fn first_since(conn: &Connection, rings: &Rings, room: RoomId, at: WallTime) -> Result<RoomSeq> {
    if let Some(ring) = rings.lock().get(&room) {
        let first = ring.all_seen().find(|(_, slot)| slot.at >= at);
        return Ok(first.map_or_else(|| ring.visible.next(), |(number, _)| number));
    }
    let sql = "SELECT head FROM rooms WHERE id = ?1";
    let head: RoomSeq =
        conn.prepare_cached(sql)?.query_row([bits(room.0)], |row| seq(row, 0)).optional()?.unwrap_or_default();
    let sql = "SELECT number, at FROM entries WHERE room = ?1 AND number >= ?2 ORDER BY number LIMIT 1";
    let mut probe = conn.prepare_cached(sql)?;
    let (mut low, mut high) = (1, head.0.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let found = probe
            .query_row((bits(room.0), place(RoomSeq(middle))), |row| Ok((seq(row, 0)?, time(row, 1)?)))
            .optional()?;
        match found {
            Some((number, taken)) if taken < at => low = number.0 + 1,
            _ => high = middle,
        }
    }
    Ok(RoomSeq(low))
}
