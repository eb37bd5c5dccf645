//! How entries are told: in a line for people, as an object for programs. What it gives is safe to show.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act, Body, Entry, Role};
use serde_json::{Map, Value, json};

use crate::client::Messages;
use crate::client::fold::What;
use crate::render::{render_json, render_lines, render_text};

/// Indents what follows the first line of a message.
const INDENT: &str = "      ";
/// So much of an earlier message is shown where another one is about it.
const QUOTED: usize = 40;

/// What an entry is to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Something that its author says.
    Said(String),
    /// Something that its author does; the author's name is in it.
    Done(String),
}

/// Tells an entry. `earlier` may hold what it is about, as that looked before.
pub(super) fn tell(entry: &Entry, earlier: &Messages) -> Told {
    let who = render_text(&entry.name);
    match &entry.body {
        Body::Text(text) => Told::Said(render_lines(text, INDENT).into_owned()),
        Body::Reply { to, text } => {
            Told::Said(format!("(to {}) {}", of_whom(*to, earlier), render_lines(text, INDENT)))
        }
        Body::Edit { of, text } => {
            let before = quote(*of, earlier).map_or_else(|| format!("edited {of}"), |was| format!("was: {was}"));
            Told::Said(format!("{} ({before})", render_lines(text, INDENT)))
        }
        Body::Delete { of } => Told::Done(format!("{who} deleted {}", whose(*of, entry, earlier))),
        Body::React { to, emoji, is_set: true } => {
            Told::Done(format!("{who} {} {}", render_text(emoji), of_whom(*to, earlier)))
        }
        Body::React { to, emoji, is_set: false } => {
            Told::Done(format!("{who} takes {} back from {}", render_text(emoji), of_whom(*to, earlier)))
        }
        Body::Topic(topic) if topic.is_empty() => Told::Done(format!("{who} removed the topic")),
        Body::Topic(topic) => Told::Done(format!("{who} set the topic: {}", render_text(topic))),
        Body::Act(act) => Told::Done(format!("{who} {}", done(act))),
    }
}

/// What was done to a member or a room, without the one who did it.
pub(super) fn done(act: &Act) -> String {
    let whom = render_text(act.who().unwrap_or_default()).into_owned();
    match act {
        Act::Role { role, .. } => format!("made {whom} {}", role_words(*role)),
        Act::Kick { .. } => format!("put {whom} out"),
        Act::Ban { until, .. } => format!("banned {whom}{}", until_words(*until)),
        Act::Unban { .. } => format!("lifted the ban of {whom}"),
        Act::Mute { until, .. } => format!("muted {whom}{}", until_words(*until)),
        Act::Unmute { .. } => format!("let {whom} write again"),
        Act::Invite { .. } => format!("invited {whom}"),
        Act::Open(access) => format!("opened the room to {}", access_words(*access)),
        Act::Slow { interval_s: 0 } => "ended slow mode".to_owned(),
        Act::Slow { interval_s } => format!("set slow mode: a message per member every {interval_s} s"),
    }
}

/// A role, with its article.
pub(super) const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Member => "a member",
        Role::Moderator => "a moderator",
        Role::Owner => "an owner",
    }
}

/// For whom a room is open.
pub(super) const fn access_words(access: Access) -> &'static str {
    match access {
        Access::Public => "everyone",
        Access::Password => "those who know its password",
        Access::Invite => "those who are invited",
        Access::Private => "those who are invited, unlisted",
    }
}

/// A line of history, with all that was done to it since.
pub(super) fn folded(line: &crate::client::fold::Line, earlier: &Messages) -> Told {
    let who = render_text(&line.name);
    let mut told = match &line.what {
        What::Text(text, None) => Told::Said(render_lines(text, INDENT).into_owned()),
        What::Text(text, Some(to)) => {
            Told::Said(format!("(to {}) {}", of_whom(*to, earlier), render_lines(text, INDENT)))
        }
        What::Deleted => Told::Done(format!("{who}'s message was deleted")),
        What::Topic(topic) if topic.is_empty() => Told::Done(format!("{who} removed the topic")),
        What::Topic(topic) => Told::Done(format!("{who} set the topic: {}", render_text(topic))),
        What::Act(act) => Told::Done(format!("{who} {}", done(act))),
    };
    if let Told::Said(text) = &mut told {
        if line.edited.is_some() {
            text.push_str(" (edited)");
        }
        for (emoji, who) in line.reactions() {
            let who: Vec<_> = who.into_iter().map(render_text).collect();
            text.push_str(&format!(" [{} {}]", render_text(emoji), who.join(", ")));
        }
    }
    told
}

