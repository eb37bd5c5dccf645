//! Why a server refused something, with what a user of the terminal types to get on.

use std::borrow::Cow;

use chinwag_client_core::words;
use chinwag_proto::wire::message::{Body, Refusal};

/// Refusals that have a command or an option which helps. The client says all others, and these for programs that have no commands.
const WITH_WHAT_TO_TYPE: [(Refusal, &str); 7] = [
    (
        Refusal::NameTaken,
        "that name is taken on this server; choose another one with --name, or, if it is yours, let this device in by `chinwag login`",
    ),
    (
        Refusal::TooManyRooms,
        "you are in as many rooms as an account may be (1024, direct talks among them): leave one, by /leave #room",
    ),
    (
        Refusal::TooManyDevices,
        "the account has as many devices as it may have (256): on one of them, /devices shows them, and /revoke takes one away",
    ),
    (Refusal::OtherName, "this device has another name on this server already; use that one with --name"),
    (Refusal::RoomPasswordNeeded, "the room has a password: /join #room PASSWORD"),
    (
        Refusal::TooManyPins,
        "as many messages are pinned there as may be (50): unpin one first, by /unpin N; /pins shows them",
    ),
    (Refusal::QueryUnfit, "there is nothing to search for in that; type a word"),
];

/// Why something was refused, and what to type.
pub fn refusal(reason: Refusal) -> &'static str {
    let typed = WITH_WHAT_TO_TYPE.iter().find(|(refused, _)| *refused == reason);
    typed.map_or_else(|| words::refusal(reason), |(_, said)| said)
}

/// Why a message or something else that is done in a room was refused, and what to type: of several limits, the one that it met.
pub fn refusal_of(reason: Refusal, body: &Body) -> Cow<'static, str> {
    if reason == Refusal::TooLarge { words::refusal_of(reason, body) } else { Cow::Borrowed(refusal(reason)) }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::limits;

    use super::*;

    #[test]
    fn the_terminal_is_told_what_to_type_and_otherwise_what_any_program_is() {
        for (reason, said) in WITH_WHAT_TO_TYPE {
            assert_eq!(refusal(reason), said);
            assert_ne!(words::refusal(reason), said, "a row that says nothing more");
        }
        assert_eq!(refusal(Refusal::Muted), words::refusal(Refusal::Muted));
    }

    #[test]
    fn a_limit_is_said_by_its_number_and_with_what_to_type() {
        for (reason, number, typed) in [
            (Refusal::TooManyRooms, limits::ROOMS_PER_SESSION_MAX, "/leave"),
            (Refusal::TooManyDevices, limits::DEVICES_PER_ACCOUNT_MAX, "/revoke"),
            (Refusal::TooManyPins, limits::PINS_MAX, "/unpin"),
        ] {
            let said = refusal(reason);
            assert!(said.contains(typed) && said.contains(&number.to_string()), "{said}");
        }
    }
}
