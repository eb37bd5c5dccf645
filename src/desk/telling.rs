//! What is said to the user and is no message: answers, news, trouble.

use chinwag_proto::wire::id::RoomSeq;

use super::asides::{Aside, Tone};
use super::desk::Desk;
use super::out::Out;
use super::state::Face;

/// Asides held in a room; older ones are forgotten.
const ASIDES_MAX: usize = 1_000;

impl Desk {
    /// Something that happened in the room in view, or an answer that is about one.
    pub fn event(&mut self, text: impl Into<String>) {
        self.aside(Tone::Event, text.into());
    }

    /// A line of an answer.
    pub fn line(&mut self, text: impl Into<String>) {
        self.aside(Tone::Line, text.into());
    }

    /// Says something about this program's own doings.
    pub fn news(&mut self, text: impl Into<String>) {
        self.aside(Tone::News, text.into());
    }

    /// Says that something went wrong.
    pub fn trouble(&mut self, text: impl Into<String>) {
        self.aside(Tone::Trouble, text.into());
    }

    fn aside(&mut self, tone: Tone, text: String) {
        if self.face != Face::Screen {
            return self.outs.push(match tone {
                Tone::Event => Out::Event(text),
                Tone::Line => Out::Line(text),
                Tone::News => Out::News(text),
                Tone::Trouble => Out::Trouble(text),
            });
        }
        let room = self.room_mut(&self.room.clone());
        let after = room.messages.last_number().unwrap_or(RoomSeq(0));
        let last = room.asides.range((after, 0)..=(after, u32::MAX)).next_back().map_or(0, |((_, sub), _)| *sub);
        room.asides.insert((after, last.saturating_add(1)), Aside { tone, text });
        if room.asides.len() > ASIDES_MAX {
            room.asides.pop_first();
        }
    }
}
