//! `chinwag register` and `chinwag login`: an account, and this device as one of it.

use crate::client_core::{Login, Notice};
use crate::config::Home;

use super::event::Event;
use super::failure::Failure;
use super::output::say;
use super::session::{Kind, Session, Wants, Word};
use super::{args, secret};

pub(super) fn register(home: &Home, args: &args::Register) -> Result<(), Failure> {
    let login = |invite| {
        let password = match &args.password_file {
            Some(file) => Some(secret::from_file(file)?),
            None if args.no_password => None,
            None => secret::prompt_new(
                "A password, for your other devices (Enter: none): ",
                "give it by --password-file FILE, or none by --no-password",
            )?,
        };
        Ok(Login::Register { password, invite })
    };
    become_someone(home, &args.client, Wants::new(Kind::Ask).login(login), "registered")
}

pub(super) fn login(home: &Home, args: &args::Login) -> Result<(), Failure> {
    let login = |_| {
        let password = match &args.password_file {
            Some(file) => secret::from_file(file)?,
            None => secret::prompt("Password: ", "give it by --password-file FILE")?,
        };
        Ok(Login::Enrol { password })
    };
    become_someone(home, &args.client, Wants::new(Kind::Ask).login(login), "logged in")
}

/// Connects, is let in, says so, and goes.
fn become_someone(home: &Home, client: &args::Client, wants: Wants<'_>, how: &str) -> Result<(), Failure> {
    let mut session = Session::open(home, client, wants)?;
    let ended = loop {
        match session.next() {
            Event::Notice(Notice::Connection(connection)) => match session.library.connection(&connection) {
                Ok(_) if session.library.was_up() => break Ok(()),
                Ok(word) => word.into_iter().for_each(Word::tell_trouble),
                Err(failure) => break Err(failure),
            },
            Event::Notice(Notice::Kept { room, body, answer }) => {
                session.library.kept_answered(&room, &body, answer).tell_trouble();
            }
            Event::Interrupt => break Err(Failure::interrupted("interrupted")),
            Event::LoopEnded(why) => return Err(Failure::loop_ended(why)),
            Event::Notice(_)
            | Event::Line(_)
            | Event::InputEnded(_)
            | Event::Terminal(_)
            | Event::Roaming(_)
            | Event::Log(_)
            | Event::Discarded
            | Event::Continued => {}
        }
    };
    if ended.is_ok() {
        say(&format!("{how} as {} on {}", session.library.wording.name, session.library.wording.server));
    }
    session.close();
    ended
}
