//! A command line that makes no sense, in better words than its parser has: which variable of the environment it is, which
//! command was left out. And help, by whichever words it is asked for.

use std::ffi::{OsStr, OsString};

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::failure::Failure;
use crate::config::ConfigError;
use crate::render::render_text;

use super::definition::{CLIENTS, SERVE, in_words, is_in_environment, variable};

/// Why a command line could not be read.
pub(in crate::cli) enum Misread {
    /// It makes no sense, or help is wanted.
    Usage(Box<clap::Error>),
    /// The settings make none.
    Settings(Failure),
}

impl From<clap::Error> for Misread {
    fn from(error: clap::Error) -> Self {
        Self::Usage(Box::new(error))
    }
}

impl From<ConfigError> for Misread {
    fn from(error: ConfigError) -> Self {
        Self::Settings(error.into())
    }
}

/// `chinwag help find` is `chinwag find --help`.
pub(super) fn asks_for_help(mut typed: Vec<OsString>) -> Vec<OsString> {
    if typed.get(1).is_some_and(|first| first == "help") {
        typed.remove(1);
        typed.push("--help".into());
    }
    typed
}

/// What the parser has found wrong, where that was said.
pub(super) fn explained(error: clap::Error, definition: &Command, typed: &[OsString]) -> Misread {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is well said")]
    match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => match from_environment(&error, typed) {
            Some(variable) => Misread::Settings(Failure::usage(format!("{variable}: {}", in_words(&error)))),
            None => error.into(),
        },
        ErrorKind::InvalidSubcommand => with_group(error, definition).into(),
        ErrorKind::UnknownArgument => with_command(error, definition, typed).into(),
        _ => error.into(),
    }
}

/// The variable that gave the value, if it was not typed.
fn from_environment(error: &clap::Error, typed: &[OsString]) -> Option<String> {
    let Some(ContextValue::String(arg)) = error.get(ContextKind::InvalidArg) else { return None };
    let key = arg.strip_prefix("--")?.split([' ', '=', '[']).next()?;
    let is_command = |arg: &&OsString| CLIENTS.iter().chain([&SERVE]).any(|command| OsStr::new(command) == *arg);
    // Nothing typed is a chat.
    let command = typed.iter().skip(1).find(is_command).map_or("chat".into(), |command| command.to_string_lossy());
    let flag = format!("--{key}");
    let is_flag = |arg: &OsString| arg.to_string_lossy().split('=').next() == Some(&flag);
    (!typed.iter().any(is_flag) && is_in_environment(&command, key)).then(|| variable(&command, key))
}

/// Where a command is one of a group's (`status`, which is `admin status`), that is said.
fn with_group(mut error: clap::Error, definition: &Command) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let has_it = |group: &&Command| group.get_subcommands().any(|command| command.get_name() == typed);
    let tips: Vec<_> = definition
        .get_subcommands()
        .filter(has_it)
        .map(|group| format!("that is `chinwag {} {}`", group.get_name(), render_text(typed)).into())
        .collect();
    if !tips.is_empty() {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// Where `chat` was left out before its flags, that is said.
fn with_command(mut error: clap::Error, definition: &Command, typed: &[OsString]) -> clap::Error {
    let rest = typed.get(1..).unwrap_or_default();
    let begin = ["chinwag".into(), "chat".into()];
    if definition.clone().try_get_matches_from(begin.iter().chain(rest)).is_ok() {
        let rest: Vec<_> = rest.iter().map(|arg| render_text(&arg.to_string_lossy()).into_owned()).collect();
        let tip = format!("a command is missing: `chinwag chat {}`", rest.join(" "));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}
