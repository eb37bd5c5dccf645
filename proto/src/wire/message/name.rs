//! Names of accounts and rooms: what they may be, and when two are the same (PROTOCOL.md, "Names").

use alloc::borrow::Cow;
use alloc::string::String;

use thiserror::Error;
use unicode_joining_type::{JoiningType, get_joining_type};
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::limits::{NAME_MARKS_MAX, NAME_MAX_LEN};

use super::visible::is_empty_glyph;

/// Composing makes a text in UTF-8 at most so many times shorter (Unicode Standard Annex 15, section 9).
const COMPOSED_SHRINKS_BY: usize = 3;

/// The canonical combining class of what takes a letter's vowel away.
const VIRAMA: u8 = 9;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// Why something is not a name, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name has no characters.
    #[error("a name needs at least one letter or digit")]
    Empty,
    /// The name is longer than [`NAME_MAX_LEN`] octets.
    #[error("a name has at most {NAME_MAX_LEN} octets; choose a shorter one")]
    TooLong,
    /// The name does not begin with a letter or digit.
    #[error("a name begins with a letter or a digit")]
    Start,
    /// The name has a character that names may not have.
    #[error("a name has only letters, digits, their marks, and - _ .; {0:?} is none of these")]
    Character(char),
    /// A mark follows neither a letter nor a digit.
    #[error("in a name a mark follows a letter or a digit; {0:?} does not")]
    StrayMark(char),
    /// More than [`NAME_MARKS_MAX`] marks follow one another.
    #[error("a name has at most {NAME_MARKS_MAX} marks in a row")]
    TooManyMarks,
    /// A joiner stands where no script needs one.
    #[error("in a name an invisible joiner stands only where its script needs it; {0:?} does not")]
    Joiner(char),
}

/// What a character is in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A letter or a digit.
    Letter,
    /// It belongs to the letter before it: a vowel sign, a virama, an accent.
    Mark,
    /// U+200C or U+200D.
    Joiner,
    /// `-`, `_`, `.`.
    Link,
}

/// A name as it is kept: composed (Unicode Normalization Form C), and 1 to [`NAME_MAX_LEN`] octets of letters and digits of any
/// script, with their marks, and `-`, `_`, `.`; a letter or digit first. So a name is visible, is one word, and does nothing to a
/// terminal.
///
/// # Errors
/// What is wrong with it.
pub fn composed(name: &str) -> Result<Cow<'_, str>, NameError> {
    if name.len() > NAME_MAX_LEN * COMPOSED_SHRINKS_BY {
        return Err(NameError::TooLong);
    }
    let name = nfc(name);
    if name.len() > NAME_MAX_LEN {
        return Err(NameError::TooLong);
    }
    let mut before = None;
    let mut marks = 0;
    for (at, c) in name.char_indices() {
        let part = part(c).ok_or(NameError::Character(c))?;
        match (part, before) {
            (Part::Letter, _) => marks = 0,
            (_, None) => return Err(NameError::Start),
            (Part::Link, Some(_)) => marks = 0,
            (Part::Mark, Some(Part::Link)) => return Err(NameError::StrayMark(c)),
            (Part::Mark, Some(Part::Letter | Part::Mark | Part::Joiner)) => {
                marks += 1;
                if marks > NAME_MARKS_MAX {
                    return Err(NameError::TooManyMarks);
                }
            }
            (Part::Joiner, Some(_)) if is_needed(c, &name[..at], &name[at + c.len_utf8()..]) => {}
            (Part::Joiner, Some(_)) => return Err(NameError::Joiner(c)),
        }
        before = Some(part);
    }
    if before.is_none() { Err(NameError::Empty) } else { Ok(name) }
}

/// Checks what [`composed`] makes.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &str) -> Result<(), NameError> {
    composed(name).map(drop)
}

/// What two names have in common when they are the same name: neither upper and lower case nor the way in which a letter and its
/// marks are encoded tell names apart.
#[must_use]
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    // A letter in lower case can compose with a mark where the one in upper case can't.
    nfc(name).chars().flat_map(char::to_lowercase).map(of_any_place).nfc().collect()
}

