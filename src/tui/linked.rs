//! The terminal's links (OSC 8): what is written of a link says where it leads. Terminals that know none of it leave it out.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::cells::{is_doubtful, width_of};
use super::links::{Hyperlink, Placed};

/// A screen on which some cells are parts of links.
#[derive(Debug)]
pub(super) struct Linked<W: Write> {
    to: CrosstermBackend<W>,
    /// Where they are in what is drawn next.
    links: Rc<RefCell<Vec<Placed>>>,
}

impl<W: Write> Linked<W> {
    pub(super) const fn new(to: W, links: Rc<RefCell<Vec<Placed>>>) -> Self {
        Self { to: CrosstermBackend::new(to), links }
    }
}

/// The link that a cell is a part of.
fn link_at(links: &[Placed], x: u16, y: u16) -> Option<&Hyperlink> {
    let is_here = |placed: &&Placed| placed.y == y && placed.columns.contains(&x);
    links.iter().find(is_here).map(|placed| &*placed.link)
}

/// Draws cells, each in its place however far the terminal lets those before it reach. A cluster of which terminals may think
/// otherwise is drawn onto blanks, since one that takes fewer columns there would leave what stood in the others; and the cursor
/// is placed anew behind it. What it covers is not written after it: that would erase it where it takes all of them.
fn draw_placed<W: Write>(to: &mut CrosstermBackend<W>, mut cells: &[(u16, u16, &Cell)]) -> io::Result<()> {
    while let Some(at) = cells.iter().position(|(.., cell)| is_doubtful(cell.symbol())) {
        let (before, from) = cells.split_at(at);
        let [(x, y, cell), behind @ ..] = from else { break };
        if !before.is_empty() {
            to.draw(before.iter().copied())?;
        }
        let end = x.saturating_add(u16::try_from(width_of(cell.symbol())).unwrap_or(1));
        let mut blank = (*cell).clone();
        blank.set_symbol(" ");
        to.draw((*x..end).map(|x| (x, *y, &blank)))?;
        to.draw(std::iter::once((*x, *y, *cell)))?;
        let covered = behind.iter().take_while(|(at, row, _)| row == y && (*x..end).contains(at)).count();
        cells = behind.get(covered..).unwrap_or_default();
    }
    if cells.is_empty() { Ok(()) } else { to.draw(cells.iter().copied()) }
}

impl<W: Write> Backend for Linked<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let Self { to, links } = self;
        let links = &*links.borrow();
        let mut content = content.peekable();
        while let Some((x, y, _)) = content.peek() {
            let link = link_at(links, *x, *y);
            let mut cells = Vec::new();
            while let Some(cell) = content.next_if(|(x, y, _)| link_at(links, *x, *y) == link) {
                cells.push(cell);
            }
            if let Some(Hyperlink { id, url }) = link {
                write!(to, "\x1b]8;id={id};{url}\x1b\\")?;
            }
            draw_placed(to, &cells)?;
            if link.is_some() {
                to.write_all(b"\x1b]8;;\x1b\\")?;
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.to.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.to.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.to.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.to.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.to.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.to.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.to.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.to.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.to)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::tui::cells::put;

    #[test]
    fn a_link_is_opened_before_its_cells_and_closed_behind_them() {
        let area = Rect::new(0, 0, 6, 2);
        let mut buf = Buffer::empty(area);
        put(&mut buf, area, 0, 0, "a link", Style::new());
        put(&mut buf, area, 0, 1, "er end", Style::new());
        let link = Rc::new(Hyperlink { id: "7.0".into(), url: "https://a.b".into() });
        let placed = |y: u16, columns: Range<u16>| Placed { y, columns, link: Rc::clone(&link) };
        let mut written = Vec::new();
        let links = Rc::new(RefCell::new(vec![placed(0, 2..6), placed(1, 0..2)]));
        let mut screen = Linked::new(&mut written, links);
        let empty = Buffer::empty(area);
        screen.draw(empty.diff(&buf).into_iter()).expect("memory can be written");
        let written = String::from_utf8(written).expect("text");
        let open = "\x1b]8;id=7.0;https://a.b\x1b\\";
        let (before, rest) = written.split_once(open).expect("opened");
        assert!(before.contains('a') && !before.contains("link"), "{written:?}");
        let (linked, after) = rest.split_once("\x1b]8;;\x1b\\").expect("closed");
        assert!(linked.contains("link") && linked.contains("er"), "one link over both rows: {written:?}");
        assert!(after.contains("end") && !after.contains("\x1b]8"), "{written:?}");
    }
}
