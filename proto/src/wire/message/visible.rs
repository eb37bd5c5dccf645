//! Text that others are shown: when it shows something, and what a line of it may not have (PROTOCOL.md, "Visible text").

use thiserror::Error;
use unicode_normalization::char::is_combining_mark;

/// Why a text is no line that others can be shown, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineError {
    /// The line has characters, and nothing of them is seen.
    #[error("nothing of it would be seen; write something that shows")]
    Blank,
    /// The line has a character that acts on a terminal or on the text around it.
    #[error("it has U+{:04X}, which breaks the line, controls a terminal, or hides or reorders text; leave that out", u32::from(*.0))]
    Character(char),
}

/// Checks a line that others will see: a topic, a status, a label, a reaction. An empty one is a line, too.
///
/// # Errors
/// What is wrong with it.
pub fn check_line(line: &str) -> Result<(), LineError> {
    if let Some(wrong) = line.chars().find(|&c| disturbs(c)) {
        return Err(LineError::Character(wrong));
    }
    if !line.is_empty() && is_blank(line) { Err(LineError::Blank) } else { Ok(()) }
}

/// A text as a line: what a line may not have is left out, and a text that shows nothing is empty.
#[must_use]
pub fn to_line(text: &str) -> alloc::string::String {
    if is_blank(text) { alloc::string::String::new() } else { text.chars().filter(|&c| !disturbs(c)).collect() }
}

/// Whether nothing of a text would be seen.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(shows)
}

/// Whether a character does something to a terminal or to the text around it: breaks the line, controls, embeds, overrides,
/// isolates, annotates, or marks the order of octets or a language.
#[must_use]
pub const fn disturbs(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

/// Whether a character is drawn as nothing, though it is neither white space nor a control: Unicode's
/// Default_Ignorable_Code_Point.
#[must_use]
pub const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character is drawn as an empty place, though Unicode counts it among symbols, letters or marks: the blanks of Braille
/// and of hieroglyphs, the Khitan filler, the null notehead (code charts of Unicode 16.0, where a dashed box stands for each).
#[must_use]
pub const fn is_empty_glyph(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}')
}

/// Whether nothing of a character is seen, though it is neither white space nor a control.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    is_ignorable(c) || is_empty_glyph(c)
}

/// Whether a character shows nothing by itself: it is not seen, or is drawn on what stands before it (general category M). A text of
/// nothing else would be drawn on the text before it, which is somebody else's (Unicode 16.0, section 3.6, D57: "defective").
#[must_use]
pub fn needs_base(c: char) -> bool {
    is_unseen(c) || is_combining_mark(c)
}

fn shows(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || needs_base(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_any_script_may_be_shown() {
        for line in [
            "",
            "plans for May",
            "计划",
            "תוכניות",
            "خطط\u{200f}!",
            "👩\u{200d}👩\u{200d}👧",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "ไป\u{200b}กิน",
            "e\u{301}",
            "◌\u{301}",
            "1\u{fe0f}\u{20e3}",
            "⠓\u{2800}⠓",
        ] {
            assert_eq!(check_line(line), Ok(()), "{line}");
            assert_eq!(to_line(line), line);
        }
    }

    #[test]
    fn what_acts_on_the_text_around_it_is_in_no_line() {
        for (line, wrong, left) in [
            ("a\nb", '\n', "ab"),
            ("a\tb", '\t', "ab"),
            ("\x1b[2J", '\x1b', "[2J"),
            ("a\u{9b}b", '\u{9b}', "ab"),
            ("a\u{202e}b", '\u{202e}', "ab"),
            ("a\u{2067}b\u{2069}", '\u{2067}', "ab"),
            ("\u{feff}a", '\u{feff}', "a"),
            ("a\u{2028}b", '\u{2028}', "ab"),
        ] {
            assert_eq!(check_line(line), Err(LineError::Character(wrong)), "{line:?}");
            assert_eq!(to_line(line), left);
        }
    }

    #[test]
    fn a_line_of_which_nothing_is_seen_is_none() {
        for line in [
            " ",
            "\u{200b}",
            "\u{3164}\u{200d}",
            "\u{fe0f}",
            "\u{3000}",
            "\u{2800}",
            "\u{2800} \u{1d159}",
            "\u{13441}\u{13442}",
            "\u{16fe4}",
            "\u{301}",
            " \u{301}",
            "\u{200b}\u{20dd}",
            "\u{903}\u{93e}",
        ] {
            assert_eq!(check_line(line), Err(LineError::Blank), "{line:?}");
            assert_eq!(to_line(line), "");
        }
        assert!(is_blank("\n\x1b") && !is_blank("\u{200b}."));
    }
}
