//! The arguments of what is generated of the definition of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Print what makes a shell complete commands, flags and their values.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag completions bash > ~/.local/share/bash-completion/completions/chinwag
  chinwag completions zsh > ~/.zfunc/_chinwag
  chinwag completions fish > ~/.config/fish/completions/chinwag.fish")]
pub(in crate::cli) struct Completions {
    /// The shell
    #[arg(value_enum, required_unless_present = "rooms")]
    pub(in crate::cli) shell: Option<Shell>,
    /// Print the rooms that this device has read, for what completes --room; no server is asked
    #[arg(long, hide = true, conflicts_with = "shell")]
    pub(in crate::cli) rooms: bool,
}

/// Print the man page of chinwag or of one of its commands, or write them all into a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag man | man -l -
  chinwag man serve | man -l -
  chinwag man --dir ~/.local/share/man/man1")]
pub(in crate::cli) struct Man {
    /// The command: `serve`, `admin token create`
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub(in crate::cli) command: Vec<String>,
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}
