//! What comes back.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::message::Access;
use serde::{Deserialize, Serialize};

use super::request::RetentionRule;
use crate::auth::Answered;
use crate::server::{self, Notice, OperatorTag};

/// One reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// What was asked for is done, and durable.
    Done,
    /// What was asked for was refused.
    Refused(chinwag_proto::wire::message::Refusal),
    /// What was asked for makes no sense, or failed: why.
    Failed(String),
    /// The settings were read again; these wait for a restart.
    Reloaded {
        /// The keys of those that wait.
        waiting: Vec<String>,
    },
    /// Counters.
    Status(Status),
    /// The peer table, in the order of the addresses.
    Peers(Vec<PeerAddress>),
    /// How the server is reached.
    ContactInfo(ContactInfo),
    /// The accounts, in the order in which they came.
    Accounts(Vec<Account>),
    /// The named rooms.
    Rooms(Vec<Room>),
    /// The tokens.
    Tokens(Vec<Token>),
    /// The quotas.
    Quotas(Quotas),
    /// How the wall clock stands.
    Clock(Clock),
    /// What the auth command said.
    Verdict(Verdict),
}

/// What the auth command said, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// `yes`, `no` or `failed`.
    pub verdict: String,
    /// The account's name, if it is another one than was asked for.
    pub name: Option<String>,
    /// The account moderates every named room.
    pub moderator: bool,
    /// Why it failed.
    pub why: Option<String>,
    /// What it wrote to its standard error.
    pub complaint: String,
    /// How long it took, in ms.
    pub took_ms: u64,
}

/// Counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// All that are a number, by their keys.
    #[serde(flatten)]
    pub counters: BTreeMap<String, u64>,
    /// The store refuses for lack of space.
    #[serde(default)]
    pub full: bool,
    /// How the wall clock stands.
    #[serde(default)]
    pub clock: Clock,
    /// Dropped datagrams by reason.
    pub drops: Vec<(String, u64)>,
    /// What the auth command said, by verdict; empty: there is none.
    #[serde(default)]
    pub auth: Vec<(String, u64)>,
    /// What waits, by name of its queue.
    pub waiting: Vec<(String, usize)>,
}

/// How the wall clock stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// What it says, in ms since 1970.
    pub wall_ms: u64,
    /// What it should say, by the time since it was believed last; none: it never was.
    pub paced_ms: Option<u64>,
    /// Things are removed for their age by it.
    pub believed: bool,
    /// If it is not believed: it has run for so long without a further jump, in seconds,
    pub waited_s: u64,
    /// and is believed when it has run for so long.
    pub wait_s: u64,
    /// Tokens and invitations that were valid until then or less have ended, whatever the clock says, in ms since 1970.
    pub ended_ms: u64,
}

/// How a server is reached, for invitations.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactInfo {
    /// Where it listens.
    pub listens_on: SocketAddr,
    /// What it asks of new devices.
    pub join_key: Option<[u8; 32]>,
}

impl fmt::Debug for ContactInfo {
    /// A key is for nobody's log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactInfo").field("listens_on", &self.listens_on).finish_non_exhaustive()
    }
}

/// A socket address that has sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerAddress {
    /// The address.
    pub addr: SocketAddr,
    /// The address's sessions.
    pub sessions: Vec<Session>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The account, once it has logged in.
    pub account: Option<String>,
    /// The device's public key, in hexadecimal.
    pub device: String,
    /// The session came by a token, not by its device.
    pub token: bool,
    /// The session was heard lately.
    pub heard: bool,
    /// Rooms that it follows.
    pub rooms: usize,
    /// For how long it stands, in seconds.
    pub stands_s: u64,
    /// Smoothed RTT, in µs; 0 before the first sample.
    pub srtt_us: u64,
    /// Measured loss, in percent.
    pub loss_pct: f64,
    /// Datagrams sent to it.
    pub datagrams_sent: u64,
    /// Datagrams received from it.
    pub datagrams_received: u64,
    /// Message copies sent to it again.
    pub retransmitted: u64,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account's name.
    pub name: String,
    /// Devices that are enrolled.
    pub devices: usize,
    /// Sessions that stand.
    pub sessions: usize,
    /// Rooms that it is in.
    pub rooms: usize,
    /// The account owns the server.
    pub owner: bool,
    /// The account has a password.
    pub password: bool,
    /// The auth command vouches for it.
    #[serde(default)]
    pub vouched: bool,
    /// Octets on disk that what it wrote uses up.
    pub used_bytes: u64,
    /// The account may not come in. The server's machine does not know: who asks reads it from the list of bans.
    #[serde(default)]
    pub banned: bool,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The room's name.
    pub name: String,
    /// Who may enter.
    pub access: Access,
    /// The room's topic.
    pub topic: String,
    /// The number of its last entry.
    pub head: u64,
    /// Members.
    pub members: usize,
    /// Sessions that follow it.
    pub followers: usize,
    /// How long it keeps what was said.
    pub keep: RetentionRule,
    /// Octets on disk that what was said there uses up.
    pub used_bytes: u64,
}

