//! The next datagram: repairs first, then what is new, then copies where they pay, and an acknowledgement in what is left.

use crate::limits::{
    RECARRY_MAX_BYTES, RECARRY_MESSAGES_MAX, RECARRY_SCAN_MAX, REDUNDANCY_LOSS_PPHT, SEALED_HEADER_LEN, SEALED_MIN_LEN,
    TAG_LEN,
};
use crate::time::Instant;
use crate::wire::frame::Frame;
use crate::wire::id::PacketNumber;

use super::contract::{Liveness, Packet, Source};
use super::draft::Draft;
use super::outgoing::{self, Copied};
use super::pieces::State;
use super::redundancy::{copy_age_us, may_recarry};
use super::sent::{Fate, New};
use super::settle;
use super::state::Link;

/// Writes the next datagram, if something is to go out now.
pub(super) fn poll(link: &mut Link, now: Instant, source: &mut dyn Source, out: &mut [u8]) -> Option<Packet> {
    link.clock = link.clock.max(now);
    link.chat_blocked = false;
    link.bulk_blocked = false;
    if link.heartbeat.liveness() == Liveness::Offline || link.heartbeat.quiet_until(now).is_some() {
        return None;
    }
    let (room, probe_len) = (link.path_mtu.room(link.probe.due_step()), link.path_mtu.probe());
    let mut draft = Draft::new(&mut out[..room], link.sent.next());
    probe(link, now, source, &mut draft);
    content(link, now, source, &mut draft);
    if draft.eliciting {
        recarry(link, now, source, &mut draft);
    }
    let ack_upto =
        if draft.eliciting || link.acks.is_due(now) { link.acks.write(now, &mut draft.writer) } else { None };
    if !draft.writer.is_empty() {
        return Some(commit(link, now, &draft, ack_upto));
    }
    search(link, now, probe_len?, out)
}

/// A datagram that carries nothing but its length: does the path?
fn search(link: &mut Link, now: Instant, len: usize, out: &mut [u8]) -> Option<Packet> {
    /// Kind of a `Ping`, its length, and both of the padding.
    const HEADS_LEN: usize = 5;
    let mut draft = Draft::new(&mut out[..len - SEALED_HEADER_LEN - TAG_LEN], link.sent.next());
    let padding = draft.writer.room().checked_sub(HEADS_LEN)?;
    if !draft.small(&Frame::Ping) || draft.writer.put(&Frame::Padding { len: padding }).is_err() {
        return None;
    }
    draft.searches = true;
    link.path_mtu.probe_sent(draft.number);
    link.stats.too_long += 1;
    Some(commit(link, now, &draft, None))
}

/// What the probe timer asked for: the oldest pieces again, or a `Ping` if there are none.
fn probe(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    if core::mem::take(&mut link.probe.due) {
        draft.probe = true;
        repeat_oldest(link, now, source, draft);
        if draft.eliciting {
            return;
        }
        link.ping_due = true;
    }
    if core::mem::take(&mut link.ping_due) && draft.small(&Frame::Ping) {
        draft.asks = true;
        draft.repair |= draft.probe;
        draft.fresh |= !draft.probe;
        link.ping_out.get_or_insert(now);
    }
}

fn repeat_oldest(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    let age_us = copy_age_us(link.rtt.srtt_us());
    let from = link.pieces.base();
    for index in from..link.pieces.end().min(from + RECARRY_SCAN_MAX as u64) {
        let Some(piece) = link.pieces.get(index) else { break };
        let young = draft.eliciting && now.micros_since(piece.last) < age_us;
        if piece.state == State::Done || young {
            continue;
        }
        match outgoing::repeat(link, now, index, false, source, draft) {
            Copied::Written => repaired(link, now, index, draft),
            Copied::Gone | Copied::NotYet => {}
            Copied::NoRoom => break,
        }
    }
}

/// A piece goes again because it was, or may have been, lost.
fn repaired(link: &mut Link, now: Instant, index: u64, draft: &mut Draft<'_>) {
    draft.repair = true;
    link.stats.retransmitted += 1;
    if let Some(piece) = link.pieces.get_mut(index) {
        piece.repaired = true;
        if piece.state == State::Lost {
            piece.state = State::Out;
            piece.anchor = now;
        }
    }
}

/// Repairs, chat and bulk, as far as the window allows; speculative copies, as far as their budget does.
fn content(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    let in_flight = link.sent.in_flight();
    let waiting = outgoing::has_chat(link, now);
    // A datagram that goes out anyway takes chat along: it costs the path no other one.
    let chat =
        (waiting || !link.pieces.lost.is_empty()) && (draft.eliciting || link.congestion.allows_chat(now, in_flight));
    if chat {
        repeat_lost(link, now, source, draft);
        outgoing::chat(link, now, source, draft);
    } else {
        link.chat_blocked = waiting || !link.pieces.lost.is_empty();
    }
    speculate(link, now, source, draft);
    if link.bulk.has_next() && !draft.full {
        if link.congestion.allows_bulk(now, in_flight) {
            outgoing::bulk(link, now, draft);
        } else {
            link.bulk_blocked = true;
        }
    }
}

