//! The receiving side of channels: what is new, what may be handed up, and what there is no room for.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::limits::{ORDERED_HELD_MAX, ROOMS_PER_SESSION_MAX};
use crate::time::Instant;
use crate::wire::frame::{Channel, Fragment, Message};
use crate::wire::id::RoomId;

use super::contract::{Event, Sink};
use super::fragments::{Fragments, Piece};
use super::seen::{Insert, Seen};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is new; so many messages were handed up.
    New(u64),
    /// It was there already.
    Duplicate,
    /// There is no room for it: the datagram must not be acknowledged, so that it is sent again.
    NoRoom,
}

/// All channels that a peer sends on.
#[derive(Debug)]
pub(super) struct Receiver {
    /// Rooms are handed up in order (at a server), or at once (at a client).
    rooms_in_order: bool,
    control: Lane,
    bulk: Lane,
    /// In order of their ids.
    rooms: Vec<(RoomId, Lane)>,
    /// Where the last room was found.
    hint: usize,
    fragments: Fragments,
    clock: u64,
}

/// One channel.
#[derive(Debug)]
struct Lane {
    ordered: bool,
    /// Ordered: all up to here was handed up. At once: what was handed up.
    seen: Seen,
    /// Ordered: what came too early.
    held: BTreeMap<u64, Vec<u8>>,
    used: u64,
}

impl Receiver {
    pub(super) const fn new(rooms_in_order: bool) -> Self {
        Self {
            rooms_in_order,
            control: Lane::new(true),
            bulk: Lane::new(false),
            rooms: Vec::new(),
            hint: 0,
            fragments: Fragments::new(),
            clock: 0,
        }
    }

    /// Something arrived.
    pub(super) fn hear(&mut self, now: Instant) {
        self.fragments.hear(now);
    }

    /// The peer sends no more of a room, until it begins anew with all that was not whole: what is half-received is dropped.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.fragments.forget_channel(Channel::Room(room));
    }

    /// Takes a whole message. An empty body stands for a number that will never come.
    pub(super) fn message(&mut self, message: &Message<'_>, sink: &mut dyn Sink) -> Taken {
        let Some((lane, fragments)) = self.lane(message.channel) else { return Taken::NoRoom };
        let before = lane.raise(message.channel, message.floor(), fragments, sink);
        if lane.has(message.number) {
            return Taken::Duplicate.or_handed(before);
        }
        fragments.forget(message.channel, message.number);
        lane.take(message.channel, message.number, message.body, None, fragments, sink).plus(before)
    }

    /// Takes a fragment.
    pub(super) fn fragment(&mut self, fragment: &Fragment<'_>, sink: &mut dyn Sink) -> Taken {
        let Some((lane, fragments)) = self.lane(fragment.channel) else { return Taken::NoRoom };
        let before = lane.raise(fragment.channel, fragment.number - fragment.ahead, fragments, sink);
        if lane.has(fragment.number) {
            return Taken::Duplicate.or_handed(before);
        }
        if lane.is_far(fragment.number) {
            return Taken::NoRoom;
        }
        match fragments.take(fragment, !lane.is_next(fragment.number)) {
            Piece::Kept => Taken::New(before),
            Piece::Duplicate => Taken::Duplicate.or_handed(before),
            Piece::NoRoom => Taken::NoRoom,
            Piece::Whole(body) => {
                lane.take(fragment.channel, fragment.number, &[], Some(body), fragments, sink).plus(before)
            }
        }
    }

    fn lane(&mut self, channel: Channel) -> Option<(&mut Lane, &mut Fragments)> {
        self.clock += 1;
        let lane = match channel {
            Channel::Control => &mut self.control,
            Channel::Bulk => &mut self.bulk,
            Channel::Room(room) => {
                let at = self.room(room)?;
                self.hint = at;
                &mut self.rooms[at].1
            }
            Channel::Presence(_) | Channel::Typing(_) => return None,
        };
        lane.used = self.clock;
        Some((lane, &mut self.fragments))
    }

    fn room(&mut self, room: RoomId) -> Option<usize> {
        if self.rooms.get(self.hint).is_some_and(|entry| entry.0 == room) {
            return Some(self.hint);
        }
        if let Ok(at) = self.rooms.binary_search_by_key(&room, |entry| entry.0) {
            return Some(at);
        }
        if self.rooms.len() >= ROOMS_PER_SESSION_MAX {
            // The room unused for longest gives way; a message repeated there starts it anew, at its own floor.
            let idle = |&(at, (_, lane)): &(usize, &(RoomId, Lane))| lane.held.is_empty().then_some((lane.used, at));
            let (_, oldest) = self.rooms.iter().enumerate().filter_map(|entry| idle(&entry)).min()?;
            self.rooms.remove(oldest);
        }
        let at = self.rooms.partition_point(|entry| entry.0 < room);
        self.rooms.insert(at, (room, Lane::new(self.rooms_in_order)));
        Some(at)
    }
}

