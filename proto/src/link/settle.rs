//! What acknowledgements, and their absence, say about what was sent (after RFC 9002, sections 5.1 and 6.1).

use crate::limits::{ACK_RANGES_MAX, OUTAGE_DATAGRAMS_MIN, OUTAGE_MIN_MS};
use crate::time::Instant;
use crate::wire::frame::{Ack, AckRange};
use crate::wire::id::PacketNumber;

use super::contract::{Event, Sink, Violation};
use super::path_mtu::Narrow;
use super::pieces::{Item, Lane, State};
use super::refit;
use super::sent::{Fate, Purpose};
use super::state::Link;

/// Most that a peer keeps an acknowledgement back; one that is older repeats what was lost, and says nothing of the loop.
const DELAY_WANTED_MAX_US: u64 = crate::limits::ACK_DELAY_MAX_US + crate::limits::ACK_DELAY_BUSY_US;

/// Takes an acknowledgement.
pub(super) fn ack(link: &mut Link, now: Instant, ack: &Ack<'_>, sink: &mut dyn Sink) -> Result<(), Violation> {
    if ack.largest.0 >= link.sent.next() {
        return Err(Violation::AckOfUnsent);
    }
    // Oldest first, so that an original is credited before its copies.
    let mut ranges = [AckRange { first: PacketNumber(0), last: PacketNumber(0) }; ACK_RANGES_MAX];
    let mut count = 0;
    for range in ack.ranges() {
        if range.last.0 < link.sent.base() {
            break;
        }
        ranges[count] = range;
        count += 1;
    }
    note_outage(link, &ranges[..count]);
    let mut progress = false;
    for range in ranges[..count].iter().rev() {
        progress |= acked_range(link, now, range.first.0, range.last.0, ack, sink);
    }
    link.largest_acked = link.largest_acked.max(Some(ack.largest.0));
    if progress {
        link.probe.progress(now);
        link.ping_out = None;
        link.heartbeat.heard_ack(now);
        detect_losses(link, now);
        let queue_us = link.rtt.queue_us(now);
        link.congestion.round(ack.largest.0, link.sent.next(), queue_us);
        judge(link, now, queue_us);
    }
    link.sent.tidy(now);
    Ok(())
}

/// Remembers what was sent in vain while nothing got through, if these ranges (the newest first) show that it was so: whatever
/// lies between what was acknowledged before and the first of what is acknowledged now.
///
/// Found as persistent congestion is in RFC 9002, section 7.6.2 (nothing between two losses was acknowledged, over a certain
/// time), and taken for the opposite: it says nothing of how many datagrams the path loses, so it counts in no measured loss,
/// and the window becomes an eighth smaller at most, as in any round.
fn note_outage(link: &mut Link, ranges: &[AckRange]) {
    let Some(from) = link.largest_acked.map(|largest| largest + 1) else { return };
    let Some(range) = ranges.iter().rev().find(|range| range.last.0 >= from) else { return };
    let upto = range.first.0;
    if upto < from + OUTAGE_DATAGRAMS_MIN {
        return;
    }
    let sent_at = |number| link.sent.get(number).map(|sent| sent.at);
    let Some((first, last)) = sent_at(from.max(link.sent.base())).zip(sent_at(upto - 1)) else { return };
    if last.micros_since(first) >= OUTAGE_MIN_MS * 1_000 {
        link.outage = from..upto;
    }
}

/// Declares lost what is overdue, and finds out when the next one will be: sent before one that was acknowledged, and either
/// older than the time threshold or further behind than the packet threshold (RFC 9002, section 6.1).
pub(super) fn detect_losses(link: &mut Link, now: Instant) {
    link.loss_at = None;
    let Some(largest) = link.largest_acked else { return };
    let wait_us = link.rtt.loss_us(now);
    let behind = link.loss.packet_threshold(link.rtt.srtt_us());
    let mut number = link.sent.first_out();
    while number < largest {
        let Some(sent) = link.sent.get(number).copied() else { break };
        if sent.fate == Fate::Out {
            let due = sent.at.plus_micros(wait_us);
            let overtaken = behind.is_some_and(|behind| largest - number >= behind);
            if due > now && !overtaken {
                link.loss_at = Some(due);
                break;
            }
            lose(link, now, number);
        }
        number += 1;
    }
}

/// The ring is full: the oldest datagram counts as lost.
pub(super) fn give_up_oldest(link: &mut Link, now: Instant) {
    lose(link, now, link.sent.base());
    link.sent.tidy(now);
}

/// A piece is done; what it belongs to moves on.
pub(super) fn finish(link: &mut Link, index: u64) {
    let Some(item) = link.pieces.get(index).map(|piece| piece.item) else { return };
    let Some(whole) = link.pieces.finish(index) else { return };
    let Item::Message { lane, number, .. } = item else { return };
    if !whole {
        return;
    }
    match lane {
        Lane::Room { slot, generation } => {
            let room = link.rooms.get_mut(slot);
            if room.generation == generation {
                room.acked.insert(number);
                link.rooms.wake(slot);
            }
        }
        Lane::Control => {
            if link.control.finish(number) {
                link.credits.grant(1);
            }
        }
        Lane::Bulk => {
            link.bulk.finish(number);
        }
    }
}

/// Lets the governor look, and does as it says.
pub(super) fn judge(link: &mut Link, now: Instant, queue_us: u64) {
    if link.governor.judge(now, queue_us, link.heartbeat.silent_us(now)) {
        link.congestion.back_off();
    }
}

