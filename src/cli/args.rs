//! What is typed after `chinwag`. The help texts are the manual.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};

use chinwag_proto::limits::NAME_MAX_LEN;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::message::visible;

use crate::client::desk::{About, Rule, Rules};
use crate::tui::{Notify, Theme};

use super::admin::{Admin, Who};
use super::config::Config;
use super::doctor::Doctor;
use super::manual::{Completions, Man};
use super::server_name::{ServerName, Whom};
use super::size::Size;

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
  make 2>&1 | chinwag send --room builds --stdin
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
    Sim(crate::sim::Args),
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
pub(super) struct Serve {
    /// Where to listen; port 0 takes a free one, and a name is looked up once, at the start [default: `[::]:24469`, or
    /// `0.0.0.0:24469` where IPv6 is off]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: Option<String>,
    /// What the server is called [default: this machine's name]
    #[arg(long, value_parser = server_title)]
    pub(super) name: Option<String>,
    /// Ask new devices for the join key in this file; it is made if there is none
    #[arg(long, value_name = "FILE")]
    pub(super) join_key_file: Option<PathBuf>,
    /// When a message counts as stored: on disk (survives a power cut), with the operating system (survives a crash of this
    /// program), or in memory (survives nothing)
    #[arg(long, value_enum, default_value_t)]
    pub(super) durability: Durability,
    /// Who may register; whoever is first always may, and owns the server
    #[arg(long, value_enum, default_value = "open", value_name = "WHO")]
    pub(super) register: Who,
    /// Have this program say who may come in: it gets a name, or a name and a password, on its standard input, and answers
    /// in JSON (docs/auth.md). Accounts come from it then, and --register is for nobody else
    #[arg(long, value_name = "COMMAND")]
    pub(super) auth_command: Option<String>,
    /// How long an account may come in without a new device while that program fails, after it was vouched for last
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = super::admin::span)]
    pub(super) auth_grace: Duration,
    /// Take sessions from this network only (may be given several times): 10.0.0.0/8, fd00::/8, 192.168.1.7
    #[arg(long, value_name = "CIDR")]
    pub(super) allow: Vec<String>,
    /// But none from this network
    #[arg(long, value_name = "CIDR")]
    pub(super) deny: Vec<String>,
    /// More of both, one to a line (`allow 10.0.0.0/8`, `deny 10.6.6.0/24`); read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    pub(super) admission_file: Option<PathBuf>,
    /// Messages a second that are taken from one program, beyond a thousand at once; what is more waits. 0: no limit
    #[arg(long, value_name = "N", default_value_t = chinwag_proto::limits::MESSAGES_PER_S)]
    pub(super) message_rate: u32,
    /// Octets a second that are taken from one account, beyond a mebibyte at once; of history and search it may have sixteen
    /// times as much. What is more waits. 0: no limit
    #[arg(long, value_name = "N", default_value_t = crate::server::OCTETS_PER_S)]
    pub(super) octet_rate: u32,
    /// What an account wrote is kept up to so much: 512MiB, 1GiB; what is more is refused. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(super) account_quota: Size,
    /// What was said in a room is kept up to so much. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "8GiB")]
    pub(super) room_quota: Size,
    /// What was said in all rooms is kept up to so much. 0: no limit
    #[arg(long, value_name = "SIZE", default_value = "0")]
    pub(super) server_quota: Size,
    /// Do not say on the subnet that this server is here; who is to come must know its address
    #[arg(long)]
    pub(super) hidden: bool,
    /// Give counters to Prometheus and its like, over HTTP at this address
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) metrics: Option<std::net::SocketAddr>,
    /// Also where others than this machine can read them
    #[arg(long)]
    pub(super) metrics_public: bool,
    /// Begin an empty store although this server has had one, which is gone: who comes first owns it
    #[arg(long)]
    pub(super) new_store: bool,
    #[command(flatten)]
    pub(super) weather: OwnWeather,
    /// Write counters to this file at the end, as JSON
    #[arg(long, value_name = "FILE", hide = true)]
    pub(super) stats_json: Option<PathBuf>,
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

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Durability {
    /// On disk
    #[default]
    Fsync,
    /// With the operating system
    Os,
    /// In memory
    Memory,
}

/// Talk: what you type goes to the room, what the room says comes to you.
///
/// On a terminal it takes the whole screen, and F1 helps. Commands begin with a slash; /help lists them. Without a terminal, lines
/// of stdin go to the room, and the end of stdin ends the chat once everything is stored.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag chat --server lab --name ann      the first time
  chinwag chat                              the same server and name again
  chinwag chat --room kitchen
  chinwag chat --plain                      lines instead of the full screen
  chinwag chat --notify desktop --notify-rules '#ops=all,@ci=none'
  chinwag chat --server [fe80::1%eth0]:7000 --weather loss=30%")]
