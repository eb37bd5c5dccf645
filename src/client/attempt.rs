//! What a client was told to do and could not, as a value: no layer reads what another one wrote for people.

use std::fmt;

/// What an interface told its client to do, in [`super::Notice::Denied`]. Rooms and accounts are named as the user named them, or
/// as they are shown; the text may come from anybody, so it is made safe where it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// To be this account.
    Identify(String),
    /// To enter this room.
    Join(String),
    /// To follow this room from outside.
    Follow(String),
    /// To make this room.
    Create(String),
    /// To leave this room.
    Leave(String),
    /// To know who is in this room.
    Who(String),
    /// To be shown as away.
    Away,
    /// To ignore this account, or not any more.
    Ignore(String),
}

impl Attempt {
    /// The room that the account is not in because of that.
    #[must_use]
    pub fn room_not_entered(&self) -> Option<&str> {
        match self {
            Self::Join(room) | Self::Create(room) => Some(room),
            Self::Identify(_) | Self::Follow(_) | Self::Leave(_) | Self::Who(_) | Self::Away | Self::Ignore(_) => None,
        }
    }
}

/// As the user would say it: `join #lobby`.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identify(name) => write!(f, "be {name}"),
            Self::Join(room) => write!(f, "join {room}"),
            Self::Follow(room) => write!(f, "follow {room}"),
            Self::Create(room) => write!(f, "create {room}"),
            Self::Leave(room) => write!(f, "leave {room}"),
            Self::Who(room) => write!(f, "who {room}"),
            Self::Away => f.write_str("be away"),
            Self::Ignore(name) => write!(f, "ignore {name}"),
        }
    }
}
