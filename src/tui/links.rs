//! Links in a text: where they are, and what they lead to. Only what a browser or a mail program opens is a link: a text can't
//! make anybody's terminal start something else.

use std::fmt::Write as _;
use std::ops::Range;
use std::rc::Rc;

/// What a link begins with.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];
/// Longer ones are text: terminals do not take them.
const LINK_MAX_LEN: usize = 2_000;
/// What ends a sentence after a link, and is none of it.
const TRAILING: &[char] = &['.', ',', ';', ':', '!', '?', '\'', '"', '…', '。', '，', '、', '；', '：', '！', '？'];

/// What a piece of text leads to. Its pieces in several rows are one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hyperlink {
    /// The same for all pieces, and for no other link.
    pub(super) id: String,
    /// The address, as it may be written to a terminal: printable ASCII.
    pub(super) url: String,
}

/// A link, and its octets in the text.
pub(super) type Found = (Range<usize>, Rc<Hyperlink>);

/// The links in a text that is safe to show. Their ids begin with `of`.
pub(super) fn links(text: &str, of: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(colon) = text[at..].find(':').map(|colon| at + colon) {
        at = colon + 1;
        let Some(range) = link_around(text, colon) else { continue };
        at = range.end;
        let url = in_ascii(&text[range.clone()]);
        if url.len() <= LINK_MAX_LEN {
            found.push((range, Rc::new(Hyperlink { id: format!("{of}.{}", found.len()), url })));
        }
    }
    found
}

/// The link whose scheme ends at that colon.
fn link_around(text: &str, colon: usize) -> Option<Range<usize>> {
    let start = SCHEMES.iter().find_map(|scheme| {
        let name = &scheme[..scheme.find(':')?];
        let start = colon.checked_sub(name.len())?;
        let is_here = text.get(start..start + scheme.len()).is_some_and(|here| here.eq_ignore_ascii_case(scheme));
        is_here.then_some((start, scheme.len()))
    });
    let (start, scheme) = start?;
    if text[..start].chars().next_back().is_some_and(|before| before.is_ascii_alphanumeric() || before == '_') {
        return None;
    }
    let rest = &text[start + scheme..];
    let ends =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '「' | '」' | '『' | '』');
    let mut link = &rest[..rest.find(ends).unwrap_or(rest.len())];
    loop {
        let before = link.len();
        link = link.trim_end_matches(TRAILING);
        // A bracket belongs to what opened it: `(see https://example.org/a_(b))`.
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('（', '）'), ('《', '》')] {
            if link.ends_with(close) && link.matches(close).count() > link.matches(open).count() {
                link = &link[..link.len() - close.len_utf8()];
            }
        }
        if link.len() == before {
            break;
        }
    }
    (!link.is_empty()).then_some(start..start + scheme + link.len())
}

/// The same address in printable ASCII (RFC 3986, section 2.1), which is all that a terminal takes there.
fn in_ascii(link: &str) -> String {
    let mut url = String::with_capacity(link.len());
    for octet in link.bytes() {
        if octet.is_ascii_graphic() {
            url.push(char::from(octet));
        } else {
            write!(url, "%{octet:02X}").expect("a String takes everything");
        }
    }
    url
}

/// Where links were drawn: the row, its columns, and the link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) y: u16,
    pub(super) columns: Range<u16>,
    pub(super) link: Rc<Hyperlink>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        links(text, "7").into_iter().map(|(range, _)| text[range].to_owned()).collect()
    }

    #[test]
    fn a_link_ends_where_the_sentence_goes_on() {
        assert_eq!(found("see https://example.org/a?b=c#d, please."), ["https://example.org/a?b=c#d"]);
        assert_eq!(
            found("(https://example.org/a_(b)) and <http://x.org>"),
            ["https://example.org/a_(b)", "http://x.org"]
        );
        assert_eq!(
            found("看https://example.org/a，再见。"),
            ["https://example.org/a，再见"],
            "Chinese has no spaces to end it"
        );
        assert_eq!(found("看 https://example.org/你好。"), ["https://example.org/你好"]);
        assert_eq!(
            found("HTTPS://Example.org mailto:ann@example.org!"),
            ["HTTPS://Example.org", "mailto:ann@example.org"]
        );
        assert_eq!(found("https:// http://, mailto:"), [""; 0]);
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in
            ["file:///etc/passwd", "javascript:alert(1)", "xhttps://a.b", "ssh://a.b", "10:30", "a:b://c", "::::"]
        {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert_eq!(found(&format!("https://{}", "a".repeat(LINK_MAX_LEN))), [""; 0]);
        assert_eq!(
            found(&crate::render::render_text("https://a.b/\x1b\\\x07x")),
            ["https://a.b/␛\\␇x"],
            "and nothing escapes"
        );
    }

    #[test]
    fn what_a_terminal_is_told_is_printable() {
        let of = |text: &str| links(text, "7").remove(0).1;
        assert_eq!(of("https://example.org/ü").url, "https://example.org/%C3%BC");
        assert_eq!(of("https://a.b/␛").url, "https://a.b/%E2%90%9B");
        let two = links("https://a.b https://a.b", "7");
        assert_eq!((two[0].1.id.as_str(), two[1].1.id.as_str()), ("7.0", "7.1"));
    }
}