/// How much is kept at most, in octets (`None`: any number), and how much is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotas {
    /// Of what an account wrote, in all rooms.
    pub account_bytes: Option<u64>,
    /// Of what was said in a room.
    pub room_bytes: Option<u64>,
    /// Of what was said in all rooms.
    pub server_bytes: Option<u64>,
    /// What all rooms use.
    pub used_bytes: u64,
    /// What has used nine tenths of its quota.
    pub near: Vec<Near>,
}

/// An account or a room that has used nine tenths of its quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Near {
    /// An account's name; `None`: it is a room.
    pub account: Option<String>,
    /// A room: `#lobby`, `@ann and @bob`; `None`: it is an account.
    pub room: Option<String>,
    /// Octets that it uses.
    pub used_bytes: u64,
    /// Octets that it may use.
    pub quota_bytes: u64,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The account.
    pub account: String,
    /// What it is called.
    pub label: String,
    /// The token may read.
    pub read: bool,
    /// The token may write.
    pub write: bool,
    /// Only in these rooms.
    pub rooms: Option<Vec<String>>,
    /// Valid before this moment, in ms since 1970.
    pub until_ms: Option<u64>,
}

impl Reply {
    /// Whether what was asked for was done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::Reloaded { .. })
    }

    /// The reply that a server's notice is, and to what.
    #[must_use]
    pub fn of_notice(notice: Notice) -> Option<(OperatorTag, Self)> {
        match notice {
            Notice::Answered(tag, Ok(())) => Some((tag, Self::Done)),
            Notice::Answered(tag, Err(reason)) => Some((tag, Self::Refused(reason))),
            Notice::Peers(tag, peers) => Some((tag, Self::Peers(peers.into_iter().map(PeerAddress::from).collect()))),
            Notice::Accounts(tag, accounts) => {
                Some((tag, Self::Accounts(accounts.into_iter().map(Account::from).collect())))
            }
            Notice::Rooms(tag, rooms) => Some((tag, Self::Rooms(rooms.into_iter().map(Room::from).collect()))),
            Notice::Tokens(tag, tokens) => Some((tag, Self::Tokens(tokens.into_iter().map(Token::from).collect()))),
            Notice::Clock(tag, report) => Some((tag, Self::Clock(report.into()))),
            Notice::AgeUnsure(tag) => Some((tag, Self::Failed(AGE_UNSURE.to_owned()))),
            Notice::OverAlready(tag, latest) => Some((tag, Self::Failed(over_already(latest)))),
            Notice::Quotas(tag, quotas) => Some((tag, Self::Quotas(quotas.into()))),
            Notice::LoggedIn { .. }
            | Notice::ClockTurned(_)
            | Notice::Left { .. }
            | Notice::Status(_)
            | Notice::Beacon(_)
            | Notice::Stopped
            | Notice::QuotaNear { .. }
            | Notice::StoreFull(_)
            | Notice::WentBack { .. }
            | Notice::Auth(_)
            | Notice::RoleChanged { .. }
            | Notice::StoreDamaged(_)
            | Notice::StoreFailed(_) => None,
        }
    }
}

impl Status {
    /// The counter of that key; 0 if there is none.
    #[must_use]
    pub fn count(&self, key: &str) -> u64 {
        self.counters.get(key).copied().unwrap_or_default()
    }
}

/// The key of what is said as a yes or no.
const FULL: &str = "full";

impl From<server::Status> for Status {
    fn from(status: server::Status) -> Self {
        let numbers = status.counters.iter().filter(|counter| counter.key != FULL);
        Self {
            counters: numbers.map(|counter| (counter.key.to_owned(), counter.value)).collect(),
            full: status.count(FULL) > 0,
            clock: status.clock.into(),
            drops: status.drops,
            auth: status.verdicts.into_iter().map(|(verdict, count)| (verdict.to_owned(), count)).collect(),
            waiting: status.waiting.into_iter().map(|(queue, length)| (queue.to_owned(), length)).collect(),
        }
    }
}

