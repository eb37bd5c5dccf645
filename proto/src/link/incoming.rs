//! What a received datagram contains.

use crate::error::DropReason;
use crate::limits::{HEARTBEAT_PROBE_MS, MESSAGE_NUMBER_END, PONG_TWICE_LOSS_PPHT};
use crate::time::Instant;
use crate::wire::frame::{Channel, Frame, Frames, Message};
use crate::wire::id::PacketNumber;

use super::contract::{Event, Liveness, Role, Sink, Violation};
use super::receiver::Taken;
use super::state::Link;
use super::{settle, timers};

/// Takes the contents of a datagram. If there is no room for something in it, it is not acknowledged: it all comes again,
/// and what was taken is known by its number.
pub(super) fn receive(
    link: &mut Link,
    now: Instant,
    number: PacketNumber,
    contents: &[u8],
    sink: &mut dyn Sink,
) -> Result<(), Violation> {
    link.clock = link.clock.max(now);
    link.stats.datagrams_received += 1;
    link.receiver.hear(now);
    if link.heartbeat.silent_us(now) >= HEARTBEAT_PROBE_MS * 1_000 {
        link.probe.start_over();
    }
    if link.heartbeat.heard(now) {
        sink.event(Event::Liveness(Liveness::Alive));
    }
    let mut eliciting = false;
    let mut refused = false;
    for frame in Frames::new(contents) {
        match frame {
            Ok(frame) => {
                eliciting |= frame.is_ack_eliciting();
                refused |= take(link, now, &frame, sink)?;
            }
            Err(DropReason::UnknownFrame) => eliciting = true,
            Err(reason) => return Err(Violation::Malformed(reason)),
        }
    }
    if refused {
        // It is not acknowledged; but the peer is to hear that this end is there, however long this goes on.
        link.ping_due |= link.config.role == Role::Server;
    } else {
        let own_delay_us = u64::try_from(link.config.ack_delay.as_micros()).unwrap_or(0);
        link.acks.take(now, number, eliciting, own_delay_us);
    }
    Ok(())
}

/// Takes a frame; gives whether there was no room for it.
fn take(link: &mut Link, now: Instant, frame: &Frame<'_>, sink: &mut dyn Sink) -> Result<bool, Violation> {
    match *frame {
        Frame::Padding { .. } => {}
        Frame::Ack(ref ack) => settle::ack(link, now, ack, sink)?,
        Frame::Message(ref message) => return message_frame(link, now, message, sink),
        Frame::Fragment(ref fragment) => {
            check_number(fragment.number)?;
            if is_fleeting(fragment.channel) {
                return Err(Violation::Malformed(DropReason::Unexpected));
            }
            if is_too_much(link, now, fragment.channel, sink) {
                return Ok(true);
            }
            let taken = link.receiver.fragment(fragment, sink);
            return Ok(count(link, now, fragment.channel, taken));
        }
        Frame::Cursor(cursor) => {
            only_from_client(link)?;
            sink.event(Event::Cursor { room: cursor.room, upto: cursor.upto });
        }
        Frame::Credit(credit) => {
            if link.config.role == Role::Server {
                return Err(Violation::Malformed(DropReason::Unexpected));
            }
            link.credits.allow(credit.messages);
        }
        Frame::Ping => {
            if timers::round_trip_loss_ppht(link) >= PONG_TWICE_LOSS_PPHT {
                link.acks.answer_twice(now);
            }
        }
        Frame::PathChallenge(token) => sink.event(Event::PathChallenge(token)),
        Frame::PathResponse(token) => sink.event(Event::PathResponse(token)),
        Frame::Close(close) => sink.event(Event::Close { code: close.code, reason: close.reason }),
    }
    Ok(false)
}

fn message_frame(link: &mut Link, now: Instant, message: &Message<'_>, sink: &mut dyn Sink) -> Result<bool, Violation> {
    check_number(message.number)?;
    let (channel, number, body) = (message.channel, message.number, message.body);
    if is_fleeting(channel) {
        // Presence is idempotent by its versions, typing is worth nothing a second time: both go up at once.
        link.stats.messages_received += 1;
        sink.event(Event::Message { channel, number, contiguous_upto: message.floor(), body });
        return Ok(false);
    }
    if is_too_much(link, now, channel, sink) {
        return Ok(true);
    }
    let taken = link.receiver.message(message, sink);
    Ok(count(link, now, channel, taken))
}

/// Whether a client sends more posts than it was allowed or than there is room for, or asks more than it may.
fn is_too_much(link: &Link, now: Instant, channel: Channel, sink: &dyn Sink) -> bool {
    link.config.role == Role::Server
        && match channel {
            Channel::Room(_) => !link.credits.covers_more(now) || !sink.takes_posts(),
            Channel::Control => !link.requests.has_more(now),
            Channel::Presence(_) | Channel::Typing(_) | Channel::Bulk => false,
        }
}

/// Keeps the books; gives whether there was no room.
fn count(link: &mut Link, now: Instant, channel: Channel, taken: Taken) -> bool {
    match taken {
        Taken::New(handed) => {
            link.stats.messages_received += handed;
            match channel {
                Channel::Room(_) => link.credits.received(now, handed),
                Channel::Control => link.requests.spend(now, handed),
                Channel::Presence(_) | Channel::Typing(_) | Channel::Bulk => {}
            }
            false
        }
        Taken::Duplicate => {
            link.stats.duplicates += 1;
            false
        }
        Taken::NoRoom => true,
    }
}

const fn is_fleeting(channel: Channel) -> bool {
    matches!(channel, Channel::Presence(_) | Channel::Typing(_))
}

const fn check_number(number: u64) -> Result<(), Violation> {
    if number < MESSAGE_NUMBER_END { Ok(()) } else { Err(Violation::Malformed(DropReason::Malformed)) }
}

fn only_from_client(link: &Link) -> Result<(), Violation> {
    if link.config.role == Role::Server { Ok(()) } else { Err(Violation::Malformed(DropReason::Unexpected)) }
}
