//! What was typed, with what the environment and the file of settings say where nothing was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches as _};

use crate::cli::args::{Chat, Cli, Command};
use crate::cli::failure::{Exit, Failure};
use crate::config::{ConfigError, Home, Setting, Settings};

use super::definition::{definition, key_of, trouble, with};

/// A command line that was understood.
pub(in crate::cli) struct Typed {
    /// What is to be done.
    pub(in crate::cli) cli: Cli,
    /// In which folders.
    pub(in crate::cli) home: Home,
    matches: ArgMatches,
    definition: clap::Command,
    pub(super) settings: Settings,
    pub(super) client: Vec<Setting>,
}

/// Why it could not be.
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

impl Typed {
    /// Reads a command line.
    pub(in crate::cli) fn of(typed: impl IntoIterator<Item = OsString>) -> Result<Self, Misread> {
        let typed: Vec<_> = typed.into_iter().collect();
        let mut definition = definition();
        let mut matches = definition.clone().try_get_matches_from(&typed)?;
        let mut cli = Cli::from_arg_matches(&matches)?;
        let home = home(&cli)?;
        let (mut settings, mut client) = (Settings::default(), Vec::new());
        if heeds_settings(&cli) {
            settings = read(&home, cli.config.clone())?;
            client = settings.client(cli.profile.as_deref())?;
            definition = with(definition, &client, settings.serve());
            matches = definition.clone().try_get_matches_from(&typed)?;
            cli = Cli::from_arg_matches(&matches)?;
        }
        Ok(Self { cli, home, matches, definition, settings, client })
    }

    /// What holds when this is typed instead.
    pub(in crate::cli) fn instead(&self, typed: &[&str]) -> Result<Cli, Failure> {
        let cli = self.matches_of(typed).and_then(|matches| Cli::from_arg_matches(&matches));
        cli.map_err(|error| Failure::usage(error.to_string().trim_start_matches("error: ").trim_end()))
    }

    pub(super) fn matches_of(&self, typed: &[&str]) -> Result<ArgMatches, clap::Error> {
        self.definition.clone().try_get_matches_from(typed)
    }

    /// The chat that holds when nothing but this is typed after `chat`.
    pub(in crate::cli) fn chat(&self, flags: &[&str]) -> Result<Chat, Failure> {
        match self.instead(&[&["chinwag", "chat"], flags].concat())?.command {
            Some(Command::Chat(chat)) => Ok(chat),
            _ => unreachable!("it says chat"),
        }
    }

    /// What the keys of the command are set to, wherever that was done; for the command's own defaults nothing.
    pub(in crate::cli) fn set(&self) -> BTreeMap<&'static str, Vec<OsString>> {
        let Some((name, matches)) = self.matches.subcommand() else { return BTreeMap::new() };
        self.of_command(name, matches).into_iter().map(|(key, (_, values))| (key, values)).collect()
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
fn read(home: &Home, asked: Option<PathBuf>) -> Result<Settings, Misread> {
    if let Some(path) = asked.as_ref().filter(|path| !path.exists()) {
        let sentence = format!("there is no file {}", path.display());
        return Err(Misread::Settings(Failure::new(Exit::Configuration, sentence)));
    }
    let settings = Settings::read(&asked.unwrap_or_else(|| home.settings_file()))?;
    let all = settings.every_client().map(|set| (false, set)).chain(settings.serve().iter().map(|set| (true, set)));
    for (is_servers, setting) in all {
        if let Some(why) = trouble(is_servers, setting) {
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