/// A sigma at the end of a word is the same letter as one within (Unicode's CaseFolding.txt, U+03C2), and in upper case both look alike.
const fn of_any_place(c: char) -> char {
    if c == 'ς' { 'σ' } else { c }
}

/// Whether a character can stand in a name: a letter, a digit, a mark, a joiner, `-`, `_`, or `.`.
#[must_use]
pub fn may_contain(c: char) -> bool {
    part(c).is_some()
}

/// Whether a character belongs to a word: a letter, a digit, a mark or a joiner.
#[must_use]
pub fn is_of_word(c: char) -> bool {
    part(c).is_some_and(|part| part != Part::Link)
}

fn nfc(name: &str) -> Cow<'_, str> {
    match is_nfc_quick(name.chars()) {
        IsNormalized::Yes => Cow::Borrowed(name),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(name.nfc().collect()),
    }
}

fn part(c: char) -> Option<Part> {
    if c.is_ascii() {
        return match c {
            '-' | '_' | '.' => Some(Part::Link),
            c => c.is_ascii_alphanumeric().then_some(Part::Letter),
        };
    }
    if matches!(c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER) {
        return Some(Part::Joiner);
    }
    match c {
        c if is_invisible(c) || is_empty_glyph(c) => None,
        c if is_combining_mark(c) => (!encloses(c)).then_some(Part::Mark),
        c => c.is_alphanumeric().then_some(Part::Letter),
    }
}

/// The letters and marks that have Default_Ignorable_Code_Point, which includes what is not assigned yet: the grapheme joiner,
/// Hangul fillers, inherent Khmer vowels, Mongolian and other variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Marks of general category Me: circles and frames around what stands before them.
const fn encloses(c: char) -> bool {
    matches!(c,
        '\u{488}' | '\u{489}' | '\u{1abe}' | '\u{20dd}'..='\u{20e0}' | '\u{20e2}'..='\u{20e4}' | '\u{a670}'..='\u{a672}')
}

