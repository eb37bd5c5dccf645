//! What the client tells, and where it goes.

use std::collections::BTreeMap;

use chinwag_proto::wire::message::{Presence, Refusal};

use super::asked::Asked;
use super::change::Change;
use super::desk::Desk;
use super::nearest::bare;
use super::question::For;
use super::remark::{AboutMessage, AboutRoom};
use super::room::Incoming;
use super::state::Next;
use chinwag_client_core::{Ask, Attempt, Notice, Present, TypingChange};

impl Desk {
    /// Takes what the client tells. Of the connection, and of what earlier programs had said, the face's owner speaks.
    pub fn notice(&mut self, notice: Notice) -> Next {
        match notice {
            Notice::Connection(connection) => self.connection(&connection),
            Notice::Link(quality) => self.standing.quality = Some(quality),
            Notice::Joined { name, after, head, skipped, .. } => self.joined(name, after, head, skipped),
            Notice::Denied { request, reason } => self.denied(&request, reason),
            Notice::HistoryReset { name, back_to } => self.reset(&name, back_to),
            Notice::Unreadable(unreadable) => self.remark(AboutRoom::Unreadable(unreadable)),
            Notice::QuotaNear(near) => self.remark(AboutRoom::QuotaNear(near)),
            Notice::Entry { name, number, contiguous_upto, own, is_ignored, entry, .. } => {
                self.entry(&name, number, contiguous_upto, Incoming { entry, own, is_ignored });
            }
            Notice::Presence(change) => self.changed(Change::Presence(change)),
            Notice::Present { room, who } => self.present(&room, who),
            Notice::Roster { room, who } => self.roster(room, who),
            Notice::Typing(change) => self.types(change),
            Notice::Queued { tag, is_offline } => self.queued(tag, is_offline),
            Notice::NotKept { tag } => self.not_kept(tag),
            Notice::Stored { tag, number, .. } => self.stored(tag, number),
            Notice::Refused { tag, reason } => self.refused(tag, reason),
            Notice::OverBudget(over) => self.remark(AboutMessage::OverBudget(over)),
            Notice::TakenBack { tag, about } => self.taken_back(tag, about),
            Notice::Reworded { tag, about } => self.reworded(tag, about),
            Notice::Delivered(delivered) => self.delivered(delivered),
            Notice::Room { name, info } => self.informed(name, info),
            Notice::Invited { name } => self.remark(AboutRoom::Invited(name)),
            Notice::Out { name } => self.out(&name),
            Notice::FollowEnded { name, reason } => self.remark(AboutRoom::FollowEnded(name, reason)),
            Notice::Answered { tag, result } => self.replied(tag, result),
            Notice::Read { room, upto } => self.read_elsewhere(&room, upto),
            Notice::Facts { room, upto, facts } => self.holds(&room, upto, facts),
            Notice::Kept { .. } => {}
            Notice::Stopped => return Next::End,
        }
        Next::GoOn
    }

    fn denied(&mut self, request: &Attempt, reason: Refusal) {
        self.sending.failed += 1;
        if let Some(room) = request.room_not_entered() {
            self.standing.entering.remove(&bare(room));
            self.standing.shut_out = Some(bare(room));
            if self.shows_rooms() {
                self.not_entered(room);
            }
        }
        if let (Attempt::Join(room), Refusal::NoSuchRoom) = (request, reason)
            && !room.starts_with('@')
        {
            let asked = Asked::Nearest { room: room.clone(), meant: None, pages: 0 };
            return self.ask(Ask::Rooms { after: String::new() }, asked);
        }
        self.remark(AboutRoom::Denied { request: request.clone(), reason });
        if let (Attempt::Join(room), Refusal::RoomPasswordNeeded) = (request, reason)
            && self.manner.is_attended
        {
            self.ask_for(For::Unlock(room.clone()));
        }
    }

    /// Who is in a room, in full.
    fn roster(&mut self, room: String, who: Vec<Present>) {
        let is_asked = self.questions.who.remove(&room);
        let who: BTreeMap<_, _> = who.into_iter().map(|present| (present.name.clone(), present)).collect();
        if let Some(known) = self.rooms.get_mut(&room) {
            known.roster.clone_from(&who);
        }
        self.changed(Change::Roster { room, who, is_asked });
    }

    /// Someone in a room is otherwise than before, or is there no more.
    fn present(&mut self, room: &str, who: Present) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        if who.presence == Presence::Left {
            room.roster.remove(&who.name);
        } else {
            room.roster.insert(who.name.clone(), who);
        }
    }

    fn types(&mut self, change: TypingChange) {
        let Some(room) = self.rooms.get_mut(&change.room) else { return };
        if change.is_typing {
            room.typing.insert(change.who);
        } else {
            room.typing.remove(&change.who);
        }
    }
}
