//! Logs in memory: entries, what they do to older ones, and what becomes of their bodies.

use std::collections::{BTreeMap, VecDeque};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use super::{Done, Memory, OVERHEAD_BYTES, PostKey, Stored};
use crate::entry::{is_text, said};
use crate::write::Needs;
use crate::{
    Append, Change, EPHEMERAL_IDS, EPHEMERAL_MAX_BYTES, EPHEMERAL_OVERHEAD_BYTES, Freed, Outcome, PRUNE_MAX, Retention,
    Room, uses,
};

/// A room's log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// The room as it is shown.
    pub(super) state: Room,
    /// Bodies up to here are gone.
    pub(super) floor: RoomSeq,
    pub(super) slots: Vec<Slot>,
    /// The head when the room became ephemeral: after a restart its log goes on from there.
    durable: RoomSeq,
    /// Pruning has not yet gone over the numbers between these two, as a store on disk has to.
    to_sweep: (RoomSeq, RoomSeq),
    /// The ids by which repeats are known, as far as they are in memory only; the oldest first.
    ids: VecDeque<PostKey>,
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Its place among all entries.
    pub(super) mark: u64,
    /// When it was taken; never before the one before it.
    pub(super) at: WallTime,
    author: AccountId,
    pub(super) body: Option<Vec<u8>>,
    /// Octets of its body on disk: they are there until pruning has gone over it, even if it is shown no more.
    on_disk: usize,
    /// Its edits, in order.
    pub(super) edits: Vec<RoomSeq>,
}

impl Log {
    pub(super) fn new(state: Room) -> Self {
        let none = RoomSeq(0);
        let (slots, ids) = (Vec::new(), VecDeque::new());
        Self { state, floor: none, slots, durable: none, to_sweep: (none, none), ids }
    }

    pub(super) const fn is_ephemeral(&self) -> bool {
        matches!(self.state.retention, Retention::Ephemeral)
    }

    pub(super) fn slot(&self, number: RoomSeq) -> Option<&Slot> {
        self.slots.get(usize::try_from(number.0.checked_sub(1)?).ok()?)
    }

    /// A slot whose body is there.
    fn written(&self, number: RoomSeq) -> Result<(&Slot, &[u8]), Refusal> {
        let slot = self.slot(number).ok_or(Refusal::NoSuchEntry)?;
        Ok((slot, slot.body.as_deref().ok_or(Refusal::NoSuchEntry)?))
    }

    /// Whether there is a text of that number that `author` may change.
    fn may_change(&self, of: RoomSeq, author: AccountId, any_author: bool) -> Result<(), Refusal> {
        let (slot, body) = self.written(of)?;
        if !is_text(body) {
            return Err(Refusal::NoSuchEntry);
        }
        if slot.author == author || any_author { Ok(()) } else { Err(Refusal::NotYours) }
    }

    /// Takes a body away. Gives its size, if it was there.
    fn remove(&mut self, number: RoomSeq) -> Option<usize> {
        let slot = self.slots.get_mut(usize::try_from(number.0.checked_sub(1)?).ok()?)?;
        slot.body.take().map(|body| body.len())
    }

    /// Bodies up to and with this one are gone. Gives how large they were.
    fn raise_floor(&mut self, upto: RoomSeq) -> usize {
        let numbers = self.floor.0 + 1..=upto.0;
        self.floor = self.floor.max(upto);
        let floor = self.floor;
        self.state.facts.pins.retain(|pin| *pin > floor);
        numbers.filter_map(|number| self.remove(RoomSeq(number))).sum()
    }

    /// The oldest entries of an ephemeral log go when it is too large.
    fn evict(&mut self) -> usize {
        let cost = |slot: &Slot| slot.body.as_ref().map_or(0, Vec::len) + EPHEMERAL_OVERHEAD_BYTES;
        let mut kept = 0;
        let from = usize::try_from(self.floor.0).unwrap_or(usize::MAX);
        let fits = |slot: &&Slot| {
            kept += cost(slot);
            kept <= EPHEMERAL_MAX_BYTES
        };
        let kept = self.slots[from..].iter().rev().take_while(fits).count();
        self.raise_floor(RoomSeq(self.state.head.0 - kept as u64))
    }

    /// Ids that are in memory only, for whoever holds them.
    pub(super) fn forget_ids(&mut self) -> VecDeque<PostKey> {
        std::mem::take(&mut self.ids)
    }

    /// What a restart does to an ephemeral log.
    pub(super) fn restart(&mut self, id: LogId) {
        let head = self.durable;
        self.state.log = id;
        self.state.facts.pins.clear();
        self.state.head = head;
        self.floor = head;
        self.slots.truncate(usize::try_from(head.0).unwrap_or(usize::MAX));
        for member in &mut self.state.members {
            for mark in [&mut member.since, &mut member.delivered, &mut member.read, &mut member.shown_read] {
                *mark = (*mark).min(head);
            }
        }
    }

    fn is_due(&self, number: RoomSeq, now: Option<WallTime>) -> bool {
        match self.state.retention {
            Retention::Forever | Retention::Ephemeral => false,
            Retention::Last(count) => number.0.saturating_add(count) <= self.state.head.0,
            Retention::For(time) => {
                self.slot(number).zip(now).is_some_and(|(slot, now)| crate::state::is_over(slot.at, time, now))
            }
        }
    }
}

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
        let added = if log.is_ephemeral() { 0 } else { uses(on_disk) };
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

/// The same, one for each account.
fn summed(freed: Freed) -> Freed {
    let mut sums = BTreeMap::new();
    freed.into_iter().for_each(|(account, octets)| *sums.entry(account).or_default() += octets);
    sums.into_iter().collect()
}

impl Log {
    /// What the bodies of these entries used up on disk is free.
    fn free(&mut self, numbers: impl Iterator<Item = RoomSeq>) -> Freed {
        let mut freed = Vec::new();
        for number in numbers {
            if let Some(slot) = self.slots.get_mut(index(number)).filter(|slot| slot.on_disk > 0) {
                freed.push((slot.author, std::mem::take(&mut slot.on_disk) as u64));
            }
        }
        self.state.used -= freed.iter().map(|(_, octets)| octets).sum::<u64>();
        summed(freed)
    }

    /// Takes away an entry's body and those of its edits. Gives their numbers, and how large they were.
    fn delete(&mut self, of: RoomSeq) -> (Vec<RoomSeq>, usize) {
        let edits = self.slot(of).map(|slot| slot.edits.clone()).unwrap_or_default();
        let mut freed = 0;
        let mut removed = Vec::new();
        for number in std::iter::once(of).chain(edits) {
            if let Some(len) = self.remove(number) {
                removed.push(number);
                freed += len;
            }
        }
        (removed, freed)
    }
}

impl Slot {
    /// The text that search finds it by: its own, or its newest edit's.
    pub(super) fn found<'a>(&'a self, log: &'a Log) -> Option<(&'a [u8], String)> {
        let own = self.body.as_deref().filter(|body| is_text(body))?;
        let newest = self.edits.last().and_then(|&edit| log.slot(edit)?.body.as_deref()).unwrap_or(own);
        Some((newest, said(newest)?))
    }
}

fn index(number: RoomSeq) -> usize {
    usize::try_from(number.0.saturating_sub(1)).unwrap_or(usize::MAX)
}
