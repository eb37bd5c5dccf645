//! The probe timer and its ladder: one per peer, anchored to the oldest unacknowledged piece, never pushed by new sends.
//!
//! After the probe timeout of RFC 9002, section 6.2 (the period is `Rtt::probe_us`). As there, a firing declares nothing lost,
//! its datagram is not held back by the congestion window (section 7.5), and an acknowledgement resets the backoff. What
//! differs: that timer starts anew with whatever is sent or acknowledged (section 6.2.1), so that somebody who types fast puts
//! off the repair of a first message that was lost; this one hangs on the oldest piece. It runs beside the timer of the time
//! threshold rather than instead of it. And the period does not double at once: see `ladder_us`.

use crate::limits::{LADDER_HALVES, LADDER_JITTER_PER_MILLE, LADDER_MAX_MS};
use crate::time::Instant;

/// Where on the ladder a peer stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe {
    /// Firings without progress.
    step: u32,
    last: Option<Instant>,
    progressed: Option<Instant>,
    jitter_per_mille: u64,
    /// It fired; the next datagram is the probe.
    pub(super) due: bool,
}

impl Probe {
    pub(super) const fn new() -> Self {
        Self { step: 0, last: None, progressed: None, jitter_per_mille: 0, due: false }
    }

    /// When it fires next, given its anchor and the timeout of the first step. A peer that has acknowledged something this
    /// moment is working its way through what it got: it has `patience_us` for the rest.
    pub(super) fn deadline(&self, anchor: Instant, timeout_us: u64, patience_us: u64) -> Instant {
        let from = self.last.map_or(anchor, |last| anchor.max(last));
        let wait_us = ladder_us(self.step, timeout_us);
        let at = from.plus_micros(wait_us + wait_us * self.jitter_per_mille / 1_000);
        self.progressed.map_or(at, |progressed| at.max(progressed.plus_micros(patience_us)))
    }

    /// It fires. `random` spreads the next step.
    pub(super) const fn fire(&mut self, now: Instant, random: u64) {
        self.step = self.step.saturating_add(1);
        self.last = Some(now);
        self.jitter_per_mille = random % (LADDER_JITTER_PER_MILLE + 1);
        self.due = true;
    }

    /// Whether the next datagram is the probe, and the how-manieth in vain.
    pub(super) fn due_step(&self) -> Option<u32> {
        self.due.then_some(self.step)
    }

    /// The peer acknowledged something: back to the foot of the ladder.
    pub(super) const fn progress(&mut self, now: Instant) {
        self.step = 0;
        self.progressed = Some(now);
    }

    /// The peer was silent and is back: what it missed goes at once.
    pub(super) const fn start_over(&mut self) {
        self.step = 0;
        self.last = None;
    }
}

/// The wait before firing `step + 1`: the period times 1, 1, 1, 1.5, 2, 3, 4, 6, 8, then 4/3 more each time, and never more than
/// [`LADDER_MAX_MS`].
///
/// RFC 9002, section 6.2.1, doubles the period at every firing, and sends one datagram or two (section 6.2.4). Here it is one,
/// and the first three come a period apart: radio loses datagrams without being congested, and a chat that waits 1 + 2 + 4
/// periods is felt. From the fourth on the wait doubles every second firing, later a little more slowly, which still ends a
/// congestion; the governor doubles all of it where queues or repairs show one.
fn ladder_us(step: u32, timeout_us: u64) -> u64 {
    let last = LADDER_HALVES.len() - 1;
    let at = usize::try_from(step).unwrap_or(usize::MAX);
    let mut wait_us = timeout_us * u64::from(LADDER_HALVES[at.min(last)]) / 2;
    for _ in last..at.min(last + 32) {
        wait_us = (wait_us * 4 / 3).min(LADDER_MAX_MS * 1_000);
    }
    wait_us.min(LADDER_MAX_MS * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_is_the_documented_one() {
        let steps: alloc::vec::Vec<_> = (0..11).map(|step| ladder_us(step, 2_000)).collect();
        assert_eq!(steps, [2_000, 2_000, 2_000, 3_000, 4_000, 6_000, 8_000, 12_000, 16_000, 21_333, 28_444]);
        assert_eq!(ladder_us(1_000, 2_000), 1_000_000);
    }

    #[test]
    fn the_anchor_is_the_oldest_piece_or_the_last_firing() {
        let at = Instant::from_micros;
        let mut probe = Probe::new();
        assert_eq!(probe.deadline(at(100), 2_000, 1_000), at(2_100));
        probe.fire(at(2_100), 0);
        assert_eq!(probe.deadline(at(100), 2_000, 1_000), at(4_100));
        probe.progress(at(3_900));
        assert_eq!(probe.deadline(at(100), 2_000, 1_000), at(4_900), "not right after news");
    }
}
