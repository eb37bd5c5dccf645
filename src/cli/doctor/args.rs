//! What is typed after `chinwag doctor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::cli::args::{OwnWeather, seconds};
use crate::client::ServerName;

/// Find out why it does not work, or how well it does.
///
/// It looks at the interfaces, at multicast and broadcast on each of them, at who answers on this subnet; with HOST also at the way
/// there: key, loss, round trips, jitter, datagrams of full length. It logs in as nobody and leaves nothing behind. Each finding is
/// ok, a warning or a problem, with the command that mends it. Exit code 1: there is a problem.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag doctor
  chinwag doctor lab                        the way to a server, too
  chinwag doctor lan:lab
  chinwag doctor lab --json | jq -r 'select(.verdict != \"ok\") | .fix'")]
pub(in crate::cli) struct Doctor {
    /// The server
    #[arg(value_name = "HOST[:PORT]")]
    pub(super) server: Option<ServerName>,
    /// One JSON object for each finding
    #[arg(long)]
    pub(super) json: bool,
    /// The join key that this server asks of new devices
    #[arg(long, value_name = "FILE")]
    pub(super) join_key_file: Option<PathBuf>,
    /// Give up on a server after this many seconds without an answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    pub(super) timeout: Duration,
    #[command(flatten)]
    pub(super) weather: OwnWeather,
}
