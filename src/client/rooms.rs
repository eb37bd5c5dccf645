//! The rooms that this client follows. They outlive links.

use std::collections::BTreeMap;

use chinwag_proto::link::{Lookup, Source};
use chinwag_proto::wire::id::RoomId;

use super::limits::ROOMS_MAX;
use super::place::Key;
use super::room::{Room, Wish};

/// The table.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    table: BTreeMap<Key, Room>,
    /// Those that are entered on the present link.
    by_id: BTreeMap<RoomId, Key>,
}

impl Rooms {
    /// Takes a room in; where there are too many, one that was left before gives way. Gives whether there was a place.
    #[must_use]
    pub(super) fn insert(&mut self, key: Key, room: Room) -> bool {
        if self.table.len() >= ROOMS_MAX {
            let left = self.table.iter().find(|(_, room)| room.wish == Wish::Left && room.id.is_none());
            let Some(left) = left.map(|(key, _)| key.clone()) else { return false };
            self.table.remove(&left);
        }
        self.table.insert(key, room);
        true
    }

    /// A room that was not left.
    pub(super) fn wanted(&self, key: &Key) -> Option<&Room> {
        self.table.get(key).filter(|room| room.wish != Wish::Left)
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Room> {
        self.table.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Room> {
        self.table.get_mut(key)
    }

    /// A room that is entered on the present link.
    pub(super) fn entered(&mut self, id: RoomId) -> Option<(&Key, &mut Room)> {
        let key = self.by_id.get(&id)?;
        let room = self.table.get_mut(key)?;
        Some((key, room))
    }

    /// A room is this one on the present link.
    pub(super) fn identify(&mut self, key: &Key, id: RoomId) {
        if let Some(room) = self.table.get_mut(key) {
            if let Some(old) = room.id.replace(id) {
                self.by_id.remove(&old);
            }
            self.by_id.insert(id, key.clone());
        }
    }

    /// A room is none that is entered on the present link any more.
    pub(super) fn forget_id(&mut self, key: &Key) {
        if let Some(id) = self.table.get_mut(key).and_then(|room| room.id.take()) {
            self.by_id.remove(&id);
        }
    }

    /// The link is gone: no room is entered. Gives who was typing, and where.
    pub(super) fn forget_link(&mut self) -> Vec<(String, String)> {
        self.by_id.clear();
        let mut typing = Vec::new();
        for room in self.table.values_mut() {
            room.id = None;
            room.outbox.renumber();
            let name = room.place.to_string();
            typing.extend(room.typers.clear().into_iter().map(|who| (name.clone(), who)));
        }
        typing
    }

    /// The name, as shown, of a room that is entered on the present link.
    pub(super) fn name_of(&self, id: RoomId) -> Option<String> {
        self.by_id.get(&id).and_then(|key| self.table.get(key)).map(|room| room.place.to_string())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Room)> {
        self.table.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Room)> {
        self.table.iter_mut()
    }
}

/// Posts are looked up in the outboxes; a client sends no presence.
impl Source for Rooms {
    fn entry(&mut self, id: RoomId, number: u64) -> Lookup<'_> {
        let room = self.by_id.get(&id).and_then(|key| self.table.get_mut(key));
        let post = room.and_then(|room| {
            room.outbox.taken(number);
            room.outbox.post(number)
        });
        match post {
            Some(post) => Lookup::Ready(post),
            None => Lookup::Absent,
        }
    }
}
