//! What the thread of roaming has for a chat.

use std::fmt;

use chinwag_proto::wire::id::PublicKey;

use crate::client_core::Notice;

use super::super::session::Opened;

/// What the thread has for the chat.
pub(in super::super) enum News {
    /// For the user.
    Word(String),
    /// For the user, who asked for it.
    Line(String),
    /// For the user: it was not done.
    Trouble(String),
    /// There is a session with another server, to go on with.
    Arrived(Box<Arrival>),
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(said) | Self::Line(said) | Self::Trouble(said) => f.write_str(said),
            Self::Arrived(arrival) => write!(f, "at {}", arrival.key),
        }
    }
}

/// A session with another server.
pub(in super::super) struct Arrival {
    pub(in super::super) opened: Opened,
    /// What it has told until now.
    pub(in super::super) came: Vec<Notice>,
    pub(in super::super) key: PublicKey,
    /// Nobody asked for it.
    pub(in super::super) is_by_itself: bool,
}
