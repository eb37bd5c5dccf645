//! Notifications of the desktop, by the program that desktops have for it. It runs by itself: no chat waits for it, and it does not
//! end with the chat.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::tui::Note;

use super::sentences;

/// The program (libnotify).
const PROGRAM: &str = "notify-send";
/// What opens addresses on a desktop (xdg-utils).
const OPENER: &str = "xdg-open";
/// So many of them run at once; a desktop that does not answer gets no more.
const RUNNING_MAX: usize = 4;

/// A desktop, if there is one.
pub(super) struct Desktop {
    program: Option<PathBuf>,
    running: Arc<AtomicUsize>,
}

impl Desktop {
    /// The one of this session.
    pub(super) fn of_session() -> Self {
        Self { program: program(PROGRAM, |name| std::env::var_os(name)), running: Arc::default() }
    }

    /// Shows notes, sooner or later.
    pub(super) fn show(&self, notes: Vec<Note>) {
        let Some(program) = &self.program else { return };
        for note in notes {
            if self.running.fetch_add(1, Ordering::AcqRel) >= RUNNING_MAX {
                self.running.fetch_sub(1, Ordering::AcqRel);
                return;
            }
            let (mut command, running) = (command(program, &note), Arc::clone(&self.running));
            thread::spawn(move || {
                if let Err(error) = command.status() {
                    log::debug!("no notification: {error}");
                }
                running.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }
}

/// Opens an address by whatever opens such things here. What can't be done is said.
pub(super) fn open(url: &str) -> Result<(), String> {
    let by_desktop = |program| self::program(program, |name| std::env::var_os(name));
    let program = if cfg!(target_os = "macos") { Some("/usr/bin/open".into()) } else { by_desktop(OPENER) };
    let program = program.ok_or_else(|| sentences::NO_OPENER.to_owned())?;
    let mut command = Command::new(&program);
    detached(command.arg(url));
    // It may stay as long as a browser does, and somebody has to wait for it.
    let mut child = command.spawn().map_err(|error| sentences::not_started(&program, &error))?;
    thread::spawn(move || child.wait());
    Ok(())
}

/// Where a program is, on a machine with a desktop.
fn program(name: &str, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return None;
    }
    std::env::split_paths(&variable("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn command(program: &PathBuf, note: &Note) -> Command {
    let mut command = Command::new(program);
    command.args(["--app-name=chinwag", "--", &note.title, &in_markup(&note.text)]);
    detached(&mut command);
    command
}

/// Nothing of the terminal is for it, and what ends the chat from the keyboard is not meant for it.
fn detached(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// A text that says the same where markup and escapes are read (Desktop Notifications Specification, "Markup").
fn in_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_desktop_where_the_session_has_one_and_the_program_is_there() {
        let dir = tempfile::tempdir().expect("a folder");
        let of = |variables: &[(&str, &str)]| {
            let path = dir.path().as_os_str().to_owned();
            let set = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into());
            program(PROGRAM, |name| if name == "PATH" { Some(path.clone()) } else { set(name) })
        };
        assert_eq!(of(&[("DISPLAY", ":0")]), None, "there is no program");
        std::fs::write(dir.path().join(PROGRAM), "").expect("written");
        assert_eq!(of(&[("DISPLAY", ":0")]), Some(dir.path().join(PROGRAM)));
        assert_eq!(of(&[("WAYLAND_DISPLAY", "wayland-0")]), Some(dir.path().join(PROGRAM)));
        assert_eq!(of(&[("DISPLAY", "")]), None);
    }

    #[test]
    fn what_was_said_is_an_argument_and_does_nothing() {
        let note = Note { title: "-u".into(), text: "<b> \\n & so on".into() };
        let command = command(&"notify-send".into(), &note);
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(args[1..], ["--", "-u", "&lt;b&gt; \\\\n &amp; so on"]);
    }
}
