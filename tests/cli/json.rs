//! What is printed for programs is what docs/json.md says, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::json_page::{Fields, check_object, check_rows, is_of, measured, rows_of};
use crate::process::{Scratch, Server};

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

/// What an operator is answered.
#[track_caller]
fn admin(scratch: &Scratch, args: &[&str]) -> String {
    let ended = scratch.chinwag("server", &[&["admin", "--json"], args].concat()).end();
    ended.expect(0, &[]);
    ended.out
}

/// The one object of an answer.
#[track_caller]
fn object(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

/// Holds an object that is a part of another one against a section.
#[track_caller]
fn check_part(title: &str, part: &Value) {
    let Value::Object(part) = part else { panic!("no object: {part}") };
    check_object(title, &rows_of(title), part);
}

#[test]
fn what_operators_ask_is_printed_as_documented() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let mut ann = scratch.chinwag("ann", &["chat", "--plain", "--server", &server.addr, "--accept-new"]);
    ann.write(&"hello ".repeat(400));
    ann.until("hello hello");
    let status = admin(&scratch, &["status"]);
    check_rows("Counters of a server", &status);
    check_part("The clock", &object(&status)["clock"]);
    assert!(
        object(&status)["waiting"].as_object().is_some_and(|queues| queues.values().all(Value::is_u64)),
        "{status}"
    );
    let peers = admin(&scratch, &["peers"]);
    check_rows("Peers", &peers);
    check_part("Sessions of a peer", &object(&peers)["sessions"][0]);
    check_rows("Accounts", &admin(&scratch, &["users"]));
    admin(&scratch, &["retain", "lobby", "last:5000"]);
    let rooms = admin(&scratch, &["rooms"]);
    check_rows("Rooms of a server", &rooms);
    assert_eq!(
        (&object(&rooms)["room"], &object(&rooms)["access"], &object(&rooms)["keep"]),
        (&"#lobby".into(), &"public".into(), &"last:5000".into())
    );
    let quotas = admin(&scratch, &["quota", "--account", "1KiB"]);
    check_rows("Quotas", &quotas);
    check_part("Quotas that are nearly used up", &object(&quotas)["near"][0]);
    check_rows("The clock", &admin(&scratch, &["clock"]));
    ann.end().expect(0, &[]);
}

#[test]
fn links_and_tokens_are_printed_as_documented() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--name", "ann", "--room", "lobby", "hello"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    let host = ["--host", &server.addr];
    let token = ["token", "create", "ann", "--label", "ci", "--read", "--room", "lobby", "--expires", "90d"];
    for made in [&["invite"][..], &token, &["token", "rotate", "ci"]] {
        let out = admin(&scratch, &[made, &host].concat());
        check_rows("Links", &out);
        assert!(object(&out)["link"].as_str().is_some_and(|link| link.starts_with("chinwag://")), "{out}");
    }
    let tokens = admin(&scratch, &["token", "list"]);
    check_rows("Tokens", &tokens);
    assert_eq!(object(&tokens)["rooms"], serde_json::json!(["#lobby"]));
    admin(&scratch, &["token", "create", "ann", "--label", "all", "--write", "--host", &server.addr]);
    check_rows("Tokens", &admin(&scratch, &["token", "list"]));
    let both = scratch.chinwag("server", &["admin", "invite", "--qr", "--json", "--host", &server.addr]).end();
    both.expect(2, &["leave --qr or --json away"]);
}

#[test]
fn what_operators_do_is_printed_as_documented() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--name", "ann", "--room", "lobby", "hello"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    let send = ["send", "--server", &server.addr, "--accept-new", "--name", "bob", "--room", "lobby", "hello"];
    scratch.chinwag("bob", &send).end().expect(0, &[]);
    let password = scratch.home("password");
    std::fs::write(&password, "correct horse battery").expect("written");
    let password = password.display().to_string();
    admin(&scratch, &["token", "create", "ann", "--label", "ci", "--read", "--host", &server.addr]);
    for act in [
        &["passwd", "ann", "--password-file", &password][..],
        &["kick", "bob"],
        &["ban", "bob"],
        &["unban", "bob"],
        &["token", "revoke", "ci"],
        &["register", "closed"],
        &["retain", "lobby", "30d"],
        &["clock", "confirm"],
        &["prune", "lobby"],
        &["reload"],
        &["delete", "bob"],
    ] {
        check_rows("What was done", &admin(&scratch, act));
    }
    let verified = admin(&scratch, &["verify"]);
    check_rows("The state of a store", &verified);
    assert_eq!(object(&verified)["sound"], true);
    let (folder, other) = (scratch.home("backup"), scratch.home("other"));
    let (folder, other) = (folder.display().to_string(), other.display().to_string());
    check_rows("Backups", &admin(&scratch, &["backup", &folder]));
    server.process.signal(rustix::process::Signal::INT);
    server.process.end().expect(0, &[]);
    check_rows("Backups", &admin(&scratch, &["restore", "--home", &other, &folder]));
    check_rows("The state of a store", &admin(&scratch, &["repair"]));
}

#[test]
#[cfg(target_os = "linux")]
fn what_an_auth_command_says_is_printed_as_documented() {
    use std::os::unix::fs::PermissionsExt as _;
    let scratch = Scratch::new();
    let command = scratch.home("auth.sh");
    std::fs::write(&command, "#!/bin/sh\ncat >&2\necho '{\"version\":1,\"verdict\":\"yes\"}'\n").expect("written");
    std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let server = scratch.server(&["--hidden", "--auth-command", &command.display().to_string()]);
    check_rows("Verdicts", &admin(&scratch, &["auth", "test", "ann"]));
    let status = admin(&scratch, &["status"]);
    check_rows("Counters of a server", &status);
    drop(server);
}

#[track_caller]
fn check_measured(row: &str, part: &Value) {
    let documented = measured(row);
    let Value::Object(object) = part else { panic!("no object: {part}") };
    check_object(row, &documented, object);
    let distributions = object.values().filter(|value| value.get("p999").is_some());
    for distribution in distributions {
        let fields: BTreeSet<_> = distribution.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
        assert!(fields.iter().map(|field| field.as_str()).eq(["max", "p50", "p90", "p99", "p999"]), "{distribution}");
    }
}

#[test]
fn measurements_are_printed_as_documented() {
    let scratch = Scratch::new();
    let bench = |what: &str, args: &[&str]| {
        let ended = scratch.chinwag("ann", &[&["bench", what, "--json"], args].concat()).end();
        ended.expect(0, &[]);
        let report = object(&ended.out);
        check_measured(&format!("bench {what}"), &report);
        report
    };
    bench("fanout", &["--members", "2", "--seconds", "1", "--rate", "10"]);
    bench("latency", &["--seconds", "1", "--rate", "200"]);
    bench("flood", &["--seconds", "1", "--flood", "100"]);
    let store = bench("store", &["--senders", "2", "--seconds", "1", "--messages", "200"]);
    check_measured("past", &store["past"]);
    check_measured("visit", &store["past"]["visit"]);
    let heavy = bench("heavy", &["--heavy", "1", "--bytes", "1000", "--seconds", "1", "--messages", "500"]);
    check_measured("parts", &heavy["parts"][0]);
}
