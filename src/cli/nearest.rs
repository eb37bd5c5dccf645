//! What to say where there is no room of a name: which one may be meant, and how one is made.

use std::time::Duration;

use crate::client_core::{Ask, Command, Notice, Reply};
use crate::desk::nearest;
use crate::render::render_text;

use super::event::Event;
use super::session::Session;

/// What the rooms are asked under; no command asks so often.
const TAG: u64 = u64::MAX;
/// So long the server has for each page of rooms: the sentence is said without it, too.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pages that are looked at.
const PAGES_MAX: usize = 8;

/// There is no such room; `make` says how one is made. To be asked for by a command that ends with it: of what comes
/// meanwhile, only what became of earlier messages is told.
pub(super) fn no_such_room(session: &mut Session, room: &str, make: &str) -> String {
    let meant = meant(session, room).map(|meant| format!(" Is #{} meant?", render_text(&meant)));
    let shown = render_text(room.trim_start_matches('#'));
    format!("there is no room #{shown}, or it is private.{} {make}", meant.unwrap_or_default())
}

/// The room that may be meant by a name that none has.
#[expect(clippy::wildcard_enum_match_arm, reason = "whoever asks has ended otherwise")]
fn meant(session: &mut Session, room: &str) -> Option<String> {
    let (mut best, mut after): (Option<String>, String) = (None, String::new());
    for _ in 0..PAGES_MAX {
        session.link.command(Command::Ask { tag: TAG, ask: Ask::Rooms { after } });
        let (rooms, is_more) = loop {
            match session.next_within(PATIENCE)? {
                Event::Notice(Notice::Answered { tag: TAG, result: Ok(Reply::Rooms { rooms, is_more }) }) => {
                    break (rooms, is_more);
                }
                // What was refused is kept nowhere any more: it is said now, or never.
                Event::Notice(Notice::Kept { room, body, answer }) => {
                    session.link.kept_answered(&room, &body, answer).tell_trouble();
                }
                Event::Notice(Notice::Answered { tag: TAG, .. }) | Event::Interrupt | Event::LoopEnded(_) => {
                    return best;
                }
                _ => {}
            }
        };
        let names = rooms.iter().map(|room| room.name.as_str()).chain(best.as_deref());
        best = nearest(room, names).map(str::to_owned);
        match rooms.last().filter(|_| is_more) {
            Some(last) => after = last.name.clone(),
            None => break,
        }
    }
    best
}
