//! What is said to the user and is no message: remarks of the desk, words of whoever owns the connection.

use chinwag_proto::wire::id::RoomSeq;

use super::asides::{Aside, Tone};
use super::change::{Change, Place};
use super::desk::Desk;
use super::remark::Remark;

/// Asides held in a room; older ones are forgotten.
const ASIDES_MAX: usize = 1_000;

impl Desk {
    /// What has changed since the last time, in the order in which it happened. A face takes that after all that it told the desk.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Words of whoever owns the connection, about something that happened or was asked.
    pub fn event(&mut self, text: impl Into<String>) {
        self.words(Tone::Event, text.into());
    }

    /// A line of an answer, in words of whoever owns the connection.
    pub fn line(&mut self, text: impl Into<String>) {
        self.words(Tone::Line, text.into());
    }

    /// Words of whoever owns the connection, about the program's own doings.
    pub fn news(&mut self, text: impl Into<String>) {
        self.words(Tone::News, text.into());
    }

    /// Words of whoever owns the connection, about something that went wrong.
    pub fn trouble(&mut self, text: impl Into<String>) {
        self.words(Tone::Trouble, text.into());
    }

    fn words(&mut self, tone: Tone, text: String) {
        self.changed(Change::Words(self.place(), tone, text));
    }

    /// A face puts something between the messages of a room, in words of its own.
    pub fn put_aside(&mut self, place: Place, aside: Aside) {
        let Place { mut room, after } = place;
        if !self.rooms.contains_key(&room) {
            // It was left, or is spelled otherwise now.
            room.clone_from(&self.room);
        }
        let room = self.room_mut(&room);
        let last = room.asides.range((after, 0)..=(after, u32::MAX)).next_back().map_or(0, |((_, sub), _)| *sub);
        room.asides.insert((after, last.saturating_add(1)), aside);
        if room.asides.len() > ASIDES_MAX {
            room.asides.pop_first();
        }
    }

    /// The end of the room in view.
    #[must_use]
    pub fn place(&self) -> Place {
        let after = self.in_view().and_then(|room| room.messages.last_number()).unwrap_or(RoomSeq(0));
        Place { room: self.room.clone(), after }
    }

    pub(super) fn remark(&mut self, remark: impl Into<Remark>) {
        self.changed(Change::Remark(self.place(), remark.into()));
    }

    pub(super) fn changed(&mut self, change: Change) {
        self.changes.push(change);
    }
}
