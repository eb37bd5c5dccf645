//! The command language of line mode: what a person types, and what to say when it is not understood.

pub mod help;
mod span;

use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Role, name, visible};
use thiserror::Error;

use crate::ring::About;

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
    /// `/topic the move on Friday`
    Topic(String),
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
    Help(Option<&'static help::Help>),
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

/// What is wrong with a line, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// No such command.
    #[error("there is no /{0}; type /help for the commands, or //{0} to say it")]
    Unknown(String),
    /// There is no such thing here, and another way.
    #[error("there is no /{command} here: {instead}")]
    Elsewhere {
        /// The command.
        command: &'static str,
        /// What to type.
        instead: &'static str,
    },
    /// Something is missing.
    #[error("{what} type {example}")]
    Missing {
        /// What is.
        what: &'static str,
        /// For example.
        example: &'static str,
    },
    /// More than a command takes.
    #[error("/{command} takes {takes}; type {example}")]
    TooMuch {
        /// The command.
        command: &'static str,
        /// What it takes.
        takes: &'static str,
        /// For example.
        example: &'static str,
    },
    /// A word that means nothing there.
    #[error("{typed:?} is no {wanted}; type {example}")]
    Word {
        /// What was typed.
        typed: String,
        /// What belongs there.
        wanted: &'static str,
        /// For example.
        example: &'static str,
    },
    /// Others can't be shown that.
    #[error("no {what}: {why}")]
    Line {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: visible::LineError,
    },
    /// That can't be a name.
    #[error("{why} ({typed:?})")]
    Name {
        /// What was typed.
        typed: String,
        /// What is wrong with it.
        why: name::NameError,
    },
}

/// Reads a line as it was typed, without its end.
///
/// # Errors
/// What is wrong with it, as a sentence for whoever typed it.
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
        return Err(ParseError::Elsewhere { command: "me", instead: "say it as others do, such as *waves*" });
    }
    let command = help::find(typed).ok_or_else(|| ParseError::Unknown(typed.to_owned()))?;
    read(command.names[0], Rest(rest.trim()))
}

/// What stands behind the command.
#[derive(Clone, Copy)]
struct Rest<'a>(&'a str);

