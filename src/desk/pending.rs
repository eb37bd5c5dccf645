//! A message that the server has not answered yet.

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::id::RoomSeq;

use super::row::Row;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Where to.
    pub room: String,
    /// What it says, or does.
    pub text: String,
    /// It is in this device's outbox: if this program ends, another one sends it.
    pub is_kept: bool,
    /// The server has it under this number; as an entry of the room it has not come yet.
    pub number: Option<RoomSeq>,
    /// It says something, or says it otherwise.
    pub(super) is_said: bool,
    /// The user knows that it is not stored yet.
    pub(super) told: bool,
    /// It is something that is said, and not a change of that.
    pub(super) is_message: bool,
    /// What it takes back.
    pub(super) deletes: Option<Row>,
    /// What it waits for, by its tag.
    pub(super) about: Option<u64>,
    /// That was refused.
    pub(super) is_orphan: bool,
}

/// What to say of a message that is too long.
pub fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}
