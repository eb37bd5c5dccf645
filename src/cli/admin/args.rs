//! What is typed after `chinwag admin`.

use std::path::PathBuf;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::WallTime;
use clap::{Args, Subcommand, ValueEnum};

use super::Failure;
use crate::admin::{Registering, RetentionRule};
use crate::cli::size::Size;
use crate::config::{Home, Invite};

/// Look after the server of this machine: accounts, tokens, invitations, rooms, backups.
///
/// A running server is asked over a local socket that only its owner may open; if none runs, its store is opened instead.
/// It is the server of the same --home.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  chinwag admin status
  chinwag admin peers
  chinwag admin users
  chinwag admin ban eve
  chinwag admin passwd ann
  chinwag admin token create ann --label ci --write --room builds --expires 90d
  chinwag admin invite --uses 5 --expires 7d --qr
  chinwag admin backup ~/chinwag-backup")]
pub(in crate::cli) struct Admin {
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) what: What,
}

/// What is done to the clock.
#[derive(Debug, Subcommand)]
pub(super) enum ClockAct {
    /// Say that the clock is right: things are removed for their age by it from now on
    ///
    /// Look at the date first: what is removed does not come back. Tokens and invitations that ended only since the clock was ahead
    /// once are valid again, and messages that were dated later than now count as said now.
    #[command(after_help = "\
Examples:
  date && chinwag admin clock confirm")]
    Confirm,
}

/// What is wanted.
#[derive(Debug, Subcommand)]
pub(super) enum What {
    /// Counters of the running server
    #[command(after_help = "\
Examples:
  chinwag admin status
  chinwag admin status --json | jq .sessions")]
    Status,
    /// Who is at which address, and how well it is reached
    #[command(after_help = "\
Examples:
  chinwag admin peers
  chinwag admin peers --json | jq -r .addr")]
    Peers,
    /// The accounts
    #[command(after_help = "\
Examples:
  chinwag admin users
  chinwag admin users --json | jq -r 'select(.owner) | .name'")]
    #[command(alias = "accounts")]
    Users,
    /// The rooms
    #[command(after_help = "\
Examples:
  chinwag admin rooms")]
    Rooms,
    /// Set an account's password; it is asked for, or read from a file
    #[command(after_help = "\
Examples:
  chinwag admin passwd ann
  chinwag admin passwd ci --password-file ci.password")]
    Passwd {
        /// The account
        name: String,
        /// Read the password from this file (its first line)
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Delete an account; what it wrote stays, its name is never given again
    #[command(after_help = "\
Examples:
  chinwag admin delete ann")]
    Delete {
        /// The account
        name: String,
    },
    /// End an account's sessions; it may come back
    #[command(after_help = "\
Examples:
  chinwag admin kick eve")]
    Kick {
        /// The account
        name: String,
    },
    /// End an account's sessions, and let it in no more; its devices can make no other account
    #[command(after_help = "\
Examples:
  chinwag admin ban eve")]
    Ban {
        /// The account
        name: String,
    },
    /// Let a banned account in again
    #[command(after_help = "\
Examples:
  chinwag admin unban eve")]
    Unban {
        /// The account
        name: String,
    },
    /// The auth command, which says who may come in (`serve --auth-command`)
    #[command(
        subcommand,
        after_help = "\
Examples:
  chinwag admin auth test ann
  chinwag admin auth adopt ann"
    )]
    Auth(Auth),
    /// Have the running server read its settings again, as SIGHUP does
    #[command(after_help = "\
Examples:
  chinwag config check && chinwag admin reload")]
    Reload,
    /// What is kept at most of an account, of a room, and in all; and how much is
    ///
    /// A size changes that until the server stops; what is in the settings is for the next start. What is beyond a quota is
    /// refused; deletions may use 16 MiB more, and what looks after rooms a little.
    #[command(after_help = "\
Examples:
  chinwag admin quota
  chinwag admin quota --account 2GiB --room 0
  chinwag admin quota --json | jq -r '.near[] | .account // .room'")]
    Quota {
        /// What an account wrote is kept up to so much: 512MiB, 1GiB; 0: no limit
        #[arg(long, value_name = "SIZE")]
        account: Option<Size>,
        /// What was said in a room is kept up to so much
        #[arg(long, value_name = "SIZE")]
        room: Option<Size>,
        /// What was said in all rooms is kept up to so much
        #[arg(long, value_name = "SIZE")]
        server: Option<Size>,
    },
    /// Tokens, by which programs log in without a device key
    #[command(
        subcommand,
        after_help = "\
Examples:
  chinwag admin token create ann --label ci --write --room builds --expires 90d
  chinwag admin token list"
    )]
    Token(Token),
    /// Make an invitation: a link that carries the server's address and key, and what a new account or device needs
    ///
    /// The server that runs says where it is and which join key it asks for: the link carries that, too, so that whoever has
    /// the link gets in.
    #[command(after_help = "\
