//! Settings: how a file of them and the environment stand behind the command line, and `chinwag config`.

mod args;
mod definition;
mod typed;

pub(super) use args::Config;
pub(super) use definition::definition;
pub(super) use typed::{Misread, Typed};

use clap::parser::ValueSource;

use self::args::What;
use super::args::Command;
use super::failure::Failure;
use super::say;

pub(super) fn run(typed: &Typed, args: &Config) -> Result<(), Failure> {
    let path = typed.settings.path().display();
    match args.what {
        // That it was read is the answer; what a server makes of it is looked at here.
        What::Check => {
            if let Some(Command::Serve(serve)) = typed.instead(&["chinwag", "serve"])?.command {
                super::serve::check(&serve)?;
            }
            say(&match typed.settings.path().exists() {
                true => format!("{path} is sound"),
                false => format!("there is no {path}; nothing is set"),
            });
        }
        What::Show => {
            say(&format!("# {path}"));
            show(typed, "client", &["chat", "send"])?;
            show(typed, "serve", &["serve"])?;
        }
        What::Path => say(&path.to_string()),
    }
    Ok(())
}

/// Prints a section as it holds; the commands that have its keys say how.
fn show(typed: &Typed, section: &str, commands: &[&str]) -> Result<(), Failure> {
    say(&format!("[{section}]"));
    let mut said = std::collections::BTreeSet::new();
    for command in commands {
        // Enough that the rest of the command line is in order.
        let rest: &[&str] = if *command == "send" { &["--room", "x", "x"] } else { &[] };
        let matches = typed.matches_of(&[&["chinwag", command], rest].concat());
        let matches = matches.map_err(|error| Failure::usage(error.to_string()))?;
        let Some((_, matches)) = matches.subcommand() else { continue };
        for (key, (source, values)) in typed.of_command(command, matches) {
            if !said.insert(key) {
                continue;
            }
            let values: Vec<_> = values.iter().map(|value| format!("{:?}", value.to_string_lossy())).collect();
            let value = if values.len() == 1 { values.concat() } else { format!("[{}]", values.join(", ")) };
            say(&format!("{:<40}# {}", format!("{key} = {value}"), origin(typed, section, key, source)));
        }
    }
    Ok(())
}

/// Where a key was set.
fn origin(typed: &Typed, section: &str, key: &str, source: ValueSource) -> String {
    if source == ValueSource::EnvVariable {
        return "the environment".to_owned();
    }
    let settings = if section == "serve" { typed.settings.serve() } else { &typed.client };
    settings.iter().find(|setting| setting.key == key).map_or_else(String::new, |set| format!("line {}", set.line))
}
