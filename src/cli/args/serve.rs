//! The arguments of `chinwag serve`.

use std::path::PathBuf;
use std::time::Duration;

use chinwag_proto::limits::NAME_MAX_LEN;
use chinwag_proto::wire::message::visible;
use clap::Args;

use super::values::OwnWeather;
use crate::cli::admin::Who;
use crate::cli::size::Size;

/// Host a server: rooms live here, everybody else connects to it.
///
/// The first two lines on stdout are the address that it listens on and the fingerprint of its key, which people compare
/// when they connect for the first time. The key is made at the first start. Ctrl-C says goodbye to everyone.
/// What is said is on disk before anyone sees it, and is there again after a restart, however the last run ended.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag serve
  chinwag serve --listen 192.168.1.7:24469 --name workshop
  chinwag serve --listen 127.0.0.1:0        any free port, this machine only
  chinwag serve --message-rate 2000         for programs that talk much
  chinwag serve --join-key-file join.key    new devices must bring the key in that file (made if there is none)
  chinwag serve --register invite --allow 10.0.0.0/8 --deny 10.6.6.0/24
  chinwag serve --auth-command '/usr/local/lib/chinwag/ldap-auth.py'   accounts of a directory
  chinwag serve --metrics 127.0.0.1:9469    counters for Prometheus
  chinwag serve --weather loss=10%,delay=20ms±5ms")]
pub(in crate::cli) struct Serve {
    /// Where to listen; port 0 takes a free one, and a name is looked up once, at the start [default: `[::]:24469`, or
    /// `0.0.0.0:24469` where IPv6 is off]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) listen: Option<String>,
    /// What the server is called [default: this machine's name]
    #[arg(long, value_parser = server_title)]
    pub(in crate::cli) name: Option<String>,
    /// Ask new devices for the join key in this file; it is made if there is none
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) join_key_file: Option<PathBuf>,
    /// When a message counts as stored: on disk (survives a power cut), with the operating system (survives a crash of this
    /// program), or in memory (survives nothing)
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) durability: Durability,
    /// Who may register; whoever is first always may, and owns the server
    #[arg(long, value_enum, default_value = "open", value_name = "WHO")]
    pub(in crate::cli) register: Who,
    /// Have this program say who may come in: it gets a name, or a name and a password, on its standard input, and answers
    /// in JSON (docs/auth.md). Accounts come from it then, and --register is for nobody else
    #[arg(long, value_name = "COMMAND")]
    pub(in crate::cli) auth_command: Option<String>,
    /// How long an account may come in without a new device while that program fails, after it was vouched for last
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = crate::cli::admin::span)]
    pub(in crate::cli) auth_grace: Duration,
    /// Take sessions from this network only (may be given several times): 10.0.0.0/8, fd00::/8, 192.168.1.7
    #[arg(long, value_name = "CIDR")]
    pub(in crate::cli) allow: Vec<String>,
    /// But none from this network
    #[arg(long, value_name = "CIDR")]
    pub(in crate::cli) deny: Vec<String>,
    /// More of both, one to a line (`allow 10.0.0.0/8`, `deny 10.6.6.0/24`); read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) admission_file: Option<PathBuf>,
    /// Messages a second that are taken from one program, beyond a thousand at once; what is more waits. 0: no limit
    #[arg(long, value_name = "N", default_value_t = chinwag_proto::limits::MESSAGES_PER_S)]
    pub(in crate::cli) message_rate: u32,
    /// Octets a second that are taken from one account, beyond 256 KiB at once; of history and search it may have sixteen
    /// times as much. What is more waits. 0: no limit
    #[arg(long, value_name = "N", default_value_t = crate::server::OCTETS_PER_S)]
    pub(in crate::cli) octet_rate: u32,
    /// What an account wrote is kept up to so much: 512MiB, 1GiB; what is more is refused. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(in crate::cli) account_quota: Size,
    /// What was said in a room is kept up to so much. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "8GiB")]
    pub(in crate::cli) room_quota: Size,
    /// What was said in all rooms is kept up to so much. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "0")]
    pub(in crate::cli) server_quota: Size,
    /// Do not say on the subnet that this server is here; who is to come must know its address
    #[arg(long)]
    pub(in crate::cli) hidden: bool,
    /// Give counters to Prometheus and its like, over HTTP at this address
    #[arg(long, value_name = "ADDR:PORT")]
    pub(in crate::cli) metrics: Option<std::net::SocketAddr>,
    /// Also where others than this machine can read them
    #[arg(long)]
    pub(in crate::cli) metrics_public: bool,
    /// Begin an empty store although this server has had one, which is gone: who comes first owns it
    #[arg(long)]
    pub(in crate::cli) new_store: bool,
    #[command(flatten)]
    pub(in crate::cli) weather: OwnWeather,
    /// Write counters to this file at the end, as JSON
    #[arg(long, value_name = "FILE", hide = true)]
    pub(in crate::cli) stats_json: Option<PathBuf>,
}

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Durability {
    /// On disk
    #[default]
    Fsync,
    /// With the operating system
    Os,
    /// In memory
    Memory,
}

/// What a server is called: a line that everyone on the subnet is shown.
fn server_title(given: &str) -> Result<String, String> {
    visible::check_line(given).map_err(|error| error.to_string())?;
    match given.len() {
        1..=NAME_MAX_LEN => Ok(given.to_owned()),
        _ => Err(format!("a server's name has 1 to {NAME_MAX_LEN} octets")),
    }
}
