//! Round trips: RFC 6298, section 2, in microseconds, the minimum over 30 s, what queues add to it, and the slowest loop from a
//! datagram to its acknowledgement.
//!
//! After RFC 9002, sections 5 and 6, for a local network. What differs is said beside each formula; the reason is nearly always
//! that a round trip takes 0.2 ms here rather than 50, and that the peer's timers are as fine as this end's.

use core::time::Duration;

use crate::limits::{
    INITIAL_RTT_US, LOSS_SLACK_US, MIN_RTT_WINDOW_S, PROBE_MAX_US, PROBE_MIN_US, PROBE_VARIANCE_MIN_US,
    SLOWEST_LOOP_WINDOW_MS,
};
use crate::time::Instant;

const MIN_BUCKET_US: u64 = MIN_RTT_WINDOW_S * 1_000_000 / 3;
const LOOP_BUCKET_US: u64 = SLOWEST_LOOP_WINDOW_MS * 1_000 / 4;
const RECENT: usize = 8;

/// What is known about a path's delay.
#[derive(Clone, Debug)]
pub(super) struct Rtt {
    measured: bool,
    /// Smoothed RTT, times 8, so that its gain of 1/8 loses nothing.
    srtt_x8: u64,
    /// Variance, times 4.
    rttvar_x4: u64,
    latest_us: u64,
    min: Extreme<4>,
    slowest: Extreme<5>,
    recent: [u32; RECENT],
    samples: usize,
}

impl Rtt {
    /// Starts from the round trip of the handshake, where there was one, as from a sample; RFC 9002 takes such a round trip for
    /// the initial one only (sections 6.2.2 and 6.3). Without it smoothed round trip and variance are the initial one and half
    /// of it (section 5.3), and that is 100 ms instead of 333: on a local network, more is never right.
    pub(super) fn new(now: Instant, first: Option<Duration>) -> Self {
        let mut rtt = Self {
            measured: false,
            srtt_x8: INITIAL_RTT_US * 8,
            rttvar_x4: INITIAL_RTT_US * 2,
            latest_us: INITIAL_RTT_US,
            min: Extreme::new(now, MIN_BUCKET_US),
            slowest: Extreme::new(now, LOOP_BUCKET_US),
            recent: [u32::MAX; RECENT],
            samples: 0,
        };
        if let Some(first) = first {
            rtt.sample(now, u64::try_from(first.as_micros()).unwrap_or(INITIAL_RTT_US), 0);
        }
        rtt
    }

    /// A round trip of `raw_us`, of which the peer says that it kept the acknowledgement for `delay_us`: SRTT += (R − SRTT) / 8
    /// and RTTVAR += (|SRTT − R| − RTTVAR) / 4, from the SRTT before; the first sample sets SRTT = R and RTTVAR = R / 2 (RFC
    /// 6298, section 2; RFC 9002, section 5.3).
    ///
    /// The peer's delay is taken off before anything else, however long it is. RFC 9002 takes off no more than the greatest delay
    /// that the peer advertised (section 5.3), never so much that the minimum would be undercut, and keeps the minimum of what was
    /// measured with the delay in it (section 5.2). Here an acknowledgement rides on whatever goes out next, so a long delay
    /// is usual and says nothing of the path; a peer that lies about it makes only what is sent to itself be repeated too early.
    pub(super) fn sample(&mut self, now: Instant, raw_us: u64, delay_us: u64) {
        // An acknowledgement may ride on a datagram that went out seconds later: its delay has no bound but the loop itself.
        let Some(us) = raw_us.max(1).checked_sub(delay_us).filter(|&us| us > 0) else { return };
        self.min.note(now, us, u64::min);
        self.latest_us = us;
        self.recent[self.samples % RECENT] = u32::try_from(us).unwrap_or(u32::MAX);
        self.samples = self.samples.wrapping_add(1);
        if !self.measured {
            self.measured = true;
            self.srtt_x8 = us * 8;
            self.rttvar_x4 = us * 2;
            return;
        }
        let off = (self.srtt_x8 / 8).abs_diff(us);
        self.rttvar_x4 = self.rttvar_x4 - self.rttvar_x4 / 4 + off;
        self.srtt_x8 = self.srtt_x8 - self.srtt_x8 / 8 + us;
    }

    /// A datagram was acknowledged `us` after it was sent, whatever the reason for the wait.
    pub(super) fn note_loop(&mut self, now: Instant, us: u64) {
        self.slowest.note(now, us, u64::max);
    }

    pub(super) const fn measured(&self) -> bool {
        self.measured
    }

    pub(super) const fn srtt_us(&self) -> u64 {
        self.srtt_x8 / 8
    }

    pub(super) const fn rttvar_us(&self) -> u64 {
        self.rttvar_x4 / 4
    }

    /// The smallest round trip of the last 30 s; the smoothed one if there was none. RFC 9002, section 5.2, keeps the minimum
    /// of the whole connection, which never learns that a path became longer, and lets it begin anew; this one forgets by
    /// itself.
    pub(super) fn min_us(&self, now: Instant) -> u64 {
        self.min.get(now, u64::min).unwrap_or_else(|| self.srtt_us())
    }

    /// The smallest round trip remembered, however old.
    pub(super) fn least_us(&self) -> u64 {
        self.min.buckets.iter().flatten().copied().min().unwrap_or_else(|| self.srtt_us())
    }

