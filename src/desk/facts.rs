//! What holds in a room, and when the user is told of it.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Fact, Facts};

use super::change::{Change, Place};
use super::desk::Desk;
use super::fold::{Line, What};
use super::remark::Setting;
use super::room::Room;
use super::state::Shows;

/// Whoever enters sees so many of the last entries at a glance.
const BESIDE: usize = 10;

impl Desk {
    /// These are the facts of a room, as its log has them up to an entry. What holds there is told once to whoever enters it;
    /// what the user saw being done is an entry, and told as one.
    pub(super) fn holds(&mut self, name: &str, upto: RoomSeq, facts: Facts) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        let is_seen = upto > room.live_after;
        for fact in facts.news(&Facts::default()) {
            let before = room.told.clone();
            room.told.set(fact.clone());
            if room.told != before {
                room.untold.retain(|untold| !is_of_a_kind(untold, &fact));
                room.untold.extend((!is_seen).then_some(fact));
            }
        }
        room.messages.set_pins(facts.pins.clone());
        room.facts = facts;
        self.tell_untold(name);
    }

    /// Tells what holds in a room that was entered, as soon as its newest entries are there: what they show being done is not told
    /// once more beside them.
    pub(super) fn tell_untold(&mut self, name: &str) {
        let shows = self.manner.shows;
        let Some(room) = self.rooms.get_mut(name).filter(|room| !room.untold.is_empty()) else { return };
        let upto = room.live_after;
        if !room.has_come(upto, shows) {
            return;
        }
        let now: Vec<_> = room.facts.news(&Facts::default()).collect();
        let (told, untold): (Vec<_>, Vec<_>) =
            std::mem::take(&mut room.untold).into_iter().partition(|fact| now.contains(fact));
        room.untold = untold;
        let Some(room) = self.rooms.get(name) else { return };
        let news: Vec<_> = told.into_iter().filter(|fact| !self.shows_being_set(room, upto, fact)).collect();
        for fact in news {
            self.changed(Change::Fact { place: Place { room: name.to_owned(), after: upto }, fact });
        }
    }

    /// Whether one of the last entries up to that one shows that this was set.
    fn shows_being_set(&self, room: &Room, upto: RoomSeq, fact: &Fact) -> bool {
        let mut last = room.messages.lines().rev().skip_while(|(number, _)| *number > upto).take(BESIDE);
        let is_set = |line: &Line| matches!(&line.what, What::Act(Act::Set(set)) if is_of_a_kind(set, fact));
        last.any(|(_, line)| is_set(line) && !self.is_ignored(&line.name))
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

fn is_of_a_kind(one: &Fact, other: &Fact) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

impl Room {
    /// Whether the entries right before and at this number are there, as far as they come by themselves or somebody looks.
    fn has_come(&self, number: RoomSeq, shows: Shows) -> bool {
        number == RoomSeq(0)
            || match shows {
                Shows::Rooms => self.spans.start_of(number).is_some(),
                Shows::Stream => self.contiguous >= number,
            }
    }
}
