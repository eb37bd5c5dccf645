//! What is said and what comes of it: rooms, the lines typed, the messages on their way.

use std::collections::BTreeMap;

use chinwag_proto::limits::TEXT_MAX_LEN;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, name};

use crate::client::parse::{self, Line, parse};
use crate::client::{Command, Notice, Start, Timeline};
use crate::render::{render_lines, render_text};

use super::super::failure::Failure;
use super::super::session::{Session, Word};
use super::super::{clock_time, words};
use super::screen::Screen;

/// A conversation in one or more rooms.
pub(super) struct Conversation {
    /// Its connection.
    pub(super) session: Session,
    /// Where what is typed goes: `#lobby`, `@ann`.
    room: String,
    /// Rooms that were entered, by their names as shown.
    rooms: BTreeMap<String, Timeline<Entry>>,
    /// Messages that the server has not answered yet.
    pending: BTreeMap<u64, Pending>,
    last_tag: u64,
    /// Answers, and lines that need none, since they were last taken.
    answered: usize,
    /// Messages that the server refused, and lines that can't be messages.
    failed: usize,
    /// What goes to the screen next, and is to be recorded after that.
    showing: BTreeMap<String, RoomSeq>,
    /// The user wanted to go while something was pending.
    asked_to_go: bool,
}

/// A message on its way.
struct Pending {
    text: String,
    /// The user knows that it is not stored yet.
    told: bool,
}

/// Whether the conversation goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    End,
}

/// What became of a line.
pub(super) struct Entered {
    /// The line was understood; otherwise it should be given back.
    pub(super) taken: bool,
    pub(super) next: Next,
}

impl Conversation {
    /// Enters a room and begins.
    pub(super) fn begin(session: Session, room: &str) -> Self {
        let mut begun = Self {
            session,
            room: String::new(),
            rooms: BTreeMap::new(),
            pending: BTreeMap::new(),
            last_tag: 0,
            answered: 0,
            failed: 0,
            showing: BTreeMap::new(),
            asked_to_go: false,
        };
        begun.join(room);
        begun
    }

    /// Takes a line that was typed or read.
    pub(super) fn entered(&mut self, line: &str, screen: &mut Screen) -> Entered {
        let wish = match parse(line) {
            Ok(wish) => wish,
            Err(why) => {
                screen.trouble(&why.to_string());
                self.answered += 1;
                return Entered { taken: false, next: Next::GoOn };
            }
        };
        let mut next = Next::GoOn;
        match wish {
            Line::Blank => self.answered += 1,
            Line::Say(text) => return self.say(self.room.clone(), text, screen),
            Line::Msg { to, text } => return self.say(format!("@{to}"), text, screen),
            Line::Join(room) => self.join(&room),
            Line::Who(room) => {
                let room = room.unwrap_or_else(|| self.room.clone());
                self.session.command(Command::Who { room });
                self.answered += 1;
            }
            Line::Leave(room) => self.leave(room, screen),
            Line::Help => {
                parse::HELP.lines().for_each(|line| screen.news(line));
                self.answered += 1;
            }
            Line::Quit => next = self.quit(screen),
        }
        Entered { taken: true, next }
    }

    /// The user wants to go: at once if all is said, at the second time if not.
    pub(super) fn quit(&mut self, screen: &mut Screen) -> Next {
        if self.pending.is_empty() || std::mem::replace(&mut self.asked_to_go, true) || !screen.is_at_terminal() {
            return Next::End;
        }
        screen.trouble(&format!("{}; once more to go without", self.unsaid()));
        Next::GoOn
    }

    /// Takes what the client tells.
    pub(super) fn notice(&mut self, notice: Notice, screen: &mut Screen) -> Result<Next, Failure> {
        match notice {
            Notice::Connection(connection) => match self.session.connection(&connection)? {
                Some(Word::News(said)) => screen.news(&said),
                Some(Word::Trouble(said)) => screen.trouble(&said),
                None => {}
            },
            Notice::Joined { name, skipped, .. } => self.joined(name, skipped, screen),
            Notice::Denied { request, reason } => {
                screen.trouble(&format!("{}: {}", render_text(&request), words::refusal(reason)));
            }
            Notice::HistoryReset { name } => {
                let waiting = self.rooms.entry(name.clone()).or_default().flush().collect();
                self.show(&name, waiting, screen);
                screen.trouble(&format!("the history of {} was reset on the server", render_text(&name)));
            }
            Notice::Entry { name, number, contiguous_upto, entry, .. } => {
                let entries =
                    self.rooms.entry(name.clone()).or_default().push(number, contiguous_upto, entry).collect();
                self.show(&name, entries, screen);
            }
            // Whoever one has a private talk with is mostly in a common room too: said once is enough.
            Notice::Presence { room, .. } if room.starts_with('@') && room != self.room => {}
            Notice::Presence { room, who, before, now } => {
                if let Some(what) = words::presence(before, now) {
                    let place = if room == self.room { String::new() } else { format!("{}: ", render_text(&room)) };
                    screen.event(&format!("{place}{} {what}", render_text(&who)));
                }
            }
            Notice::Roster { room, who } => {
                let names =
                    who.iter().map(|(name, presence)| format!("{}{}", render_text(name), words::state(*presence)));
                screen.event(&format!("in {}: {}", render_text(&room), names.collect::<Vec<_>>().join(", ")));
            }
            Notice::Queued { tag } => {
                if let Some(pending) = self.pending.get_mut(&tag) {
                    pending.told = true;
                    screen.trouble(&format!("queued until there is a connection: {}", beginning(&pending.text)));
                }
            }
            Notice::Stored { tag, .. } => self.answer(tag),
            Notice::Refused { tag, reason } => {
                if let Some(pending) = self.pending.get(&tag) {
                    let text = render_lines(&pending.text, "   ");
                    screen.trouble(&format!("NOT DELIVERED ({}): {text}", words::refusal(reason)));
                    self.failed += 1;
                }
                self.answer(tag);
            }
            Notice::Stopped => return Ok(Next::End),
        }
        Ok(Next::GoOn)
    }

