//! What is typed after `chinwag`. The help texts are the manual.

mod chat;
mod client;
mod manual;
mod serve;
mod values;

pub(super) use chat::{Chat, Look};
pub(super) use client::{Client, History, Login, Register, Rooms, Search, Send, Tail, Wait};
pub(super) use manual::{Completions, Man};
pub(super) use serve::{Durability, Serve};
pub(super) use values::{OwnWeather, seconds, weather};

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::admin::Admin;
use super::config::Config;
use super::doctor::Doctor;
use crate::client::ServerName;

/// Chat for a local network over UDP: one binary, no configuration, no message lost.
#[derive(Debug, Parser)]
#[command(
    name = "chinwag",
    version,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  chinwag                                   chat with whoever is on this subnet
  chinwag find                              who serves here?
  chinwag serve                             host a server on this machine
  chinwag register --server lab --name ann  an account with a password, for several devices
  chinwag chat --server lab --name ann      talk
  make 2>&1 | chinwag send --room builds --create --stdin
  chinwag tail --room lobby --json | jq .text

`chinwag COMMAND --help` explains a command. Data goes to stdout, everything else to stderr; RUST_LOG=debug tells more.
Exit codes: 0 ok, 1 general, 2 usage, 3 configuration, 4 bind or connect, 5 authentication, 6 server identity,
7 denied, 8 not delivered, 9 queued only, 130 interrupted, 143 terminated."
)]
pub(super) struct Cli {
    /// Keep keys, known servers and cursors under this folder [env: CHINWAG_HOME; default: the system's own folders]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) home: Option<PathBuf>,
    /// (without a command) Lines instead of the full screen
    #[arg(long)]
    pub(super) plain: bool,
    /// Take settings from this file [default: config.toml in the folder of settings; see `chinwag config --help`]
    #[arg(long, global = true, value_name = "FILE", env = "CHINWAG_CONFIG", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,
    /// Take settings of clients from [profile.NAME] first
    #[arg(long, global = true, value_name = "NAME", env = "CHINWAG_PROFILE", hide_env_values = true)]
    pub(super) profile: Option<String>,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Serve(Serve),
    Find(Find),
    Doctor(Doctor),
    Register(Register),
    Login(Login),
    Chat(Chat),
    Send(Send),
    Tail(Tail),
    History(History),
    Search(Search),
    Rooms(Rooms),
    Trust(Trust),
    Admin(Admin),
    Config(Config),
    Weather(Weather),
    /// Run whole networks in virtual time, with faults from a seed, and check what must hold.
    ///
    /// The same seed gives the same run, to the last datagram. A seed that fails is the bug report.
    #[command(after_help = "\
Examples:
  chinwag sim --seeds 0..1000
  chinwag sim --seed 7 --trace              every datagram, notice and fault of one run")]
    Sim(super::simulate::Args),
    /// Measure: many clients with real sessions against a server process, every delivery checked.
    #[command(
        subcommand,
        after_help = "\
Examples:
  chinwag bench fanout --members 1000 --rate 100 --seconds 10
  chinwag bench fanout --members 100 --saturate --json
  chinwag bench latency --weather loss=10%,delay=20ms
  chinwag bench store"
    )]
    Bench(Bench),
    Completions(Completions),
    Man(Man),
}

/// The measurements.
#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub(super) enum Bench {
    /// What it costs to tell a roomful: latency, server time and memory
    #[command(after_help = "\
Examples:
  chinwag bench fanout --members 1000 --publishers 4 --rate 100 --seconds 10
  chinwag bench fanout --members 100 --saturate --json")]
    Fanout(crate::bench::FanoutArgs),
    /// How long a message takes to one receiver behind bad weather
    #[command(after_help = "\
Examples:
  chinwag bench latency --weather loss=10%,delay=20ms --rate 100 --seconds 30")]
    Latency(crate::bench::LatencyArgs),
    /// What durable messages cost: so many a second, the wait for one, and a room with a million
    #[command(after_help = "\
