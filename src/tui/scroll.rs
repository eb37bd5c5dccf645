//! Moving through the timeline: by rows, and from message to message.

use super::Tui;
use super::timeline::{self, Anchor, Chosen};
use crate::desk::Desk;
use crate::desk::Key;

impl Tui {
    /// Back to the end, with nothing chosen.
    pub(super) fn go_to_end(&mut self) {
        (self.anchor, self.chosen, self.sought) = (None, None, None);
    }

    /// The rows that a page goes.
    pub(super) fn page(&self) -> usize {
        usize::from(self.parts.timeline.height).saturating_sub(2).max(1)
    }

    /// The rows of what stands at a place, as the timeline is wide now.
    fn rows_of(&mut self, key: Key, desk: &Desk) -> usize {
        timeline::rows_of(desk, &mut self.cache, key, usize::from(self.parts.timeline.width))
    }

    /// Shows what is so many rows further up.
    pub(super) fn scroll_up(&mut self, rows: usize, desk: &Desk) {
        if self.seen.is_top {
            return;
        }
        let Some(mut anchor) = self.anchor.or_else(|| timeline::last(desk).map(|key| Anchor { key, below: 0 })) else {
            return;
        };
        anchor.below += rows;
        loop {
            let here = self.rows_of(anchor.key, desk);
            match timeline::before(desk, anchor.key) {
                Some(before) if anchor.below >= here => {
                    anchor.below -= here;
                    anchor.key = before;
                }
                Some(_) => break,
                None => {
                    anchor.below = anchor.below.min(here.saturating_sub(1));
                    break;
                }
            }
        }
        self.anchor = Some(anchor);
    }

    /// Shows what is so many rows further down.
    pub(super) fn scroll_down(&mut self, rows: usize, desk: &Desk) {
        let Some(mut anchor) = self.anchor else { return };
        let mut left = rows;
        while left > anchor.below {
            left -= anchor.below;
            match timeline::after(desk, anchor.key) {
                Some(after) => {
                    anchor.key = after;
                    anchor.below = self.rows_of(after, desk);
                }
                None => return self.go_to_end(),
            }
        }
        anchor.below -= left;
        let is_end = anchor.below == 0 && timeline::after(desk, anchor.key).is_none();
        self.anchor = if is_end { None } else { Some(anchor) };
    }

    /// Chooses the row above or below the chosen one, of those that can be chosen.
    pub(super) fn choose(&mut self, is_up: bool, desk: &Desk) {
        let can_be = |key: Key| Chosen::at(desk, key).is_some();
        self.takes_keys = true;
        let mut next = match (self.chosen, is_up) {
            (Some(chosen), true) => timeline::before(desk, chosen),
            (Some(chosen), false) => timeline::after(desk, chosen),
            (None, true) => self.seen.items.first().map(|(key, ..)| *key),
            (None, false) => None,
        };
        while let Some(key) = next.filter(|key| !can_be(*key)) {
            next = if is_up { timeline::before(desk, key) } else { timeline::after(desk, key) };
        }
        let Some(next) = next else {
            if !is_up {
                self.go_to_end();
            }
            return;
        };
        self.chosen = Some(next);
        self.link_at = 0;
        let area = self.parts.timeline;
        let is_in_view = self.seen.items.iter().any(|(key, top, _)| *key == next && *top > area.top());
        if !is_in_view {
            let rows = self.rows_of(next, desk);
            if is_up { self.scroll_up(rows, desk) } else { self.scroll_down(rows, desk) }
        }
    }
}
