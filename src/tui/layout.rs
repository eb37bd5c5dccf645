//! Which part of the screen is whose. A narrow screen gives up the roster first, then the rooms; the conversation always stays.

use ratatui::layout::Rect;

/// Columns of the list of rooms, and of the roster.
const ROOMS: u16 = 15;
const ROSTER: u16 = 13;
/// From that width on these are shown.
pub(super) const ROOMS_FROM: u16 = 60;
pub(super) const ROSTER_FROM: u16 = 76;
/// On a huge screen the side panes may be wider.
const HUGE: u16 = 140;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) title: Rect,
    pub(super) rooms: Option<Rect>,
    pub(super) timeline: Rect,
    pub(super) roster: Option<Rect>,
    pub(super) status: Rect,
    pub(super) composer: Rect,
}

/// Parts a screen; the composer wants so many rows.
pub(super) fn layout(area: Rect, composer_rows: u16, wants_rooms: bool, wants_roster: bool) -> Layout {
    let composer_rows = composer_rows.clamp(1, (area.height / 3).max(1)).min(area.height);
    let has_title = area.height >= composer_rows + 3;
    let has_status = area.height >= composer_rows + 2;
    let row = |y: u16, height: u16| Rect { x: area.x, y: area.y + y, width: area.width, height };
    let title = row(0, u16::from(has_title));
    let composer = row(area.height - composer_rows, composer_rows);
    let status = row(area.height - composer_rows - u16::from(has_status), u16::from(has_status));
    let body = row(title.height, area.height - title.height - status.height - composer.height);
    let extra = if area.width >= HUGE { 8 } else { 0 };
    let rooms = (wants_rooms && area.width >= ROOMS_FROM).then_some(Rect { width: ROOMS + extra, ..body });
    let roster = (wants_roster && area.width >= ROSTER_FROM).then(|| {
        let width = ROSTER + extra;
        Rect { x: body.right() - width, width, ..body }
    });
    // Each side pane has a line beside it.
    let left = rooms.map_or(0, |rooms| rooms.width + 1);
    let right = roster.map_or(0, |roster| roster.width + 1);
    let timeline = Rect { x: body.x + left, width: body.width - left - right, ..body };
    Layout { title, rooms, timeline, roster, status, composer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_screen_and_never_each_other() {
        for width in 1..220 {
            for height in 1..70 {
                for rows in 1..5 {
                    let area = Rect::new(0, 0, width, height);
                    let parts = layout(area, rows, true, true);
                    let all = [parts.title, parts.timeline, parts.status, parts.composer];
                    let all: Vec<_> = all.into_iter().chain(parts.rooms).chain(parts.roster).collect();
                    assert!(all.iter().all(|part| part.union(area) == area), "{area:?}");
                    for (n, one) in all.iter().enumerate() {
                        assert!(all[n + 1..].iter().all(|other| one.intersection(*other).is_empty()), "{area:?}");
                    }
                    assert!(parts.composer.height >= 1 && parts.timeline.width >= 1);
                }
            }
        }
    }
}
