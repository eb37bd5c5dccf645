//! What the machines say, in sentences that fit every program: none names a command or an option, since a program that uses this
//! client may have neither. What it gives is safe to show.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use chinwag_proto::limits::{EMOJI_MAX_LEN, RULES_MAX_LEN, TEXT_MAX_LEN, TOPIC_MAX_LEN};
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Body, Fact, Refusal};

use super::news::{Lost, OverBudget, QuotaNear, Unreadable, Whose};
use chinwag_node::render::{render_text, size};

// Sentences of refusals that are too long for a row of the table below.
const NAME_TAKEN: &str =
    "that name is taken on this server; choose another one, or, if it is yours, log this device in to its account";
const NAME_INVALID: &str =
    "that is not a name: 1 to 64 octets of letters, digits, `-`, `_` or `.`, beginning with a letter or a digit";
const LIMIT: &str = "this server holds as many accounts, rooms or tokens as it can; ask whoever runs it to remove some";
const TOO_MANY_ROOMS: &str = "you are in as many rooms as an account may be (1024, direct talks among them): leave one";
const TOO_MANY_FOLLOWED: &str =
    "this program reads as many rooms as it may without being in them (64): end one of them, or join it";
const TOO_MANY_DEVICES: &str = "the account has as many devices as it may have (256): take one away, on any of them";
const TOO_MANY_SESSIONS: &str =
    "as many programs are logged in to this account as may be at a time (64): end one of them";
const ACCOUNT_FULL: &str = "you have written as much as this server keeps of one account; delete messages of yours, or ask whoever runs it for more";
const ROOM_FULL: &str = "the room holds as much as this server keeps of one; its moderators can delete messages, whoever runs the server can let it forget old ones";
const SERVER_FULL: &str =
    "this server holds as much as it keeps; whoever runs it can let rooms forget old messages, or allow more";
const ACCOUNT_CLOSED: &str =
    "this account is closed: the directory that this server asks does not let it in; ask whoever runs that";
const AUTH_UNAVAILABLE: &str = "this server can't ask its directory now, and lets nobody new in until it can; try again later, or tell whoever runs it";
const PASSWORD_ELSEWHERE: &str =
    "this account's password is kept by the directory that this server asks; it is changed there";
const TOO_MANY_PINS: &str = "as many messages are pinned there as may be (50): unpin one first";
const TEXT_UNFIT: &str = "others would see nothing of it, or it has characters that break the line, control a terminal, or hide or reorder text; write it without them";

/// Why something was refused, and what to do.
pub fn refusal(reason: Refusal) -> &'static str {
    match reason {
        Refusal::NameTaken => NAME_TAKEN,
        Refusal::NameInvalid => NAME_INVALID,
        Refusal::NotLoggedIn => "not logged in",
        Refusal::NoSuchAccount => "nobody of that name was ever here",
        Refusal::NoSuchRoom => "there is no such room, or it is not open to you",
        Refusal::NotMember => "join the room first",
        Refusal::Limit => LIMIT,
        Refusal::TooManyRooms => TOO_MANY_ROOMS,
        Refusal::TooManyFollowed => TOO_MANY_FOLLOWED,
        Refusal::TooManyDevices => TOO_MANY_DEVICES,
        Refusal::TooManySessions => TOO_MANY_SESSIONS,
        Refusal::Busy => "more is waiting for an answer than may at a time; try again when some of it is answered",
        Refusal::TooLarge => "longer than it may be; say it in fewer words, or in parts",
        Refusal::IdReused => "the server has another message with the same id; send it again",
        Refusal::StoreFull => "the server's disk is full; try again when it has room",
        Refusal::NotUnderstood => "the server does not understand it: it is older than this program",
        Refusal::OtherName => "this device has another name on this server already; use that one",
        Refusal::NameConfusable => "that name looks like one that is there already; choose another one",
        Refusal::RegistrationClosed => "nobody can register on this server; ask whoever runs it",
        Refusal::InviteNeeded => "to register on this server takes an invitation; ask whoever runs it for one",
        Refusal::InviteInvalid => "that invitation is none, or was used up, or has expired; ask for another one",
        Refusal::PasswordWrong => "there is no account with that name and password",
        Refusal::PasswordNeeded => "the account has a password: it is needed here",
        Refusal::PasswordUnfit => "a password has 8 to 256 octets; choose another one",
        Refusal::TooManyTries => "too many tries; wait a minute",
        Refusal::TokenInvalid => "that token is none, or was revoked, or has expired",
        Refusal::OutOfScope => "the token does not allow that",
        Refusal::NotAllowed => "you may not do that here; a moderator or owner of the room may",
        Refusal::RoomPasswordNeeded => "the room has a password: it is needed to join",
        Refusal::NotInvited => "only those who are invited may enter that room; ask a moderator for an invitation",
        Refusal::Banned => "you are banned there",
        Refusal::Muted => "you are muted in that room: you may read, and write again later",
        Refusal::SlowMode => "the room is in slow mode; wait a little and say it again",
        Refusal::RoomTaken => "there is a room of that name already, or one that looks like it",
        Refusal::NoSuchEntry => "the message that this is about is not there, or not any more",
        Refusal::NotYours => "somebody else wrote that message",
        Refusal::AccountFull => ACCOUNT_FULL,
        Refusal::RoomFull => ROOM_FULL,
        Refusal::ServerFull => SERVER_FULL,
        Refusal::Damaged => "it lies, or may lie, where the server's disk is damaged; ask whoever runs it for a backup",
        Refusal::AccountClosed => ACCOUNT_CLOSED,
        Refusal::AuthUnavailable => AUTH_UNAVAILABLE,
        Refusal::PasswordElsewhere => PASSWORD_ELSEWHERE,
        Refusal::TooManyPins => TOO_MANY_PINS,
        Refusal::QueryUnfit => "there is nothing to search for in that; give a word",
        Refusal::TextUnfit => TEXT_UNFIT,
    }
}

