//! A line as typed: text for the room, or a command that begins with a slash.

use chinwag_proto::wire::message::name;

/// What there is to type.
pub(super) const HELP: &str = "\
what you type goes to the room; Alt-Enter begins a new line in it
/join ROOM       enter a room, or go back to one (/join @NAME: talk to one person)
/leave [ROOM]    leave a room
/msg NAME TEXT   say something to one person
/who [ROOM]      who is here
/quit            go (Ctrl-D on an empty line, too)
//TEXT           say something that begins with a slash";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// An empty line.
    Nothing,
    /// Say this in the room.
    Say(String),
    /// Say this to one person.
    Tell { to: String, text: String },
    /// Enter a room: `#lobby`, `@ann`.
    Join(String),
    /// Who is in this room, or in the one where we are.
    Who(Option<String>),
    /// Leave this room, or the one where we are.
    Leave(Option<String>),
    /// What there is to type.
    Help,
    /// Go.
    Quit,
}

/// Understands a line; or says what is wrong with it, and what to type instead.
pub(super) fn line(line: &str) -> Result<Wish, String> {
    let Some(rest) = line.strip_prefix('/') else {
        return Ok(if line.trim().is_empty() { Wish::Nothing } else { Wish::Say(line.to_owned()) });
    };
    if rest.starts_with('/') {
        return Ok(Wish::Say(rest.to_owned()));
    }
    let (command, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let rest = rest.trim();
    match command {
        "join" | "j" if rest.is_empty() => Err("which room? /join ROOM".to_owned()),
        "join" | "j" => room(rest).map(Wish::Join),
        "leave" | "part" => optional_room(rest).map(Wish::Leave),
        "who" | "names" => optional_room(rest).map(Wish::Who),
        "msg" | "m" => tell(rest),
        "help" | "h" | "?" => Ok(Wish::Help),
        "quit" | "exit" | "q" => Ok(Wish::Quit),
        _ => Err(format!(
            "there is no command {command:?}; /help lists them, and // says a text that begins with a slash"
        )),
    }
}

fn tell(rest: &str) -> Result<Wish, String> {
    match rest.split_once(char::is_whitespace) {
        Some((to, text)) if !text.trim().is_empty() => {
            let to = to.strip_prefix('@').unwrap_or(to);
            name::check(to).map_err(|error| format!("{to:?}: {error}"))?;
            Ok(Wish::Tell { to: to.to_owned(), text: text.trim_start().to_owned() })
        }
        _ => Err("what to whom? /msg NAME TEXT".to_owned()),
    }
}

fn optional_room(given: &str) -> Result<Option<String>, String> {
    if given.is_empty() { Ok(None) } else { room(given).map(Some) }
}

/// A room as shown: `#lobby`, `@ann`.
fn room(given: &str) -> Result<String, String> {
    let bare = given.strip_prefix(['#', '@']).unwrap_or(given);
    name::check(bare).map_err(|error| format!("{given:?}: {error}"))?;
    Ok(if bare.len() < given.len() { given.to_owned() } else { format!("#{given}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_to_the_room_as_it_is() {
        assert_eq!(line("hello, world "), Ok(Wish::Say("hello, world ".into())));
        assert_eq!(line("//etc/passwd"), Ok(Wish::Say("/etc/passwd".into())));
        assert_eq!(line(" /not a command"), Ok(Wish::Say(" /not a command".into())));
        assert_eq!(line("  "), Ok(Wish::Nothing));
    }

    #[test]
    fn commands_are_understood_with_and_without_signs() {
        assert_eq!(line("/join kitchen"), Ok(Wish::Join("#kitchen".into())));
        assert_eq!(line("/join #kitchen"), Ok(Wish::Join("#kitchen".into())));
        assert_eq!(line("/join @bob"), Ok(Wish::Join("@bob".into())));
        assert_eq!(line("/msg @bob  lunch at one?"), Ok(Wish::Tell { to: "bob".into(), text: "lunch at one?".into() }));
        assert_eq!(line("/who"), Ok(Wish::Who(None)));
        assert_eq!(line("/who 厨房"), Ok(Wish::Who(Some("#厨房".into()))));
        assert_eq!(line("/quit"), Ok(Wish::Quit));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_type() {
        for (typed, said) in [
            ("/join", "/join ROOM"),
            ("/join two rooms", "letters, digits"),
            ("/msg bob", "/msg NAME TEXT"),
            ("/msg \x1b[2J hi", "\\u{1b}"),
            ("/dance", "/help"),
        ] {
            let error = line(typed).expect_err(typed);
            assert!(error.contains(said) && !error.contains('\x1b'), "{error}");
        }
    }
}
