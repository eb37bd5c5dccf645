//! What was asked of the server, and how its answers are shown.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Device, Entry, Member, Position, Reach, Role, SearchMark};

use crate::client::{Ask, Command, Denial, Reply};
use crate::render::render_text;

use super::super::{date_time, entry, history, words};
use super::conversation::Conversation;
use super::screen::Screen;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Something to be done; what to say when it is.
    Done(String),
    /// A part of a room's history.
    History(Position),
    /// What has these words.
    Search(String),
    Rooms,
    Members,
    Devices,
    /// The device whose fingerprint begins so is to be revoked.
    Revoke(String),
    /// How far a message has got.
    Delivery(RoomSeq),
}

impl Asked {
    /// As the user would say it.
    const fn request(&self) -> &'static str {
        match self {
            Self::Done(_) => "not done",
            Self::History(_) => "history",
            Self::Search(_) => "search",
            Self::Rooms => "rooms",
            Self::Members => "members",
            Self::Devices | Self::Revoke(_) => "devices",
            Self::Delivery(_) => "status",
        }
    }
}

impl Conversation {
    /// Asks the server for something.
    pub(super) fn ask(&mut self, ask: Ask, asked: Asked) {
        let tag = self.next_tag();
        self.asked.insert(tag, asked);
        self.session.command(Command::Ask { tag, ask });
    }

    /// Shows an answer.
    pub(super) fn replied(&mut self, tag: u64, result: Result<Reply, Denial>, screen: &mut Screen) {
        let Some(asked) = self.asked.remove(&tag) else { return };
        match (result, asked) {
            (Ok(Reply::Devices(devices)), Asked::Revoke(prefix)) => self.revoke(&devices, &prefix, screen),
            (Ok(reply), asked) => {
                self.turn_page(&reply, &asked);
                show(reply, &asked, screen);
            }
            (Err(Denial::Refused(reason)), asked) => {
                screen.trouble(&format!("{}: {}", asked.request(), words::refusal(reason)));
            }
            (Err(denial @ Denial::LinkLost), asked) => screen.trouble(&format!("{}: {denial}", asked.request())),
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

    fn revoke(&mut self, devices: &[Device], prefix: &str, screen: &mut Screen) {
        let mut fitting = devices.iter().filter(|device| device.key.fingerprint().starts_with(prefix));
        match (fitting.next(), fitting.next()) {
            (Some(device), None) => {
                let done = format!("{} is shut out", render_text(&device.label));
                self.ask(Ask::Revoke { device: device.key }, Asked::Done(done));
            }
            (Some(_), Some(_)) => screen.trouble("that is the beginning of more than one; type more of it"),
            (None, _) => screen.trouble("you have no such device; /devices shows them"),
        }
    }
}

/// Where the next pages begin.
#[derive(Debug, Default)]
pub(super) struct NextPage {
    /// Of the history that was shown last: its room, and which part.
    pub(super) history: Option<(String, Position)>,
    /// Of the last search: its words, and from where.
    pub(super) search: Option<(String, SearchMark)>,
}

/// The page that comes after this one, in the direction of what was asked for.
fn next_page(position: Position, entries: &[(RoomSeq, Entry)]) -> Option<Position> {
    match position {
        Position::Before(_) => entries.first().map(|(number, _)| Position::Before(*number)),
        Position::After(_) | Position::Since(_) | Position::Around(_) => {
            entries.last().map(|(number, _)| Position::After(*number))
        }
    }
}

fn show(reply: Reply, asked: &Asked, screen: &mut Screen) {
    match reply {
        Reply::Done => {
            if let Asked::Done(sentence) = asked {
                screen.news(sentence);
            }
        }
        Reply::Devices(devices) => devices.iter().for_each(|device| screen.event(&device_line(device))),
        Reply::Delivery(reach) => {
            let number = if let Asked::Delivery(number) = asked { number.to_string() } else { String::new() };
            screen.event(&format!("message {number} is stored{}", reach_words(reach)));
        }
        Reply::History { room, entries, is_more } => {
            let more = if is_more { " (/history more shows more)" } else { "" };
            screen.event(&format!("history of {}{more}:", render_text(&room)));
            history::plain(entries).iter().for_each(|line| screen.line(line));
        }
        Reply::Found { hits, next } => {
            let more = if next.is_some() { " (/search shows more)" } else { "" };
            screen.event(&format!("{} found{more}{}", hits.len(), if hits.is_empty() { "" } else { ":" }));
            hits.iter().for_each(|found| screen.line(&history::hit(found)));
        }
        Reply::Rooms { rooms, is_more } => {
            rooms.iter().for_each(|room| screen.event(&history::listed(room)));
            if is_more {
                screen.event("and more: chinwag rooms lists them all");
            }
        }
        Reply::Members { room, members, is_more } => {
            let names: Vec<String> = members.iter().map(member_words).collect();
            let more = if is_more { " …" } else { "" };
            screen.event(&format!("members of {}: {}{more}", render_text(&room), names.join(", ")));
        }
    }
}

fn device_line(device: &Device) -> String {
    let online = if device.is_online { ", online" } else { "" };
    let (key, label) = (device.key, render_text(&device.label));
    format!("{key} {label}, since {}{online}", date_time(device.since))
}

fn member_words(member: &Member) -> String {
    let role = match member.role {
        Role::Member => String::new(),
        Role::Moderator | Role::Owner => format!(" ({})", entry::role_name(member.role)),
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
    fn the_next_page_lies_where_the_first_was_going() {
        let entry = |n| {
            let body = chinwag_proto::wire::message::Body::Text("x".into());
            let (at, author) = (chinwag_proto::time::WallTime::default(), chinwag_proto::wire::id::AccountId(1));
            (RoomSeq(n), Entry { at, author, name: "ann".into(), body })
        };
        let page = [entry(5), entry(7)];
        assert_eq!(next_page(Position::Before(RoomSeq(99)), &page), Some(Position::Before(RoomSeq(5))));
        assert_eq!(next_page(Position::Since(Default::default()), &page), Some(Position::After(RoomSeq(7))));
        assert_eq!(next_page(Position::Before(RoomSeq(99)), &[]), None);
    }

    #[test]
    fn the_ladder_in_words() {
        let words = |delivered, read, of| reach_words(Reach { delivered, read, of });
        assert_eq!(words(0, 0, 0), ", and there is nobody else");
        assert_eq!(words(1, 0, 3), ", delivered to 1 of 3");
        assert_eq!(words(3, 2, 3), ", delivered to 3 of 3, read by 2");
    }
}
