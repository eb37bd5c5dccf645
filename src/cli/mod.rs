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
mod entry;
mod event;
mod failure;
mod history;
mod logging;
mod manual;
mod register;
mod roaming;
mod secret;
mod send;
mod serve;
mod session;
mod simulate;
mod size;
mod start;
mod tail;
mod trust;
mod weather;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::name::{self, NameError};

use crate::client::machine_name;
use crate::config::Settings;
use crate::desk::dates;
use crate::render::render_text;

use args::Command;
use config::{Misread, Typed};
use failure::{Exit, Failure};

/// Where every chat begins: whoever names it means it, even where it is not there yet.
const LOBBY: &str = "lobby";

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
        Ok(code) if code == ExitCode::SUCCESS && UNSAID.load(Ordering::Relaxed) => Exit::General.into(),
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

/// Some data could not be written: the command has not done what it was asked.
static UNSAID: AtomicBool = AtomicBool::new(false);

/// A line of data.
fn say(line: &str) {
    written(writeln!(std::io::stdout().lock(), "{line}"));
}

/// Says once that data could not be written. A reader that has gone away is no reason to complain.
fn written(done: std::io::Result<()>) {
    if let Err(error) = done
        && error.kind() != std::io::ErrorKind::BrokenPipe
        && !UNSAID.swap(true, Ordering::Relaxed)
    {
        tell(&format!("can't write to stdout: {error}"));
    }
}

/// A line for people.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "chinwag: {line}");
}

/// A line for people who were asked something.
fn tell_plain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A question for people.
fn ask(question: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{question}").and_then(|()| err.flush());
}

/// A time of day on this machine's clock, for people: `09:12`.
fn clock_time(at: WallTime) -> String {
    dates::clock_time(at, calendar)
}

/// How far this machine's clock is ahead of UTC at a moment, in seconds.
fn calendar(at: WallTime) -> i32 {
    let ms = i64::try_from(at.as_unix_millis()).unwrap_or(i64::MAX);
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
    jiff::tz::TimeZone::system().to_offset(time).seconds()
}

/// Whether the user did not ask for plain text (<https://no-color.org>), and the terminal can show another.
fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && can_draw()
}

/// Whether the terminal does more than print lines. One that can do nothing is called "dumb", or nothing at all (Windows names
/// none of its own).
fn can_draw() -> bool {
    match std::env::var("TERM") {
        Ok(term) => !term.is_empty() && term != "dumb",
        Err(_) => cfg!(windows),
    }
}

/// Checks the name of a room (with or without `#`), or of a person after `@`, before anything is asked of a server.
fn check_room(room: &str) -> Result<(), Failure> {
    is_room(room).map_err(|error| Failure::usage(format!("{error} (--room \"{}\")", render_text(room))))
}

/// Whether a room can be called so.
fn is_room(room: &str) -> Result<(), NameError> {
    name::check(room.strip_prefix(['#', '@']).unwrap_or(room))
}
