//! How long rooms keep bodies.

use std::collections::BTreeMap;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use rusqlite::{OptionalExtension as _, Result};

use super::batch::{Batch, Done, Log, save};
use super::ring::Ring;
use super::rows::all;
use super::value::{account, bits, limit, ms, place, seq, time, u64_at};
use crate::state::is_over;
use crate::{Outcome, PRUNE_MAX, Retention};

impl Batch<'_> {
    pub(super) fn retain(&mut self, room: RoomId, retention: Retention) -> Done {
        let log = self.log(room)?;
        let was_ephemeral = log.is_ephemeral();
        let is_ephemeral = matches!(retention, Retention::Ephemeral);
        log.is_changed = true;
        if was_ephemeral == is_ephemeral {
            log.retention = retention;
            return Ok(Outcome::Ok);
        }
        // What was kept by the one rule is gone under the other: what was said under the promise that nothing is on disk
        // never gets there, and what is there goes.
        if is_ephemeral && log.to_sweep.0 >= log.to_sweep.1 {
            log.to_sweep.0 = log.floor;
        }
        log.floor = log.head;
        let gone = log.head;
        self.unpin_upto(room, gone)?;
        let log = self.log(room)?;
        if is_ephemeral {
            log.to_sweep.1 = log.head;
            // The last that the disk hears of it.
            let (last, head) = (log.clone(), log.head);
            log.retention = retention;
            save(self.conn, room, &last)?;
            let mut rings = self.memo.rings.lock();
            let replaced = rings.remove(&room);
            rings.insert(room, Ring::made(head, replaced));
        } else {
            log.retention = retention;
            if let Some(ring) = self.memo.rings.lock().get_mut(&room) {
                ring.give_up();
            }
        }
        Ok(Outcome::Ok)
    }

    /// The clock was wrong when the newest of these were taken. No entry counts as taken before the one before it, so they are the last
    /// ones, and the first of them is found by halves.
    pub(super) fn redate(&mut self, room: RoomId, now: WallTime) -> Done {
        let log = self.log(room)?.clone();
        if log.latest <= now || log.is_ephemeral() {
            return Ok(Outcome::Redated { is_more: false });
        }
        let (mut right, mut wrong) = (log.floor.0, log.head.next().0);
        while right + 1 < wrong {
            let middle = right + (wrong - right) / 2;
            // Entries that are lost have no time.
            let sql = "SELECT at FROM entries WHERE room = ?1 AND number >= ?2 ORDER BY number LIMIT 1";
            let key = (bits(room.0), place(RoomSeq(middle)));
            let at = self.conn.prepare_cached(sql)?.query_row(key, |row| time(row, 0)).optional()?;
            if at.is_none_or(|at| at > now) {
                wrong = middle;
            } else {
                right = middle;
            }
        }
        let end = RoomSeq(wrong.saturating_add(PRUNE_MAX));
        let sql = "UPDATE entries SET at = ?4 WHERE room = ?1 AND number >= ?2 AND number < ?3";
        self.conn.prepare_cached(sql)?.execute((bits(room.0), place(RoomSeq(wrong)), place(end), ms(now)))?;
        let is_more = end <= log.head;
        if !is_more {
            self.note(room, |log| log.latest = now)?;
        }
        Ok(Outcome::Redated { is_more })
    }

    pub(super) fn prune(&mut self, room: RoomId, now: Option<WallTime>) -> Done {
        let log = self.log(room)?.clone();
        let (from, to) = log.to_sweep;
        let max = self.memo.prune_max;
        let swept = RoomSeq(to.0.min(from.0.saturating_add(max)).max(from.0));
        let mut freed = self.clear(room, from, swept)?;
        let left = max - (swept.0 - from.0);
        if log.is_ephemeral() {
            let upto = self.memo.rings.lock().get(&room).map_or(log.floor, |ring| ring.floor);
            self.note(room, |log| log.to_sweep.0 = swept)?;
            self.unpin_upto(room, upto)?;
            return Ok(Outcome::Pruned { upto, freed: freed.into_iter().collect(), is_more: swept < to });
        }
        let due = self.due(room, &log, now, left)?;
        let upto =
            due.iter().take(usize::try_from(left).unwrap_or(usize::MAX)).next_back().copied().unwrap_or(log.floor);
        for (author, octets) in self.clear(room, log.floor, upto)? {
            *freed.entry(author).or_default() += octets;
        }
        self.note(room, |log| {
            log.to_sweep.0 = swept;
            log.floor = upto;
        })?;
        self.unpin_upto(room, upto)?;
        let freed = freed.into_iter().collect();
        Ok(Outcome::Pruned { upto, freed, is_more: swept < to || due.last().is_some_and(|&last| last > upto) })
    }

    fn note(&mut self, room: RoomId, act: impl FnOnce(&mut Log)) -> Done<()> {
        let log = self.log(room)?;
        act(log);
        log.is_changed = true;
        Ok(())
    }

    /// Entries whose time has come, the oldest first: at most one more than `count`.
    fn due(&self, room: RoomId, log: &Log, now: Option<WallTime>, count: u64) -> Result<Vec<RoomSeq>> {
        let is_due = |(number, at): &(RoomSeq, WallTime)| match log.retention {
            Retention::Forever | Retention::Ephemeral => false,
            Retention::Last(kept) => number.0.saturating_add(kept) <= log.head.0,
            Retention::For(time) => now.is_some_and(|now| is_over(*at, time, now)),
        };
        if matches!(log.retention, Retention::Forever) {
            return Ok(Vec::new());
        }
        let sql = "SELECT number, at FROM entries WHERE room = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
        let limit = limit(usize::try_from(count).unwrap_or(usize::MAX).saturating_add(1));
        let rows =
            all(self.conn, sql, (bits(room.0), place(log.floor), limit), |row| Ok((seq(row, 0)?, time(row, 1)?)))?;
        Ok(rows.iter().take_while(|row| is_due(row)).map(|(number, _)| *number).collect())
    }

    /// Removes bodies after the first and up to the second. Gives what comes free, by author.
    fn clear(&mut self, room: RoomId, after: RoomSeq, upto: RoomSeq) -> Result<BTreeMap<AccountId, u64>> {
        if after >= upto {
            return Ok(BTreeMap::new());
        }
        let range = (bits(room.0), place(after), place(upto));
        let sql = "SELECT author, sum(length(body)) FROM entries
                   WHERE room = ?1 AND number > ?2 AND number <= ?3 AND body IS NOT NULL GROUP BY author";
        let freed = all(self.conn, sql, range, |row| Ok((account(row, 0)?, u64_at(row, 1)?)))?;
        self.memo.uses_less(room, &freed);
        self.unlist_range(range)?;
        let sql =
            "UPDATE entries SET body = NULL WHERE room = ?1 AND number > ?2 AND number <= ?3 AND body IS NOT NULL";
        self.conn.prepare_cached(sql)?.execute(range)?;
        Ok(freed.into_iter().collect())
    }
}
