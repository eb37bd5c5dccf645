//! The real clock, read here and nowhere else.

use std::time::SystemTime;

use chinwag_proto::time::{BootId, Instant, Now, Uptime, WallTime};

use super::entropy;

/// The machine's clocks. Copies share their epoch, so that instants of several loops can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: std::time::Instant,
    boot: BootId,
}

impl Clock {
    /// A clock whose epoch is now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn start() -> Self {
        Self { epoch: std::time::Instant::now(), boot: boot() }
    }

    /// The monotonic clock.
    #[must_use]
    pub fn mono(&self) -> Instant {
        Instant::EPOCH + self.epoch.elapsed()
    }

    /// All clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> Now {
        let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let wall = WallTime::from_unix_millis(u64::try_from(unix.as_millis()).unwrap_or(u64::MAX));
        let mono = self.mono();
        Now { mono, wall, uptime: Uptime { boot: self.boot, since: since_boot(mono) } }
    }
}

/// The first half of the number that the system draws at each start. Where it draws none, each process counts as a start of its
/// own: what one process has seen of the clock then helps the next one only if they follow each other closely.
fn boot() -> BootId {
    let drawn = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = drawn.chars().filter(char::is_ascii_hexdigit).take(16).collect();
    let drawn = u64::from_str_radix(&digits, 16).ok().filter(|_| HAS_UPTIME);
    BootId(drawn.unwrap_or_else(|| entropy::rng().map_or(0, |mut rng| rng.u64())))
}

/// Whether the system has a clock that counts from its start, and through its sleep.
const HAS_UPTIME: bool = cfg!(target_os = "linux");

#[cfg(target_os = "linux")]
fn since_boot(_: Instant) -> Instant {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let (secs, nanos) = (u64::try_from(since.tv_sec).unwrap_or(0), u32::try_from(since.tv_nsec).unwrap_or(0));
    Instant::EPOCH + std::time::Duration::new(secs, nanos)
}

/// Since the process began, then.
#[cfg(not(target_os = "linux"))]
const fn since_boot(mono: Instant) -> Instant {
    mono
}
