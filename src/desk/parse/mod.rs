//! The command language of line mode: what a person types, and what to say when it is not understood.

mod commands;
mod error;
mod span;

use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Role, name, visible};

use crate::ring::About;

pub use commands::{COMMANDS, find};
pub use error::{Missing, ParseError, Takes, Wanted};
pub use span::{SpanError, span};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing: it is blank.
    Blank,
    /// Say this in the room that is being followed.
    Say(String),
    /// `/join #room`, with a password or not.
    Join(String, Option<String>),
    /// `/leave` or `/leave #room`
    Leave(Option<String>),
    /// `/who` or `/who #room`
    Who(Option<String>),
    /// `/msg ann hello`
    Msg {
        /// To whom.
        to: String,
        /// What.
        text: String,
    },
    /// `/reply 12 yes`
    Reply(Which, String),
    /// `/edit ^ what I meant`
    Edit(Which, String),
    /// `/delete 12`
    Delete(Which),
    /// `/react 12 👍`, or `-👍` to take it back.
    React {
        /// The message.
        to: Which,
        /// What with.
        emoji: String,
        /// Set, or taken back.
        is_set: bool,
    },
    /// `/pin`, `/pin 12`, `/unpin 12`: without a number the last message, or the last that is pinned.
    Pin {
        /// The message.
        of: Option<Which>,
        /// Pinned, or not any more.
        is_set: bool,
    },
    /// `/pins`
    Pins,
    /// `/history`, `/history 50`, `/history 2h`
    History(Past),
    /// `/search blue bicycle`
    Search(String),
    /// `/status`
    Status,
    /// `/rooms`
    Rooms,
    /// `/members` or `/members #room`
    Members(Option<String>),
    /// `/create #plans invite`
    Create(String, Access),
    /// `/open public`
    Open(Access),
    /// `/topic the move on Friday`; `/topic -` removes it (empty), `/topic` shows it (none).
    Topic(Option<String>),
    /// `/kick eve` and others that do something to a member or the room.
    Act(Act),
    /// `/ban eve 2h`, `/mute eve 10m`: it lasts so long from now on; without a time until it is lifted.
    Restrain {
        /// Whom.
        who: String,
        /// How.
        how: Restraint,
        /// How long.
        lasts: Option<Duration>,
    },
    /// `/mute #builds`: nothing that is said there rings or counts as unread, or does again.
    Quiet {
        /// The room.
        room: String,
        /// Mute it.
        is_muted: bool,
    },
    /// `/notify all`, or `/notify` for what rings here.
    Notify(Option<About>),
    /// `/arrivals off`, or `/arrivals` for how it is.
    Arrivals(Option<bool>),
    /// `/theme` or `/theme dark`
    Theme(Option<String>),
    /// `/nick ann`
    Nick(String),
    /// `/away lunch`
    Away(String),
    /// `/back`
    Back,
    /// `/ignore eve`, or `/ignore` for the list.
    Ignore(Option<String>),
    /// `/unignore eve`
    Unignore(String),
    /// `/register` or `/register ann`
    Register(Option<String>),
    /// `/login` or `/login ann`
    Login(Option<String>),
    /// `/password`
    Password,
    /// `/unregister ann`
    Unregister(String),
    /// `/server` or `/server lab`
    Server(Option<String>),
    /// `/devices`
    Devices,
    /// `/revoke k3v9q`
    Revoke(String),
    /// `/help` or `/help ban`
    Help(Option<&'static str>),
    /// `/quit`
    Quit,
}

/// Which message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this number.
    Number(RoomSeq),
    /// `^`: the last one: one's own where one can only mean that, else of the room.
    Last,
    /// `~3`: what this program said as its third, which had no number when it was chosen.
    Said(u64),
}

/// How much of the past is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// So many messages; as many as a page has if it was not said.
    Count(Option<u16>),
    /// So long.
    Since(Duration),
    /// What comes after the part that was shown last.
    More,
}

/// What a member is kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restraint {
    /// The room.
    Ban,
    /// Writing.
    Mute,
}

