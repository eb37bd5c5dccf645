//! The terminal in line mode: what arrives is printed above the row where the user types, and that row is drawn anew.
//!
//! One thread owns the terminal, and the row being typed never takes more than one line of it; so nothing can mangle it.

use std::io::{self, Stdout, Write};
use std::sync::mpsc::SyncSender;

use crossterm::terminal;
use unicode_width::UnicodeWidthStr as _;

use super::super::echo::{bracket_pastes, end_raw};
use super::super::event::Event;
use super::super::signals::give_back_at_the_end;
use super::editor::Row;
use super::keys::Keys;

/// Back to the row's first column, and the row emptied (and all below it, which a narrower window may have wrapped).
const EMPTY_ROW: &str = "\r\x1b[J";

/// The terminal, in raw mode until dropped.
pub(super) struct Terminal {
    out: Stdout,
    columns: usize,
    keys: Option<Keys>,
}

impl Terminal {
    /// Takes the terminal; keys go to `events` from now on.
    pub(super) fn open(events: SyncSender<Event>) -> io::Result<Self> {
        give_back_at_the_end();
        let mut open = Self { out: io::stdout(), columns: 80, keys: None };
        open.retake()?;
        open.keys = Some(Keys::read(events)?);
        Ok(open)
    }

    /// Sets the modes of the terminal, also where somebody else has set them meanwhile, and asks for its width.
    pub(super) fn retake(&mut self) -> io::Result<()> {
        // The library remembers that they are set, and would leave it at that.
        end_raw();
        terminal::enable_raw_mode()?;
        bracket_pastes(true);
        self.measure();
        Ok(())
    }

    /// Asks the terminal for its width.
    pub(super) fn measure(&mut self) {
        self.columns = terminal::size().map_or(80, |(columns, _)| usize::from(columns)).max(8);
    }

    /// What reads its keys.
    pub(super) const fn keys(&mut self) -> Option<&mut Keys> {
        self.keys.as_mut()
    }

    /// Its width.
    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    /// Prints whole lines above the row, and the row; `aside` stands dimmed behind it where there is room. `also` is
    /// written as it is: a bell, a notification.
    pub(super) fn draw(&mut self, lines: &[String], row: &Row, aside: &str, also: &str) -> io::Result<()> {
        let mut text = String::from(EMPTY_ROW);
        text.push_str(also);
        for line in lines {
            text.push_str(&line.replace('\n', "\r\n"));
            text.push_str("\r\n");
        }
        text.push_str(&row.shown);
        if !aside.is_empty() && row.shown.width() + aside.width() + 4 < self.columns {
            text.push_str(&format!("  \x1b[2m({aside})\x1b[0m"));
        }
        text.push('\r');
        if row.caret > 0 {
            text.push_str(&format!("\x1b[{}C", row.caret));
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Leaves the terminal as it was, the last row empty.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.out.write_all(EMPTY_ROW.as_bytes())?;
        self.out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.keys = None;
        bracket_pastes(false);
        end_raw();
    }
}
