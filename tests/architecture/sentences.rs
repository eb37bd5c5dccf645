//! Where a face keeps what it says: in files of sentences, so that somebody finds all of them who says it otherwise, or in another
//! language.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::source::{is_test_file, sources, text, top};

/// The faces, and the place of each that has its sentences.
const FACES: &[(&str, &str)] = &[("src/tui", "src/tui/sentences"), ("src/cli/chat", "src/cli/chat/sentences.rs")];

/// What takes texts that no user of a face reads: the log's lines, panics, and what a test claims.
const NOT_SAID: &[&str] = &["expect", "unreachable", "panic", "assert", "debug_assert", "log"];

/// The texts of a file, outside of its tests, that have a word and a space: what is said to people, or a part of it. Commands such
/// as `/edit` are typed, and are no words.
fn said(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(source.parse().expect("Rust"), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let is_attribute = |token: &TokenTree| match token {
                    TokenTree::Punct(sign) => sign.as_char() == '!',
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
                    TokenTree::Ident(_) | TokenTree::Literal(_) => false,
                };
                let mut is_for_tests = false;
                while let Some(token) = tokens.next_if(is_attribute) {
                    is_for_tests |= matches!(token, TokenTree::Group(group) if is_cfg_test(&group));
                }
                if is_for_tests {
                    // The whole item: up to its semicolon, or to its braces.
                    let _ = tokens.by_ref().find(is_end);
                }
            }
            TokenTree::Ident(word) if NOT_SAID.iter().any(|not_said| word == not_said) => {
                let is_path = |token: &TokenTree| matches!(token, TokenTree::Punct(_) | TokenTree::Ident(_));
                let is_macro =
                    |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if matches!(sign.as_char(), ':' | '!'));
                if tokens.peek().is_some_and(is_macro) {
                    while tokens.next_if(is_path).is_some() {}
                }
                let _ = tokens.next_if(|token| matches!(token, TokenTree::Group(_)));
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(text_of(&literal.to_string()).filter(|text| is_sentence(text))),
            TokenTree::Punct(_) | TokenTree::Ident(_) => {}
        }
    }
}

fn is_end(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(sign) => sign.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

/// `[cfg(test)]`, and what has more conditions.
fn is_cfg_test(attribute: &Group) -> bool {
    let text = attribute.stream().to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

/// What stands between the quotes of a string.
fn text_of(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('r').unwrap_or(literal).trim_matches('#');
    Some(inside.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// Whether it has a word and a space, once escapes and what is filled in are taken out.
fn is_sentence(text: &str) -> bool {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '{' => drop(rest.by_ref().find(|letter| *letter == '}')),
            '\\' => match rest.next() {
                Some('x') => drop(rest.nth(1)),
                Some('n' | 'r' | 't' | '\n') => plain.push(' '),
                Some('u') => drop(rest.by_ref().find(|letter| *letter == '}')),
                _ => {}
            },
            letter => plain.push(letter),
        }
    }
    let mut words = plain.split_whitespace().filter(|word| !word.starts_with('/'));
    let is_word = |word: &str| word.split(|letter: char| !letter.is_alphabetic()).any(|part| part.chars().count() > 1);
    plain.contains(char::is_whitespace) && words.any(is_word)
}

#[test]
fn what_a_face_says_stands_among_its_sentences() {
    let mut elsewhere = Vec::new();
    for (face, place) in FACES {
        let place = top().join(place);
        assert!(place.exists(), "{} is there", place.display());
        let files = sources(face).into_iter().filter(|file| !file.starts_with(&place) && !is_test_file(file));
        elsewhere.extend(files.flat_map(|file| said(&text(&file)).into_iter().map(move |said| (file.clone(), said))));
    }
    assert!(elsewhere.is_empty(), "a sentence belongs to those of its face: {elsewhere:#?}");
}

#[test]
fn a_planted_sentence_is_found() {
    let planted = r##"
        //! What a face is.
        #[expect(clippy::panic, reason = "there are many of them")]
        fn draw(names: &[String]) {
            put(&format!("{} and {more} more", names.len()));
            let _ = (" (edited)", "12 ms", r#"a "raw" one"#, "two\nrows");
            desk.trouble(match names { [] => "nobody is here", _ => b"GET / HTTP" });
        }
        const HOW: &str = "press any key";
        /// What is typed, drawn, logged, or no more than one word.
        fn not_said() {
            let _ = ["/edit {number} {text}", "{room} {name}", "\x1b[1;7m \x1b[0m", "connected", "TERM_PROGRAM", " · "];
            log::warn!("the screen is {}", "far too narrow");
            one.expect("a String takes everything");
            debug_assert!(is_so, "it is so");
        }
        #[cfg(test)]
        mod tests { const SAID: &str = "bob is here"; }
        #[cfg(all(test, unix))]
        const ALSO: &str = "bob is here";
    "##;
    let all =
        ["{} and {more} more", " (edited)", "12 ms", "a \"raw\" one", "two\\nrows", "nobody is here", "press any key"];
    assert_eq!(said(planted), all);
}