/// An entry as a line for programs.
pub(super) fn json(room: &str, number: RoomSeq, entry: &Entry) -> String {
    let ms = entry.at.as_unix_millis();
    let time = i64::try_from(ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
    put("room", room.into());
    put("number", number.0.into());
    put("sender", entry.name.as_str().into());
    put("time", time.map(|time| format!("{time:.3}")).into());
    put("time_ms", ms.into());
    put("kind", kind(&entry.body).into());
    put("about", entry.body.about().map(|about| about.0).into());
    put("text", entry.body.text().unwrap_or_default().into());
    match &entry.body {
        Body::React { emoji, is_set, .. } => {
            put("emoji", emoji.as_str().into());
            put("set", (*is_set).into());
        }
        Body::Topic(topic) => put("topic", topic.as_str().into()),
        Body::Act(act) => {
            if let Some(who) = act.who() {
                put("who", who.into());
            }
            match act {
                Act::Role { role, .. } => put("role", role_name(*role).into()),
                Act::Ban { until, .. } | Act::Mute { until, .. } => {
                    put("until_ms", until.map(WallTime::as_unix_millis).into());
                }
                Act::Open(access) => put("access", access_name(*access).into()),
                Act::Slow { interval_s } => put("interval_s", (*interval_s).into()),
                Act::Kick { .. } | Act::Unban { .. } | Act::Unmute { .. } | Act::Invite { .. } => {}
            }
        }
        Body::Text(_) | Body::Reply { .. } | Body::Edit { .. } | Body::Delete { .. } => {}
    }
    json_line(&Value::Object(object))
}

/// A value as a line for programs that does nothing to a terminal.
pub(super) fn json_line(value: &Value) -> String {
    render_json(&json!(value).to_string()).into_owned()
}

/// A role, for programs.
pub(super) const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}

/// An access, for programs.
pub(super) const fn access_name(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Password => "password",
        Access::Invite => "invite",
        Access::Private => "private",
    }
}

const fn kind(body: &Body) -> &'static str {
    match body {
        Body::Text(_) => "text",
        Body::Reply { .. } => "reply",
        Body::Edit { .. } => "edit",
        Body::Delete { .. } => "delete",
        Body::React { .. } => "react",
        Body::Topic(_) => "topic",
        Body::Act(act) => match act {
            Act::Role { .. } => "role",
            Act::Kick { .. } => "kick",
            Act::Ban { .. } => "ban",
            Act::Unban { .. } => "unban",
            Act::Mute { .. } => "mute",
            Act::Unmute { .. } => "unmute",
            Act::Invite { .. } => "invite",
            Act::Open(_) => "open",
            Act::Slow { .. } => "slow",
        },
    }
}

fn until_words(until: Option<WallTime>) -> String {
    until.map_or_else(String::new, |until| format!(" until {}", super::date_time(until)))
}

/// Whose message, and its beginning; its number, where it is not at hand.
fn of_whom(number: RoomSeq, earlier: &Messages) -> String {
    match (earlier.line(number), quote(number, earlier)) {
        (Some(line), Some(quote)) => format!("{}: {quote}", render_text(&line.name)),
        _ => number.to_string(),
    }
}

/// `a message of ann`, `their message`, `message 12`.
fn whose(number: RoomSeq, by: &Entry, earlier: &Messages) -> String {
    match earlier.line(number) {
        Some(line) if line.author == by.author => format!("a message of their own ({number})"),
        Some(line) => format!("a message of {} ({number})", render_text(&line.name)),
        None => format!("message {number}"),
    }
}

/// The beginning of what a message says.
fn quote(number: RoomSeq, earlier: &Messages) -> Option<String> {
    let What::Text(text, _) = &earlier.line(number)?.what else { return None };
    Some(format!("“{}”", beginning(text, QUOTED)))
}

