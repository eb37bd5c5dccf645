//! The sending side of rooms: a cursor in each log, and a queue of the rooms that have something to send. A room that lags,
//! or has nothing new, costs its entry in the table and no work.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::Refused;
use crate::limits::ROOMS_PER_SESSION_MAX;
use crate::wire::id::RoomId;

use super::seen::Seen;

/// A room as the sender sees it.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) id: RoomId,
    /// Changes when what was under way no longer counts.
    pub(super) generation: u32,
    pub(super) open: bool,
    ready: bool,
    pub(super) next_fragment: u8,
    /// The next message to be sent for the first time.
    pub(super) next: u64,
    /// The last message that there is.
    pub(super) head: u64,
    /// What was acknowledged.
    pub(super) acked: Seen,
    /// The last message that credit was spent for.
    pub(super) paid: u64,
    /// Presence was sent up to here, and goes up to there.
    pub(super) presence_sent: u64,
    pub(super) presence_head: u64,
}

/// The rooms of a link, by slot.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    slots: Vec<Room>,
    /// Slots in order of their rooms.
    index: Vec<(RoomId, u16)>,
    ready: VecDeque<u16>,
}

impl Rooms {
    /// Begins a room after number `after`, or takes it up again where it was left, if that is later.
    pub(super) fn open(&mut self, id: RoomId, after: u64) -> Result<(), Refused> {
        let slot = match self.find(id) {
            Some(slot) => slot,
            None => self.insert(id)?,
        };
        let room = &mut self.slots[usize::from(slot)];
        room.acked.raise(after);
        let floor = room.acked.contiguous_upto();
        if !room.open || room.next <= floor {
            room.next = floor + 1;
            room.next_fragment = 0;
        }
        room.head = room.head.max(floor);
        room.open = true;
        self.wake(slot);
        Ok(())
    }

    /// Stops sending a room; gives its slot and the generation that ended.
    pub(super) fn shut(&mut self, id: RoomId) -> Option<(u16, u32)> {
        let slot = self.find(id)?;
        let room = &mut self.slots[usize::from(slot)];
        let ended = room.generation;
        room.open = false;
        room.generation = room.generation.wrapping_add(1);
        room.next = room.acked.contiguous_upto() + 1;
        room.next_fragment = 0;
        room.presence_sent = 0;
        room.presence_head = 0;
        Some((slot, ended))
    }

    pub(super) fn find(&self, id: RoomId) -> Option<u16> {
        let at = self.index.binary_search_by_key(&id, |entry| entry.0).ok()?;
        Some(self.index[at].1)
    }

    pub(super) fn get(&self, slot: u16) -> &Room {
        &self.slots[usize::from(slot)]
    }

    pub(super) fn get_mut(&mut self, slot: u16) -> &mut Room {
        &mut self.slots[usize::from(slot)]
    }

    /// The room has something to send: it takes its turn.
    pub(super) fn wake(&mut self, slot: u16) {
        let room = &mut self.slots[usize::from(slot)];
        if room.open && !room.ready && room.has_something() {
            room.ready = true;
            self.ready.push_back(slot);
        }
    }

    /// The room whose turn it is.
    pub(super) fn turn(&self) -> Option<u16> {
        self.ready.front().copied()
    }

    /// Rooms that wait for their turn.
    pub(super) fn ready_len(&self) -> usize {
        self.ready.len()
    }

    /// Its turn is over; it comes back when it is woken, or at the end of the queue.
    pub(super) fn end_turn(&mut self, again: bool) {
        let Some(slot) = self.ready.pop_front() else { return };
        self.slots[usize::from(slot)].ready = again;
        if again {
            self.ready.push_back(slot);
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.slots.iter().all(|room| !room.open || room.next > room.head)
    }

    fn insert(&mut self, id: RoomId) -> Result<u16, Refused> {
        let slot = if self.slots.len() < ROOMS_PER_SESSION_MAX {
            self.slots.push(Room::new(id, 0));
            u16::try_from(self.slots.len() - 1).map_err(|_| Refused::QueueFull)?
        } else {
            self.recycle(id).ok_or(Refused::QueueFull)?
        };
        let at = self.index.partition_point(|entry| entry.0 < id);
        self.index.insert(at, (id, slot));
        Ok(slot)
    }

    /// Gives the slot of a room that was shut to another one.
    fn recycle(&mut self, id: RoomId) -> Option<u16> {
        let at = self.slots.iter().position(|room| !room.open && !room.ready)?;
        let old = &self.slots[at];
        self.index.retain(|entry| entry.0 != old.id);
        self.slots[at] = Room::new(id, old.generation.wrapping_add(1));
        u16::try_from(at).ok()
    }
}

impl Room {
    const fn new(id: RoomId, generation: u32) -> Self {
        Self {
            id,
            generation,
            open: false,
            ready: false,
            next_fragment: 0,
            next: 1,
            head: 0,
            acked: Seen::upto(0),
            paid: 0,
            presence_sent: 0,
            presence_head: 0,
        }
    }

    const fn has_something(&self) -> bool {
        self.next <= self.head || self.presence_sent < self.presence_head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_take_turns() {
        let mut rooms = Rooms::default();
        for id in [5, 3] {
            rooms.open(RoomId(id), 0).unwrap();
            let slot = rooms.find(RoomId(id)).unwrap();
            assert_eq!(rooms.turn().filter(|&turn| turn == slot), None, "nothing to send");
            rooms.get_mut(slot).head = 2;
            rooms.wake(slot);
            rooms.wake(slot);
        }
        assert_eq!((rooms.turn(), rooms.ready.len()), (Some(0), 2));
        rooms.end_turn(true);
        assert_eq!(rooms.turn(), Some(1));
        rooms.end_turn(false);
        rooms.end_turn(false);
        assert_eq!(rooms.turn(), None);
    }

    #[test]
    fn a_room_taken_up_again_goes_on_where_it_was() {
        let mut rooms = Rooms::default();
        rooms.open(RoomId(1), 10).unwrap();
        for number in 11..=15 {
            rooms.get_mut(0).acked.insert(number);
        }
        rooms.get_mut(0).next = 20;
        assert_eq!(rooms.shut(RoomId(1)), Some((0, 0)));
        rooms.open(RoomId(1), 10).unwrap();
        assert_eq!(rooms.get(0).next, 16, "what was acknowledged is not sent again, what was under way is");
    }

    #[test]
    fn the_slots_of_shut_rooms_are_used_again() {
        let mut rooms = Rooms::default();
        for id in 0..ROOMS_PER_SESSION_MAX as u64 {
            rooms.open(RoomId(id), 0).unwrap();
        }
        assert_eq!(rooms.open(RoomId(9_999), 0), Err(Refused::QueueFull));
        rooms.shut(RoomId(77));
        rooms.open(RoomId(9_999), 0).unwrap();
        assert_eq!((rooms.find(RoomId(9_999)), rooms.find(RoomId(77))), (Some(77), None));
        assert_eq!(rooms.get(77).generation, 2);
    }
}
