//! What goes to the terminal, gathered until it is whole. The 16 colours are written as every terminal has them (ECMA-48 8.3.117,
//! SGR 30 to 37, and 90 to 97 beyond it): the library writes them as the first of 256, which those with 16 do not know.

use std::io::{self, Write};

/// Colours that every terminal has.
const BASIC: u8 = 16;

/// A terminal that understands the classic sequences.
#[derive(Debug)]
pub(super) struct Classic<W> {
    to: W,
    gathered: Vec<u8>,
}

impl<W> Classic<W> {
    pub(super) const fn new(to: W) -> Self {
        Self { to, gathered: Vec::new() }
    }
}

impl<W: Write> Write for Classic<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let whole = classic(&self.gathered);
        self.gathered.clear();
        self.to.write_all(&whole)?;
        self.to.flush()
    }
}

/// The same, with the 16 colours in their classic form.
fn classic(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rest.len());
    while let Some(at) = rest.windows(2).position(|two| two == b"\x1b[") {
        let (before, after) = rest.split_at(at + 2);
        out.extend_from_slice(before);
        let len = after.iter().position(|octet| !matches!(octet, b'0'..=b'9' | b';')).unwrap_or(after.len());
        let (parameters, tail) = after.split_at(len);
        match std::str::from_utf8(parameters) {
            Ok(text) if tail.first() == Some(&b'm') => out.extend_from_slice(renditions(text).as_bytes()),
            _ => out.extend_from_slice(parameters),
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out
}

/// The parameters of a rendition.
fn renditions(parameters: &str) -> String {
    let all: Vec<&str> = parameters.split(';').collect();
    let (mut out, mut rest) = (Vec::new(), &all[..]);
    while let [first, ..] = rest {
        let len = match rest {
            ["38" | "48", "5", _, ..] => 3,
            ["38" | "48", "2", _, _, _, ..] => 5,
            _ => 1,
        };
        let (this, after) = rest.split_at(len);
        match this {
            [_, "5", n] if n.parse::<u8>().is_ok_and(|n| n < BASIC) => {
                let n: u8 = n.parse().unwrap_or_default();
                let dark = if *first == "38" { 30 } else { 40 };
                out.push((if n < 8 { dark + n } else { dark + 60 + n - 8 }).to_string());
            }
            _ => out.push(this.join(";")),
        }
        rest = after;
    }
    out.join(";")
}

#[cfg(test)]
mod tests {
    use ratatui::backend::{Backend as _, CrosstermBackend};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::tui::cells::put;
    use crate::tui::theme::{Role, Theme};

    /// What is written of a text in that role.
    fn written(theme: Theme, role: Role) -> String {
        let mut screen = Vec::new();
        let mut buf = Buffer::empty(Rect::new(0, 0, 2, 1));
        put(&mut buf, Rect::new(0, 0, 2, 1), 0, 0, "x", theme.style(role));
        let mut backend = CrosstermBackend::new(Classic::new(&mut screen));
        backend.draw([(0, 0, &buf[(0, 0)])].into_iter()).expect("memory can be written");
        Write::flush(&mut backend).expect("memory can be written");
        String::from_utf8(screen).expect("text")
    }

    #[test]
    fn sixteen_colours_are_written_as_every_terminal_has_them() {
        assert!(written(Theme::Sixteen, Role::Name(0)).contains("\x1b[36;49mx"), "cyan on the usual ground");
        assert!(written(Theme::Sixteen, Role::Trouble).contains("\x1b[33;49mx"));
        assert!(written(Theme::Sixteen, Role::Called).contains("\x1b[1m\x1b[31;49mx"));
        let roles = [Role::Dim, Role::Mention, Role::Event, Role::New, Role::Chosen, Role::Unread, Role::Good];
        for role in roles.into_iter().chain((0..6).map(Role::Name)) {
            let written = written(Theme::Sixteen, role);
            assert!(!written.contains("8;5;") && !written.contains("8;2;"), "{role:?}: {written:?}");
        }
        assert!(written(Theme::Dark, Role::Good).contains("\x1b[38;5;114;49mx"), "others as they are");
    }

    #[test]
    fn nothing_else_is_touched() {
        let same = |text: &str| assert_eq!(classic(text.as_bytes()), text.as_bytes(), "{text:?}");
        same("plain 38;5;1m");
        same("\x1b[38;5;16m\x1b[48;2;38;5;1m\x1b[5;3H\x1b[0m\x1b[?25l 你好");
        same("\x1b[38;5;1");
        assert_eq!(classic(b"\x1b[1;38;5;9;48;5;4;4m"), b"\x1b[1;91;44;4m");
    }
}
