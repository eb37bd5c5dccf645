//! A log in memory, and what becomes of its bodies.

use std::collections::{BTreeMap, VecDeque};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use crate::entry::{is_text, said};
use crate::{EPHEMERAL_MAX_BYTES, EPHEMERAL_OVERHEAD_BYTES, Freed, Retention, Room};

/// The id under which a device posted an entry.
pub(super) type PostKey = (PublicKey, ClientMsgId);

/// A room's log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// The room as it is shown.
    pub(super) state: Room,
    /// Bodies up to here are gone.
    pub(super) floor: RoomSeq,
    pub(super) slots: Vec<Slot>,
    /// The head when the room became ephemeral: after a restart its log goes on from there.
    pub(super) durable: RoomSeq,
    /// Pruning has not yet gone over the numbers between these two, as a store on disk has to.
    pub(super) to_sweep: (RoomSeq, RoomSeq),
    /// The ids by which repeats are known, as far as they are in memory only; the oldest first.
    pub(super) ids: VecDeque<PostKey>,
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Its place among all entries.
    pub(super) mark: u64,
    /// When it was taken; never before the one before it.
    pub(super) at: WallTime,
    pub(super) author: AccountId,
    pub(super) body: Option<Vec<u8>>,
    /// Octets of its body on disk: they are there until pruning has gone over it, even if it is shown no more.
    pub(super) on_disk: usize,
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
    pub(super) fn written(&self, number: RoomSeq) -> Result<(&Slot, &[u8]), Refusal> {
        let slot = self.slot(number).ok_or(Refusal::NoSuchEntry)?;
        Ok((slot, slot.body.as_deref().ok_or(Refusal::NoSuchEntry)?))
    }

    /// Whether there is a text of that number that `author` may change.
    pub(super) fn may_change(&self, of: RoomSeq, author: AccountId, any_author: bool) -> Result<(), Refusal> {
        let (slot, body) = self.written(of)?;
        if !is_text(body) {
            return Err(Refusal::NoSuchEntry);
        }
        if slot.author == author || any_author { Ok(()) } else { Err(Refusal::NotYours) }
    }

    /// Takes a body away. Gives its size, if it was there.
    pub(super) fn remove(&mut self, number: RoomSeq) -> Option<usize> {
        let slot = self.slots.get_mut(usize::try_from(number.0.checked_sub(1)?).ok()?)?;
        slot.body.take().map(|body| body.len())
    }

    /// Bodies up to and with this one are gone. Gives how large they were.
    pub(super) fn raise_floor(&mut self, upto: RoomSeq) -> usize {
        let numbers = self.floor.0 + 1..=upto.0;
        self.floor = self.floor.max(upto);
        let floor = self.floor;
        self.state.facts.pins.retain(|pin| *pin > floor);
        numbers.filter_map(|number| self.remove(RoomSeq(number))).sum()
    }

    /// The oldest entries of an ephemeral log go when it is too large.
    pub(super) fn evict(&mut self) -> usize {
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

    pub(super) fn is_due(&self, number: RoomSeq, now: Option<WallTime>) -> bool {
        match self.state.retention {
            Retention::Forever | Retention::Ephemeral => false,
            Retention::Last(count) => number.0.saturating_add(count) <= self.state.head.0,
            Retention::For(time) => {
                self.slot(number).zip(now).is_some_and(|(slot, now)| crate::state::is_over(slot.at, time, now))
            }
        }
    }
}

impl Log {
    /// What the bodies of these entries used up on disk is free.
    pub(super) fn free(&mut self, numbers: impl Iterator<Item = RoomSeq>) -> Freed {
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
    pub(super) fn delete(&mut self, of: RoomSeq) -> (Vec<RoomSeq>, usize) {
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

pub(super) fn index(number: RoomSeq) -> usize {
    usize::try_from(number.0.saturating_sub(1)).unwrap_or(usize::MAX)
}

/// The same, one for each account.
pub(super) fn summed(freed: Freed) -> Freed {
    let mut sums = BTreeMap::new();
    freed.into_iter().for_each(|(account, octets)| *sums.entry(account).or_default() += octets);
    sums.into_iter().collect()
}
