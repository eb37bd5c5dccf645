//! The panes at the sides: which rooms there are and what is unread there, and who is in the room in view.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use chinwag_proto::wire::message::Presence;

use super::cells::{cut, fill, put, width};
use super::sentences::{INVITED, and_more};
use super::theme::{Role, Theme, name_role};
use crate::client_core::Present;
use crate::desk::Desk;
use crate::desk::Room;
use crate::render::render_text;

/// Something was typed there, and waits to be entered.
pub(super) const DRAFT: &str = "✎";

/// Draws the rooms, and a line beside them. Gives the rows on which they are, for the mouse.
pub(super) fn rooms(desk: &Desk, theme: Theme, area: Rect, buf: &mut Buffer) -> Vec<(u16, String)> {
    let all: Vec<_> = desk.rooms().collect();
    let at = all.iter().position(|(name, _)| *name == desk.room()).unwrap_or(0);
    let height = usize::from(area.height);
    // The room in view is always in view.
    let first = at.saturating_sub(height.saturating_sub(1).max(height / 2)).min(all.len().saturating_sub(height));
    let mut rows = Vec::new();
    for (y, (name, room)) in (area.top()..area.bottom()).zip(all.into_iter().skip(first)) {
        let is_here = name == desk.room();
        // What is unread of the room in view is in view, or below it: the timeline says so.
        let (counts, role) = if is_here { (String::new(), Role::Text) } else { counts(name, room) };
        let counts = if desk.has_draft(name) { format!("{DRAFT} {counts}").trim_end().to_owned() } else { counts };
        let row = Rect { y, height: 1, ..area };
        let style = if is_here { theme.style(Role::Chosen) } else { theme.style(role) };
        if is_here {
            fill(buf, row, style);
        }
        let taken = if counts.is_empty() { 2 } else { width(&counts) + 3 };
        let name_shown = cut(&render_text(name), usize::from(area.width).saturating_sub(taken));
        put(buf, row, area.x, y, &format!(" {name_shown}"), style);
        let counts_at = area.right().saturating_sub(u16::try_from(width(&counts)).unwrap_or(0) + 1);
        put(buf, row, counts_at, y, &counts, style);
        rows.push((y, name.to_owned()));
    }
    let end = area.top() + u16::try_from(rows.len()).unwrap_or(u16::MAX).min(area.height);
    for (y, name) in (end..area.bottom()).zip(desk.invitations()) {
        let row = Rect { y, height: 1, ..area };
        let shown = cut(&render_text(name), usize::from(area.width).saturating_sub(width(INVITED) + 3));
        put(buf, row, area.x, y, &format!(" {shown}"), theme.style(Role::Dim));
        let at = area.right().saturating_sub(u16::try_from(width(INVITED)).unwrap_or(0) + 1);
        put(buf, row, at, y, INVITED, theme.style(Role::Called));
        rows.push((y, name.to_owned()));
    }
    beside(buf, area.right(), area, theme);
    rows
}

/// What is unread: `12`, and `@2 12` where two of them are said to the user.
pub(super) fn counts(name: &str, room: &Room) -> (String, Role) {
    let many = |n: u64| if n > 999 { "999+".to_owned() } else { n.to_string() };
    match (room.unread, room.mentions) {
        (0, _) => (String::new(), Role::Text),
        (unread, _) if name.starts_with('@') => (many(unread), Role::Called),
        (unread, 0) => (many(unread), Role::Unread),
        (unread, mentions) => (format!("@{} {}", many(mentions), many(unread)), Role::Called),
    }
}

/// People in the order in which they are shown: sorted when they have changed, and not each time they are drawn.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    of: BTreeMap<String, Present>,
    people: Vec<Present>,
}

impl Sorted {
    fn of(&mut self, people: &BTreeMap<String, Present>) -> &[Present] {
        if self.of != *people {
            self.of.clone_from(people);
            self.people = people.values().cloned().collect();
            self.people.sort_by_cached_key(|present| (rank(present.presence), present.name.to_lowercase()));
        }
        &self.people
    }
}

/// Draws who is there, and a line beside them.
pub(super) fn roster(room: Option<&Room>, sorted: &mut Sorted, theme: Theme, area: Rect, buf: &mut Buffer) {
    beside(buf, area.x.saturating_sub(1), area, theme);
    let Some(room) = room else { return };
    let people = sorted.of(&room.roster);
    let rows = usize::from(area.height);
    let hidden = people.len().saturating_sub(rows);
    for (y, present) in (area.top()..area.bottom()).zip(people) {
        let row = Rect { y, height: 1, ..area };
        if hidden > 0 && y + 1 == area.bottom() {
            put(buf, row, area.x, y, &format!(" {}", and_more(hidden + 1)), theme.style(Role::Dim));
            break;
        }
        let (sign, role) = sign(present.presence);
        let at = put(buf, row, area.x, y, &format!(" {sign} "), theme.style(role));
        let says = if present.status.is_empty() { String::new() } else { format!(" {}", render_text(&present.status)) };
        let is_here = matches!(present.presence, Presence::Online | Presence::Idle);
        let style = theme.style(if is_here { name_role(&present.name) } else { Role::Dim });
        let columns = usize::from(area.right().saturating_sub(at));
        let name = cut(&render_text(&present.name), columns);
        let at = put(buf, row, at, y, &name, style);
        put(buf, row, at, y, &cut(&says, columns.saturating_sub(width(&name))), theme.style(Role::Dim));
    }
}

fn rank(presence: Presence) -> u8 {
    match presence {
        Presence::Online | Presence::Idle => 0,
        Presence::Away => 1,
        Presence::Unreachable | Presence::Offline | Presence::Left => 2,
    }
}

const fn sign(presence: Presence) -> (&'static str, Role) {
    match presence {
        Presence::Online => ("●", Role::Good),
        Presence::Idle => ("●", Role::Dim),
        Presence::Away => ("○", Role::Dim),
        Presence::Unreachable => ("?", Role::Trouble),
        Presence::Offline | Presence::Left => ("·", Role::Dim),
    }
}

/// A line from top to bottom of an area, in that column.
fn beside(buf: &mut Buffer, x: u16, area: Rect, theme: Theme) {
    for y in area.top()..area.bottom() {
        put(buf, buf.area, x, y, "│", theme.style(Role::Border));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sorted_again_when_they_have_changed() {
        let present =
            |name: &str, presence| (name.to_owned(), Present { name: name.into(), presence, status: String::new() });
        let names = |people: &[Present]| people.iter().map(|present| present.name.clone()).collect::<Vec<_>>();
        let mut sorted = Sorted::default();
        let mut people = BTreeMap::from([present("Zoe", Presence::Online), present("ann", Presence::Away)]);
        assert_eq!(names(sorted.of(&people)), ["Zoe", "ann"]);
        people.extend([present("ann", Presence::Online)]);
        assert_eq!(names(sorted.of(&people)), ["ann", "Zoe"]);
        people.remove("ann");
        assert_eq!(names(sorted.of(&people)), ["Zoe"]);
    }
}
