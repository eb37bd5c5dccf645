//! What was asked of the server, and how its answers are shown.

use std::collections::BTreeSet;

use chinwag_proto::wire::message::{Device, Listed, Member, Reach, Role, SearchMark, name};

use super::asked::Asked;
use super::desk::Desk;
use super::lines::{hit, listed, plain};
use super::pages::next_page;
use super::state::{Face, Findings};
use crate::dates::{Calendar, date_time};
use crate::tell;
use chinwag_client_core::{Ask, Command, Denial, Found, Reply, Start, words};
use chinwag_node::render::render_text;

impl Desk {
    /// Asks the server for something.
    pub(super) fn ask(&mut self, ask: Ask, asked: Asked) {
        let tag = self.next_tag();
        self.asked.insert(tag, asked);
        self.command(Command::Ask { tag, ask });
    }

    /// Shows an answer.
    pub(super) fn replied(&mut self, tag: u64, result: Result<Reply, Denial>) {
        let Some(asked) = self.asked.remove(&tag) else { return };
        match (result, asked) {
            (result, Asked::Page(room, position)) => self.paged(&room, position, result),
            (Ok(Reply::Rooms { rooms, is_more }), Asked::Enter(room)) => self.enter_listed(room, &rooms, is_more),
            (Err(denial), Asked::Enter(room)) => {
                self.not_entered(&room);
                let room = render_text(&room).into_owned();
                self.trouble(format!("join {room}: {denial}"));
            }
            (Ok(Reply::Found { hits, next }), Asked::Pins(before)) => self.pins_came([before, hits].concat(), next),
            (Ok(Reply::Devices(devices)), Asked::Revoke(prefix)) => self.revoke(&devices, &prefix),
            (Ok(mut reply), asked) => {
                self.turn_page(&reply, &asked);
                if let Reply::Found { hits, .. } = &mut reply {
                    hits.retain(|found| !self.is_ignored(&found.entry.name));
                }
                self.show(reply, &asked);
            }
            (Err(Denial::Refused(reason)), asked) => {
                self.failed += 1;
                self.trouble(format!("{}: {}", asked.request(), words::refusal(reason)));
            }
            (Err(denial @ Denial::LinkLost), asked) => {
                self.failed += 1;
                self.trouble(format!("{}: {denial}", asked.request()));
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
            self.event("nothing is pinned in this room");
        } else if self.face == Face::Screen {
            self.findings = Some(Findings { words: None, hits: pins, is_more: false });
        } else {
            let calendar = self.calendar;
            self.event("pinned:");
            pins.iter().for_each(|found| self.line(hit(found, calendar)));
        }
    }

    /// Enters a room if it is one of those, or may be one of those that come after them.
    fn enter_listed(&mut self, room: String, rooms: &[Listed], is_more: bool) {
        let wanted = name::fold(room.trim_start_matches('#'));
        if rooms.iter().any(|listed| name::fold(&listed.name) == wanted) || self.is_known_room(&room) {
            // The user may look at another one by now.
            return self.command(Command::Join { room, start: Start::CHAT });
        }
        if let Some(last) = rooms.last().filter(|_| is_more) {
            let after = last.name.clone();
            return self.ask(Ask::Rooms { after }, Asked::Enter(room));
        }
        self.not_entered(&room);
        if self.room == room && !self.came_from.is_empty() {
            self.goes_to(&self.came_from.clone());
        }
        let shown = render_text(&room).into_owned();
        self.trouble(format!(
            "there is no room {shown} that you may enter; to make one that is open to all: /create {shown}"
        ));
        if self.composer().text().is_empty() {
            // Enter makes it, and whatever else is typed takes its place.
            self.composer_mut().give_back(&format!("/create {room}"));
        }
    }

    /// Remembers where the next page of what is shown begins.
    fn turn_page(&mut self, reply: &Reply, asked: &Asked) {
        match (reply, asked) {
            (Reply::History { room, entries, is_more }, Asked::History(position)) => {
                let next = next_page(*position, entries).filter(|_| *is_more);
                self.next_page.history = next.map(|position| (room.clone(), position));
            }
            (Reply::Found { next, .. }, Asked::Search(words)) => {
                self.next_page.search = next.map(|mark| (words.clone(), mark));
            }
            _ => {}
        }
    }

    fn revoke(&mut self, devices: &[Device], prefix: &str) {
        let mut fitting = devices.iter().filter(|device| device.key.fingerprint().starts_with(prefix));
        match (fitting.next(), fitting.next()) {
            (Some(device), None) => {
                let done = format!("{} is shut out", render_text(&device.label));
                self.ask(Ask::Revoke { device: device.key }, Asked::Done(done));
            }
            (Some(_), Some(_)) => self.trouble("that is the beginning of more than one; type more of it"),
            (None, _) => self.trouble("you have no such device; /devices shows them"),
        }
    }

    fn show(&mut self, reply: Reply, asked: &Asked) {
        let calendar = self.calendar;
        match reply {
            Reply::Done => {
                if let Asked::Done(sentence) = asked {
                    self.news(sentence.as_str());
                }
            }
            Reply::Devices(devices) => {
                devices.iter().for_each(|device| self.event(device_line(device, calendar)));
            }
            Reply::Delivery(reach) => {
                let number = if let Asked::Delivery(number) = asked { number.to_string() } else { String::new() };
                self.event(format!("message {number} is stored{}", reach_words(reach)));
            }
            Reply::History { room, mut entries, is_more } => {
                entries.retain(|(_, entry)| !self.is_ignored(&entry.name));
                let more = if is_more { " (/history more shows more)" } else { "" };
                self.event(format!("history of {}{more}:", render_text(&room)));
                plain(entries, calendar).into_iter().for_each(|line| self.line(line));
            }
            Reply::Found { hits, next } if self.face == Face::Screen => {
                let words = if let Asked::Search(words) = asked { Some(words.clone()) } else { None };
                self.findings = Some(Findings { words, hits, is_more: next.is_some() });
            }
            Reply::Found { hits, next } => {
                let more = if next.is_some() { " (/search shows more)" } else { "" };
                self.event(format!("{} found{more}{}", hits.len(), if hits.is_empty() { "" } else { ":" }));
                hits.iter().for_each(|found| self.line(hit(found, calendar)));
            }
            // The desk does not ask for that.
            Reply::Room(_) => {}
            Reply::Rooms { rooms, is_more } => {
                let invited: BTreeSet<String> = self.invitations().map(name::fold).collect();
                let is_invited = |room: &Listed| invited.contains(&name::fold(&format!("#{}", room.name)));
                rooms.iter().for_each(|room| self.event(listed(room, is_invited(room))));
                if is_more {
                    self.event("and more: chinwag rooms lists them all");
                }
            }
            Reply::Members { room, members, is_more } => {
                let names: Vec<String> = members.iter().map(member_words).collect();
                let more = if is_more { " …" } else { "" };
                self.event(format!("members of {}: {}{more}", render_text(&room), names.join(", ")));
            }
        }
    }
}

fn device_line(device: &Device, calendar: Calendar) -> String {
    let online = if device.is_online { ", online" } else { "" };
    let (key, label) = (device.key, render_text(&device.label));
    format!("{key} {label}, since {}{online}", date_time(device.since, calendar))
}

fn member_words(member: &Member) -> String {
    let role = match member.role {
        Role::Member => String::new(),
        Role::Moderator | Role::Owner => format!(" ({})", tell::role_name(member.role)),
    };
    let muted = if member.is_muted { " (muted)" } else { "" };
    format!("{}{role}{muted}", render_text(&member.name))
}

/// How far a message has got.
pub(super) fn reach_words(reach: Reach) -> String {
    match reach {
        Reach { of: 0, .. } => ", and there is nobody else".to_owned(),
        Reach { delivered, read: 0, of } => format!(", delivered to {delivered} of {of}"),
        Reach { delivered, read, of } => format!(", delivered to {delivered} of {of}, read by {read}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ladder_in_words() {
        let words = |delivered, read, of| reach_words(Reach { delivered, read, of });
        assert_eq!(words(0, 0, 0), ", and there is nobody else");
        assert_eq!(words(1, 0, 3), ", delivered to 1 of 3");
        assert_eq!(words(3, 2, 3), ", delivered to 3 of 3, read by 2");
    }
}
