//! What arrived, and when to say so: ranges of packet numbers, and the acknowledgement that is owed for them (after RFC 9000,
//! section 13.2).

use alloc::vec::Vec;

use crate::limits::{ACK_BUSY_PER_S, ACK_DELAY_BUSY_US, ACK_RANGES_MAX, PONG_TWICE_US};
use crate::time::Instant;
use crate::wire::frame::{AckRange, FrameWriter};
use crate::wire::id::PacketNumber;

use super::meter::Meter;

/// Loss of what the peer sends is measured over so many of its packet numbers.
const SPAN: u64 = 32;

/// Packet numbers received, and the acknowledgement owed.
#[derive(Debug)]
pub(super) struct Acks {
    /// Oldest first, at most [`ACK_RANGES_MAX`], without what the peer knows that this end received.
    ranges: Vec<AckRange>,
    largest: Option<u64>,
    largest_at: Instant,
    /// When an acknowledgement must go out.
    due: Option<Instant>,
    /// When it must go out once more.
    again: Option<Instant>,
    meter: Meter,
    span_start: u64,
    span_received: u64,
    loss_ppht: u32,
}

impl Acks {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            ranges: Vec::new(),
            largest: None,
            largest_at: now,
            due: None,
            again: None,
            meter: Meter::new(now),
            span_start: 0,
            span_received: 0,
            loss_ppht: 0,
        }
    }

    /// A datagram was taken in. What elicits an acknowledgement gets it at the end of the batch; only a peer that sends
    /// much waits a little, and whoever advertised to be slow makes all wait. A gap is told at once.
    ///
    /// RFC 9000, section 13.2.1, delays by up to 25 ms where nothing was advertised (section 18.2), and section 13.2.2
    /// acknowledges every second datagram. Here there is no delay up to [`ACK_BUSY_PER_S`] datagrams a second, and
    /// [`ACK_DELAY_BUSY_US`] above: a round trip measured late is a repair made late, and on a local network a few more small
    /// datagrams cost nothing.
    pub(super) fn take(&mut self, now: Instant, number: PacketNumber, eliciting: bool, own_delay_us: u64) {
        let number = number.0;
        let gap = self.largest.is_some_and(|largest| number > largest + 1);
        if self.largest.is_none_or(|largest| number > largest) {
            self.largest = Some(number);
            self.largest_at = now;
        }
        self.insert(number);
        self.measure(number);
        if !eliciting {
            return;
        }
        self.meter.add(now, 1);
        let busy_us = if self.meter.at_least(now) > ACK_BUSY_PER_S { ACK_DELAY_BUSY_US } else { 0 };
        let delay_us = if gap { 0 } else { busy_us.max(own_delay_us) };
        let due = now.plus_micros(delay_us);
        self.due = Some(self.due.map_or(due, |old| old.min(due)));
    }

    /// The peer is probing a path that loses much: answer now, and once more in a moment.
    pub(super) const fn answer_twice(&mut self, now: Instant) {
        self.again = Some(now.plus_micros(PONG_TWICE_US));
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        if self.again.is_some_and(|at| at <= now) {
            self.again = None;
            self.due = Some(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        [self.due, self.again].into_iter().flatten().min()
    }

    /// Whether an acknowledgement must go out, by itself if need be.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// Writes an `Ack` of all that the peer does not know yet, newest first, as far as there is room. Gives the largest
    /// number in it if nothing was left out: when this is acknowledged, the peer knows all of it.
    pub(super) fn write(&mut self, now: Instant, writer: &mut FrameWriter<'_>) -> Option<u64> {
        let Some(last) = self.ranges.last().map(|range| range.last.0) else {
            // The peer knows all of it by now: nothing is owed, or it would be due for ever.
            self.due = None;
            return None;
        };
        let delay_us = now.micros_since(self.largest_at);
        let written = writer.put_ack(delay_us, self.ranges.iter().rev().copied()).ok()?;
        self.due = None;
        (written == self.ranges.len()).then_some(last)
    }

    /// The peer knows of everything up to `upto`: what an acknowledged `Ack` had told (RFC 9000, section 13.2.4).
    pub(super) fn confirmed(&mut self, upto: u64) {
        self.ranges.retain(|range| range.last.0 > upto);
        if let Some(oldest) = self.ranges.first_mut()
            && oldest.first.0 <= upto
        {
            oldest.first = PacketNumber(upto + 1);
        }
    }

    /// Measured loss of what the peer sends, in parts per 100,000.
    pub(super) const fn loss_ppht(&self) -> u32 {
        self.loss_ppht
    }

    fn insert(&mut self, number: u64) {
        let next_after = |range: &AckRange| range.last.0 + 1 == number;
        let mut at = self.ranges.len();
        while at > 0 && self.ranges[at - 1].first.0 > number {
            at -= 1;
        }
        // `at - 1` is the last range that begins at or before the number, `at` the first that begins after it.
        let joins_below = at > 0 && next_after(&self.ranges[at - 1]);
        let joins_above = at < self.ranges.len() && self.ranges[at].first.0 == number + 1;
        if at > 0 && self.ranges[at - 1].last.0 >= number {
            return;
        }
        match (joins_below, joins_above) {
            (true, true) => {
                self.ranges[at - 1].last = self.ranges[at].last;
                self.ranges.remove(at);
            }
            (true, false) => self.ranges[at - 1].last = PacketNumber(number),
            (false, true) => self.ranges[at].first = PacketNumber(number),
            (false, false) => {
                self.ranges.insert(at, AckRange { first: PacketNumber(number), last: PacketNumber(number) });
                if self.ranges.len() > ACK_RANGES_MAX {
                    self.ranges.remove(0);
                }
            }
        }
    }

    fn measure(&mut self, number: u64) {
        if number < self.span_start {
            return;
        }
        self.span_received += 1;
        let span = number + 1 - self.span_start;
        if span >= SPAN {
            let lost = span.saturating_sub(self.span_received);
            let ppht = u32::try_from(lost * 100_000 / span).unwrap_or(100_000);
            self.loss_ppht = u32::midpoint(self.loss_ppht, ppht);
            self.span_start = number + 1;
            self.span_received = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(acks: &Acks) -> Vec<(u64, u64)> {
        acks.ranges.iter().map(|range| (range.first.0, range.last.0)).collect()
    }

    #[test]
    fn ranges_join_in_any_order_and_are_bounded() {
        let mut acks = Acks::new(Instant::EPOCH);
        for number in [0, 1, 5, 3, 4, 9, 2] {
            acks.take(Instant::EPOCH, PacketNumber(number), true, 0);
        }
        assert_eq!(ranges(&acks), [(0, 5), (9, 9)]);
        for number in 10..200 {
            acks.take(Instant::EPOCH, PacketNumber(number * 2), true, 0);
        }
        assert_eq!(acks.ranges.len(), ACK_RANGES_MAX, "the oldest are forgotten");
        acks.confirmed(397);
        assert_eq!(ranges(&acks), [(398, 398)]);
    }

    #[test]
    fn what_is_owed_at_once_and_what_later() {
        let mut now = Instant::from_micros(1);
        let mut acks = Acks::new(now);
        acks.take(now, PacketNumber(0), false, 0);
        assert!(!acks.is_due(now), "an acknowledgement is not acknowledged");
        for number in 1..=300 {
            now = now.plus_micros(1_000);
            acks.take(now, PacketNumber(number), true, 0);
            assert_eq!(acks.is_due(now), number <= u64::from(ACK_BUSY_PER_S), "{number}");
            acks.due = None;
        }
        acks.take(now, PacketNumber(302), true, 0);
        assert!(acks.is_due(now), "a gap is told at once");
    }

    #[test]
    fn what_the_peer_knows_already_is_not_due_for_ever() {
        let now = Instant::from_micros(1);
        let mut acks = Acks::new(now);
        let mut out = [0; 64];
        acks.take(now, PacketNumber(7), true, 0);
        acks.answer_twice(now);
        assert_eq!(acks.write(now, &mut FrameWriter::new(&mut out)), Some(7));
        acks.confirmed(7);
        let again = acks.deadline().expect("a second answer");
        acks.timeout(again);
        assert_eq!(acks.write(again, &mut FrameWriter::new(&mut out)), None);
        assert_eq!(acks.deadline(), None);
    }

    #[test]
    fn loss_of_the_other_direction_is_measured_by_its_gaps() {
        let mut acks = Acks::new(Instant::EPOCH);
        for number in (0..1_000).filter(|number| number % 4 != 0) {
            acks.take(Instant::EPOCH, PacketNumber(number), true, 0);
        }
        assert!((20_000..30_000).contains(&acks.loss_ppht()), "{}", acks.loss_ppht());
    }
}
