//! The screen's presenter: what has changed at the desk and is no message is put into the timeline, in words; what rings is
//! remembered until it is told. All else the screen draws from the desk itself.

use crate::client_core::PresenceChange;
use crate::desk::{Aside, Came, Change, Desk, Tone};
use crate::words;

use chinwag_proto::wire::message::Body;

use super::{Ping, Tui};

/// In a room with more people than that, who comes and goes is seen in the roster only.
const ARRIVALS_MAX: usize = 30;

impl Tui {
    /// Takes what has changed at the desk; to be called after whatever was told to the desk.
    pub fn take_in(&mut self, desk: &mut Desk) {
        for change in desk.take_changes() {
            self.change(desk, change);
        }
    }

    fn change(&mut self, desk: &mut Desk, change: Change) {
        match change {
            Change::Remark(place, remark) => {
                for aside in words::remark(&remark, desk.calendar()) {
                    desk.put_aside(place.clone(), aside);
                }
            }
            Change::Words(place, tone, text) => desk.put_aside(place, Aside::new(tone, text)),
            Change::Fact { place, fact } => {
                if let Some(text) = words::holds(&fact) {
                    desk.put_aside(place, Aside::new(Tone::Event, text));
                }
            }
            Change::Entry(came) => self.ring(desk, &came),
            Change::Roster { room, who, is_asked: true } => happened(desk, words::roster(&room, who.values())),
            Change::Presence(PresenceChange { room, who, before, now, status }) => {
                let is_crowd = desk.in_view().is_some_and(|room| room.roster.len() > ARRIVALS_MAX);
                if room == desk.room() && desk.says_arrivals() && !is_crowd {
                    words::arrival(&who, before, now, &status).into_iter().for_each(|said| happened(desk, said));
                }
            }
            Change::Found(findings) => self.findings = Some(findings),
            // These are seen.
            Change::Joined { .. }
            | Change::Roster { is_asked: false, .. }
            | Change::Queued { .. }
            | Change::Delivered(_) => {}
        }
    }

    /// Remembers a message that rings.
    fn ring(&mut self, desk: &Desk, came: &Came) {
        let Came { room, entry, is_own, is_ignored, is_live, .. } = came;
        let (Body::Text(text) | Body::Reply { text, .. }) = &entry.body else { return };
        if *is_live && !is_own && !is_ignored && desk.rings(room, &entry.name, desk.is_meant(room, text)) {
            self.pings.push(Ping::of(room, entry));
        }
    }
}

/// Something happened in the room in view.
fn happened(desk: &mut Desk, text: String) {
    desk.put_aside(desk.place(), Aside::new(Tone::Event, text));
}
