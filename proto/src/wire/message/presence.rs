//! Presence and typing: who is where. Never stored, never in a log.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::wire::id::{AccountId, PresenceVersion};

/// The state of an account in a room. In order: of the states of its sessions the least is the account's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Presence {
    /// At least one of its devices is heard, with somebody before it.
    Online,
    /// The member is heard, and nobody has touched it for a while.
    Idle,
    /// The member is heard, and says that nobody is there.
    Away,
    /// The member's devices have been silent for a while (suspect).
    Unreachable,
    /// The member's devices are gone without a word, not long ago; shown in the roster, no line yet.
    Offline,
    /// The member left; faces show a line.
    Left,
}

/// What a session says of whoever sits before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Away {
    /// Here.
    #[default]
    Here,
    /// Nothing was typed for a while.
    Idle,
    /// Away, with a text for the others, at most [`crate::limits::STATUS_MAX_LEN`] octets; may be empty.
    Away(String),
    /// Nobody sits before it, and it goes when one thing is done: the session is not shown at all.
    Passing,
}

/// One account's newest state in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceEntry {
    /// The account.
    pub account: AccountId,
    /// The member's name.
    pub name: String,
    /// The member's state.
    pub presence: Presence,
    /// What it says of being away; empty in every other state.
    pub status: String,
    /// The version of the room's presence that this change made.
    pub version: PresenceVersion,
}

/// Changes of a room's presence; for each account only the newest counts, by version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceUpdate {
    /// In order of version.
    pub entries: Vec<PresenceEntry>,
}

/// Someone is typing. Client to server the account is the sender's own, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Who.
    pub account: AccountId,
}
