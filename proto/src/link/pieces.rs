//! Pieces: everything that must arrive, one entry for each frame's worth, in the order of first transmission. Their front
//! is the oldest unacknowledged one, to which the probe timer is anchored.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::limits::{FRAGMENTS_FRESH_S, PIECES_MAX};
use crate::time::Instant;
use crate::wire::id::RoomId;

use super::cut::{Bits, Cut};

/// Which numbering a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub(super) cut: Cut,
    /// Which of the messages that were cut it is.
    pub(super) begun: u32,
    /// Fragments that have not been acknowledged.
    missing: Bits,
    /// When it began.
    since: Instant,
}

/// All pieces from the oldest unacknowledged one on, by an index that never repeats.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    base: u64,
    ring: VecDeque<Piece>,
    partials: Vec<Partial>,
    /// Messages that were cut so far.
    begun: u32,
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
        self.partials.iter().map(|partial| partial.cut.len()).sum()
    }

    /// A message in fragments begins.
    pub(super) fn begin_fragments(&mut self, now: Instant, lane: Lane, number: u64, cut: Cut) {
        self.begun = self.next_begun();
        let missing = Bits::upto(cut.last());
        self.partials.push(Partial { lane, number, cut, begun: self.begun, missing, since: now });
    }

    /// Which one the next message to be cut is.
    pub(super) const fn next_begun(&self) -> u32 {
        self.begun.wrapping_add(1)
    }

    /// How a message goes that is in fragments and not all acknowledged.
    pub(super) fn partial(&self, lane: Lane, number: u64) -> Option<Partial> {
        self.partials.iter().find(|partial| partial.is_of(lane, number)).copied()
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
                    && partial.missing == Bits::only(index)
                    && now.micros_since(partial.since) >= FRAGMENTS_FRESH_S * 1_000_000
            })
    }

    /// The message of this piece goes out anew, all of it: what was acknowledged of it counts no more. `packet` is the next
    /// one.
    pub(super) fn begin_again(&mut self, now: Instant, index: u64, packet: u64) {
        let Some(&Piece { item: Item::Message { lane, number, .. }, .. }) = self.get(index) else { return };
        let Some(Partial { cut, .. }) = self.give_up(lane, number) else { return };
        self.begin_fragments(now, lane, number, cut);
        for index in 0..=cut.last() {
            let item = Item::Message { lane, number, index, last: cut.last() };
            self.push(now, packet, item, cut.span(index).len(), State::Lost);
        }
    }

    /// The first message of each lane that does not fit any more where fragments are no longer than `each`.
    pub(super) fn misfits(&self, each: usize) -> Vec<(Lane, u64)> {
        let whole = self.ring.iter().filter_map(|piece| match piece.item {
            Item::Message { lane, number, last: 0, .. }
                if piece.state != State::Done && usize::from(piece.len) > each =>
            {
                Some((lane, number))
            }
            Item::Message { .. } | Item::Presence { .. } | Item::Cursor { .. } | Item::Credit { .. } => None,
        });
        let cut = self.partials.iter().filter(|partial| partial.cut.each() > each).map(|p| (p.lane, p.number));
        let mut found: Vec<_> = whole.chain(cut).collect();
        found.sort_unstable();
        found.dedup_by_key(|misfit| misfit.0);
        found
    }

    /// What is under way of this lane from this message on counts no more: it goes out anew.
    pub(super) fn withdraw(&mut self, of: Lane, from: u64) {
        for index in self.base..self.end() {
            if let Some(&Piece { item: Item::Message { lane, number, .. }, .. }) = self.get(index)
                && lane == of
                && number >= from
            {
                let _ = self.finish(index);
            }
        }
        self.partials.retain(|partial| partial.lane != of || partial.number < from);
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
        self.partials[at].missing.remove(index);
        let done = self.partials[at].missing.is_empty();
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

const fn is_room(item: Item) -> bool {
    matches!(item, Item::Message { lane: Lane::Room { .. }, .. })
}
