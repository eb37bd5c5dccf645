//! Who comes, goes, is there and types.

use std::collections::BTreeSet;

use chinwag_client_core::Present;
use chinwag_node::render::render_text;
use chinwag_proto::wire::message::Presence;

/// Who is in a room.
pub fn roster<'a>(room: &str, who: impl Iterator<Item = &'a Present>) -> String {
    let names: Vec<String> = who.map(present).collect();
    format!("in {}: {}", render_text(room), names.join(", "))
}

fn present(present: &Present) -> String {
    let (state, says) = (state(present.presence), status(&present.status));
    format!("{}{state}{says}", render_text(&present.name))
}

/// Who types: a few words, or none.
pub fn typers(who: &BTreeSet<String>) -> String {
    let names: Vec<_> = who.iter().map(|who| render_text(who)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("{one} types"),
        [one, other] => format!("{one} and {other} type"),
        more => format!("{} people type", more.len()),
    }
}

/// That someone's presence has changed; `None`: it is not worth a line.
pub fn arrival(who: &str, before: Option<Presence>, now: Presence, says: &str) -> Option<String> {
    Some(format!("{} {}{}", render_text(who), presence(before, now)?, status(says)))
}

/// What to say of someone whose presence changed; `None`: nothing.
fn presence(before: Option<Presence>, now: Presence) -> Option<&'static str> {
    match (before, now) {
        (None | Some(Presence::Left), Presence::Online | Presence::Idle) => Some("is here"),
        (Some(Presence::Unreachable | Presence::Offline | Presence::Away), Presence::Online) => Some("is back"),
        (Some(Presence::Unreachable | Presence::Offline), Presence::Idle) => Some("is back"),
        // That someone stopped typing is no line; it is in the roster.
        (Some(Presence::Online | Presence::Idle), Presence::Online | Presence::Idle) => None,
        (Some(Presence::Away), Presence::Away | Presence::Idle) => None,
        (_, Presence::Away) => Some("is away"),
        (Some(Presence::Unreachable), Presence::Unreachable) => None,
        (_, Presence::Unreachable) => Some("is unreachable"),
        (Some(Presence::Offline), Presence::Offline) => None,
        (_, Presence::Offline) => Some("is offline"),
        (None | Some(Presence::Left), Presence::Left) => None,
        (Some(_), Presence::Left) => Some("left"),
    }
}

/// A state, as `/who` shows it; nothing for those who are here.
fn state(presence: Presence) -> &'static str {
    match presence {
        Presence::Online => "",
        Presence::Unreachable => " (unreachable)",
        Presence::Offline => " (offline)",
        Presence::Left => " (left)",
        Presence::Idle => " (idle)",
        Presence::Away => " (away)",
    }
}

/// What someone says of being away, if they say something.
fn status(says: &str) -> String {
    if says.is_empty() { String::new() } else { format!(": {}", render_text(says)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_each_change_and_none_for_no_change() {
        use Presence::{Left, Offline, Online, Unreachable};
        let told: Vec<_> = [
            (None, Online),
            (Some(Online), Unreachable),
            (Some(Unreachable), Offline),
            (Some(Offline), Left),
            (Some(Left), Online),
            (Some(Online), Online),
        ]
        .map(|(before, now)| presence(before, now).unwrap_or("-"))
        .into();
        assert_eq!(told, ["is here", "is unreachable", "is offline", "left", "is here", "-"]);
    }
}
