//! Which keys can do something to the row that is chosen, in words: only these are named.

use super::cells::width;
use super::timeline::{Chosen, item};
use crate::desk::{Desk, Doing, Key};

/// A key, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) key: &'static str,
    /// As `replies`.
    does: &'static str,
    /// As `reply`.
    brief: &'static str,
}

const fn offer(key: &'static str, does: &'static str, brief: &'static str) -> Offer {
    Offer { key, does, brief }
}

/// Those of a row.
pub(super) fn of(desk: &Desk, key: Key, chosen: Chosen) -> Vec<Offer> {
    let mut offers = match chosen {
        Chosen::Entry(number) => {
            let is_pinned =
                desk.in_view().and_then(|room| room.messages.line(number)).is_some_and(|line| line.is_pinned);
            let pin = if is_pinned { offer("p", "unpins", "unpin") } else { offer("p", "pins", "pin") };
            let all = [
                (Doing::Reply, offer("r", "replies", "reply")),
                (Doing::Edit, offer("e", "edits", "edit")),
                (Doing::Delete, offer("d", "deletes", "delete")),
                (Doing::Pin, pin),
                (Doing::React, offer("+", "reacts", "react")),
            ];
            all.into_iter().filter(|(doing, _)| desk.can(*doing, number)).map(|(_, offer)| offer).collect()
        }
        Chosen::OnItsWay(tag) => {
            let change = desk.can_reword(tag).then_some(offer("e", "changes it", "edit"));
            let take_back = desk.can_take_back(tag).then_some(offer("d", "takes it back", "take back"));
            change.into_iter().chain(take_back).collect::<Vec<_>>()
        }
        Chosen::Refused(_) => {
            let is_there = item::text_of(desk, key).is_some_and(|again| !again.is_empty());
            let again = is_there.then_some(offer("e", "or Enter takes it up again", "again"));
            again.into_iter().chain([offer("d", "removes it", "remove")]).collect()
        }
    };
    let has_text = item::text_of(desk, key).is_some_and(|text| !text.is_empty());
    offers.extend(has_text.then_some(offer("y", "copies", "copy")));
    offers.extend((!item::links_of(desk, key).is_empty()).then_some(offer("o", "opens", "open")));
    offers
}

/// What keys do to the row that is chosen, which `what` tells of: as many words as fit, and always all keys.
pub(super) fn in_words(what: &str, offers: &[Offer], columns: usize) -> String {
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
