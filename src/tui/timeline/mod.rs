//! The timeline of the room in view. It is laid out from its lowest row upwards, and no further than the screen: however long
//! a room is, a key press costs the rows in view.

mod cache;
pub(super) mod item;
mod place;

use std::rc::Rc;

use chinwag_proto::wire::id::RoomSeq;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cells::put;
use super::links::Placed;
use super::theme::{Role, Theme};
use super::wrap::Row;
use crate::desk::Desk;
use crate::desk::Key;

pub(super) use cache::Cache;
pub(super) use place::{after, before, last, tag_of};

/// Where the timeline was scrolled to; at its end otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    /// What stands at the lowest row.
    pub(super) key: Key,
    /// So many rows of it are below the edge.
    pub(super) below: usize,
}

/// What was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Holes in view: what lies before these numbers is not at hand.
    pub(super) holes: Vec<RoomSeq>,
    /// What is in view, from below, with the rows of the screen where it begins and ends.
    pub(super) items: Vec<(Key, u16, u16)>,
    /// The first of all is in view.
    pub(super) is_top: bool,
    /// Rows above it that are empty.
    pub(super) blank: u16,
    /// Where links are.
    pub(super) links: Vec<Placed>,
}

/// How the timeline is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) anchor: Option<Anchor>,
    /// The row that is chosen.
    pub(super) chosen: Option<Key>,
    pub(super) theme: Theme,
}

/// What a row is, that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// An entry of the room, with this number.
    Entry(RoomSeq),
    /// What the user said or does under this tag; it has no number yet.
    OnItsWay(u64),
    /// What was refused.
    Refused(Key),
}

impl Chosen {
    /// What stands at a place; `None`: nothing that can be chosen.
    pub(super) fn at(desk: &Desk, key: Key) -> Option<Self> {
        if let Some(tag) = tag_of(key) {
            return desk.pending(tag).filter(|pending| pending.room == desk.room()).map(|_| Self::OnItsWay(tag));
        }
        let room = desk.in_view()?;
        if key.1 == 0 {
            return room.line(key).map(|_| Self::Entry(key.0));
        }
        room.asides.get(&key)?.refused.as_ref().map(|_| Self::Refused(key))
    }
}

/// Draws the timeline.
pub(super) fn draw(desk: &Desk, look: Look, cache: &mut Cache, area: Rect, buf: &mut Buffer) -> Seen {
    let mut seen = Seen::default();
    let columns = usize::from(area.width);
    cache.of(desk.room(), columns);
    let mut bottom = area.bottom();
    let mut next = match look.anchor {
        Some(anchor) => Some(anchor.key),
        None => {
            let is_hole = desk.in_view().and_then(crate::desk::Room::hole_at_end);
            if let Some(hole) = is_hole {
                seen.holes.push(hole);
                bottom = draw_rows(&[item::hole(columns)], 0, (look.theme, false), area, bottom, buf, &mut seen.links);
            }
            last(desk)
        }
    };
    let mut below = look.anchor.map_or(0, |anchor| anchor.below);
    while let Some(key) = next.filter(|_| bottom > area.top()) {
        let end = bottom;
        let rows = cache.rows(desk, key, columns);
        bottom = draw_rows(&rows, below, (look.theme, look.chosen == Some(key)), area, bottom, buf, &mut seen.links);
        below = below.saturating_sub(rows.len());
        if end > bottom {
            seen.items.push((key, bottom, end));
        }
        if bottom > area.top() {
            let (above, hole) = item::above(desk, key, columns);
            seen.holes.extend(hole);
            bottom = draw_rows(&above, below, (look.theme, false), area, bottom, buf, &mut seen.links);
            below = below.saturating_sub(above.len());
        }
        next = before(desk, key);
    }
    seen.is_top = next.is_none() && seen.holes.is_empty();
    seen.blank = bottom - area.top();
    seen
}

/// How many rows something takes, with those above it.
pub(super) fn rows_of(desk: &Desk, cache: &mut Cache, key: Key, columns: usize) -> usize {
    cache.of(desk.room(), columns);
    cache.rows(desk, key, columns).len() + item::above(desk, key, columns).0.len()
}

/// Draws rows upwards from `bottom`, without the `below` last ones, as those of what is chosen or not. Gives the row where they
/// begin.
fn draw_rows(
    rows: &[Row],
    below: usize,
    (theme, is_chosen): (Theme, bool),
    area: Rect,
    bottom: u16,
    buf: &mut Buffer,
    links: &mut Vec<Placed>,
) -> u16 {
    let mut y = bottom;
    for row in rows.iter().rev().skip(below) {
        if y == area.top() {
            break;
        }
        y -= 1;
        if is_chosen {
            super::cells::fill(buf, Rect { y, height: 1, ..area }, theme.style(Role::Chosen));
        }
        let mut x = area.left();
        for run in row {
            let style = theme.style(run.role);
            let style = if is_chosen { theme.style(Role::Chosen).patch(style) } else { style };
            let from = x;
            x = put(buf, area, x, y, &run.text, style);
            if let Some(link) = &run.link {
                links.push(Placed { y, columns: from..x, link: Rc::clone(link) });
            }
        }
    }
    y
}
