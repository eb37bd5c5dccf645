//! What comes to the thread of roaming.

use std::sync::mpsc::{Receiver, Sender, SyncSender};

use crate::discovery;
use crate::roaming::{Command, Done};

use super::super::failure::Failure;
use super::news::Arrival;

/// What comes to the thread.
pub(super) enum Mail {
    Command(Command),
    /// A discovery has told something; there is room for more.
    Heard(Command),
    /// The chat can't go on in this session yet.
    NotYet(Box<Arrival>),
    /// Whether the server of that key has proved it.
    Proved(Done),
    /// There is a session with a server, or not.
    Begun(Result<Box<Arrival>, Failure>),
    /// The chat has ended.
    End,
}

/// Where it comes.
pub(super) struct Mailbox {
    pub(super) mails: Receiver<Mail>,
    /// One for each thing heard that is not taken in yet.
    pub(super) permits: Receiver<()>,
}

/// Takes what a discovery tells, on its thread.
pub(super) fn hears(mails: Sender<Mail>, heard: SyncSender<()>) -> impl Fn(discovery::Notice) + Send + 'static {
    move |notice| {
        let command = match notice {
            discovery::Notice::Found(found) => Command::Heard(found),
            discovery::Notice::Gone(key) => Command::Gone(key),
            discovery::Notice::Twin(addr) => Command::Twin(addr),
            discovery::Notice::Asked | discovery::Notice::Stopped => return,
        };
        // A chat that has ended hears nothing.
        if heard.send(()).is_ok() {
            let _ = mails.send(Mail::Heard(command));
        }
    }
}
