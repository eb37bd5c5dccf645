//! Moments as people read them: on the clock and the calendar of wherever the face is.

use chinwag_desk::Calendar;
use chinwag_proto::time::WallTime;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};

/// A day on the user's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// The day of that moment.
    #[must_use]
    pub fn of(at: WallTime, calendar: Calendar) -> Option<Self> {
        Some(Self(zoned(at, calendar)?.date()))
    }

    /// `Friday, 27 November 2026`
    #[must_use]
    pub fn words(self) -> String {
        self.0.strftime("%A, %-d %B %Y").to_string()
    }
}

/// A time of day: `09:12`.
#[must_use]
pub fn clock_time(at: WallTime, calendar: Calendar) -> String {
    local(at, calendar, "%H:%M")
}

/// A day and time: `2026-11-23 09:12`.
#[must_use]
pub fn date_time(at: WallTime, calendar: Calendar) -> String {
    local(at, calendar, "%Y-%m-%d %H:%M")
}

fn local(at: WallTime, calendar: Calendar, format: &str) -> String {
    zoned(at, calendar).map_or_else(|| "--:--".to_owned(), |zoned| zoned.strftime(format).to_string())
}

fn zoned(at: WallTime, calendar: Calendar) -> Option<ZonedDateTime> {
    let ms = i64::try_from(at.as_unix_millis()).ok()?;
    let offset = Offset::from_seconds(calendar(at)).ok()?;
    Some(Timestamp::from_millisecond(ms).ok()?.to_zoned_datetime(TimeZone::fixed(offset)))
}

#[cfg(test)]
mod tests {
    use chinwag_desk::UTC;

    use super::*;

    #[test]
    fn a_moment_is_read_on_the_users_clock() {
        let at = WallTime::from_unix_millis(1_795_406_400_007);
        assert_eq!(date_time(at, UTC), "2026-11-23 04:00");
        assert_eq!(clock_time(at, |_| -5 * 3_600), "23:00");
        assert_eq!(Day::of(at, |_| -5 * 3_600).map(Day::words).as_deref(), Some("Sunday, 22 November 2026"));
        assert_eq!(clock_time(WallTime::from_unix_millis(u64::MAX), UTC), "--:--");
    }
}
