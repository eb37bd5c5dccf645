//! The text that is being typed, in rows, with the caret in its cell.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation as _;

use super::cells::{cut, put, width, width_of};
use super::theme::{Role, Theme};
use crate::desk::compose::Composer;
use crate::render::render_part;

/// What stands before the text.
const PROMPT: &str = "> ";

/// A text in rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    rows: Vec<String>,
    /// Row and column of the caret.
    caret: (usize, usize),
}

/// Lays a text out in rows of so many columns.
pub(super) fn lay_out(composer: &Composer, columns: usize) -> Typed {
    let columns = columns.max(2);
    let mut rows = vec![String::new()];
    let mut used = 0;
    let mut caret = None;
    for (at, grapheme) in composer.text().grapheme_indices(true) {
        if at == composer.caret() {
            caret = Some((rows.len() - 1, used));
        }
        if grapheme == "\n" {
            rows.push(String::new());
            used = 0;
            continue;
        }
        let shown = render_part(grapheme);
        let columns_of = shown.graphemes(true).map(width_of).sum::<usize>();
        if used + columns_of > columns && used > 0 {
            rows.push(String::new());
            used = 0;
            // The caret before a character stands where the character does.
            if at == composer.caret() {
                caret = Some((rows.len() - 1, 0));
            }
        }
        rows.last_mut().into_iter().for_each(|row| row.push_str(&shown));
        used += columns_of;
    }
    let caret = caret.unwrap_or_else(|| {
        if used >= columns {
            rows.push(String::new());
            used = 0;
        }
        (rows.len() - 1, used)
    });
    Typed { rows, caret }
}

/// How many rows a text wants on a screen of so many columns.
pub(super) fn rows_wanted(composer: &Composer, columns: u16) -> u16 {
    let typed = lay_out(composer, usize::from(columns).saturating_sub(PROMPT.len()));
    u16::try_from(typed.rows.len()).unwrap_or(u16::MAX)
}

/// Draws the text. Gives the caret's cell.
pub(super) fn draw(composer: &Composer, theme: Theme, area: Rect, buf: &mut Buffer) -> Position {
    let indent = u16::try_from(PROMPT.len()).unwrap_or(2).min(area.width.saturating_sub(2));
    let typed = lay_out(composer, usize::from(area.width - indent));
    let height = usize::from(area.height).max(1);
    // The rows around the caret, where not all fit.
    let first = typed.caret.0.saturating_sub(height - 1);
    let first = first.min(typed.rows.len().saturating_sub(height));
    let first = if typed.caret.0 < first { typed.caret.0 } else { first };
    for (y, row) in (area.top()..area.bottom()).zip(typed.rows.iter().skip(first)) {
        put(buf, area, area.x + indent, y, row, theme.style(Role::Text));
    }
    put(buf, area, area.x, area.y, &PROMPT[..usize::from(indent)], theme.style(Role::Dim));
    let cell = |from: u16, by: usize, end: u16| from.saturating_add(u16::try_from(by).unwrap_or(u16::MAX)).min(end);
    let x = cell(area.x + indent, typed.caret.1, area.right().saturating_sub(1));
    let y = cell(area.y, typed.caret.0 - first, area.bottom().saturating_sub(1));
    Position { x, y }
}

/// Draws what a password is asked for. Nothing of what is typed is shown.
pub(super) fn draw_question(prompt: &str, theme: Theme, area: Rect, buf: &mut Buffer) -> Position {
    let shown = cut(prompt, usize::from(area.width).saturating_sub(1));
    put(buf, area, area.x, area.y, &shown, theme.style(Role::News));
    let x = area.x + u16::try_from(width(&shown)).unwrap_or(0);
    Position { x: x.min(area.right().saturating_sub(1)), y: area.y }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::compose::Edit;

    /// The rows, with the caret drawn as `|`.
    fn shown(composer: &Composer, columns: usize) -> Vec<String> {
        let Typed { mut rows, caret: (row, column) } = lay_out(composer, columns);
        let mut used = 0;
        let at = rows[row].grapheme_indices(true).find(|(_, grapheme)| {
            let is_here = used >= column;
            used += width_of(grapheme);
            is_here
        });
        let at = at.map_or(rows[row].len(), |(at, _)| at);
        rows[row].insert(at, '|');
        rows
    }

    fn typed(text: &str) -> Composer {
        let mut composer = Composer::default();
        composer.insert(text);
        composer
    }

    #[test]
    fn the_caret_is_where_the_next_character_goes() {
        assert_eq!(shown(&typed(""), 10), ["|"]);
        assert_eq!(shown(&typed("你好"), 5), ["你好|"]);
        assert_eq!(shown(&typed("你好"), 4), ["你好", "|"]);
        assert_eq!(shown(&typed("你好啊"), 5), ["你好", "啊|"]);
        assert_eq!(shown(&typed("one\ntwo"), 10), ["one", "two|"]);
        assert_eq!(shown(&typed("👨‍👩‍👧‍👦🇩🇪👍🏽e\u{301}שלום"), 20), ["👨‍👩‍👧‍👦🇩🇪👍🏽e\u{301}שלום|"]);
        assert_eq!(shown(&typed("a\x1bb"), 10), ["a␛b|"]);
        let mut back = typed("ab你cd");
        for _ in 0..3 {
            back.edit(Edit::Left);
        }
        assert_eq!(shown(&back, 3), ["ab", "|你c", "d"]);
    }
}
