//! What is wrong with a line that was typed, as data.

use chinwag_proto::wire::message::{name, visible};

/// What is wrong with a line. Commands are by their first names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// No such command.
    Unknown(String),
    /// There is no such command here, as there is elsewhere.
    Elsewhere(&'static str),
    /// Something is missing.
    Missing {
        /// What is.
        what: Missing,
        /// Of which command.
        command: &'static str,
    },
    /// More than a command takes.
    TooMuch {
        /// What it takes.
        takes: Takes,
        /// Which command.
        command: &'static str,
    },
    /// A word that means nothing there.
    Word {
        /// What was typed.
        typed: String,
        /// What belongs there.
        wanted: Wanted,
        /// In which command.
        command: &'static str,
    },
    /// Others can't be shown that.
    Line {
        /// In which command.
        command: &'static str,
        /// What is wrong with it.
        why: visible::LineError,
    },
    /// That can't be a name.
    Name {
        /// What was typed.
        typed: String,
        /// What is wrong with it.
        why: name::NameError,
    },
}

/// What a line lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Which room.
    Room,
    /// Whom.
    Person,
    /// Whom, and what to say.
    PersonAndText,
    /// Whom, and which role.
    PersonAndRole,
    /// Which message.
    Message,
    /// Which message, and what to say.
    MessageAndText,
    /// Which name.
    Name,
    /// Which device.
    Device,
    /// For whom a room is open.
    Access,
}

/// All that a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A room.
    Room,
    /// A person.
    Person,
    /// A message.
    Message,
}

/// What kind of word belongs somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The number of a message.
    Message,
    /// How many messages, or of how long.
    Past,
    /// A time.
    Span,
    /// A number of seconds.
    Seconds,
    /// For whom a room is open.
    Access,
    /// A role.
    Role,
    /// What rings.
    About,
    /// On or off.
    Switch,
}
