//! How much may be out there: an ack-clocked window that chat and bulk share, a floor below which chat is never blocked, and
//! the pace of bulk.
//!
//! In the place of RFC 9002, section 7, and not its algorithm, which is NewReno. The window counts datagrams, not octets. It is
//! judged once a round trip, by what queues add to the smallest delay, as in RFC 6817 (LEDBAT; there of one way), since on
//! radio a loss is seldom a sign of congestion. There is no ECN. RFC 8085, section 3.1.3, lets an application that sends little
//! send a datagram a round trip: the floor is that on a round trip of 5 ms, and more than that on a longer one, so that chat is
//! not held up there.

use crate::limits::{
    FLOOR_BURST, FLOOR_PER_S, LOSS_EXCESS_PPHT, PACING_AHEAD_US, QUEUE_TARGET_US, WINDOW_INITIAL, WINDOW_MAX,
    WINDOW_MIN,
};
use crate::time::Instant;

use super::bucket::Bucket;

/// Rounds with fewer datagrams than this say nothing about loss.
const ROUND_MIN: u32 = 16;

/// The window, in datagrams: [`WINDOW_INITIAL`] (16; RFC 9002, section 7.2, has 10), at least [`WINDOW_MIN`] (4, there 2) and
/// at most [`WINDOW_MAX`]. The greater numbers are for paths that are short and seldom shared by many. It is judged once a
/// round trip: queues shrink it, so does loss above what the path has anyway; loss at its usual level does not.
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

    /// Whether another datagram of chat may go out. Beside the window there are [`FLOOR_PER_S`] datagrams a second,
    /// [`FLOOR_BURST`] at once; RFC 9002, section 7, lets nothing go beside the window but probes, and those do here, too.
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
    ///
    /// Bulk is paced: the interval is SRTT / window, as in RFC 9002, section 7.7, with N = 1; what is late may catch up by
    /// [`PACING_AHEAD_US`]. That section asks for pacing of all that is in flight, or for a bound on bursts: chat has the
    /// bound, the window itself.
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

    /// `largest` was acknowledged, `next` will be sent next, and datagrams wait in queues for `queue_us`. At the end of a round trip the
    /// window becomes
    ///
    /// - an eighth smaller, if queues add more than [`QUEUE_TARGET_US`], or if of at least 16 datagrams more were lost than on this path's
    ///   usual round by [`LOSS_EXCESS_PPHT`]. RFC 9002, section 7.3.2, halves it at any loss, once a round trip as here;
    /// - greater, if it was full (section 7.8: a window that is not used is not raised): by what was acknowledged until the
    ///   first such sign (slow start, section 7.3.1), after it by an eighth (section 7.3.3: by one datagram), so that a shrunk
    ///   window is back within two round trips.
    ///
    /// There is no persistent congestion (section 7.6), which sets the window to its minimum: after a time in which all is
    /// lost, which here is somebody in a lift, the ladder of the probe timer has long thinned out what is sent.
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

    /// The governor says: half of it, as RFC 9002, section 7.3.2, does at a loss.
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