/// Gives whether any of it is news.
fn acked_range(link: &mut Link, now: Instant, first: u64, last: u64, ack: &Ack<'_>, sink: &mut dyn Sink) -> bool {
    let mut progress = false;
    let mut from = first;
    while let Some(number) = link.sent.first_lost(from, last) {
        progress |= acked(link, now, number, ack, sink);
        from = number + 1;
    }
    for number in first.max(link.sent.first_out())..=last {
        progress |= acked(link, now, number, ack, sink);
    }
    progress
}

fn acked(link: &mut Link, now: Instant, number: u64, ack: &Ack<'_>, sink: &mut dyn Sink) -> bool {
    let Some(sent) = link.sent.get(number).copied() else { return false };
    match sent.fate {
        Fate::Acked | Fate::Untold => return false,
        Fate::Lost => {
            link.stats.spurious += 1;
            if !link.outage.contains(&number) && sent.purpose != Purpose::Search {
                link.loss.take_back(link.largest_acked.unwrap_or(number).saturating_sub(number));
            }
        }
        Fate::Out if sent.purpose == Purpose::Search => link.stats.too_long = link.stats.too_long.saturating_sub(1),
        Fate::Out => {
            link.loss.note(now, false);
            link.congestion.acked();
        }
    }
    link.path_mtu.acked(now, number, usize::from(sent.len));
    let loop_us = now.micros_since(sent.at);
    if ack.delay_us <= DELAY_WANTED_MAX_US {
        link.rtt.note_loop(now, loop_us);
    }
    link.stats.acked += 1;
    if number == ack.largest.0 {
        link.rtt.sample(now, loop_us, ack.delay_us);
        link.stats.rtt.note(loop_us.saturating_sub(ack.delay_us));
    }
    if let Some(upto) = sent.ack_upto {
        link.acks.confirmed(upto);
    }
    let mut i = 0;
    while let Some(index) = link.sent.piece(&sent, i) {
        piece_acked(link, now, index, sent.purpose, sink);
        i += 1;
    }
    link.sent.settle(number, Fate::Acked);
    true
}

fn piece_acked(link: &mut Link, now: Instant, index: u64, purpose: Purpose, sink: &mut dyn Sink) {
    let Some(piece) = link.pieces.get(index).copied() else { return };
    let room = match piece.item {
        Item::Message { lane: Lane::Room { slot, generation }, .. } => Some((slot, generation)),
        Item::Message { .. } | Item::Presence { .. } | Item::Cursor { .. } | Item::Credit { .. } => None,
    };
    let upto_before = room.map(|(slot, _)| link.rooms.get(slot).acked.contiguous_upto());
    if piece.speculative > 0 && piece.state != State::Done {
        match purpose {
            Purpose::Speculative => link.speculation.learn(now, true),
            Purpose::Repair => link.speculation.learn(now, false),
            Purpose::Fresh | Purpose::Search => {}
        }
    }
    if link.pieces.is_late(now, index) {
        return link.pieces.begin_again(now, index, link.sent.next());
    }
    finish(link, index);
    if let Some((slot, generation)) = room {
        let room = link.rooms.get(slot);
        let upto = room.acked.contiguous_upto();
        if room.generation == generation && upto_before.is_some_and(|before| before < upto) {
            sink.event(Event::Acked { room: room.id, upto });
        }
    }
}

fn lose(link: &mut Link, now: Instant, number: u64) {
    if link.sent.get(number).is_none_or(|sent| sent.fate != Fate::Out) {
        return;
    }
    let Some(sent) = link.sent.settle(number, Fate::Lost) else { return };
    if sent.purpose == Purpose::Search {
        // It says nothing of congestion (RFC 8899, section 3), and nothing is missing.
        return link.path_mtu.probe_lost(now, number);
    }
    let narrow = note_loss(link, now, number, usize::from(sent.len));
    let mut i = 0;
    while let Some(index) = link.sent.piece(&sent, i) {
        piece_lost(link, index, number);
        i += 1;
    }
    if let Some(narrow) = narrow {
        // What was lost for its length says nothing of how shorter datagrams fare.
        link.loss = narrow.loss;
        link.stats.lost = link.stats.lost.saturating_sub(narrow.datagrams);
        link.stats.too_long += narrow.datagrams;
        refit::begin_anew(link);
    }
}

/// Keeps the books about a datagram with contents that was lost; gives whether that shows the path to be narrow.
fn note_loss(link: &mut Link, now: Instant, number: u64, len: usize) -> Option<Narrow> {
    if len > link.path_mtu.len() {
        // It was under way when the path was found out to be too narrow for it.
        link.stats.too_long += 1;
        return None;
    }
    link.stats.lost += 1;
    let acked_upto = link.largest_acked.unwrap_or(number);
    let narrow = link.path_mtu.lost(now, number, len, acked_upto, &link.loss);
    if !link.outage.contains(&number) {
        link.loss.note(now, true);
    }
    link.congestion.lost();
    narrow
}

fn piece_lost(link: &mut Link, index: u64, packet: u64) {
    let Some(item) = link.pieces.get(index).map(|piece| piece.item) else { return };
    match item {
        // Only the newest value counts: it is asked for when there is room, not kept.
        Item::Cursor { room, upto } => {
            if link.pieces.get(index).is_some_and(|piece| piece.last_packet == packet) {
                link.pieces.finish(index);
                link.cursors.lost(room, upto);
            }
        }
        Item::Message { .. } | Item::Presence { .. } | Item::Credit { .. } => link.pieces.lose(index, packet),
    }
}
