//! What earlier programs of this device had said and nobody has answered: it is on its way again, and its rows stand first.

use std::collections::BTreeMap;

use chinwag_client_core::{Command, Entering, Reference, SavedPost, Start};
use chinwag_proto::wire::message::{Post, Wire as _, name};

use super::desk::Desk;
use super::pending::{Deed, Pending};
use super::remark::AboutMessage;
use super::row::Row;

impl Desk {
    /// Takes what earlier programs of this device had said and nobody has answered, in order. The client knows each by its place
    /// there, counted from 1, which is its tag from now on (`Config::shows_outbox`). To be called before anything is said.
    pub fn take_over(&mut self, posts: &[SavedPost]) {
        let mut tags = BTreeMap::new();
        for (tag, post) in (1..).zip(posts) {
            self.sending.last_tag = self.sending.last_tag.max(tag);
            let Ok(Post { id, body }) = Post::decode(&post.post) else { continue };
            tags.insert(id, tag);
            let row = match post.reference {
                Reference::Said(said) => tags.get(&said).copied().map(Row::Tag),
                Reference::In(_) | Reference::Open => body.about().map(Row::Number),
            };
            let room = self.place_of_earlier(post);
            let deed = Deed { body, row };
            let pending = Pending {
                room,
                deed,
                is_kept: true,
                is_not_kept: false,
                number: None,
                is_orphan: false,
                is_earlier: true,
            };
            self.sending.pending.insert(tag, pending);
        }
        if !self.shows_rooms() {
            self.tell_earlier();
        }
    }

    /// The room of such a message, as it is spelled here. Where all rooms are shown, it is one of them, so that it is seen.
    fn place_of_earlier(&mut self, post: &SavedPost) -> String {
        let folded = name::fold(&post.room);
        let known = self.rooms.keys().chain([&self.room]).find(|known| name::fold(known) == folded).cloned();
        let room = known.unwrap_or_else(|| post.room.clone());
        if self.shows_rooms() && !self.rooms.contains_key(&room) {
            self.room_mut(&room);
            if room != self.room {
                // That it may be made the client knows of the message itself.
                let entering = if room.starts_with('@') { Entering::Open } else { Entering::Existing };
                self.command(Command::Join { room: room.clone(), entering, start: Start::CHAT });
            }
        }
        room
    }

    /// Tells of them once where nobody sees their rows.
    fn tell_earlier(&mut self) {
        let mut rooms: BTreeMap<String, usize> = BTreeMap::new();
        for pending in self.sending.pending.values() {
            *rooms.entry(pending.room.clone()).or_default() += 1;
        }
        let here = self.pending_in(&self.room).next_back();
        let last = here.or_else(|| self.sending.pending.last_key_value().map(|(tag, pending)| (*tag, pending)));
        let last = last.map(|(_, pending)| (pending.room.clone(), pending.deed.clone()));
        if let Some(last) = last {
            self.remark(AboutMessage::Earlier { rooms, last });
        }
    }
}
