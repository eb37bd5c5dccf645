//! Passwords, tokens and invitations: from a file, from the environment, or typed without a trace. Never from the command line,
//! where everyone on the machine can read them.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use chinwag_proto::limits::{PASSWORD_MIN_LEN, SECRET_MAX_LEN};
use chinwag_proto::wire::message::{Refusal, Secret};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use crate::words;

use super::failure::{Exit, Failure};
use super::output::{ask, tell};
use super::signals::{give_back_at_the_end, on_continued, watch_signals};

/// The environment's token.
const TOKEN: &str = "CHINWAG_TOKEN";

/// The secret in a file: its first line.
pub(super) fn from_file(path: &Path) -> Result<Secret, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Configuration, format!("can't read {}: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let secret = Secret::from(text.lines().next().unwrap_or_default().trim().to_owned());
    drop(Secret::from(text));
    match secret.reveal().len() {
        0 => Err(unreadable(&"its first line is empty")),
        // The link of an invitation, or of a token, has an address and keys beside its code.
        len if len > SECRET_MAX_LEN && !secret.reveal().starts_with("chinwag:") => {
            Err(unreadable(&format!("a secret has at most {SECRET_MAX_LEN} octets")))
        }
        _ => Ok(secret),
    }
}

/// The token that was given: by a file, in the environment, or by a command.
pub(super) fn token(file: Option<&Path>, command: Option<&str>) -> Result<Option<Secret>, Failure> {
    let of_environment =
        std::env::var(TOKEN).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
    match (file, of_environment, command) {
        (Some(file), ..) => from_file(file).map(Some),
        (None, Some(token), _) => Ok(Some(Secret::from(token))),
        (None, None, Some(command)) => from_command(command).map(Some),
        (None, None, None) => Ok(None),
    }
}

/// The secret that a command prints: its first line. The command may ask the user for something at the terminal.
fn from_command(command: &str) -> Result<Secret, Failure> {
    let unusable = |why: &str| Failure::new(Exit::Configuration, format!("`{command}` gives no token: {why}"));
    let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
    let mut shell_command = Command::new(shell[0]);
    shell_command.args([shell[1], command]).stdin(Stdio::inherit()).stderr(Stdio::inherit());
    let ended = shell_command.output().map_err(|error| unusable(&error.to_string()))?;
    let text = String::from_utf8(ended.stdout).map_err(|_| unusable("what it prints is no text"))?;
    let secret = Secret::from(text.lines().next().unwrap_or_default().trim().to_owned());
    drop(Secret::from(text));
    match secret.reveal().len() {
        _ if !ended.status.success() => Err(unusable(&ended.status.to_string())),
        0 => Err(unusable("its first line is empty")),
        // The link of a token has an address and keys beside it.
        len if len > SECRET_MAX_LEN && !secret.reveal().starts_with("chinwag:") => {
            Err(unusable(&format!("a secret has at most {SECRET_MAX_LEN} octets")))
        }
        _ => Ok(secret),
    }
}

/// Asks for a secret at the terminal; nothing of it is shown. An empty answer is one; one that is longer than any is asked for again.
pub(super) fn prompt(question: &str, otherwise: &str) -> Result<Secret, Failure> {
    loop {
        let typed = prompt_once(question, otherwise)?;
        if typed.reveal().len() <= SECRET_MAX_LEN {
            return Ok(typed);
        }
        tell(&format!("a password has at most {SECRET_MAX_LEN} octets"));
    }
}

/// The same, whatever it is, as far as can be told that it is too long.
fn prompt_once(question: &str, otherwise: &str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(format!("there is no terminal to ask for a password at; {otherwise}")));
    }
    // Whatever ends the program gives the terminal back; and whoever continues it has set the modes anew.
    let _signals = watch_signals(|| false).map_err(Failure::system)?;
    let again = question.to_owned();
    let _continued = on_continued(move || drop(begin(&format!("\n{again}")))).map_err(Failure::system)?;
    give_back_at_the_end();
    let raw = Raw;
    begin(question).map_err(Failure::terminal)?;
    let typed = read();
    drop(raw);
    ask("\n");
    typed.map_err(Failure::terminal)?.ok_or_else(|| Failure::interrupted(""))
}

/// Asks for a new password, twice; an empty one is none.
pub(super) fn prompt_new(question: &str, otherwise: &str) -> Result<Option<Secret>, Failure> {
    let first = loop {
        let typed = prompt_once(question, otherwise)?;
        match typed.reveal().len() {
            0 => return Ok(None),
            PASSWORD_MIN_LEN..=SECRET_MAX_LEN => break typed,
            // Judged before it is typed again: the server would say so only then.
            _ => tell(words::refusal(Refusal::PasswordUnfit)),
        }
    };
    if prompt("The same again: ", otherwise)? != first {
        return Err(Failure::usage("the two are not the same; nothing was done"));
    }
    Ok(Some(first))
}

/// Nothing that is typed is shown; what was typed before is discarded; then the question is asked.
fn begin(question: &str) -> io::Result<()> {
    // The library remembers that the modes are set, and would leave it at that.
    terminal::disable_raw_mode()?;
    terminal::enable_raw_mode()?;
    super::echo::discard_typed();
    // And what the library has read ahead of the answer to an earlier question.
    while crossterm::event::poll(Duration::ZERO)? {
        drop(crossterm::event::read()?);
    }
    ask(question);
    Ok(())
}

/// The terminal is in raw mode until this is dropped, by a panic, too.
struct Raw;

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

/// Keys until Enter; `None`: the user does not want to.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are many keys, and these are ours")]
fn read() -> io::Result<Option<Secret>> {
    // It never grows, which would leave a copy behind; and what is too long is never cut to what might be taken.
    let mut typed = String::with_capacity(SECRET_MAX_LEN + 4);
    loop {
        let Event::Key(key) = crossterm::event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(Some(Secret::from(typed))),
            KeyCode::Char('j' | 'm') if control => return Ok(Some(Secret::from(typed))),
            KeyCode::Char('c' | 'd') if control => {
                drop(Secret::from(typed));
                return Ok(None);
            }
            KeyCode::Char('u') if control => typed.clear(),
            KeyCode::Backspace => drop(typed.pop()),
            KeyCode::Char(c) if !control && typed.len() <= SECRET_MAX_LEN => typed.push(c),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_command_gives_its_first_line_and_says_what_is_wrong_with_it() {
        let read = |command: &str| {
            from_command(command).map(|secret| secret.reveal().to_owned()).map_err(|failure| failure.to_string())
        };
        assert_eq!(read("echo ' cwt_1 '; echo more"), Ok("cwt_1".into()));
        assert!(read("echo cwt_1; exit 3").expect_err("it failed").contains("exit status: 3"));
        assert!(read("true").expect_err("empty").contains("first line is empty"));
        assert!(read("no-such-keyring-here 2>/dev/null").expect_err("none").contains("`no-such-keyring-here"));
    }

    #[test]
    fn a_file_gives_its_first_line_and_says_what_is_wrong_with_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("password");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("written");
            from_file(&path).map(|secret| secret.reveal().to_owned()).map_err(|failure| failure.to_string())
        };
        assert_eq!(read("correct horse \r\nmore\n"), Ok("correct horse".into()));
        assert!(read("\n").expect_err("empty").contains("first line is empty"));
        assert!(read(&"x".repeat(257)).expect_err("long").contains("256 octets"));
        assert!(from_file(&dir.path().join("none")).expect_err("missing").to_string().contains("none"));
    }
}
