//! What becomes of a connection, in the words of the command line.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Refusal};

use crate::client::{Change, ConnectError, Lost, ServerName};
use crate::config::Home;
use crate::render::{render_lines, render_text};
use crate::words;
use crate::words::{beginning, sent_from_before};

use super::super::failure::{Exit, Failure};
use super::super::output::tell;
use super::patience::Patience;
use super::reasons::{failure, not_found_yet};

/// Something to tell the user about the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// All is well: for a person who looks on.
    News(String),
    /// For everyone.
    Trouble(String),
}

impl Word {
    /// Tells trouble on stderr, and news only in the log: for commands that nobody looks at while all is well.
    pub(in super::super) fn tell_trouble(self) {
        match self {
            Self::News(said) => log::info!("{said}"),
            Self::Trouble(said) => tell(&said),
        }
    }
}

/// What is known of a connection by whoever speaks of it.
pub(in super::super) struct Wording {
    home: Home,
    /// Its server.
    pub(in super::super) server: ServerName,
    /// Its account's name.
    pub(in super::super) name: String,
    /// It came by a token.
    pub(in super::super) is_by_token: bool,
    /// This device was let in under that name before.
    was_let_in: bool,
    /// There was a login.
    pub(in super::super) was_up: bool,
    patience: Patience,
}

impl Wording {
    pub(super) fn new(home: &Home, server: ServerName, name: String, is_by_token: bool, was_let_in: bool) -> Self {
        let (home, patience) = (home.clone(), Patience::new(&server));
        Self { home, server, name, is_by_token, was_let_in, was_up: false, patience }
    }

    /// What became of a message of an earlier program.
    pub(in super::super) fn kept_answered(room: &str, body: &Body, answer: Result<RoomSeq, Refusal>) -> Word {
        let text = body.text().unwrap_or("(no text)");
        match answer {
            Ok(_) => Word::News(sent_from_before(room, &beginning(text, 60))),
            // It is kept nowhere else any more, so all of it is said.
            Err(reason) => Word::Trouble(format!(
                "NOT DELIVERED, from before ({}), to {}: {}",
                words::refusal_of(reason, body),
                render_text(room),
                render_lines(text, "   ")
            )),
        }
    }

    /// What to tell the user of a change, if anything.
    pub(super) fn word(&mut self, change: &Change) -> Option<Word> {
        let server = &self.server;
        Some(Word::Trouble(match change {
            Change::Unanswered(silence) => {
                let why = silence.why.as_deref().map(|why| not_found_yet(&self.home, server, why));
                return self.patience.trying(silence, self.was_up, why.as_deref()).map(Word::Trouble);
            }
            Change::Connected { name, server: called, is_again, made_anew, not_kept, adopted: _ } => {
                self.was_up = true;
                self.patience.reset();
                let (called, shown) = (render_text(called), render_text(name));
                let connected = if *is_again {
                    format!("connected again to {called} ({server})")
                } else {
                    format!("connected to {called} ({server}) as {shown}")
                };
                self.name.clone_from(name);
                let lost = made_anew.then(|| words::made_anew(&called, name));
                match (lost, not_kept) {
                    (None, None) => return Some(Word::News(connected)),
                    (None, Some(why)) => format!("{connected}, but {why}"),
                    (Some(lost), None) => lost,
                    (Some(lost), Some(why)) => format!("{lost}; {why}"),
                }
            }
            Change::NotPinned(why) => format!("{why}; the next program has to trust {server} anew"),
            Change::Silent => format!("no sign of {server} for some seconds; what you write is kept"),
            Change::Heard => format!("{server} is heard again"),
            Change::Lost { why: Lost::Shutdown { reason } } if reason.is_empty() => {
                format!("{server} went down; waiting for it to come back")
            }
            Change::Lost { why: Lost::Shutdown { reason } } => {
                format!("{server} went down ({}); waiting for it to come back", render_text(reason))
            }
            Change::Lost { why } => format!("connection to {server} lost ({why}); trying again"),
            Change::Moved => format!("another server answers where {server} was; looking for {server} again"),
            Change::Refused(reason) => self.another_login(*reason),
        }))
    }

    /// The server takes this device, which it let in before, for one that would make an account, and lets nobody do so who is
    /// not invited.
    const fn is_unknown_now(&self, reason: Refusal) -> bool {
        let is_shut = matches!(reason, Refusal::RegistrationClosed | Refusal::InviteNeeded | Refusal::InviteInvalid);
        is_shut && self.was_let_in
    }

    /// What a person can do whose login was refused.
    fn another_login(&self, reason: Refusal) -> String {
        let name = render_text(&self.name);
        if reason == Refusal::NameTaken && self.was_let_in {
            return format!("{UNKNOWN_DEVICE} as {name}: {BECAUSE}. /login {name} lets it in again");
        }
        if self.is_unknown_now(reason) {
            return format!(
                "{UNKNOWN_DEVICE} as {name}: {BECAUSE}. /login {name} lets it in again if the account is there still; if not: {}",
                words::refusal(reason)
            );
        }
        if reason == Refusal::NameTaken {
            return format!(
                "{name} is taken on this server: another name is /nick NAME; if it is yours, /login {name} lets this device in"
            );
        }
        if reason == Refusal::PasswordNeeded {
            return format!("this server wants a password of a new device: /login {name} asks for it");
        }
        format!(
            "name {}: {}\n   /login NAME to be an account that you have, /register NAME to make one",
            self.name,
            words::refusal(reason)
        )
    }

    /// It is no use to go on, and nobody is there who could try another login.
    pub(super) fn failure(&self, error: ConnectError) -> Failure {
        if let ConnectError::Login(reason) = error {
            return self.refused(reason);
        }
        failure(&self.home, &self.server, error)
    }

    fn refused(&self, reason: Refusal) -> Failure {
        let (server, name) = (&self.server, render_text(&self.name));
        if reason == Refusal::NameTaken && self.was_let_in {
            let sentence = format!("{UNKNOWN_DEVICE} as {name}: {BECAUSE}; `chinwag login` lets it in again");
            return Failure::new(Exit::Authentication, sentence);
        }
        if self.is_unknown_now(reason) {
            let sentence = format!(
                "{UNKNOWN_DEVICE} as {name}: {BECAUSE}; `chinwag login` lets it in again if the account is there still; if not: {}",
                words::refusal(reason)
            );
            return Failure::new(Exit::Authentication, sentence);
        }
        if reason == Refusal::PasswordNeeded {
            let sentence = format!(
                "{server} wants a password of a new device; let this one in by `chinwag login --server {server} --name {name}`"
            );
            return Failure::new(Exit::Authentication, sentence);
        }
        let request = if self.is_by_token { "token".to_owned() } else { format!("name {}", self.name) };
        Failure::refused(request, reason)
    }
}

/// What a server says of a device that it let in before.
const UNKNOWN_DEVICE: &str = "the server does not know this device any more";
/// Why that may be.
const BECAUSE: &str = "it was removed from the account, or the server's store was put back to before it was added";
