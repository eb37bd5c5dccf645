//! Holes in a room that are filled when somebody looks.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Position;

use super::asked::Asked;
use super::desk::Desk;
use chinwag_client_core::{Ask, Denial, Reply};

/// Entries of a page that is fetched because somebody looks there.
const PAGE: u16 = 200;

impl Desk {
    /// Somebody looks at a hole of a room: what lies before this number is fetched.
    pub fn page(&mut self, room: &str, before: RoomSeq) {
        self.fetch(room, Position::Before(before));
    }

    /// Somebody wants to see this message: it is fetched with those around it, unless it is at hand.
    pub fn fetch_around(&mut self, room: &str, number: RoomSeq) {
        if self.rooms.get(room).is_some_and(|room| room.spans.start_of(number).is_none()) {
            self.fetch(room, Position::Around(number));
        }
    }

    fn fetch(&mut self, name: &str, position: Position) {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.is_entered && !room.is_paging) else { return };
        room.is_paging = true;
        let ask = Ask::History { room: name.to_owned(), position, count: PAGE };
        self.ask(ask, Asked::Page(name.to_owned(), position));
    }

    /// A page has come, or will not.
    pub(super) fn paged(&mut self, name: &str, position: Position, result: Result<Reply, Denial>) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.is_paging = false;
        let (entries, is_more) = match result {
            Ok(Reply::History { entries, is_more, .. }) => (entries, is_more),
            // Asked for again when somebody looks again.
            Err(Denial::LinkLost) => return,
            // What can't be had is no hole.
            Ok(_) | Err(Denial::Refused(_)) => (Vec::new(), false),
        };
        let numbers = || entries.iter().map(|(number, _)| *number);
        match (position, numbers().min()) {
            (Position::Before(end), first) => {
                let first = first.filter(|_| is_more).unwrap_or(RoomSeq(1));
                room.spans.add(first, RoomSeq(end.0.saturating_sub(1)));
            }
            (Position::After(_) | Position::Since(_) | Position::Around(_), Some(first)) => {
                room.spans.add(first, numbers().max().unwrap_or(first));
            }
            (Position::After(_) | Position::Since(_) | Position::Around(_), None) => {}
        }
        // A name stays its account's, so the newest of this name is the user's.
        let own = entries.iter().filter(|(_, entry)| entry.name == self.name).max_by_key(|(number, _)| *number);
        self.account = self.account.or(own.map(|(_, entry)| entry.author));
        for (number, entry) in entries {
            room.messages.put(number, entry);
        }
        self.count(name);
        self.ask_reach(name);
        self.tell_untold(name);
    }
}
