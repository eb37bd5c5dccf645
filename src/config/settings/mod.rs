//! `config.toml`: what a person sets once instead of typing it each time. Here are the sections and their keys, each with its
//! type and the line that it stands in. What a value means is the command line's to say: each key is the long name of a flag.

mod sections;
mod setting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file::{self, Lock};
use super::{ConfigError, Home};
use sections::{Client, Serve, Tui};
use setting::line_of;

pub use setting::Setting;

/// What the first run writes.
pub(super) const DEFAULT: &str = include_str!("default.toml");

/// A file of settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    path: PathBuf,
    default_profile: Option<String>,
    client: Vec<Setting>,
    serve: Vec<Setting>,
    tui: Vec<Setting>,
    profiles: BTreeMap<String, Vec<Setting>>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Written {
    default_profile: Option<String>,
    client: Client,
    serve: Serve,
    tui: Tui,
    profile: BTreeMap<String, Client>,
}

impl Settings {
    /// Keys of `[client]` and of each `[profile.NAME]`.
    pub const CLIENT_KEYS: &[&str] = Client::KEYS;
    /// Keys of `[serve]`.
    pub const SERVE_KEYS: &[&str] = Serve::KEYS;
    /// Keys of `[tui]`.
    pub const TUI_KEYS: &[&str] = Tui::KEYS;

    /// Reads the file. One that is not there sets nothing.
    ///
    /// # Errors
    /// The file can't be read, or makes no sense: which line, and what is to stand there.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = file::read(path)?.unwrap_or_default();
        let written: Written = toml::from_str(&text).map_err(|error| wrong(path, &text, &error))?;
        let profiles = written.profile.into_iter().map(|(name, keys)| (name, keys.settings(&text))).collect();
        let settings = Self {
            path: path.to_owned(),
            default_profile: written.default_profile,
            client: written.client.settings(&text),
            serve: written.serve.settings(&text),
            tui: written.tui.settings(&text),
            profiles,
        };
        Ok(settings.with_paths())
    }

    /// Where they stand.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is set for a server.
    #[must_use]
    pub fn serve(&self) -> &[Setting] {
        &self.serve
    }

    /// What is set for how a chat looks and rings.
    #[must_use]
    pub fn tui(&self) -> &[Setting] {
        &self.tui
    }

    /// What is set for clients: that of the profile that was asked for, or else of the default one, and of `[client]` what that
    /// leaves open.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn client(&self, profile: Option<&str>) -> Result<Vec<Setting>, ConfigError> {
        let Some(name) = profile.or(self.default_profile.as_deref()) else { return Ok(self.client.clone()) };
        let missing = || ConfigError::NoProfile {
            path: self.path.clone(),
            name: name.to_owned(),
            known: self.profiles.keys().cloned().collect::<Vec<_>>().join(", "),
        };
        let mut all = self.profiles.get(name).ok_or_else(missing)?.clone();
        let rest: Vec<_> = self.client.iter().filter(|own| all.iter().all(|set| set.key != own.key)).cloned().collect();
        all.extend(rest);
        Ok(all)
    }

    /// Everything that is set anywhere, and whether it is for a server.
    pub fn all(&self) -> impl Iterator<Item = (bool, &Setting)> {
        let clients = self.client.iter().chain(self.profiles.values().flatten()).chain(&self.tui);
        clients.map(|setting| (false, setting)).chain(self.serve.iter().map(|setting| (true, setting)))
    }

    /// What is wrong with a key.
    #[must_use]
    pub fn trouble(&self, setting: &Setting, why: &str) -> ConfigError {
        let why = format!("{}: {why}", setting.key);
        ConfigError::Setting { path: self.path.clone(), line: setting.line, why }
    }

    /// Names of files are relative to the folder of this one.
    fn with_paths(mut self) -> Self {
        let folder = crate::files::above(&self.path).to_owned();
        let sections = [&mut self.client, &mut self.serve].into_iter().chain(self.profiles.values_mut());
        for setting in sections.flatten().filter(|setting| setting.key.ends_with("-file")) {
            for value in &mut setting.values {
                *value = folder.join(&*value).display().to_string();
            }
        }
        self
    }
}

impl Settings {
    /// Writes the file of settings, all of it as comments, unless there is one. A folder that can't be written to is no reason
    /// not to go on.
    pub fn begin(home: &Home) {
        let path = home.settings_file();
        if path.exists() {
            return;
        }
        let written = Lock::of(&path).and_then(|_lock| match file::read(&path)? {
            Some(_) => Ok(()),
            None => file::replace(&path, DEFAULT),
        });
        if let Err(error) = written {
            log::debug!("no file of settings is begun: {error}");
        }
    }
}

/// What is wrong with a file, and what is meant.
fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    ConfigError::Setting { path: path.to_owned(), line, why: explained(error.message()) }
}

