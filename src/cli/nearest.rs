//! What to say where a room can't be read: which one may be meant, how one is made, and how one is entered.

use std::time::Duration;

use crate::client::{Ask, AskError, Client, Reply};
use crate::desk::nearest;
use crate::render::render_text;

/// So long the server has for each page of rooms: the sentence is said without it, too.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pages that are looked at.
const PAGES_MAX: usize = 8;

/// There is no such room; `make` says how one is made.
pub(super) fn no_such_room(client: &Client, room: &str, make: &str) -> String {
    let meant = meant(client, room).map(|meant| format!(" Is #{} meant?", render_text(&meant)));
    let shown = render_text(room.trim_start_matches('#'));
    format!("there is no room #{shown}, or it is private.{} {make}", meant.unwrap_or_default())
}

/// Somebody reads a room to which this account is invited, and in which it is not yet.
pub(super) fn only_invited(room: &str) -> String {
    let shown = render_text(room.trim_start_matches('#'));
    format!("you are invited to #{shown}, and not in it yet: `chinwag tail --room {shown} --join` enters it")
}

/// The room that may be meant by a name that none has.
fn meant(client: &Client, room: &str) -> Option<String> {
    let (mut best, mut after): (Option<String>, String) = (None, String::new());
    for _ in 0..PAGES_MAX {
        let (rooms, is_more) = match client.ask_within(Ask::Rooms { after }, PATIENCE) {
            Ok(Reply::Rooms { rooms, is_more }) => (rooms, is_more),
            Err(AskError::TimedOut) => return None,
            Ok(_) | Err(_) => return best,
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
