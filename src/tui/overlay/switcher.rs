//! The quick switcher: rooms and people whose names have these letters in this order.

use chinwag_proto::wire::message::name::fold;

use crate::client::Desk;
use crate::render::render_text;

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Place {
    /// The room's name as shown: `#lobby`, `@ann`.
    pub(in super::super) name: String,
    /// How the list shows it.
    pub(in super::super) shown: String,
}

/// Where those letters may lead, the best first: where the user was called, where something is new, then by how well it fits.
pub(in super::super) fn places(desk: &Desk, letters: &str) -> Vec<Place> {
    let wanted = fold(letters.trim());
    let mut found = Vec::new();
    for (name, room) in desk.rooms().filter(|(name, _)| *name != desk.room()) {
        if let Some(fit) = fit(&fold(name), &wanted) {
            let (counts, _) = super::super::panes::counts(name, room);
            let counts = if counts.is_empty() { counts } else { format!("  ({counts})") };
            let shown = format!("{}{counts}", render_text(name));
            let rank = (room.mentions == 0, room.unread == 0);
            found.push((rank, fit, Place { name: name.to_owned(), shown }));
        }
    }
    let people = desk.rooms().flat_map(|(_, room)| &room.roster).map(|present| &present.name);
    for who in people.filter(|who| *who != desk.name()) {
        let name = format!("@{who}");
        let is_there = found.iter().any(|(_, _, place)| place.name == name) || name == desk.room();
        if let Some(fit) = fit(&fold(&name), &wanted).filter(|_| !is_there) {
            let shown = render_text(&name).into_owned();
            found.push(((true, true), fit, Place { name, shown }));
        }
    }
    // A room that is not followed yet can be entered by its name.
    if let Some(bare) = letters.trim().strip_prefix(['#', '@']).filter(|bare| !bare.is_empty())
        && !found.iter().any(|(_, _, place)| fold(&place.name) == wanted)
        && fold(desk.room()) != wanted
        && chinwag_proto::wire::message::name::check(bare).is_ok()
    {
        let name = letters.trim().to_owned();
        let shown = format!("{} (enter it)", render_text(&name));
        found.push(((true, true), usize::MAX, Place { name, shown }));
    }
    found.sort_by(|one, other| (one.0, one.1, &one.2.name).cmp(&(other.0, other.1, &other.2.name)));
    found.into_iter().map(|(_, _, place)| place).collect()
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
