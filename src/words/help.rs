//! What `/help` says: one line a command, and with an example for `/help NAME`.

/// A command, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// The command's first name.
    pub name: &'static str,
    /// What is typed: `/ban NAME [TIME]`.
    pub usage: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// For example, and what is to be known about it.
    pub more: &'static str,
}

const fn help(name: &'static str, usage: &'static str, what: &'static str, more: &'static str) -> Help {
    Help { name, usage, what, more }
}

/// Every command, in the order in which people meet them.
pub const COMMANDS: &[Help] = &[
    help("join", "/join #room [PASSWORD]", "enter a room and talk there", "/join #lobby"),
    help("leave", "/leave [#room]", "leave it, or decline an invitation", "/leave #lobby"),
    help("who", "/who [#room]", "who is here", "/who #lobby"),
    help("msg", "/msg NAME TEXT", "a message to one person", "/msg ann hello; a full screen goes to that conversation"),
    help(
        "reply",
        "/reply N TEXT",
        "answer a message",
        "/reply 12 yes; N is its number (/history shows numbers), or ^ for the last one in the room",
    ),
    help("edit", "/edit N TEXT", "say it otherwise", "/edit ^ what I meant; ^ is your last message"),
    help("delete", "/delete N", "take a message back", "/delete 12; ^ is your last message"),
    help(
        "react",
        "/react N EMOJI",
        "react to a message",
        "/react 12 👍; with - before the emoji the reaction is taken back; ^ is the last message in the room",
    ),
    help(
        "history",
        "/history [N|TIME|more]",
        "what was said, with numbers",
        "/history 50 shows the last 50 messages, /history 2h the last two hours (s, m, h, d), /history more what comes next",
    ),
    help("search", "/search WORDS", "find messages with all these words; alone: more", "/search blue bicycle"),
    help("status", "/status", "how far your last message has got", "/status"),
    help("rooms", "/rooms", "the rooms that there are", "/rooms"),
    help("members", "/members [#room]", "who belongs to a room", "/members #lobby"),
    help(
        "create",
        "/create #room [ACCESS]",
        "make a room of your own",
        "/create #plans invite; ACCESS is public, password (asked for), invite or private (not listed)",
    ),
    help(
        "open",
        "/open ACCESS",
        "who may enter this room",
        "/open public; ACCESS is public, password (asked for), invite or private (not listed)",
    ),
    help(
        "topic",
        "/topic [TEXT | -]",
        "what this room is about; - removes it",
        "/topic the move on Friday; /topic alone shows it, and /topic - removes it for everybody",
    ),
    help("invite", "/invite NAME", "let someone in", "/invite ann"),
    help("kick", "/kick NAME", "put someone out; they may come back", "/kick eve"),
    help("ban", "/ban NAME [TIME]", "keep someone out", "/ban eve 2h; without a time until /unban (s, m, h, d)"),
    help("unban", "/unban NAME", "let them back", "/unban eve"),
    help(
        "mute",
        "/mute NAME|#room [TIME]",
        "let someone only read, or a room be quiet here",
        "/mute eve 10m; without a time until /unmute; /mute #builds: on this device nothing there rings or counts as unread",
    ),
    help("unmute", "/unmute NAME|#room", "let them write, or it ring, again", "/unmute eve; /unmute #builds"),
    help(
        "notify",
        "/notify [RULE]",
        "what rings in this room",
        "/notify all; RULE is mentions, all or none, and holds on this device; notify-rules in the settings has rules for people, too",
    ),
    help(
        "arrivals",
        "/arrivals [on|off]",
        "say who comes and goes, or do not",
        "/arrivals off; it holds on this device",
    ),
    help(
        "theme",
        "/theme [NAME]",
        "other colours",
        "/theme dark; NAME is dark, light, 16 or none, and holds on this device, unless --theme or theme in the settings says otherwise",
    ),
    help("role", "/role NAME ROLE", "make someone a member, moderator or owner", "/role ann moderator"),
    help(
        "slow",
        "/slow [SECONDS]",
        "a message per member at most so often",
        "/slow 10; /slow 0 ends it, alone: what holds",
    ),
    help(
        "rules",
        "/rules [TEXT | -]",
        "what whoever enters is told; - ends it",
        "/rules be kind; owners set it, and whoever enters this room reads it; alone: what holds",
    ),
    help(
        "pin",
        "/pin [N]",
        "keep a message in everyone's sight",
        "/pin 12; N is its number, ^ or nothing is the last one in the room",
    ),
    help("unpin", "/unpin [N]", "do not any more", "/unpin 12; without a number: the last one that is pinned"),
    help("pins", "/pins", "what is pinned in this room", "/pins"),
    help("away", "/away [TEXT]", "say that you are not here", "/away lunch"),
    help("back", "/back", "say that you are here again", "/back"),
    help("ignore", "/ignore [NAME]", "do not show what someone writes", "/ignore eve; without a name: whom you ignore"),
    help("unignore", "/unignore NAME", "show it again", "/unignore eve"),
    help(
        "nick",
        "/nick NAME",
        "another name, where yours is taken",
        "/nick ann; before you are in: whoever is in keeps the name",
    ),
    help(
        "register",
        "/register [NAME]",
        "make an account, with a password",
        "/register ann; the password is asked for, and lets you in from other devices",
    ),
    help("login", "/login [NAME]", "be an account that you have, by its password", "/login ann"),
    help("password", "/password", "set your password", "/password; both the old and the new one are asked for"),
    help(
        "unregister",
        "/unregister NAME",
        "delete your account, for good",
        "/unregister ann; with your own name: you leave every room, what you said stays, and nobody gets the name again",
    ),
    help(
        "server",
        "/server [NAME]",
        "this server's fingerprint, and others here",
        "/server lab goes to another one, NAME being what it is called or the beginning of its fingerprint; alone: which there are",
    ),
    help("devices", "/devices", "your devices", "/devices"),
    help(
        "revoke",
        "/revoke DEVICE",
        "shut a device of yours out",
        "/revoke k3v9q; DEVICE is the beginning of its fingerprint in /devices",
    ),
    help("help", "/help [COMMAND]", "this, or more about one", "/help ban"),
    help("quit", "/quit", "goodbye", "/quit"),
];