    /// What queues add now: the best of the last round trips against the best of the last 30 s. Jitter alone adds nothing.
    pub(super) fn queue_us(&self, now: Instant) -> u64 {
        let best = self.recent.iter().copied().min().unwrap_or(u32::MAX);
        if self.samples < RECENT { 0 } else { u64::from(best).saturating_sub(self.min_us(now)) }
    }

    /// Time until the probe timer first fires: SRTT + max(4 · RTTVAR, [`PROBE_VARIANCE_MIN_US`]), at least [`PROBE_MIN_US`],
    /// then the delay that the peer may add, and no more than [`PROBE_MAX_US`] in all.
    ///
    /// The formula and its granularity of 1 ms are those of RFC 9002, section 6.2.1. Two bounds are added: below, so that a
    /// path of some µs is not probed faster than a busy process is scheduled; above, so that one slow sample does not make a
    /// chat wait. RFC 6298 rounds its timeout up to a second (section 2.4), which on a local network is thousands of round
    /// trips.
    pub(super) fn probe_us(&self, peer_delay_us: u64) -> u64 {
        let timeout = self.srtt_us() + self.rttvar_x4.max(PROBE_VARIANCE_MIN_US);
        (timeout.max(PROBE_MIN_US) + peer_delay_us).min(PROBE_MAX_US)
    }

    /// A datagram older than this is lost when a later one was acknowledged: the greatest of 9/8 · max(SRTT, the latest sample),
    /// SRTT + [`LOSS_SLACK_US`], and the slowest loop of the last 512 ms.
    ///
    /// The time threshold of RFC 9002, section 6.1.2, with two changes. Its floor is a granularity of 1 ms, five round trips of
    /// a cable; here it is half a millisecond above the smoothed round trip. And an eighth of 0.2 ms is less than a process
    /// waits for its turn: what has lately taken longer to be acknowledged, for whatever reason, may take as long again (the
    /// section lets thresholds adapt).
    pub(super) fn loss_us(&self, now: Instant) -> u64 {
        let srtt = self.srtt_us();
        let rtt = srtt.max(self.latest_us);
        let slowest = self.slowest.get(now, u64::max).unwrap_or(0);
        (rtt * 9 / 8).max(srtt + LOSS_SLACK_US).max(slowest)
    }
}

/// The smallest, or largest, value of a sliding window, in buckets: the window is `N - 1` buckets long, and up to one more.
#[derive(Clone, Copy, Debug)]
struct Extreme<const N: usize> {
    start: Instant,
    bucket_us: u64,
    buckets: [Option<u64>; N],
}

impl<const N: usize> Extreme<N> {
    const fn new(now: Instant, bucket_us: u64) -> Self {
        Self { start: now, bucket_us, buckets: [None; N] }
    }

    fn note(&mut self, now: Instant, value: u64, better: fn(u64, u64) -> u64) {
        let passed = now.micros_since(self.start) / self.bucket_us;
        if passed > 0 {
            let shift = usize::try_from(passed).unwrap_or(N).min(N);
            self.buckets.copy_within(..N - shift, shift);
            self.buckets[..shift].fill(None);
            self.start = self.start.plus_micros(passed * self.bucket_us);
        }
        self.buckets[0] = Some(self.buckets[0].map_or(value, |old| better(old, value)));
    }

    fn get(&self, now: Instant, better: fn(u64, u64) -> u64) -> Option<u64> {
        let passed = now.micros_since(self.start) / self.bucket_us;
        let shift = usize::try_from(passed).unwrap_or(N).min(N);
        self.buckets[..N - shift].iter().flatten().copied().reduce(better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(us: u64) -> Instant {
        Instant::from_micros(us)
    }

    #[test]
    fn gains_are_those_of_rfc_6298() {
        let mut rtt = Rtt::new(at(0), Some(Duration::from_micros(800)));
        assert_eq!((rtt.srtt_us(), rtt.rttvar_us()), (800, 400));
        rtt.sample(at(1), 1_600, 0);
        assert_eq!((rtt.srtt_us(), rtt.rttvar_us()), (900, 500));
    }

    #[test]
    fn the_minimum_is_forgotten_after_its_window() {
        let mut rtt = Rtt::new(at(0), None);
        assert!(!rtt.measured());
        rtt.sample(at(0), 200, 0);
        for _ in 0..100 {
            rtt.sample(at(25_000_000), 900, 0);
        }
        assert_eq!(rtt.min_us(at(29_000_000)), 200);
        assert_eq!(rtt.min_us(at(41_000_000)), 900);
    }

    #[test]
    fn an_acknowledgement_that_was_kept_for_long_is_a_sample_all_the_same() {
        let mut rtt = Rtt::new(at(0), None);
        rtt.sample(at(0), 1_000, 0);
        rtt.sample(at(1), 2_001_800, 2_000_000);
        assert_eq!(rtt.srtt_us(), 1_100);
        rtt.sample(at(2), 1_000, 1_000);
        assert_eq!(rtt.srtt_us(), 1_100, "a claim to have kept it all the time is none");
    }

    #[test]
    fn loss_waits_for_the_slowest_loop() {
        let mut rtt = Rtt::new(at(0), Some(Duration::from_micros(200)));
        assert_eq!(rtt.loss_us(at(0)), 700);
        rtt.note_loop(at(10), 3_300);
        assert_eq!(rtt.loss_us(at(500_000)), 3_300);
        assert_eq!(rtt.loss_us(at(700_000)), 700);
    }
}
