//! Text to rows of so many columns: broken at spaces, between wide characters, and inside a word only where it is longer than a
//! row. A cluster of characters is never torn.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::cells::width_of;
use super::theme::Role;

/// A piece of a row: text of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) role: Role,
}

/// One row, ready to be drawn.
pub(super) type Row = Vec<Run>;

/// Text of one role.
pub(super) fn run(text: impl Into<String>, role: Role) -> Run {
    Run { text: text.into(), role }
}

/// Wraps text, safe to show, into rows of so many columns. Newlines end rows.
pub(super) fn wrap(text: &str, columns: usize, role: Role) -> Vec<Row> {
    wrap_marked(text, 0, columns, role, &[])
}

/// The same, where `lead` columns of the first row are taken already, and the ranges of octets in `marked` name the user.
pub(super) fn wrap_marked(text: &str, lead: usize, columns: usize, role: Role, marked: &[Range<usize>]) -> Vec<Row> {
    let columns = columns.max(2);
    let mut rows = Vec::new();
    let mut at = 0;
    for (n, line) in text.split('\n').enumerate() {
        for range in wrap_line(line, if n == 0 { lead } else { 0 }, columns) {
            rows.push(runs(text, at + range.start..at + range.end, role, marked));
        }
        at += line.len() + 1;
    }
    rows
}

/// The rows of one line, as ranges of octets. There is always one.
fn wrap_line(line: &str, lead: usize, columns: usize) -> Vec<Range<usize>> {
    if line.is_ascii() && lead + line.len() <= columns {
        return std::iter::once(0..line.len()).collect();
    }
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, lead);
    // The last place where another row may begin.
    let mut last_break = None;
    let mut was_wide = false;
    for (at, grapheme) in line.grapheme_indices(true) {
        let width = width_of(grapheme);
        // Spaces never begin a row; where they would be beyond its end, nobody sees them.
        let is_space = grapheme == " ";
        if at > start && !is_space && (width > 1 || was_wide || line[..at].ends_with(' ')) {
            last_break = Some(at);
        }
        if used + width > columns && !is_space {
            let next = last_break.take().unwrap_or(at);
            rows.push(start..start + line[start..next].trim_end_matches(' ').len());
            start = next;
            used = line[start..at].graphemes(true).map(width_of).sum();
        }
        used += width;
        was_wide = width > 1;
    }
    let end = if used > columns { start + line[start..].trim_end_matches(' ').len() } else { line.len() };
    rows.push(start..end);
    rows
}

/// A range of the text as runs.
fn runs(text: &str, range: Range<usize>, role: Role, marked: &[Range<usize>]) -> Row {
    let mut row = Row::new();
    let mut at = range.start;
    for marked in marked.iter().filter(|marked| marked.start < range.end && marked.end > range.start) {
        let (start, end) = (marked.start.max(range.start), marked.end.min(range.end));
        if at < start {
            row.push(run(&text[at..start], role));
        }
        row.push(run(&text[start..end], Role::Mention));
        at = end;
    }
    if at < range.end {
        row.push(run(&text[at..range.end], role));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::super::cells::width;
    use super::*;

    fn rows(text: &str, columns: usize) -> Vec<String> {
        let rows = wrap(text, columns, Role::Text);
        rows.into_iter().map(|row| row.into_iter().map(|run| run.text).collect()).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(rows("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(rows("a verylongwordthatdoesnotfit b", 8), ["a", "verylong", "wordthat", "doesnotf", "it b"]);
        assert_eq!(rows("one\n\n  two", 10), ["one", "", "  two"]);
        assert_eq!(rows("", 10), [""]);
        assert_eq!(rows("exactly ten", 7), ["exactly", "ten"]);
        let after_a_name = wrap_marked("one two three", 5, 9, Role::Text, &[]);
        assert_eq!(after_a_name.iter().map(|row| row[0].text.as_str()).collect::<Vec<_>>(), ["one", "two three"]);
    }

    #[test]
    fn wide_characters_break_anywhere_and_clusters_nowhere() {
        assert_eq!(rows("你好世界", 5), ["你好", "世界"]);
        assert_eq!(rows("ab你好", 3), ["ab", "你", "好"]);
        assert_eq!(rows("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3), ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]);
        assert_eq!(rows("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(rows("שלום עולם", 6), ["שלום", "עולם"]);
    }

    #[test]
    fn no_row_is_wider_than_it_may_be_and_nothing_but_spaces_is_lost() {
        let mut rng = chinwag_proto::rng::Rng::from_number(5);
        let alphabet = ["a", "bc", " ", "  ", "你", "👍🏽", "e\u{301}", "ש", "\n", "supercalifragilistic", "🇩🇪"];
        for _ in 0..500 {
            let text: String = (0..rng.below(40)).map(|_| alphabet[rng.below(11) as usize]).collect();
            let columns = 2 + rng.below(20) as usize;
            let rows = rows(&text, columns);
            assert!(rows.iter().all(|row| width(row) <= columns), "{columns}: {rows:?}");
            let kept = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(kept(&rows.concat()), kept(&text));
        }
    }

    #[test]
    fn what_is_marked_is_marked_across_rows() {
        let rows = wrap_marked("hi bobby bob", 0, 6, Role::Text, &[(3..8), (9..12)]);
        let marked = |row: &Row| {
            row.iter().filter(|run| run.role == Role::Mention).map(|run| run.text.clone()).collect::<String>()
        };
        assert_eq!(rows.iter().map(marked).collect::<Vec<_>>(), ["", "bobby", "bob"]);
    }
}