/// Whether a joiner stands where its script needs it (RFC 5892, appendices A.1 and A.2).
fn is_needed(joiner: char, before: &str, after: &str) -> bool {
    let last = before.chars().next_back();
    if last.is_some_and(|c| canonical_combining_class(c) == VIRAMA) {
        return true;
    }
    let to_the_left = joining(before.chars().rev());
    let to_the_right = joining(after.chars());
    joiner == ZERO_WIDTH_NON_JOINER
        && matches!(to_the_left, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(to_the_right, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// How the first character joins that is not transparent to joining.
fn joining(chars: impl Iterator<Item = char>) -> Option<JoiningType> {
    chars.map(get_joining_type).find(|joining| *joining != JoiningType::Transparent)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn words_of_any_script_are_names() {
        let latin = ["ann", "Ann-2", "team_a.ops", "7", "Zoë"];
        let others =
            ["安娜", "анна", "हिन्दी", "ไทยที่", "தமிழ்", "ខ្មែរ", "မြန်မာ", "ελένη", "יִשַׂי", "مُحَمَّد", "ක්\u{200d}රියා", "བོད"];
        for name in latin.iter().chain(&others) {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        assert_eq!(check("བོད་ཡིག"), Err(NameError::Character('་')), "a point between syllables is no letter");
    }

    #[test]
    fn what_is_invisible_or_means_something_else_is_not_a_name() {
        assert_eq!(check(""), Err(NameError::Empty));
        assert_eq!(check("a b"), Err(NameError::Character(' ')));
        assert_eq!(check("#lobby"), Err(NameError::Character('#')));
        assert_eq!(check("-rf"), Err(NameError::Start));
        assert_eq!(check("a\u{1b}[31m"), Err(NameError::Character('\u{1b}')));
        assert_eq!(check("a\u{202e}b"), Err(NameError::Character('\u{202e}')));
        for invisible in
            ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}', '\u{34f}', '\u{fe0f}', '\u{180b}', '\u{e0100}', '\u{17b4}']
        {
            assert_eq!(check(&format!("a{invisible}")), Err(NameError::Character(invisible)));
        }
        assert_eq!(
            check("a\u{20dd}"),
            Err(NameError::Character('\u{20dd}')),
            "a circle around a letter is no letter's mark"
        );
        assert_eq!(check(&"a".repeat(NAME_MAX_LEN + 1)), Err(NameError::TooLong));
    }

    #[test]
    fn marks_follow_letters_and_are_few() {
        assert_eq!(check("\u{93f}क"), Err(NameError::Start), "a vowel sign counts as alphabetic, and begins nothing");
        assert_eq!(check("\u{301}a"), Err(NameError::Start));
        assert_eq!(check("a-\u{301}"), Err(NameError::StrayMark('\u{301}')));
        // None of these composes with a q.
        assert_eq!(check(&format!("q{}", "\u{301}".repeat(NAME_MARKS_MAX))), Ok(()));
        assert_eq!(check(&format!("q{}", "\u{301}".repeat(NAME_MARKS_MAX + 1))), Err(NameError::TooManyMarks));
        assert_eq!(check("q\u{301}\u{301}\u{301}\u{301}q\u{301}"), Ok(()));
        // A joiner between marks does not begin a new row of them.
        assert_eq!(check("क\u{94d}\u{200d}\u{94d}\u{200d}\u{94d}\u{94d}\u{94d}"), Err(NameError::TooManyMarks));
    }

    #[test]
    fn joiners_stand_where_a_script_needs_them() {
        for name in ["نامه\u{200c}ای", "क्\u{200d}ष", "क्\u{200c}ष", "ශ්\u{200d}රී", "می\u{200c}خواهم", "مَ\u{200c}َن"]
        {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for (name, joiner) in [
            ("ann\u{200d}a", ZERO_WIDTH_JOINER),
            ("ann\u{200c}a", ZERO_WIDTH_NON_JOINER),
            ("ann\u{200d}", ZERO_WIDTH_JOINER),
            ("م\u{200d}ن", ZERO_WIDTH_JOINER),
            ("د\u{200c}ن", ZERO_WIDTH_NON_JOINER),
            ("م\u{200c}", ZERO_WIDTH_NON_JOINER),
            ("م\u{200c}\u{200c}ن", ZERO_WIDTH_NON_JOINER),
            ("क\u{200d}ष", ZERO_WIDTH_JOINER),
            ("क्\u{200d}\u{200d}ष", ZERO_WIDTH_JOINER),
            ("安\u{200c}娜", ZERO_WIDTH_NON_JOINER),
        ] {
            assert_eq!(check(name), Err(NameError::Joiner(joiner)), "{name:?}");
        }
        assert_eq!(check("\u{200d}a"), Err(NameError::Start));
    }

    #[test]
    fn a_name_is_composed_before_it_is_looked_at() {
        assert_eq!(composed("Zoe\u{308}").as_deref(), Ok("Zoë"));
        assert!(matches!(composed("Zoë"), Ok(Cow::Borrowed(_))));
        assert_eq!(composed("\u{1100}\u{1161}").as_deref(), Ok("가"));
        // Long as it comes, and short enough as it is kept.
        let syllables = "\u{1100}\u{1161}\u{11a8}".repeat(NAME_MAX_LEN / 3);
        assert_eq!(composed(&syllables).map(|name| name.len()), Ok(NAME_MAX_LEN / 3 * 3));
        assert_eq!(check(&"e\u{301}".repeat(NAME_MAX_LEN / 2 + 1)), Err(NameError::TooLong));
        assert_eq!(check(&"a\u{301}".repeat(100_000)), Err(NameError::TooLong), "and nothing that long is composed");
    }

    #[test]
    fn neither_case_nor_encoding_tells_names_apart() {
        assert_eq!(fold("ZOË"), fold("zoë"));
        assert_eq!(fold("ZOE\u{308}"), fold("zoë"));
        assert_eq!(fold("\u{1100}\u{1161}"), fold("가"));
        assert_eq!(fold("ΝΊΚΟΣ"), fold("Νίκος"));
        assert_ne!(fold("ann"), fold("anne"));
        assert_ne!(fold("zoe"), fold("zoë"));
    }

    #[test]
    fn what_was_folded_once_stays_so() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let folded = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&folded), folded, "{c:?}");
            let with_mark = fold(&format!("{c}\u{301}"));
            assert_eq!(fold(&with_mark), with_mark, "{c:?} and a mark");
        }
    }
}
