//! The commands that can be typed: their names, and how what stands behind each is read.

use chinwag_proto::wire::message::{Access, Act, Fact, Role};

use super::rest::{Rest, access, message, past, person, shown, word};
use super::{Line, Missing, ParseError, Restraint, Takes, Wanted};

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// The command's name, and the other ones that mean the same.
    pub names: &'static [&'static str],
    read: Read,
}

/// Reads what stands behind a command; its first name is for what is said of a mistake.
type Read = fn(Rest<'_>, &'static str) -> Result<Line, ParseError>;

/// Every command in the order in which people meet them.
pub const COMMANDS: &[Command] = &[
    command(&["join", "j"], join),
    command(&["leave", "part", "decline"], |rest, command| Ok(Line::Leave(rest.optional_room(command)?))),
    command(&["who", "w", "names"], |rest, command| Ok(Line::Who(rest.optional_room(command)?))),
    command(&["msg", "m"], msg),
    command(&["reply", "r"], |rest, command| rest.about(command).map(|(to, text)| Line::Reply(to, text))),
    command(&["edit", "e"], |rest, command| rest.about(command).map(|(of, text)| Line::Edit(of, text))),
    command(&["delete", "del"], delete),
    command(&["react"], react),
    command(&["history", "hist"], |rest, command| past(rest.0, command).map(Line::History)),
    command(&["search"], |rest, _| Ok(Line::Search(rest.0.to_owned()))),
    command(&["status"], |rest, command| rest.nothing(Line::Status, command)),
    command(&["rooms", "list"], |rest, command| rest.nothing(Line::Rooms, command)),
    command(&["members"], |rest, command| Ok(Line::Members(rest.optional_room(command)?))),
    command(&["create"], create),
    command(&["open"], |rest, command| access(rest.0, command).map(Line::Open)),
    command(&["topic"], topic),
    command(&["invite"], |rest, command| Ok(Line::Act(Act::Invite { who: rest.person(command)? }))),
    command(&["kick"], |rest, command| Ok(Line::Act(Act::Kick { who: rest.person(command)? }))),
    command(&["ban"], |rest, command| rest.restrain(Restraint::Ban, command)),
    command(&["unban"], |rest, command| Ok(Line::Act(Act::Unban { who: rest.person(command)? }))),
    command(&["mute"], mute),
    command(&["unmute"], unmute),
    command(&["notify"], notify),
    command(&["arrivals"], arrivals),
    command(&["theme"], |rest, _| Ok(Line::Theme(rest.optional()))),
    command(&["role"], role),
    command(&["slow"], slow),
    command(&["rules"], rules),
    command(&["pin"], |rest, command| pin(rest, command, true)),
    command(&["unpin"], |rest, command| pin(rest, command, false)),
    command(&["pins"], |rest, command| rest.nothing(Line::Pins, command)),
    command(&["away"], |rest, command| shown(command, rest.0).map(Line::Away)),
    command(&["back"], |rest, command| rest.nothing(Line::Back, command)),
    command(&["ignore"], |rest, command| Ok(Line::Ignore(rest.optional_person(command)?))),
    command(&["unignore"], |rest, command| Ok(Line::Unignore(rest.person(command)?))),
    command(&["nick"], nick),
    command(&["register"], |rest, command| Ok(Line::Register(rest.optional_person(command)?))),
    command(&["login"], |rest, command| Ok(Line::Login(rest.optional_person(command)?))),
    command(&["password"], |rest, command| rest.nothing(Line::Password, command)),
    command(&["unregister"], |rest, command| Ok(Line::Unregister(rest.person(command)?))),
    command(&["server"], |rest, _| Ok(Line::Server(rest.optional()))),
    command(&["devices"], |rest, command| rest.nothing(Line::Devices, command)),
    command(&["revoke"], revoke),
    command(&["help", "h", "?"], help),
    command(&["quit", "q", "exit"], |rest, command| rest.nothing(Line::Quit, command)),
];

const fn command(names: &'static [&'static str], read: Read) -> Command {
    Command { names, read }
}

/// The command that is called so.
pub(super) fn of(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.names.contains(&name))
}

/// The first name of the command that is called so.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    of(name).map(Command::name)
}

impl Command {
    /// The command's first name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.names[0]
    }

    pub(super) fn read(&self, rest: Rest<'_>) -> Result<Line, ParseError> {
        (self.read)(rest, self.name())
    }
}

