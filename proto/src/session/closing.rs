//! Saying goodbye: `Close` goes out a few times, spaced, since nobody acknowledges it.

use core::time::Duration;

use alloc::string::String;

use crate::limits::{CLOSE_COPIES, CLOSE_INTERVAL_MS};
use crate::time::Instant;
use crate::wire::frame::{Close, CloseCode, Frame, FrameWriter};

/// A session that is over at this end.
pub(super) struct Closing {
    code: CloseCode,
    reason: String,
    copies_left: u32,
    next: Instant,
}

impl Closing {
    pub(super) fn new(now: Instant, code: CloseCode, reason: &str) -> Self {
        Self { code, reason: reason.into(), copies_left: CLOSE_COPIES, next: now }
    }

    pub(super) const fn deadline(&self) -> Instant {
        self.next
    }

    /// Whether all copies were sent, and the last has had its time.
    pub(super) fn is_done(&self, now: Instant) -> bool {
        self.copies_left == 0 && now >= self.next
    }

    /// Writes the contents of the next copy, if it is due.
    pub(super) fn poll(&mut self, now: Instant, out: &mut [u8]) -> Option<usize> {
        if self.copies_left == 0 || now < self.next {
            return None;
        }
        self.copies_left -= 1;
        self.next = now + Duration::from_millis(CLOSE_INTERVAL_MS);
        let mut writer = FrameWriter::new(out);
        let close = Frame::Close(Close { code: self.code, reason: &self.reason });
        writer.put(&close).expect("a Close fits an empty datagram");
        Some(writer.len())
    }
}
