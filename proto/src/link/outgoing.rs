//! What goes into datagrams: new messages of every channel, and pieces again.

use crate::limits::{
    CONTROL_UNACKED_MAX, FRAGMENT_MAX_LEN, HELD_MAX_BYTES, MESSAGE_MAX_LEN, PEER_UNACKED_MAX, PEER_UNACKED_MAX_BYTES,
    ROOM_UNACKED_MAX, UP_UNACKED_MAX,
};
use crate::time::Instant;
use crate::wire::frame::{Channel, Credit, Cursor, Frame};
use crate::wire::id::{PresenceVersion, RoomId, RoomSeq};

use super::contract::{Lookup, Role, Source};
use super::cut::Cut;
use super::draft::{Draft, Part};
use super::pieces::{Item, Lane, Pieces, State};
use super::sent::SentRing;
use super::settle;
use super::state::Link;

/// Less room than this is not worth asking for presence.
const PRESENCE_ROOM_MIN: usize = 256;

/// What became of a piece that was to be written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copied {
    /// It is in the datagram.
    Written,
    /// It matters no more.
    Gone,
    /// Its payload is being fetched.
    NotYet,
    /// The datagram is full.
    NoRoom,
}

/// How far the sending of something new got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// All of it is written.
    Written,
    /// The datagram is full.
    NoRoom,
    /// The peer must acknowledge something first.
    Blocked,
    /// A long message waits until another one is through.
    Waits,
}

/// Whether something new waits that the window may hold back.
pub(super) fn has_chat(link: &Link, now: Instant) -> bool {
    (link.rooms.turn().is_some() && !is_blocked(link))
        || may_send_control(link)
        || link.cursors.due_at().is_some_and(|due| due <= now)
        || link.credits.news(now).is_some()
        || !link.typing.is_empty()
}

/// Writes what is new, in this order: control, credit, presence and messages of rooms, cursors, typing notices.
pub(super) fn chat(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    control(link, now, draft);
    credit(link, now, draft);
    rooms(link, now, source, draft);
    cursors(link, now, draft);
    typing(link, draft);
}

/// Writes new bulk.
pub(super) fn bulk(link: &mut Link, now: Instant, draft: &mut Draft<'_>) {
    let each = link.path_mtu.fragment_len();
    while !draft.full && !is_full(link) {
        let Some(body) = link.bulk.get(link.bulk.next) else { break };
        let (number, floor) = (link.bulk.next, link.bulk.floor());
        let message = New { lane: Lane::Bulk, channel: Channel::Bulk, number, floor, body, each };
        let mut fragment = link.bulk.next_fragment;
        let step = message.write(now, &mut fragment, &mut link.pieces, &mut link.sent, draft);
        link.bulk.next_fragment = fragment;
        draft.bulk = true;
        if step != Step::Written {
            break;
        }
        link.bulk.advance();
    }
}

fn control(link: &mut Link, now: Instant, draft: &mut Draft<'_>) {
    let each = link.path_mtu.fragment_len();
    while !draft.full && may_send_control(link) {
        let Some(body) = link.control.get(link.control.next) else { break };
        let (number, floor) = (link.control.next, link.control.floor());
        let message = New { lane: Lane::Control, channel: Channel::Control, number, floor, body, each };
        let mut fragment = link.control.next_fragment;
        let step = message.write(now, &mut fragment, &mut link.pieces, &mut link.sent, draft);
        link.control.next_fragment = fragment;
        if step != Step::Written {
            break;
        }
        link.control.advance();
    }
}

fn may_send_control(link: &Link) -> bool {
    link.control.has_next() && link.control.next - link.control.floor() <= CONTROL_UNACKED_MAX && !link.pieces.is_full()
}

fn credit(link: &mut Link, now: Instant, draft: &mut Draft<'_>) {
    if let Some(messages) = link.credits.news(now)
        && draft.small(&Frame::Credit(Credit { messages }))
    {
        link.credits.told(messages);
        open_piece(link, now, Item::Credit { messages }, draft);
    }
}

