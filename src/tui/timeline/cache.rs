//! Rows that were wrapped already: a long message is wrapped once, and again only when it, or the screen's width, has changed.

use std::collections::HashMap;
use std::rc::Rc;

use super::item::{self, Content};
use crate::desk::Desk;
use crate::desk::Key;
use crate::tui::wrap::Row;

/// Items of which the rows are kept.
const ITEMS_MAX: usize = 2_048;

/// Wrapped rows of one room at one width.
#[derive(Debug, Default)]
pub(in super::super) struct Cache {
    room: String,
    columns: usize,
    items: HashMap<Key, (Content, Rc<[Row]>)>,
}

impl Cache {
    /// It is that room's, at that width, from now on.
    pub(super) fn of(&mut self, room: &str, columns: usize) {
        if self.room != room || self.columns != columns || self.items.len() > ITEMS_MAX {
            room.clone_into(&mut self.room);
            self.columns = columns;
            self.items.clear();
        }
    }

    /// The rows of what stands at a place.
    pub(super) fn rows(&mut self, desk: &Desk, key: Key, columns: usize) -> Rc<[Row]> {
        if let Some((facts, rows)) = self.items.get(&key)
            && facts.hold(desk, key)
        {
            return Rc::clone(rows);
        }
        let facts = Content::of(desk, key);
        let rows: Rc<[Row]> = item::rows(desk, &facts, columns).into();
        self.items.insert(key, (facts, Rc::clone(&rows)));
        rows
    }
}
