//! News that is the same for everyone above: a client tells it, and the library and the desk pass it on as it is.

use std::time::Duration;

use chinwag_proto::link::Violation;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Presence, Reach};

/// Someone in a room came, went, or is otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceChange {
    /// The room's name as shown.
    pub room: String,
    /// Whose presence it is.
    pub who: String,
    /// What was shown of them before; `None`: they were not here.
    pub before: Option<Presence>,
    /// What they are now.
    pub now: Presence,
    /// What they say of being away; empty: nothing.
    pub status: String,
}

/// Someone types in a room, or does not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypingChange {
    /// The room's name as shown.
    pub room: String,
    /// Who.
    pub who: String,
    /// Types, or has stopped.
    pub is_typing: bool,
}

/// One of the account's newest messages has got further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The room's name as shown.
    pub room: String,
    /// The message's number.
    pub number: RoomSeq,
    /// How far.
    pub reach: Reach,
}

/// Some entries of a room can't be read any more, since the server's disk is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The room's name as shown.
    pub room: String,
    /// The first of them.
    pub first: RoomSeq,
    /// The last of them.
    pub last: RoomSeq,
}

/// Nine tenths of what the server keeps of something are used up; what is more will be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaNear {
    /// Of what.
    pub whose: Whose,
    /// Octets that are used.
    pub used: u64,
    /// Octets that may be.
    pub of: u64,
}

/// What has a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// What this account wrote.
    Own,
    /// A room, by its name as shown.
    Room(String),
    /// What everyone said on the server.
    Server,
}

/// The account has written as much at once as the server takes from one: what waits on this device goes on more slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBudget {
    /// Octets that wait here.
    pub octets: u64,
    /// Octets that are taken in a second.
    pub per_s: u64,
    /// About how long all of it will take.
    pub wait: Duration,
}

/// Why a session is lost. The client tries again by itself, whichever it is. When displayed: a sentence for people, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The server does not answer.
    Silent,
    /// The server went down, and said so: it is to come back.
    Shutdown {
        /// Why, in the server's words; empty: it gave no reason. Not safe to show as it is.
        reason: String,
    },
    /// The server has started anew, and does not know the session.
    Restarted,
    /// The keys of the session were too old.
    Expired,
    /// The server broke the protocol.
    Violation(Violation),
}
