//! The command: what is typed becomes commands of a machine, what it tells becomes lines. The only place that prints.
//!
//! Data goes to stdout, everything else to stderr; the exit code says what happened (README, "Exit codes").

mod admin;
mod announce;
mod args;
mod bare;
mod bench;
mod chat;
mod config;
mod discover;
mod doctor;
mod echo;
mod entry;
mod event;
mod failure;
mod hidden;
mod history;
mod local_time;
mod logging;
mod looking;
mod manual;
mod nearest;
mod output;
mod register;
mod roaming;
mod room_name;
mod secret;
mod send;
mod serve;
mod session;
mod signals;
mod simulate;
mod size;
mod start;
mod tail;
mod trust;
mod weather;
mod whole;

use std::process::ExitCode;

use crate::config::Settings;

use args::Command;
use config::{Misread, Typed};
use failure::{Exit, Failure};
use output::{is_unsaid, tell, written};

/// Does what the command line says. The process ends with the code that comes back.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Typed::of(std::env::args_os()) {
        Ok(typed) => {
            logging::start(matches!(typed.cli.command, Some(Command::Serve(_) | Command::Weather(_))));
            dispatch(&typed)
        }
        Err(Misread::Usage(error)) => {
            // Help goes to stdout, everything else to stderr.
            written(error.print());
            Ok(if error.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() })
        }
        Err(Misread::Settings(failure)) => Err(failure),
    };
    match done {
        Ok(code) if code == ExitCode::SUCCESS && is_unsaid() => Exit::General.into(),
        Ok(code) => code,
        Err(failure) => {
            let sentence = failure.to_string();
            if !sentence.is_empty() {
                tell(&sentence);
            }
            failure.exit.into()
        }
    }
}

fn dispatch(typed: &Typed) -> Result<ExitCode, Failure> {
    let home = &typed.home;
    let Some(command) = &typed.cli.command else { return alone(typed) };
    match command {
        Command::Serve(args) => {
            Settings::begin(home);
            serve::run(typed, args)?;
        }
        Command::Find(args) => discover::find::run(home, args)?,
        Command::Doctor(args) => doctor::run(home, args)?,
        Command::Register(args) => register::register(home, args)?,
        Command::Login(args) => register::login(home, args)?,
        Command::Chat(args) => {
            Settings::begin(home);
            chat::run(home, args)?;
        }
        Command::Send(args) => send::run(home, args)?,
        Command::Tail(args) => tail::run(home, args)?,
        Command::History(args) => history::history(home, args)?,
        Command::Search(args) => history::search(home, args)?,
        Command::Rooms(args) => history::rooms(home, args)?,
        Command::Trust(args) => trust::run(home, args)?,
        Command::Admin(args) => admin::run(home, typed.cli.config.as_deref(), args)?,
        Command::Config(args) => config::run(typed, args)?,
        Command::Weather(args) => weather::run(args)?,
        Command::Bench(args) => bench::run(args)?,
        Command::Completions(args) => manual::completions(home, args)?,
        Command::Man(args) => manual::man(args)?,
        Command::Sim(args) => return report(simulate::run(args, &mut std::io::stdout())),
    }
    Ok(Exit::Ok.into())
}

/// `chinwag`, and nothing else: to the server that is set, or to whoever is here.
fn alone(typed: &Typed) -> Result<ExitCode, Failure> {
    Settings::begin(&typed.home);
    let plain: &[&str] = if typed.cli.plain { &["--plain"] } else { &[] };
    let chat = typed.chat(plain)?;
    match chat.client.server {
        Some(_) => chat::run(&typed.home, &chat)?,
        None => bare::run(typed, chat.client.name, chat.plain)?,
    }
    Ok(Exit::Ok.into())
}

/// The end of a command that writes a report to stdout.
fn report(done: std::io::Result<ExitCode>) -> Result<ExitCode, Failure> {
    match done {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Ok.into()),
        done => done.map_err(|error| Failure::new(Exit::General, error.to_string())),
    }
}
