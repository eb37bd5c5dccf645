//! What is typed after `chinwag config`.

use clap::{Args, Subcommand};

/// Look at the settings: the file, and what holds.
///
/// A flag comes before the environment, and that before the file, which the first run writes, all of it as comments. A client's
/// keys stand in `[client]`, or in `[profile.NAME]` for --profile NAME; a server's in `[serve]`, how a chat looks and rings
/// in `[tui]`. In the environment `accept-new` is
/// CHINWAG_ACCEPT_NEW, and a server's `allow` is CHINWAG_SERVE_ALLOW.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag config check                      is the file sound? Exit code 3 if not
  chinwag config show                       what holds, and where that was said
  chinwag config show --profile work
  $EDITOR \"$(chinwag config path)\"")]
pub(in crate::cli) struct Config {
    #[command(subcommand)]
    pub(super) what: What,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum What {
    /// Look the file over: every key, every value, every profile
    #[command(after_help = "\
Examples:
  chinwag config check
  chinwag config check --config ./new.toml && kill -HUP $(pidof chinwag)")]
    Check,
    /// Print the settings that hold, each with where it was made
    #[command(after_help = "\
Examples:
  chinwag config show
  CHINWAG_NAME=ann chinwag config show")]
    Show,
    /// Print where the file is
    #[command(after_help = "\
Examples:
  $EDITOR \"$(chinwag config path)\"")]
    Path,
}
