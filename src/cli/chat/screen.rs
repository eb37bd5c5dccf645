//! Lines for the screen, in the order in which they are to appear; for a terminal with colours, or plain on two streams.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use crate::desk::{Aside, Tone};

use super::super::output::colours_wanted;
use super::super::whole::{columns_of, whole};
use super::presenter::{Out, Said};

/// Before what no room says.
const MARK: &str = "-- ";

/// Lines that are not on the screen yet.
pub(super) struct Screen {
    colours: bool,
    lines: Vec<Line>,
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
        Self::new(colours_wanted())
    }

    /// For stdout and stderr, whatever they are.
    pub(super) fn plain() -> Self {
        Self::new(colours_wanted() && io::stdout().is_terminal())
    }

    const fn new(colours: bool) -> Self {
        Self { colours, lines: Vec::new() }
    }

    /// Takes what the presenter has to say.
    pub(super) fn take_in(&mut self, outs: Vec<Out>) {
        for out in outs {
            let (text, data) = match out {
                Out::Said(said) => (self.message(&said), true),
                Out::Aside(Aside { tone: Tone::Event, text, .. }) => (self.aside(&text, 2), true),
                Out::Aside(Aside { tone: Tone::Line, text, .. }) => (text, true),
                Out::Aside(Aside { tone: Tone::News, text, .. }) => (self.aside(&text, 2), false),
                Out::Aside(Aside { tone: Tone::Trouble, text, .. }) => (self.aside(&text, 33), false),
            };
            self.lines.push(Line { text, data });
        }
    }

    /// A message: where and when, who, what. With colours, its number is there for whoever looks for it.
    fn message(&self, said: &Said) -> String {
        let Said { before, number, name, text, mentions } = said;
        if !self.colours {
            return format!("{before}{name}: {text}");
        }
        let mut marked = String::with_capacity(text.len() + 64);
        let mut end = 0;
        for mention in mentions {
            marked.push_str(&text[end..mention.start]);
            marked.push_str(&format!("\x1b[1;7m{}\x1b[0m", &text[mention.clone()]));
            end = mention.end;
        }
        marked.push_str(&text[end..]);
        format!("\x1b[2m{number}\x1b[0m {before}\x1b[{}m{name}\x1b[0m: {marked}", colour(name))
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
        self.print_with("")
    }

    /// The same, and something before them: a bell.
    pub(super) fn print_with(&mut self, also: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(also.as_bytes())?;
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
        let columns = columns_of(&io::stdout());
        let text = columns.map_or(Cow::Borrowed(text), |columns| whole(text, MARK.len(), columns));
        if self.colours { format!("\x1b[{style}m{MARK}{text}\x1b[0m") } else { format!("{MARK}{text}") }
    }
}

/// The same colour for the same name, on every screen.
fn colour(name: &str) -> u8 {
    const COLOURS: [u8; 6] = [36, 32, 33, 35, 34, 31];
    let sum = name.bytes().fold(7_u32, |sum, octet| sum.wrapping_mul(31).wrapping_add(u32::from(octet)));
    COLOURS[sum as usize % COLOURS.len()]
}
