//! Pieces: everything that must arrive, one entry for each frame's worth, in the order of first transmission. Their front
//! is the oldest unacknowledged one, to which the probe timer is anchored.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::limits::{FRAGMENT_LEN, FRAGMENTS_FRESH_S, PIECES_MAX};
use crate::time::Instant;
use crate::wire::id::RoomId;

/// Which numbering a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// A room, by its slot; the generation tells whether the slot is still about the same thing.
    Room { slot: u16, generation: u32 },
    /// The control queue.
    Control,
    /// The bulk queue.
    Bulk,
}

/// What a piece stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A message (`last` is 0) or one of its fragments.
    Message { lane: Lane, number: u64, index: u8, last: u8 },
    /// A room's presence in `after + 1..=upto`.
    Presence { slot: u16, generation: u32, after: u64, upto: u64 },
    /// What a device holds of a room.
    Cursor { room: RoomId, upto: u64 },
    /// What a client may send.
    Credit { messages: u64 },
}

/// How a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A copy is out there.
    Out,
    /// Its last copy was lost; it waits to go again.
    Lost,
    /// It arrived, or does not matter any more.
    Done,
}

/// Something that must arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) item: Item,
    pub(super) state: State,
    /// Copies that redundancy made.
    pub(super) copies: u8,
    /// Speculative ones among them.
    pub(super) speculative: u8,
    /// It had to be repaired after all.
    pub(super) repaired: bool,
    pub(super) len: u16,
    /// First transmission, or the last one that a detected loss caused: the probe timer's anchor.
    pub(super) anchor: Instant,
    pub(super) first: Instant,
    /// The last copy that was no speculative one, and the datagram that carried the last of any kind.
    pub(super) last: Instant,
    pub(super) last_packet: u64,
}

/// A message in fragments that is partly acknowledged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    lane: Lane,
    number: u64,
    /// Fragments that have not been acknowledged, as bits.
    missing: u64,
    last: u8,
    len: usize,
    /// When it began.
    since: Instant,
}

/// All pieces from the oldest unacknowledged one on, by an index that never repeats.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    base: u64,
    ring: VecDeque<Piece>,
    partials: Vec<Partial>,
    /// Pieces to go again, in the order of their loss.
    pub(super) lost: VecDeque<u64>,
    /// Pieces that are not done, their octets, and those of them that belong to rooms.
    pub(super) open: usize,
    pub(super) open_bytes: usize,
    pub(super) open_room: usize,
}

impl Pieces {
    pub(super) fn is_full(&self) -> bool {
        self.ring.len() >= PIECES_MAX
    }

    pub(super) fn oldest(&self) -> Option<&Piece> {
        self.ring.front()
    }

    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    pub(super) fn end(&self) -> u64 {
        self.base + self.ring.len() as u64
    }

    pub(super) fn get(&self, index: u64) -> Option<&Piece> {
        self.ring.get(usize::try_from(index.checked_sub(self.base)?).ok()?)
    }

    pub(super) fn get_mut(&mut self, index: u64) -> Option<&mut Piece> {
        self.ring.get_mut(usize::try_from(index.checked_sub(self.base)?).ok()?)
    }

    /// Octets of messages in fragments that are under way.
    pub(super) fn fragmented_bytes(&self) -> usize {
        self.partials.iter().map(|partial| partial.len).sum()
    }

    /// A message in `last + 1` fragments begins.
    pub(super) fn begin_fragments(&mut self, now: Instant, lane: Lane, number: u64, last: u8, len: usize) {
        self.partials.push(Partial { lane, number, missing: all_of(last), last, len, since: now });
    }

    /// Whether this piece is the last one missing of a message that began so long ago that the receiver may have given up
    /// what came of it first.
    pub(super) fn is_late(&self, now: Instant, index: u64) -> bool {
        let Some(&Piece { item: Item::Message { lane, number, index, last: 1.. }, state, .. }) = self.get(index) else {
            return false;
        };
        state != State::Done
            && self.partials.iter().any(|partial| {
                partial.is_of(lane, number)
                    && partial.missing == 1 << index
                    && now.micros_since(partial.since) >= FRAGMENTS_FRESH_S * 1_000_000
            })
    }

