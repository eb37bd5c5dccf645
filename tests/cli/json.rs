//! What is printed for programs is what docs/json.md says, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::process::{Scratch, Server};

/// The names of fields, and the types that they may have.
type Fields = BTreeMap<String, BTreeSet<String>>;

/// What docs/json.md says of each kind of object.
fn documented() -> BTreeMap<String, Fields> {
    let page = include_str!("../../docs/json.md");
    let section = |title: &str| {
        let (_, rest) = page.split_once(&format!("\n## {title}\n")).expect(title);
        rest.split("\n## ").next().unwrap_or_default()
    };
    let rows = |text: &str, columns: usize| -> Vec<Vec<String>> {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cells =
            rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect());
        cells.filter(|cells: &Vec<String>| cells.len() == columns).collect()
    };
    let types = |said: &str| said.split(" or ").map(ToOwned::to_owned).collect::<BTreeSet<_>>();
    let fields = |said: &str| -> Fields {
        let each = said.split(", ").filter_map(|field| field.split_once(' '));
        each.map(|(name, said)| (name.to_owned(), types(said))).collect()
    };
    let (common, kinds) = section("Entries").split_once("Each kind has").expect("two tables");
    let common: Fields = rows(common, 3).into_iter().map(|row| (row[0].clone(), types(&row[1]))).collect();
    assert_eq!(common.len(), 8, "{common:?}");
    let mut all = BTreeMap::new();
    for row in rows(kinds, 3) {
        all.insert(row[0].clone(), common.clone().into_iter().chain(fields(&row[2])).collect());
    }
    for row in rows(section("What only an export has"), 3) {
        all.insert(row[0].clone(), fields(&format!("kind string, {}", row[2])));
    }
    all
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a value is of a type as docs/json.md writes it. Each element of an "array of numbers" is a number, and it may have none.
fn is_of(value: &Value, said: &str) -> bool {
    match (value, said.strip_prefix("array of ").and_then(|of| of.strip_suffix('s'))) {
        (Value::Array(elements), Some(of)) => elements.iter().all(|element| type_of(element) == of),
        _ => type_of(value) == said,
    }
}

/// Checks lines, and gives the kinds that were among them.
#[track_caller]
fn check(out: &str) -> BTreeSet<String> {
    let documented = documented();
    let mut kinds = BTreeSet::new();
    for line in out.lines() {
        let Value::Object(object) = serde_json::from_str(line).expect("JSON") else { panic!("no object: {line}") };
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        let fields = documented.get(&kind).unwrap_or_else(|| panic!("{kind} is not documented"));
        assert!(object.keys().eq(fields.keys()), "{line}: documented are {:?}", fields.keys());
        for (field, value) in &object {
            assert!(
                fields[field].iter().any(|said| is_of(value, said)),
                "{field} in {line}: documented is {:?}",
                fields[field]
            );
        }
        kinds.insert(kind);
    }
    kinds
}

fn ask(scratch: &Scratch, server: &Server, args: &[&str]) -> String {
    let ended = scratch.chinwag("bob", &[args, &["--server", &server.addr, "--accept-new", "--json"]].concat()).end();
    ended.expect(0, &[]);
    ended.out
}

#[test]
fn every_command_prints_entries_as_documented() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let mut ann = scratch.chinwag("ann", &["chat", "--plain", "--server", &server.addr, "--accept-new"]);
    ann.write("hello \u{1b}[2J");
    ann.until("ann: hello");
    let mut bob = scratch.chinwag("bob", &["chat", "--plain", "--server", &server.addr, "--accept-new"]);
    bob.until("ann: hello");
    ann.write("/reply 1 again");
    ann.until("again");
    let done = [
        "/edit 1 hallo",
        "/react 1 👍",
        "/react 1 -👍",
        "/topic greetings",
        "/role bob moderator",
        "/role bob member",
        "/mute bob 1h",
        "/unmute bob",
        "/invite bob",
        "/slow 0",
        "/pin 1",
        "/open public",
        "/ban bob",
        "/unban bob",
        "/kick bob",
        "/delete 2",
    ];
    done.iter().for_each(|line| ann.write(line));
    ann.until("ann deleted");
    ann.write("/msg bob psst");
    ann.until("psst");
    drop(bob);
    let exported = scratch.chinwag("server", &["admin", "export"]).end();
    exported.expect(0, &[]);
    let kinds = check(&exported.out);
    let history = ask(&scratch, &server, &["history", "lobby"]);
    let of_history = check(&history);
    check(&ask(&scratch, &server, &["search", "hallo"]));
    check(&ask(&scratch, &server, &["tail", "--room", "lobby", "--all", "--count", "3"]));
    let of_entries: BTreeSet<_> =
        kinds.iter().filter(|kind| !["account", "room"].contains(&kind.as_str())).cloned().collect();
    assert!(kinds.contains("account") && kinds.contains("room"), "{kinds:?}");
    assert_eq!(of_history, of_entries, "the kinds in a history are those in an export");
    let wanted = ["text", "edit", "react", "topic", "role", "mute", "unmute", "slow", "open", "ban", "unban", "delete"];
    wanted.iter().for_each(|kind| assert!(kinds.contains(*kind), "{kind} was not seen: {kinds:?}"));
    let in_lobby = |line: &&str| line.contains(r##""room":"#lobby""##) && !line.contains(r#""kind":"room""#);
    assert!(history.lines().eq(exported.out.lines().filter(in_lobby)), "and they are the same lines");
}

/// What docs/json.md says of the lines of one command, which are all alike.
fn rows_of(title: &str) -> Fields {
    let page = include_str!("../../docs/json.md");
    let (_, rest) = page.split_once(&format!("\n## {title}\n")).expect(title);
    let rows = rest.split("\n## ").next().unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| `"));
    let field = |row: &str| {
        let (name, rest) = row.split_once("` | ").expect("a name");
        let types = rest.split(" | ").next().unwrap_or_default();
        (name.to_owned(), types.split(" or ").map(ToOwned::to_owned).collect())
    };
    rows.map(field).collect()
}

#[track_caller]
fn check_rows(title: &str, out: &str) {
    let documented = rows_of(title);
    assert!(!out.is_empty());
    for line in out.lines() {
        let Value::Object(object) = serde_json::from_str(line).expect("JSON") else { panic!("no object: {line}") };
        for (field, value) in &object {
            let types = documented.get(field).unwrap_or_else(|| panic!("{field} of {title} is not documented: {line}"));
            assert!(types.iter().any(|said| is_of(value, said)), "{field} in {line}: documented is {types:?}");
        }
        let may_be_absent = |field: &String| documented[field].contains("absent");
        let absent: Vec<_> = documented.keys().filter(|field| !object.contains_key(*field)).collect();
        assert!(absent.iter().all(|field| may_be_absent(field)), "{line} has no {absent:?}");
    }
}

#[test]
fn rooms_and_acts_of_operators_are_printed_as_documented() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let mut ann = scratch.chinwag("ann", &["chat", "--plain", "--server", &server.addr, "--accept-new"]);
    ann.write("/topic tea");
    ann.write("/create #plans invite");
    ann.end().expect(0, &[]);
    check_rows("Rooms", &ask(&scratch, &server, &["rooms"]));
    scratch.chinwag("server", &["admin", "retain", "lobby", "30d"]).end().expect(0, &[]);
    let log = scratch.chinwag("server", &["admin", "--json", "log"]).end();
    log.expect(0, &[]);
    check_rows("Acts of operators", &log.out);
}
