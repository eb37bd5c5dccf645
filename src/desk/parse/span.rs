//! Times as people type them: `30s`, `10m`, `2h`, `7d`, and several together: `1h30m`.

use std::time::Duration;

use thiserror::Error;

/// What was typed is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a time is meant, as 30s, 10m, 2h or 7d")]
pub struct SpanError;

/// Reads a time.
///
/// # Errors
/// It is none, or longer than anyone can mean.
pub fn span(typed: &str) -> Result<Duration, SpanError> {
    let mut seconds: u64 = 0;
    let mut rest = typed;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or(SpanError)?;
        let (number, unit) = rest.split_at(end);
        let unit_s = match unit.as_bytes()[0] {
            b's' => 1,
            b'm' => 60,
            b'h' => 60 * 60,
            b'd' => 24 * 60 * 60,
            _ => return Err(SpanError),
        };
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_s)).ok_or(SpanError)?;
        seconds = seconds.checked_add(part).filter(|&all| all <= LONGEST_S).ok_or(SpanError)?;
        rest = &unit[1..];
    }
    if seconds == 0 { Err(SpanError) } else { Ok(Duration::from_secs(seconds)) }
}

/// A hundred years.
const LONGEST_S: u64 = 100 * 366 * 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_what_people_mean() {
        let seconds = |typed| span(typed).map(|span| span.as_secs());
        assert_eq!(seconds("30s"), Ok(30));
        assert_eq!(seconds("2h"), Ok(7_200));
        assert_eq!(seconds("1h30m"), Ok(5_400));
        assert_eq!(seconds("7d"), Ok(604_800));
        for wrong in ["", "2", "h", "2x", "-1h", "1h3", "0s", "99999999999999999999d", "36601d", "2é", "1.5h"] {
            assert_eq!(seconds(wrong), Err(SpanError), "{wrong}");
        }
    }
}
