//! Handshakes that strangers may cause: so many within a time, and no more.

use std::collections::VecDeque;

use chinwag_proto::time::Instant;

use super::limits::{HANDSHAKES_MAX, HANDSHAKES_WINDOW};

/// When the last ones were begun.
#[derive(Debug, Default)]
pub(super) struct Budget(VecDeque<Instant>);

impl Budget {
    /// Takes one, or says when there is one again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        while self.0.front().is_some_and(|begun| *begun + HANDSHAKES_WINDOW <= now) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some(first) if self.0.len() >= HANDSHAKES_MAX => Err(*first + HANDSHAKES_WINDOW),
            _ => {
                self.0.push_back(now);
                Ok(())
            }
        }
    }
}
