//! Every deadline of a link, and what happens when one has come.

use crate::limits::{ACK_DELAY_BUSY_US, PROBE_BUSY_PER_S, PROBE_MIN_US};
use crate::time::Instant;

use super::contract::{Event, Liveness, Sink};
use super::state::Link;
use super::{assemble, settle};

/// The next moment at which there is something to do.
pub(super) fn deadline(link: &Link) -> Option<Instant> {
    if link.heartbeat.liveness() == Liveness::Offline {
        return None;
    }
    let window_open = link.sent.in_flight() < link.congestion.window();
    let due = [
        link.acks.deadline(),
        link.loss_at,
        probe_at(link),
        ping_at(link),
        link.heartbeat.probe_at(),
        speculation_at(link),
        when_allowed(link, link.cursors.due_at()),
        when_allowed(link, link.credits.news_at()),
        link.chat_blocked.then(|| link.congestion.floor_at()),
        link.bulk_blocked.then(|| link.congestion.bulk_at()).filter(|_| window_open),
    ];
    // A peer that does not answer gets little, but what becomes of it is known in time.
    let quiet_until = link.heartbeat.quiet_until(link.clock);
    let due = earliest(&due).map(|due| quiet_until.map_or(due, |until| due.max(until)));
    earliest(&[due, link.heartbeat.change_at()])
}

/// A plain loop: this is asked after every datagram.
fn earliest(moments: &[Option<Instant>]) -> Option<Instant> {
    let mut first = Instant::from_micros(u64::MAX);
    for moment in moments {
        first = first.min(moment.unwrap_or(first));
    }
    (first < Instant::from_micros(u64::MAX)).then_some(first)
}

/// Time passed.
pub(super) fn timeout(link: &mut Link, now: Instant, sink: &mut dyn Sink) {
    link.clock = link.clock.max(now);
    if link.heartbeat.liveness() == Liveness::Offline {
        return;
    }
    link.acks.timeout(now);
    if link.loss_at.is_some_and(|at| at <= now) {
        settle::detect_losses(link, now);
    }
    let heartbeat = link.heartbeat.probe_at().is_some_and(|at| at <= now);
    if heartbeat || probe_at(link).is_some_and(|at| at <= now) {
        let random = link.jitter.next();
        link.probe.fire(now, random);
        link.stats.probes += 1;
        settle::judge(link, now, link.rtt.queue_us(now));
    }
    if ping_at(link).is_some_and(|at| at <= now) {
        link.ping_due = true;
    }
    if let Some(liveness) = link.heartbeat.timeout(now, round_trip_loss_ppht(link)) {
        sink.event(Event::Liveness(liveness));
    }
}

/// Measured loss of a datagram and its answer, in parts per 100,000.
pub(super) fn round_trip_loss_ppht(link: &Link) -> u32 {
    let there = u64::from(100_000 - link.loss.ppht(link.clock).min(100_000));
    let back = u64::from(100_000 - link.acks.loss_ppht().min(100_000));
    100_000 - u32::try_from(there * back / 100_000).unwrap_or(0)
}

fn probe_at(link: &Link) -> Option<Instant> {
    let oldest = link.pieces.oldest().map(|piece| piece.anchor);
    let anchor = earliest(&[oldest, link.ping_out])?;
    let busy_us = if link.governor.sent_per_s(link.clock) > PROBE_BUSY_PER_S { ACK_DELAY_BUSY_US } else { 0 };
    let advertised_us = u64::try_from(link.config.peer_ack_delay.as_micros()).unwrap_or(0);
    let delay_us = busy_us.max(advertised_us);
    let timeout_us = link.rtt.probe_us(delay_us) * link.governor.factor();
    Some(link.probe.deadline(anchor, timeout_us, PROBE_MIN_US + delay_us))
}

/// Cursors and credit that go out by themselves need what chat needs: a place in the window, or a token.
fn when_allowed(link: &Link, at: Option<Instant>) -> Option<Instant> {
    at.map(|at| if link.chat_blocked { at.max(link.congestion.floor_at()) } else { at })
}

fn ping_at(link: &Link) -> Option<Instant> {
    let idle = link.ping_out.is_none() && !link.ping_due && link.pieces.oldest().is_none();
    link.heartbeat.ping_at().filter(|_| idle)
}

fn speculation_at(link: &Link) -> Option<Instant> {
    let copies = assemble::speculative_copies(link, link.clock);
    link.speculation.deadline(&link.pieces, link.rtt.srtt_us(), copies)
}