const AGE_UNSURE: &str = "nothing was removed: this machine's clock is not believed now, and the room keeps messages for a time; \
                          `chinwag admin clock` says more";

fn over_already(latest: WallTime) -> String {
    let ms = i64::try_from(latest.as_unix_millis()).ok();
    let date = ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let date = date.map_or_else(|| "after the last date there is".to_owned(), |date| date.to_string());
    format!(
        "nothing was made, for it would never be valid: here it is {date} or later; `chinwag admin clock` says more"
    )
}

impl From<server::ClockReport> for Clock {
    fn from(report: server::ClockReport) -> Self {
        let server::ClockReport { wall, paced, is_believed, waited, ended } = report;
        Self {
            wall_ms: wall.as_unix_millis(),
            paced_ms: paced.map(WallTime::as_unix_millis),
            believed: is_believed,
            waited_s: waited.as_secs(),
            wait_s: server::CLOCK_WAIT.as_secs(),
            ended_ms: ended.as_unix_millis(),
        }
    }
}

impl From<Answered> for Verdict {
    fn from(answered: Answered) -> Self {
        let (verdict, name, moderator, why) = match answered.verdict {
            server::Verdict::Yes { name, is_moderator } => ("yes", name, is_moderator, None),
            server::Verdict::No => ("no", None, false, None),
            server::Verdict::Failed { why } => ("failed", None, false, Some(why)),
        };
        let took_ms = u64::try_from(answered.took.as_millis()).unwrap_or(u64::MAX);
        Self { verdict: verdict.to_owned(), name, moderator, why, complaint: answered.complaint, took_ms }
    }
}

impl From<server::PeerReport> for PeerAddress {
    fn from(report: server::PeerReport) -> Self {
        Self { addr: report.addr, sessions: report.sessions.into_iter().map(Session::from).collect() }
    }
}

impl From<server::SessionReport> for Session {
    fn from(report: server::SessionReport) -> Self {
        Self {
            account: report.account,
            device: report.device.0.iter().map(|octet| format!("{octet:02x}")).collect(),
            token: report.came_by_token,
            heard: report.is_heard,
            rooms: report.rooms,
            stands_s: report.stands_for.as_secs(),
            srtt_us: u64::try_from(report.srtt.as_micros()).unwrap_or(u64::MAX),
            loss_pct: f64::from(report.loss_ppht) / 1_000.0,
            datagrams_sent: report.datagrams_sent,
            datagrams_received: report.datagrams_received,
            retransmitted: report.retransmitted,
        }
    }
}

impl From<server::AccountReport> for Account {
    fn from(report: server::AccountReport) -> Self {
        let server::AccountReport { name, devices, sessions, rooms, is_owner, has_password, is_vouched, used_bytes } =
            report;
        let (owner, password, vouched) = (is_owner, has_password, is_vouched);
        Self { name, devices, sessions, rooms, owner, password, vouched, used_bytes, banned: false }
    }
}

impl From<server::RoomReport> for Room {
    fn from(report: server::RoomReport) -> Self {
        let server::RoomReport { name, access, topic, head, members, followers, retention, used_bytes } = report;
        Self { name, access, topic, head: head.0, members, followers, keep: retention.into(), used_bytes }
    }
}

impl From<server::QuotaReport> for Quotas {
    fn from(report: server::QuotaReport) -> Self {
        let server::QuotaReport { quotas, used_bytes, near } = report;
        let server::Quotas { account_bytes, room_bytes, server_bytes } = quotas;
        let near = near.into_iter().map(Near::from).collect();
        Self { account_bytes, room_bytes, server_bytes, used_bytes, near }
    }
}

impl From<server::NearReport> for Near {
    fn from(report: server::NearReport) -> Self {
        let server::NearReport { what, used_bytes, quota_bytes } = report;
        let (account, room) = match what {
            server::Full::Account(name) => (Some(name), None),
            server::Full::Room(room) => (None, Some(room)),
            server::Full::Server => (None, None),
        };
        Self { account, room, used_bytes, quota_bytes }
    }
}

impl From<server::TokenReport> for Token {
    fn from(report: server::TokenReport) -> Self {
        let server::TokenReport { account, label, scopes, until } = report;
        let (read, write, rooms) = (scopes.read, scopes.write, scopes.rooms);
        Self { account, label, read, write, rooms, until_ms: until.map(|until| until.as_unix_millis()) }
    }
}