/// Why a message or something else that is done in a room was refused, and what to do: of several limits, the one that it met.
pub fn refusal_of(reason: Refusal, body: &Body) -> Cow<'static, str> {
    if reason != Refusal::TooLarge {
        return Cow::Borrowed(refusal(reason));
    }
    Cow::Owned(match body {
        Body::Text(_) | Body::Reply { .. } | Body::Edit { .. } => {
            format!("{}; send it in parts", too_long("a message", TEXT_MAX_LEN))
        }
        Body::Topic(_) => too_long("a topic", TOPIC_MAX_LEN),
        Body::React { .. } => too_long("an emoji", EMOJI_MAX_LEN),
        Body::Act(Act::Set(Fact::Rules(_))) => too_long("what rules say", RULES_MAX_LEN),
        Body::Delete { .. } | Body::Act(_) => refusal(reason).to_owned(),
    })
}

/// That something has more octets than it may have.
pub fn too_long(what: &str, max: usize) -> String {
    format!("longer than it may be: {what} has at most {max} octets")
}

/// The log of a room, by its name as shown, is not the one that this device knew.
pub fn reset(name: &str, back_to: Option<RoomSeq>) -> String {
    let name = render_text(name);
    match back_to {
        None => format!("the history of {name} was reset on the server"),
        Some(RoomSeq(0)) => format!(
            "the server's store was put back to an earlier state: what you saw in {name} may be gone, and what is there is shown again"
        ),
        Some(upto) => format!(
            "the server's store was put back to an earlier state: in {name}, what you saw after message {upto} is gone; what came instead follows"
        ),
    }
}

/// What is said of a log that went back to whoever reads nothing.
pub fn gone(name: &str, back_to: Option<RoomSeq>) -> String {
    let name = render_text(name);
    match back_to {
        None => format!("the history of {name} was reset on the server; what you sent there before may be gone"),
        Some(RoomSeq(0)) => format!(
            "the server's store was put back to an earlier state: what was said in {name} before may be gone, also what you sent"
        ),
        Some(upto) => format!(
            "the server's store was put back to an earlier state: in {name}, what was said after message {upto} is gone, also what you sent"
        ),
    }
}

/// A server had let this device in as this account, did not know the account any more, and made it anew.
pub fn made_anew(server: &str, name: &str) -> String {
    let (server, name) = (render_text(server), render_text(name));
    format!(
        "{server} does not know your account {name} any more: it was made anew, and the rooms, memberships and messages that it had are gone there"
    )
}

/// That a room, by its name as shown, which was followed from outside may not be read any more.
pub fn follow_ended(name: &str, reason: Refusal) -> String {
    let name = render_text(name);
    if reason == Refusal::Banned {
        format!("you were banned from {name}: what is said there from now on is not for you to read")
    } else if matches!(reason, Refusal::NotMember | Refusal::NoSuchRoom) {
        format!("{name} is not public any more: what is said there from now on is for its members")
    } else {
        format!("{name} can't be read any more: {}", refusal(reason))
    }
}

/// That some messages are gone from the server's disk.
pub fn unreadable(unreadable: &Unreadable) -> String {
    let Unreadable { room, first, last } = unreadable;
    let which = if first == last { format!("message {first}") } else { format!("messages between {first} and {last}") };
    format!("the server's disk is damaged: {which} of {} can't be read any more", render_text(room))
}

/// That what a server keeps of something is nearly used up, and what helps.
pub fn quota_near(near: &QuotaNear) -> String {
    let (what, helps) = match &near.whose {
        Whose::Own => {
            ("what you wrote uses".to_owned(), "delete messages of yours, or ask whoever runs the server for more")
        }
        Whose::Room(name) => (
            format!("{} uses", render_text(name)),
            "its moderators can delete messages, whoever runs the server can let it forget old ones",
        ),
        Whose::Server => {
            ("this server uses".to_owned(), "whoever runs it can let rooms forget old messages, or allow more")
        }
    };
    format!("{what} {} of the {} that are kept; what is more will be refused: {helps}", size(near.used), size(near.of))
}

