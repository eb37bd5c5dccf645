//! Ephemeral rooms: a bounded ring of entries in memory each, and nothing of them on disk.
//!
//! The writer adds to a ring while its batch is under way; readers see none of it before the batch is committed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};

use crate::{EPHEMERAL_IDS, EPHEMERAL_MAX_BYTES, EPHEMERAL_OVERHEAD_BYTES};

/// All rings, shared by the writer and the readers.
#[derive(Clone, Debug, Default)]
pub(super) struct Rings(Arc<Mutex<BTreeMap<RoomId, Ring>>>);

/// The newest entries of an ephemeral room.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    /// Entries up to here are gone.
    pub(super) floor: RoomSeq,
    /// Readers see entries up to here.
    pub(super) visible: RoomSeq,
    /// The entries after `floor`.
    slots: VecDeque<Slot>,
    bytes: usize,
    /// Bodies that go with the batch under way.
    leaving: Vec<RoomSeq>,
    /// The ring was made, or is given up, by the batch under way.
    is_new: bool,
    is_over: bool,
    /// The ring that was given up by the same batch as this one was made by.
    replaces: Option<Box<Ring>>,
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Its place among the entries of all rooms.
    pub(super) mark: u64,
    pub(super) at: WallTime,
    pub(super) author: AccountId,
    pub(super) body: Option<Arc<[u8]>>,
    edits: Vec<RoomSeq>,
}

impl Slot {
    pub(super) const fn new(mark: u64, at: WallTime, author: AccountId, body: Arc<[u8]>) -> Self {
        Self { mark, at, author, body: Some(body), edits: Vec::new() }
    }

    fn cost(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.len()) + EPHEMERAL_OVERHEAD_BYTES
    }
}

impl Rings {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<RoomId, Ring>> {
        // Nothing panics while it holds this lock; what is in it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The batch under way is committed: what it did is seen.
    pub(super) fn publish(&self) {
        let mut rings = self.lock();
        rings.retain(|_, ring| !ring.is_over);
        rings.values_mut().for_each(Ring::publish);
    }

    /// The batch under way is undone.
    pub(super) fn roll_back(&self) {
        let mut rings = self.lock();
        for ring in rings.values_mut() {
            while let Some(before) = ring.replaces.take() {
                *ring = *before;
            }
        }
        rings.retain(|_, ring| !ring.is_new);
        rings.values_mut().for_each(Ring::roll_back);
    }
}

impl Ring {
    /// An empty ring of a log that goes on from `head`.
    pub(super) fn new(head: RoomSeq) -> Self {
        Self {
            floor: head,
            visible: head,
            slots: VecDeque::new(),
            bytes: 0,
            leaving: Vec::new(),
            is_new: false,
            is_over: false,
            replaces: None,
        }
    }

    /// One that the batch under way makes, in the place of the one that it gave up.
    pub(super) fn made(head: RoomSeq, replaces: Option<Self>) -> Self {
        Self { is_new: true, replaces: replaces.map(Box::new), ..Self::new(head) }
    }

    /// The last entry, the batch under way included.
    pub(super) fn head(&self) -> RoomSeq {
        RoomSeq(self.floor.0 + self.slots.len() as u64)
    }

    pub(super) fn latest(&self) -> Option<WallTime> {
        self.slots.back().map(|slot| slot.at)
    }

    pub(super) const fn give_up(&mut self) {
        self.is_over = true;
    }

    pub(super) fn push(&mut self, slot: Slot) {
        self.bytes += slot.cost();
        self.slots.push_back(slot);
    }

    /// An entry whose body is there, the batch under way included.
    pub(super) fn written(&self, number: RoomSeq) -> Option<(AccountId, Arc<[u8]>)> {
        let slot = self.slot(number).filter(|_| !self.leaving.contains(&number))?;
        Some((slot.author, slot.body.clone()?))
    }

    pub(super) fn edit(&mut self, of: RoomSeq, by: RoomSeq) {
        if let Some(slot) = self.index(of).and_then(|at| self.slots.get_mut(at)) {
            slot.edits.push(by);
        }
    }

