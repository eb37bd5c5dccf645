//! What an interface can ask of the server beyond rooms and messages, and what it is answered.

use chinwag_proto::wire::id::{PublicKey, RoomSeq};
use chinwag_proto::wire::message::{
    Access, Device, Entry, Listed, Member, Position, Reach, Refusal, RoomInfo, SearchMark, Secret,
};
use thiserror::Error;

use super::words;

/// What an interface can ask of the server, by [`super::Command::Ask`]. Rooms are given by name, with or without `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Set the account's password.
    SetPassword {
        /// The present one, where there is one.
        old: Option<Secret>,
        /// The new one.
        new: Secret,
    },
    /// The account's devices. Answered by [`Reply::Devices`].
    Devices,
    /// Let a device be one of the account no longer.
    Revoke {
        /// The device's key.
        device: PublicKey,
    },
    /// Delete the account.
    Unregister {
        /// The account's password, where there is one.
        password: Option<Secret>,
    },
    /// Set who may enter a room.
    Open {
        /// The room.
        room: String,
        /// Who may enter it.
        access: Access,
        /// For [`Access::Password`].
        password: Option<Secret>,
    },
    /// The rooms that this account may know of. Answered by [`Reply::Rooms`].
    Rooms {
        /// Rooms whose names come after this one; empty: from the first.
        after: String,
    },
    /// A room's members. Answered by [`Reply::Members`].
    Members {
        /// The room.
        room: String,
        /// Members whose names come after this one; empty: from the first.
        after: String,
    },
    /// Entries of a room. Answered by [`Reply::History`].
    History {
        /// The room.
        room: String,
        /// Which.
        position: Position,
        /// At most so many.
        count: u16,
    },
    /// Entries with all of these words. Answered by [`Reply::Found`].
    Search {
        /// In this room only.
        room: Option<String>,
        /// The words.
        words: String,
        /// The next page: where the last one said.
        after: Option<SearchMark>,
        /// At most so many.
        count: u16,
    },
    /// What a room is, without entering it. Answered by [`Reply::Room`].
    Look {
        /// The room.
        room: String,
    },
    /// The pinned texts of a room. Answered by [`Reply::Found`], in order of their numbers.
    Pins {
        /// The room.
        room: String,
        /// The next page: where the last one said.
        after: Option<SearchMark>,
    },
    /// How far one of this account's entries has got. Answered by [`Reply::Delivery`].
    Delivery {
        /// The room.
        room: String,
        /// The entry.
        number: RoomSeq,
    },
}

/// The answer to an [`Ask`] that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The request is done.
    Done,
    /// What the room is, as the account sees it.
    Room(RoomInfo),
    /// The account's devices.
    Devices(Vec<Device>),
    /// How far an entry has got.
    Delivery(Reach),
    /// Entries of a room.
    History {
        /// The room's name as shown.
        room: String,
        /// In order of their numbers.
        entries: Vec<(RoomSeq, Entry)>,
        /// There is more in the direction that was asked for.
        is_more: bool,
    },
    /// What a search found, the newest first, or what is pinned, in order.
    Found {
        /// What was found.
        hits: Vec<Found>,
        /// Where the next page begins, if there is one.
        next: Option<SearchMark>,
    },
    /// Rooms, in order of their names.
    Rooms {
        /// Rooms.
        rooms: Vec<Listed>,
        /// There are more.
        is_more: bool,
    },
    /// A room's members, in order of their names.
    Members {
        /// The room's name as shown.
        room: String,
        /// Members.
        members: Vec<Member>,
        /// There are more.
        is_more: bool,
    },
}

/// Something that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The room's name as shown.
    pub room: String,
    /// The entry's number there.
    pub number: RoomSeq,
    /// The entry.
    pub entry: Entry,
}

/// Why an [`Ask`] got no [`Reply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// The server refused.
    #[error("{}", words::refusal(*.0))]
    Refused(Refusal),
    /// The link was lost before the answer came. It may be done or not; to ask again by itself would not be the same.
    #[error("the connection was lost before the answer came")]
    LinkLost,
}

impl Ask {
    /// The room that it is about.
    pub(super) fn room(&self) -> Option<&str> {
        match self {
            Self::Open { room, .. }
            | Self::Members { room, .. }
            | Self::History { room, .. }
            | Self::Pins { room, .. }
            | Self::Delivery { room, .. } => Some(room),
            Self::Search { room, .. } => room.as_deref(),
            Self::SetPassword { .. }
            | Self::Devices
            | Self::Revoke { .. }
            | Self::Unregister { .. }
            | Self::Look { .. }
            | Self::Rooms { .. } => None,
        }
    }

    /// Whether whoever is no member of the room may ask it, too, where the room can be read from outside.
    pub(super) const fn only_reads(&self) -> bool {
        matches!(self, Self::History { .. } | Self::Search { .. } | Self::Pins { .. })
    }

    /// Whether asking it a second time does nothing more than the first, whatever became of that.
    pub(super) const fn is_repeatable(&self) -> bool {
        !matches!(self, Self::SetPassword { .. } | Self::Unregister { .. })
    }
}