fn cursors(link: &mut Link, now: Instant, draft: &mut Draft<'_>) {
    // They ride along with anything, and go by themselves when they are due.
    if !draft.eliciting && link.cursors.due_at().is_none_or(|due| due > now) {
        return;
    }
    while let Some((room, upto)) = link.cursors.turn() {
        if !draft.small(&Frame::Cursor(Cursor { room, upto: RoomSeq(upto) })) {
            break;
        }
        link.cursors.told(now);
        open_piece(link, now, Item::Cursor { room, upto }, draft);
    }
}

fn typing(link: &mut Link, draft: &mut Draft<'_>) {
    while let Some((room, body)) = link.typing.front() {
        let part = Part::whole(Channel::Typing(room), 0, 0, body);
        let alone = draft.writer.is_empty();
        // One that fits no datagram is dropped: nothing waits for it.
        if !draft.part(part) && !alone {
            break;
        }
        draft.fresh = true;
        link.typing.pop();
    }
}

fn rooms(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    let mut waiting = 0;
    while let Some(slot) = link.rooms.turn() {
        if draft.full || is_blocked(link) {
            break;
        }
        match room(link, now, slot, source, draft) {
            Step::Written => link.rooms.end_turn(false),
            Step::NoRoom => {
                link.rooms.end_turn(true);
                break;
            }
            Step::Waits if waiting < link.rooms.ready_len() => {
                waiting += 1;
                link.rooms.end_turn(true);
            }
            Step::Waits | Step::Blocked => break,
        }
    }
}

/// Whether the peer must acknowledge something before any room may send more.
fn is_blocked(link: &Link) -> bool {
    is_full(link) || (link.config.role == Role::Client && !may_post(link))
}

fn is_full(link: &Link) -> bool {
    let Pieces { open, open_bytes, .. } = link.pieces;
    link.pieces.is_full() || open >= PEER_UNACKED_MAX || open_bytes >= PEER_UNACKED_MAX_BYTES
}

/// Posts are held for order at the server: no more of them than it holds, and no more than it gave credit for.
fn may_post(link: &Link) -> bool {
    let Pieces { open_room, open_bytes, .. } = link.pieces;
    let held = open_room < UP_UNACKED_MAX && (open_bytes < HELD_MAX_BYTES || open_room == 0);
    held && (link.credits.may_spend() || link.rooms.turn().is_some_and(|slot| link.rooms.get(slot).next_fragment > 0))
}

fn room(link: &mut Link, now: Instant, slot: u16, source: &mut dyn Source, draft: &mut Draft<'_>) -> Step {
    let step = presence(link, now, slot, source, draft);
    if step != Step::Written {
        return step;
    }
    loop {
        let room = link.rooms.get(slot);
        let (id, number, floor, generation) = (room.id, room.next, room.acked.contiguous_upto(), room.generation);
        if !room.open || number > room.head || number - floor > unacked_max(link.config.role) {
            return Step::Written;
        }
        if room.acked.contains(number) {
            link.rooms.get_mut(slot).next += 1;
            continue;
        }
        if is_blocked(link) {
            return Step::Blocked;
        }
        let Some(body) = lookup(source, id, number) else { return Step::Written };
        let mut fragment = link.rooms.get(slot).next_fragment;
        let lane = Lane::Room { slot, generation };
        if fragment > 0 && link.pieces.partial(lane, number).is_none_or(|partial| partial.cut.len() != body.len()) {
            // The message was replaced by another one between two of its fragments: it begins anew.
            fragment = 0;
            link.pieces.give_up(lane, number);
        }
        let first = fragment == 0;
        let each = link.path_mtu.fragment_len();
        let message = New { lane, channel: Channel::Room(id), number, floor, body, each };
        let step = message.write(now, &mut fragment, &mut link.pieces, &mut link.sent, draft);
        let begun = first && (fragment > 0 || step == Step::Written);
        let room = link.rooms.get_mut(slot);
        // A post that goes again after the room was shut was paid for, and one that will never come costs nothing.
        if begun && !body.is_empty() && number > room.paid {
            room.paid = number;
            link.credits.spend();
        }
        room.next_fragment = fragment;
        if step != Step::Written {
            return step;
        }
        room.next += 1;
    }
}

const fn unacked_max(role: Role) -> u64 {
    match role {
        Role::Server => ROOM_UNACKED_MAX as u64,
        Role::Client => UP_UNACKED_MAX as u64,
    }
}

