//! What is asked: the user of this desk, and the server.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_client_core::Found;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Position;

use super::pages::NextPage;
use super::question::Question;
use super::remark::{Asking, Done};

/// What is asked, and not answered yet.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// A password is asked for.
    pub(super) open: Option<Question>,
    /// So many were asked for.
    pub(super) opened: u64,
    /// What the server was asked for, by tag.
    pub(super) asked: BTreeMap<u64, Asked>,
    /// Rooms of which the user wants to read who is there.
    pub(super) who: BTreeSet<String>,
    /// Where the next pages of what was shown begin.
    pub(super) next_page: NextPage,
    /// What the user wants of servers: to read of them (an empty name), or to go to this one.
    pub(super) server: Option<String>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Something to be done.
    Done(Done),
    /// A part of a room's history.
    History(Position),
    /// A part of a room's history that belongs where it is missing.
    Page(String, Position),
    /// What has these words.
    Search(String),
    Rooms,
    /// What is pinned; this much of it has come.
    Pins(Vec<Found>),
    /// Which room may be meant by a name that none has: the nearest one in so many pages.
    Nearest {
        room: String,
        meant: Option<String>,
        pages: usize,
    },
    /// What that room is about.
    Topic(String),
    Members,
    Devices,
    /// The device whose fingerprint begins so is to be revoked.
    Revoke(String),
    /// How far a message has got.
    Delivery(RoomSeq),
    /// The same of that room, to be shown in its row.
    Reach(String, RoomSeq),
}

impl Asked {
    /// The same, for a presenter.
    pub(super) const fn asking(&self) -> Asking {
        match self {
            Self::Done(Done::Opened | Done::RoomPasswordSet) => Asking::Open,
            Self::Done(Done::Revoked(_)) => Asking::Revoke,
            Self::Done(Done::PasswordSet) => Asking::Password,
            Self::Done(Done::Unregistered) => Asking::Unregister,
            Self::History(_) | Self::Page(..) => Asking::History,
            Self::Search(_) => Asking::Search,
            Self::Rooms => Asking::Rooms,
            Self::Pins(_) => Asking::Pins,
            Self::Nearest { .. } => Asking::Join,
            Self::Topic(_) => Asking::Topic,
            Self::Members => Asking::Members,
            Self::Devices | Self::Revoke(_) => Asking::Devices,
            Self::Delivery(_) | Self::Reach(..) => Asking::Status,
        }
    }
}
