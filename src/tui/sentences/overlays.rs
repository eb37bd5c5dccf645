//! What stands in boxes above the conversation.

use crate::render::render_text;

/// Above the list of where to go.
pub(in crate::tui) const GO_TO: &str = "go to";
/// Beside the room in view in that list.
pub(in crate::tui) const HERE: &str = "you are here";
/// Above the words that are looked for.
pub(in crate::tui) const SEARCH: &str = "search for all of these words";
/// Above the help.
pub(in crate::tui) const HELP: &str = "help; Esc closes it";
/// Above the question about a long paste.
pub(in crate::tui) const PASTE: &str = "paste?";

/// A room that is not followed yet, in the list of where to go.
pub(in crate::tui) fn enter_it(name: &str) -> String {
    format!("{} (enter it)", render_text(name))
}

/// Above what was found for those words, or what is pinned where there are none.
pub(in crate::tui) fn findings(count: usize, words: Option<&str>, is_more: bool) -> String {
    let more = if is_more { ", /search alone brings more" } else { "" };
    match words {
        Some(words) => format!("{count} found for {}{more}", render_text(words)),
        None => format!("{count} pinned"),
    }
}

/// The question about a long paste.
pub(in crate::tui) fn paste(lines: usize, octets: usize) -> String {
    format!(
        "{lines} lines, {octets} octets, as one message. Enter puts them into the line, to be sent from there; Esc forgets them."
    )
}
