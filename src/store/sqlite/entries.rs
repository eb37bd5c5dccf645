//! Appending to a log, and what an entry does to older ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;
use rusqlite::{OptionalExtension as _, Result};

use super::batch::{Batch, Done};
use super::epochs;
use super::ring::{Known, PostKey, Slot};
use super::rows::all;
use super::value::{account, bits, ms, place, room as room_at, seq, u64_at};
use crate::entry::is_text;
use crate::write::Needs;
use crate::{Append, Change, ENTRY_USES_BYTES, Freed, Outcome, uses};

impl Batch<'_> {
    pub(super) fn append(&mut self, append: &Append) -> Done {
        let key = (append.origin.device, append.origin.id);
        if let Some(known) = self.known(&key)? {
            return if known.room == append.room && known.hash == append.origin.hash {
                Ok(Outcome::Appended { number: known.number, repeated: true, removed: Vec::new(), freed: Vec::new() })
            } else {
                Err(Refusal::IdReused.into())
            };
        }
        if let Some(refusal) = append.unless_repeated {
            return Err(refusal.into());
        }
        self.log(append.room)?;
        self.live(append.author)?;
        self.may_change(append.room, &append.change)?;
        self.may_touch(append)?;
        if self.memo.tight.is_on() && !self.log(append.room)?.is_ephemeral() {
            let deletes = self.deletes(append)?;
            let takes = ENTRY_USES_BYTES + append.entry.len() as u64;
            if !self.memo.tight.takes(append.author, &append.change, takes, deletes) {
                return Err(Refusal::StoreFull.into());
            }
        }
        self.change(append.room, &append.change)?;

        self.memo.taken += 1;
        let epoch = self.memo.epoch;
        let log = self.log(append.room)?;
        if !log.has_grown && !log.is_ephemeral() {
            log.has_grown = true;
            let head = log.head;
            epochs::grows(self.conn, append.room, epoch, head)?;
        }
        let log = self.log(append.room)?;
        let (number, at) = (log.head.next(), log.latest.max(append.at));
        (log.head, log.latest) = (number, at);
        let (removed, freed) = if log.is_ephemeral() {
            self.memo.ids.add(key, Known { room: append.room, number, hash: append.origin.hash });
            (self.push(append, number, at), Freed::new())
        } else {
            log.is_changed = true;
            self.insert(append, number, at)?
        };
        for &number in &removed {
            self.unpin(append.room, number)?;
        }
        Ok(Outcome::Appended { number, repeated: false, removed, freed })
    }

    /// What is stored under an id already.
    fn known(&mut self, key: &PostKey) -> Result<Option<Known>> {
        if let Some(known) = self.memo.ids.find(key) {
            return Ok(Some(known));
        }
        let Some(origin) = self.origin(key.0, key.1.start)? else { return Ok(None) };
        let sql = "SELECT room, number, hash FROM entries WHERE origin = ?1 AND counter = ?2";
        self.conn
            .prepare_cached(sql)?
            .query_row((origin, bits(key.1.counter)), |row| {
                Ok(Known { room: room_at(row, 0)?, number: seq(row, 1)?, hash: row.get(2)? })
            })
            .optional()
    }

    fn origin(&mut self, device: PublicKey, start: u64) -> Result<Option<i64>> {
        if let Some(&origin) = self.memo.origins.get(&(device, start)) {
            return Ok(Some(origin));
        }
        let sql = "SELECT id FROM origins WHERE device = ?1 AND start = ?2";
        let found = self.conn.prepare_cached(sql)?.query_row((device.0, bits(start)), |row| row.get(0)).optional()?;
        if let Some(origin) = found {
            self.memo.origins.insert((device, start), origin);
        }
        Ok(found)
    }

    fn new_origin(&mut self, device: PublicKey, start: u64) -> Result<i64> {
        let sql = "INSERT INTO origins (device, start) VALUES (?1, ?2)";
        self.conn.prepare_cached(sql)?.execute((device.0, bits(start)))?;
        let origin = self.conn.last_insert_rowid();
        self.memo.origins.insert((device, start), origin);
        Ok(origin)
    }

    /// Whether the entry that this one is about is there, and may be changed by it.
    fn may_touch(&mut self, append: &Append) -> Done<()> {
        let (of, any_author) = match append.change.needs() {
            Needs::Text { of, any_author } => (of, any_author),
            Needs::Body(number) => return self.written(append.room, number).map(drop),
            Needs::Nothing | Needs::Member(_) | Needs::Account(_) => return Ok(()),
        };
        let (author, body) = self.written(append.room, of)?;
        if !is_text(&body) {
            return Err(Refusal::NoSuchEntry.into());
        }
        if author == append.author || any_author { Ok(()) } else { Err(Refusal::NotYours.into()) }
    }

    /// How many octets the text has that an entry deletes.
    fn deletes(&mut self, append: &Append) -> Done<u64> {
        let Change::Delete { of, .. } = append.change else { return Ok(0) };
        self.written(append.room, of).map(|(_, body)| body.len() as u64)
    }

    /// An entry whose body is there.
    fn written(&mut self, room: RoomId, number: RoomSeq) -> Done<(AccountId, Arc<[u8]>)> {
        let log = self.log(room)?;
        let found = if log.is_ephemeral() {
            self.memo.rings.lock().get(&room).and_then(|ring| ring.written(number))
        } else if number <= log.floor {
            None
        } else {
            let sql = "SELECT author, body FROM entries WHERE room = ?1 AND number = ?2 AND body IS NOT NULL";
            self.conn
                .prepare_cached(sql)?
                .query_row((bits(room.0), place(number)), |row| {
                    Ok((account(row, 0)?, Arc::from(row.get_ref(1)?.as_blob()?)))
                })
                .optional()?
        };
        found.ok_or_else(|| Refusal::NoSuchEntry.into())
    }

    /// Into an ephemeral room's ring. Gives the entries that are removed by it.
    fn push(&mut self, append: &Append, number: RoomSeq, at: WallTime) -> Vec<RoomSeq> {
        let mut rings = self.memo.rings.lock();
        let Some(ring) = rings.get_mut(&append.room) else { return Vec::new() };
        let mark = self.memo.taken.cast_unsigned();
        ring.push(Slot::new(mark, at, append.author, Arc::from(append.entry.as_slice())));
        if let Change::Edit(of) = append.change {
            ring.edit(of, number);
        }
        if let Change::Delete { of, .. } = append.change { ring.delete(of) } else { Vec::new() }
    }

    /// Onto the disk. Gives the entries that are removed by it, and what comes free.
    fn insert(&mut self, append: &Append, number: RoomSeq, at: WallTime) -> Result<(Vec<RoomSeq>, Freed)> {
        let Append { room, author, origin, entry, change, .. } = append;
        let (device, start) = (origin.device, origin.id.start);
        let from = match self.origin(device, start)? {
            Some(from) => from,
            None => self.new_origin(device, start)?,
        };
        let edit_of = if let Change::Edit(of) = change { Some(place(*of)) } else { None };
        let sql = "INSERT INTO entries (id, room, number, at, author, origin, counter, hash, edit_of, body)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let (id, counter) = (self.memo.taken, bits(origin.id.counter));
        let (room, number, author) = (bits(room.0), place(number), bits(author.0));
        let row = (id, room, number, ms(at), author, from, counter, origin.hash, edit_of, entry);
        self.conn.prepare_cached(sql)?.execute(row)?;
        self.memo.uses_more(append.room, append.author, uses(change, entry.len()));
        self.memo.unlisted_bytes += i64::try_from(entry.len()).unwrap_or(i64::MAX);
        if let Some(of) = edit_of {
            let sql = "UPDATE entries SET edited_by = ?3 WHERE room = ?1 AND number = ?2 RETURNING id";
            let edited = self.conn.prepare_cached(sql)?.query_row((room, of, number), |row| row.get(0))?;
            self.list_again(edited, room, entry)?;
        }
        if let Change::Delete { of, .. } = change {
            self.delete(append.room, *of)
        } else {
            Ok((Vec::new(), Vec::new()))
        }
    }

    /// Takes away an entry's body and those of its edits. Gives their numbers, and what comes free.
    fn delete(&mut self, id: RoomId, of: RoomSeq) -> Result<(Vec<RoomSeq>, Freed)> {
        let room = bits(id.0);
        let mut gone = vec![of];
        let edits = "SELECT number FROM entries WHERE room = ?1 AND edit_of = ?2 AND body IS NOT NULL ORDER BY number";
        gone.extend(all(self.conn, edits, (room, place(of)), |row| seq(row, 0))?);
        let mut freed = BTreeMap::new();
        for number in &gone {
            let number = place(*number);
            let sql = "SELECT author, length(body) FROM entries WHERE room = ?1 AND number = ?2";
            let (author, octets) = self
                .conn
                .prepare_cached(sql)?
                .query_row((room, number), |row| Ok((account(row, 0)?, u64_at(row, 1)?)))?;
            *freed.entry(author).or_default() += octets;
            let sql = "UPDATE entries SET body = NULL WHERE room = ?1 AND number = ?2 RETURNING id";
            let id = self.conn.prepare_cached(sql)?.query_row((room, number), |row| row.get(0))?;
            self.unlist(id)?;
        }
        let freed = freed.into_iter().collect();
        self.memo.uses_less(id, &freed);
        Ok((gone, freed))
    }
}
