//! What the server was asked for.

use chinwag_client_core::Found;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Position;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Something to be done; what to say when it is.
    Done(String),
    /// A part of a room's history.
    History(Position),
    /// A part of a room's history that belongs where it is missing.
    Page(String, Position),
    /// What has these words.
    Search(String),
    Rooms,
    /// What is pinned; this much of it has come.
    Pins(Vec<Found>),
    /// Whether there is a room of that name, which is entered then.
    Enter(String),
    Members,
    Devices,
    /// The device whose fingerprint begins so is to be revoked.
    Revoke(String),
    /// How far a message has got.
    Delivery(RoomSeq),
}

impl Asked {
    /// As the user would say it.
    pub(super) const fn request(&self) -> &'static str {
        match self {
            Self::Done(_) => "not done",
            Self::History(_) | Self::Page(..) => "history",
            Self::Search(_) => "search",
            Self::Rooms => "rooms",
            Self::Pins(_) => "pins",
            Self::Enter(_) => "join",
            Self::Members => "members",
            Self::Devices | Self::Revoke(_) => "devices",
            Self::Delivery(_) => "status",
        }
    }
}
