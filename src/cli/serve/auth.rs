//! The program that vouches for accounts, as it is set, and what the log says of it.

use std::time::Duration;

use crate::auth::Program;
use crate::cli::args;
use crate::cli::failure::Failure;
use crate::render::{counted, render_text};
use crate::server::AuthNews;

/// The program, if there is one.
#[cfg(target_os = "linux")]
pub(super) fn program(args: &args::Serve) -> Result<Option<Program>, Failure> {
    match args.auth_command.as_deref() {
        Some(command) if command.trim().is_empty() => Err(Failure::usage("the auth command is empty")),
        command => Ok(command.map(|command| Program::new(command.to_owned()))),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn program(args: &args::Serve) -> Result<Option<Program>, Failure> {
    match args.auth_command {
        Some(_) => Err(Failure::usage("an auth command is run on Linux only")),
        None => Ok(None),
    }
}

/// How long accounts stay while the program can't be asked; `None`: there is none.
pub(super) fn grace(args: &args::Serve) -> Option<Duration> {
    args.auth_command.as_ref().map(|_| args.auth_grace)
}

/// Says what is new.
pub(super) fn log(news: &AuthNews) {
    match news {
        AuthNews::Fails { why } => log::warn!(
            "the auth command fails ({}): no new device is let in, and who was vouched for stays as long as auth-grace says",
            render_text(why)
        ),
        AuthNews::Answers => log::info!("the auth command answers again"),
        AuthNews::Ended { name, sessions, why } => {
            let sessions = counted(*sessions as u64, "session");
            log::info!("{sessions} of {} ended: {}", render_text(name), render_text(why));
        }
    }
}
