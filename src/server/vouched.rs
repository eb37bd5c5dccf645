//! What is known of an account that an outside program vouches for.

use std::time::Duration;

use chinwag_proto::time::{Instant, WallTime};

/// What is known of a vouched account beyond what is stored.
#[derive(Debug)]
pub(super) struct Vouched {
    /// When it was vouched for last, as far as it is stored.
    pub(super) at: WallTime,
    /// It may come in until then while the program can't be asked; `None`: that was not asked yet in this run.
    pub(super) trusted_until: Option<Instant>,
    /// What the program said last by name, and when.
    pub(super) verdict: Option<(Instant, bool)>,
    /// It moderates every named room that it is a member of.
    pub(super) is_moderator: bool,
    /// When it is asked about again.
    pub(super) due: Option<Instant>,
}

impl Vouched {
    pub(super) const fn new(at: WallTime) -> Self {
        Self { at, trusted_until: None, verdict: None, is_moderator: false, due: None }
    }

    /// Until when it may come in while the program can't be asked.
    pub(super) fn trusted_until(&mut self, grace: Duration, now: Instant, latest: WallTime) -> Instant {
        let age_ms = latest.as_unix_millis().saturating_sub(self.at.as_unix_millis());
        *self.trusted_until.get_or_insert_with(|| now + grace.saturating_sub(Duration::from_millis(age_ms)))
    }
}
