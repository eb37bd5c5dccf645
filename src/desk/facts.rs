//! What holds in a room, and when the user is told of it.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::Facts;

use super::change::{Change, Place};
use super::desk::Desk;
use super::remark::Setting;

impl Desk {
    /// These are the facts of a room, as its log has them up to an entry. What holds there is told once to whoever enters it;
    /// what the user saw being done is an entry, and told as one.
    pub(super) fn holds(&mut self, name: String, upto: RoomSeq, facts: Facts) {
        let Some(room) = self.rooms.get_mut(&name) else { return };
        let is_seen = upto > room.live_after;
        let mut news = Vec::new();
        for fact in facts.news(&Facts::default()) {
            let before = room.told.clone();
            room.told.set(fact.clone());
            if room.told != before && !is_seen {
                news.push(fact);
            }
        }
        room.messages.set_pins(facts.pins.clone());
        room.facts = facts;
        for fact in news {
            self.changed(Change::Fact { place: Place { room: name.clone(), after: upto }, fact });
        }
    }

    /// Says what holds in a room.
    pub(super) fn tell_facts(&mut self, room: String) {
        let Some(known) = self.rooms.get(&room).filter(|room| room.is_entered) else {
            self.remark(Setting::HoldsUnknown(room));
            return self.not_done();
        };
        let facts = known.facts.clone();
        let facts: Vec<_> = facts.news(&Facts::default()).collect();
        if facts.is_empty() {
            self.remark(Setting::NothingHolds(room));
        }
        for fact in facts {
            self.changed(Change::Fact { place: self.place(), fact });
        }
    }
}
