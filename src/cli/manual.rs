//! What is generated of the definition of the command line: completions for shells, and man pages.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::Shell;

use super::config::definition;
use super::failure::{Exit, Failure};

/// Print what makes a shell complete commands, flags and their values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag completions bash > ~/.local/share/bash-completion/completions/chinwag
  chinwag completions zsh > ~/.zfunc/_chinwag
  chinwag completions fish > ~/.config/fish/completions/chinwag.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the man page of chinwag or of one of its commands, or write them all into a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag man | man -l -
  chinwag man serve | man -l -
  chinwag man --dir ~/.local/share/man/man1")]
pub(super) struct Man {
    /// The command: `serve`, `admin token create`
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "chinwag", &mut script);
    print(&script)
}

pub(super) fn man(args: &Man) -> Result<(), Failure> {
    match &args.dir {
        Some(dir) => {
            let unwritable = |error| {
                Failure::new(Exit::Configuration, format!("can't write man pages to {}: {error}", dir.display()))
            };
            write_all(dir).map_err(unwritable)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(of(&args.command)?).render(&mut page).map_err(broken)?;
            print(&page)
        }
    }
}

fn write_all(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(definition().disable_help_subcommand(true), dir)
}

/// The definition of one command.
fn of(names: &[String]) -> Result<clap::Command, Failure> {
    let mut all = definition();
    all.build();
    let mut command = &all;
    for name in names {
        let missing =
            || Failure::usage(format!("there is no command `{}`; `chinwag --help` lists them", names.join(" ")));
        command = command.find_subcommand(name).ok_or_else(missing)?;
    }
    let title = ["chinwag"].into_iter().chain(names.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    Ok(command.clone().name(title))
}

fn print(text: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(broken(error)),
        _ => Ok(()),
    }
}

fn broken(error: std::io::Error) -> Failure {
    Failure::new(Exit::General, error.to_string())
}