pub(super) struct Chat {
    #[command(flatten)]
    pub(super) client: Client,
    /// The room to begin in
    #[arg(long, default_value = "lobby", value_name = "ROOM")]
    pub(super) room: String,
    /// Let nobody but your own devices know what you have read
    #[arg(long)]
    pub(super) read_privately: bool,
    /// Lines instead of the full screen; with TERM=dumb, which is the way for screen readers, nothing but lines: no sequence is
    /// written, and no row drawn anew
    #[arg(long)]
    pub(super) plain: bool,
    #[command(flatten)]
    pub(super) look: Look,
}

/// How a chat looks and rings.
#[derive(Clone, Debug, Args)]
pub(super) struct Look {
    /// The colours of the full screen [default: what fits the terminal]
    #[arg(long, value_name = "THEME", value_parser = one_of(Theme::NAMES, Theme::named))]
    pub(super) theme: Option<Theme>,
    /// How to tell of messages that ring, besides the bell: by a sequence of some terminals, or by the desktop (notify-send, whose
    /// arguments others on this machine may see for a moment); or not at all [default: what the terminal understands]
    #[arg(long, value_name = "HOW", value_parser = one_of(Notify::NAMES, Notify::named))]
    pub(super) notify: Option<Notify>,
    /// Which messages ring: those that name you or are said to nobody else, all, or none
    #[arg(long, value_name = "WHICH", default_value = "mentions", value_parser = one_of(About::NAMES, |name| name.parse::<About>().ok()))]
    pub(super) notify_about: About,
    /// Other rules for a room, or for what a person says anywhere: #ops=all, @ci=none
    #[arg(long, value_name = "RULE")]
    pub(super) notify_rules: Vec<Rule>,
}

impl Look {
    /// Which messages ring.
    pub(super) fn rules(&self) -> Rules {
        Rules::new(self.notify_about, self.notify_rules.iter().cloned())
    }
}

/// Make an account, with a password that lets you in from other devices.
///
/// Without a terminal the password comes from --password-file: never from the command line, where everyone on the machine can
/// read it. This device needs no password afterwards.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag register --server lab --name ann
  chinwag register --server lab --name ci --password-file ci.password --accept-new
  chinwag register --invite-file invite --name ann     by an invitation: it says which server, and that it is the right one")]
pub(super) struct Register {
    #[command(flatten)]
    pub(super) client: Client,
    /// The password is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// Without a password: only this device can be the account
    #[arg(long, conflicts_with = "password_file")]
    pub(super) no_password: bool,
}

/// Let this device be an account that you have, by its password; once is enough.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag login --server lab --name ann
  chinwag login --server lab --name ann --password-file ann.password --accept-new")]
pub(super) struct Login {
    #[command(flatten)]
    pub(super) client: Client,
    /// The password is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
}

/// Send messages, and end when they are where they should be.
///
/// Each TEXT is a message; with --stdin each line is, sent as soon as it is read (lines that show nothing are
/// left out, and of one that overwrites itself, as a progress bar does, the last state is sent).
/// A message is first kept on this device: what can't be sent within --timeout stays there (exit 9), and the next chinwag of
/// this home that connects to the server sends it, once. Exit 8: a message was refused, and never will be delivered.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag send --room builds \"build 1234 is green\"
  tail -f /var/log/syslog | chinwag send --room logs --stdin
  chinwag send --room @bob --wait delivered --timeout 60 \"lunch?\"   to one person, until it is there")]
pub(super) struct Send {
    /// Until when: `stored` by the server, `delivered` to a device of every other member, or `none`: kept here, and sent if
    /// the server answers within a second
    #[arg(long, value_enum, default_value_t = Wait::Stored)]
    pub(super) wait: Wait,
    #[command(flatten)]
    pub(super) client: Client,
    /// The room, or @NAME for one person
    #[arg(long, value_name = "ROOM")]
    pub(super) room: String,
    /// Make the room, open to everyone, if there is none of that name (the lobby is always made)
    #[arg(long)]
    pub(super) create: bool,
    /// Send the lines of stdin
    #[arg(long)]
    pub(super) stdin: bool,
    /// The messages
    #[arg(value_name = "TEXT", required_unless_present = "stdin")]
    pub(super) text: Vec<String>,
}

/// How far `send` follows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Wait {
    /// A device of every other member has it.
    Delivered,
    /// The server has it.
    Stored,
    /// This device has it.
    None,
}

/// Print what is said in a room, in order, each message the moment nothing before it is missing.
///
/// It begins where this device left off (with the last 200 messages where it never was), so nothing is missed between one
/// run and the next. Whoever follows a room is a member of it, and is told so; to read without entering there is `history`. A room
/// that is not there is not made. With --json each line is an object of
/// room, number, sender, time (RFC 3339), time_ms (since 1970), kind (text, reply, edit, delete, react, topic, kick …), about
/// (the number that it is about, or null) and text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag tail --room lobby
  chinwag tail --room builds --json | jq -r 'select(.sender == \"ci\") | .text'
  chinwag tail --room lobby --recent 10 --count 10    the last ten, then end")]
