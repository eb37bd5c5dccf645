//! Entries in memory, what they do to older ones, and what is taken away.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use super::log::{Slot, index, summed};
use super::{Done, Memory, OVERHEAD_BYTES, Stored};
use crate::write::Needs;
use crate::{Append, Change, EPHEMERAL_IDS, Freed, Outcome, PRUNE_MAX, Retention, uses};

impl Memory {
    pub(super) fn append(&mut self, append: &Append) -> Done {
        let Append { room, author, origin, at, entry, change, unless_repeated } = append;
        let key = (origin.device, origin.id);
        if let Some(stored) = self.posts.get(&key) {
            return if stored.room == *room && stored.hash == origin.hash {
                Ok(Outcome::Appended { number: stored.number, repeated: true, removed: Vec::new(), freed: Vec::new() })
            } else {
                Err(Refusal::IdReused)
            };
        }
        if let Some(refusal) = unless_repeated {
            return Err(*refusal);
        }
        self.log(*room)?;
        self.live(*author)?;
        self.may_change(*room, change)?;
        let log = self.log(*room)?;
        match change.needs() {
            Needs::Text { of, any_author } => log.may_change(of, *author, any_author)?,
            Needs::Body(number) => log.written(number).map(drop)?,
            Needs::Nothing | Needs::Member(_) | Needs::Account(_) => {}
        }
        self.change(*room, change)?;
        self.taken += 1;
        let mark = self.taken;
        let log = self.log(*room)?;
        if !log.is_ephemeral() {
            let head = log.state.head;
            self.epochs.grows(*room, head);
        }
        let log = self.log(*room)?;
        let number = log.state.head.next();
        let on_disk = if log.is_ephemeral() { 0 } else { entry.len() };
        let added = if log.is_ephemeral() { 0 } else { uses(change, on_disk) };
        log.state.used += added;
        let at = log.slots.last().map_or(*at, |last| last.at.max(*at));
        log.state.head = number;
        log.slots.push(Slot { mark, at, author: *author, body: Some(entry.clone()), on_disk, edits: Vec::new() });
        let mut forgotten = None;
        if log.is_ephemeral() {
            log.ids.push_back(key);
            if log.ids.len() > EPHEMERAL_IDS {
                forgotten = log.ids.pop_front();
            }
        }
        let (removed, gone) = if let Change::Delete { of, .. } = change { log.delete(*of) } else { (Vec::new(), 0) };
        log.state.facts.pins.retain(|pin| !removed.contains(pin));
        let freed = log.free(removed.iter().copied());
        if let Change::Edit(of) = change
            && let Some(slot) = log.slots.get_mut(index(*of))
        {
            slot.edits.push(number);
        }
        if let Some(forgotten) = forgotten {
            self.posts.remove(&forgotten);
        }
        self.posts.insert(key, Stored { room: *room, number, hash: origin.hash });
        self.bytes = (self.bytes + OVERHEAD_BYTES + entry.len()).saturating_sub(gone);
        self.live(*author)?.used += added;
        self.less(&freed);
        Ok(Outcome::Appended { number, repeated: false, removed, freed })
    }

    pub(super) fn evict(&mut self) {
        for log in self.rooms.values_mut().filter(|log| log.is_ephemeral()) {
            self.bytes = self.bytes.saturating_sub(log.evict());
        }
    }

    pub(super) fn retain(&mut self, room: RoomId, retention: Retention) -> Done {
        let log = self.log(room)?;
        let mut freed = 0;
        if log.is_ephemeral() != matches!(retention, Retention::Ephemeral) {
            let head = log.state.head;
            if matches!(retention, Retention::Ephemeral) {
                let from = if log.to_sweep.0 < log.to_sweep.1 { log.to_sweep.0 } else { log.floor };
                log.to_sweep = (from, head);
                log.durable = head;
            }
            freed = log.raise_floor(head);
        }
        log.state.retention = retention;
        self.bytes = self.bytes.saturating_sub(freed);
        Ok(Outcome::Ok)
    }

    pub(super) fn redate(&mut self, room: RoomId, now: WallTime) -> Done {
        let log = self.log(room)?;
        if log.is_ephemeral() {
            return Ok(Outcome::Redated { is_more: false });
        }
        let gone = index(log.floor.next()).min(log.slots.len());
        // What is gone only says that nothing comes before it.
        let (gone, there) = log.slots.split_at_mut(gone);
        gone.iter_mut().for_each(|slot| slot.at = slot.at.min(now));
        let right = there.partition_point(|slot| slot.at <= now);
        let wrong = &mut there[right..];
        let most = usize::try_from(PRUNE_MAX).unwrap_or(usize::MAX);
        let is_more = wrong.len() > most;
        wrong.iter_mut().take(most).for_each(|slot| slot.at = now);
        Ok(Outcome::Redated { is_more })
    }

    pub(super) fn prune(&mut self, room: RoomId, at: Option<WallTime>) -> Done {
        let log = self.log(room)?;
        let mut left = PRUNE_MAX;
        let (from, to) = log.to_sweep;
        let swept = (to.0.saturating_sub(from.0)).min(left);
        log.to_sweep.0 = RoomSeq(from.0 + swept);
        left -= swept;
        let mut freed = log.free((from.0 + 1..=from.0 + swept).map(RoomSeq));
        let mut upto = log.floor;
        while left > 0 && upto < log.state.head && log.is_due(upto.next(), at) {
            upto = upto.next();
            left -= 1;
        }
        freed.extend(log.free((log.floor.0 + 1..=upto.0).map(RoomSeq)));
        let gone = log.raise_floor(upto);
        let is_more = log.to_sweep.0 < log.to_sweep.1 || (upto < log.state.head && log.is_due(upto.next(), at));
        self.bytes = self.bytes.saturating_sub(gone);
        let freed = summed(freed);
        self.less(&freed);
        Ok(Outcome::Pruned { upto, freed, is_more })
    }
}

impl Memory {
    /// Accounts use up so much less.
    fn less(&mut self, freed: &Freed) {
        for (account, octets) in freed {
            if let Some(account) = self.accounts.get_mut(account) {
                account.used = account.used.saturating_sub(*octets);
            }
        }
    }
}
