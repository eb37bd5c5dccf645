//! Keys that can do something to the row that is chosen, in words.

use crate::tui::cells::width;

/// Something of the user's that has no answer yet.
pub(in crate::tui) const ON_ITS_WAY: &str = "on its way";
/// Something of the user's that was refused.
pub(in crate::tui) const NOT_DELIVERED: &str = "not delivered";

/// A key, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui) struct Offer {
    pub(in crate::tui) key: &'static str,
    /// As `replies`.
    does: &'static str,
    /// As `reply`.
    brief: &'static str,
}

const fn offer(key: &'static str, does: &'static str, brief: &'static str) -> Offer {
    Offer { key, does, brief }
}

pub(in crate::tui) const REPLY: Offer = offer("r", "replies", "reply");
pub(in crate::tui) const EDIT: Offer = offer("e", "edits", "edit");
pub(in crate::tui) const DELETE: Offer = offer("d", "deletes", "delete");
pub(in crate::tui) const REACT: Offer = offer("+", "reacts", "react");
pub(in crate::tui) const PIN: Offer = offer("p", "pins", "pin");
pub(in crate::tui) const UNPIN: Offer = offer("p", "unpins", "unpin");
pub(in crate::tui) const COPY: Offer = offer("y", "copies", "copy");
pub(in crate::tui) const OPEN: Offer = offer("o", "opens", "open");
/// What is on its way is to say something else.
pub(in crate::tui) const CHANGE: Offer = offer("e", "changes it", "edit");
/// What is on its way is not to arrive.
pub(in crate::tui) const TAKE_BACK: Offer = offer("d", "takes it back", "take back");
/// What was refused is typed once more.
pub(in crate::tui) const AGAIN: Offer = offer("e", "or Enter takes it up again", "again");
/// What was refused is not to be shown.
pub(in crate::tui) const REMOVE: Offer = offer("d", "removes it", "remove");

/// What keys do to the row that is chosen, which `what` tells of: as many words as fit, and always all keys.
pub(in crate::tui) fn in_words(what: &str, offers: &[Offer], columns: usize) -> String {
    let join = |word: fn(&Offer) -> &'static str, between: &str| {
        offers.iter().map(|offer| format!("{} {}", offer.key, word(offer))).collect::<Vec<_>>().join(between)
    };
    let keys = offers.iter().map(|offer| offer.key).collect::<Vec<_>>().join(" ");
    let all = |said: String| if said.is_empty() { "Esc".to_owned() } else { format!("{said}, Esc") };
    let ways = [
        format!("{what}: {}", all(join(|offer| offer.does, ", "))),
        format!("{what}: {}", join(|offer| offer.brief, ", ")),
        all(join(|offer| offer.brief, ", ")),
        join(|offer| offer.brief, " "),
    ];
    let fits = ways.into_iter().find(|way| width(way) <= columns && (!offers.is_empty() || way.ends_with("Esc")));
    fits.unwrap_or_else(|| format!("keys: {keys} (F1 explains)"))
}
