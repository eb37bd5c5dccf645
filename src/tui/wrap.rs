//! Text to rows of so many columns: broken where Unicode Standard Annex 14 has a break (after spaces and hyphens, between most
//! wide characters, never before a comma or a full stop of any script), and inside a word only where it is longer than a row. A
//! cluster of characters is never torn. Where scripts without spaces (Thai, Lao, Khmer, Burmese) have words, a model of them says.

use std::ops::Range;
use std::rc::Rc;
use std::sync::LazyLock;

use icu_segmenter::options::LineBreakOptions;
use icu_segmenter::{LineSegmenter, LineSegmenterBorrowed};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::render::{FINGERPRINT_LEN, is_fingerprint};

use super::cells::width_of;
use super::links::{Found, Hyperlink};
use super::theme::Role;

/// Where a row may end.
static BREAKS: LazyLock<LineSegmenterBorrowed<'static>> =
    LazyLock::new(|| LineSegmenter::new_auto(LineBreakOptions::default()));

/// A piece of a row: text of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) role: Role,
    /// What it leads to.
    pub(super) link: Option<Rc<Hyperlink>>,
}

/// One row, ready to be drawn.
pub(super) type Row = Vec<Run>;

/// Text of one role.
pub(super) fn run(text: impl Into<String>, role: Role) -> Run {
    Run { text: text.into(), role, link: None }
}

/// Wraps text, safe to show, into rows of so many columns. Newlines end rows.
pub(super) fn wrap(text: &str, columns: usize, role: Role) -> Vec<Row> {
    wrap_marked(text, 0, columns, role, &[], &[])
}

