//! The real clock, read here and nowhere else.

use std::time::SystemTime;

use chinwag_proto::time::{Instant, Now, WallTime};

/// The machine's clocks. Copies share their epoch, so that instants of several loops can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: std::time::Instant,
}

impl Clock {
    /// A clock whose epoch is now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn start() -> Self {
        Self { epoch: std::time::Instant::now() }
    }

    /// The monotonic clock.
    #[must_use]
    pub fn mono(&self) -> Instant {
        Instant::EPOCH + self.epoch.elapsed()
    }

    /// Both clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = WallTime::from_unix_millis(u64::try_from(unix.as_millis()).unwrap_or(u64::MAX));
        Now { mono: self.mono(), wall }
    }
}
