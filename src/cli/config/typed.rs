//! What was typed, with what the environment and the file of settings say where nothing was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};

use crate::cli::args::{Chat, Cli, Command};
use crate::cli::failure::{Exit, Failure};
use crate::config::{ConfigError, Home, Setting, Settings};

use super::definition::{SERVE, definition, in_words, is_in_environment, key_of, trouble, variable, with};
use super::misread::{Misread, asks_for_help, explained};
use super::sound::unsound;

/// A command line that was understood.
pub(in crate::cli) struct Typed {
    /// What is to be done.
    pub(in crate::cli) cli: Cli,
    /// In which folders.
    pub(in crate::cli) home: Home,
    matches: ArgMatches,
    definition: clap::Command,
    pub(super) settings: Settings,
    /// What clients take of it.
    pub(super) client: Vec<Setting>,
}

impl Typed {
    /// Reads a command line.
    pub(in crate::cli) fn of(typed: impl IntoIterator<Item = OsString>) -> Result<Self, Misread> {
        let typed = asks_for_help(typed.into_iter().collect());
        let mut definition = definition();
        let read = |definition: &clap::Command| {
            definition.clone().try_get_matches_from(&typed).map_err(|error| explained(error, definition, &typed))
        };
        let mut matches = read(&definition)?;
        let mut cli = Cli::from_arg_matches(&matches)?;
        let home = home(&cli)?;
        let (mut settings, mut client) = (Settings::default(), Vec::new());
        if heeds_settings(&cli) {
            settings = settings_at(&home, cli.config.clone())?;
            client = settings.client(cli.profile.as_deref())?;
            client.extend_from_slice(settings.tui());
            definition = with(definition, &client, settings.serve());
            matches = read(&definition)?;
            cli = Cli::from_arg_matches(&matches)?;
        }
        let typed = Self { cli, home, matches, definition, settings, client };
        if let Some((command, matches)) = typed.matches.subcommand() {
            typed.look_over_environment(command, matches)?;
        }
        Ok(typed)
    }

    /// Looks over what a command takes from the environment.
    fn look_over_environment(&self, command: &str, matches: &ArgMatches) -> Result<(), Misread> {
        for (key, (source, values)) in self.of_command(command, matches) {
            let trouble = values.iter().find_map(|value| unsound(command == SERVE, key, &value.to_string_lossy()));
            if let Some(why) = trouble.filter(|_| source == ValueSource::EnvVariable) {
                return Err(Misread::Settings(Failure::usage(format!("{}: {why}", variable(command, key)))));
            }
        }
        Ok(())
    }

    /// A failure of a command that is because of one of its keys, said of the place where that was set.
    pub(in crate::cli) fn blame(&self, command: &str, key: &str, failure: Failure) -> Failure {
        let matches = self.matches.subcommand_matches(command);
        let is_typed = matches.is_some_and(|matches| {
            let arg = self.definition.find_subcommand(command).and_then(|command| {
                command.get_arguments().find(|arg| arg.get_long() == Some(key)).map(|arg| arg.get_id().as_str())
            });
            arg.and_then(|arg| matches.value_source(arg)) == Some(ValueSource::CommandLine)
        });
        if is_typed {
            return failure;
        }
        if is_in_environment(command, key) {
            return Failure::new(failure.exit, format!("{}: {failure}", variable(command, key)));
        }
        let settings = if command == SERVE { self.settings.serve() } else { &self.client };
        match settings.iter().find(|setting| setting.key == key) {
            Some(setting) => self.settings.trouble(setting, &failure.to_string()).into(),
            None => failure,
        }
    }

    /// What holds when this is typed instead.
    pub(in crate::cli) fn instead(&self, typed: &[&str]) -> Result<Cli, Failure> {
        let matches = self.matches_of(typed)?;
        Cli::from_arg_matches(&matches).map_err(|error| Failure::usage(in_words(&error)))
    }

    pub(super) fn matches_of(&self, typed: &[&str]) -> Result<ArgMatches, Failure> {
        let matches = self.definition.clone().try_get_matches_from(typed);
        let typed: Vec<OsString> = typed.iter().map(Into::into).collect();
        let matches = matches.map_err(|error| match explained(error, &self.definition, &typed) {
            Misread::Usage(error) => Failure::usage(in_words(&error)),
            Misread::Settings(failure) => failure,
        })?;
        if let Some((command, matches)) = matches.subcommand()
            && let Err(Misread::Settings(failure)) = self.look_over_environment(command, matches)
        {
            return Err(failure);
        }
        Ok(matches)
    }