fn read(command: &str, rest: Rest<'_>) -> Result<Line, ParseError> {
    let missing = |what, example| Err(ParseError::Missing { what, example });
    match command {
        "join" if rest.0.is_empty() => missing("which room?", "/join #lobby"),
        "join" => {
            let (room, password) = rest.word();
            let (room, password) = (Rest(room).room("join", "/join #lobby")?, password.0);
            if password.starts_with(['#', '@']) {
                return Err(ParseError::TooMuch { command: "join", takes: "one room", example: "/join #lobby" });
            }
            Ok(Line::Join(room, Some(password).filter(|p| !p.is_empty()).map(str::to_owned)))
        }
        "leave" => Ok(Line::Leave(rest.optional_room("leave", "/leave #lobby")?)),
        "who" => Ok(Line::Who(rest.optional_room("who", "/who #lobby")?)),
        "members" => Ok(Line::Members(rest.optional_room("members", "/members #lobby")?)),
        "msg" => match rest.word() {
            (to, text) if !to.is_empty() && !text.0.is_empty() => {
                Ok(Line::Msg { to: person(to)?, text: text.0.to_owned() })
            }
            _ => missing("to whom, and what?", "/msg ann hello"),
        },
        "reply" => rest.about("/reply 12 yes").map(|(to, text)| Line::Reply(to, text)),
        "edit" => rest.about("/edit ^ what I meant").map(|(of, text)| Line::Edit(of, text)),
        "delete" => match rest.word() {
            ("", _) => missing("which message?", "/delete 12"),
            (which, Rest("")) => Ok(Line::Delete(message(which, "/delete 12")?)),
            _ => Err(ParseError::TooMuch { command: "delete", takes: "one number", example: "/delete 12" }),
        },
        "react" => {
            let (to, emoji) = rest.about("/react 12 👍")?;
            let (emoji, is_set) = match emoji.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                Some(taken) => (taken.to_owned(), false),
                None => (emoji, true),
            };
            Ok(Line::React { to, emoji: shown("reaction", &emoji)?, is_set })
        }
        "history" => past(rest.0).map(Line::History),
        "search" => Ok(Line::Search(rest.0.to_owned())),
        "create" if rest.0.is_empty() => missing("which room?", "/create #plans invite"),
        "create" => {
            let (room, access) = rest.word();
            let room = Rest(room).room("create", "/create #plans invite")?;
            let access =
                if access.0.is_empty() { Access::Public } else { self::access(access.0, "/create #plans invite")? };
            Ok(Line::Create(room, access))
        }
        "open" => access(rest.0, "/open public").map(Line::Open),
        "topic" => shown("topic", rest.0).map(Line::Topic),
        "notify" if rest.0.is_empty() => Ok(Line::Notify(None)),
        "notify" => match rest.0.to_lowercase().parse() {
            Ok(about) => Ok(Line::Notify(Some(about))),
            Err(_) => Err(word(rest.0, "rule for what rings (mentions, all, none)", "/notify all")),
        },
        "arrivals" => match rest.0.to_lowercase().as_str() {
            "" => Ok(Line::Arrivals(None)),
            "on" => Ok(Line::Arrivals(Some(true))),
            "off" => Ok(Line::Arrivals(Some(false))),
            _ => Err(word(rest.0, "switch (on, off)", "/arrivals off")),
        },
        "theme" => Ok(Line::Theme(Some(rest.0).filter(|name| !name.is_empty()).map(str::to_owned))),
        "nick" if rest.0.is_empty() => missing("which name?", "/nick ann"),
        "nick" => Ok(Line::Nick(rest.person("nick", "/nick ann")?)),
        "away" => shown("text to be away with", rest.0).map(Line::Away),
        "ignore" if rest.0.is_empty() => Ok(Line::Ignore(None)),
        "ignore" => Ok(Line::Ignore(Some(rest.person("ignore", "/ignore eve")?))),
        "unignore" => Ok(Line::Unignore(rest.person("unignore", "/unignore eve")?)),
        "register" if rest.0.is_empty() => Ok(Line::Register(None)),
        "register" => Ok(Line::Register(Some(rest.person("register", "/register ann")?))),
        "login" if rest.0.is_empty() => Ok(Line::Login(None)),
        "login" => Ok(Line::Login(Some(rest.person("login", "/login ann")?))),
        "unregister" => Ok(Line::Unregister(rest.person("unregister", "/unregister ann")?)),
        "revoke" if rest.0.is_empty() => missing("which device? /devices shows them;", "/revoke k3v9q"),
        "revoke" => Ok(Line::Revoke(rest.0.to_lowercase())),
        "help" if rest.0.is_empty() => Ok(Line::Help(None)),
        "help" => {
            let name = rest.0.strip_prefix('/').unwrap_or(rest.0);
            help::find(name).map(|help| Line::Help(Some(help))).ok_or_else(|| ParseError::Unknown(name.to_owned()))
        }
        "pins" => rest.nothing(Line::Pins, "pins", "/pins"),
        "status" => rest.nothing(Line::Status, "status", "/status"),
        "rooms" => rest.nothing(Line::Rooms, "rooms", "/rooms"),
        "back" => rest.nothing(Line::Back, "back", "/back"),
        "password" => rest.nothing(Line::Password, "password", "/password"),
        "server" => Ok(Line::Server(Some(rest.0).filter(|name| !name.is_empty()).map(str::to_owned))),
        "devices" => rest.nothing(Line::Devices, "devices", "/devices"),
        "quit" => rest.nothing(Line::Quit, "quit", "/quit"),
        other => moderate(other, rest),
    }
}

