//! What arguments of several commands are made of: times, and weather of one's own.

use std::time::Duration;

use clap::Args;

use chinwag_proto::weather::Spec;

/// Weather on a program's own socket.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct OwnWeather {
    /// Spoil some of the datagrams sent and received, to see what happens: loss=10%,delay=20ms±5ms … (see `chinwag weather --help`)
    #[arg(long = "weather", value_name = "SPEC", value_parser = weather)]
    pub(in crate::cli) spec: Option<Spec>,
}

/// A time in seconds, fractions allowed.
pub(in crate::cli) fn seconds(given: &str) -> Result<Duration, String> {
    let number: f64 = given.parse().map_err(|_| "a number of seconds is meant".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|_| "a number of seconds from 0 on is meant".to_owned())
}

/// A time such as `2h`.
pub(super) fn span(given: &str) -> Result<Duration, String> {
    crate::desk::parse::span(given).map_err(|error| error.to_string())
}

/// A weather specification.
pub(in crate::cli) fn weather(given: &str) -> Result<Spec, String> {
    given.parse::<Spec>().map_err(|error| error.to_string())
}