    /// The chat that holds when nothing but this is typed after `chat`.
    pub(in crate::cli) fn chat(&self, flags: &[&str]) -> Result<Chat, Failure> {
        let matches = self.matches_of(&[&["chinwag", "chat"], flags].concat())?;
        let Some(matches) = matches.subcommand_matches("chat") else {
            return Err(Failure::usage("only flags of `chat` are meant here"));
        };
        Chat::from_arg_matches(matches).map_err(|error| Failure::usage(in_words(&error)))
    }

    /// What the keys of the command are set to, wherever that was done; for the command's own defaults nothing.
    pub(in crate::cli) fn set(&self) -> BTreeMap<&'static str, Vec<OsString>> {
        let Some((name, matches)) = self.matches.subcommand() else { return BTreeMap::new() };
        self.of_command(name, matches).into_iter().map(|(key, (_, values))| (key, values)).collect()
    }

    /// The keys that a command has, and what holds where nothing was set; `None`: that depends, or is nothing.
    pub(super) fn defaults_of(&self, name: &str) -> Vec<(&'static str, Option<String>)> {
        let own = definition();
        let Some(command) = own.find_subcommand(name) else { return Vec::new() };
        let default_of =
            |arg: &clap::Arg| arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        command.get_arguments().filter_map(|arg| Some((key_of(name, arg)?, default_of(arg)))).collect()
    }

    /// The keys of a command that are set: where and to what.
    pub(super) fn of_command(
        &self,
        name: &str,
        matches: &ArgMatches,
    ) -> BTreeMap<&'static str, (ValueSource, Vec<OsString>)> {
        let Some(command) = self.definition.find_subcommand(name) else { return BTreeMap::new() };
        let settings = if name == "serve" { self.settings.serve() } else { &self.client };
        let in_file = |key| settings.iter().any(|setting| setting.key == key);
        let set = command.get_arguments().filter_map(|arg| {
            let key = key_of(name, arg)?;
            let source = matches.value_source(arg.get_id().as_str())?;
            if source == ValueSource::DefaultValue && !in_file(key) {
                return None;
            }
            let values = matches.get_raw(arg.get_id().as_str())?.map(ToOwned::to_owned).collect();
            Some((key, (source, values)))
        });
        set.collect()
    }
}

/// Reads the file of settings. Each value is looked over, also those that nothing asks for now.
fn settings_at(home: &Home, asked: Option<PathBuf>) -> Result<Settings, Misread> {
    if let Some(path) = asked.as_ref().filter(|path| !path.exists()) {
        let sentence = format!("there is no file {}", path.display());
        return Err(Misread::Settings(Failure::new(Exit::Configuration, sentence)));
    }
    let settings = Settings::read(&asked.unwrap_or_else(|| home.settings_file()))?;
    for (is_servers, setting) in settings.all() {
        let unsound = || setting.values.iter().find_map(|value| unsound(is_servers, setting.key, value));
        if let Some(why) = trouble(is_servers, setting).or_else(unsound) {
            return Err(settings.trouble(setting, &why).into());
        }
    }
    Ok(settings)
}

/// Whether a command does as the file of settings says. The others take no key of it, and work beside a file that makes no
/// sense.
fn heeds_settings(cli: &Cli) -> bool {
    match &cli.command {
        None => true,
        Some(command) => match command {
            Command::Serve(_)
            | Command::Register(_)
            | Command::Login(_)
            | Command::Chat(_)
            | Command::Send(_)
            | Command::Tail(_)
            | Command::History(_)
            | Command::Search(_)
            | Command::Rooms(_)
            | Command::Config(_) => true,
            Command::Find(_)
            | Command::Doctor(_)
            | Command::Trust(_)
            | Command::Admin(_)
            | Command::Weather(_)
            | Command::Sim(_)
            | Command::Bench(_)
            | Command::Completions(_)
            | Command::Man(_) => false,
        },
    }
}

/// The folders: the flag before the environment before the system's.
fn home(cli: &Cli) -> Result<Home, ConfigError> {
    let dir =
        cli.home.clone().or_else(|| std::env::var_os("CHINWAG_HOME").filter(|dir| !dir.is_empty()).map(Into::into));
    match dir {
        Some(dir) => Ok(Home::at(&dir)),
        None => Home::of_user(),
    }
}
