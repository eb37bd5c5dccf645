//! What kinds of faces there are on a terminal.

use crate::desk::{Manner, Shows};

/// What kind of face a chat has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Lines in and out, nobody to ask.
    Pipe,
    /// Lines on a terminal, a person before it.
    Lines,
    /// A screen that shows everything at once.
    Screen,
}

impl Face {
    /// What it is able to show, for the desk.
    pub(super) const fn manner(self) -> Manner {
        match self {
            Self::Pipe => Manner { is_attended: false, shows: Shows::Stream },
            Self::Lines => Manner { is_attended: true, shows: Shows::Stream },
            Self::Screen => Manner { is_attended: true, shows: Shows::Rooms },
        }
    }
}
