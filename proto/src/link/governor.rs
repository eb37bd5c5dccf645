//! The governor: notices that this end makes a bad path worse, and holds it back. It has no model in an RFC; it takes the place of
//! persistent congestion (RFC 9002, section 7.6) for what a lost datagram does not show: long queues, and storms of repairs.

use crate::limits::{
    GOVERNOR_DOUBLINGS_MAX, GOVERNOR_MIN_PER_S, GOVERNOR_QUEUE_US, GOVERNOR_SHARE_PER_MILLE, GOVERNOR_SILENCE_MS,
    GOVERNOR_STEP_MS,
};
use crate::time::Instant;

use super::meter::Meter;
use super::sent::Purpose;

/// Two reasons to hold back: datagrams wait in queues, or most of what goes out is repairs. Copies that redundancy makes
/// never count: they are few by their own rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Governor {
    sent: Meter,
    repairs: Meter,
    doublings: u32,
    changed: Instant,
}

impl Governor {
    pub(super) const fn new(now: Instant) -> Self {
        Self { sent: Meter::new(now), repairs: Meter::new(now), doublings: 0, changed: now }
    }

    /// A datagram that elicits an acknowledgement went out.
    pub(super) fn note(&mut self, now: Instant, purpose: Purpose) {
        self.sent.add(now, 1);
        self.repairs.add(now, u32::from(purpose == Purpose::Repair));
    }

    /// Datagrams sent over the last second, at most.
    pub(super) fn sent_per_s(&self, now: Instant) -> u32 {
        self.sent.at_most(now)
    }

    /// Looks at the path; gives whether it must be spared more than before.
    pub(super) fn judge(&mut self, now: Instant, queue_us: u64, silent_us: u64) -> bool {
        let bad = queue_us > GOVERNOR_QUEUE_US || (silent_us < GOVERNOR_SILENCE_MS * 1_000 && self.mostly_repairs(now));
        let settled = self.doublings == 0 || now.micros_since(self.changed) >= GOVERNOR_STEP_MS * 1_000;
        if !settled {
            return false;
        }
        if bad {
            self.changed = now;
            self.doublings = (self.doublings + 1).min(GOVERNOR_DOUBLINGS_MAX);
            return true;
        }
        if self.doublings > 0 {
            self.changed = now;
            self.doublings -= 1;
        }
        false
    }

    /// Timers are longer by this factor.
    pub(super) const fn factor(&self) -> u64 {
        1 << self.doublings
    }

    /// Whether redundancy is allowed.
    pub(super) const fn is_calm(&self) -> bool {
        self.doublings == 0
    }

    fn mostly_repairs(&self, now: Instant) -> bool {
        let (sent, repairs) = (self.sent.at_least(now), self.repairs.at_least(now));
        sent > GOVERNOR_MIN_PER_S && repairs * 1_000 > sent * GOVERNOR_SHARE_PER_MILLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_repairs_is_held_back_and_copies_are_not_one() {
        for (purpose, stormy) in [(Purpose::Repair, true), (Purpose::Speculative, false)] {
            let mut now = Instant::from_micros(1);
            let mut governor = Governor::new(now);
            for i in 0..1_000 {
                now = now.plus_micros(1_000);
                governor.note(now, if i % 4 == 0 { Purpose::Fresh } else { purpose });
                governor.judge(now, 0, 0);
            }
            assert_eq!(governor.is_calm(), !stormy, "{purpose:?}");
            assert_eq!(governor.factor(), if stormy { 8 } else { 1 });
            for _ in 0..20 {
                now = now.plus_micros(200_000);
                governor.judge(now, 0, 0);
            }
            assert!(governor.is_calm(), "calm comes back");
        }
    }

    #[test]
    fn a_long_queue_is_reason_enough_and_a_silent_peer_is_none() {
        let now = Instant::from_micros(1);
        let mut governor = Governor::new(now);
        assert!(!governor.judge(now, 20_000, 0) && governor.judge(now, 20_001, 0));
        let mut governor = Governor::new(now);
        (0..300).for_each(|_| governor.note(now, Purpose::Repair));
        assert!(!governor.judge(now, 0, 1_000_000) && governor.judge(now, 0, 999_999));
    }
}