Examples:
  chinwag bench store
  chinwag bench store --senders 64 --window 8 --messages 100000 --json")]
    Store(crate::bench::StoreArgs),
    /// How soon a server is found on this machine by someone who knows nothing
    #[command(after_help = "\
Examples:
  chinwag bench find --tries 50")]
    Find(crate::bench::FindArgs),
    /// What a flood of forged queries and beacons costs two who talk
    #[command(after_help = "\
Examples:
  chinwag bench flood --flood 100000 --seconds 10
  chinwag bench flood --chat-port")]
    Flood(crate::bench::FloodArgs),
    /// What members who write as much as they may cost two who talk in another room
    #[command(after_help = "\
Examples:
  chinwag bench heavy
  chinwag bench heavy --heavy 3 --bytes 65536 --seconds 60 --json")]
    Heavy(crate::bench::HeavyArgs),
}

/// Show the servers of this subnet and their public rooms, as they answer.
///
/// What a server says of itself anyone could say: the fingerprint is what to compare. A server that this device knows is
/// marked as known; one that bears the name of a known server and has another key is marked as well. Exit code 8: nobody
/// answered.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag find
  chinwag find --json | jq -r '.name + \" \" + .addresses[0]'
  chinwag find --watch                      go on, and show what changes")]
pub(super) struct Find {
    /// One JSON object a line, once all have had their time to answer
    #[arg(long)]
    pub(super) json: bool,
    /// Go on until it is stopped, and show what changes
    #[arg(long)]
    pub(super) watch: bool,
    /// How long to listen for answers
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    pub(super) seconds: Duration,
}

/// Show, pin or forget the keys of servers.
///
/// A server is its key. The key is pinned when you first say yes to its fingerprint; if another key ever answers in its
/// place, that is a hard stop (exit 6) until you say here that you trust the new one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag trust                             list what is trusted
  chinwag trust lab k3v9q-0a1b2-c3d4e-f5g6h  trust the server at `lab` if it proves to have this key
  chinwag trust lab --forget                ask again at the next connection")]
pub(super) struct Trust {
    /// The server
    #[arg(value_name = "HOST[:PORT]")]
    pub(super) server: Option<ServerName>,
    /// The fingerprint that its owner told you; the server must have that key now
    #[arg(requires = "server", conflicts_with = "forget")]
    pub(super) fingerprint: Option<String>,
    /// Forget the pinned key
    #[arg(long, requires = "server")]
    pub(super) forget: bool,
    /// Give up after this many seconds without an answer
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(super) timeout: Duration,
}

/// Relay datagrams between programs that don't know of it, and spoil some of them.
///
/// SPEC is a list of faults: loss=10%, burst=5%/30ms (share of the time and mean length), dup=1%, reorder=2%, delay=20ms±5ms
/// (or 20ms~5ms), corrupt=0.1%, mtu=1200, rate=1000/s, seed=7. `up:` and `down:` limit what follows to one direction; `up` is
/// towards --to. The seed is printed; the same seed gives the same weather.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag weather --listen 127.0.0.1:7000 --to 127.0.0.1:24469 loss=20%,delay=10ms±5ms
  chinwag chat --server 127.0.0.1:7000      through that weather
  chinwag weather --listen [::1]:7000 --to [::1]:24469 up:loss=30% down:loss=5%,dup=1%")]
pub(super) struct Weather {
    /// Where the clients' datagrams come in
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: String,
    /// Where they go; a name is looked up once, at the start, so that a run can be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) to: ServerName,
    /// What goes wrong
    #[arg(value_name = "SPEC", required = true)]
    pub(super) spec: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_help_and_an_example_of_itself() {
        fn look(command: &clap::Command, typed: &str) {
            assert!(command.get_about().is_some(), "{typed} says nothing");
            let help = command.clone().render_long_help().to_string();
            let (_, examples) = help.split_once("Examples:").unwrap_or_else(|| panic!("{typed} shows no example"));
            assert!(examples.contains(typed), "{typed} does not show itself");
            for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
                look(below, &format!("{typed} {}", below.get_name()));
            }
        }
        look(&crate::cli::config::definition(), "chinwag");
    }
}
