//! Fingerprints stay in one row of a terminal: people compare them group by group, and take them to the clipboard by a double click.

use std::borrow::Cow;
use std::io::IsTerminal;

use unicode_width::UnicodeWidthStr as _;

use crate::render::{FINGERPRINT_LEN, is_fingerprint};

/// What the row of a fingerprint begins with that had no room in the row before.
const INDENT: &str = "    ";

/// The columns of the terminal that a stream is, if it is one.
pub(super) fn columns_of(stream: &impl IsTerminal) -> Option<usize> {
    let size = || crossterm::terminal::size().ok().map(|(columns, _)| usize::from(columns));
    if stream.is_terminal() { size().filter(|columns| *columns > 0) } else { None }
}

/// A text whose first row begins after `lead` columns, for a terminal that ends a row wherever it is full: a fingerprint that would
/// be in two rows begins a row of its own. In a command that is to be copied, the shell is told that it goes on.
pub(super) fn whole(text: &str, lead: usize, columns: usize) -> Cow<'_, str> {
    if columns < FINGERPRINT_LEN || !text.split(is_around).any(is_fingerprint) {
        return Cow::Borrowed(text);
    }
    let lines = text.split('\n').enumerate();
    let lines = lines.map(|(n, line)| whole_line(line, if n == 0 { lead } else { 0 }, columns));
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// Whether that may stand beside a fingerprint.
fn is_around(c: char) -> bool {
    !c.is_ascii_alphanumeric() && c != '-'
}

fn whole_line(line: &str, lead: usize, columns: usize) -> String {
    let mut out = String::with_capacity(line.len() + 8);
    let mut at = lead;
    let mut before = ["", ""];
    for (n, word) in line.split(' ').enumerate() {
        let gap = usize::from(n > 0);
        let in_row = (at + gap) % columns;
        let has_print = word.split(is_around).any(is_fingerprint);
        let indent = INDENT.len().min(columns.saturating_sub(word.width()));
        if has_print && n > 0 && in_row + word.width() > columns {
            // The first word after `trust` is the server, and the next one its fingerprint.
            let is_command = before[0] == "trust";
            out.truncate(out.trim_end().len());
            out.push_str(if is_command { " \\\n" } else { "\n" });
            out.push_str(&INDENT[..indent]);
            at = indent;
        } else {
            out.push_str(&" "[..gap]);
            at += gap;
        }
        out.push_str(word);
        at += word.width();
        before = [before[1], word];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "bw91g-cqwtm-62gt3-a7yvs";

    /// The rows of a terminal on which a text is printed.
    fn rows(text: &str, lead: usize, columns: usize) -> Vec<String> {
        let lead = " ".repeat(lead);
        let lines = format!("{lead}{text}");
        let rows = lines.lines().flat_map(|line| {
            let chars: Vec<char> = line.chars().collect();
            chars.chunks(columns).map(|row| row.iter().collect::<String>()).collect::<Vec<_>>()
        });
        rows.collect()
    }

    #[test]
    fn a_fingerprint_is_in_one_row_at_the_end_of_any_line_on_any_terminal() {
        let texts = [
            format!("lan:lab is trusted from now on, fingerprint {PRINT}"),
            format!("THE KEY OF lan:lab HAS CHANGED\n    trusted:       {PRINT}\n    answering now: {PRINT}"),
            format!(
                "If {PRINT} is the fingerprint that it printed, trust it by `chinwag trust lan:lab {PRINT}`; or not"
            ),
            format!("others are here, so this chat has gone to lab ({PRINT}), which is new, and not to {PRINT}."),
            format!("    {PRINT}"),
        ];
        for columns in 26..140 {
            for (text, lead) in texts.iter().flat_map(|text| [(text, 0), (text, 9)]) {
                let said = whole(text, lead, columns);
                let whole = rows(&said, lead, columns).iter().map(|row| row.matches(PRINT).count()).sum::<usize>();
                let starts_late = text.starts_with(' ') && lead + 4 + PRINT.len() > columns;
                assert!(starts_late || whole == text.matches(PRINT).count(), "{columns}: {said}");
                let words =
                    |text: &str| text.replace(" \\\n", " ").split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert_eq!(words(&said), words(text), "nothing is lost");
            }
        }
    }

    #[test]
    fn a_command_that_is_to_be_copied_goes_on_in_the_next_row() {
        let text = format!("If the new one is right: chinwag trust lan:lab {PRINT}");
        assert_eq!(whole(&text, 9, 60), format!("If the new one is right: chinwag trust lan:lab \\\n    {PRINT}"));
        assert_eq!(whole(&text, 9, 80), text, "where there is room, nothing is changed");
        assert_eq!(
            whole("a text without any of them, however long it is", 0, 24),
            "a text without any of them, however long it is"
        );
    }
}
