//! What the server answers, and what becomes of that.

use std::collections::BTreeSet;

use chinwag_proto::wire::message::{Device, Listed, SearchMark, name};

use super::asked::Asked;
use super::change::Change;
use super::desk::Desk;
use super::nearest::nearest;
use super::pages::next_page;
use super::remark::{Answer, Done, Setting};
use super::state::Findings;
use chinwag_client_core::{Ask, Command, Denial, Found, Reply};

/// A room that is meant is looked for in no more pages than that: who mistyped a name waits.
const PAGES_OF_ROOMS_MAX: usize = 8;

impl Desk {
    /// Asks the server for something.
    pub(super) fn ask(&mut self, ask: Ask, asked: Asked) {
        let tag = self.next_tag();
        self.questions.asked.insert(tag, asked);
        self.command(Command::Ask { tag, ask });
    }

    /// Shows an answer.
    pub(super) fn replied(&mut self, tag: u64, result: Result<Reply, Denial>) {
        let Some(asked) = self.questions.asked.remove(&tag) else { return };
        match (result, asked) {
            (result, Asked::Page(room, position)) => self.paged(&room, position, result),
            (result, Asked::Reach(room, number)) => self.reach_came(&room, number, result),
            (Ok(Reply::Rooms { rooms, is_more }), Asked::Nearest { room, meant, pages }) => {
                self.look_for_nearest(room, meant, pages, &rooms, is_more);
            }
            (_, Asked::Nearest { room, meant, .. }) => self.no_such_room(&room, meant.as_deref()),
            (Ok(Reply::Room(info)), Asked::Topic(room)) => self.remark(Setting::Topic(room, info.topic)),
            (Ok(Reply::Found { hits, next }), Asked::Pins(before)) => self.pins_came([before, hits].concat(), next),
            (Ok(Reply::Devices(devices)), Asked::Revoke(prefix)) => self.revoke(&devices, &prefix),
            (Ok(mut reply), asked) => {
                self.turn_page(&reply, &asked);
                if let Reply::Found { hits, .. } = &mut reply {
                    hits.retain(|found| !self.is_ignored(&found.entry.name));
                }
                self.show(reply, asked);
            }
            (Err(denial), asked) => {
                self.sending.failed += 1;
                self.remark(Answer::Denied(asked.asking(), denial));
            }
        }
    }

    /// Asks what is pinned in a room, or for more of it.
    pub(super) fn ask_pins(&mut self, room: String, before: Vec<Found>, after: Option<SearchMark>) {
        self.ask(Ask::Pins { room, after }, Asked::Pins(before));
    }

    fn pins_came(&mut self, mut pins: Vec<Found>, next: Option<SearchMark>) {
        let room = pins.last().map(|last| last.room.clone());
        if let (Some(room), Some(_)) = (room, next) {
            return self.ask_pins(room, pins, next);
        }
        pins.retain(|found| !self.is_ignored(&found.entry.name));
        if pins.is_empty() {
            self.remark(Answer::NothingPinned);
        } else {
            self.changed(Change::Found(Findings { words: None, hits: pins, is_more: false }));
        }
    }

    /// Looks for the room that was meant among those, and among those that come after them.
    fn look_for_nearest(&mut self, room: String, meant: Option<String>, pages: usize, rooms: &[Listed], is_more: bool) {
        let names = rooms.iter().map(|listed| listed.name.as_str()).chain(meant.as_deref());
        let meant = nearest(&room, names).map(str::to_owned);
        match rooms.last().filter(|_| is_more && pages < PAGES_OF_ROOMS_MAX) {
            Some(last) => {
                let after = last.name.clone();
                self.ask(Ask::Rooms { after }, Asked::Nearest { room, meant, pages: pages + 1 });
            }
            None => self.no_such_room(&room, meant.as_deref()),
        }
    }

    /// Remembers where the next page of what is shown begins.
    fn turn_page(&mut self, reply: &Reply, asked: &Asked) {
        match (reply, asked) {
            (Reply::History { room, entries, is_more }, Asked::History(position)) => {
                let next = next_page(*position, entries).filter(|_| *is_more);
                self.questions.next_page.history = next.map(|position| (room.clone(), position));
            }
            (Reply::Found { next, .. }, Asked::Search(words)) => {
                self.questions.next_page.search = next.map(|mark| (words.clone(), mark));
            }
            _ => {}
        }
    }

    fn revoke(&mut self, devices: &[Device], prefix: &str) {
        let mut fitting = devices.iter().filter(|device| device.key.fingerprint().starts_with(prefix));
        match (fitting.next(), fitting.next()) {
            (Some(device), None) => {
                let done = Asked::Done(Done::Revoked(device.label.clone()));
                self.ask(Ask::Revoke { device: device.key }, done);
            }
            (Some(_), Some(_)) => self.remark(Answer::DeviceUnclear),
            (None, _) => self.remark(Answer::NoSuchDevice),
        }
    }

    fn show(&mut self, reply: Reply, asked: Asked) {
        match (reply, asked) {
            (Reply::Done, Asked::Done(done)) => self.remark(Answer::Done(done)),
            (Reply::Devices(devices), _) => self.remark(Answer::Devices(devices)),
            (Reply::Delivery(reach), Asked::Delivery(number)) => self.remark(Answer::Delivery(number, reach)),
            (Reply::History { room, mut entries, is_more }, _) => {
                entries.retain(|(_, entry)| !self.is_ignored(&entry.name));
                self.remark(Answer::History { room, entries, is_more });
            }
            (Reply::Found { hits, next }, asked) => {
                let words = if let Asked::Search(words) = asked { Some(words) } else { None };
                self.changed(Change::Found(Findings { words, hits, is_more: next.is_some() }));
            }
            (Reply::Rooms { rooms, is_more }, _) => {
                let invited: BTreeSet<String> = self.invitations().map(name::fold).collect();
                let is_invited = |room: &Listed| invited.contains(&name::fold(&format!("#{}", room.name)));
                let rooms = rooms.into_iter().map(|room| (is_invited(&room), room));
                let rooms = rooms.map(|(is_invited, room)| (room, is_invited)).collect();
                self.remark(Answer::Rooms { rooms, is_more });
            }
            (Reply::Members { room, members, is_more }, _) => {
                self.remark(Answer::Members { room, members, is_more });
            }
            // No answer to what the desk asks.
            (Reply::Done | Reply::Delivery(_) | Reply::Room(_), _) => {}
        }
    }
}
