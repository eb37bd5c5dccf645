//! What a server tells its operator.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::link::Spread;
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{PublicKey, RoomSeq};
use chinwag_proto::wire::message::{Access, Refusal, Role};

use super::command::OperatorTag;
use super::counter::Counter;
use super::quota::{Full, Quotas};
use super::timekeeper::{ClockReport, ClockTurn};
use chinwag_store::{Retention, Scopes, StoreError};

/// What a server tells its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A device logged in.
    LoggedIn {
        /// The account's name.
        name: String,
        /// The device.
        device: PublicKey,
        /// From where.
        addr: SocketAddr,
    },
    /// A session ended.
    Left {
        /// The account's name, if it had logged in.
        name: Option<String>,
        /// From where.
        addr: SocketAddr,
        /// Why, for people.
        why: String,
    },
    /// Counters.
    Status(Box<Status>),
    /// The peer table, in the order of the addresses.
    Peers(OperatorTag, Vec<PeerReport>),
    /// What people who have not come in yet may see.
    Beacon(BeaconContent),
    /// What the operator asked for is done, or refused.
    Answered(OperatorTag, Result<(), Refusal>),
    /// The accounts.
    Accounts(OperatorTag, Vec<AccountReport>),
    /// The named rooms.
    Rooms(OperatorTag, Vec<RoomReport>),
    /// The tokens.
    Tokens(OperatorTag, Vec<TokenReport>),
    /// How the clock stands.
    Clock(OperatorTag, ClockReport),
    /// Nothing was removed for its age: nobody is sure of the clock.
    AgeUnsure(OperatorTag),
    /// Nothing was made: it would have ended already, since what is valid for a time ends by this one, or by the clock if that is later.
    OverAlready(OperatorTag, WallTime),
    /// The clock is not believed any more, or again. Said once of each time.
    ClockTurned(ClockTurn),
    /// The quotas.
    Quotas(OperatorTag, QuotaReport),
    /// Everyone was told; the loop may end.
    Stopped,
    /// The store begins to refuse for lack of space, or takes everything again. Said once, not of each message.
    StoreFull(bool),
    /// Nine tenths of a quota are used up. Said once, until it is less and nears it again.
    QuotaNear {
        /// Whose.
        what: Full,
        /// Octets that are used.
        used_bytes: u64,
        /// Octets that may be.
        quota_bytes: u64,
    },
    /// A device of this account has seen what the store does not have: the store is an earlier state of itself, or the device lies.
    /// Said once of each account.
    WentBack {
        /// The account's name.
        name: String,
        /// The last entry that the device saw of a log.
        saw: RoomSeq,
        /// Up to where this store's log is the same.
        back_to: RoomSeq,
    },
    /// Somebody has another role in a room.
    RoleChanged {
        /// The room.
        room: String,
        /// Who said so: an owner of the room.
        by: String,
        /// Whose role it is.
        whom: String,
        /// The role.
        role: Role,
    },
    /// News of the program that vouches for accounts.
    Auth(AuthNews),
    /// A part of the store can't be read any more; the rest goes on. Said once, and again when it turns out to be much larger.
    StoreDamaged(Damage),
    /// The store failed: nothing more is acknowledged, the process must end.
    StoreFailed(StoreError),
}

impl Notice {
    /// Whether it answers what the operator asked for.
    #[must_use]
    pub const fn is_reply(&self) -> bool {
        match self {
            Self::Answered(..)
            | Self::Peers(..)
            | Self::Accounts(..)
            | Self::Rooms(..)
            | Self::Tokens(..)
            | Self::Clock(..)
            | Self::Quotas(..)
            | Self::AgeUnsure(_)
            | Self::OverAlready(..) => true,
            Self::LoggedIn { .. }
            | Self::Left { .. }
            | Self::Status(_)
            | Self::Beacon(_)
            | Self::ClockTurned(_)
            | Self::Stopped
            | Self::StoreFull(_)
            | Self::QuotaNear { .. }
            | Self::WentBack { .. }
            | Self::Auth(_)
            | Self::RoleChanged { .. }
            | Self::StoreDamaged(_)
            | Self::StoreFailed(_) => false,
        }
    }
}

/// News of the program that vouches for accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthNews {
    /// The program can't be asked. Said once, until it answers again.
    Fails {
        /// Why.
        why: String,
    },
    /// The program answers again.
    Answers,
    /// Sessions of an account end, since it is not vouched for.
    Ended {
        /// The account's name.
        name: String,
        /// How many.
        sessions: usize,
        /// Why.
        why: String,
    },
}

