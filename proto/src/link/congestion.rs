//! How much may be out there: an ack-clocked window that chat and bulk share, a floor below which chat is never blocked, and
//! the pace of bulk.

use crate::limits::{
    FLOOR_BURST, FLOOR_PER_S, LOSS_EXCESS_PPHT, PACING_AHEAD_US, QUEUE_TARGET_US, WINDOW_INITIAL, WINDOW_MAX,
    WINDOW_MIN,
};
use crate::time::Instant;

use super::bucket::Bucket;

/// Rounds with fewer datagrams than this say nothing about loss.
const ROUND_MIN: u32 = 16;

/// The window, in datagrams. It is judged once a round trip: queues shrink it, so does loss above what the path has anyway;
/// loss at its usual level does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Congestion {
    window: u32,
    /// Until the first sign of a limit it doubles every round.
    starting: bool,
    /// The round ends when this packet number is acknowledged.
    round_end: u64,
    acked: u32,
    lost: u32,
    /// The window was full in this round.
    full: bool,
    baseline_ppht: u32,
    floor: Bucket,
    bulk_at: Instant,
}

impl Congestion {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            window: WINDOW_INITIAL,
            starting: true,
            round_end: 0,
            acked: 0,
            lost: 0,
            full: false,
            baseline_ppht: 0,
            floor: Bucket::new(now, FLOOR_PER_S, FLOOR_BURST),
            bulk_at: now,
        }
    }

    pub(super) const fn window(&self) -> u32 {
        self.window
    }

    /// Whether another datagram of chat may go out.
    pub(super) fn allows_chat(&mut self, now: Instant, in_flight: u32) -> bool {
        self.full |= in_flight >= self.window;
        in_flight < self.window || self.floor.has(now)
    }

    /// Whether another datagram of bulk may go out.
    pub(super) fn allows_bulk(&mut self, now: Instant, in_flight: u32) -> bool {
        self.full |= in_flight >= self.window;
        in_flight < self.window && self.bulk_at <= now.plus_micros(PACING_AHEAD_US)
    }

    /// When chat that is blocked may go out without any acknowledgement.
    pub(super) fn floor_at(&self) -> Instant {
        self.floor.ready_at()
    }

    /// When the pace of bulk allows more.
    pub(super) const fn bulk_at(&self) -> Instant {
        Instant::from_micros(self.bulk_at.as_micros().saturating_sub(PACING_AHEAD_US))
    }

    /// A datagram that elicits an acknowledgement goes out while `in_flight` others are there.
    pub(super) fn sent(&mut self, now: Instant, in_flight: u32, bulk: bool, srtt_us: u64) {
        if in_flight >= self.window {
            let _ = self.floor.take(now);
        }
        if bulk {
            self.bulk_at = self.bulk_at.max(now).plus_micros(srtt_us / u64::from(self.window));
        }
    }

    pub(super) const fn acked(&mut self) {
        self.acked += 1;
    }

    pub(super) const fn lost(&mut self) {
        self.lost += 1;
    }

    /// `largest` was acknowledged, `next` will be sent next, and datagrams wait in queues for `queue_us`.
    pub(super) fn round(&mut self, largest: u64, next: u64, queue_us: u64) {
        if largest < self.round_end {
            return;
        }
        self.round_end = next;
        let total = self.acked + self.lost;
        let loss_ppht = self.lost * 100_000 / total.max(1);
        let excess = total >= ROUND_MIN && loss_ppht > self.baseline_ppht + LOSS_EXCESS_PPHT;
        if queue_us > QUEUE_TARGET_US || excess {
            self.starting = false;
            self.window = (self.window - (self.window / 8).max(1)).max(WINDOW_MIN);
        } else if self.full {
            let more = if self.starting { self.acked } else { self.window / 8 };
            self.window = (self.window + more.max(1)).min(WINDOW_MAX);
        }
        if total >= ROUND_MIN {
            self.baseline_ppht = (self.baseline_ppht * 7 + loss_ppht) / 8;
        }
        (self.acked, self.lost, self.full) = (0, 0, false);
    }

    /// The governor says: half of it.
    pub(super) fn back_off(&mut self) {
        self.starting = false;
        self.window = (self.window / 2).max(WINDOW_MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(congestion: &mut Congestion, acked: u32, lost: u32, queue_us: u64) {
        let at = congestion.round_end;
        congestion.acked = acked;
        congestion.lost = lost;
        congestion.full = true;
        congestion.round(at, at + 1, queue_us);
    }

    #[test]
    fn it_doubles_then_grows_gently_and_queues_shrink_it() {
        let mut congestion = Congestion::new(Instant::EPOCH);
        round(&mut congestion, 16, 0, 0);
        assert_eq!(congestion.window(), 32);
        round(&mut congestion, 32, 0, 5_001);
        assert_eq!(congestion.window(), 28);
        round(&mut congestion, 28, 0, 0);
        assert_eq!(congestion.window(), 31);
        for _ in 0..100 {
            round(&mut congestion, 28, 0, 9_000);
        }
        assert_eq!(congestion.window(), WINDOW_MIN);
        for _ in 0..100 {
            round(&mut congestion, 28, 0, 0);
        }
        assert_eq!(congestion.window(), WINDOW_MAX);
    }

    #[test]
    fn random_loss_alone_does_not_shrink_the_window() {
        let mut congestion = Congestion::new(Instant::EPOCH);
        for _ in 0..20 {
            round(&mut congestion, 90, 10, 0);
        }
        assert_eq!(congestion.window(), WINDOW_MAX);
        round(&mut congestion, 60, 40, 0);
        assert_eq!(congestion.window(), WINDOW_MAX / 8 * 7, "loss in excess of the usual does");
    }

    #[test]
    fn chat_is_never_blocked_below_the_floor() {
        let now = Instant::from_micros(10_000_000);
        let mut congestion = Congestion::new(now);
        let mut sent = 0;
        while congestion.allows_chat(now, 500) {
            congestion.sent(now, 500, false, 1_000);
            sent += 1;
        }
        assert_eq!(sent, FLOOR_BURST);
        assert_eq!(congestion.floor_at(), now.plus_micros(5_000));
        assert!(!congestion.allows_bulk(now, 500), "bulk has no floor");
    }
}
