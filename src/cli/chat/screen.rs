//! Lines for the screen, in the order in which they are to appear; for a terminal with colours, or plain on two streams.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};

use chinwag_proto::wire::id::RoomSeq;

use crate::render::render_text;

use super::super::colours_wanted;
use super::mention::mentions;

/// Lines that are not on the screen yet.
pub(super) struct Screen {
    at_terminal: bool,
    colours: bool,
    lines: Vec<Line>,
    /// Something was said that the user should look at.
    bell: bool,
    /// Who types, and where.
    typing: BTreeSet<(String, String)>,
}

/// A message, safe to show.
pub(super) struct Said<'a> {
    /// When, and where.
    pub(super) before: &'a str,
    pub(super) number: RoomSeq,
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    /// Whose mention is looked for.
    pub(super) whom: Option<&'a str>,
    /// It is said now, not read up.
    pub(super) is_live: bool,
    /// It is said to the user alone.
    pub(super) is_direct: bool,
}

/// One line, or several with newlines between.
struct Line {
    text: String,
    /// Said by the room, not about the program's own doings.
    data: bool,
}

impl Screen {
    /// For a terminal that this process draws on.
    pub(super) fn at_terminal() -> Self {
        Self::new(true, colours_wanted())
    }

    /// For stdout and stderr, whatever they are.
    pub(super) fn plain() -> Self {
        Self::new(false, colours_wanted() && io::stdout().is_terminal())
    }

    const fn new(at_terminal: bool, colours: bool) -> Self {
        Self { at_terminal, colours, lines: Vec::new(), bell: false, typing: BTreeSet::new() }
    }

    /// A message: where and when, who, what. With colours, its number is there for whoever looks for it.
    pub(super) fn message(&mut self, said: &Said<'_>) {
        let Said { before, number, name, text, whom, is_live, is_direct } = *said;
        let mentions = whom.map_or_else(Vec::new, |whom| mentions(text, whom));
        self.bell |= is_live && (is_direct || !mentions.is_empty());
        let text = if self.colours {
            let mut marked = String::with_capacity(text.len() + 64);
            let mut end = 0;
            for mention in mentions {
                marked.push_str(&text[end..mention.start]);
                marked.push_str(&format!("\x1b[1;7m{}\x1b[0m", &text[mention.clone()]));
                end = mention.end;
            }
            marked.push_str(&text[end..]);
            format!("\x1b[2m{number}\x1b[0m {before}\x1b[{}m{name}\x1b[0m: {marked}", colour(name))
        } else {
            format!("{before}{name}: {text}")
        };
        self.lines.push(Line { text, data: true });
    }

    /// A line of an answer, as it is.
    pub(super) fn line(&mut self, text: &str) {
        self.lines.push(Line { text: text.to_owned(), data: true });
    }

    /// Someone types, or does not any more.
    pub(super) fn typing(&mut self, room: &str, who: &str, is_typing: bool) {
        let entry = (room.to_owned(), who.to_owned());
        if is_typing {
            self.typing.insert(entry);
        } else {
            self.typing.remove(&entry);
        }
    }

    /// Who types in a room: a few words for the row where the user types, or nothing.
    pub(super) fn typers(&self, room: &str) -> String {
        let names: Vec<_> =
            self.typing.iter().filter(|(there, _)| there == room).map(|(_, who)| render_text(who)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("{one} types"),
            [one, other] => format!("{one} and {other} type"),
            more => format!("{} people type", more.len()),
        }
    }

    /// Whether to ring, since the last time.
    pub(super) fn take_bell(&mut self) -> bool {
        std::mem::take(&mut self.bell)
    }

    /// Something that happened in a room.
    pub(super) fn event(&mut self, text: &str) {
        let text = self.aside(text, 2);
        self.lines.push(Line { text, data: true });
    }

    /// Something about this program's own doings: its connection, an answer to a command.
    pub(super) fn news(&mut self, text: &str) {
        let text = self.aside(text, 2);
        self.lines.push(Line { text, data: false });
    }

    /// Something went wrong.
    pub(super) fn trouble(&mut self, text: &str) {
        let text = self.aside(text, 33);
        self.lines.push(Line { text, data: false });
    }

    /// A line of the log, as it is.
    pub(super) fn log(&mut self, text: String) {
        self.lines.push(Line { text, data: false });
    }

    /// The lines, for a terminal.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.lines.drain(..).map(|line| line.text).collect()
    }

    /// Prints the lines: what rooms say to stdout, the rest to stderr.
    pub(super) fn print(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for line in self.lines.drain(..) {
            if line.data {
                writeln!(out, "{}", line.text)?;
            } else {
                // Nobody listening there is no reason to stop.
                let _ = writeln!(io::stderr().lock(), "{}", line.text);
            }
        }
        out.flush()
    }

    fn aside(&self, text: &str, style: u8) -> String {
        if self.colours { format!("\x1b[{style}m-- {text}\x1b[0m") } else { format!("-- {text}") }
    }

    /// Whether a person looks on.
    pub(super) fn is_at_terminal(&self) -> bool {
        self.at_terminal
    }
}

/// The same colour for the same name, on every screen.
fn colour(name: &str) -> u8 {
    const COLOURS: [u8; 6] = [36, 32, 33, 35, 34, 31];
    let sum = name.bytes().fold(7_u32, |sum, octet| sum.wrapping_mul(31).wrapping_add(u32::from(octet)));
    COLOURS[sum as usize % COLOURS.len()]
}
