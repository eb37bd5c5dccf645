//! Roaming: other servers of the subnet while a chat is up, and when the chat goes to one of them. PURE.
//!
//! [`Roaming`] is a [`Node`] without datagrams. It hears what a discovery finds, asks for handshakes and sessions as
//! [`Job`]s, and tells whoever runs the chat what to do and what to say, as values. Nobody is believed: a server is spoken of
//! once something with its key has answered, and the chat goes only to one that has proved its key and let the user in, by a
//! session that stands beside the old one before anything of that is given up. By itself a chat leaves only a server of its
//! own process that has no history and where nobody else is, or a server to which it came by itself and that is lost.

pub mod limits;

mod budget;
mod others;
mod seam;
mod state;
mod visit;

use std::net::SocketAddr;

use chinwag_discovery::Found;
use chinwag_node::{Input, Node, Output};
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::PublicKey;

use limits::{FINGERPRINT_MIN, NOBODY};

pub use seam::{Begun, Command, Config, Done, Job, Notice, Pin, Role};
pub use state::Roaming;

impl Roaming {
    fn command(&mut self, command: Command) {
        match command {
            Command::Heard(found) if *found.key() == self.here => {
                if found.has_twin {
                    self.twin(None);
                }
            }
            // The chat is elsewhere, and the user reads there of its server.
            Command::Twin(_) if matches!(self.role, Role::Guest { .. }) => {}
            Command::Twin(addr) => self.twin(Some(addr)),
            Command::Heard(found) => self.others.hear(*found, &self.known),
            Command::Gone(key) => self.others.forget(&key),
            Command::Pins(pins) => self.pins(pins),
            Command::Company(people) => self.company = people,
            Command::Up => self.is_adrift = false,
            Command::Lost => self.is_adrift = true,
            Command::Settled(is_settled) => self.is_settled = is_settled,
            Command::List => {
                self.is_asked = true;
                self.tell(Notice::Others(self.others.found().cloned().collect()));
            }
            Command::Go(typed) => self.go(&typed),
            Command::TakenOver => self.taken_over(),
            Command::NotYet => self.not_yet(),
        }
    }

    /// Two servers have the key of this one, or somebody says so.
    fn twin(&mut self, addr: Option<SocketAddr>) {
        if self.told_of_twin != Some(self.here) {
            self.told_of_twin = Some(self.here);
            self.tell(Notice::Twin(addr));
        }
    }

    /// The user wants to go to the server that is called so, or whose fingerprint begins so.
    fn go(&mut self, typed: &str) {
        let wanted = (self.spelling)(typed.strip_prefix("lan:").unwrap_or(typed));
        let print = typed.to_lowercase();
        let is_print = |key: &PublicKey| typed.len() >= FINGERPRINT_MIN && key.fingerprint().starts_with(&print);
        let is_meant = |found: &&Found| (self.spelling)(&found.name) == wanted || is_print(found.key());
        let meant: Vec<_> = self.others.found().filter(is_meant).collect();
        let answer = match meant.as_slice() {
            [] => Notice::Unheard(typed.to_owned()),
            [one] => {
                let found = Box::new((*one).clone());
                match self.expected(&found) {
                    Some(expected) => Notice::Impostor { found, expected },
                    None => {
                        self.wanted = Some(found.clone());
                        Notice::Calling(found)
                    }
                }
            }
            several => Notice::Several(typed.to_owned(), several.iter().map(|found| *found.key()).collect()),
        };
        self.tell(answer);
    }

    /// Begins to look for others, or does so no more.
    fn look(&mut self, now: Instant) {
        let looks = matches!(self.role, Role::Guest { .. }) && (self.is_adrift || self.is_asked);
        if looks != self.is_looking {
            self.is_looking = looks;
            self.nobody_at = looks.then(|| now + NOBODY);
            self.tell(Notice::Look(looks));
        }
        if self.nobody_at.is_some_and(|at| at <= now) {
            self.nobody_at = None;
            if self.others.is_empty() {
                self.tell(Notice::Nobody);
            }
        }
    }

    /// What a job has found out of a server.
    fn proved(&mut self, now: Instant, key: &PublicKey, has_proved: bool) {
        self.proving = None;
        if has_proved {
            self.others.answer(key);
            self.mention(key, Notice::Another);
        } else {
            self.others.fail(key, now);
        }
    }
}

impl Node for Roaming {
    type Command = Command;
    type Notice = Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Done>) {
        match input {
            Input::Command(command) => self.command(command),
            Input::Done(Done::Proved(key, has_proved)) => self.proved(now.mono, &key, has_proved),
            Input::Done(Done::Begun(begun)) => self.begun(now.mono, begun),
            // It has no socket; and what is due is seen to whenever it is polled.
            Input::Datagram { .. } | Input::Timeout => {}
        }
    }

    fn poll(&mut self, now: Now, _: &mut [u8]) -> Output<Notice, Job> {
        if self.outputs.is_empty() {
            self.look(now.mono);
            self.act(now.mono);
        }
        self.outputs.pop_front().unwrap_or_else(|| Output::Wait(self.deadline(now.mono)))
    }
}

#[cfg(test)]
mod tests;