Examples:
  chinwag admin invite --uses 5 --expires 7d --qr
  chinwag admin invite --host chat.example.org")]
    Invite {
        /// The address in the link [default: where the server listens, as others on the network reach it]
        #[arg(long, value_name = "HOST[:PORT]")]
        host: Option<String>,
        /// Accounts that may be made by it, where registration is by invitation
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        uses: u32,
        /// Valid for so long: 12h, 7d, 2w
        #[arg(long, value_name = "SPAN", value_parser = span_ms)]
        expires: Option<u64>,
        /// Carry the join key in this file [default: the one that the running server asks for]
        #[arg(long, value_name = "FILE")]
        join_key_file: Option<PathBuf>,
        /// Draw a QR code, too
        #[arg(long)]
        qr: bool,
    },
    /// Who may register from now on, until the server's next start
    #[command(after_help = "\
Examples:
  chinwag admin register closed")]
    Register {
        /// Who
        #[arg(value_enum)]
        who: Who,
    },
    /// How long a room keeps what was said
    #[command(after_help = "\
Examples:
  chinwag admin retain builds 30d
  chinwag admin retain lobby last:10000")]
    Retain {
        /// The room; direct messages have no retention: they are kept
        room: String,
        /// `forever`, `30d`, `last:1000`, or `ephemeral` (in memory only)
        #[arg(value_parser = keep)]
        keep: RetentionRule,
    },
    /// Remove what a room does not keep, now
    #[command(after_help = "\
Examples:
  chinwag admin prune builds")]
    Prune {
        /// The room
        room: String,
    },
    /// How this machine's clock stands, by which messages, tokens and invitations are removed for their age
    ///
    /// A clock that jumped is not believed until it agrees again, or has run for a day without a further jump: until then nothing is
    /// removed for its age. What is valid for a time ends as soon as the clock, or an earlier one, says so.
    #[command(after_help = "\
Examples:
  chinwag admin clock
  chinwag admin clock confirm
  chinwag admin clock --json | jq .believed")]
    Clock {
        #[command(subcommand)]
        act: Option<ClockAct>,
    },
    /// Copy all that makes the server itself to a new folder, while it runs or not
    ///
    /// That is the store, the server's SECRET key, who is banned, what operators did, the settings, and the join key and list of
    /// networks that the settings name. Whoever has the folder can be this server: keep it as safe as the server itself.
    #[command(after_help = "\
Examples:
  chinwag admin backup ~/chinwag-backup
  chinwag admin backup ~/chinwag-backup")]
    Backup {
        /// The new folder
        dir: PathBuf,
    },
    /// Make a backup the server of this home, which must have none; clients see the same server, and read its rooms anew
    ///
    /// The backup stays as it is. What was said after it was made is gone, but for what devices still keep for the server.
    #[command(after_help = "\
Examples:
  chinwag admin restore ~/chinwag-backup
  chinwag admin restore --home /srv/lab ~/chinwag-backup")]
    Restore {
        /// The folder that `admin backup` made
        dir: PathBuf,
    },
    /// What operators did, the last acts of it
    ///
    /// It is kept beside the store, as JSON, the last megabyte of it at most; the log of the server that runs has the same
    /// lines, under the target `audit` (RUST_LOG=audit=off).
    #[command(after_help = "\
Examples:
  chinwag admin log
  chinwag admin log --last 1000 --json | jq -r .act")]
    Log {
        /// So many
        #[arg(long, value_name = "N", default_value_t = 50)]
        last: usize,
    },
    /// Check the store: every page, every reference, every log
    ///
    /// Names that nobody would get today, and that are kept because they were given under other rules, are listed, too.
    #[command(after_help = "\
Examples:
  chinwag admin verify")]
    Verify,
    /// Make a damaged store whole again, without what can't be read; its server must be stopped
    ///
    /// The store as it was is kept beside it. Which messages are lost is said here, and to whoever reads there.
    #[command(after_help = "\
Examples:
  chinwag admin repair")]
    Repair,
    /// Write everything as JSON, an object a line, to a new file that only you can read, or to stdout; no passwords, no tokens
    #[command(after_help = "\
Examples:
  chinwag admin export everything.jsonl
  chinwag admin export | jq -r 'select(.kind == \"text\") | .sender'")]
    Export {
        /// The new file; none: stdout
        file: Option<PathBuf>,
    },
}

/// What is wanted of tokens.
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make one; it is printed once, and never again
    ///
    /// It is printed as a link that also says where the server is and which key it has: a program needs nothing else.
    #[command(after_help = "\
Examples:
  chinwag admin token create ann --label ci --write --room builds --expires 90d > ci.token")]
    Create {
        /// The account that it is for
        name: String,
        /// What to call it; no two tokens are called alike
        #[arg(long)]
        label: String,
        /// It may read
        #[arg(long)]
        read: bool,
        /// It may write
        #[arg(long)]
        write: bool,
        /// Only in this room (`builds`, `@bob`); may be given several times
        #[arg(long = "room", value_name = "ROOM")]
        rooms: Vec<String>,
        /// Valid for so long: 12h, 90d
        #[arg(long, value_name = "SPAN", value_parser = span_ms)]
        expires: Option<u64>,
        #[command(flatten)]
        way: Way,
    },
    /// Make a new one that allows the same, and revoke the old one
    #[command(after_help = "\