/// Reads a line as it was typed, without its end.
///
/// # Errors
/// What is wrong with it.
pub fn parse(line: &str) -> Result<Line, ParseError> {
    if visible::is_blank(line) {
        return Ok(Line::Blank);
    }
    let Some(rest) = line.strip_prefix('/') else { return Ok(Line::Say(line.to_owned())) };
    if rest.starts_with('/') {
        return Ok(Line::Say(rest.to_owned()));
    }
    let (typed, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if typed == "me" {
        return Err(ParseError::Elsewhere("me"));
    }
    let command = find(typed).ok_or_else(|| ParseError::Unknown(typed.to_owned()))?;
    read(command, Rest(rest.trim()))
}

/// What stands behind the command.
#[derive(Clone, Copy)]
struct Rest<'a>(&'a str);

/// What is said, and what is read.
fn read(command: &'static str, rest: Rest<'_>) -> Result<Line, ParseError> {
    let missing = |what| Err(ParseError::Missing { what, command });
    match command {
        "msg" => match rest.word() {
            (to, text) if !to.is_empty() && !text.0.is_empty() => {
                Ok(Line::Msg { to: person(to)?, text: text.0.to_owned() })
            }
            _ => missing(Missing::PersonAndText),
        },
        "reply" => rest.about(command).map(|(to, text)| Line::Reply(to, text)),
        "edit" => rest.about(command).map(|(of, text)| Line::Edit(of, text)),
        "delete" => match rest.word() {
            ("", _) => missing(Missing::Message),
            (which, Rest("")) => Ok(Line::Delete(message(which, command)?)),
            _ => Err(ParseError::TooMuch { takes: Takes::Message, command }),
        },
        "react" => {
            let (to, emoji) = rest.about(command)?;
            let (emoji, is_set) = match emoji.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                Some(taken) => (taken.to_owned(), false),
                None => (emoji, true),
            };
            Ok(Line::React { to, emoji: shown(command, &emoji)?, is_set })
        }
        "history" => past(rest.0, command).map(Line::History),
        "search" => Ok(Line::Search(rest.0.to_owned())),
        "help" if rest.0.is_empty() => Ok(Line::Help(None)),
        "help" => {
            let name = rest.0.strip_prefix('/').unwrap_or(rest.0);
            find(name).map(|command| Line::Help(Some(command))).ok_or_else(|| ParseError::Unknown(name.to_owned()))
        }
        "quit" => rest.nothing(Line::Quit, command),
        other => go(other, rest),
    }
}

/// Which rooms there are, what they are, and how one enters and leaves them.
fn go(command: &'static str, rest: Rest<'_>) -> Result<Line, ParseError> {
    let missing = |what| Err(ParseError::Missing { what, command });
    match command {
        "join" if rest.0.is_empty() => missing(Missing::Room),
        "join" => {
            let (room, password) = rest.word();
            let (room, password) = (Rest(room).room(command)?, password.0);
            if password.starts_with(['#', '@']) {
                return Err(ParseError::TooMuch { takes: Takes::Room, command });
            }
            Ok(Line::Join(room, Some(password).filter(|p| !p.is_empty()).map(str::to_owned)))
        }
        "leave" => Ok(Line::Leave(rest.optional_room(command)?)),
        "who" => Ok(Line::Who(rest.optional_room(command)?)),
        "members" => Ok(Line::Members(rest.optional_room(command)?)),
        "create" if rest.0.is_empty() => missing(Missing::Room),
        "create" => {
            let (room, access) = rest.word();
            let room = Rest(room).room(command)?;
            let access = if access.0.is_empty() { Access::Public } else { self::access(access.0, command)? };
            Ok(Line::Create(room, access))
        }
        "open" => access(rest.0, command).map(Line::Open),
        "topic" if rest.0.is_empty() => Ok(Line::Topic(None)),
        "topic" if rest.0 == "-" => Ok(Line::Topic(Some(String::new()))),
        "topic" => shown(command, rest.0).map(|topic| Line::Topic(Some(topic))),
        "pins" => rest.nothing(Line::Pins, command),
        "rooms" => rest.nothing(Line::Rooms, command),
        "server" => Ok(Line::Server(rest.optional())),
        other => set(other, rest),
    }
}

