//! Messages that the server has not answered yet.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Body, Reach, Refusal};

use super::desk::Desk;
use super::pending::Pending;
use super::row::Row;
use super::state::{Face, Link};
use crate::dates::Calendar;
use crate::tell;
use chinwag_client_core::words;
use chinwag_node::render::render_lines;

/// Why something is refused that is about what was refused.
const ORPHAN: &str = "what it is about was not delivered";
/// Enough of one's own message to know it again.
const SHOWN: usize = 200;

impl Desk {
    /// All of a room that is on its way, in order.
    pub fn pending_in(&self, room: &str) -> impl DoubleEndedIterator<Item = (u64, &Pending)> {
        self.pending.iter().filter(move |(_, pending)| pending.room == room).map(|(tag, pending)| (*tag, pending))
    }

    /// How many messages the server has not answered.
    #[must_use]
    pub fn pending_len(&self) -> usize {
        self.unanswered().count()
    }

    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Pending> {
        self.pending.values().filter(|pending| pending.number.is_none())
    }

    /// Some message has been on its way for a moment, and nobody told the user.
    #[must_use]
    pub fn has_hidden_pending(&self) -> bool {
        self.face != Face::Screen && self.unanswered().any(|pending| !pending.told)
    }

    /// Tells the user what is on its way.
    pub fn show_pending(&mut self) {
        let mut hidden = Vec::new();
        for pending in self.pending.values_mut().filter(|pending| pending.number.is_none() && !pending.told) {
            pending.told = true;
            hidden.push(format!("on its way: {}", beginning(&pending.text)));
        }
        hidden.into_iter().for_each(|said| self.news(said));
    }

    /// The server has answered everything.
    #[must_use]
    pub fn all_is_answered(&self) -> bool {
        self.unanswered().next().is_none() && self.asked.is_empty() && self.entering.is_empty()
    }

    /// How many lines were done with since the last time.
    pub fn take_answered(&mut self) -> usize {
        std::mem::take(&mut self.answered)
    }

    /// Messages and requests that the server refused, and lines that can't be done.
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
        let is_kept = self.unanswered().all(|pending| pending.is_kept);
        let kept = if is_kept { "; kept here, and sent by the next chinwag that connects" } else { "" };
        match self.pending_len() {
            0 => String::new(),
            1 => format!("one message is not stored yet{kept}"),
            more => format!("{more} messages are not stored yet{kept}"),
        }
    }

    /// A message is on its way from now on, about that row if it is about one. Gives its tag.
    pub(super) fn pends(&mut self, room: &str, body: &Body, row: Option<Row>) -> u64 {
        let tag = self.next_tag();
        let text = body.text().map_or_else(|| what_it_does(body, row, self.calendar), str::to_owned);
        let is_message = matches!(body, Body::Text(_) | Body::Reply { .. });
        let pending = Pending {
            room: room.to_owned(),
            text,
            is_kept: false,
            number: None,
            is_said: body.text().is_some(),
            told: false,
            is_message,
            deletes: row.filter(|_| matches!(body, Body::Delete { .. })),
            about: row.and_then(Row::tag),
            is_orphan: false,
        };
        self.pending.insert(tag, pending);
        if let Some(room) = self.rooms.get_mut(room).filter(|_| is_message) {
            room.was_refused = false;
        }
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
            let so = match self.link {
                Link::Up => "but on its way",
                Link::Connecting | Link::Suspect | Link::Lost | Link::Refused => {
                    "and not sent yet: it is lost if this program ends before there is a connection"
                }
            };
            self.trouble(format!("NOT KEPT on this device (see the log), {so}: {text}"));
        }
    }

    /// The server has it. Until it comes as an entry of its room, what was said stands where it stood.
    pub(super) fn stored(&mut self, tag: u64, number: RoomSeq) {
        let Some(pending) = self.pending.get_mut(&tag).filter(|pending| pending.number.is_none()) else { return };
        self.answered += 1;
        pending.number = Some(number);
        let Some(room) = self.rooms.get_mut(&pending.room) else { return drop(self.pending.remove(&tag)) };
        room.reached(number, Reach { delivered: 0, read: 0, of: 0 });
        if room.own_came.remove(&number) || number <= room.contiguous {
            self.pending.remove(&tag);
        }
    }

    /// An entry of a room has come, and all up to `upto` have, as far as they are to come.
    pub(super) fn came(&mut self, name: &str, number: RoomSeq, upto: RoomSeq, is_own_message: bool) {
        let has_come = |pending: &Pending| pending.number.is_some_and(|own| own == number || own <= upto);
        let is_here = |pending: &Pending| pending.room == name;
        let was_waited_for = self.pending.values().any(|pending| is_here(pending) && pending.number == Some(number));
        self.pending.retain(|_, pending| !(is_here(pending) && has_come(pending)));
        let is_awaited = self.unanswered().any(is_here);
        let Some(room) = self.rooms.get_mut(name) else { return };
        if is_own_message && !was_waited_for {
            // From another device: that is the last one now.
            room.was_refused = false;
        }
        if is_awaited && number > upto {
            room.own_came.insert(number);
        }
        room.own_came.retain(|own| *own > upto);
    }

    /// What was stored in a room is not waited for any more.
    pub(super) fn nothing_comes(&mut self, name: &str, upto: RoomSeq) {
        let is_over = |pending: &Pending| pending.room == name && pending.number.is_some_and(|own| own <= upto);
        self.pending.retain(|_, pending| !is_over(pending));
    }

    pub(super) fn refused(&mut self, tag: u64, reason: Refusal) {
        let Some(refused) = self.pending.remove(&tag) else { return };
        self.answered += 1;
        self.failed += 1;
        let text = render_lines(&refused.text, "   ");
        let why = if refused.is_orphan { ORPHAN } else { words::refusal(reason) };
        // A message is lost unless it is said once more; anything else only was not done.
        let what = if refused.is_said { "NOT DELIVERED" } else { "not done" };
        self.trouble(format!("{what} ({why}): {text}"));
        for pending in self.pending.values_mut().filter(|pending| pending.about == Some(tag)) {
            pending.is_orphan = true;
        }
        let is_later = |pending: &Pending| pending.is_message && pending.room == refused.room;
        let is_last = !self.pending.range(tag..).any(|(_, pending)| is_later(pending));
        if let Some(room) = self.rooms.get_mut(&refused.room).filter(|_| refused.is_message && is_last) {
            room.was_refused = true;
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

/// What something does that says nothing, as the user typed it.
fn what_it_does(body: &Body, row: Option<Row>, calendar: Calendar) -> String {
    let of = row.map_or_else(String::new, Row::typed);
    match body {
        Body::Delete { .. } => format!("/delete {of}"),
        Body::React { emoji, is_set: true, .. } => format!("/react {of} {emoji}"),
        Body::React { emoji, is_set: false, .. } => format!("/react {of} -{emoji}"),
        Body::Topic(topic) => format!("/topic {topic}"),
        Body::Act(Act::Pin { is_set: true, .. }) => format!("/pin {of}"),
        Body::Act(Act::Pin { is_set: false, .. }) => format!("/unpin {of}"),
        Body::Act(act) => format!("you {}", tell::done(act, calendar)),
        Body::Text(text) | Body::Reply { text, .. } | Body::Edit { text, .. } => text.clone(),
    }
}

/// Enough of one's own message to know it again.
fn beginning(text: &str) -> String {
    tell::beginning(text, SHOWN)
}
