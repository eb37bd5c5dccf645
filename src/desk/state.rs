//! How a conversation stands: how its face shows it, its connection, what became of a line, what was found.

use std::collections::BTreeSet;

use chinwag_client_core::{Found, Quality};
use chinwag_proto::time::WallTime;

/// How a face shows what is at a desk, whatever it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// A person is there, who can be asked something.
    pub is_attended: bool,
    /// What it shows.
    pub shows: Shows,
}

/// What a face shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// All rooms of the account, one of them at a time, and all that was said there in its place: a screen, a window, a page.
    Rooms,
    /// What comes, of the rooms that were entered, in the order of its numbers: lines. What was shown stays as it is.
    Stream,
}

/// How far the user's clock is ahead of UTC at a moment, in seconds. The machines know no time zone; the face brings it.
pub type Calendar = fn(WallTime) -> i32;

/// No time zone at all: for tests and benchmarks.
pub const UTC: Calendar = |_| 0;

/// Messages that the server has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsaid {
    /// How many.
    pub count: usize,
    /// So many of them are in this device's outbox: another program sends them.
    pub kept: usize,
    /// So many could not be kept: they are lost when this program ends.
    pub lost: usize,
}

/// How the user stands with the server.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// There was a login.
    pub(super) is_known: bool,
    pub(super) connection: ConnectionState,
    pub(super) quality: Option<Quality>,
    /// Rooms (folded names without `#`) that a line wants to enter or make, and whether that went well is not known yet.
    pub(super) entering: BTreeSet<String>,
    /// The room (the same way) that could not be entered last: nothing is said there, or elsewhere in its place.
    pub(super) shut_out: Option<String>,
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// There was none yet.
    #[default]
    Connecting,
    /// The link stands.
    Up,
    /// The server has been silent for a while.
    Suspect,
    /// The link is lost, and tried again.
    Lost,
    /// The server is there, and does not let the user be who they say they are.
    Refused,
}

/// Whether the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The conversation goes on.
    GoOn,
    /// The conversation ends.
    End,
}

/// What a search has found: for a face that lays it out by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The words; `None`: it is what is pinned.
    pub words: Option<String>,
    /// What was found: the newest first, of pins the oldest first.
    pub hits: Vec<Found>,
    /// There is more: `/search` without words brings it.
    pub is_more: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The line was understood; otherwise it should be given back.
    pub taken: bool,
    /// Whether the conversation goes on.
    pub next: Next,
}

impl Entered {
    pub(super) const TAKEN: Self = Self { taken: true, next: Next::GoOn };
    pub(super) const BACK: Self = Self { taken: false, next: Next::GoOn };
}
