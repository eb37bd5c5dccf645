//! What others wrote, made safe to show. Every byte of remote origin passes here before it reaches a terminal, a log or a
//! notification: it can say anything, and do nothing.
//!
//! Control characters and escape sequences become visible signs; characters that reorder or hide other text (Unicode
//! Technical Report 36, section 2.5; CVE-2021-42574) become their code points. Letters of every script, emoji and their
//! joiners pass unchanged; so do the marks U+200E and U+200F, which right-to-left text needs and which reorder nothing else.

use std::borrow::Cow;
use std::fmt::Write as _;

use chinwag_proto::wire::message::visible;

/// Octets, and columns, of a key's fingerprint: four groups of five with hyphens between.
pub const FINGERPRINT_LEN: usize = 23;

/// Whether a word looks like a key's fingerprint, which people compare group by group.
#[must_use]
pub fn is_fingerprint(word: &str) -> bool {
    let is_its = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    word.len() == FINGERPRINT_LEN && word.split('-').all(|group| group.len() == 5 && group.chars().all(is_its))
}

/// So many of something: `1 room`, `2 rooms`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// So many octets, as people write them: `512 MiB`, `1.5 GiB`.
#[must_use]
pub fn size(octets: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match UNITS.iter().find(|(_, bits)| octets >= 1 << bits) {
        Some((unit, bits)) if octets.is_multiple_of(1 << bits) => format!("{} {unit}", octets >> bits),
        Some((unit, bits)) => format!("{}.{} {unit}", octets >> bits, ((octets % (1 << bits)) * 10) >> bits),
        None => format!("{octets} octets"),
    }
}

/// One line of remote text: a name, a reason, a log message. Newlines become visible, too; and where nothing else would be
/// seen of a text, the characters that are drawn as nothing, or on what stands before them, become their code points.
#[must_use]
pub fn render_text(text: &str) -> Cow<'_, str> {
    if visible::is_blank(text) && text.chars().any(visible::needs_base) {
        return Cow::Owned(text.chars().map(seen).collect());
    }
    render_part(text)
}

/// A piece of a line, of which something else is seen: as [`render_text`], but what is drawn as nothing stays so.
#[must_use]
pub fn render_part(text: &str) -> Cow<'_, str> {
    if !text.chars().any(visible::disturbs) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\0'..='\x1f' => out.push(picture(u32::from(c))),
            '\x7f' => out.push('␡'),
            c if is_unsafe(c) => write!(out, "<U+{:04X}>", u32::from(c)).expect("a String takes everything"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A remote message of one or more lines; all but the first begin with `indent`, so that none looks like another's.
#[must_use]
pub fn render_lines<'a>(text: &'a str, indent: &str) -> Cow<'a, str> {
    if !text.contains('\n') {
        return render_text(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
            out.push_str(indent);
        }
        out.push_str(&render_text(line.strip_suffix('\r').unwrap_or(line)));
    }
    Cow::Owned(out)
}

/// JSON that was made of remote text: what is unsafe in it (inside strings, where else) is escaped, so that it means the
/// same and does nothing.
#[must_use]
pub fn render_json(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_unsafe) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a String takes everything");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character does something to a terminal, or to the text around it, other than being seen.
fn is_unsafe(c: char) -> bool {
    visible::disturbs(c) && c != '\n' && c != '\t'
}

/// A character of a text of which nothing else is seen.
fn seen(c: char) -> String {
    if visible::needs_base(c) {
        format!("<U+{:04X}>", u32::from(c))
    } else {
        render_part(c.encode_utf8(&mut [0; 4])).into_owned()
    }
}

/// The sign for a control character, from the block Control Pictures.
fn picture(control: u32) -> char {
    char::from_u32(0x2400 + control).unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_text_of_every_script_passes_untouched() {
        for text in ["hello", "你好，世界", "שלום עולם", "مرحبا", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "e\u{301}", "a\u{200f}b", ""]
        {
            assert!(matches!(render_text(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn escape_sequences_are_seen_and_do_nothing() {
        assert_eq!(render_text("\x1b[2Jgone\x07"), "␛[2Jgone␇");
        assert_eq!(render_text("\u{9b}31m\x7f\r\0"), "<U+009B>31m␡␍␀");
        assert_eq!(render_text("a\nb\tc"), "a␊b    c");
    }

    #[test]
    fn text_that_reorders_or_hides_other_text_is_shown_for_what_it_is() {
        assert_eq!(render_text("ok\u{202e}txt.exe"), "ok<U+202E>txt.exe");
        assert_eq!(render_text("\u{2066}x\u{2069}"), "<U+2066>x<U+2069>");
        assert_eq!(render_text("one\u{2028}two\u{feff}"), "one<U+2028>two<U+FEFF>");
    }

    #[test]
    fn a_text_of_which_nothing_would_be_seen_is_shown_for_what_it_is() {
        assert_eq!(render_text("\u{200b}"), "<U+200B>");
        assert_eq!(render_text(" \u{3164}\u{fe0f}"), " <U+3164><U+FE0F>");
        assert_eq!((&*render_text(" \u{301}"), &*render_text("e\u{301}")), (" <U+0301>", "e\u{301}"));
        assert_eq!(render_text("\u{2800}"), "<U+2800>");
        assert_eq!(render_text("\u{202e}\x1b"), "<U+202E>␛");
        assert_eq!(render_text("ไป\u{200b}กิน"), "ไป\u{200b}กิน", "it shows where Thai words end");
        assert_eq!(render_text("  "), "  ");
        assert_eq!(render_part("\u{200b}"), "\u{200b}");
    }

    #[test]
    fn no_line_of_a_message_can_pass_for_another_message() {
        assert_eq!(render_lines("one\r\n09:00 ann: two\x1b", "      "), "one\n      09:00 ann: two␛");
        assert_eq!(render_lines("one", "  "), "one");
    }

    #[test]
    fn json_means_the_same_after_it_was_made_safe() {
        let said = "\u{9b}2J \x1b \u{202e} \u{e0001} é";
        let json = serde_json::to_string(said).expect("a string");
        let safe = render_json(&json);
        assert!(!safe.chars().any(is_unsafe), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).expect("still JSON"), said);
    }

    #[test]
    fn nothing_that_comes_out_can_touch_a_terminal() {
        let all: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        let shown = render_lines(&all, "");
        assert!(!shown.chars().any(|c| c != '\n' && (c.is_control() || is_unsafe(c))));
    }
}
