//! Times on this machine's clock, for people.

use chinwag_proto::time::WallTime;

use crate::words::dates;

/// A time of day on this machine's clock, for people: `09:12`.
pub(super) fn clock_time(at: WallTime) -> String {
    dates::clock_time(at, calendar)
}

/// How far this machine's clock is ahead of UTC at a moment, in seconds.
pub(super) fn calendar(at: WallTime) -> i32 {
    let ms = i64::try_from(at.as_unix_millis()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
    jiff::tz::TimeZone::system().to_offset(time).seconds()
}
