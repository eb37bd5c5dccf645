//! Whether a message speaks of the user, and where.

use std::ops::Range;

/// Where a text names someone: as a word of its own, in upper or lower case.
pub(crate) fn mentions(text: &str, name: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let is_start = text[..at].chars().next_back().is_none_or(|before| !is_of_word(before));
        match is_start.then(|| starts_with(&text[at..], name)).flatten() {
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
    c.is_alphanumeric() || c == '_'
}

/// The length of the beginning of `text` that is `name`, if it is.
fn starts_with(text: &str, name: &str) -> Option<usize> {
    let mut len = 0;
    let mut rest = text.chars();
    for wanted in name.chars() {
        let here = rest.next()?;
        if here != wanted && !here.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
        len += here.len_utf8();
    }
    (len > 0).then_some(len)
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
}
