//! What is said while nobody answers, and when it was enough.

use std::time::Duration;

use crate::client::{ServerName, Silence};
use crate::render::counted;

use super::super::looking::{LOOKING_WORD, looking};

/// How often to say that nobody has answered.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    server: ServerName,
    say_next: Duration,
    /// It is said that the server is being looked for.
    has_told_looking: bool,
}

/// The first word to a person who waits.
const FIRST_WORD: Duration = Duration::from_secs(2);
/// What helps, to a person who waits: in few words, since they stand in a chat.
const DOCTOR: &str = "`chinwag doctor` finds out why";
/// What may be wrong, to who waits no longer.
const CHECK: &str = "check that `chinwag serve` runs there and listens on that address, that both machines are on one network, and that \
                     no firewall stops UDP to that port";

impl Patience {
    pub(super) fn new(server: &ServerName) -> Self {
        Self { server: server.clone(), say_next: FIRST_WORD, has_told_looking: false }
    }

    /// Nobody has answered for so long: what to say about it, if it is time, in no more than two rows of a narrow chat. `was_up`: there
    /// was an answer before. `why` there is no address, or no right one, if that is so.
    pub(super) fn trying(&mut self, silence: &Silence, was_up: bool, why: Option<&str>) -> Option<String> {
        if silence.addrs.is_empty() && why.is_none() {
            let is_time = silence.elapsed >= LOOKING_WORD && !std::mem::replace(&mut self.has_told_looking, true);
            return is_time.then(|| looking(self.server.called()));
        }
        if silence.elapsed < self.say_next {
            return None;
        }
        let first = self.say_next <= FIRST_WORD;
        self.say_next = silence.elapsed * 2;
        if silence.addrs.is_empty() {
            return why.map(|why| format!("{}: {why}; trying on", self.server));
        }
        let (server, seconds) = (&self.server, silence.elapsed.as_secs_f64());
        if let Some(why) = silence.unsent_because() {
            return Some(format!("can't send to {server}: {why}; trying on"));
        }
        // Whoever never got through may have the wrong address; whoever did knows that it was the right one.
        let why = why.or((first && !was_up).then_some(DOCTOR)).map(|why| format!("; {why}"));
        let tried = || format!(" ({})", counted(silence.attempts.into(), "attempt"));
        let tried = if why.is_some() { String::new() } else { tried() };
        Some(format!("no answer from {server} for {seconds:.0} s{tried}; trying on{}", why.unwrap_or_default()))
    }

    /// Somebody has answered.
    pub(super) fn reset(&mut self) {
        self.say_next = FIRST_WORD;
    }
}

/// What is said where nobody has answered for long enough.
pub(super) fn given_up(server: &ServerName, silence: &Silence, why: Option<&str>) -> String {
    let (whom, seconds) = (whom(server, silence), silence.elapsed.as_secs_f64());
    match (silence.unsent(), why) {
        (Some(refused), _) => format!("can't reach {whom}: {refused}"),
        (None, Some(why)) if silence.addrs.is_empty() => why.to_owned(),
        (None, why) => {
            let tried = counted(silence.attempts.into(), "attempt");
            format!("no answer from {whom} to {tried} in {seconds:.1} s; {}", why.unwrap_or(CHECK))
        }
    }
}

