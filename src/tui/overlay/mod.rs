//! What lies above the conversation for a moment: a list to choose from, the help, a question.

mod list;
mod switcher;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::cells::{clear, cut, put, width};
use super::sentences::{self, KEYS};
use super::theme::{Role, Theme};
use super::wrap::wrap;
use crate::desk::Desk;
use crate::desk::Findings;
use crate::desk::compose::Composer;
use crate::words::{help, hit, hit_in_short};

pub(super) use switcher::{Place, places};

/// From that many columns on, there is room for the time of what was found beside what was said.
const FINDINGS_FROM: u16 = 60;

/// What lies above the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overlay {
    /// Where to go, by a few letters; the list stands still while the user looks at it.
    Switcher { letters: Composer, at: usize, found: Vec<Place> },
    /// What to look for.
    Search { words: Composer },
    /// What was found.
    Findings { at: usize },
    /// Keys and commands, from that line on.
    Help { from: usize },
    /// A long text was pasted: is it meant?
    Paste { text: String },
}

impl Overlay {
    /// Where these letters may lead now.
    pub(super) fn switcher(letters: Composer, desk: &Desk) -> Self {
        let found = places(desk, letters.text());
        Self::Switcher { letters, at: 0, found }
    }
}

/// Draws it. Gives the caret's cell, where something is typed there.
pub(super) fn draw(
    overlay: &Overlay,
    findings: Option<&Findings>,
    desk: &Desk,
    theme: Theme,
    area: Rect,
    buf: &mut Buffer,
) -> Option<Position> {
    match overlay {
        Overlay::Switcher { letters, at, found } => {
            let lines: Vec<String> = found.iter().map(|place| place.shown.clone()).collect();
            let inner = frame(sentences::GO_TO, lines.len() + 1, theme, area, buf)?;
            let caret = input(letters, theme, inner, buf);
            list::draw(&lines, *at, theme, below(inner, 1), buf);
            Some(caret)
        }
        Overlay::Search { words } => {
            let inner = frame(sentences::SEARCH, 1, theme, area, buf)?;
            Some(input(words, theme, inner, buf))
        }
        Overlay::Findings { at } => {
            let findings = findings?;
            let shown = if area.width < FINDINGS_FROM { hit_in_short } else { hit };
            let lines: Vec<String> =
                findings.hits.iter().map(|found| shown(found, desk.calendar()).replace('\n', " ")).collect();
            let title = sentences::findings(lines.len(), findings.words.as_deref(), findings.is_more);
            let inner = frame(&title, lines.len().max(1), theme, area, buf)?;
            list::draw(&lines, *at, theme, inner, buf);
            None
        }
        Overlay::Help { from } => {
            let lines = help_lines(area.width);
            let inner = frame(sentences::HELP, lines.len(), theme, area, buf)?;
            let from = (*from).min(lines.len().saturating_sub(usize::from(inner.height)));
            for (y, line) in (inner.top()..inner.bottom()).zip(&lines[from..]) {
                put(buf, inner, inner.x, y, line, theme.style(Role::Text));
            }
            None
        }
        Overlay::Paste { text } => {
            let said = sentences::paste(text.lines().count(), text.len());
            let rows = wrap(&said, usize::from(frame_width(area.width)).saturating_sub(4), Role::Text);
            // Beside the line that it is about.
            let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).min(area.height);
            let low = Rect { y: area.bottom() - height, height, ..area };
            let inner = frame(sentences::PASTE, rows.len(), theme, low, buf)?;
            for (y, row) in (inner.top()..inner.bottom()).zip(rows) {
                let text: String = row.into_iter().map(|run| run.text).collect();
                put(buf, inner, inner.x, y, &text, theme.style(Role::Text));
            }
            None
        }
    }
}

/// The help: keys, then commands, for a screen that is so wide.
pub(super) fn help_lines(screen: u16) -> Vec<String> {
    let columns = usize::from(frame_width(screen)).saturating_sub(4);
    let keys = KEYS.iter().map(|(key, what)| format!("{key:<17} {what}"));
    let all: Vec<String> = keys.chain([String::new()]).chain(help::lines()).collect();
    if all.iter().all(|line| width(line) <= columns) {
        return all;
    }
    // Where there is no room for two columns, what it does stands behind it.
    let keys =
        KEYS.iter().map(|(key, what)| if key.is_empty() { (*what).to_owned() } else { format!("{key}: {what}") });
    let commands = help::all().map(|(usage, what)| format!("{usage}: {what}"));
    keys.chain([String::new()])
        .chain(commands)
        .flat_map(|line| wrap(&line, columns, Role::Text))
        .map(|row| row.into_iter().map(|run| run.text).collect())
        .collect()
}

/// An empty box in the middle of an area, for so many lines. Gives its inside; `None`: there is no room for one.
fn frame(title: &str, lines: usize, theme: Theme, area: Rect, buf: &mut Buffer) -> Option<Rect> {
    if area.width < 8 || area.height < 3 {
        return None;
    }
    let width_wanted = frame_width(area.width);
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).clamp(3, area.height);
    let whole = Rect {
        x: area.x + (area.width - width_wanted) / 2,
        y: area.y + (area.height - height) / 3,
        width: width_wanted,
        height,
    };
    clear(buf, whole);
    let border = theme.style(Role::Border);
    let across = "─".repeat(usize::from(whole.width) - 2);
    put(buf, whole, whole.x, whole.y, &format!("╭{across}╮"), border);
    put(buf, whole, whole.x, whole.bottom() - 1, &format!("╰{across}╯"), border);
    for y in whole.top() + 1..whole.bottom() - 1 {
        put(buf, whole, whole.x, y, "│", border);
        put(buf, whole, whole.right() - 1, y, "│", border);
    }
    let title = cut(title, usize::from(whole.width).saturating_sub(6));
    put(buf, whole, whole.x + 2, whole.y, &format!(" {title} "), theme.style(Role::Title));
    Some(Rect { x: whole.x + 2, y: whole.y + 1, width: whole.width - 4, height: whole.height - 2 })
}

/// How wide a box is on a screen that is so wide.
fn frame_width(screen: u16) -> u16 {
    screen.saturating_sub(if screen > 100 { screen / 4 } else { 2 }).min(110)
}

/// A line that is typed into.
fn input(composer: &Composer, theme: Theme, area: Rect, buf: &mut Buffer) -> Position {
    super::composer::draw(composer, theme, Rect { height: 1, ..area }, buf)
}

fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}
