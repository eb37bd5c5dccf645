//! Questions whose answers are not shown while they are typed: passwords.

use chinwag_proto::wire::message::{Access, Secret};

use super::asked::Asked;
use super::desk::Desk;
use super::question::{For, Question};
use super::state::Face;
use chinwag_client_core::{Ask, Command, Login, Start};

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