pub(super) struct Tail {
    #[command(flatten)]
    pub(super) client: Client,
    /// The room, or @NAME for what you and NAME said to each other
    #[arg(long, value_name = "ROOM")]
    pub(super) room: String,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// Begin with the last N messages
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(super) recent: Option<u64>,
    /// Begin with the first message there is
    #[arg(long)]
    pub(super) all: bool,
    /// End after N messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
}

/// Print what was said in a room before.
///
/// Edits, deletions and reactions are shown where they belong. With --json each entry is an object as `tail` prints it, the
/// edits, deletions and reactions as entries of their own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag history '#lobby'                  the last 50 messages
  chinwag history '#builds' --since 2h --json | jq .text
  chinwag history @ann --count 1000")]
pub(super) struct History {
    #[command(flatten)]
    pub(super) client: Client,
    /// The room, or @NAME for what you and NAME said to each other
    #[arg(value_name = "ROOM")]
    pub(super) room: String,
    /// What was said in that time: 30s, 10m, 2h, 7d
    #[arg(long, value_name = "TIME", value_parser = span, conflicts_with = "count")]
    pub(super) since: Option<Duration>,
    /// The last N entries
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// Find messages with all of these words, in every room that you may read, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag search blue bicycle
  chinwag search --room builds --json segfault | jq .number")]
pub(super) struct Search {
    #[command(flatten)]
    pub(super) client: Client,
    /// The words
    #[arg(value_name = "WORDS", required = true)]
    pub(super) words: Vec<String>,
    /// In this room only (@NAME: in what you and NAME said to each other)
    #[arg(long, value_name = "ROOM")]
    pub(super) room: Option<String>,
    /// At most N
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: u64,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// List the rooms that there are, as far as you may know of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag rooms
  chinwag rooms --json | jq -r 'select(.member) | .room'")]
pub(super) struct Rooms {
    #[command(flatten)]
    pub(super) client: Client,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
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

/// What all clients have in common.
#[derive(Clone, Debug, Args)]
pub(super) struct Client {
    /// The server, or an invitation to it (chinwag://…) [default: the last one used]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(super) server: Option<Whom>,
    /// The invitation is the first line of this file: a link, which says who the server is, or only its code
    #[arg(long, value_name = "FILE")]
    pub(super) invite_file: Option<PathBuf>,
    /// Your name there [default: the last one used there, or your login name]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Trust a server that this device does not know yet, without asking
    #[arg(long)]
    pub(super) accept_new: bool,
    /// The join key that this server asks of new devices
    #[arg(long, value_name = "FILE")]
    pub(super) join_key_file: Option<PathBuf>,
    /// Be the account of the token in this file, for programs [env: CHINWAG_TOKEN, the token itself]
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Be the account of the token that this command prints, as one that asks a keyring does: `secret-tool lookup chinwag ci`;
    /// not asked where a token is given otherwise
    #[arg(long, value_name = "COMMAND")]
    pub(super) token_command: Option<String>,
    /// Give up after this many seconds without an answer (`chat` never does) [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
    #[command(flatten)]
    pub(super) weather: OwnWeather,
}

/// Weather on a program's own socket.
#[derive(Clone, Debug, Args)]
pub(super) struct OwnWeather {
    /// Spoil some of the datagrams sent and received, to see what happens: loss=10%,delay=20ms±5ms … (see `chinwag weather --help`)
    #[arg(long = "weather", value_name = "SPEC", value_parser = weather)]
    pub(super) spec: Option<Spec>,
}

/// One of these names, for what it means.
fn one_of<T: Clone + std::marker::Send + Sync + 'static>(
    names: impl IntoIterator<Item = &'static str>,
    named: fn(&str) -> Option<T>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names).try_map(move |name| named(&name).ok_or("there is none of that name"))
}

/// A time in seconds, fractions allowed.
pub(super) fn seconds(given: &str) -> Result<Duration, String> {
    let number: f64 = given.parse().map_err(|_| "a number of seconds is meant".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|_| "a number of seconds from 0 on is meant".to_owned())
}

/// What a server is called: a line that everyone on the subnet is shown.
fn server_title(given: &str) -> Result<String, String> {
    visible::check_line(given).map_err(|error| error.to_string())?;
    match given.len() {
        1..=NAME_MAX_LEN => Ok(given.to_owned()),
        _ => Err(format!("a server's name has 1 to {NAME_MAX_LEN} octets")),
    }
}

/// A time such as `2h`.
fn span(given: &str) -> Result<Duration, String> {
    crate::client::parse::span(given).map_err(|error| error.to_string())
}

/// A weather specification.
pub(super) fn weather(given: &str) -> Result<Spec, String> {
    given.parse::<Spec>().map_err(|error| error.to_string())
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