/// The command of that first name.
#[must_use]
pub fn of(name: &str) -> Option<&'static Help> {
    COMMANDS.iter().find(|help| help.name == name)
}

impl Help {
    /// What is typed, for example.
    #[must_use]
    pub fn example(&self) -> &'static str {
        self.more.split(';').next().unwrap_or_default()
    }
}

/// Columns of what is typed, in `/help`.
const USAGE_COLUMNS: usize = 24;

/// What is typed, and what it does: each command, and how to say a line that looks like one.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let commands = COMMANDS.iter().map(|help| (help.usage, help.what));
    commands.chain([("//text", "say a line that begins with /")])
}

/// What `/help` says: a line for each command.
pub fn lines() -> impl Iterator<Item = String> {
    all().map(|(usage, what)| format!("{usage:<USAGE_COLUMNS$} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_desk::parse;

    #[test]
    fn every_command_has_its_help() {
        let known: Vec<_> = parse::COMMANDS.iter().map(parse::Command::name).collect();
        assert_eq!(COMMANDS.iter().map(|help| help.name).collect::<Vec<_>>(), known);
        assert!(COMMANDS.iter().all(|help| help.usage.starts_with(&format!("/{}", help.name))));
    }

    #[test]
    fn what_help_shows_as_an_example_is_understood() {
        for help in COMMANDS {
            let example = help.example().split(" shows ").next().expect("one");
            assert!(parse::parse(example).is_ok(), "{help:?}");
        }
    }

    #[test]
    fn help_fits_a_box_on_a_screen_of_80_columns_and_stands_in_two_columns() {
        const BOX: usize = 74;
        for help in COMMANDS {
            assert!(help.usage.chars().count() <= USAGE_COLUMNS, "{}", help.usage);
        }
        assert!(lines().all(|line| line.chars().count() <= BOX), "{:?}", lines().max_by_key(String::len));
    }
}
