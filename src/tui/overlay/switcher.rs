//! The quick switcher: rooms and people whose names have these letters in this order.

use std::collections::BTreeSet;

use chinwag_proto::wire::message::name::fold;

use crate::desk::Desk;
use crate::render::render_text;
use crate::tui::sentences;

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    /// The room's name as shown: `#lobby`, `@ann`.
    pub(in super::super) name: String,
    /// How the list shows it.
    pub(in super::super) shown: String,
}

/// Where those letters may lead, the best first: where the user was called, where something is new, then by how well it fits;
/// at last where the user is already.
pub(in super::super) fn places(desk: &Desk, letters: &str) -> Vec<Place> {
    let wanted = fold(letters.trim());
    let mut found = Vec::new();
    for (name, room) in desk.rooms() {
        if let Some(fit) = fit(&fold(name), &wanted) {
            let is_here = name == desk.room();
            let (counts, _) = super::super::panes::counts(name, room);
            let beside = if is_here { sentences::HERE.to_owned() } else { counts };
            let beside = if beside.is_empty() { beside } else { format!("  ({beside})") };
            let rank = (is_here, room.mentions == 0, room.unread == 0);
            found.push((rank, fit, Place { name: name.to_owned(), shown: format!("{}{beside}", render_text(name)) }));
        }
    }
    for who in strangers(desk) {
        let name = format!("@{who}");
        if let Some(fit) = fit(&fold(&name), &wanted) {
            let shown = render_text(&name).into_owned();
            found.push(((false, true, true), fit, Place { name, shown }));
        }
    }
    // A room that is not followed yet can be entered by its name.
    if let Some(bare) = letters.trim().strip_prefix(['#', '@']).filter(|bare| !bare.is_empty())
        && !found.iter().any(|(_, _, place)| fold(&place.name) == wanted)
        && chinwag_proto::wire::message::name::check(bare).is_ok()
    {
        let name = letters.trim().to_owned();
        let shown = sentences::enter_it(&name);
        found.push(((false, true, true), usize::MAX, Place { name, shown }));
    }
    found.sort_by(|one, other| (one.0, one.1, &one.2.name).cmp(&(other.0, other.1, &other.2.name)));
    found.into_iter().map(|(_, _, place)| place).collect()
}

/// Those who are in some room of the user's, each once, but for those whom the user talks to already.
fn strangers(desk: &Desk) -> BTreeSet<&str> {
    let everyone = desk.rooms().flat_map(|(_, room)| room.roster.keys()).map(String::as_str);
    let mut strangers: BTreeSet<&str> = everyone.collect();
    strangers.remove(desk.name());
    for (name, _) in desk.rooms() {
        if let Some(who) = name.strip_prefix('@') {
            strangers.remove(who);
        }
    }
    strangers
}

/// How far apart the letters are in the name: 0 is best; `None`: they are not all there.
fn fit(name: &str, letters: &str) -> Option<usize> {
    let mut rest = name.char_indices();
    let mut last = None;
    let mut gaps = 0;
    for letter in letters.chars() {
        let (at, _) = rest.find(|(_, c)| *c == letter)?;
        gaps += at - last.map_or(0, |last| last + 1).min(at);
        last = Some(at);
    }
    Some(gaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_fit_in_their_order() {
        assert_eq!(fit("#lobby", "#lo"), Some(0));
        assert!(fit("#lobby", "lby") < fit("#long-lobby", "lby"));
        assert_eq!(fit("#lobby", "yb"), None);
        assert_eq!(fit("#lobby", ""), Some(0));
    }
}