/// Enough of a message to know it again, in one line.
pub(super) fn beginning(text: &str, chars: usize) -> String {
    let mut beginning: String = text.chars().take(chars).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    render_text(&beginning).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::id::AccountId;

    fn entry(author: u64, name: &str, body: Body) -> Entry {
        Entry { at: WallTime::from_unix_millis(1_795_406_400_007), author: AccountId(author), name: name.into(), body }
    }

    fn said(text: &str) -> Told {
        Told::Said(text.into())
    }

    fn done(text: &str) -> Told {
        Told::Done(text.into())
    }

    #[test]
    fn every_kind_of_entry_is_told() {
        let mut earlier = Messages::new(10);
        earlier.put(RoomSeq(1), entry(1, "ann", Body::Text("hello \x1b all".into())));
        let told = |name: &str, body| tell(&entry(2, name, body), &earlier);
        let (here, gone) = (RoomSeq(1), RoomSeq(9));
        assert_eq!(told("bob", Body::Text("one\ntwo".into())), said("one\n      two"));
        assert_eq!(told("bob", Body::Reply { to: here, text: "hi".into() }), said("(to ann: “hello ␛ all”) hi"));
        assert_eq!(told("bob", Body::Reply { to: gone, text: "hi".into() }), said("(to 9) hi"));
        assert_eq!(told("ann", Body::Edit { of: here, text: "hey".into() }), said("hey (was: “hello ␛ all”)"));
        assert_eq!(told("ann", Body::Edit { of: gone, text: "hey".into() }), said("hey (edited 9)"));
        assert_eq!(told("bob", Body::Delete { of: here }), done("bob deleted a message of ann (1)"));
        let react = |is_set| Body::React { to: here, emoji: "+1".into(), is_set };
        assert_eq!(told("b\x07b", react(true)), done("b␇b +1 ann: “hello ␛ all”"));
        assert_eq!(told("bob", react(false)), done("bob takes +1 back from ann: “hello ␛ all”"));
        assert_eq!(told("bob", Body::Topic("tea".into())), done("bob set the topic: tea"));
        let act = |act| told("bob", Body::Act(act));
        assert_eq!(act(Act::Kick { who: "eve".into() }), done("bob put eve out"));
        assert_eq!(act(Act::Ban { who: "eve".into(), until: None }), done("bob banned eve"));
        assert_eq!(act(Act::Role { who: "ann".into(), role: Role::Owner }), done("bob made ann an owner"));
        assert_eq!(act(Act::Open(Access::Invite)), done("bob opened the room to those who are invited"));
    }

    #[test]
    fn a_line_of_json_carries_everything_and_does_nothing_to_a_terminal() {
        let line = json("#lobby", RoomSeq(7), &entry(1, "ann", Body::Text("a \u{9b}2J\nb".into())));
        assert!(!line.contains(char::is_control), "{line}");
        let back: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(back["room"], "#lobby");
        assert_eq!(back["number"], 7);
        assert_eq!(back["sender"], "ann");
        assert_eq!(back["time"], "2026-11-23T04:00:00.007Z");
        assert_eq!(back["time_ms"], 1_795_406_400_007_u64);
        assert_eq!(back["text"], "a \u{9b}2J\nb");
        assert_eq!((&back["kind"], &back["about"]), (&"text".into(), &Value::Null));
    }

    #[test]
    fn json_says_what_was_done_to_what() {
        let value =
            |body| serde_json::from_str::<Value>(&json("#a", RoomSeq(2), &entry(1, "ann", body))).expect("JSON");
        let reaction = value(Body::React { to: RoomSeq(1), emoji: "+1".into(), is_set: false });
        assert_eq!(
            (&reaction["kind"], &reaction["about"], &reaction["set"]),
            (&"react".into(), &1.into(), &false.into())
        );
        let ban = value(Body::Act(Act::Ban { who: "eve".into(), until: Some(WallTime::from_unix_millis(5)) }));
        assert_eq!((&ban["kind"], &ban["who"], &ban["until_ms"]), (&"ban".into(), &"eve".into(), &5.into()));
        assert_eq!(ban["text"], "", "it says nothing");
    }
}
