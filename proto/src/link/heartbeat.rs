//! Heartbeat: whether the peer is there, when to ask, and when to give it up.

use core::time::Duration;

use crate::limits::{
    HEARTBEAT_PROBE_MS, OFFLINE_PROBES_MAX, OFFLINE_PROBES_MIN, OFFLINE_SILENCE_MS, PING_INTERVAL_ADVERTISED_MIN_MS,
    PROBE_SILENCE_MS, QUIET_AFTER_SILENCE_MS, SUSPECT_SILENCE_MS,
};
use crate::time::Instant;

use super::contract::{Liveness, Role};

/// Longer advertised intervals count as this.
const DAY_US: u64 = 86_400 * 1_000_000;

/// What is known of the peer's life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    role: Role,
    interval_us: u64,
    heard: Instant,
    ack_heard: Instant,
    /// Since then something waits for an answer.
    unanswered_since: Option<Instant>,
    /// Probes since the peer was heard.
    unanswered: u32,
    /// The last datagram that went out.
    last_sent: Instant,
    liveness: Liveness,
    /// Not before then is it worth looking whether enough probes went unanswered.
    next_look: Instant,
}

impl Heartbeat {
    pub(super) fn new(now: Instant, role: Role, interval: Duration) -> Self {
        Self {
            role,
            interval_us: micros(interval),
            heard: now,
            ack_heard: now,
            unanswered_since: None,
            unanswered: 0,
            last_sent: now,
            liveness: Liveness::Alive,
            next_look: now,
        }
    }

    pub(super) fn reconfigure(&mut self, role: Role, interval: Duration) {
        self.role = role;
        self.interval_us = micros(interval);
    }

    pub(super) const fn liveness(&self) -> Liveness {
        self.liveness
    }

    pub(super) const fn silent_us(&self, now: Instant) -> u64 {
        now.micros_since(self.heard)
    }

    /// The peer was heard; gives whether that is a change.
    pub(super) fn heard(&mut self, now: Instant) -> bool {
        self.heard = self.heard.max(now);
        self.unanswered_since = None;
        self.unanswered = 0;
        let changed = self.liveness != Liveness::Alive;
        self.liveness = Liveness::Alive;
        changed
    }

    /// It acknowledged something that is not old news.
    pub(super) fn heard_ack(&mut self, now: Instant) {
        self.ack_heard = self.ack_heard.max(now);
    }

    /// A datagram went out; `asks` if an answer to it is owed and would be missed.
    pub(super) const fn sent(&mut self, now: Instant, asks: bool, probe: bool) {
        self.last_sent = now;
        if asks && self.unanswered_since.is_none() {
            self.unanswered_since = Some(now);
        }
        if probe {
            self.unanswered = self.unanswered.saturating_add(1);
        }
    }

    /// Before this moment nothing goes to a peer that has not answered for long.
    pub(super) fn quiet_until(&self, now: Instant) -> Option<Instant> {
        let since = self.unanswered_since?;
        let until = self.last_sent.plus_micros(HEARTBEAT_PROBE_MS * 1_000);
        (now.micros_since(since) >= QUIET_AFTER_SILENCE_MS * 1_000 && now < until).then_some(until)
    }

    /// When a client that has nothing else to send asks whether the server is there.
    pub(super) fn ping_at(&self) -> Option<Instant> {
        (self.role == Role::Client && self.liveness != Liveness::Offline)
            .then(|| self.ack_heard.plus_micros(self.interval_us))
    }

    /// When the next heartbeat probe is due.
    pub(super) fn probe_at(&self) -> Option<Instant> {
        let silence = self.heard.plus_micros(self.interval_us + PROBE_SILENCE_MS * 1_000);
        let spaced = self.last_sent.plus_micros(HEARTBEAT_PROBE_MS * 1_000);
        (self.liveness != Liveness::Offline).then(|| silence.max(spaced))
    }

    /// When the liveness may change next, by silence alone.
    pub(super) fn change_at(&self) -> Option<Instant> {
        match self.liveness {
            Liveness::Alive => Some(self.after(SUSPECT_SILENCE_MS)),
            Liveness::Suspect => Some(self.after(OFFLINE_SILENCE_MS).max(self.next_look)),
            Liveness::Offline => None,
        }
    }

    /// Time passed; gives the new liveness if it changed. `loss_ppht` is the measured loss of a round trip.
    pub(super) fn timeout(&mut self, now: Instant, loss_ppht: u32) -> Option<Liveness> {
        let liveness = match self.liveness {
            Liveness::Alive if now >= self.after(SUSPECT_SILENCE_MS) => Liveness::Suspect,
            Liveness::Suspect if now >= self.after(OFFLINE_SILENCE_MS) && now >= self.next_look => {
                if self.unanswered < probes(loss_ppht) {
                    self.next_look = now.plus_micros(HEARTBEAT_PROBE_MS * 1_000);
                    return None;
                }
                Liveness::Offline
            }
            Liveness::Alive | Liveness::Suspect | Liveness::Offline => return None,
        };
        self.liveness = liveness;
        Some(liveness)
    }

    const fn after(&self, silence_ms: u64) -> Instant {
        self.heard.plus_micros(self.interval_us + silence_ms * 1_000)
    }
}

/// How many unanswered probes it takes until, at this loss, only one in a million peers that live would be given up: the
/// smallest n with pⁿ ≤ 10⁻⁶, within bounds. RFC 9000, section 10.1, ends a connection after a time of silence that both ends
/// agreed on, whatever the path loses.
fn probes(loss_ppht: u32) -> u32 {
    let mut chance_ppb = 1_000_000_000_u64;
    let mut probes = 0;
    while chance_ppb > 1_000 && probes < OFFLINE_PROBES_MAX {
        chance_ppb = chance_ppb * u64::from(loss_ppht) / 100_000;
        probes += 1;
    }
    probes.max(OFFLINE_PROBES_MIN)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).map_or(DAY_US, |us| us.clamp(PING_INTERVAL_ADVERTISED_MIN_MS * 1_000, DAY_US))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_probes_follows_from_the_loss() {
        let counted: alloc::vec::Vec<_> = [0, 1_000, 10_000, 30_000, 50_000].map(probes).into();
        assert_eq!(counted, [5, 5, 6, 12, 18]);
    }
}
