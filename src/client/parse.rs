//! The command language of line mode: what a person types, and what to say when it is not understood.

use chinwag_proto::wire::message::name;
use thiserror::Error;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing: it is blank.
    Blank,
    /// Say this in the room that is being followed.
    Say(String),
    /// `/join #room`
    Join(String),
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
    /// `/help`
    Help,
    /// `/quit`
    Quit,
}

/// What `/help` says.
pub const HELP: &str = "\
/join #room        enter a room and talk there
/leave [#room]     leave it
/who [#room]       who is here
/msg NAME TEXT     a message to one person
/quit              goodbye
//text             say a line that begins with /";

/// What is wrong with a line, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseError {
    /// No such command.
    #[error("there is no /{0}; type /help for the commands, or //{0} to say it")]
    Unknown(String),
    /// `/join` without a room.
    #[error("which room? type /join #lobby")]
    JoinWhat,
    /// `/msg` without a name or a text.
    #[error("to whom, and what? type /msg ann hello")]
    MsgWhat,
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
    /// That can't be a name.
    #[error("{typed:?} is no name: {why}")]
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
    if line.trim().is_empty() {
        return Ok(Line::Blank);
    }
    let Some(rest) = line.strip_prefix('/') else { return Ok(Line::Say(line.to_owned())) };
    if rest.starts_with('/') {
        return Ok(Line::Say(rest.to_owned()));
    }
    let (command, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let rest = rest.trim();
    match command {
        "join" | "j" if rest.is_empty() => Err(ParseError::JoinWhat),
        "join" | "j" => Ok(Line::Join(room(rest, "join", "/join #lobby")?)),
        "leave" | "part" => Ok(Line::Leave(optional_room(rest, "leave", "/leave #lobby")?)),
        "who" | "w" => Ok(Line::Who(optional_room(rest, "who", "/who #lobby")?)),
        "msg" | "m" => msg(rest),
        "help" | "h" | "?" => nothing(rest, Line::Help, "help", "/help"),
        "quit" | "q" | "exit" => nothing(rest, Line::Quit, "quit", "/quit"),
        _ => Err(ParseError::Unknown(command.to_owned())),
    }
}

fn room(rest: &str, command: &'static str, example: &'static str) -> Result<String, ParseError> {
    if rest.contains(char::is_whitespace) {
        return Err(ParseError::TooMuch { command, takes: "one room", example });
    }
    checked(rest, rest.strip_prefix(['#', '@']).unwrap_or(rest))
}

fn optional_room(rest: &str, command: &'static str, example: &'static str) -> Result<Option<String>, ParseError> {
    if rest.is_empty() { Ok(None) } else { room(rest, command, example).map(Some) }
}

fn msg(rest: &str) -> Result<Line, ParseError> {
    let (to, text) = rest.split_once(char::is_whitespace).ok_or(ParseError::MsgWhat)?;
    let to = to.strip_prefix('@').unwrap_or(to);
    Ok(Line::Msg { to: checked(to, to)?, text: text.trim_start().to_owned() })
}

fn nothing(rest: &str, line: Line, command: &'static str, example: &'static str) -> Result<Line, ParseError> {
    if rest.is_empty() { Ok(line) } else { Err(ParseError::TooMuch { command, takes: "nothing", example }) }
}

/// What was typed, if the name in it is one.
fn checked(typed: &str, name: &str) -> Result<String, ParseError> {
    match name::check(name) {
        Ok(()) => Ok(typed.to_owned()),
        Err(why) => Err(ParseError::Name { typed: typed.to_owned(), why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_slash_are_said() {
        assert_eq!(parse("hello, all"), Ok(Line::Say("hello, all".into())));
        assert_eq!(parse("  indented"), Ok(Line::Say("  indented".into())));
        assert_eq!(parse("//join is a command"), Ok(Line::Say("/join is a command".into())));
        assert_eq!(parse(" \t"), Ok(Line::Blank));
    }

    #[test]
    fn commands() {
        assert_eq!(parse("/join #lobby"), Ok(Line::Join("#lobby".into())));
        assert_eq!(parse("/j lobby "), Ok(Line::Join("lobby".into())));
        assert_eq!(parse("/who"), Ok(Line::Who(None)));
        assert_eq!(parse("/who #ops"), Ok(Line::Who(Some("#ops".into()))));
        assert_eq!(parse("/leave"), Ok(Line::Leave(None)));
        assert_eq!(parse("/msg ann  two  words"), Ok(Line::Msg { to: "ann".into(), text: "two  words".into() }));
        assert_eq!(parse("/msg @ann hi"), Ok(Line::Msg { to: "ann".into(), text: "hi".into() }));
        assert_eq!(parse("/quit"), Ok(Line::Quit));
        assert_eq!(parse("/help"), Ok(Line::Help));
    }

    #[test]
    fn errors_say_what_to_type_instead() {
        let said = |line: &str| parse(line).expect_err("no command").to_string();
        assert_eq!(said("/jion #lobby"), "there is no /jion; type /help for the commands, or //jion to say it");
        assert_eq!(said("/join"), "which room? type /join #lobby");
        assert_eq!(said("/msg ann"), "to whom, and what? type /msg ann hello");
        assert_eq!(said("/join #a #b"), "/join takes one room; type /join #lobby");
        assert_eq!(said("/quit now"), "/quit takes nothing; type /quit");
        assert_eq!(said("/join #a/b"), "\"#a/b\" is no name: a name has only letters, digits, and - _ . (not '/')");
    }
}
