//! How entries are told to programs: an object a line.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Act, Body, Entry, Fact, Refusal};
use serde_json::{Map, Value, json};

use crate::render::render_json;
use crate::store::Account;
use crate::store::sqlite::Exported;
use crate::words::{access_name, role_name};

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
                Act::Pin { is_set, .. } => put("set", (*is_set).into()),
                Act::Set(Fact::Slow(interval_s)) => put("interval_s", (*interval_s).into()),
                Act::Set(Fact::Rules(rules)) => put("rules", rules.as_str().into()),
                Act::Kick { .. }
                | Act::Unban { .. }
                | Act::Unmute { .. }
                | Act::Invite { .. }
                | Act::Set(Fact::Pins(_)) => {}
            }
        }
        Body::Text(_) | Body::Reply { .. } | Body::Edit { .. } | Body::Delete { .. } => {}
    }
    json_line(&Value::Object(object))
}

/// That a log is not the one that was seen, as a line for programs: numbers after `back_to` are given again.
pub(super) fn reset(room: &str, back_to: Option<RoomSeq>) -> String {
    json_line(&json!({"kind": "reset", "room": room, "back_to": back_to.map(|number| number.0)}))
}

/// That the account was made anew, as a line for programs.
pub(super) fn made_anew(name: &str) -> String {
    json_line(&json!({"kind": "made_anew", "name": name}))
}

/// That entries of a room can't be read any more, as a line for programs.
pub(super) fn unreadable(room: &str, first: RoomSeq, last: RoomSeq) -> String {
    json_line(&json!({"kind": "unreadable", "room": room, "number": first.0, "last": last.0}))
}

/// That a room which was read from outside may not be read any more, as a line for programs.
pub(super) fn ended(room: &str, reason: Refusal) -> String {
    let reason = if reason == Refusal::Banned {
        "banned"
    } else if matches!(reason, Refusal::NotMember | Refusal::NoSuchRoom) {
        "not public"
    } else {
        "refused"
    };
    json_line(&json!({"kind": "ended", "room": room, "reason": reason}))
}

/// A thing of an export as a line for programs; entries as [`json()`] gives them.
pub(super) fn exported(exported: Exported<'_>) -> String {
    match exported {
        Exported::Account(Account { name, is_owner, is_gone, .. }) => json_line(&json!({
            "kind": "account", "name": name, "owner": is_owner, "deleted": is_gone,
        })),
        Exported::Room { called, room, names } => {
            let members: Vec<_> = room
                .members
                .iter()
                .map(|member| {
                    let name = names.get(&member.account).copied();
                    json!({"name": name, "role": role_name(member.role), "since": member.since.0, "read": member.read.0})
                })
                .collect();
            json_line(&json!({
                "kind": "room",
                "room": called,
                "access": access_name(room.access),
                "topic": room.topic,
                "last": room.head.0,
                "slow_s": room.facts.slow_s,
                "rules": room.facts.rules,
                "pins": room.facts.pins.iter().map(|pin| pin.0).collect::<Vec<_>>(),
                "members": members,
            }))
        }
        Exported::Entry { room, number, entry: Some(entry) } => json(room, number, entry),
        Exported::Entry { room, number, entry: None } => {
            json_line(&json!({"kind": "unreadable", "room": room, "number": number.0}))
        }
    }
}

/// A value as a line for programs that does nothing to a terminal.
pub(super) fn json_line(value: &Value) -> String {
    render_json(&json!(value).to_string()).into_owned()
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
            Act::Set(Fact::Slow(_)) => "slow",
            Act::Set(Fact::Rules(_)) => "rules",
            Act::Set(Fact::Pins(_)) => "pins",
            Act::Pin { .. } => "pin",
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use chinwag_proto::wire::id::AccountId;

    fn entry(author: u64, name: &str, body: Body) -> Entry {
        Entry { at: WallTime::from_unix_millis(1_795_406_400_007), author: AccountId(author), name: name.into(), body }
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
    fn an_export_has_no_secret() {
        let account = Account {
            id: AccountId(1),
            name: "ann".into(),
            skeleton: "ann".into(),
            devices: Vec::new(),
            phc: Some("$argon2id$CANARY".into()),
            is_owner: true,
            is_gone: false,
            used: 0,
            vouched_at: None,
        };
        let line = exported(Exported::Account(&account));
        assert_eq!(line, r#"{"deleted":false,"kind":"account","name":"ann","owner":true}"#);
    }

    #[test]
    fn json_says_what_was_done_to_what() {
        let value =
            |body| serde_json::from_str::<Value>(&json("#a", RoomSeq(2), &entry(1, "ann", body))).expect("JSON");
        let reaction = value(Body::React { of: RoomSeq(1), emoji: "+1".into(), is_set: false });
        assert_eq!(
            (&reaction["kind"], &reaction["about"], &reaction["set"]),
            (&"react".into(), &1.into(), &false.into())
        );
        let ban = value(Body::Act(Act::Ban { who: "eve".into(), until: Some(WallTime::from_unix_millis(5)) }));
        assert_eq!((&ban["kind"], &ban["who"], &ban["until_ms"]), (&"ban".into(), &"eve".into(), &5.into()));
        assert_eq!(ban["text"], "", "it says nothing");
    }

    /// The commands below this one that take `--json`.
    fn with_json(command: &clap::Command, path: &str, is_inherited: bool, found: &mut BTreeSet<String>) {
        let flag = command.get_arguments().find(|arg| arg.get_id() == "json");
        let is_global = is_inherited || flag.is_some_and(clap::Arg::is_global_set);
        if (flag.is_some() || is_inherited) && !command.is_subcommand_required_set() {
            found.insert(path.to_owned());
        }
        for below in command.get_subcommands() {
            with_json(below, format!("{path} {}", below.get_name()).trim(), is_global, found);
        }
    }

    #[test]
    fn every_command_that_prints_json_stands_on_its_page() {
        let page = include_str!("../../docs/json.md");
        let (table, _) = page.split_once("\nFields may be added").expect("a table");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let commands = rows.filter_map(|row| row.split(" | ").next());
        let listed = commands.flat_map(|cell| cell.split(", ")).map(|command| command.trim_matches('`').to_owned());
        let mut found = BTreeSet::new();
        with_json(&crate::cli::config::definition(), "", false, &mut found);
        assert_eq!(listed.collect::<BTreeSet<_>>(), found);
        for link in page.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
            let title = |line: &str| {
                line.strip_prefix("## ").map(|title| title.to_lowercase().replace(' ', "-").replace('`', ""))
            };
            assert!(page.lines().any(|line| title(line).as_deref() == Some(link)), "no section {link}");
        }
    }
}
