//! Settings: how a file of them and the environment stand behind the command line, and `chinwag config`.

mod args;
mod definition;
mod misread;
mod sound;
mod typed;

pub(super) use args::Config;
pub(super) use definition::{SERVE, definition};
pub(super) use misread::Misread;
pub(super) use typed::Typed;

use clap::parser::ValueSource;

use self::args::What;
use self::sound::unfit_file;
use super::args::Command;
use super::failure::Failure;
use super::output::say;
use crate::config::Settings;

pub(super) fn run(typed: &Typed, args: &Config) -> Result<(), Failure> {
    let path = typed.settings.path().display();
    match args.what {
        // Each value was looked over when it was read; what a command finds in files, and in several keys together, is here.
        What::Check => {
            for (is_servers, setting) in typed.settings.all() {
                if let Some(why) = setting.values.iter().find_map(|value| unfit_file(is_servers, setting.key, value)) {
                    return Err(typed.settings.trouble(setting, &why).into());
                }
            }
            if let Some(Command::Serve(serve)) = typed.instead(&["chinwag", SERVE])?.command {
                super::serve::check(typed, &serve)?;
            }
            say(&match typed.settings.path().exists() {
                true => format!("{path} is sound"),
                false => format!("there is no {path}; nothing is set"),
            });
        }
        What::Show => {
            let mut lines = vec![format!("# {path}")];
            show(typed, "client", &["chat", "send"], &mut lines)?;
            show(typed, "tui", &["chat"], &mut lines)?;
            show(typed, "serve", &[SERVE], &mut lines)?;
            lines.iter().for_each(|line| say(line));
        }
        What::Path => say(&path.to_string()),
    }
    Ok(())
}

/// A section as it holds, in lines; the commands that have its keys say how.
fn show(typed: &Typed, section: &str, commands: &[&str], lines: &mut Vec<String>) -> Result<(), Failure> {
    lines.push(format!("[{section}]"));
    let keys = match section {
        SERVE => Settings::SERVE_KEYS,
        "tui" => Settings::TUI_KEYS,
        _ => Settings::CLIENT_KEYS,
    };
    let mut said = std::collections::BTreeSet::new();
    for command in commands {
        // Enough that the rest of the command line is in order.
        let rest: &[&str] = if *command == "send" { &["--room", "x", "x"] } else { &[] };
        let matches = typed.matches_of(&[&["chinwag", command], rest].concat())?;
        let Some((_, matches)) = matches.subcommand() else { continue };
        for (key, (source, values)) in typed.of_command(command, matches) {
            if !keys.contains(&key) || !said.insert(key) {
                continue;
            }
            let values: Vec<_> = values.iter().map(|value| format!("{:?}", value.to_string_lossy())).collect();
            let value = if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
            lines.push(format!("{:<40}# {}", format!("{key} = {value}"), origin(typed, section, key, source)));
        }
    }
    for (key, default) in commands.iter().flat_map(|command| typed.defaults_of(command)) {
        if keys.contains(&key) && said.insert(key) {
            let (line, whence) = match default {
                Some(default) => (format!("{key} = {default:?}"), "the default"),
                None => (format!("# {key}"), "not set"),
            };
            lines.push(format!("{line:<40}# {whence}"));
        }
    }
    Ok(())
}

/// Where a key was set.
fn origin(typed: &Typed, section: &str, key: &str, source: ValueSource) -> String {
    if source == ValueSource::EnvVariable {
        return "the environment".to_owned();
    }
    let settings = if section == SERVE { typed.settings.serve() } else { &typed.client };
    settings.iter().find(|setting| setting.key == key).map_or_else(String::new, |set| format!("line {}", set.line))
}
