//! Questions whose answers are not shown while they are typed: passwords.

use chinwag_proto::wire::message::{Access, Secret};

use super::answers::Asked;
use super::{Command, Desk, Face, Start};
use chinwag_client_core::{Ask, Login};

/// What a password is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// To register under this name.
    Register(String),
    /// To log in under this name.
    Login(String),
    /// To set another one: the present one, then the new one.
    Old,
    New(Option<Secret>),
    /// To delete the account.
    Unregister,
    /// To enter a room.
    Unlock(String),
    /// To make a room.
    Create(String),
    /// To change who may enter a room.
    Open(String),
}

/// A question that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    what: For,
    /// What was typed the first time, of what is typed twice.
    first: Option<Secret>,
}

impl Question {
    /// What stands before what is typed.
    #[must_use]
    pub const fn prompt(&self) -> &'static str {
        match (&self.what, &self.first) {
            (_, Some(_)) => "the same again: ",
            (For::Register(_), None) => "a password for your other devices (Enter: none): ",
            (For::Login(_), None) => "password: ",
            (For::Unregister, None) => "your password, to delete the account (Enter: there is none): ",
            (For::Old, None) => "the present password (Enter: there is none): ",
            (For::New(_), None) => "the new password: ",
            (For::Unlock(_) | For::Create(_) | For::Open(_), None) => "the room's password: ",
        }
    }

    /// Whether it is typed twice, because nobody sees a slip.
    const fn is_twice(&self) -> bool {
        matches!(self.what, For::Register(_) | For::New(_) | For::Create(_) | For::Open(_))
    }
}

impl Desk {
    /// Asks for a password, where there is someone to type it.
    pub(super) fn ask_for(&mut self, what: For) {
        if self.face != Face::Pipe {
            self.question = Some(Question { what, first: None });
        } else {
            self.trouble("a password is typed at a terminal; elsewhere: chinwag login --password-file FILE");
            self.not_done();
        }
    }

    /// The user does not want to answer.
    pub fn not_answered(&mut self) {
        if self.question.take().is_some() {
            self.news("nothing was done");
        }
    }

    /// The answer to the open question.
    pub fn secret(&mut self, typed: String) {
        let Some(question) = self.question.take() else { return };
        let typed = Secret::from(typed);
        let is_empty = typed.reveal().is_empty();
        match (&question.first, question.is_twice() && !is_empty) {
            (None, true) => self.question = Some(Question { first: Some(typed), ..question }),
            (Some(first), _) if *first != typed => self.trouble("the two are not the same; nothing was done"),
            _ if is_empty && !matches!(question.what, For::Register(_) | For::Old | For::Unregister) => {
                self.trouble("an empty password is none; nothing was done");
            }
            _ => self.with_secret(question.what, Some(typed).filter(|_| !is_empty)),
        }
    }

    fn with_secret(&mut self, what: For, secret: Option<Secret>) {
        match (what, secret) {
            (For::Register(name), password) => {
                self.command(Command::Identify { name, login: Login::Register { password, invite: None } });
            }
            (For::Login(name), Some(password)) => {
                self.command(Command::Identify { name, login: Login::Enrol { password } });
            }
            (For::Unregister, password) => {
                self.ask(Ask::Unregister { password }, Asked::Done("the account is deleted".to_owned()));
            }
            (For::Old, old) => self.ask_for(For::New(old)),
            (For::New(old), Some(new)) => {
                self.ask(Ask::SetPassword { old, new }, Asked::Done("the password is set".to_owned()));
            }
            (For::Unlock(room), Some(password)) => {
                let room = self.goes_to(&room);
                self.command(Command::Unlock { room, password, start: Start::CHAT });
            }
            (For::Create(room), password @ Some(_)) => {
                self.command(Command::Create { room, access: Access::Password, password });
            }
            (For::Open(room), password @ Some(_)) => {
                let done = Asked::Done("the room has a new password".to_owned());
                self.ask(Ask::Open { room, access: Access::Password, password }, done);
            }
            (For::Login(_) | For::New(_) | For::Unlock(_) | For::Create(_) | For::Open(_), None) => {}
        }
    }
}
