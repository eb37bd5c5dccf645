//! Reading a log in which pages of the database are damaged: entry by entry, and what can't be read is left out and said.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{RoomId, RoomSeq};
use rusqlite::{Connection, OptionalExtension as _, Result};

use super::open::is_damage;
use super::part::{Part, Side};
use super::value::{bits, place, room, seq};
use crate::query::Allowance;
use crate::{Located, Page, Pages, Range, Span};

/// Entries of a room that are looked at for one page of history.
const LOOKED_MAX: usize = 1_024;

/// A part of a log; what can't be read is as if its body were gone.
pub(super) fn load(conn: &Connection, range: Range) -> Result<Page> {
    let mut page = Page { range, entries: Vec::new(), unreadable: None };
    let mut allowance = Allowance::new(range.count, range.bytes);
    // Where not even that can be read, whoever asks knows where the log ends.
    let last = range.after.0.saturating_add(range.count as u64);
    let sql = "SELECT head FROM rooms WHERE id = ?1";
    let head = conn.prepare_cached(sql)?.query_row([bits(range.room.0)], |row| seq(row, 0)).map_or(last, |seq| seq.0);
    for number in (range.after.0.saturating_add(1)..=last.min(head)).map(RoomSeq) {
        let body = match body(conn, range.room, number) {
            Err(error) if is_damage(&error) => {
                Span::widen(&mut page.unreadable, number);
                Vec::new()
            }
            body => body?.unwrap_or_default(),
        };
        if !allowance.takes(body.len()) {
            break;
        }
        page.entries.push(body);
    }
    Ok(page)
}

/// A part of a room's history, for someone who may read what comes after `since`.
pub(super) fn part(
    conn: &Connection,
    side: Side,
    pages: &Pages,
    (since, from): (RoomSeq, RoomSeq),
    mut allowance: Allowance,
    unreadable: &mut Option<Span>,
) -> Result<Part> {
    let sql = "SELECT head FROM rooms WHERE id = ?1";
    let head = conn.prepare_cached(sql)?.query_row([bits(pages.room.0)], |row| seq(row, 0))?;
    let mut numbers: Box<dyn Iterator<Item = u64>> = match side {
        Side::Older => Box::new((since.0 + 1..from.0.min(head.0 + 1)).rev()),
        Side::Newer => Box::new(from.0.max(since.0 + 1)..=head.0),
    };
    let mut part = Vec::new();
    let mut damage = None;
    for number in numbers.by_ref().take(LOOKED_MAX).map(RoomSeq) {
        match body(conn, pages.room, number) {
            Ok(Some(entry)) if !allowance.takes(entry.len()) => return Ok((part, true)),
            Ok(Some(entry)) => part.push(Located { room: pages.room, number, entry }),
            Ok(None) => {}
            Err(error) if is_damage(&error) => {
                Span::widen(unreadable, number);
                damage = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let is_more = numbers.next().is_some();
    match damage {
        // There is no entry from which whoever asks could go on.
        Some(error) if is_more && part.is_empty() => Err(error),
        _ => Ok((part, is_more)),
    }
}

/// Entries of a room from one number to another that were lost when the store was mended.
pub(super) fn lost(
    conn: &Connection,
    room: RoomId,
    (from, to): (RoomSeq, RoomSeq),
    unreadable: &mut Option<Span>,
) -> Result<()> {
    let sql = "SELECT max(first, ?2), min(last, ?3) FROM lost WHERE room = ?1 AND first <= ?3 AND last >= ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let mut spans = statement.query((bits(room.0), place(from), place(to)))?;
    while let Some(row) = spans.next()? {
        Span::widen(unreadable, seq(row, 0)?);
        Span::widen(unreadable, seq(row, 1)?);
    }
    Ok(())
}

/// Adds a number of a room.
pub(super) fn widen(spans: &mut BTreeMap<RoomId, Span>, room: RoomId, number: RoomSeq) {
    let one = Span { first: number, last: number };
    spans.entry(room).and_modify(|span| *span = span.and(one)).or_insert(one);
}

/// Where entries that can't be read are, by their places among those of all rooms: a span of each room, as far as the index of numbers
/// can be read, which has no bodies in it. It goes through all of that.
pub(super) fn whereabouts(conn: &Connection, places: &BTreeSet<i64>) -> Result<BTreeMap<RoomId, Span>> {
    let mut spans = BTreeMap::new();
    if places.is_empty() {
        return Ok(spans);
    }
    let mut statement = conn.prepare("SELECT id, room, number FROM entries INDEXED BY entries_by_number")?;
    let mut rows = statement.query(())?;
    loop {
        match rows.next() {
            Ok(Some(row)) if places.contains(&row.get(0)?) => {
                let number = seq(row, 2)?;
                widen(&mut spans, room(row, 1)?, number);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(spans),
            Err(error) if is_damage(&error) => return Ok(spans),
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn body(conn: &Connection, room: RoomId, number: RoomSeq) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT e.body FROM entries e JOIN rooms r ON r.id = e.room
               WHERE e.room = ?1 AND e.number = ?2 AND e.number > r.floor";
    let body = conn.prepare_cached(sql)?.query_row((bits(room.0), place(number)), |row| row.get(0)).optional()?;
    Ok(body.flatten())
}