impl Taken {
    const fn plus(self, handed: u64) -> Self {
        match self {
            Self::New(n) => Self::New(n + handed),
            Self::Duplicate | Self::NoRoom => self,
        }
    }

    const fn or_handed(self, handed: u64) -> Self {
        if handed > 0 { Self::New(handed) } else { self }
    }
}

impl Lane {
    const fn new(ordered: bool) -> Self {
        Self { ordered, seen: Seen::upto(0), held: BTreeMap::new(), used: 0 }
    }

    fn has(&self, number: u64) -> bool {
        self.seen.contains(number) || self.held.contains_key(&number)
    }

    const fn is_next(&self, number: u64) -> bool {
        !self.ordered || number == self.seen.contiguous_upto() + 1
    }

    fn is_far(&self, number: u64) -> bool {
        let width = if self.ordered { ORDERED_HELD_MAX } else { crate::limits::RECEIVE_WINDOW_LEN };
        number - self.seen.contiguous_upto() > width as u64
    }

    /// The sender says that nothing up to `floor` is to be waited for. Gives how many held messages that set free.
    fn raise(&mut self, channel: Channel, floor: u64, fragments: &mut Fragments, sink: &mut dyn Sink) -> u64 {
        if floor <= self.seen.contiguous_upto() {
            return 0;
        }
        let mut handed = 0;
        while let Some(early) = self.held.first_entry()
            && *early.key() <= floor
        {
            let (number, body) = early.remove_entry();
            self.seen.raise(number);
            handed += self.hand_up_held(channel, number, &body, fragments, sink);
        }
        self.seen.raise(floor);
        fragments.forget_upto(channel, floor);
        handed + self.release(channel, fragments, sink)
    }

    fn take(
        &mut self,
        channel: Channel,
        number: u64,
        body: &[u8],
        whole: Option<Vec<u8>>,
        fragments: &mut Fragments,
        sink: &mut dyn Sink,
    ) -> Taken {
        let bytes = whole.as_deref().unwrap_or(body);
        if !self.is_next(number) {
            // A message that came in fragments was paid for when it began; its fragments are acknowledged.
            if whole.is_some() {
                fragments.recharge(bytes.len());
            } else if self.is_far(number) || !fragments.charge(bytes.len()) {
                return Taken::NoRoom;
            }
            let body = whole.unwrap_or_else(|| body.to_vec());
            self.held.insert(number, body);
            return Taken::New(0);
        }
        match self.seen.insert(number) {
            Insert::New => {
                let handed = self.hand_up(channel, number, bytes, sink);
                Taken::New(handed + self.release(channel, fragments, sink))
            }
            Insert::Old => Taken::Duplicate,
            Insert::Far => Taken::NoRoom,
        }
    }

    /// Hands up what was held and is next now.
    fn release(&mut self, channel: Channel, fragments: &mut Fragments, sink: &mut dyn Sink) -> u64 {
        let mut handed = 0;
        while let Some(early) = self.held.first_entry()
            && *early.key() == self.seen.contiguous_upto() + 1
        {
            let (number, body) = early.remove_entry();
            self.seen.insert(number);
            handed += self.hand_up_held(channel, number, &body, fragments, sink);
        }
        handed
    }

    fn hand_up_held(
        &self,
        channel: Channel,
        number: u64,
        body: &[u8],
        fragments: &mut Fragments,
        sink: &mut dyn Sink,
    ) -> u64 {
        fragments.discharge(body.len());
        self.hand_up(channel, number, body, sink)
    }

    fn hand_up(&self, channel: Channel, number: u64, body: &[u8], sink: &mut dyn Sink) -> u64 {
        if body.is_empty() {
            return 0;
        }
        sink.event(Event::Message { channel, number, contiguous_upto: self.seen.contiguous_upto(), body });
        1
    }
}