    /// What was given to the screen is on it: now it may be recorded.
    pub(super) fn shown(&mut self) {
        for (room, upto) in std::mem::take(&mut self.showing) {
            self.session.command(Command::Shown { room, upto });
        }
    }

    /// Some message has been on its way for a moment, and nobody told the user.
    pub(super) fn has_hidden_pending(&self) -> bool {
        self.pending.values().any(|pending| !pending.told)
    }

    /// Tells the user what is on its way.
    pub(super) fn show_pending(&mut self, screen: &mut Screen) {
        for pending in self.pending.values_mut().filter(|pending| !pending.told) {
            pending.told = true;
            screen.news(&format!("on its way: {}", beginning(&pending.text)));
        }
    }

    /// How many lines were done with since the last time.
    pub(super) fn take_answered(&mut self) -> usize {
        std::mem::take(&mut self.answered)
    }

    /// The server has answered every message.
    pub(super) fn all_is_said(&self) -> bool {
        self.pending.is_empty()
    }

    /// Messages that the server refused, and lines that can't be messages.
    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    /// A line of stdin that can't be a message.
    pub(super) fn not_taken(&mut self, why: &str, screen: &mut Screen) {
        screen.trouble(why);
        self.failed += 1;
        self.answered += 1;
    }

    /// What is lost if the program ends now.
    pub(super) fn unsaid(&self) -> String {
        match self.pending.len() {
            0 => String::new(),
            1 => "one message is not stored yet".to_owned(),
            more => format!("{more} messages are not stored yet"),
        }
    }

    fn say(&mut self, room: String, text: String, screen: &mut Screen) -> Entered {
        if text.len() > TEXT_MAX_LEN {
            screen.trouble(&too_long(text.len()));
            self.answered += 1;
            return Entered { taken: false, next: Next::GoOn };
        }
        self.last_tag += 1;
        let tag = self.last_tag;
        self.pending.insert(tag, Pending { text: text.clone(), told: false });
        self.asked_to_go = false;
        self.session.command(match room.strip_prefix('@') {
            Some(to) => Command::Tell { tag, to: to.to_owned(), text },
            None => Command::Say { tag, room, text },
        });
        Entered { taken: true, next: Next::GoOn }
    }

    fn answer(&mut self, tag: u64) {
        if self.pending.remove(&tag).is_some() {
            self.answered += 1;
        }
    }

    /// Enters a room, or goes back to it; what is typed goes there from now on.
    fn join(&mut self, room: &str) {
        self.room = if room.starts_with(['#', '@']) { room.to_owned() } else { format!("#{room}") };
        self.session.command(Command::Join { room: self.room.clone(), start: Start::CHAT });
        self.answered += 1;
    }

    fn leave(&mut self, room: Option<String>, screen: &mut Screen) {
        let room = room.unwrap_or_else(|| self.room.clone());
        self.rooms.remove(&room);
        screen.news(&format!("left {}", render_text(&room)));
        self.session.command(Command::Leave { room });
        self.answered += 1;
    }

    fn joined(&mut self, name: String, skipped: u64, screen: &mut Screen) {
        let again = self.rooms.contains_key(&name);
        if name::fold(&name) == name::fold(&self.room) {
            // As it was spelled first.
            self.room.clone_from(&name);
        }
        if skipped > 0 {
            screen.event(&format!("{}: {skipped} older messages are skipped", render_text(&name)));
        }
        self.rooms.entry(name.clone()).or_default();
        if !again && name.starts_with('#') {
            self.session.command(Command::Who { room: name });
        }
    }

    fn show(&mut self, room: &str, entries: Vec<(RoomSeq, Entry)>, screen: &mut Screen) {
        for (number, entry) in entries {
            let place = if room == self.room { String::new() } else { format!("[{}] ", render_text(room)) };
            let before = format!("{} {place}", clock_time(entry.at));
            let text = entry.body.text().unwrap_or_default();
            screen.message(&before, &render_text(&entry.name), &render_lines(text, "      "));
            self.showing.insert(room.to_owned(), number);
        }
    }
}

/// What to say of a message that is too long.
pub(super) fn too_long(len: usize) -> String {
    format!("a message of {len} octets is longer than one may be ({TEXT_MAX_LEN}); send it in parts")
}

/// Enough of one's own message to know it again.
fn beginning(text: &str) -> String {
    const SHOWN: usize = 200;
    let line = render_text(text);
    let mut beginning: String = line.chars().take(SHOWN).collect();
    if beginning.len() < line.len() {
        beginning.push('…');
    }
    beginning
}
