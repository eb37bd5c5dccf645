//! What search takes for words, in what is written and in what is asked for alike.
//!
//! Text is taken apart here and not by the index, so that every store finds the same. Upper and lower case, and the accents
//! of scripts that write them over letters, tell no words apart. Each Chinese, Japanese or Korean character is a word of its
//! own, so that such text is found by any part of it; and so is each picture.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longer words are found by their beginning only: the index has a limit of its own, which this stays below.
const WORD_MAX_LEN: usize = 1_000;

/// The words of a text, in order, folded.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// The same in one string, separated by spaces: thousands of small ones would take longer than to find them.
#[cfg(feature = "sqlite")]
pub(super) fn spaced_words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    each_word(text, |word| {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    });
    words
}

fn each_word(text: &str, take: impl FnMut(&str)) {
    let mut words = Words { take, word: String::new() };
    if text.is_ascii() {
        text.bytes().for_each(|octet| words.push(char::from(octet.to_ascii_lowercase())));
    } else {
        let letters = text.nfkd().filter(|&c| !is_accent(c));
        letters.nfc().flat_map(folded).for_each(|c| words.push(c));
    }
    words.end();
}

struct Words<F> {
    /// Takes each word.
    take: F,
    word: String,
}

impl<F: FnMut(&str)> Words<F> {
    fn push(&mut self, c: char) {
        if is_whole_word(c) || is_picture(c) {
            self.end();
            (self.take)(c.encode_utf8(&mut [0; 4]));
        } else if matches!(c, '\u{200c}' | '\u{200d}') {
            // A joiner is inside a word, and words are spelled with and without it.
        } else if c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c) && !is_accent(c) && !is_selector(c)) {
            if self.word.len() + c.len_utf8() <= WORD_MAX_LEN {
                self.word.push(c);
            }
        } else {
            self.end();
        }
    }

    fn end(&mut self) {
        if !self.word.is_empty() {
            (self.take)(&self.word);
            self.word.clear();
        }
    }
}

/// Marks over and under letters of any script that are spelled with and without. Vowel signs are no such marks.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Without its case, as far as a word goes: `ß` and `ẞ` are `ss`, and a sigma is one wherever it stands. A letter without a small
/// or capital form of one letter gets it by way of the other.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Chooses how the character before it looks.
const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Emoji and other pictures. What only changes how one looks (its skin, its colour, what it is joined to) is none by itself, so a
/// thumb is found whatever its colour.
const fn is_picture(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}'
        | '\u{25a0}'..='\u{27bf}'
        | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1f3fa}'
        | '\u{1f400}'..='\u{1faff}')
}

/// Characters of scripts that put no spaces between words.
const fn is_whole_word(c: char) -> bool {
    matches!(c,
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{3105}'..='\u{318e}'
        | '\u{31a0}'..='\u{31bf}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// A shorter word is no beginning of another: nearly every text would have one of those.
const BEGINNING_MIN_CHARS: usize = 3;

/// What is searched for: phrases, all of which a text must have. The last word of the last one may be a beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    phrases: Vec<Vec<String>>,
}

impl Terms {
    /// Takes apart what a person typed. What stands between spaces is a phrase; nothing is an operator. `None` if there is
    /// nothing in it to search for.
    pub(super) fn parse(typed: &str) -> Option<Self> {
        let phrases: Vec<_> = typed.split_whitespace().map(words).filter(|phrase| !phrase.is_empty()).collect();
        (!phrases.is_empty()).then_some(Self { phrases })
    }

    /// Whether the last word may go on.
    fn is_open(&self) -> bool {
        let last = self.phrases.last().and_then(|phrase| phrase.last());
        last.is_some_and(|word| word.chars().count() >= BEGINNING_MIN_CHARS)
    }

    /// Whether a text, taken apart, has all of it.
    pub(super) fn are_in(&self, words: &[String]) -> bool {
        let last = if self.is_open() { self.phrases.len() - 1 } else { self.phrases.len() };
        self.phrases.iter().enumerate().all(|(at, phrase)| {
            words.windows(phrase.len()).any(|window| {
                let (open, whole) = if at == last { (1, phrase.len() - 1) } else { (0, phrase.len()) };
                window[..whole] == phrase[..whole] && (open == 0 || window[whole].starts_with(&phrase[whole]))
            })
        })
    }

    /// The same in the language of FTS5. Words are letters, digits and pictures only, so quotes are all that it takes.
    #[cfg(feature = "sqlite")]
    pub(super) fn fts(&self) -> String {
        let quoted = |phrase: &Vec<String>| format!("\"{}\"", phrase.join(" "));
        let all: Vec<_> = self.phrases.iter().map(quoted).collect();
        let all = all.join(" AND ");
        if self.is_open() { format!("{all} *") } else { all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_cjk_is_taken_apart() {
        assert_eq!(words("Hello, WORLD-2!"), ["hello", "world", "2"]);
        assert_eq!(words("Zoë ŻÓŁĆ Ångström ﬁn"), ["zoe", "zołc", "angstrom", "fin"]);
        assert_eq!(words("東京でGo言語"), ["東", "京", "で", "go", "言", "語"]);
        assert_eq!(words("が한국ﾊﾟ"), ["が", "한", "국", "パ"]);
        assert_eq!(words("हिन्दी"), ["हिन्दी"], "vowel signs are no accents");
        assert_eq!(words("می\u{200c}خواهم क्\u{200d}ष"), ["میخواهم", "क्ष"], "joiners tell no words apart");
        assert_eq!(words("Straße STRASSE GROẞ ὈΔΥΣΣΕΎΣ"), ["strasse", "strasse", "gross", "οδυσσευσ"]);
        assert_eq!(words("done👍🏽! 👩\u{200d}🚀 ❤\u{fe0f} 🇩🇪"), ["done", "👍", "👩", "🚀", "❤", "🇩", "🇪"]);
        assert_eq!(words(" -- \" * ^ "), [""; 0]);
    }

    #[test]
    fn nothing_typed_is_an_operator() {
        let terms = Terms::parse("a OR \"b* NEAR(c").expect("words");
        assert_eq!(terms.fts(), "\"a\" AND \"or\" AND \"b\" AND \"near c\"");
        assert_eq!(Terms::parse("a \"bcd").expect("words").fts(), "\"a\" AND \"bcd\" *");
        assert_eq!(Terms::parse("\" * ( ^ -"), None);
    }

    #[test]
    fn all_words_are_needed_and_only_the_last_is_a_beginning() {
        let has = |typed, text| Terms::parse(typed).expect("words").are_in(&words(text));
        assert!(has("quick bro", "The quick brown fox"));
        assert!(!has("quick br", "The quick brown fox"), "too short to be one");
        assert!(!has("qui fox", "The quick brown fox"));
        assert!(has("京都", "東京都") && !has("京東", "東京都"));
        assert!(has("foo-bar", "foo bars") && !has("foo-bar", "bar foo"));
    }
}