fn whom(server: &ServerName, silence: &Silence) -> String {
    let tried: Vec<String> = silence.addrs.iter().map(ToString::to_string).collect();
    let tried = tried.join(", ");
    if tried.is_empty() || tried == server.as_str() { server.to_string() } else { format!("{server} ({tried})") }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;
    use std::sync::Arc;

    use super::*;
    use crate::net::Refused;

    fn said(addrs: &[SocketAddr], why: Option<&str>, refused: &[Refused]) -> String {
        let (addrs, refused) = (addrs.to_vec(), refused.to_vec());
        let silence = Silence { attempts: 9, elapsed: Duration::from_secs(10), addrs, refused, why: None };
        given_up(&ServerName::of("lab"), &silence, why)
    }

    #[test]
    fn what_never_left_this_machine_is_not_called_unanswered_for_want_of_a_server() {
        let at = |n: u8| SocketAddr::from(([10, 0, 0, n], 24469));
        let addrs = [at(1), at(2)];
        let refused = |n| Refused { to: at(n), error: Arc::new(io::ErrorKind::NetworkUnreachable.into()) };
        let all = said(&addrs, None, &[refused(1), refused(2)]);
        assert!(all.contains("does not send to 10.0.0.1:24469: network unreachable; it has no route there"), "{all}");
        assert!(all.contains("10.0.0.2:24469") && !all.contains("firewall") && !all.contains("no answer"), "{all}");
        // What was refused elsewhere before is not the matter any more.
        let last = said(&addrs[..1], None, &[refused(1), refused(2)]);
        assert!(last.starts_with("can't reach lab:24469 (10.0.0.1:24469): ") && !last.contains("10.0.0.2"), "{last}");
        // Where one of them can be reached, it is the one that does not answer.
        let one = said(&addrs, None, &[refused(1)]);
        assert!(one.contains("check that `chinwag serve` runs there"), "{one}");
    }

    #[test]
    fn who_waits_reads_two_rows_at_most_in_a_chat_of_80_columns_and_three_at_40() {
        // Between the lists of rooms and people, without the mark before it: what is wrapped there fills its rows but for a word.
        const ROWS: [(usize, usize); 2] = [(47, 2), (37, 3)];
        let at = SocketAddr::from(([192, 168, 100, 107], 24469));
        let refused = Refused { to: at, error: Arc::new(io::Error::from_raw_os_error(101)) };
        let whys = [None, Some(super::super::reasons::NOT_HERE), Some(super::super::reasons::NO_NAME)];
        for server in ["lan:build-machine", "192.168.100.107:24469", "chat.example.org"] {
            for (addrs, refused) in [(vec![], vec![]), (vec![at; 6], vec![]), (vec![at], vec![refused.clone()])] {
                for (why, was_up) in whys.iter().flat_map(|why| [(*why, true), (*why, false)]) {
                    let (addrs, refused) = (addrs.clone(), refused.clone());
                    let elapsed = Duration::from_secs(128);
                    let silence = Silence { attempts: 120, elapsed, addrs, refused, why: None };
                    let said = Patience::new(&ServerName::of(server)).trying(&silence, was_up, why);
                    let Some(said) = said else { continue };
                    assert!(said.contains("trying on") || said.starts_with("looking for "), "{said}");
                    for (columns, rows) in ROWS {
                        assert!(rows_of(&said, columns) <= rows, "{columns} columns: {said}");
                    }
                }
            }
        }
    }

    /// The rows of a text that breaks between words only.
    fn rows_of(text: &str, columns: usize) -> usize {
        let (mut rows, mut used) = (1, 0);
        for word in text.split(' ') {
            let wanted = if used == 0 { word.len() } else { used + 1 + word.len() };
            (rows, used) = if wanted > columns { (rows + 1, word.len()) } else { (rows, wanted) };
        }
        rows
    }

    #[test]
    fn whoever_waits_while_a_name_is_looked_for_is_told_once_and_early() {
        let mut patience = Patience::new(&ServerName::of("Lab"));
        let mut said = |ms: u64, addrs: &[SocketAddr], why: Option<&str>| {
            let (elapsed, addrs) = (Duration::from_millis(ms), addrs.to_vec());
            let silence = Silence { attempts: 1, elapsed, addrs, refused: vec![], why: None };
            patience.trying(&silence, false, why)
        };
        assert_eq!(said(400, &[], None), None);
        assert_eq!(said(1_000, &[], None).as_deref(), Some("looking for lab …"));
        assert_eq!(said(3_000, &[], None), None, "that is said once");
        assert_eq!(said(4_000, &[], Some("nobody")).as_deref(), Some("lab:24469: nobody; trying on"));
    }

    #[test]
    fn a_name_that_is_not_found_is_said_to_be() {
        let unknown = Some("unknown host \"lab\"");
        assert_eq!(said(&[], unknown, &[]), "unknown host \"lab\"");
        let was = [SocketAddr::from(([10, 0, 0, 1], 24469))];
        let text = said(&was, unknown, &[]);
        assert!(
            text.starts_with("no answer from lab:24469 (10.0.0.1:24469)") && text.ends_with("unknown host \"lab\"")
        );
    }
}
