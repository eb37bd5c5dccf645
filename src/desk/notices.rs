//! What the client tells, and where it goes.

use chinwag_proto::wire::message::{Presence, Refusal};

use super::desk::{Desk, bare};
use super::question::For;
use super::room::Incoming;
use super::state::{Face, Next};
use chinwag_client_core::{Attempt, Notice, Present, words};
use chinwag_node::render::render_text;

/// In a room with more people than that, who comes and goes is seen in the roster only.
const ARRIVALS_MAX: usize = 30;

impl Desk {
    /// Takes what the client tells. Of the connection, and of what earlier programs had said, the face's owner speaks.
    pub fn notice(&mut self, notice: Notice) -> Next {
        match notice {
            Notice::Connection(connection) => self.connection(&connection),
            Notice::Link(quality) => self.quality = Some(quality),
            Notice::Joined { name, after, head, skipped, .. } => self.joined(name, after, head, skipped),
            Notice::Denied { request, reason } => self.denied(&request, reason),
            Notice::HistoryReset { name, back_to } => self.reset(&name, back_to),
            Notice::Unreadable { name, first, last } => self.trouble(words::unreadable(&name, first, last)),
            Notice::QuotaNear { whose, used, of } => self.trouble(words::quota_near(&whose, used, of)),
            Notice::Entry { name, number, contiguous_upto, own, is_ignored, entry, .. } => {
                self.entry(&name, number, contiguous_upto, Incoming { entry, own, is_ignored });
            }
            Notice::Presence { room, who, before, now, status } => self.presence(&room, &who, before, now, &status),
            Notice::Roster { room, who } => self.roster(&room, who),
            Notice::Typing { room, who, is_typing } => self.types(&room, who, is_typing),
            Notice::Queued { tag, is_offline } => self.queued(tag, is_offline),
            Notice::NotKept { tag } => self.not_kept(tag),
            Notice::Stored { tag, number, .. } => self.stored(tag, number),
            Notice::Refused { tag, reason } => self.refused(tag, reason),
            Notice::Delivered { room, number, reach } => self.delivered(&room, number, reach),
            Notice::Room { name, info } => self.informed(name, info),
            Notice::Invited { name } => {
                let name = render_text(&name).into_owned();
                self.event(format!("you are invited to {name}: /join {name} enters it, /leave {name} declines"));
            }
            Notice::Out { name } => self.out(&name),
            Notice::Answered { tag, result } => self.replied(tag, result),
            Notice::Read { room, upto } => self.read_elsewhere(&room, upto),
            Notice::Pins { room, pins } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.messages.set_pins(pins);
                }
            }
            Notice::Kept { .. } => {}
            Notice::Stopped => return Next::End,
        }
        Next::GoOn
    }

    fn denied(&mut self, request: &Attempt, reason: Refusal) {
        self.failed += 1;
        if let Some(room) = request.room_not_entered() {
            self.entering.remove(&bare(room));
            if self.face == Face::Screen {
                self.not_entered(room);
            }
        }
        self.trouble(format!("{}: {}", render_text(&request.to_string()), words::refusal(reason)));
        if let (Attempt::Join(room), Refusal::RoomPasswordNeeded) = (request, reason)
            && self.face != Face::Pipe
        {
            self.ask_for(For::Unlock(room.clone()));
        }
    }

    fn presence(&mut self, room: &str, who: &str, before: Option<Presence>, now: Presence, status: &str) {
        if !self.says_arrivals {
            return;
        }
        // Whoever one has a private talk with is mostly in a common room too: said once is enough.
        if room != self.room && (room.starts_with('@') || self.face == Face::Screen) {
            return;
        }
        if self.face == Face::Screen && self.rooms.get(room).is_some_and(|room| room.roster.len() > ARRIVALS_MAX) {
            return;
        }
        if let Some(what) = words::presence(before, now) {
            let place = if room == self.room { String::new() } else { format!("{}: ", render_text(room)) };
            self.event(format!("{place}{} {what}{}", render_text(who), words::status(status)));
        }
    }

    fn roster(&mut self, room: &str, who: Vec<Present>) {
        let is_asked = self.asked_who.remove(room) || self.face != Face::Screen;
        if is_asked {
            let names: Vec<String> = who.iter().map(present).collect();
            self.event(format!("in {}: {}", render_text(room), names.join(", ")));
        }
        if let Some(room) = self.rooms.get_mut(room) {
            room.roster = who;
        }
    }

    fn types(&mut self, room: &str, who: String, is_typing: bool) {
        let Some(room) = self.rooms.get_mut(room) else { return };
        if is_typing {
            room.typing.insert(who);
        } else {
            room.typing.remove(&who);
        }
    }

    /// Who types in the room in view: a few words, or none.
    #[must_use]
    pub fn typers(&self) -> String {
        let names: Vec<_> =
            self.in_view().into_iter().flat_map(|room| &room.typing).map(|who| render_text(who)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("{one} types"),
            [one, other] => format!("{one} and {other} type"),
            more => format!("{} people type", more.len()),
        }
    }
}

fn present(present: &Present) -> String {
    let (state, says) = (words::state(present.presence), words::status(&present.status));
    format!("{}{state}{says}", render_text(&present.name))
}
