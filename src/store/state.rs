//! What a store has of accounts and rooms: everything but the logs' bodies.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Uptime, WallTime};
use chinwag_proto::wire::id::{AccountId, Epoch, LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Facts, Role};

use super::epochs::Epochs;
use super::query::Span;

/// BLAKE2s-256 of a random secret of at least 128 bits (a token, an invitation). What is stored does not give it away.
pub type SecretHash = [u8; 32];

/// What a server starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// All accounts, in order.
    pub accounts: Vec<Account>,
    /// All rooms, in order.
    pub rooms: Vec<Room>,
    /// All tokens, in order of their hashes.
    pub tokens: Vec<Token>,
    /// All invitations that are not used up, in order of their hashes.
    pub invites: Vec<Invite>,
    /// All entries of all logs, also those whose bodies are gone.
    pub entries: u64,
    /// The runs of servers on this store; the present one is the last.
    pub epochs: Epochs,
    /// What servers have seen of the wall clock.
    pub timekeeping: Timekeeping,
    /// What lay on damaged pages and is not there any more.
    pub loss: Loss,
}

/// What lay on damaged pages and is not there any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// The entries of each room, in order.
    pub spans: BTreeMap<RoomId, Vec<Span>>,
    /// There are some, an operator has had the store repaired since, and goes on without them.
    pub is_accepted: bool,
}

/// What servers have seen of the wall clock, so that one that jumped while none ran is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timekeeping {
    /// The last reading that was believed; `None`: there was none.
    pub believed: Option<Reading>,
    /// The clock was believed though it was set back, since nothing else was heard for a day: what seems to come from
    /// the future may be right.
    pub is_set_back: bool,
    /// What was granted until then, or until before then, has ended, whatever the clock says.
    pub ended: WallTime,
    /// The last reading of a clock that nothing has confirmed yet; `None`: it is believed.
    pub doubted: Option<Reading>,
    /// Servers have run for so long with that clock.
    pub waited: Duration,
}

/// Two clocks at one moment: one that anybody may set, and one that nobody sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The one.
    pub wall: WallTime,
    /// The other.
    pub uptime: Uptime,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// The account's name.
    pub name: String,
    /// The name's skeleton.
    pub skeleton: String,
    /// The account's devices, in order of their keys.
    pub devices: Vec<Device>,
    /// The account's password, as a PHC string.
    pub phc: Option<String>,
    /// The account owns the server.
    pub is_owner: bool,
    /// The account was deleted; its name stays taken.
    pub is_gone: bool,
    /// Octets that its entries use up on disk ([`super::uses`]).
    pub used: u64,
    /// An outside program vouches for it, and did so last then; `None`: a local account.
    pub vouched_at: Option<WallTime>,
}

/// A device of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The device's key.
    pub key: PublicKey,
    /// What it calls itself.
    pub label: String,
    /// When it was enrolled.
    pub since: WallTime,
}

/// A token of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The account.
    pub account: AccountId,
    /// Hash of the token.
    pub hash: SecretHash,
    /// What its owner calls it.
    pub label: String,
    /// What it allows.
    pub scopes: Scopes,
    /// The token is valid before then.
    pub until: Option<WallTime>,
}

/// What a token allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    /// To follow rooms, read history and search.
    pub read: bool,
    /// To write.
    pub write: bool,
    /// Only in these rooms, by name; `None`: in all of the account's.
    pub rooms: Option<Vec<String>>,
}

/// An invitation to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Hash of the invitation.
    pub hash: SecretHash,
    /// Accounts that may still be made by it.
    pub uses: u32,
    /// The invitation is valid before then.
    pub until: Option<WallTime>,
}

/// A room as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The room.
    pub id: RoomId,
    /// The room's nature.
    pub kind: Kind,
    /// The identity of its log.
    pub log: LogId,
    /// The number of its last entry; 0 if none.
    pub head: RoomSeq,
    /// Who may enter.
    pub access: Access,
    /// The hash of its password, as a PHC string.
    pub phc: Option<String>,
    /// The room's topic; empty: none.
    pub topic: String,
    /// How long it keeps bodies.
    pub retention: Retention,
    /// Who is in it, in order.
    pub members: Vec<Member>,
    /// Who may enter, in order.
    pub invited: Vec<AccountId>,
    /// Who is kept out, in order.
    pub bans: Vec<Ban>,
    /// Who may not write, members and others, in order.
    pub mutes: Vec<Mute>,
    /// What else holds there, and is told to whoever follows it.
    pub facts: Facts,
    /// Octets that its entries use up on disk ([`super::uses`]).
    pub used: u64,
}

/// The nature of a stored room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The room is entered by this name.
    Named(String),
    /// The direct messages of two accounts, the smaller first.
    Direct(AccountId, AccountId),
}

/// A member of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub account: AccountId,
    /// The member's role.
    pub role: Role,
    /// The member may read what comes after this entry: 0 where the room was public when it entered, and in direct messages.
    pub since: RoomSeq,
    /// A device has everything up to here on record.
    pub delivered: RoomSeq,
    /// The member has read up to here.
    pub read: RoomSeq,
    /// The member has let the others know that it has read up to here.
    pub shown_read: RoomSeq,
}

/// Someone who is kept out of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// The account.
    pub account: AccountId,
    /// The devices that it had.
    pub devices: Vec<PublicKey>,
    /// Until then; `None`: until it is lifted.
    pub until: Option<WallTime>,
}

/// Someone who may not write in a room. It is the account's, and not the member's: leaving does not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mute {
    /// The account.
    pub account: AccountId,
    /// Until then; `None`: until it is lifted.
    pub until: Option<WallTime>,
}

/// How long a room keeps bodies. Numbers are kept for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retention {
    /// For ever.
    #[default]
    Forever,
    /// So long.
    For(Duration),
    /// The last so many.
    Last(u64),
    /// The last so many octets ([`super::EPHEMERAL_MAX_BYTES`]), and in memory only. After a restart the log has a new
    /// identity and goes on from where the room became ephemeral.
    Ephemeral,
}

/// Whether what is kept for so long, and was taken at `at`, is kept no more.
pub(super) fn is_over(at: WallTime, time: Duration, now: WallTime) -> bool {
    let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    at.as_unix_millis().saturating_add(ms) <= now.as_unix_millis()
}

/// The identity of a room's log that is made by a process: of another process with another seed it is another.
pub(super) fn fresh_log(seed: [u8; 32], room: RoomId) -> LogId {
    LogId(Rng::from_seed(seed).fork(&format!("log {room}")).u64())
}

/// The epoch that a process with this seed begins.
pub(super) fn fresh_epoch(seed: [u8; 32]) -> Epoch {
    Epoch(Rng::from_seed(seed).fork("epoch").u64().max(1))
}
