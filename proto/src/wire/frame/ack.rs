//! `Ack`: which datagrams arrived, as ranges of packet numbers, newest first.
//!
//! Body: largest (varint), delay in µs (varint), length of the newest range less one (varint); then for each older range
//! the gap before it less one (varint) and its length less one (varint). Modelled on RFC 9000, section 19.3.1.

use core::fmt;

use crate::error::DropReason;
use crate::limits::ACK_RANGES_MAX;
use crate::wire::id::PacketNumber;

use super::body::take;

/// Packet numbers `first..=last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AckRange {
    /// The smallest number.
    pub first: PacketNumber,
    /// The largest number.
    pub last: PacketNumber,
}

/// A decoded `Ack`; its ranges were all checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The largest number that arrived.
    pub largest: PacketNumber,
    /// How long its receiver kept it before sending this, in µs.
    pub delay_us: u64,
    first_len: u64,
    rest: &'a [u8],
}

/// `7`, or `3-7`.
impl fmt::Display for AckRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { self.last.fmt(f) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// `Ack 9,3-7 +2000us`.
impl fmt::Display for Ack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ack ")?;
        for (i, range) in self.ranges().enumerate() {
            write!(f, "{}{range}", if i == 0 { "" } else { "," })?;
        }
        if self.delay_us == 0 { Ok(()) } else { write!(f, " +{}us", self.delay_us) }
    }
}

/// Longest body: three varints of 64 bits and two for each further range.
pub(super) const MAX_LEN: usize = 30 + 20 * (ACK_RANGES_MAX - 1);

impl<'a> Ack<'a> {
    pub(super) fn decode(body: &'a [u8]) -> Result<Self, DropReason> {
        let ((largest, delay_us, first_len), rest) = take::<(PacketNumber, u64, u64)>(body)?;
        let ack = Self { largest, delay_us, first_len, rest };
        let mut ranges = ack.ranges();
        let count = ranges.by_ref().count();
        if ranges.valid && count <= ACK_RANGES_MAX { Ok(ack) } else { Err(DropReason::Malformed) }
    }

    pub(super) const fn head(&self) -> (PacketNumber, u64, u64) {
        (self.largest, self.delay_us, self.first_len)
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The ranges, newest first.
    #[must_use]
    pub const fn ranges(&self) -> AckRanges<'a> {
        AckRanges { next: Some((self.largest.0, self.first_len)), rest: self.rest, valid: true }
    }
}

/// Iterates over the ranges of an [`Ack`], newest first.
#[derive(Clone, Debug)]
pub struct AckRanges<'a> {
    /// Largest number and length less one of the next range.
    next: Option<(u64, u64)>,
    rest: &'a [u8],
    valid: bool,
}

impl AckRanges<'_> {
    fn advance(&mut self, last: u64, len: u64) -> Result<AckRange, DropReason> {
        let first = last.checked_sub(len).ok_or(DropReason::Malformed)?;
        if !self.rest.is_empty() {
            let ((gap, len), rest) = take::<(u64, u64)>(self.rest)?;
            let below = gap.checked_add(2).and_then(|gap| first.checked_sub(gap)).ok_or(DropReason::Malformed)?;
            self.rest = rest;
            self.next = Some((below, len));
        }
        Ok(AckRange { first: PacketNumber(first), last: PacketNumber(last) })
    }
}

impl Iterator for AckRanges<'_> {
    type Item = AckRange;

    fn next(&mut self) -> Option<AckRange> {
        let (last, len) = self.next.take()?;
        let range = self.advance(last, len).ok();
        if range.is_none() {
            self.valid = false;
        }
        range
    }
}

/// Writes the body of an `Ack` into `out`: octets written, ranges written. `None` if not even the first range fits.
pub(super) fn encode(
    delay_us: u64,
    mut ranges: impl Iterator<Item = AckRange>,
    out: &mut [u8],
) -> Option<(usize, usize)> {
    let newest = ranges.next()?;
    let mut len = put(&(newest.last, delay_us, newest.last.0 - newest.first.0), out)?;
    let mut written = 1;
    let mut below = newest.first.0;
    for range in ranges.take(ACK_RANGES_MAX - 1) {
        let Some(more) = put(&(below - range.last.0 - 2, range.last.0 - range.first.0), &mut out[len..]) else { break };
        len += more;
        written += 1;
        below = range.first.0;
    }
    Some((len, written))
}

fn put<T: serde::Serialize>(value: &T, out: &mut [u8]) -> Option<usize> {
    postcard::to_slice(value, out).ok().map(|written| written.len())
}
