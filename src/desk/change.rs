//! What has changed at a desk since a face looked last, in the order in which it happened.

use std::collections::BTreeMap;

use chinwag_client_core::{Delivered, PresenceChange, Present};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, Fact};

use super::asides::Tone;
use super::fold::Line;
use super::remark::Remark;
use super::state::Findings;

/// Something that has changed. Rooms are by their names as shown. What is not told here (counts, the connection, what is on its
/// way) a face reads of the desk whenever it draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The desk has something to say.
    Remark(Place, Remark),
    /// Whoever owns the connection has something to say, in words of its own.
    Words(Place, Tone, String),
    /// An entry came.
    Entry(Box<Came>),
    /// A room was entered, or entered again on a new link.
    Joined {
        /// The room.
        room: String,
        /// The room was entered before.
        is_again: bool,
        /// What it is about; empty: nothing.
        topic: String,
        /// Entries that do not come, since there are too many.
        skipped: u64,
        /// Entries after the last one that the account has read, where it has read any.
        unread: u64,
    },
    /// A fact of a room that was entered, or what it has become while nobody looked. What it becomes later is told by an entry.
    Fact {
        /// Where it is to be told: in that room, after the message up to which its log has it so.
        place: Place,
        /// The fact.
        fact: Fact,
    },
    /// Who is there was told in full.
    Roster {
        /// The room.
        room: String,
        /// Who is there, by name.
        who: BTreeMap<String, Present>,
        /// The user asked for it.
        is_asked: bool,
    },
    /// Someone came, went, or is otherwise than before.
    Presence(PresenceChange),
    /// A message is in this device's outbox.
    Queued {
        /// Which.
        tag: u64,
        /// There is no connection now.
        is_offline: bool,
    },
    /// One of the user's messages got further.
    Delivered(Delivered),
    /// A search has found something, or nothing.
    Found(Findings),
}

/// Where something is said: in a room, after its last message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The room.
    pub room: String,
    /// The room's last message then.
    pub after: RoomSeq,
}

/// An entry that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// The entry's room.
    pub room: String,
    /// The entry's number.
    pub number: RoomSeq,
    /// What it says, or does.
    pub entry: Entry,
    /// What it is about, as that looked before, where that is at hand.
    pub about: Option<Line>,
    /// The user wrote it.
    pub is_own: bool,
    /// Someone whom the user ignores wrote it.
    pub is_ignored: bool,
    /// The entry was said after the room was entered; or, where a room with one person is new, after it was heard of.
    pub is_live: bool,
}