fn repeat_lost(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    for _ in 0..link.pieces.lost.len() {
        let Some(index) = link.pieces.lost.pop_front() else { break };
        if link.pieces.get(index).is_none_or(|piece| piece.state != State::Lost) {
            continue;
        }
        match outgoing::repeat(link, now, index, false, source, draft) {
            Copied::Written => repaired(link, now, index, draft),
            Copied::Gone => {}
            Copied::NotYet => link.pieces.lost.push_back(index),
            Copied::NoRoom => {
                link.pieces.lost.push_front(index);
                break;
            }
        }
    }
}

fn speculate(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    let (srtt_us, copies) = (link.rtt.srtt_us(), speculative_copies(link, now));
    if copies == 0 {
        return;
    }
    link.speculation.tidy(&link.pieces);
    if !link.speculation.is_due(&link.pieces, now, srtt_us, copies) {
        return;
    }
    if !draft.eliciting {
        link.speculation.pay(now);
    }
    let mut written = 0;
    while written < RECARRY_MESSAGES_MAX
        && let Some(index) = link.speculation.take(&link.pieces, now, srtt_us, copies)
    {
        // What is in this very datagram already needs no copy in it.
        if link.pieces.get(index).is_some_and(|piece| piece.last_packet == draft.number) {
            continue;
        }
        match outgoing::repeat(link, now, index, true, source, draft) {
            Copied::Written => {
                written += 1;
                link.stats.speculative += 1;
                if let Some(piece) = link.pieces.get_mut(index) {
                    piece.copies = piece.copies.saturating_add(1);
                    piece.speculative = piece.speculative.saturating_add(1);
                }
            }
            Copied::Gone | Copied::NotYet => {}
            Copied::NoRoom => break,
        }
    }
}

/// How many speculative copies a message gets now.
pub(super) fn speculative_copies(link: &Link, now: Instant) -> usize {
    if link.config.speculative && link.governor.is_calm() {
        link.speculation.copies(now, link.rtt.srtt_us(), link.loss.ppht(now))
    } else {
        0
    }
}

/// Fills the datagram up with what is unacknowledged, newest first: the newest has had the fewest chances.
fn recarry(link: &mut Link, now: Instant, source: &mut dyn Source, draft: &mut Draft<'_>) {
    if link.loss.ppht(now) < REDUNDANCY_LOSS_PPHT || !link.governor.is_calm() {
        return;
    }
    let srtt_us = link.rtt.srtt_us();
    let (mut messages, mut bytes) = (0, 0);
    let (from, end) = (link.pieces.base(), link.pieces.end());
    for index in (from..end).rev().take(RECARRY_SCAN_MAX) {
        let Some(piece) = link.pieces.get(index).copied() else { continue };
        let len = usize::from(piece.len);
        if piece.last_packet == draft.number || !may_recarry(&piece, now, srtt_us) || bytes + len > RECARRY_MAX_BYTES {
            continue;
        }
        match outgoing::repeat(link, now, index, false, source, draft) {
            Copied::Written => {
                messages += 1;
                bytes += len;
                link.stats.recarried += 1;
                if let Some(piece) = link.pieces.get_mut(index) {
                    piece.copies = piece.copies.saturating_add(1);
                }
            }
            Copied::Gone | Copied::NotYet => {}
            Copied::NoRoom => break,
        }
        if messages == RECARRY_MESSAGES_MAX {
            break;
        }
    }
}

/// The datagram goes out: remembers it.
fn commit(link: &mut Link, now: Instant, draft: &Draft<'_>, ack_upto: Option<u64>) -> Packet {
    let in_flight = link.sent.in_flight();
    let fate = if draft.eliciting { Fate::Out } else { Fate::Untold };
    let purpose = draft.purpose();
    let len = (draft.writer.len() + SEALED_HEADER_LEN + TAG_LEN).max(SEALED_MIN_LEN);
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    link.sent.push(New { at: now, fate, purpose, ack_upto, len, refs: draft.refs });
    if draft.full {
        link.path_mtu.note_full(now);
    }
    if link.sent.is_full() {
        settle::give_up_oldest(link, now);
    }
    link.stats.datagrams_sent += 1;
    if draft.eliciting && !draft.searches {
        link.congestion.sent(now, in_flight, draft.bulk, link.rtt.srtt_us());
        link.governor.note(now, purpose);
    }
    link.heartbeat.sent(now, draft.asks || draft.refs > 0, draft.probe);
    Packet { number: PacketNumber(draft.number), len: draft.writer.len() }
}
