//! Names of accounts and rooms: what they may be, and when two are the same (PROTOCOL.md, "Names").

use alloc::string::String;

use thiserror::Error;

use crate::limits::NAME_MAX_LEN;

/// Why something is not a name, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// It has no characters.
    #[error("a name needs at least one letter or digit")]
    Empty,
    /// It is longer than [`NAME_MAX_LEN`] octets.
    #[error("a name has at most {NAME_MAX_LEN} octets; choose a shorter one")]
    TooLong,
    /// It does not begin with a letter or digit.
    #[error("a name begins with a letter or a digit")]
    Start,
    /// It has a character that names may not have.
    #[error("a name has only letters, digits, and - _ . (not {0:?})")]
    Character(char),
}

/// Checks a name: 1 to [`NAME_MAX_LEN`] octets; letters and digits of any script, and `-`, `_`, `.`; a letter or digit
/// first. So a name is visible, is one word, and does nothing to a terminal.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &str) -> Result<(), NameError> {
    if name.len() > NAME_MAX_LEN {
        return Err(NameError::TooLong);
    }
    if let Some(wrong) = name.chars().find(|&c| !(is_visible_alphanumeric(c) || matches!(c, '-' | '_' | '.'))) {
        return Err(NameError::Character(wrong));
    }
    match name.chars().next() {
        None => Err(NameError::Empty),
        Some(first) if is_visible_alphanumeric(first) => Ok(()),
        Some(_) => Err(NameError::Start),
    }
}

/// What two names have in common when they are the same name: upper and lower case do not tell names apart.
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// The Hangul fillers count as letters and show as nothing.
fn is_visible_alphanumeric(c: char) -> bool {
    c.is_alphanumeric() && !matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_script_are_names() {
        for name in ["ann", "Ann-2", "team_a.ops", "7", "安娜", "Zoë", "анна"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_is_invisible_or_means_something_else_is_not_a_name() {
        assert_eq!(check(""), Err(NameError::Empty));
        assert_eq!(check("a b"), Err(NameError::Character(' ')));
        assert_eq!(check("#lobby"), Err(NameError::Character('#')));
        assert_eq!(check("-rf"), Err(NameError::Start));
        assert_eq!(check("a\u{1b}[31m"), Err(NameError::Character('\u{1b}')));
        assert_eq!(check("a\u{202e}b"), Err(NameError::Character('\u{202e}')));
        assert_eq!(check("\u{3164}"), Err(NameError::Character('\u{3164}')));
        assert_eq!(check(&"a".repeat(NAME_MAX_LEN + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn case_does_not_tell_names_apart() {
        assert_eq!(fold("ZOË"), fold("zoë"));
        assert_ne!(fold("ann"), fold("anne"));
    }
}
