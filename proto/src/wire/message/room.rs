//! Rooms as accounts see them.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::wire::id::{AccountId, LogId, RoomId, RoomSeq};

/// A room as an account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room.
    pub id: RoomId,
    /// The room's name and nature.
    pub kind: RoomKind,
    /// The identity of its log.
    pub log: LogId,
    /// The number of the last entry; 0 if there is none.
    pub head: RoomSeq,
    /// Who may enter it.
    pub access: Access,
    /// The room's topic; empty: none.
    pub topic: String,
    /// The account's own standing there.
    pub standing: Standing,
    /// The account may read what comes after this entry; 0: everything.
    pub since: RoomSeq,
    /// The account has read up to here, on whatever device.
    pub read: RoomSeq,
}

/// The name and nature of a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoomKind {
    /// The room is entered by this name.
    Named(String),
    /// Two accounts' direct messages; the other account and its name.
    Direct(AccountId, String),
}

/// Who may enter a room, and who knows of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Access {
    /// Anyone may enter, and read what was said before.
    #[default]
    Public,
    /// The room is listed; whoever knows the password may enter.
    Password,
    /// The room is listed; whoever is invited may enter.
    Invite,
    /// The room is not listed; whoever is invited may enter. To everyone else it does not exist.
    Private,
}

/// A member's role in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Reads and writes.
    #[default]
    Member,
    /// May also remove what others wrote, and kick, ban, mute and invite members.
    Moderator,
    /// May also set the room's access and everyone's role.
    Owner,
}

/// An account's standing in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// The account is in it, in this role.
    In(Role),
    /// The account may enter.
    Invited,
    /// The account is not, or no longer, in it.
    Out,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The member's name.
    pub name: String,
    /// The member's role.
    pub role: Role,
    /// The member may not write now.
    pub is_muted: bool,
}

/// A room in a list of rooms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The room's name.
    pub name: String,
    /// Who may enter it.
    pub access: Access,
    /// The room's topic; empty: none.
    pub topic: String,
    /// How many members it has.
    pub members: u64,
    /// The number of its last entry.
    pub head: RoomSeq,
    /// The account is a member.
    pub is_member: bool,
}