/// That what is written waits, since an account writes more than the server takes from one at once.
pub fn over_budget(over: OverBudget) -> String {
    let (waits, per_s) = (size(over.octets), size(over.per_s));
    format!(
        "the server takes {per_s} a second from one account: the {waits} that wait here take about {} s",
        seconds(over.wait)
    )
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("the server does not answer"),
            Self::Shutdown { reason } if reason.is_empty() => f.write_str("the server went down"),
            Self::Shutdown { reason } => write!(f, "the server went down: {}", render_text(reason)),
            Self::Restarted => f.write_str("the server has started anew"),
            Self::Expired => f.write_str("the keys were too old"),
            Self::Violation(violation) => write!(f, "the server broke the protocol: {violation:?}"),
        }
    }
}

/// A time that is about so long, as whole seconds.
fn seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_millis() >= 500))
}

/// Which side is older when two speak no version in common, and what to do.
pub fn wrong_version(ours: VersionRange, theirs: VersionRange) -> String {
    let (ours_said, theirs_said) = (versions(ours), versions(theirs));
    if theirs.max < ours.min {
        format!(
            "the server is older than this program: it speaks {theirs_said}, this program {ours_said}; update the server"
        )
    } else {
        format!(
            "this program is older than the server: it speaks {ours_said}, the server {theirs_said}; update this program"
        )
    }
}

fn versions(range: VersionRange) -> String {
    if range.min == range.max {
        format!("version {} of the protocol", range.min)
    } else {
        format!("versions {} to {} of the protocol", range.min, range.max)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::limits;

    use super::*;

    #[test]
    fn a_limit_is_said_by_its_number_and_with_what_helps() {
        for (reason, numbers, helps) in [
            (Refusal::TooManyRooms, vec![limits::ROOMS_PER_SESSION_MAX], "leave one"),
            (Refusal::TooManyFollowed, vec![limits::FOLLOWED_PER_SESSION_MAX], "join it"),
            (Refusal::TooManyDevices, vec![limits::DEVICES_PER_ACCOUNT_MAX], "take one away"),
            (Refusal::TooManySessions, vec![limits::SESSIONS_PER_ACCOUNT_MAX], "end one"),
            (Refusal::TooManyPins, vec![limits::PINS_MAX], "unpin one"),
            (Refusal::PasswordUnfit, vec![limits::PASSWORD_MIN_LEN, limits::SECRET_MAX_LEN], "choose another"),
        ] {
            let said = refusal(reason);
            assert!(said.contains(helps), "{said}");
            for number in numbers {
                assert!(said.contains(&number.to_string()), "{number} is not in: {said}");
            }
        }
    }

    #[test]
    fn no_refusal_names_a_command_or_an_option_of_one_program() {
        let names_one = |said: &str| {
            said.contains("chinwag")
                || said
                    .split([' ', '`'])
                    .any(|word| word.starts_with("--") || (word.starts_with('/') && word.len() > 1))
        };
        assert!(names_one("use `chinwag login`") && names_one("by /leave #room") && names_one("one with --name"));
        let said: Vec<_> = Refusal::all().map(refusal).collect();
        assert!(said.contains(&TEXT_UNFIT) && said.contains(&NAME_TAKEN), "from the first to the last");
        for said in said {
            assert!(!names_one(said), "{said}");
        }
    }

    #[test]
    fn of_what_is_too_long_only_its_own_limit_is_said() {
        let all = [
            (Body::Text(String::new()), TEXT_MAX_LEN),
            (Body::Reply { to: RoomSeq(1), text: String::new() }, TEXT_MAX_LEN),
            (Body::Edit { of: RoomSeq(1), text: String::new() }, TEXT_MAX_LEN),
            (Body::Topic(String::new()), TOPIC_MAX_LEN),
            (Body::React { of: RoomSeq(1), emoji: String::new(), is_set: true }, EMOJI_MAX_LEN),
            (Body::Act(Act::Set(Fact::Rules(String::new()))), RULES_MAX_LEN),
        ];
        for (body, max) in all {
            let said = refusal_of(Refusal::TooLarge, &body);
            let numbers: Vec<_> = said.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
            assert_eq!(numbers, [max.to_string()], "{said}");
            assert_eq!(refusal_of(Refusal::Muted, &body), refusal(Refusal::Muted));
        }
        assert!(!refusal(Refusal::TooLarge).contains(|c: char| c.is_ascii_digit()), "of no limit in particular");
    }

    #[test]
    fn it_is_said_plainly_which_side_is_older() {
        let range = |min, max| VersionRange { min, max };
        let said = wrong_version(range(3, 4), range(1, 2));
        assert!(said.starts_with("the server is older") && said.ends_with("update the server"), "{said}");
        let said = wrong_version(range(1, 1), range(2, 3));
        assert!(said.starts_with("this program is older") && said.contains("versions 2 to 3"), "{said}");
    }
}
