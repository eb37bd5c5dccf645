//! What stands behind a command, and the kinds of things that it may be.

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, name, visible};

use super::{Line, Missing, ParseError, Past, Restraint, Takes, Wanted, Which, span};

/// What stands behind the command.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a>(pub(super) &'a str);

impl<'a> Rest<'a> {
    /// The first word, and what stands behind it.
    pub(super) fn word(self) -> (&'a str, Rest<'a>) {
        let (word, rest) = self.0.split_once(char::is_whitespace).unwrap_or((self.0, ""));
        (word, Rest(rest.trim_start()))
    }

    pub(super) fn room(self, command: &'static str) -> Result<String, ParseError> {
        if self.0.contains(char::is_whitespace) {
            return Err(ParseError::TooMuch { takes: Takes::Room, command });
        }
        checked(self.0, self.0.strip_prefix(['#', '@']).unwrap_or(self.0))
    }

    pub(super) fn optional_room(self, command: &'static str) -> Result<Option<String>, ParseError> {
        if self.0.is_empty() { Ok(None) } else { self.room(command).map(Some) }
    }

    pub(super) fn person(self, command: &'static str) -> Result<String, ParseError> {
        match self.word() {
            ("", _) => Err(ParseError::Missing { what: Missing::Person, command }),
            (who, Rest("")) => person(who),
            _ => Err(ParseError::TooMuch { takes: Takes::Person, command }),
        }
    }

    pub(super) fn optional_person(self, command: &'static str) -> Result<Option<String>, ParseError> {
        if self.0.is_empty() { Ok(None) } else { self.person(command).map(Some) }
    }

    /// All of it, if it is anything.
    pub(super) fn optional(self) -> Option<String> {
        Some(self.0).filter(|rest| !rest.is_empty()).map(str::to_owned)
    }

    /// A message and a text about it.
    pub(super) fn about(self, command: &'static str) -> Result<(Which, String), ParseError> {
        match self.word() {
            (which, text) if !which.is_empty() && !text.0.is_empty() => {
                Ok((message(which, command)?, text.0.to_owned()))
            }
            _ => Err(ParseError::Missing { what: Missing::MessageAndText, command }),
        }
    }

    pub(super) fn restrain(self, how: Restraint, command: &'static str) -> Result<Line, ParseError> {
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

    pub(super) fn nothing(self, line: Line, command: &'static str) -> Result<Line, ParseError> {
        if self.0.is_empty() { Ok(line) } else { Err(ParseError::TooMuch { takes: Takes::Nothing, command }) }
    }
}

pub(super) fn person(typed: &str) -> Result<String, ParseError> {
    let bare = typed.strip_prefix('@').unwrap_or(typed);
    checked(bare, bare)
}

pub(super) fn message(typed: &str, command: &'static str) -> Result<Which, ParseError> {
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

pub(super) fn past(typed: &str, command: &'static str) -> Result<Past, ParseError> {
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

pub(super) fn access(typed: &str, command: &'static str) -> Result<Access, ParseError> {
    match typed.to_lowercase().as_str() {
        "public" => Ok(Access::Public),
        "password" => Ok(Access::Password),
        "invite" => Ok(Access::Invite),
        "private" => Ok(Access::Private),
        "" => Err(ParseError::Missing { what: Missing::Access, command }),
        _ => Err(word(typed, Wanted::Access, command)),
    }
}

pub(super) fn word(typed: &str, wanted: Wanted, command: &'static str) -> ParseError {
    ParseError::Word { typed: typed.to_owned(), wanted, command }
}

/// What was typed, if others can be shown it in a line.
pub(super) fn shown(command: &'static str, typed: &str) -> Result<String, ParseError> {
    visible::check_line(typed).map(|()| typed.to_owned()).map_err(|why| ParseError::Line { command, why })
}

/// What was typed, if the name in it is one.
pub(super) fn checked(typed: &str, name: &str) -> Result<String, ParseError> {
    match name::check(name) {
        Ok(()) => Ok(typed.to_owned()),
        Err(why) => Err(ParseError::Name { typed: typed.to_owned(), why }),
    }
}
