//! Whether a message speaks of the user, and where.

use std::ops::Range;

use chinwag_proto::wire::message::name::{self, fold};
use unicode_segmentation::UnicodeSegmentation as _;

/// Where a text names someone: as a word of its own, in upper or lower case, however its letters are encoded.
pub fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let wanted = fold(name);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let is_start = text[..at].chars().next_back().is_none_or(|before| !is_of_word(before));
        match is_start.then(|| starts_with(&text[at..], &wanted)).flatten() {
            Some(len) if text[at + len..].chars().next().is_none_or(|after| !is_of_word(after)) => {
                found.push(at..at + len);
                at += len;
            }
            _ => at += c.len_utf8(),
        }
    }
    found
}

fn is_of_word(c: char) -> bool {
    c == '_' || name::is_of_word(c)
}

/// The length of the beginning of `text` that is this name, folded, if it is. A letter and its marks are one cluster, whichever
/// way they are encoded; so what is the same is the same cluster by cluster.
fn starts_with(text: &str, wanted: &str) -> Option<usize> {
    let mut left = wanted;
    let mut len = 0;
    for cluster in text.graphemes(true).take_while(|_| !wanted.is_empty()) {
        left = left.strip_prefix(fold(cluster).as_str())?;
        len += cluster.len();
        if left.is_empty() {
            return Some(len);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_word() {
        let found =
            |text: &str, name: &str| mentions(text, name).into_iter().map(|r| text[r].to_owned()).collect::<Vec<_>>();
        assert_eq!(found("ann, @Ann: ANN!", "ann"), ["ann", "Ann", "ANN"]);
        assert_eq!(found("annex, joann, ann_1", "ann"), [""; 0]);
        assert_eq!(found("好安娜 安娜你好 安娜", "安娜"), ["安娜"]);
        assert_eq!(found("Zoë zoË zo", "zoë"), ["Zoë", "zoË"]);
        assert_eq!(found("anything", ""), [""; 0]);
    }

    #[test]
    fn a_name_has_its_marks_however_they_are_encoded() {
        let count = |text: &str, name: &str| mentions(text, name).len();
        assert_eq!(count("Zoe\u{308}, zoë: ZOE\u{308}!", "zoë"), 3);
        assert_eq!(count("zoë", "Zoe\u{308}"), 1);
        assert_eq!(count("zoe\u{308}", "zoe"), 0, "another letter");
        assert_eq!(count("हिन्दी हिन्दीवाला", "हिन्दी"), 1);
        assert_eq!(count("हिन्द और हिन्दी", "हिन्द"), 1, "a vowel sign makes another word");
        assert_eq!(count("می\u{200c}خواهم", "خواهم"), 0, "a joiner is inside a word");
        assert_eq!(count("ไทยที่ @ไทยที่", "ไทยที่"), 2);
        assert_eq!(count("\u{1100}\u{1161}!", "가"), 1);
    }
}
