//! Lines for the screen, in the order in which they are to appear; for a terminal with colours, or plain on two streams.

use std::io::{self, IsTerminal as _, Write as _};

use super::super::colours_wanted;

/// Lines that are not on the screen yet.
pub(super) struct Screen {
    at_terminal: bool,
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
        Self { at_terminal: true, colours: colours_wanted(), lines: Vec::new() }
    }

    /// For stdout and stderr, whatever they are.
    pub(super) fn plain() -> Self {
        Self { at_terminal: false, colours: colours_wanted() && io::stdout().is_terminal(), lines: Vec::new() }
    }

    /// A message: where and when, who, what.
    pub(super) fn message(&mut self, before: &str, name: &str, text: &str) {
        let name = if self.colours { format!("\x1b[{}m{name}\x1b[0m", colour(name)) } else { name.to_owned() };
        self.lines.push(Line { text: format!("{before}{name}: {text}"), data: true });
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
