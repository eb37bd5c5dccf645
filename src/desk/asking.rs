//! Questions whose answers are not shown while they are typed: passwords.

use chinwag_proto::wire::message::{Access, Secret};

use super::asked::Asked;
use super::desk::Desk;
use super::question::{For, Question};
use super::remark::{AboutSecret, Done, Remark};
use chinwag_client_core::{Ask, Command, Entering, Login, Start};

impl Desk {
    /// Asks for a password, where there is someone to type it.
    pub(super) fn ask_for(&mut self, what: For) {
        if self.manner.is_attended {
            self.questions.open = Some(Question { what, first: None });
            self.questions.opened += 1;
        } else {
            self.remark(Remark::NobodyToAsk(what));
            self.not_done();
        }
    }

    /// The user does not want to answer.
    pub fn not_answered(&mut self) {
        if self.questions.open.take().is_some() {
            self.remark(AboutSecret::NothingDone);
        }
    }

    /// The answer to the open question.
    pub fn secret(&mut self, typed: String) {
        let Some(question) = self.questions.open.take() else { return };
        let typed = Secret::from(typed);
        let is_empty = typed.reveal().is_empty();
        if question.is_unfit(&typed) {
            self.remark(if question.is_of_room() { AboutSecret::UnfitForRoom } else { AboutSecret::Unfit });
            self.questions.opened += 1;
            self.questions.open = Some(question);
            return;
        }
        match (&question.first, question.is_twice() && !is_empty) {
            (None, true) => {
                self.questions.open = Some(Question { first: Some(typed), ..question });
                self.questions.opened += 1;
            }
            (Some(first), _) if *first != typed => self.remark(AboutSecret::Differ),
            _ if is_empty && !matches!(question.what, For::Register(_) | For::Old | For::Unregister) => {
                self.remark(AboutSecret::Empty);
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
                self.ask(Ask::Unregister { password }, Asked::Done(Done::Unregistered));
            }
            (For::Old, old) => self.ask_for(For::New(old)),
            (For::New(old), Some(new)) => {
                self.ask(Ask::SetPassword { old, new }, Asked::Done(Done::PasswordSet));
            }
            (For::Unlock(room), Some(password)) => {
                self.will_enter(&room);
                let room = self.goes_to(&room);
                self.command(Command::Join { room, entering: Entering::Locked(password), start: Start::CHAT });
            }
            (For::Create(room), password @ Some(_)) => {
                self.will_enter(&room);
                let room = self.goes_to(&room);
                let entering = Entering::Made { access: Access::Password, password };
                self.command(Command::Join { room, entering, start: Start::All });
            }
            (For::Open(room), password @ Some(_)) => {
                let done = Asked::Done(Done::RoomPasswordSet);
                self.ask(Ask::Open { room, access: Access::Password, password }, done);
            }
            (For::Login(_) | For::New(_) | For::Unlock(_) | For::Create(_) | For::Open(_), None) => {}
        }
    }
}
