//! How long a command waits for an answer, and what it says meanwhile.

use std::net::SocketAddr;
use std::time::Duration;

use super::super::failure::{Exit, Failure};
use super::super::server_name::ServerName;

/// How long to wait for an answer, and how often to say that there is none.
#[derive(Clone, Debug)]
pub(in super::super) struct Patience {
    whom: String,
    timeout: Option<Duration>,
    say_next: Duration,
}

impl Patience {
    /// The first word to a person who waits.
    const FIRST_WORD: Duration = Duration::from_secs(2);
    /// What may be wrong.
    const CHECK: &str = "check that `chinwag serve` runs there and listens on that address, that both machines are on one \
                         network, and that no firewall stops UDP to that port";

    pub(in super::super) fn new(server: &ServerName, addrs: &[SocketAddr], timeout: Option<Duration>) -> Self {
        let tried: Vec<String> = addrs.iter().map(ToString::to_string).collect();
        let tried = tried.join(", ");
        let whom = if tried == server.as_str() { tried } else { format!("{server} ({tried})") };
        Self { whom, timeout, say_next: Self::FIRST_WORD }
    }

    /// Nobody has answered for so long. What to say about it, if it is time; or that it is enough.
    pub(super) fn trying(&mut self, attempts: u32, elapsed: Duration, was_up: bool) -> Result<Option<String>, Failure> {
        let (whom, seconds) = (&self.whom, elapsed.as_secs_f64());
        if !was_up && self.timeout.is_some_and(|timeout| elapsed >= timeout) {
            return Err(Failure::new(
                Exit::Connect,
                format!("no answer from {whom} to {attempts} attempts in {seconds:.1} s; {}", Self::CHECK),
            ));
        }
        if elapsed < self.say_next {
            return Ok(None);
        }
        // Whoever never got through may have the wrong address; whoever did knows that it was the right one.
        let check =
            if was_up || self.say_next > Self::FIRST_WORD { String::new() } else { format!("; {}", Self::CHECK) };
        let said = format!("no answer from {whom} for {seconds:.0} s ({attempts} attempts); trying on{check}");
        self.say_next = elapsed * 2;
        Ok(Some(said))
    }

    pub(super) fn reset(&mut self) {
        self.say_next = Self::FIRST_WORD;
    }
}
