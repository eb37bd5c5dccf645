//! The line by which a process says to whoever started it where it listens: written and read here only.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

const SAYS: &str = "listening on ";

/// Where a process listens. Shown as, and read from, the first line that it writes to stdout: `listening on 127.0.0.1:24469`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening(pub SocketAddr);

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SAYS}{}", self.0)
    }
}

/// A line says something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotListening;

impl FromStr for Listening {
    type Err = NotListening;

    fn from_str(line: &str) -> Result<Self, NotListening> {
        let addr = line.trim().strip_prefix(SAYS).ok_or(NotListening)?;
        addr.parse().map(Self).map_err(|_| NotListening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_says_of_where_it_listens_is_read_back() {
        let listening = Listening(SocketAddr::from(([127, 0, 0, 1], 24469)));
        assert_eq!(listening.to_string(), "listening on 127.0.0.1:24469");
        assert_eq!(format!("{listening}\n").parse(), Ok(listening));
        assert_eq!("listens on 127.0.0.1:24469".parse::<Listening>(), Err(NotListening));
        assert_eq!("listening on lab:24469".parse::<Listening>(), Err(NotListening));
    }
}