    /// The message of this piece goes out anew, all of it: what was acknowledged of it counts no more. `packet` is the next
    /// one.
    pub(super) fn begin_again(&mut self, now: Instant, index: u64, packet: u64) {
        let Some(&Piece { item: Item::Message { lane, number, .. }, .. }) = self.get(index) else { return };
        let Some(partial) = self.give_up(lane, number) else { return };
        self.partials.push(Partial { missing: all_of(partial.last), since: now, ..partial });
        for index in 0..=partial.last {
            let len = partial.len.saturating_sub(usize::from(index) * FRAGMENT_LEN).min(FRAGMENT_LEN);
            let item = Item::Message { lane, number, index, last: partial.last };
            self.push(now, packet, item, len, State::Lost);
        }
    }

    /// Fragments of this message matter no more, whatever becomes of them.
    pub(super) fn give_up(&mut self, lane: Lane, number: u64) -> Option<Partial> {
        let at = self.partials.iter().position(|partial| partial.is_of(lane, number))?;
        let partial = self.partials.swap_remove(at);
        for index in self.base..self.end() {
            let is_of = |item| matches!(item, Item::Message { lane: l, number: n, .. } if (l, n) == (lane, number));
            if self.get(index).is_some_and(|piece| is_of(piece.item)) {
                let _ = self.finish(index);
            }
        }
        Some(partial)
    }

    /// A piece goes out for the first time, in datagram `packet`; gives its index.
    pub(super) fn push(&mut self, now: Instant, packet: u64, item: Item, len: usize, state: State) -> u64 {
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        self.ring.push_back(Piece {
            item,
            state,
            copies: 0,
            speculative: 0,
            repaired: false,
            len,
            anchor: now,
            first: now,
            last: now,
            last_packet: packet,
        });
        self.open += 1;
        self.open_bytes += usize::from(len);
        self.open_room += usize::from(is_room(item));
        let index = self.end() - 1;
        if state == State::Lost {
            self.lost.push_back(index);
        }
        index
    }

    /// A piece is done. Gives whether the whole message is; `None` if the piece was done before.
    pub(super) fn finish(&mut self, index: u64) -> Option<bool> {
        let piece = self.get_mut(index)?;
        if piece.state == State::Done {
            return None;
        }
        piece.state = State::Done;
        let (item, len) = (piece.item, usize::from(piece.len));
        self.open -= 1;
        self.open_bytes -= len;
        self.open_room -= usize::from(is_room(item));
        while self.ring.front().is_some_and(|piece| piece.state == State::Done) {
            self.ring.pop_front();
            self.base += 1;
        }
        Some(self.finish_fragment(item))
    }

    /// The last copy of a piece, in datagram `packet`, was lost.
    pub(super) fn lose(&mut self, index: u64, packet: u64) {
        if let Some(piece) = self.get_mut(index)
            && piece.state == State::Out
            && piece.last_packet == packet
        {
            piece.state = State::Lost;
            self.lost.push_back(index);
        }
    }

    /// What was under way in a room matters no more.
    pub(super) fn abandon(&mut self, slot: u16, generation: u32) {
        let of_room = |item: &Item| match *item {
            Item::Message { lane, .. } => lane == Lane::Room { slot, generation },
            Item::Presence { slot: s, generation: g, .. } => (s, g) == (slot, generation),
            Item::Cursor { .. } | Item::Credit { .. } => false,
        };
        for index in self.base..self.end() {
            if self.get(index).is_some_and(|piece| of_room(&piece.item)) {
                let _ = self.finish(index);
            }
        }
        self.partials.retain(|partial| partial.lane != Lane::Room { slot, generation });
    }

    fn finish_fragment(&mut self, item: Item) -> bool {
        let Item::Message { lane, number, index, last: 1.. } = item else { return true };
        let Some(at) = self.partials.iter().position(|partial| partial.is_of(lane, number)) else { return true };
        self.partials[at].missing &= !(1 << index);
        let done = self.partials[at].missing == 0;
        if done {
            self.partials.swap_remove(at);
        }
        done
    }
}

impl Partial {
    fn is_of(&self, lane: Lane, number: u64) -> bool {
        (self.lane, self.number) == (lane, number)
    }
}

/// Fragments up to this one, as bits.
const fn all_of(last: u8) -> u64 {
    u64::MAX >> (63 - last)
}

const fn is_room(item: Item) -> bool {
    matches!(item, Item::Message { lane: Lane::Room { .. }, .. })
}
