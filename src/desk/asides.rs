//! What is said to the user and is no message: answers, news, trouble. Line mode prints it; a screen shows it among the
//! messages, where it was said.

/// Something that is no message, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// How it is meant.
    pub tone: Tone,
    /// What it says; lines are apart by newlines.
    pub text: String,
    /// What the user said or did and was refused, where this tells of that: a row that can be taken up again.
    pub refused: Option<Refused>,
}

/// What was refused. Unlike the rest of an aside it is as it was typed, and not safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where.
    pub room: String,
    /// What is to be typed there to try it once more; empty: what it was about is not there.
    pub again: String,
}

impl Aside {
    /// One that tells of nothing that was refused.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), refused: None }
    }
}

/// How an aside is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// The thing happened in the room.
    Event,
    /// A line of an answer.
    Line,
    /// About this program's own doings.
    News,
    /// Something went wrong.
    Trouble,
}
