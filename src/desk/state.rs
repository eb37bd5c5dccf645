//! How a conversation stands: what kind of face it has, its connection, what became of a line, what was found.

use chinwag_client_core::Found;

/// What kind of face sits at a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Lines in and out, nobody to ask.
    Pipe,
    /// Lines on a terminal, a person before it.
    Lines,
    /// A screen that shows everything at once.
    Screen,
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// There was none yet.
    #[default]
    Connecting,
    /// It stands.
    Up,
    /// The server has been silent for a while.
    Suspect,
    /// It is lost, and tried again.
    Lost,
    /// The server is there, and does not let the user be who they say they are.
    Refused,
}

/// Whether the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does.
    GoOn,
    /// It does not.
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
