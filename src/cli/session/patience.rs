//! What is said while nobody answers, and when it is enough.

use std::net::SocketAddr;
use std::time::Duration;

use crate::net::Refused;
use crate::render::counted;

use super::super::failure::{Exit, Failure};
use crate::client::ServerName;

/// How long to wait for an answer, and how often to say that there is none.
#[derive(Clone, Debug)]
pub(in super::super) struct Patience {
    server: ServerName,
    timeout: Option<Duration>,
    say_next: Duration,
}

/// What is known of an attempt that nobody has answered.
pub(super) struct Silence<'a> {
    /// Attempts, and since when.
    pub(super) attempts: u32,
    pub(super) elapsed: Duration,
    /// There was an answer before.
    pub(super) was_up: bool,
    /// Where the server is looked for.
    pub(super) addrs: &'a [SocketAddr],
    /// Why it is not found by its name.
    pub(super) failure: Option<&'a Failure>,
    /// Where this machine sends nothing.
    pub(super) refused: &'a [Refused],
}

impl Patience {
    /// The first word to a person who waits.
    const FIRST_WORD: Duration = Duration::from_secs(2);
    /// What may be wrong.
    const CHECK: &str = "check that `chinwag serve` runs there and listens on that address, that both machines are on one \
                         network, and that no firewall stops UDP to that port";

    pub(in super::super) fn new(server: &ServerName, timeout: Option<Duration>) -> Self {
        Self { server: server.clone(), timeout, say_next: Self::FIRST_WORD }
    }

    /// Nobody has answered for so long. What to say about it, if it is time; or that it is enough.
    pub(super) fn trying(&mut self, silence: &Silence<'_>) -> Result<Option<String>, Failure> {
        let Silence { attempts, elapsed, was_up, failure, .. } = *silence;
        let (whom, seconds) = (self.whom(silence.addrs), elapsed.as_secs_f64());
        let tried = counted(attempts.into(), "attempt");
        let refused = silence.refused();
        if !was_up && self.timeout.is_some_and(|timeout| elapsed >= timeout) {
            let said = match (refused, failure) {
                (Some(why), _) => format!("can't reach {whom}: {why}"),
                (None, Some(failure)) if silence.addrs.is_empty() => failure.to_string(),
                (None, failure) => {
                    let why = failure.map_or_else(|| Self::CHECK.to_owned(), ToString::to_string);
                    format!("no answer from {whom} to {tried} in {seconds:.1} s; {why}")
                }
            };
            return Err(Failure::new(Exit::Connect, said));
        }
        if elapsed < self.say_next {
            return Ok(None);
        }
        let first = self.say_next <= Self::FIRST_WORD;
        self.say_next = elapsed * 2;
        if silence.addrs.is_empty() {
            // While it is being looked for, there is nothing to say yet.
            return Ok(failure.map(|failure| format!("{failure}; trying on")));
        }
        if let Some(why) = refused {
            return Ok(Some(format!("can't reach {whom}: {why}; trying on ({seconds:.0} s so far)")));
        }
        // Whoever never got through may have the wrong address; whoever did knows that it was the right one.
        let why = failure.map(ToString::to_string).or_else(|| (first && !was_up).then(|| Self::CHECK.to_owned()));
        let why = why.map(|why| format!("; {why}")).unwrap_or_default();
        Ok(Some(format!("no answer from {whom} for {seconds:.0} s ({tried}); trying on{why}")))
    }

    pub(super) fn reset(&mut self) {
        self.say_next = Self::FIRST_WORD;
    }

    fn whom(&self, addrs: &[SocketAddr]) -> String {
        let tried: Vec<String> = addrs.iter().map(ToString::to_string).collect();
        let tried = tried.join(", ");
        if tried.is_empty() || tried == self.server.as_str() {
            self.server.to_string()
        } else {
            format!("{} ({tried})", self.server)
        }
    }
}

impl Silence<'_> {
    /// Why nobody can answer, where nothing leaves this machine for any of the addresses.
    fn refused(&self) -> Option<String> {
        let refused: Vec<_> = self.refused.iter().filter(|refused| self.addrs.contains(&refused.to)).collect();
        let is_refused = |addr: &SocketAddr| refused.iter().any(|refused| refused.to == *addr);
        let is_certain = !self.addrs.is_empty() && self.addrs.iter().all(is_refused);
        is_certain.then(|| refused.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    fn silence<'a>(addrs: &'a [SocketAddr], failure: Option<&'a Failure>, refused: &'a [Refused]) -> Silence<'a> {
        Silence { attempts: 9, elapsed: Duration::from_secs(10), was_up: false, addrs, failure, refused }
    }

    fn said(silence: &Silence<'_>) -> String {
        let mut patience = Patience::new(&ServerName::of("lab"), Some(Duration::from_secs(10)));
        let failure = patience.trying(silence).expect_err("that was long enough");
        assert_eq!(failure.exit, Exit::Connect);
        failure.to_string()
    }

    #[test]
    fn what_never_left_this_machine_is_not_called_unanswered_for_want_of_a_server() {
        let at = |n: u8| SocketAddr::from(([10, 0, 0, n], 24469));
        let addrs = [at(1), at(2)];
        let refused = |n| Refused { to: at(n), error: Arc::new(io::ErrorKind::NetworkUnreachable.into()) };
        let all = said(&silence(&addrs, None, &[refused(1), refused(2)]));
        assert!(all.contains("does not send to 10.0.0.1:24469: network unreachable; it has no route there"), "{all}");
        assert!(all.contains("10.0.0.2:24469") && !all.contains("firewall") && !all.contains("no answer"), "{all}");
        // What was refused elsewhere before is not the matter any more.
        let last = said(&silence(&addrs[..1], None, &[refused(1), refused(2)]));
        assert!(last.starts_with("can't reach lab:24469 (10.0.0.1:24469): ") && !last.contains("10.0.0.2"), "{last}");
        // Where one of them can be reached, it is the one that does not answer.
        let one = said(&silence(&addrs, None, &[refused(1)]));
        assert!(one.contains("check that `chinwag serve` runs there"), "{one}");
    }

    #[test]
    fn a_name_that_is_not_found_is_said_to_be() {
        let unknown = Failure::new(Exit::Connect, "unknown host \"lab\"");
        assert_eq!(said(&silence(&[], Some(&unknown), &[])), "unknown host \"lab\"");
        let was = [SocketAddr::from(([10, 0, 0, 1], 24469))];
        let text = said(&silence(&was, Some(&unknown), &[]));
        assert!(
            text.starts_with("no answer from lab:24469 (10.0.0.1:24469)") && text.ends_with("unknown host \"lab\"")
        );
    }
}