fn join(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Err(ParseError::Missing { what: Missing::Room, command });
    }
    let (room, password) = rest.word();
    let (room, password) = (Rest(room).room(command)?, password.0);
    if password.starts_with(['#', '@']) {
        return Err(ParseError::TooMuch { takes: Takes::Room, command });
    }
    Ok(Line::Join(room, Some(password).filter(|p| !p.is_empty()).map(str::to_owned)))
}

fn msg(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    match rest.word() {
        (to, text) if !to.is_empty() && !text.0.is_empty() => {
            Ok(Line::Msg { to: person(to)?, text: text.0.to_owned() })
        }
        _ => Err(ParseError::Missing { what: Missing::PersonAndText, command }),
    }
}

fn delete(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    match rest.word() {
        ("", _) => Err(ParseError::Missing { what: Missing::Message, command }),
        (which, Rest("")) => Ok(Line::Delete(message(which, command)?)),
        _ => Err(ParseError::TooMuch { takes: Takes::Message, command }),
    }
}

fn react(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    let (of, emoji) = rest.about(command)?;
    let (emoji, is_set) = match emoji.strip_prefix('-').filter(|rest| !rest.is_empty()) {
        Some(taken) => (taken.to_owned(), false),
        None => (emoji, true),
    };
    Ok(Line::React { of, emoji: shown(command, &emoji)?, is_set })
}

fn create(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Err(ParseError::Missing { what: Missing::Room, command });
    }
    let (room, wanted) = rest.word();
    let room = Rest(room).room(command)?;
    let access = if wanted.0.is_empty() { Access::Public } else { access(wanted.0, command)? };
    Ok(Line::Create(room, access))
}

fn topic(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    match rest.0 {
        "" => Ok(Line::Topic(None)),
        "-" => Ok(Line::Topic(Some(String::new()))),
        topic => shown(command, topic).map(|topic| Line::Topic(Some(topic))),
    }
}

fn mute(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.starts_with('#') {
        return Ok(Line::Quiet { room: rest.room(command)?, is_muted: true });
    }
    rest.restrain(Restraint::Mute, command)
}

fn unmute(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.starts_with('#') {
        return Ok(Line::Quiet { room: rest.room(command)?, is_muted: false });
    }
    Ok(Line::Act(Act::Unmute { who: rest.person(command)? }))
}

fn notify(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Ok(Line::Notify(None));
    }
    let about = rest.0.to_lowercase().parse();
    about.map(|about| Line::Notify(Some(about))).map_err(|_| word(rest.0, Wanted::About, command))
}

fn arrivals(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    match rest.0.to_lowercase().as_str() {
        "" => Ok(Line::Arrivals(None)),
        "on" => Ok(Line::Arrivals(Some(true))),
        "off" => Ok(Line::Arrivals(Some(false))),
        _ => Err(word(rest.0, Wanted::Switch, command)),
    }
}

fn role(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    match rest.word() {
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
    }
}

fn slow(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Ok(Line::Facts);
    }
    let interval_s = rest.0.parse().map_err(|_| word(rest.0, Wanted::Seconds, command))?;
    Ok(Line::Act(Act::Set(Fact::Slow(interval_s))))
}

fn rules(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    let set = |rules| Ok(Line::Act(Act::Set(Fact::Rules(rules))));
    match rest.0 {
        "" => Ok(Line::Facts),
        "-" => set(String::new()),
        rules => shown(command, rules).and_then(set),
    }
}

fn pin(rest: Rest<'_>, command: &'static str, is_set: bool) -> Result<Line, ParseError> {
    match rest.word() {
        ("", _) => Ok(Line::Pin { of: None, is_set }),
        (which, Rest("")) => Ok(Line::Pin { of: Some(message(which, command)?), is_set }),
        _ => Err(ParseError::TooMuch { takes: Takes::Message, command }),
    }
}

fn nick(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Err(ParseError::Missing { what: Missing::Name, command });
    }
    Ok(Line::Nick(rest.person(command)?))
}

fn revoke(rest: Rest<'_>, command: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Err(ParseError::Missing { what: Missing::Device, command });
    }
    Ok(Line::Revoke(rest.0.to_lowercase()))
}

fn help(rest: Rest<'_>, _: &'static str) -> Result<Line, ParseError> {
    if rest.0.is_empty() {
        return Ok(Line::Help(None));
    }
    let name = rest.0.strip_prefix('/').unwrap_or(rest.0);
    find(name).map(|command| Line::Help(Some(command))).ok_or_else(|| ParseError::Unknown(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_command() {
        let mut names: Vec<_> = COMMANDS.iter().flat_map(|command| command.names).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