/// What the user is to others, and how this program behaves.
fn set(command: &'static str, rest: Rest<'_>) -> Result<Line, ParseError> {
    match command {
        "notify" if rest.0.is_empty() => Ok(Line::Notify(None)),
        "notify" => match rest.0.to_lowercase().parse() {
            Ok(about) => Ok(Line::Notify(Some(about))),
            Err(_) => Err(word(rest.0, Wanted::About, command)),
        },
        "arrivals" => match rest.0.to_lowercase().as_str() {
            "" => Ok(Line::Arrivals(None)),
            "on" => Ok(Line::Arrivals(Some(true))),
            "off" => Ok(Line::Arrivals(Some(false))),
            _ => Err(word(rest.0, Wanted::Switch, command)),
        },
        "theme" => Ok(Line::Theme(rest.optional())),
        "nick" if rest.0.is_empty() => Err(ParseError::Missing { what: Missing::Name, command }),
        "nick" => Ok(Line::Nick(rest.person(command)?)),
        "away" => shown(command, rest.0).map(Line::Away),
        "back" => rest.nothing(Line::Back, command),
        "status" => rest.nothing(Line::Status, command),
        "ignore" => Ok(Line::Ignore(rest.optional_person(command)?)),
        "unignore" => Ok(Line::Unignore(rest.person(command)?)),
        "register" => Ok(Line::Register(rest.optional_person(command)?)),
        "login" => Ok(Line::Login(rest.optional_person(command)?)),
        "unregister" => Ok(Line::Unregister(rest.person(command)?)),
        "password" => rest.nothing(Line::Password, command),
        "devices" => rest.nothing(Line::Devices, command),
        "revoke" if rest.0.is_empty() => Err(ParseError::Missing { what: Missing::Device, command }),
        "revoke" => Ok(Line::Revoke(rest.0.to_lowercase())),
        other => moderate(other, rest),
    }
}

/// What moderators and owners type.
fn moderate(command: &'static str, rest: Rest<'_>) -> Result<Line, ParseError> {
    match command {
        "invite" => Ok(Line::Act(Act::Invite { who: rest.person(command)? })),
        "kick" => Ok(Line::Act(Act::Kick { who: rest.person(command)? })),
        "unban" => Ok(Line::Act(Act::Unban { who: rest.person(command)? })),
        "mute" | "unmute" if rest.0.starts_with('#') => {
            Ok(Line::Quiet { room: rest.room(command)?, is_muted: command == "mute" })
        }
        "unmute" => Ok(Line::Act(Act::Unmute { who: rest.person(command)? })),
        "ban" => rest.restrain(Restraint::Ban, command),
        "mute" => rest.restrain(Restraint::Mute, command),
        "role" => match rest.word() {
            (who, role) if !who.is_empty() && !role.0.is_empty() => {
                let role = match role.0.to_lowercase().as_str() {
                    "member" => Role::Member,
                    "moderator" | "mod" => Role::Moderator,
                    "owner" => Role::Owner,
                    _ => return Err(word(role.0, Wanted::Role, command)),
                };
                Ok(Line::Act(Act::Role { who: person(who)?, role }))
            }
            _ => Err(ParseError::Missing { what: Missing::PersonAndRole, command }),
        },
        "pin" | "unpin" => {
            let is_set = command == "pin";
            match rest.word() {
                ("", _) => Ok(Line::Pin { of: None, is_set }),
                (which, Rest("")) => Ok(Line::Pin { of: Some(message(which, command)?), is_set }),
                _ => Err(ParseError::TooMuch { takes: Takes::Message, command }),
            }
        }
        "slow" => {
            let interval_s = rest.0.parse().map_err(|_| word(rest.0, Wanted::Seconds, command))?;
            Ok(Line::Act(Act::Slow { interval_s }))
        }
        other => Err(ParseError::Unknown(other.to_owned())),
    }
}

impl<'a> Rest<'a> {
    /// The first word, and what stands behind it.
    fn word(self) -> (&'a str, Rest<'a>) {
        let (word, rest) = self.0.split_once(char::is_whitespace).unwrap_or((self.0, ""));
        (word, Rest(rest.trim_start()))
    }

    fn room(self, command: &'static str) -> Result<String, ParseError> {
        if self.0.contains(char::is_whitespace) {
            return Err(ParseError::TooMuch { takes: Takes::Room, command });
        }
        checked(self.0, self.0.strip_prefix(['#', '@']).unwrap_or(self.0))
    }