    /// Takes away an entry's body and those of its edits. Gives their numbers.
    pub(super) fn delete(&mut self, of: RoomSeq) -> Vec<RoomSeq> {
        let edits = self.slot(of).map(|slot| slot.edits.clone()).unwrap_or_default();
        let gone: Vec<_> = std::iter::once(of).chain(edits).filter(|&number| self.written(number).is_some()).collect();
        self.leaving.extend(&gone);
        gone
    }

    /// What readers see of an entry; an empty slot is one whose body is gone.
    pub(super) fn seen(&self, number: RoomSeq) -> Option<&Slot> {
        self.slot(number).filter(|_| number <= self.visible)
    }

    /// What readers see, in order.
    pub(super) fn all_seen(&self) -> impl DoubleEndedIterator<Item = (RoomSeq, &Slot)> {
        let count = usize::try_from(self.visible.0.saturating_sub(self.floor.0)).unwrap_or(usize::MAX);
        (0..count.min(self.slots.len())).map(|at| (RoomSeq(self.floor.0 + 1 + at as u64), &self.slots[at]))
    }

    /// The entry that says what `slot` says now: its newest edit, or itself.
    pub(super) fn newest<'a>(&'a self, slot: &'a Slot) -> Option<&'a Arc<[u8]>> {
        let own = slot.body.as_ref()?;
        let edit = slot.edits.iter().rev().find_map(|&edit| self.seen(edit)?.body.as_ref());
        Some(edit.unwrap_or(own))
    }

    fn slot(&self, number: RoomSeq) -> Option<&Slot> {
        self.slots.get(self.index(number)?)
    }

    fn index(&self, number: RoomSeq) -> Option<usize> {
        usize::try_from(number.0.checked_sub(self.floor.0 + 1)?).ok()
    }

    fn publish(&mut self) {
        self.is_new = false;
        self.replaces = None;
        self.visible = self.head();
        for number in std::mem::take(&mut self.leaving) {
            if let Some(body) =
                self.index(number).and_then(|at| self.slots.get_mut(at)).and_then(|slot| slot.body.take())
            {
                self.bytes -= body.len();
            }
        }
        while self.bytes > EPHEMERAL_MAX_BYTES
            && let Some(slot) = self.slots.pop_front()
        {
            self.bytes -= slot.cost();
            self.floor = self.floor.next();
        }
    }

    fn roll_back(&mut self) {
        self.is_over = false;
        self.leaving.clear();
        while self.head() > self.visible
            && let Some(slot) = self.slots.pop_back()
        {
            self.bytes -= slot.cost();
        }
        let visible = self.visible;
        self.slots.iter_mut().for_each(|slot| slot.edits.retain(|edit| *edit <= visible));
    }
}

/// What makes a repeat in an ephemeral room harmless, as far back as is remembered. Only the writer asks.
#[derive(Debug, Default)]
pub(super) struct Ids {
    by_id: HashMap<PostKey, Known>,
    /// Of each room the oldest first.
    in_order: BTreeMap<RoomId, VecDeque<PostKey>>,
    under_way: Vec<(RoomId, PostKey)>,
}

pub(super) type PostKey = (PublicKey, ClientMsgId);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) room: RoomId,
    pub(super) number: RoomSeq,
    pub(super) hash: [u8; 32],
}

impl Ids {
    pub(super) fn find(&self, key: &PostKey) -> Option<Known> {
        self.by_id.get(key).copied()
    }

    pub(super) fn add(&mut self, key: PostKey, known: Known) {
        self.by_id.insert(key, known);
        self.under_way.push((known.room, key));
    }

    pub(super) fn publish(&mut self) {
        for (room, key) in self.under_way.drain(..) {
            let keys = self.in_order.entry(room).or_default();
            keys.push_back(key);
            if keys.len() > EPHEMERAL_IDS
                && let Some(oldest) = keys.pop_front()
            {
                self.by_id.remove(&oldest);
            }
        }
    }

    pub(super) fn roll_back(&mut self) {
        for (_, key) in self.under_way.drain(..) {
            self.by_id.remove(&key);
        }
    }
}
