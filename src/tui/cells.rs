//! Text in cells: how wide a character is, and how it gets into the buffer without touching its neighbours.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use ratatui::buffer::{Buffer, Cell, CellDiffOption, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr as _};

/// The columns that a grapheme cluster takes: 0, 1 or 2.
pub(super) fn width_of(grapheme: &str) -> usize {
    grapheme.width()
}

/// The columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(width_of).sum() }
}

/// As much of a text as fits; what was cut off is an ellipsis.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += width_of(grapheme);
        if used >= columns {
            break;
        }
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// Puts a text, safe to show, at a place inside an area; what does not fit is left out. Gives the column after it.
pub(super) fn put(buf: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if y < area.top() || y >= area.bottom() || x < area.left() {
        return x;
    }
    let mut at = x;
    for grapheme in text.graphemes(true) {
        let columns = u16::try_from(width_of(grapheme)).unwrap_or(u16::MAX);
        // What has no width has no cell either; controls were made visible before.
        if columns == 0 || grapheme.contains(char::is_control) {
            continue;
        }
        if at.saturating_add(columns) > area.right() {
            break;
        }
        let cell = &mut buf[(at, y)];
        // Behind a joiner that joins nothing, a terminal would join what is written next.
        let grapheme = grapheme.trim_end_matches('\u{200d}');
        cell.set_symbol(grapheme).set_style(style).set_diff_option(CellDiffOption::None);
        // The library counts the columns of a few clusters otherwise, and would leave out what stands behind them.
        if let Some(forced) = NonZeroU16::new(columns).filter(|forced| forced.get() != grapheme.cell_width()) {
            cell.set_diff_option(CellDiffOption::ForcedWidth(forced));
        }
        for covered in at + 1..at + columns {
            buf[(covered, y)].reset();
            buf[(covered, y)].set_style(style);
        }
        at += columns;
    }
    at
}

/// Fills an area with one style.
pub(super) fn fill(buf: &mut Buffer, area: Rect, style: Style) {
    buf.set_style(area.intersection(buf.area), style);
}

/// Empties an area: what is drawn there next is all there is.
pub(super) fn clear(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        // Half of a wide character is none.
        if area.left() > buf.area.left() && width_of(buf[(area.left() - 1, y)].symbol()) > 1 {
            buf[(area.left() - 1, y)].set_symbol(" ");
        }
        for x in area.left()..area.right() {
            buf[(x, y)].reset();
        }
    }
}

/// Terminals differ over how far some clusters reach. A row with one of those, now or the last time, is drawn whole, each cell
/// in its own place, so that no difference lasts; and so is a row of `others`. `rows` are those of the last time, and become those
/// of this one.
pub(super) fn settle(buf: &mut Buffer, rows: &mut BTreeSet<u16>, others: &BTreeSet<u16>) {
    let width = usize::from(buf.area.width).max(1);
    let with = |(row, cells): (usize, &[Cell])| {
        let is_so = cells.iter().any(|cell| cell.symbol().len() > 3 && is_doubtful(cell.symbol()));
        u16::try_from(row).ok().filter(|_| is_so)
    };
    let now: BTreeSet<u16> = buf.content.chunks(width).enumerate().filter_map(with).collect();
    for row in &(&(&*rows | &now) | others) {
        for cell in buf.content.iter_mut().skip(usize::from(*row) * width).take(width) {
            if cell.diff_option == CellDiffOption::None {
                cell.set_diff_option(CellDiffOption::AlwaysUpdate);
            }
        }
    }
    *rows = now;
}

/// A cluster of several scalars that a terminal may draw as one picture or as several, or that has several cells there: what is
/// written over the first of these leaves the others. And an emoji of the block that every new Unicode adds to, for which an older
/// terminal has no width.
pub(super) fn is_doubtful(grapheme: &str) -> bool {
    let joins = |c| {
        let is_flag = matches!(c, '\u{1f1e6}'..='\u{1f1ff}' | '\u{e0020}'..='\u{e007f}');
        is_flag || matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
    };
    let cells = || grapheme.chars().filter_map(UnicodeWidthChar::width).filter(|columns| *columns > 0);
    let is_several = || cells().nth(1).is_some() || cells().sum::<usize>() != width_of(grapheme);
    let is_recent = |c| matches!(c, '\u{1fa70}'..='\u{1faff}');
    grapheme.chars().any(is_recent)
        || grapheme.chars().nth(1).is_some() && (grapheme.chars().any(joins) || is_several())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_as_wide_as_its_picture() {
        for (text, columns) in [
            ("a", 1),
            ("你", 2),
            ("👨‍👩‍👧‍👦", 2),
            ("🇩🇪", 2),
            ("👍🏽", 2),
            ("e\u{301}", 1),
            ("ש\u{5bc}", 1),
            ("\u{200f}", 0),
            ("❤️", 2),
        ] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_whole() {
        assert_eq!(cut("你好世界", 8), "你好世界");
        assert_eq!(cut("你好世界", 7), "你好世…");
        assert_eq!(cut("你好世界", 6), "你好…");
        assert_eq!(cut("abc", 0), "");
        let area = Rect::new(0, 0, 5, 1);
        let mut buf = Buffer::empty(area);
        assert_eq!(put(&mut buf, area, 0, 0, "你好世", Style::new()), 4, "half of a character is none");
        assert_eq!(buf[(4, 0)].symbol(), " ");
    }
}
