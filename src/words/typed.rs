//! What is wrong with a line that was typed, and what to type instead.

use chinwag_desk::NoRow;
use chinwag_desk::parse::{Missing, ParseError, Takes, Wanted};

use crate::help;

/// Why a line was not understood.
pub(crate) fn not_understood(why: &ParseError) -> String {
    match why {
        ParseError::Unknown(typed) => {
            format!("there is no /{typed}; type /help for the commands, or //{typed} to say it")
        }
        ParseError::Elsewhere(command) => {
            format!("there is no /{command} here: say it as others do, such as *waves*")
        }
        ParseError::Missing { what, command } => format!("{} type {}", missing(*what), example(command)),
        ParseError::TooMuch { takes, command } => {
            format!("/{command} takes {}; type {}", all_of(*takes), too_much(command, *takes))
        }
        ParseError::Word { typed, wanted, command } => {
            let example = if *wanted == Wanted::Past { "/history 50 or /history 2h" } else { example(command) };
            format!("{typed:?} is no {}; type {example}", word(*wanted))
        }
        ParseError::Line { command, why } => format!("no {}: {why}", shown_by(command)),
        ParseError::Name { typed, why } => format!("{why} ({typed:?})"),
    }
}

/// Why what a line is about is not there.
pub(crate) const fn no_row(why: NoRow) -> &'static str {
    match why {
        NoRow::Absent => "there is no such message here; /history shows numbers",
        NoRow::LastRefused => {
            "the last message here is yours, and it was not delivered; a number means an earlier one (/history shows numbers)"
        }
        NoRow::Refused => {
            "your last message here was not delivered, so it can't be changed; a number means an earlier one (/history shows numbers)"
        }
    }
}

fn example(command: &str) -> &'static str {
    help::of(command).map_or("/help", help::Help::example)
}

/// A command that takes a room or a person is shown with what was meant.
fn too_much(command: &str, takes: Takes) -> &'static str {
    match (command, takes) {
        ("mute", Takes::Room) => "/mute #builds",
        ("unmute", Takes::Room) => "/unmute #builds",
        _ => example(command),
    }
}

const fn missing(what: Missing) -> &'static str {
    match what {
        Missing::Room => "which room?",
        Missing::Person => "whom?",
        Missing::PersonAndText => "to whom, and what?",
        Missing::PersonAndRole => "who, and what from now on?",
        Missing::Message => "which message?",
        Missing::MessageAndText => "which message, and what?",
        Missing::Name => "which name?",
        Missing::Device => "which device? /devices shows them;",
        Missing::Access => "public, password, invite or private?",
    }
}

const fn all_of(takes: Takes) -> &'static str {
    match takes {
        Takes::Nothing => "nothing",
        Takes::Room => "one room",
        Takes::Person => "one name",
        Takes::Message => "one number",
    }
}

const fn word(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Message => "number of a message",
        Wanted::Past => "count or time",
        Wanted::Span => "time",
        Wanted::Seconds => "number of seconds",
        Wanted::Access => "way to open a room (public, password, invite, private)",
        Wanted::Role => "role",
        Wanted::About => "rule for what rings (mentions, all, none)",
        Wanted::Switch => "switch (on, off)",
    }
}

/// What a command shows to others.
fn shown_by(command: &str) -> &'static str {
    match command {
        "react" => "reaction",
        "away" => "text to be away with",
        "rules" => "rules",
        _ => "topic",
    }
}

/// Why a line is not sent of which nobody would see anything.
#[must_use]
pub fn unseen_line(only: char) -> String {
    format!("a line of which nothing would be seen is not sent: it has only characters like U+{:04X}", u32::from(only))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_desk::parse::parse;

    #[test]
    fn errors_say_what_to_type_instead() {
        let said = |line: &str| not_understood(&parse(line).expect_err("no command"));
        assert_eq!(said("/jion #lobby"), "there is no /jion; type /help for the commands, or //jion to say it");
        assert_eq!(said("/join"), "which room? type /join #lobby");
        assert_eq!(said("/msg ann"), "to whom, and what? type /msg ann hello");
        assert_eq!(said("/join #a #b"), "/join takes one room; type /join #lobby");
        assert_eq!(said("/quit now"), "/quit takes nothing; type /quit");
        assert_eq!(
            said("/join #a/b"),
            "a name has only letters, digits, their marks, and - _ .; '/' is none of these (\"#a/b\")"
        );
        assert_eq!(said("/edit twelve x"), "\"twelve\" is no number of a message; type /edit ^ what I meant");
        assert_eq!(said("/delete 0"), "\"0\" is no number of a message; type /delete 12");
        assert_eq!(said("/ban eve forever"), "\"forever\" is no time; type /ban eve 2h");
        assert_eq!(said("/kick"), "whom? type /kick eve");
        assert_eq!(said("/role ann king"), "\"king\" is no role; type /role ann moderator");
        assert_eq!(said("/slow down"), "\"down\" is no number of seconds; type /slow 10");
        assert_eq!(said("/help dance"), "there is no /dance; type /help for the commands, or //dance to say it");
        assert_eq!(said("/me waves"), "there is no /me here: say it as others do, such as *waves*");
        assert_eq!(
            said("/notify loudly"),
            "\"loudly\" is no rule for what rings (mentions, all, none); type /notify all"
        );
        assert_eq!(said("/nick"), "which name? type /nick ann");
        assert_eq!(said("/mute #a #b"), "/mute takes one room; type /mute #builds");
    }
}