/// How much is kept at most, and how much is, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaReport {
    /// What is kept at most.
    pub quotas: Quotas,
    /// Octets that all rooms use.
    pub used_bytes: u64,
    /// Accounts and rooms that have used nine tenths of their quotas.
    pub near: Vec<NearReport>,
}

/// Something that has used nine tenths of its quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearReport {
    /// Whose; a room as an operator would say it.
    pub what: Full,
    /// Octets that are used.
    pub used_bytes: u64,
    /// Octets that may be.
    pub quota_bytes: u64,
}

/// What can't be read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Some entries of a room.
    Entries {
        /// Which room, as an operator would say it.
        room: String,
        /// The first of them.
        first: RoomSeq,
        /// The last of them.
        last: RoomSeq,
    },
    /// Something that a search or a write needed.
    Elsewhere,
}

/// What people who have not come in yet may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeaconContent {
    /// Accounts with a session.
    pub online: usize,
    /// Public rooms.
    pub rooms_in_all: usize,
    /// Public rooms, those with the most people.
    pub rooms: Vec<ShownRoom>,
}

/// A public room in a [`BeaconContent`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRoom {
    /// The room's name.
    pub name: String,
    /// The room's topic.
    pub topic: String,
    /// Accounts in it that are heard.
    pub online: usize,
}

/// An account, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReport {
    /// The account's name.
    pub name: String,
    /// Devices that are enrolled.
    pub devices: usize,
    /// Sessions that stand.
    pub sessions: usize,
    /// Rooms that it is a member of.
    pub rooms: usize,
    /// The account owns the server.
    pub is_owner: bool,
    /// The account has a password.
    pub has_password: bool,
    /// An outside program vouches for it.
    pub is_vouched: bool,
    /// Octets on disk that what it wrote uses up.
    pub used_bytes: u64,
}

/// A named room, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomReport {
    /// The room's name.
    pub name: String,
    /// Who may enter.
    pub access: Access,
    /// The room's topic.
    pub topic: String,
    /// The number of its last entry.
    pub head: RoomSeq,
    /// Members.
    pub members: usize,
    /// Sessions that follow it.
    pub followers: usize,
    /// How long it keeps bodies.
    pub retention: Retention,
    /// Octets on disk that what was said there uses up.
    pub used_bytes: u64,
}

/// A token, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenReport {
    /// The account's name.
    pub account: String,
    /// What it is called.
    pub label: String,
    /// What it allows.
    pub scopes: Scopes,
    /// The token is valid before then.
    pub until: Option<WallTime>,
}

/// A socket address that has sessions, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerReport {
    /// The address, unmapped.
    pub addr: SocketAddr,
    /// The peer's sessions: several behind one NAT, or of several programs.
    pub sessions: Vec<SessionReport>,
}

/// A session, for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReport {
    /// The account's name, once it has logged in.
    pub account: Option<String>,
    /// The device.
    pub device: PublicKey,
    /// The session came by a token, not by its device.
    pub came_by_token: bool,
    /// The session was heard lately.
    pub is_heard: bool,
    /// Rooms that it follows.
    pub rooms: usize,
    /// Since when it stands.
    pub stands_for: Duration,
    /// Smoothed RTT; zero before the first sample.
    pub srtt: Duration,
    /// Measured loss, in parts per 100,000.
    pub loss_ppht: u32,
    /// Datagrams sent to it.
    pub datagrams_sent: u64,
    /// Datagrams received from it.
    pub datagrams_received: u64,
    /// Message copies sent to it because loss was detected or a probe timer fired.
    pub retransmitted: u64,
}

/// Counters of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// All that are a number.
    pub counters: Vec<Counter>,
    /// How many octets there may be on disk.
    pub quotas: Quotas,
    /// How the wall clock stands.
    pub clock: ClockReport,
    /// Dropped datagrams by reason.
    pub drops: Vec<(String, u64)>,
    /// What the program that vouches for accounts said, by verdict; empty: there is none.
    pub verdicts: Vec<(&'static str, u64)>,
    /// What waits, by name of its queue.
    pub waiting: Vec<(&'static str, usize)>,
    /// How round trips were spread.
    pub rtt: Spread,
    /// How commits of the store were, from the moment that a batch was given out.
    pub commits: Spread,
}

impl Status {
    /// The counter of that key; 0 if there is none.
    #[must_use]
    pub fn count(&self, key: &str) -> u64 {
        self.counters.iter().find(|counter| counter.key == key).map_or(0, |counter| counter.value)
    }
}