/// Serde's sentence about a key that it does not know, in words for people, with the one that may be meant.
fn explained(message: &str) -> String {
    let Some((key, known)) = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected "))
    else {
        return in_toml(message).replace('\n', "; ");
    };
    let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
    let close = known.iter().map(|known| (strsim::damerau_levenshtein(key, known), known)).min();
    let meant = close.filter(|(off, _)| *off <= 2).map(|(_, known)| format!("`{known}` may be meant; "));
    format!("there is no key `{key}` here: {}there are {}", meant.unwrap_or_default(), known.join(", "))
}

/// The same of a value that is of another type: what is to be written.
fn in_toml(message: &str) -> String {
    let Some((found, wanted)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let wanted = match wanted {
        "u32" => "a whole number from 0 on: 200",
        "f64" => "a number: 2.5",
        "a string" => "a string, in quotes: \"ann\"",
        "a boolean" => "true or false",
        "a sequence" => "a list: [\"one\", \"two\"]",
        other => other,
    };
    format!("{found}, expected {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).expect("written");
        Settings::read(&path).map_err(|error| error.to_string())
    }

    /// The keys and values of a section.
    fn pairs(settings: &[Setting]) -> Vec<(&str, String)> {
        settings.iter().map(|setting| (setting.key, setting.values.join(" "))).collect()
    }

    #[test]
    fn keys_have_values_and_lines() {
        let settings = read("[serve]\nname = \"lab\"\nallow = [\"10.0.0.0/8\", \"::1\"]\n[client]\ntimeout = 2.5\n")
            .expect("sound");
        assert_eq!(pairs(settings.serve()), [("name", "lab".into()), ("allow", "10.0.0.0/8 ::1".into())]);
        let client = settings.client(None).expect("no profile is asked for");
        assert_eq!((pairs(&client), client[0].line), (vec![("timeout", "2.5".into())], 5));
        assert!(read("").expect("sets nothing").serve().is_empty());
    }

    #[test]
    fn a_profile_comes_before_the_rest() {
        let text =
            "default-profile = \"a\"\n[client]\nname = \"x\"\nroom = \"r\"\n[profile.a]\nname = \"y\"\n[profile.b]\n";
        let settings = read(text).expect("sound");
        let of =
            |profile| settings.client(profile).map(|set| pairs(&set).into_iter().map(|(_, v)| v).collect::<Vec<_>>());
        assert_eq!(of(None).expect("the default one"), ["y", "r"]);
        assert_eq!(of(Some("b")).expect("there"), ["x", "r"]);
        let error = of(Some("c")).expect_err("not there").to_string();
        assert!(error.contains("no profile `c`") && error.contains("a, b"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_what_is_meant() {
        let error = read("[client]\n\nnmae = \"ann\"\n").expect_err("no such key");
        assert!(error.contains("config.toml, line 3: there is no key `nmae`"), "{error}");
        assert!(error.contains("`name` may be meant") && error.contains("read-privately"), "{error}");
        let error = read("[client]\nname = 5\n").expect_err("no name");
        assert!(error.contains("line 2") && error.contains("expected a string"), "{error}");
        let error = read("[client\nname = 5\n").expect_err("no TOML");
        assert!(error.contains("line 1"), "{error}");
        assert!(read("[sreve]\n").expect_err("no such section").contains("`serve` may be meant"));
    }

    #[test]
    fn the_default_sets_nothing_and_names_every_key() {
        assert_eq!(
            read(DEFAULT).map(|read| (read.client, read.serve, read.tui)),
            Ok((Vec::new(), Vec::new(), Vec::new()))
        );
        let set: String = DEFAULT
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.starts_with('[') || rest.contains(" = ") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        let settings = read(&set).expect("sound");
        let keys = |set: &[Setting]| set.iter().map(|setting| setting.key).collect::<Vec<_>>();
        assert_eq!(keys(&settings.client), Settings::CLIENT_KEYS);
        let sorted = |mut keys: Vec<&'static str>| {
            keys.sort_unstable();
            keys
        };
        assert_eq!(sorted(keys(&settings.serve)), sorted(Settings::SERVE_KEYS.to_vec()));
        assert_eq!(keys(&settings.tui), Settings::TUI_KEYS);
        assert_eq!(settings.profiles.keys().collect::<Vec<_>>(), ["work"]);
    }

    #[test]
    fn the_first_run_begins_a_file_and_later_ones_leave_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(&dir.path().join("home"));
        Settings::begin(&home);
        let path = home.settings_file();
        assert_eq!(std::fs::read_to_string(&path).expect("there"), DEFAULT);
        std::fs::write(&path, "[client]\n").expect("written");
        Settings::begin(&home);
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "[client]\n");
    }
}
