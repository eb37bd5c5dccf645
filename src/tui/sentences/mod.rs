//! What the full screen says in words of its own. What it gives is safe to show.

pub(super) mod hint;
mod keys;
pub(super) mod offers;
mod overlays;
mod row;

use crate::desk::ConnectionState;

pub(super) use keys::KEYS;
pub(super) use overlays::{GO_TO, HELP, HERE, PASTE, SEARCH, enter_it, findings, paste};
pub(super) use row::{DELETED, EARLIER, EDITED, NEW, PINNED, absent, mark, moment};

/// For those who see this for the first time.
pub(super) const HOW: &str = "type and press Enter; F1 or /help for help";
/// What stands beside a room that the user may enter.
pub(super) const INVITED: &str = "invited";
/// The timeline is not at its end.
pub(super) const TO_END: &str = "↓ Esc goes to the end";
/// All that is unread in other rooms is said to the user.
pub(super) const FOR_YOU: &str = "for you";

/// How the link stands, and how many messages wait for it.
pub(super) fn link(link: ConnectionState, queued: usize) -> String {
    let stands = match link {
        ConnectionState::Connecting => "connecting",
        ConnectionState::Refused => "not logged in",
        ConnectionState::Suspect => "no answer",
        ConnectionState::Lost => "reconnecting",
        ConnectionState::Up => return "connected".to_owned(),
    };
    match queued {
        0 => stands.to_owned(),
        more => format!("{stands}, {more} queued"),
    }
}

/// How long an answer takes.
pub(super) fn round_trip(rtt_us: u64) -> String {
    format!("{} ms", rounded(rtt_us as f64 / 1_000.0))
}

/// The same, where much of what is sent is lost; in parts per 100,000.
pub(super) fn losing(rtt_us: u64, loss_ppht: u32) -> String {
    format!("{}, {} % lost", round_trip(rtt_us), rounded(f64::from(loss_ppht) / 1_000.0))
}

/// A number, with a tenth where that says something.
fn rounded(number: f64) -> String {
    if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") }
}

/// What came while the timeline is not at its end.
pub(super) fn new_below(new: u64) -> String {
    format!("↓ {new} new below; Esc goes there")
}

/// What waits in other rooms, as a sign or a number.
pub(super) fn elsewhere(what: &str) -> String {
    format!("{what} elsewhere")
}

/// How much of what is unread in other rooms is said to the user.
pub(super) fn some_for_you(some: u64) -> String {
    format!("{some} {FOR_YOU}")
}

/// How many there are beside those that are shown.
pub(super) fn and_more(more: usize) -> String {
    format!("and {more} more")
}

/// Who says something, in a room that is not a talk of two; both are safe to show.
pub(super) fn who_where(who: &str, room: &str) -> String {
    format!("{who} in {room}")
}

/// There is no theme of that name.
pub(super) fn no_theme(names: &[&str]) -> String {
    format!("a theme is one of {}; type /theme dark", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_told_in_few_words() {
        assert_eq!(link(ConnectionState::Lost, 3), "reconnecting, 3 queued");
        assert_eq!(link(ConnectionState::Connecting, 0), "connecting");
        assert_eq!(link(ConnectionState::Up, 3), "connected", "they are being sent");
        assert_eq!(round_trip(412), "0.4 ms");
        assert_eq!(round_trip(9_949), "9.9 ms");
        assert_eq!(round_trip(9_951), "10 ms");
        assert_eq!(losing(12_345, 8_000), "12 ms, 8.0 % lost");
        assert_eq!(losing(12_345, 12_000), "12 ms, 12 % lost");
    }
}
