//! Bulk: answers that are too long for the control channel. They wait for chat, chat never waits for them.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::room::{Listed, Member};
use crate::time::WallTime;
use crate::wire::id::{PublicKey, RequestId, RoomId, RoomSeq};

/// Server to client, on the bulk channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bulk {
    /// Answers [`super::Request::History`]: entries in order.
    History {
        /// The request.
        request: RequestId,
        /// The room.
        room: RoomId,
        /// Entries in order of their numbers; those whose body is gone are left out.
        entries: Vec<Numbered>,
        /// There is more in the direction of the request; of [`Position::Around`], on either side.
        is_more: bool,
    },
    /// Answers [`super::Request::Search`]: hits, the newest first. Answers [`super::Request::Pins`]: the texts, in order.
    Found {
        /// The request.
        request: RequestId,
        /// What was found.
        hits: Vec<Hit>,
        /// Where the next page begins, if there is one.
        next: Option<SearchMark>,
    },
    /// Answers [`super::Request::Rooms`]: in order of their names.
    Rooms {
        /// The request.
        request: RequestId,
        /// Rooms.
        rooms: Vec<Listed>,
        /// There are more, after the last of these.
        is_more: bool,
    },
    /// Answers [`super::Request::Members`]: in order of their names.
    Members {
        /// The request.
        request: RequestId,
        /// The room.
        room: RoomId,
        /// Members.
        members: Vec<Member>,
        /// There are more, after the last of these.
        is_more: bool,
    },
}

/// An entry with its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// The entry's number.
    pub number: RoomSeq,
    /// The encoded [`super::Entry`].
    pub entry: Vec<u8>,
}

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The room.
    pub room: RoomId,
    /// The entry's number there. Of an entry that was edited, its own and not the edit's.
    pub number: RoomSeq,
    /// The encoded [`super::Entry`]. Of an entry that was edited, the newest edit's.
    pub entry: Vec<u8>,
}

/// A place in the results of a search, opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchMark(pub u64);

/// Which part of a log is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// The last entries before this one.
    Before(RoomSeq),
    /// The first entries after this one.
    After(RoomSeq),
    /// The first entries that were taken at this moment or later.
    Since(WallTime),
    /// An entry, and those on both sides of it.
    Around(RoomSeq),
}

/// A device of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The device's key.
    pub key: PublicKey,
    /// What it calls itself.
    pub label: String,
    /// When it was enrolled.
    pub since: WallTime,
    /// A session of it stands.
    pub is_online: bool,
}
