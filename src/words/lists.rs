//! Answers of the server as lines for people. What it gives is safe to show.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, Listed};

use crate::acts::access_words;
use crate::dates::date_time;
use crate::entries::{Told, folded, tell};
use chinwag_client_core::Found;
use chinwag_desk::fold::Line;
use chinwag_desk::{Calendar, Messages};
use chinwag_node::render::{counted, render_text};

/// What a search found.
pub fn hit(found: &Found, calendar: Calendar) -> String {
    let at = date_time(found.entry.at, calendar);
    format!("{} {} {at} {}", render_text(&found.room), found.number, said(found, calendar))
}

fn said(found: &Found, calendar: Calendar) -> String {
    match tell(&found.entry, None, calendar) {
        Told::Said(text) => format!("{}: {text}", render_text(&found.entry.name)),
        Told::Done(text) => text,
    }
}

/// What a search found, in short, for a narrow list: without its number and its time.
pub fn hit_in_short(found: &Found, calendar: Calendar) -> String {
    format!("{} {}", render_text(&found.room), said(found, calendar))
}

/// A room in a list; whether the account has an invitation to it.
pub fn listed(room: &Listed, is_invited: bool) -> String {
    let member = match (room.is_member, is_invited) {
        (true, _) => " (you are in it)",
        (false, true) => " (you are invited)",
        (false, false) => "",
    };
    let topic = if room.topic.is_empty() { String::new() } else { format!(": {}", render_text(&room.topic)) };
    let (name, members) = (render_text(&room.name), room.members);
    let members = counted(members, "member");
    format!("#{name}, {members}, for {}{member}{topic}", access_words(room.access))
}

/// Entries as they look now: `12 2026-11-23 09:12 ann: hello`.
pub fn plain(entries: Vec<(RoomSeq, Entry)>, calendar: Calendar) -> Vec<String> {
    let mut messages = Messages::new(entries.len().max(1));
    for (number, entry) in entries {
        messages.put(number, entry);
    }
    let line = |(number, line): (RoomSeq, &Line)| {
        let (at, name) = (date_time(line.at, calendar), &line.name);
        match folded(line, &messages, calendar) {
            Told::Said(text) => format!("{number} {at} {}: {text}", render_text(name)),
            Told::Done(text) => format!("{number} {at} -- {text}"),
        }
    };
    messages.lines().map(line).collect()
}
