//! What a client wants kept on disk: the contract with whoever keeps it (the package `chinwag-keep`, or a test).

use chinwag_proto::wire::id::{ClientMsgId, LogId, RoomSeq};

use super::marks::Marks;

/// What a client wants kept on disk, all of it or nothing. Cursors: shown first, then recorded. Posts: recorded first, then
/// called queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// Cursors that moved, by the room's name as shown.
    pub cursors: Vec<SavedCursor>,
    /// What was said and is not answered yet, in order.
    pub said: Vec<SavedPost>,
    /// What was said before, and knows the number now of what it is about. It is kept from now on in the place of what was.
    pub settled: Vec<SavedPost>,
    /// What was answered, and need not be kept any more.
    pub answered: Vec<ClientMsgId>,
    /// Names (folded) of accounts that are ignored from now on, or not any more.
    pub ignored: Vec<(String, bool)>,
    /// Rooms (folded names as shown) that are muted on this device from now on, or not any more.
    pub muted: Vec<(String, bool)>,
    /// What is being typed in rooms (folded names as shown), or that there is nothing any more.
    pub drafts: Vec<(String, Option<Draft>)>,
    /// What this device was told to be stored, of rooms in which it need not have read anything.
    pub sent: Vec<SavedSent>,
    /// What the user has set (`theme`, `notify #ops`), or set back.
    pub settings: Vec<(String, Option<String>)>,
    /// Rooms, by their names as shown, that the user has left and the server does not know of it, or knows it now.
    pub leaving: Vec<(String, bool)>,
}

/// The last entry of a room that this device holds without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCursor {
    /// The room's name as shown.
    pub name: String,
    /// The room's log.
    pub log: LogId,
    /// The entry.
    pub upto: RoomSeq,
    /// In which of the server's epochs this was seen.
    pub marks: Marks,
    /// The log went back to an earlier state: this replaces what is on record, also where that is more.
    pub is_put_back: bool,
}

/// How far the server has certainly had a room's log: up to messages of this device that it has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedSent {
    /// The room's name as shown.
    pub name: String,
    /// The room's log.
    pub log: LogId,
    /// In which of the server's epochs it had what.
    pub marks: Marks,
    /// The log went back, or is another one: this replaces what is on record, also where that knows more.
    pub is_put_back: bool,
}

impl SavedSent {
    /// What is to be on record after this came to what was there, maybe by another program.
    #[must_use]
    pub fn after(self, known: Option<Self>) -> Self {
        match known {
            Some(known) if known.log == self.log && !self.is_put_back => {
                Self { marks: self.marks.or_more(known.marks), ..self }
            }
            Some(_) | None => self,
        }
    }
}

/// What is being typed in a room, and was not entered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Octets before the caret.
    pub caret: usize,
}

/// A message in the outbox. Whatever program of this device sends it, and how often, it is one message: the server knows it
/// by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPost {
    /// The post's id.
    pub id: ClientMsgId,
    /// The room's name as shown.
    pub room: String,
    /// The encoded [`chinwag_proto::wire::message::Post`].
    pub post: Vec<u8>,
    /// What it refers to.
    pub reference: Reference,
    /// Where there is no room of that name, one is made for it. Otherwise it is refused there: a mistyped name makes no room.
    pub makes_room: bool,
}

/// What a message that is about another one refers to, while it is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// Nothing, or whatever has its number by then.
    #[default]
    Open,
    /// The entry that has its number in this log. In another log that number is another entry's, and the message is refused.
    In(LogId),
    /// The message with this id, which has no number yet: it waits for that one's number.
    Said(ClientMsgId),
}

/// What became of a [`Save`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The record is durable.
    Kept,
    /// The record is not; whoever keeps it said why in the log.
    Failed,
}

impl Save {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cursors.is_empty()
            && self.said.is_empty()
            && self.settled.is_empty()
            && self.answered.is_empty()
            && self.ignored.is_empty()
            && self.muted.is_empty()
            && self.drafts.is_empty()
            && self.sent.is_empty()
            && self.settings.is_empty()
            && self.leaving.is_empty()
    }
}
