//! What is said to the user and is no message: answers, news, trouble. Line mode prints it; a screen shows it among the
//! messages, where it was said.

/// Something that is no message, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// How it is meant.
    pub tone: Tone,
    /// What it says; lines are apart by newlines.
    pub text: String,
}

/// How an aside is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It happened in the room.
    Event,
    /// A line of an answer.
    Line,
    /// About this program's own doings.
    News,
    /// Something went wrong.
    Trouble,
}
