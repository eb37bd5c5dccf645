//! Someone in a room, as an interface shows them.

use chinwag_proto::wire::message::Presence;

/// Someone in a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Present {
    /// The account's name.
    pub name: String,
    /// The member's state.
    pub presence: Presence,
    /// What it says of being away; empty: nothing.
    pub status: String,
}
