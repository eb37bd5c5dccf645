//! The person at the terminal: their name, and what they answer.

use std::io::{self, BufRead as _, IsTerminal as _};

use chinwag_proto::wire::message::name;

use crate::config::Home;
use crate::render::render_text;

use super::super::failure::{Exit, Failure};
use super::super::output::{ask, tell};
use super::super::signals::watch_signals;

/// Under which name; asked the first time.
pub(super) struct Person {
    pub(super) name: String,
    /// Lines are wanted, no screen.
    pub(super) is_plain: bool,
}

impl Person {
    pub(super) fn ask(home: &Home) -> Result<Self, Failure> {
        if let Some(used) = home.recent().all()?.into_iter().next() {
            return Ok(Self { name: used.name, is_plain: false });
        }
        let login = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|variable| std::env::var(variable).ok());
        let login = login.and_then(|login| Some(name::composed(&login).ok()?.into_owned()));
        if !is_at_terminal() {
            return login
                .map(|name| Self { name, is_plain: false })
                .ok_or_else(|| Failure::usage("under which name? `chinwag chat --name NAME` says it"));
        }
        loop {
            match &login {
                Some(login) => ask(&format!("Your name here [{login}]: ")),
                None => ask("Your name here: "),
            }
            let typed = answer()?.ok_or_else(|| Failure::usage("no name was typed"))?;
            let name = if typed.is_empty() { login.clone().unwrap_or_default() } else { typed };
            match name::composed(&name) {
                Ok(name) => return Ok(Self { name: name.into_owned(), is_plain: false }),
                Err(error) => tell(&format!("{error} (\"{}\")", render_text(&name))),
            }
        }
    }
}

pub(super) fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A line that a person types; `None` at the end of the input. Ctrl-C ends the program, also after a chat that had its own use
/// for it.
pub(super) fn answer() -> Result<Option<String>, Failure> {
    let _signals = watch_signals(|| false).map_err(Failure::system)?;
    let mut typed = String::new();
    let len =
        io::stdin().lock().read_line(&mut typed).map_err(|error| Failure::new(Exit::General, error.to_string()))?;
    Ok((len > 0).then(|| typed.trim().to_owned()))
}
