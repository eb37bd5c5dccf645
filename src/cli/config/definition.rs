//! The definition of the command line, with what the environment and a file of settings give where nothing is typed: their
//! values stand where the definition's own defaults stood, and are read by the same parsers.

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, CommandFactory as _};

use crate::cli::args::Cli;
use crate::config::{Setting, Settings};

/// The commands that take the keys of `[client]`.
pub(super) const CLIENTS: &[&str] = &["register", "login", "chat", "send", "tail", "history", "search", "rooms"];
/// The command that takes the keys of `[serve]`.
pub(in crate::cli) const SERVE: &str = "serve";

/// The definition, with the environment.
pub(in crate::cli) fn definition() -> Command {
    mut_settable(plain(), |command, key, arg| {
        let variable = variable(command, key);
        // What is set to nothing is not set.
        let is_empty = std::env::var_os(&variable).is_some_and(|value| value.is_empty());
        if is_empty { arg } else { arg.env(variable).hide_env_values(true) }
    })
}

/// What the environment calls a key of a command.
pub(super) fn variable(command: &str, key: &str) -> String {
    let prefix = if command == SERVE { "CHINWAG_SERVE_" } else { "CHINWAG_" };
    format!("{prefix}{}", key.to_uppercase().replace('-', "_"))
}

/// Whether there is something in the environment for it.
pub(super) fn is_in_environment(command: &str, key: &str) -> bool {
    std::env::var_os(variable(command, key)).is_some_and(|value| !value.is_empty())
}

/// The same, with what is set in a file.
pub(super) fn with(definition: Command, client: &[Setting], serve: &[Setting]) -> Command {
    mut_settable(definition, |command, key, arg| {
        let settings = if command == SERVE { serve } else { client };
        match settings.iter().find(|setting| setting.key == key) {
            Some(setting) if !is_overruled(key) => arg.default_values(setting.values.clone()),
            _ => arg,
        }
    })
}

/// What is wrong with a value, by the parser of its flag.
pub(super) fn trouble(is_servers: bool, setting: &Setting) -> Option<String> {
    let flags = setting.values.iter().map(|value| format!("--{}={value}", setting.key));
    // Any command that has the flag will do.
    let command = CLIENTS.iter().find(|command| takes(command, setting.key)).filter(|_| !is_servers).unwrap_or(&SERVE);
    let typed = ["chinwag".to_owned(), (*command).to_owned()].into_iter().chain(flags);
    let error = plain().try_get_matches_from(typed).err()?;
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return None;
    }
    Some(in_words(&error))
}

/// What a parser says of a value, in one line and without the flag: what it is a value of, its place says.
pub(super) fn in_words(error: &clap::Error) -> String {
    let said = error.to_string();
    let said = said.split("\n\nFor more").next().unwrap_or_default();
    let said: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = said.join(" ").trim_start_matches("error: ").replace(NO_NUMBER, "a whole number is meant");
    let Some((value, rest)) = said.split_once(" for '--") else { return said };
    format!("{value}{}", rest.split_once('\'').map_or("", |(_, rest)| rest))
}

/// What the parser of numbers says of what is none.
const NO_NUMBER: &str = "invalid digit found in string";

/// The key that an argument of a command can be set by.
pub(super) fn key_of(command: &str, arg: &Arg) -> Option<&'static str> {
    let of_clients = || [Settings::CLIENT_KEYS, Settings::TUI_KEYS].concat();
    let keys = if command == SERVE { Settings::SERVE_KEYS.to_vec() } else { of_clients() };
    let key = keys.into_iter().find(|key| arg.get_long() == Some(key))?;
    takes(command, key).then_some(key)
}

/// Whether a command takes a key: where to begin and how to look is a chat's own, and a chat never gives up.
fn takes(command: &str, key: &str) -> bool {
    match key {
        "room" | "read-privately" => command == "chat",
        _ if Settings::TUI_KEYS.contains(&key) => command == "chat",
        "timeout" => command != "chat",
        _ => true,
    }
}

/// A token in the environment comes before one that the file names.
fn is_overruled(key: &str) -> bool {
    ["token-file", "token-command"].contains(&key)
        && std::env::var_os("CHINWAG_TOKEN").is_some_and(|token| !token.is_empty())
}

/// The definition, whose switches can be turned off again: `--hidden=no`.
fn plain() -> Command {
    mut_settable(Cli::command(), |_, _, arg| {
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            switch(arg)
        } else if matches!(arg.get_action(), ArgAction::Append) {
            arg.value_delimiter(',')
        } else {
            arg
        }
    })
}

fn switch(arg: Arg) -> Arg {
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_parser(yes_or_no)
        .default_missing_value("yes")
        .default_value("no")
        .hide_default_value(true)
        .hide_possible_values(true)
        .value_name("yes|no")
}

fn yes_or_no(given: &str) -> Result<bool, String> {
    match given.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "on" | "1" => Ok(true),
        "no" | "n" | "false" | "f" | "off" | "0" => Ok(false),
        _ => Err("yes or no is meant".to_owned()),
    }
}

fn mut_settable(definition: Command, change: impl Fn(&str, &'static str, Arg) -> Arg) -> Command {
    CLIENTS.iter().chain([&SERVE]).fold(definition, |definition, name| {
        definition.mut_subcommand(name, |command| {
            command.mut_args(|arg| match key_of(name, &arg) {
                Some(key) => change(name, key, arg),
                None => arg,
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound_and_every_key_is_a_flag() {
        definition().debug_assert();
        let flags = |commands: &[&str]| -> Vec<_> {
            let definition = plain();
            let of =
                |name: &&str| definition.find_subcommand(name).expect("a command").get_arguments().cloned().collect();
            let flags = commands.iter().flat_map(|name: &&str| -> Vec<Arg> { of(name) });
            flags.filter_map(|arg| arg.get_long().map(ToOwned::to_owned)).collect()
        };
        let (clients, servers) = (flags(CLIENTS), flags(&[SERVE]));
        assert!(Settings::TUI_KEYS.iter().all(|key| clients.iter().any(|flag| flag == key)));
        assert!(Settings::CLIENT_KEYS.iter().all(|key| clients.iter().any(|flag| flag == key)));
        assert!(Settings::SERVE_KEYS.iter().all(|key| servers.iter().any(|flag| flag == key)));
    }

    #[test]
    fn a_value_is_read_by_the_parser_of_its_flag() {
        let trouble = |is_servers, key, value: &str| {
            trouble(is_servers, &Setting { key, values: vec![value.to_owned()], line: 1 })
        };
        assert_eq!(trouble(true, "durability", "os"), None);
        let said = trouble(true, "durability", "tape").expect("there is none");
        assert!(said.contains("'tape'") && said.contains("fsync, os, memory"), "{said}");
        assert!(trouble(false, "weather", "fog=1").expect("there is none").contains("fog"));
        assert_eq!(trouble(false, "room", "lobby"), None);
        assert_eq!(trouble(false, "accept-new", "true"), None);
    }
}
