//! The arguments of the commands that are clients for a moment: accounts, messages, history; and those that all clients share.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{OwnWeather, seconds, span};
use crate::client::Whom;

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
pub(in crate::cli) struct Register {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The password is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Without a password: only this device can be the account
    #[arg(long, conflicts_with = "password_file")]
    pub(in crate::cli) no_password: bool,
}

/// Let this device be an account that you have, by its password; once is enough.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag login --server lab --name ann
  chinwag login --server lab --name ann --password-file ann.password --accept-new")]
pub(in crate::cli) struct Login {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The password is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
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
  chinwag send --room builds --create \"build 1234 is green\"   makes the room where there is none of that name
  tail -f /var/log/syslog | chinwag send --room logs --stdin
  chinwag send --room @bob --wait delivered --timeout 60 \"lunch?\"   to one person, until it is there")]
pub(in crate::cli) struct Send {
    /// Until when: `stored` by the server, `delivered` to a device of every other member, or `none`: kept here, and sent if
    /// the server answers within a second
    #[arg(long, value_enum, default_value_t = Wait::Stored)]
    pub(in crate::cli) wait: Wait,
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The room, or @NAME for one person
    #[arg(long, value_name = "ROOM")]
    pub(in crate::cli) room: String,
    /// Make the room, open to everyone, if there is none of that name (the lobby is always made)
    #[arg(long)]
    pub(in crate::cli) create: bool,
    /// Send the lines of stdin
    #[arg(long)]
    pub(in crate::cli) stdin: bool,
    /// The messages
    #[arg(value_name = "TEXT", required_unless_present = "stdin")]
    pub(in crate::cli) text: Vec<String>,
}

/// How far `send` follows a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Wait {
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
/// run and the next. A public room is read without entering it: nobody else hears of that, and it ends (exit 7) when the room is not
/// public any more or keeps you out. Every other room is for its members. A room that is not there is not made; for the lobby, which
/// whoever comes first to talk makes, it waits. With --json each line is an object of room, number, sender, time (RFC 3339), time_ms (since 1970), kind (text, reply, edit, delete, react, topic, kick …), about
/// (the number that it is about, or null) and text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag tail --room lobby
  chinwag tail --room builds --json | jq -r 'select(.sender == \"ci\") | .text'
  chinwag tail --room lobby --recent 10 --count 10    the last ten, then end")]
pub(in crate::cli) struct Tail {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The room, or @NAME for what you and NAME said to each other
    #[arg(long, value_name = "ROOM")]
    pub(in crate::cli) room: String,
    /// Enter the room, and be a member from now on
    #[arg(long)]
    pub(in crate::cli) join: bool,
    /// One JSON object a line
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Begin with the last N messages
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(in crate::cli) recent: Option<u64>,
    /// Begin with the first message there is
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// End after N messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) count: Option<u64>,
}

/// Print what was said in a room before.
///
/// Edits, deletions and reactions are shown where they belong. With --json each entry is an object as `tail` prints it, the
/// edits, deletions and reactions as entries of their own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag history --room lobby              the last 50 messages
  chinwag history '#builds' --since 2h --json | jq .text
  chinwag history @ann --count 1000")]
pub(in crate::cli) struct History {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    #[command(flatten)]
    pub(in crate::cli) room: WhichRoom,
    /// What was said in that time: 30s, 10m, 2h, 7d
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(in crate::cli) since: Option<Duration>,
    /// The last N entries; with --since, the last N of these
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) count: Option<u64>,
    /// One JSON object a line
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// The room of `history`, which is named as with the other commands, or without a flag.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(in crate::cli) struct WhichRoom {
    /// The room, or @NAME for what you and NAME said to each other
    #[arg(value_name = "ROOM")]
    positional: Option<String>,
    /// The same, as with send, tail and search
    #[arg(long = "room", value_name = "ROOM")]
    flag: Option<String>,
}

impl WhichRoom {
    /// Its name.
    pub(in crate::cli) fn room(&self) -> &str {
        self.positional.as_deref().or(self.flag.as_deref()).unwrap_or_default()
    }
}

/// Find messages with all of these words, in every room that you may read, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag search blue bicycle
  chinwag search --room builds --json segfault | jq .number")]
pub(in crate::cli) struct Search {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// The words
    #[arg(value_name = "WORDS", required = true)]
    pub(in crate::cli) words: Vec<String>,
    /// In this room only (@NAME: in what you and NAME said to each other)
    #[arg(long, value_name = "ROOM")]
    pub(in crate::cli) room: Option<String>,
    /// At most N
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) count: u64,
    /// One JSON object a line
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// List the rooms that there are, as far as you may know of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag rooms
  chinwag rooms --json | jq -r 'select(.member) | .room'")]
pub(in crate::cli) struct Rooms {
    #[command(flatten)]
    pub(in crate::cli) client: Client,
    /// One JSON object a line
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// What all clients have in common.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct Client {
    /// The server, or an invitation to it (chinwag://…) [default: the last one used]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(in crate::cli) server: Option<Whom>,
    /// The invitation is the first line of this file: a link, which says who the server is, or only its code
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) invite_file: Option<PathBuf>,
    /// Your name there [default: the last one used there, or your login name]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) name: Option<String>,
    /// Trust a server that this device does not know yet, without asking
    #[arg(long)]
    pub(in crate::cli) accept_new: bool,
    /// The join key that this server asks of new devices
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) join_key_file: Option<PathBuf>,
    /// Be the account of the token in this file, for programs [env: CHINWAG_TOKEN, the token itself]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_file: Option<PathBuf>,
    /// Be the account of the token that this command prints, as one that asks a keyring does: `secret-tool lookup chinwag ci`;
    /// not asked where a token is given otherwise
    #[arg(long, value_name = "COMMAND")]
    pub(in crate::cli) token_command: Option<String>,
    /// Give up after this many seconds without an answer (`chat` never does) [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(in crate::cli) timeout: Option<Duration>,
    #[command(flatten)]
    pub(in crate::cli) weather: OwnWeather,
}