/// A message of a room; empty if it will never come, `None` if it is being fetched. One that is too large for any link
/// counts as never coming, or it would hold up all that is behind it.
fn lookup(source: &mut dyn Source, room: RoomId, number: u64) -> Option<&[u8]> {
    match source.entry(room, number) {
        Lookup::Ready(body) if body.len() <= MESSAGE_MAX_LEN => Some(body),
        Lookup::Ready(_) | Lookup::Absent => Some(&[]),
        Lookup::Pending => None,
    }
}

fn presence(link: &mut Link, now: Instant, slot: u16, source: &mut dyn Source, draft: &mut Draft<'_>) -> Step {
    loop {
        let room = link.rooms.get(slot);
        let (after, upto, generation) = (room.presence_sent, room.presence_head, room.generation);
        if !room.open || after >= upto {
            return Step::Written;
        }
        let sent = match write_presence(room.id, after, upto, source, draft) {
            Presence::Written(sent) => {
                open_piece(link, now, Item::Presence { slot, generation, after, upto: sent }, draft);
                sent
            }
            Presence::NothingCurrent => upto,
            Presence::NoRoom => return Step::NoRoom,
        };
        link.rooms.get_mut(slot).presence_sent = sent;
    }
}

enum Presence {
    /// Up to this version.
    Written(u64),
    NothingCurrent,
    NoRoom,
}

fn write_presence(room: RoomId, after: u64, upto: u64, source: &mut dyn Source, draft: &mut Draft<'_>) -> Presence {
    const HEAD_MAX: usize = 40;
    let space = draft.room();
    if space < PRESENCE_ROOM_MIN {
        draft.full = true;
        return Presence::NoRoom;
    }
    let mut body = [0; FRAGMENT_MAX_LEN];
    let space = (space - HEAD_MAX).min(body.len());
    let found = source.presence(room, PresenceVersion(after), PresenceVersion(upto), &mut body[..space]);
    let Some((len, PresenceVersion(sent))) = found.filter(|found| found.1.0 > after) else {
        return Presence::NothingCurrent;
    };
    let sent = sent.min(upto);
    let channel = Channel::Presence(room);
    if draft.part(Part::whole(channel, sent, sent, &body[..len])) { Presence::Written(sent) } else { Presence::NoRoom }
}

fn open_piece(link: &mut Link, now: Instant, item: Item, draft: &mut Draft<'_>) {
    let index = link.pieces.push(now, draft.number, item, 0, State::Out);
    link.sent.carry(index);
    draft.refs += 1;
    draft.fresh = true;
}

/// A message that goes out for the first time.
struct New<'a> {
    lane: Lane,
    channel: Channel,
    number: u64,
    floor: u64,
    body: &'a [u8],
    /// Octets in a fragment, if it is not cut yet.
    each: usize,
}

impl New<'_> {
    /// Writes it whole, or its fragments from `fragment` on, as far as there is room.
    fn write(
        &self,
        now: Instant,
        fragment: &mut u8,
        pieces: &mut Pieces,
        sent: &mut SentRing,
        draft: &mut Draft<'_>,
    ) -> Step {
        // What was begun goes on as it was cut, though the path may carry more by now.
        let (cut, begun) = match pieces.partial(self.lane, self.number) {
            Some(partial) if *fragment > 0 => (partial.cut, partial.begun),
            _ => (Cut::new(self.body.len(), self.each), pieces.next_begun()),
        };
        let last = cut.last();
        if last > 0 && *fragment == 0 {
            let under_way = pieces.fragmented_bytes();
            if under_way > 0 && under_way + self.body.len() > HELD_MAX_BYTES {
                return Step::Waits;
            }
        }
        loop {
            let index = *fragment;
            let part = self.part(cut, begun, index);
            if !draft.part(part) {
                return Step::NoRoom;
            }
            if last > 0 && index == 0 {
                pieces.begin_fragments(now, self.lane, self.number, cut);
            }
            let item = Item::Message { lane: self.lane, number: self.number, index, last };
            sent.carry(pieces.push(now, draft.number, item, part.bytes.len(), State::Out));
            draft.refs += 1;
            draft.fresh = true;
            if index == last {
                *fragment = 0;
                return Step::Written;
            }
            *fragment += 1;
        }
    }

    fn part(&self, cut: Cut, begun: u32, index: u8) -> Part<'_> {
        let Self { channel, number, floor, body, .. } = *self;
        Part { channel, number, floor, begun, cut, index, bytes: &body[cut.span(index)] }
    }
}