/// What moderators and owners type.
fn moderate(command: &str, rest: Rest<'_>) -> Result<Line, ParseError> {
    match command {
        "invite" => Ok(Line::Act(Act::Invite { who: rest.person("invite", "/invite ann")? })),
        "kick" => Ok(Line::Act(Act::Kick { who: rest.person("kick", "/kick eve")? })),
        "unban" => Ok(Line::Act(Act::Unban { who: rest.person("unban", "/unban eve")? })),
        "mute" | "unmute" if rest.0.starts_with('#') => {
            let (command, example) =
                if command == "mute" { ("mute", "/mute #builds") } else { ("unmute", "/unmute #builds") };
            Ok(Line::Quiet { room: rest.room(command, example)?, is_muted: command == "mute" })
        }
        "unmute" => Ok(Line::Act(Act::Unmute { who: rest.person("unmute", "/unmute eve")? })),
        "ban" => rest.restrain(Restraint::Ban, "/ban eve 2h"),
        "mute" => rest.restrain(Restraint::Mute, "/mute eve 10m"),
        "role" => match rest.word() {
            (who, role) if !who.is_empty() && !role.0.is_empty() => {
                let role = match role.0.to_lowercase().as_str() {
                    "member" => Role::Member,
                    "moderator" | "mod" => Role::Moderator,
                    "owner" => Role::Owner,
                    _ => return Err(word(role.0, "role", "/role ann moderator")),
                };
                Ok(Line::Act(Act::Role { who: person(who)?, role }))
            }
            _ => Err(ParseError::Missing { what: "who, and what from now on?", example: "/role ann moderator" }),
        },
        "pin" | "unpin" => {
            let is_set = command == "pin";
            let (command, example) = if is_set { ("pin", "/pin 12") } else { ("unpin", "/unpin 12") };
            match rest.word() {
                ("", _) => Ok(Line::Pin { of: None, is_set }),
                (which, Rest("")) => Ok(Line::Pin { of: Some(message(which, example)?), is_set }),
                _ => Err(ParseError::TooMuch { command, takes: "one number", example }),
            }
        }
        "slow" => {
            let interval_s = rest.0.parse().map_err(|_| word(rest.0, "number of seconds", "/slow 10"))?;
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

    fn room(self, command: &'static str, example: &'static str) -> Result<String, ParseError> {
        if self.0.contains(char::is_whitespace) {
            return Err(ParseError::TooMuch { command, takes: "one room", example });
        }
        checked(self.0, self.0.strip_prefix(['#', '@']).unwrap_or(self.0))
    }

    fn optional_room(self, command: &'static str, example: &'static str) -> Result<Option<String>, ParseError> {
        if self.0.is_empty() { Ok(None) } else { self.room(command, example).map(Some) }
    }

    fn person(self, command: &'static str, example: &'static str) -> Result<String, ParseError> {
        match self.word() {
            ("", _) => Err(ParseError::Missing { what: "whom?", example }),
            (who, Rest("")) => person(who),
            _ => Err(ParseError::TooMuch { command, takes: "one name", example }),
        }
    }

    /// A message and a text about it.
    fn about(self, example: &'static str) -> Result<(Which, String), ParseError> {
        match self.word() {
            (which, text) if !which.is_empty() && !text.0.is_empty() => {
                Ok((message(which, example)?, text.0.to_owned()))
            }
            _ => Err(ParseError::Missing { what: "which message, and what?", example }),
        }
    }

    fn restrain(self, how: Restraint, example: &'static str) -> Result<Line, ParseError> {
        let (who, lasts) = self.word();
        if who.is_empty() {
            return Err(ParseError::Missing { what: "whom?", example });
        }
        let lasts = match lasts.0 {
            "" => None,
            typed => Some(span(typed).map_err(|_| word(typed, "time", example))?),
        };
        Ok(Line::Restrain { who: person(who)?, how, lasts })
    }

    fn nothing(self, line: Line, command: &'static str, example: &'static str) -> Result<Line, ParseError> {
        if self.0.is_empty() { Ok(line) } else { Err(ParseError::TooMuch { command, takes: "nothing", example }) }
    }
}

fn person(typed: &str) -> Result<String, ParseError> {
    let bare = typed.strip_prefix('@').unwrap_or(typed);
    checked(bare, bare)
}

fn message(typed: &str, example: &'static str) -> Result<Which, ParseError> {
    let number = typed.strip_prefix('#').unwrap_or(typed);
    match number.parse() {
        _ if typed == "^" => Ok(Which::Last),
        Ok(number @ 1..) => Ok(Which::Number(RoomSeq(number))),
        _ => Err(word(typed, "number of a message", example)),
    }
}

fn past(typed: &str) -> Result<Past, ParseError> {
    if typed.is_empty() {
        return Ok(Past::Count(None));
    }
    if typed.eq_ignore_ascii_case("more") {
        return Ok(Past::More);
    }
    if let Ok(count @ 1..) = typed.parse() {
        return Ok(Past::Count(Some(count)));
    }
    span(typed).map(Past::Since).map_err(|_| word(typed, "count or time", "/history 50 or /history 2h"))
}

fn access(typed: &str, example: &'static str) -> Result<Access, ParseError> {
    match typed.to_lowercase().as_str() {
        "public" => Ok(Access::Public),
        "password" => Ok(Access::Password),
        "invite" => Ok(Access::Invite),
        "private" => Ok(Access::Private),
        "" => Err(ParseError::Missing { what: "public, password, invite or private?", example }),
        _ => Err(word(typed, "way to open a room (public, password, invite, private)", example)),
    }
}

fn word(typed: &str, wanted: &'static str, example: &'static str) -> ParseError {
    ParseError::Word { typed: typed.to_owned(), wanted, example }
}

/// What was typed, if others can be shown it in a line.
fn shown(what: &'static str, typed: &str) -> Result<String, ParseError> {
    visible::check_line(typed).map(|()| typed.to_owned()).map_err(|why| ParseError::Line { what, why })
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