Examples:
  chinwag admin token rotate ci > ci.token")]
    Rotate {
        /// Its label
        label: String,
        /// The new one is valid for so long: 12h, 90d [default: until the old one would have ended]
        #[arg(long, value_name = "SPAN", value_parser = span_ms)]
        expires: Option<u64>,
        #[command(flatten)]
        way: Way,
    },
    /// Revoke it; programs that came by it are thrown out at once
    #[command(after_help = "\
Examples:
  chinwag admin token revoke ci")]
    Revoke {
        /// Its label
        label: String,
    },
    /// The tokens, by label
    #[command(after_help = "\
Examples:
  chinwag admin token list")]
    List,
}

/// How a program with a token finds the server.
#[derive(Debug, Args)]
pub(super) struct Way {
    /// What stands in the link as the server's place: HOST or HOST:PORT [default: this machine's address on the network]
    #[arg(long)]
    host: Option<String>,
    /// The join key that the server asks of new devices is in this file [default: that of the server that runs]
    #[arg(long, value_name = "FILE")]
    join_key_file: Option<PathBuf>,
}

impl Way {
    /// The link, but for the token.
    pub(super) fn link(&self, home: &Home, rng: &mut Rng) -> Result<Invite, Failure> {
        super::invite::way(home, self.host.as_deref(), self.join_key_file.as_deref(), rng)
    }
}

/// Who may register.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(in crate::cli) enum Who {
    /// Anyone
    Open,
    /// Whoever has an invitation
    Invite,
    /// Nobody
    Closed,
}

impl From<Who> for Registering {
    fn from(who: Who) -> Self {
        match who {
            Who::Open => Self::Open,
            Who::Invite => Self::Invite,
            Who::Closed => Self::Closed,
        }
    }
}

/// What can be asked of the auth command and of its accounts.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Auth {
    /// Have the running server ask its auth command, show what it says, and do nothing with it
    ///
    /// Exit code 5: the command says no. Exit code 1: it fails.
    #[command(after_help = "\
Examples:
  chinwag admin auth test ann               is there such an account?
  chinwag admin auth test ann --password    is that its password? It is asked for
  chinwag admin auth test ann --password-file ann.password")]
    Test {
        /// The name that is asked about
        name: String,
        /// Ask for a password, and ask about that, too
        #[arg(long)]
        password: bool,
        /// Read the password from this file (its first line)
        #[arg(long, value_name = "FILE", conflicts_with = "password")]
        password_file: Option<PathBuf>,
    },
    /// Give a local account to the auth command: its password is forgotten, and the command is asked about it from now on
    #[command(after_help = "\
Examples:
  chinwag admin auth adopt ann")]
    Adopt {
        /// The account
        name: String,
    },
    /// Make an account of the auth command a local one: its devices stay, and `admin passwd` gives it a password
    #[command(after_help = "\
Examples:
  chinwag admin auth release ann")]
    Release {
        /// The account
        name: String,
    },
}

/// The same as a span.
pub(in crate::cli) fn span(given: &str) -> Result<std::time::Duration, String> {
    span_ms(given).map(std::time::Duration::from_millis)
}

/// A span of time in ms: `90s`, `12h`, `7d`, `2w`.
pub(super) fn span_ms(given: &str) -> Result<u64, String> {
    let meant = || "a span of time is meant: 90s, 12h, 7d, 2w".to_owned();
    let span: jiff::Span = given.parse().map_err(|_| meant())?;
    let seconds = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).map_err(|_| meant())?;
    let span = std::time::Duration::try_from_secs_f64(seconds).map_err(|_| meant())?;
    u64::try_from(span.as_millis()).map_err(|_| meant())
}

/// The moment that long after now, in ms since 1970.
pub(super) fn after_ms(now: WallTime, span_ms: Option<u64>) -> Option<u64> {
    span_ms.map(|span_ms| now.as_unix_millis().saturating_add(span_ms))
}

fn keep(given: &str) -> Result<RetentionRule, String> {
    let meant =
        || "`forever`, a number of days (30d), a number of messages (last:1000) or `ephemeral` is meant".to_owned();
    match given {
        "forever" => Ok(RetentionRule::Forever),
        "ephemeral" => Ok(RetentionRule::Ephemeral),
        _ => match (given.strip_prefix("last:"), given.strip_suffix('d')) {
            (Some(count), _) => count.parse().map(RetentionRule::Last).map_err(|_| meant()),
            (None, Some(days)) => days.parse().map(RetentionRule::Days).map_err(|_| meant()),
            (None, None) => Err(meant()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_retentions_are_read_as_people_write_them() {
        assert_eq!(span_ms("90s"), Ok(90_000));
        assert_eq!(span_ms("12h"), Ok(12 * 3_600_000));
        assert_eq!(span_ms("2w"), Ok(14 * 86_400_000));
        assert!(span_ms("soon").is_err() && span_ms("-1h").is_err());
        assert_eq!(
            (keep("forever"), keep("30d"), keep("last:10")),
            (Ok(RetentionRule::Forever), Ok(RetentionRule::Days(30)), Ok(RetentionRule::Last(10)))
        );
        assert!(keep("30").is_err());
    }
}