/// Writes a piece again. What it was looked up to be then is looked up again now.
pub(super) fn repeat(
    link: &mut Link,
    now: Instant,
    index: u64,
    speculative: bool,
    source: &mut dyn Source,
    draft: &mut Draft<'_>,
) -> Copied {
    let Some(item) = link.pieces.get(index).map(|piece| piece.item) else { return Copied::Gone };
    let copied = match item {
        Item::Message { lane, number, index: fragment, last } => {
            repeat_message(link, lane, number, fragment, last, source, draft)
        }
        Item::Presence { slot, generation, after, upto } => {
            repeat_presence(link, now, index, (slot, generation, after, upto), source, draft)
        }
        Item::Cursor { room, .. } => {
            let upto = RoomSeq(link.cursors.newest(room).unwrap_or(0));
            written(draft.small(&Frame::Cursor(Cursor { room, upto })))
        }
        Item::Credit { .. } => written(draft.small(&Frame::Credit(Credit { messages: link.credits.last_told() }))),
    };
    match copied {
        Copied::Written => {
            link.sent.carry(index);
            draft.refs += 1;
            if let Some(piece) = link.pieces.get_mut(index) {
                // A speculative copy is a chance of its own: it does not keep the next datagram from carrying the piece, too.
                piece.last = if speculative { piece.last } else { now };
                piece.last_packet = draft.number;
            }
        }
        Copied::Gone => settle::finish(link, index),
        Copied::NotYet | Copied::NoRoom => {}
    }
    copied
}

const fn written(written: bool) -> Copied {
    if written { Copied::Written } else { Copied::NoRoom }
}

fn repeat_message(
    link: &mut Link,
    lane: Lane,
    number: u64,
    index: u8,
    last: u8,
    source: &mut dyn Source,
    draft: &mut Draft<'_>,
) -> Copied {
    let (channel, floor, body) = match lane {
        Lane::Room { slot, generation } => {
            let room = link.rooms.get(slot);
            if room.generation != generation {
                return Copied::Gone;
            }
            let Some(body) = lookup(source, room.id, number) else { return Copied::NotYet };
            (Channel::Room(room.id), room.acked.contiguous_upto(), Some(body))
        }
        Lane::Control => (Channel::Control, link.control.floor(), link.control.get(number)),
        Lane::Bulk => (Channel::Bulk, link.bulk.floor(), link.bulk.get(number)),
    };
    let Some(body) = body.filter(|_| number > floor) else { return Copied::Gone };
    let (cut, begun) = match link.pieces.partial(lane, number) {
        Some(partial) if last > 0 => (partial.cut, partial.begun),
        _ => (Cut::whole(body.len()), 0),
    };
    let still_fits = last > 0 || body.len() <= link.path_mtu.fragment_len();
    let part = if cut.last() == last && cut.len() == body.len() && still_fits {
        Part { channel, number, floor, begun, cut, index, bytes: &body[cut.span(index)] }
    } else {
        // It is not what it was when it first went out: it will never come.
        Part::whole(channel, number, floor, &[])
    };
    written(draft.part(part))
}

fn repeat_presence(
    link: &mut Link,
    now: Instant,
    index: u64,
    (slot, generation, after, upto): (u16, u32, u64, u64),
    source: &mut dyn Source,
    draft: &mut Draft<'_>,
) -> Copied {
    let room = link.rooms.get(slot);
    if room.generation != generation {
        return Copied::Gone;
    }
    match write_presence(room.id, after, upto, source, draft) {
        Presence::NothingCurrent => Copied::Gone,
        Presence::NoRoom => Copied::NoRoom,
        Presence::Written(sent) => {
            if sent < upto {
                // What did not fit goes as a piece of its own.
                let rest = Item::Presence { slot, generation, after: sent, upto };
                link.pieces.push(now, draft.number, rest, 0, State::Lost);
            }
            if let Some(piece) = link.pieces.get_mut(index) {
                piece.item = Item::Presence { slot, generation, after, upto: sent };
            }
            Copied::Written
        }
    }
}