/// The same, where `lead` columns of the first row are taken already, the ranges of octets in `marked` name the user, and those of
/// `links` lead somewhere.
pub(super) fn wrap_marked(
    text: &str,
    lead: usize,
    columns: usize,
    role: Role,
    marked: &[Range<usize>],
    links: &[Found],
) -> Vec<Row> {
    let columns = columns.max(2);
    let mut rows = Vec::new();
    let mut at = 0;
    for (n, line) in text.split('\n').enumerate() {
        for range in wrap_line(line, if n == 0 { lead } else { 0 }, columns) {
            rows.push(runs(text, at + range.start..at + range.end, role, marked, links));
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
    // The last place behind spaces, where nothing else is left but the inside of a word: `really ?!` has no break.
    let mut last_gap: Option<usize> = None;
    let mut breaks = BREAKS.segment_str(line).peekable();
    for (at, grapheme) in line.grapheme_indices(true) {
        let width = width_of(grapheme);
        // Spaces never begin a row; where they would be beyond its end, nobody sees them.
        let is_space = grapheme == " ";
        while breaks.next_if(|next| *next < at).is_some() {}
        let is_kept = || begins_by_slash(&line[..at]) || columns >= FINGERPRINT_LEN && is_in_fingerprint(line, at);
        if at > start && !is_space && breaks.peek() == Some(&at) && !is_kept() {
            last_break = Some(at);
        } else if at > start && !is_space && line[..at].ends_with(' ') {
            last_gap = Some(at);
        }
        if used + width > columns && !is_space {
            let next = last_break.take().or(last_gap).unwrap_or(at);
            last_gap = last_gap.filter(|gap| *gap > next);
            rows.push(start..start + line[start..next].trim_end_matches(' ').len());
            start = next;
            used = line[start..at].graphemes(true).map(width_of).sum();
        }
        used += width;
    }
    let end = if used > columns { start + line[start..].trim_end_matches(' ').len() } else { line.len() };
    rows.push(start..end);
    rows
}

/// Whether a place is behind a hyphen of a key's fingerprint, which people compare group by group: it stays in one row.
fn is_in_fingerprint(line: &str, at: usize) -> bool {
    let (before, behind) = line.split_at(at);
    if !before.ends_with('-') {
        return false;
    }
    let is_its = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let start = before.trim_end_matches(is_its).len();
    let end = line.len() - behind.trim_start_matches(is_its).len();
    is_fingerprint(&line[start..end])
}

/// Whether a text ends with a slash that begins a word: `/nick` stays whole, where Unicode would let a row begin after any slash
/// (Unicode Standard Annex 14, class SY).
fn begins_by_slash(text: &str) -> bool {
    text.strip_suffix('/').is_some_and(|before| before.is_empty() || before.ends_with([' ', '(', '"']))
}

/// A range of the text as runs.
fn runs(text: &str, range: Range<usize>, role: Role, marked: &[Range<usize>], links: &[Found]) -> Row {
    let mut row = Row::new();
    let mut at = range.start;
    while at < range.end {
        let link = links.iter().find(|(link, _)| link.end > at && link.start < range.end);
        let mention = marked.iter().find(|marked| marked.end > at && marked.start < range.end);
        // A name in a link is a part of the link.
        let (next, its, link) = match (link, mention) {
            (Some((link, to)), mention)
                if mention.is_none_or(|mention| link.start <= mention.start || link.start <= at) =>
            {
                (link, Role::Link, Some(Rc::clone(to)))
            }
            (_, Some(mention)) => (mention, Role::Mention, None),
            (_, None) => {
                row.push(run(&text[at..range.end], role));
                break;
            }
        };
        if at < next.start {
            row.push(run(&text[at..next.start], role));
        }
        let (start, end) = (next.start.max(at), next.end.min(range.end));
        row.push(Run { text: text[start..end].to_owned(), role: its, link });
        at = end;
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
        let after_a_name = wrap_marked("one two three", 5, 9, Role::Text, &[], &[]);
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
    fn no_row_begins_with_what_ends_a_phrase_or_ends_with_what_begins_one() {
        assert_eq!(rows("你好世界，再见。", 8), ["你好世", "界，再", "见。"]);
        assert_eq!(rows("他说「你好」。", 6), ["他说", "「你", "好」。"]);
        assert_eq!(rows("東京ー大阪", 4), ["東", "京ー", "大阪"]);
        assert_eq!(rows("really ?!", 8), ["really", "?!"]);
        assert_eq!(rows("a well-known word", 7), ["a well-", "known", "word"]);
        assert_eq!(rows("10 000 km", 8), ["10 000", "km"]);
        assert_eq!(rows("5\u{a0}km away", 4), ["5\u{a0}km", "away"], "what is not to be broken is not");
    }

    #[test]
    fn a_command_in_a_sentence_is_not_taken_apart() {
        assert_eq!(rows("another name is /nick NAME", 18), ["another name", "is /nick NAME"]);
        assert_eq!(rows("https://a.example/bcd/efg", 18), ["https://a.example/", "bcd/efg"], "a path is");
    }

    #[test]
    fn a_fingerprint_is_in_one_row_wherever_it_fits() {
        let print = "bw91g-cqwtm-62gt3-a7yvs";
        for columns in FINGERPRINT_LEN..100 {
            for text in [
                format!("no server answers here, so this machine hosts one: ann@vm, fingerprint {print}"),
                format!("this chat has gone to lab ({print}), which is new"),
            ] {
                let rows = rows(&text, columns);
                let is_whole = rows.iter().any(|row| row.contains(print));
                assert!(is_whole || columns < FINGERPRINT_LEN + 3 && text.contains('('), "{columns}: {rows:?}");
            }
        }
        assert_eq!(rows("a well-known-state of affairs", 12), ["a well-", "known-state", "of affairs"]);
    }

    #[test]
    fn words_of_scripts_without_spaces_stay_whole() {
        assert_eq!(rows("สวัสดีชาวโลก", 9), ["สวัสดีชาว", "โลก"]);
        assert_eq!(rows("ພາສາລາວ", 5), ["ພາສາ", "ລາວ"]);
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
        let rows = wrap_marked("hi bobby bob", 0, 6, Role::Text, &[(3..8), (9..12)], &[]);
        let marked = |row: &Row| {
            row.iter().filter(|run| run.role == Role::Mention).map(|run| run.text.clone()).collect::<String>()
        };
        assert_eq!(rows.iter().map(marked).collect::<Vec<_>>(), ["", "bobby", "bob"]);
    }

    #[test]
    fn a_link_is_one_across_rows_and_ends_with_its_text() {
        let text = "see https://example.org/bob now, bob";
        let links = super::super::links::links(text, "7");
        let rows = wrap_marked(text, 0, 10, Role::Text, &[(24..27), (33..36)], &links);
        let linked = |row: &Row| {
            let linked = row.iter().filter(|run| run.link.as_ref().is_some_and(|link| link.id == "7.0"));
            linked.map(|run| run.text.as_str()).collect::<String>()
        };
        assert_eq!(rows.iter().map(linked).collect::<String>(), "https://example.org/bob");
        assert!(rows.iter().filter(|row| !linked(row).is_empty()).count() > 1, "{rows:?}");
        let text = |row: &Row| row.iter().map(|run| run.text.as_str()).collect::<String>();
        assert_eq!(text(rows.last().expect("rows")), "bob");
        assert_eq!(rows.last().expect("rows").last().map(|run| run.role), Some(Role::Mention));
    }
}
