//! A message that the server has not answered yet.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Body;

use super::row::Row;

/// What is on its way, and what became of it.
#[derive(Debug, Default)]
pub(super) struct Sending {
    /// Messages that the server has not answered yet.
    pub(super) pending: BTreeMap<u64, Pending>,
    /// The last messages that got their numbers, by tag: in which room, and which.
    pub(super) numbered: BTreeMap<u64, (String, RoomSeq)>,
    pub(super) last_tag: u64,
    /// Answers, and lines that need none, since they were last taken.
    pub(super) answered: usize,
    /// Messages that the server refused, and lines that can't be done.
    pub(super) failed: usize,
    /// The user wanted to go while something was pending.
    pub(super) asked_to_go: bool,
    /// It was said that a line of which nothing would be seen is not sent.
    pub(super) told_of_unseen: bool,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Where to.
    pub room: String,
    /// What it says, or does.
    pub deed: Deed,
    /// The message is in this device's outbox: if this program ends, another one sends it.
    pub is_kept: bool,
    /// The outbox could not take it.
    pub is_not_kept: bool,
    /// The server has it under this number; as an entry of the room it has not come yet.
    pub number: Option<RoomSeq>,
    /// What it is about was refused.
    pub(super) is_orphan: bool,
    /// An earlier program of this device had said it.
    pub(super) is_earlier: bool,
}

/// What a message says or does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What it says or does.
    pub body: Body,
    /// What it is about, if it is about one.
    pub row: Option<Row>,
}

impl Deed {
    /// Whether it says something, or says it otherwise.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.body.text().is_some()
    }

    /// Whether it says something otherwise.
    #[must_use]
    pub const fn is_edit(&self) -> bool {
        matches!(self.body, Body::Edit { .. })
    }

    /// Whether it is something that is said, and not a change of that.
    #[must_use]
    pub const fn is_message(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::Reply { .. })
    }

    /// What it takes back.
    #[must_use]
    pub fn deletes(&self) -> Option<Row> {
        self.row.filter(|_| matches!(self.body, Body::Delete { .. }))
    }
}
