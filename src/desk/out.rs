//! What line mode prints, and what any face rings for.

use std::ops::Range;

use chinwag_proto::wire::id::RoomSeq;

/// Something to be printed. All of it is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// A message.
    Said(Said),
    /// Something that happened in a room, or a line of an answer that is about one.
    Event(String),
    /// A line of an answer, as it is.
    Line(String),
    /// Something about this program's own doings: its connection, an answer to a command.
    News(String),
    /// Something went wrong.
    Trouble(String),
}

/// A message, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When, and in which room if it is not the one in view.
    pub before: String,
    /// Its number.
    pub number: RoomSeq,
    /// Who.
    pub name: String,
    /// What. Further lines are indented.
    pub text: String,
    /// Where it names the user.
    pub mentions: Vec<Range<usize>>,
}

/// Something that was said just now and rings: to the user, or as [`Rules`](super::Rules) have it. All of it is safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// Where, as shown.
    pub room: String,
    /// By whom.
    pub who: String,
    /// What: the beginning of it, in one line.
    pub text: String,
}
