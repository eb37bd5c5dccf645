//! How far the user's earlier messages got. This device keeps nothing of that, so where rows show it the server is asked, about the
//! newest first: a log is read in its order, so what all others have read tells of everything before it.

use chinwag_client_core::{Ask, Denial, Reply};
use chinwag_proto::wire::id::RoomSeq;

use super::asked::Asked;
use super::desk::Desk;

/// Messages of a room of which the server is asked, from one link to the next.
const ASKED_MAX: usize = 16;

impl Desk {
    /// Messages of a room have come from its history.
    pub(super) fn ask_reach(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name).filter(|room| room.is_entered && self.shows_rooms()) else { return };
        if room.is_asking_reach || room.reach_asks >= ASKED_MAX {
            return;
        }
        let is_own = |number: &RoomSeq| room.messages.line(*number).is_some_and(|line| self.is_own(line));
        let own = room.messages.messages_of(None).rev().find(|number| is_own(number) && !room.is_reach_asked(*number));
        let Some(number) = own else { return };
        if let Some(room) = self.rooms.get_mut(name) {
            (room.is_asking_reach, room.reach_asks) = (true, room.reach_asks + 1);
        }
        let room = name.to_owned();
        self.ask(Ask::Delivery { room: room.clone(), number }, Asked::Reach(room, number));
    }

    /// How far a message got has come, or will not. Nobody waits for it, so nothing is said of a refusal.
    pub(super) fn reach_came(&mut self, name: &str, number: RoomSeq, result: Result<Reply, Denial>) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.is_asking_reach = false;
        match result {
            Ok(Reply::Delivery(reach)) => {
                room.reached(number, reach);
                if reach.of > 0 {
                    self.ask_reach(name);
                }
            }
            Ok(_) | Err(Denial::Refused(_)) => room.reach_asks = ASKED_MAX,
            Err(Denial::LinkLost) => {}
        }
    }
}
