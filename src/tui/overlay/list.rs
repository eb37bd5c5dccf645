//! A list of which one line is chosen, and always in view.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::cells::{cut, fill, put, width};
use super::super::theme::{Role, Theme};

pub(super) fn draw(lines: &[String], at: usize, theme: Theme, area: Rect, buf: &mut Buffer) {
    let height = usize::from(area.height);
    let first = (at + 1).saturating_sub(height).min(lines.len().saturating_sub(height));
    for (y, (n, line)) in (area.top()..area.bottom()).zip(lines.iter().enumerate().skip(first)) {
        let row = Rect { y, height: 1, ..area };
        let style = theme.style(if n == at { Role::Chosen } else { Role::Text });
        fill(buf, row, style);
        put(buf, row, row.x, y, &fitting(line, area), style);
    }
}

/// As wide as the area allows.
fn fitting(line: &str, area: Rect) -> String {
    let columns = usize::from(area.width);
    if width(line) > columns { cut(line, columns) } else { line.to_owned() }
}
