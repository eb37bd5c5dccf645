//! Messages that the server has not answered yet.

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::message::{Body, Reach, Refusal};

use super::{Desk, Face};
use crate::client::dates::Calendar;
use crate::client::{tell, words};
use crate::render::render_lines;

/// Enough of one's own message to know it again.
const SHOWN: usize = 200;

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Where to.
    pub room: String,
    /// What it says, or does.
    pub text: String,
    /// It is in this device's outbox: if this program ends, another one sends it.
    pub is_kept: bool,
    /// The user knows that it is not stored yet.
    told: bool,
}

impl Desk {
    /// All of a room that is on its way, in order.
    pub fn pending_in(&self, room: &str) -> impl DoubleEndedIterator<Item = (u64, &Pending)> {
        self.pending.iter().filter(move |(_, pending)| pending.room == room).map(|(tag, pending)| (*tag, pending))
    }

    /// How many messages the server has not answered.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.pending.len()
    }

    /// Some message has been on its way for a moment, and nobody told the user.
    #[must_use]
    pub fn has_hidden_pending(&self) -> bool {
        self.face != Face::Screen && self.pending.values().any(|pending| !pending.told)
    }

    /// Tells the user what is on its way.
    pub fn show_pending(&mut self) {
        let mut hidden = Vec::new();
        for pending in self.pending.values_mut().filter(|pending| !pending.told) {
            pending.told = true;
            hidden.push(format!("on its way: {}", beginning(&pending.text)));
        }
        hidden.into_iter().for_each(|said| self.news(said));
    }

    /// The server has answered everything.
    #[must_use]
    pub fn all_is_answered(&self) -> bool {
        self.pending.is_empty() && self.asked.is_empty()
    }

    /// How many lines were done with since the last time.
    pub fn take_answered(&mut self) -> usize {
        std::mem::take(&mut self.answered)
    }

    /// Messages that the server refused, and lines that can't be done.
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.failed
    }

    /// A line that can't be a message.
    pub fn not_taken(&mut self, why: &str) {
        self.trouble(why);
        self.failed += 1;
        self.answered += 1;
    }

    /// What is not stored yet.
    #[must_use]
    pub fn unsaid(&self) -> String {
        let is_kept = self.pending.values().all(|pending| pending.is_kept);
        let kept = if is_kept { "; kept here, and sent by the next chinwag that connects" } else { "" };
        match self.pending.len() {
            0 => String::new(),
            1 => format!("one message is not stored yet{kept}"),
            more => format!("{more} messages are not stored yet{kept}"),
        }
    }

    /// A message is on its way from now on. Gives its number.
    pub(super) fn pends(&mut self, room: &str, body: &Body) -> u64 {
        let tag = self.next_tag();
        let text = body.text().map_or_else(|| what_it_does(body, self.calendar), str::to_owned);
        self.pending.insert(tag, Pending { room: room.to_owned(), text, is_kept: false, told: false });
        self.asked_to_go = false;
        tag
    }

    pub(super) fn queued(&mut self, tag: u64, is_offline: bool) {
        let Some(pending) = self.pending.get_mut(&tag) else { return };
        pending.is_kept = true;
        if is_offline && self.face != Face::Screen {
            pending.told = true;
            let said = format!("queued until there is a connection: {}", beginning(&pending.text));
            self.trouble(said);
        }
    }

    pub(super) fn not_kept(&mut self, tag: u64) {
        if let Some(pending) = self.pending.get_mut(&tag) {
            pending.told = true;
            let text = beginning(&pending.text);
            self.trouble(format!("NOT KEPT on this device (see the log), but on its way: {text}"));
        }
    }

    pub(super) fn stored(&mut self, tag: u64, number: chinwag_proto::wire::id::RoomSeq) {
        if let Some(pending) = self.pending.get(&tag)
            && let Some(room) = self.rooms.get_mut(&pending.room)
        {
            room.reached(number, Reach { delivered: 0, read: 0, of: 0 });
        }
        self.answer(tag);
    }

    pub(super) fn refused(&mut self, tag: u64, reason: Refusal) {
        if let Some(pending) = self.pending.get(&tag) {
            let text = render_lines(&pending.text, "   ");
            let said = format!("NOT DELIVERED ({}): {text}", words::refusal(reason));
            self.trouble(said);
            self.failed += 1;
        }
        self.answer(tag);
    }

    fn answer(&mut self, tag: u64) {
        if self.pending.remove(&tag).is_some() {
            self.answered += 1;
        }
    }

    /// A line was dealt with.
    pub(super) fn done(&mut self) {
        self.answered += 1;
    }

    /// A line can't be done here.
    pub(super) fn not_done(&mut self) {
        self.failed += 1;
    }
}

/// What to say of a message that is too long.
pub(crate) fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}

/// What something does that says nothing, as the user typed it.
fn what_it_does(body: &Body, calendar: Calendar) -> String {
    match body {
        Body::Delete { of } => format!("/delete {of}"),
        Body::React { to, emoji, is_set: true } => format!("/react {to} {emoji}"),
        Body::React { to, emoji, is_set: false } => format!("/react {to} -{emoji}"),
        Body::Topic(topic) => format!("/topic {topic}"),
        Body::Act(act) => format!("you {}", tell::done(act, calendar)),
        Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. } => text.clone(),
    }
}

/// Enough of one's own message to know it again.
fn beginning(text: &str) -> String {
    tell::beginning(text, SHOWN)
}