    fn optional_room(self, command: &'static str) -> Result<Option<String>, ParseError> {
        if self.0.is_empty() { Ok(None) } else { self.room(command).map(Some) }
    }

    fn person(self, command: &'static str) -> Result<String, ParseError> {
        match self.word() {
            ("", _) => Err(ParseError::Missing { what: Missing::Person, command }),
            (who, Rest("")) => person(who),
            _ => Err(ParseError::TooMuch { takes: Takes::Person, command }),
        }
    }

    fn optional_person(self, command: &'static str) -> Result<Option<String>, ParseError> {
        if self.0.is_empty() { Ok(None) } else { self.person(command).map(Some) }
    }

    /// All of it, if it is anything.
    fn optional(self) -> Option<String> {
        Some(self.0).filter(|rest| !rest.is_empty()).map(str::to_owned)
    }

    /// A message and a text about it.
    fn about(self, command: &'static str) -> Result<(Which, String), ParseError> {
        match self.word() {
            (which, text) if !which.is_empty() && !text.0.is_empty() => {
                Ok((message(which, command)?, text.0.to_owned()))
            }
            _ => Err(ParseError::Missing { what: Missing::MessageAndText, command }),
        }
    }

    fn restrain(self, how: Restraint, command: &'static str) -> Result<Line, ParseError> {
        let (who, lasts) = self.word();
        if who.is_empty() {
            return Err(ParseError::Missing { what: Missing::Person, command });
        }
        let lasts = match lasts.0 {
            "" => None,
            typed => Some(span(typed).map_err(|_| word(typed, Wanted::Span, command))?),
        };
        Ok(Line::Restrain { who: person(who)?, how, lasts })
    }

    fn nothing(self, line: Line, command: &'static str) -> Result<Line, ParseError> {
        if self.0.is_empty() { Ok(line) } else { Err(ParseError::TooMuch { takes: Takes::Nothing, command }) }
    }
}

fn person(typed: &str) -> Result<String, ParseError> {
    let bare = typed.strip_prefix('@').unwrap_or(typed);
    checked(bare, bare)
}

fn message(typed: &str, command: &'static str) -> Result<Which, ParseError> {
    let none = || word(typed, Wanted::Message, command);
    if typed == "^" {
        return Ok(Which::Last);
    }
    if let Some(tag) = typed.strip_prefix('~') {
        return tag.parse().map(Which::Said).map_err(|_| none());
    }
    match typed.strip_prefix('#').unwrap_or(typed).parse() {
        Ok(number @ 1..) => Ok(Which::Number(RoomSeq(number))),
        Ok(0) | Err(_) => Err(none()),
    }
}

fn past(typed: &str, command: &'static str) -> Result<Past, ParseError> {
    if typed.is_empty() {
        return Ok(Past::Count(None));
    }
    if typed.eq_ignore_ascii_case("more") {
        return Ok(Past::More);
    }
    if let Ok(count @ 1..) = typed.parse() {
        return Ok(Past::Count(Some(count)));
    }
    span(typed).map(Past::Since).map_err(|_| word(typed, Wanted::Past, command))
}

fn access(typed: &str, command: &'static str) -> Result<Access, ParseError> {
    match typed.to_lowercase().as_str() {
        "public" => Ok(Access::Public),
        "password" => Ok(Access::Password),
        "invite" => Ok(Access::Invite),
        "private" => Ok(Access::Private),
        "" => Err(ParseError::Missing { what: Missing::Access, command }),
        _ => Err(word(typed, Wanted::Access, command)),
    }
}

fn word(typed: &str, wanted: Wanted, command: &'static str) -> ParseError {
    ParseError::Word { typed: typed.to_owned(), wanted, command }
}

/// What was typed, if others can be shown it in a line.
fn shown(command: &'static str, typed: &str) -> Result<String, ParseError> {
    visible::check_line(typed).map(|()| typed.to_owned()).map_err(|why| ParseError::Line { command, why })
}

/// What was typed, if the name in it is one.
fn checked(typed: &str, name: &str) -> Result<String, ParseError> {
    match name::check(name) {
        Ok(()) => Ok(typed.to_owned()),
        Err(why) => Err(ParseError::Name { typed: typed.to_owned(), why }),
    }
}

#[cfg(test)]
mod tests;
