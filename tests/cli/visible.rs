//! What an earlier store or a hostile server holds does nothing to a terminal, wherever it is printed; and nobody puts such a
//! thing into a store.

use std::path::Path;

use chinwag_proto::wire::message::visible::disturbs;
use rusqlite::Connection;

use crate::process::{Ended, Scratch, Server};
#[cfg(target_os = "linux")]
use crate::pty::has;

/// Stands in a store where afterwards [`HARM`] does, which is as long.
const PLACE: &str = "zzzzzz";
/// A right-to-left override, the beginning of an escape sequence, a line break, a bell.
const HARM: &str = "\u{202e}\x1b\n\x07";
/// The same for a reaction of which nothing is seen.
const UNSEEN_PLACE: &str = "yyy";
const UNSEEN: &str = "\u{200b}";

fn ask(scratch: &Scratch, server: &Server, whose: &str, command: &[&str]) -> Ended {
    let (first, rest) = command.split_first().expect("a command");
    scratch.chinwag(whose, &[&[first, "--server", &server.addr, "--accept-new"], rest].concat()).end()
}

/// Types lines into a chat, and says how it ended once it has printed that.
fn typed(scratch: &Scratch, server: &Server, whose: &str, lines: &[&str], last: &str) -> Ended {
    let args = ["chat", "--plain", "--server", &server.addr, "--accept-new", "--name", whose];
    let mut chat = scratch.chinwag(whose, &args);
    let mut out: Vec<String> = Vec::new();
    lines.iter().for_each(|line| chat.write(line));
    while out.last().is_none_or(|line| !line.contains(last)) {
        out.push(chat.line());
    }
    let ended = chat.end();
    Ended { out: format!("{}\n{}", out.join("\n"), ended.out), ..ended }
}

/// Puts harm wherever its place is kept.
fn spoil(database: &Path) {
    let db = Connection::open(database).expect("a database");
    for column in ["accounts.name", "rooms.topic", "devices.label", "tokens.label"] {
        let (table, column) = column.split_once('.').expect("a column");
        let update = format!("UPDATE {table} SET {column} = replace({column}, ?1, ?2)");
        assert!(db.execute(&update, [PLACE, HARM]).expect("updated") > 0, "{table}");
    }
    db.execute("UPDATE devices SET label = ?1", [HARM]).expect("updated");
    let mut read = db.prepare("SELECT id, body FROM entries WHERE body IS NOT NULL").expect("a query");
    let bodies = read.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))).expect("rows");
    let bodies: Vec<_> = bodies.map(|row| row.expect("a row")).collect();
    for (id, mut body) in bodies {
        for (place, harm) in [(PLACE, HARM), (UNSEEN_PLACE, UNSEEN)] {
            while let Some(at) = body.windows(place.len()).position(|window| window == place.as_bytes()) {
                body[at..at + harm.len()].copy_from_slice(harm.as_bytes());
            }
        }
        db.execute("UPDATE entries SET body = ?2 WHERE id = ?1", (id, body)).expect("updated");
    }
}

#[test]
fn what_others_wrote_is_harmless_at_every_face() {
    assert_eq!((PLACE.len(), UNSEEN_PLACE.len()), (HARM.len(), UNSEEN.len()), "bodies have lengths in them");
    let scratch = Scratch::new();
    let mut server = scratch.server(&["--hidden"]);
    ask(&scratch, &server, "ann", &["send", "--room", "lobby", "hello"]).expect(0, &[]);
    ask(&scratch, &server, "zed", &["send", "--name", "zedzzzzzz", "--room", "lobby", "hello zzzzzz all"])
        .expect(0, &[]);
    let lines = ["/topic plans zzzzzz", "/react 2 yyy", "/react 2 zzzzzz", "/reply 2 so zzzzzz"];
    typed(&scratch, &server, "ann", &lines, "so zzzzzz").expect(0, &[]);
    let token = ["admin", "token", "create", "ann", "--label", "cizzzzzz", "--read"];
    scratch.chinwag("server", &token).end().expect(0, &[]);
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    spoil(&scratch.home("server").join("server/chinwag.db"));

    server = scratch.server(&["--hidden"]);
    let count = ["--all", "--count", "6"];
    let mut printed = vec![
        ask(&scratch, &server, "bob", &[&["tail", "--room", "lobby"], &count[..]].concat()),
        ask(&scratch, &server, "bob", &[&["tail", "--json", "--room", "lobby"], &count[..]].concat()),
        ask(&scratch, &server, "bob", &["history", "lobby"]),
        ask(&scratch, &server, "bob", &["history", "lobby", "--json"]),
        ask(&scratch, &server, "bob", &["search", "hello", "all"]),
        ask(&scratch, &server, "bob", &["search", "hello", "all", "--json"]),
        ask(&scratch, &server, "bob", &["rooms"]),
        ask(&scratch, &server, "bob", &["rooms", "--json"]),
        typed(&scratch, &server, "ann", &["/devices", "/rooms", "/members", "/search all", "last"], "ann: last"),
    ];
    let operators: [&[&str]; 7] = [
        &["users"],
        &["users", "--json"],
        &["rooms"],
        &["rooms", "--json"],
        &["token", "list"],
        &["token", "list", "--json"],
        &["export"],
    ];
    for args in operators {
        printed.push(scratch.chinwag("server", &[&["admin"], args].concat()).end());
    }
    for ended in &printed {
        ended.expect(0, &[]);
        let all = format!("{}\n{}", ended.out, ended.err);
        let wrong = all.chars().find(|&c| c != '\n' && disturbs(c));
        assert_eq!(wrong, None, "{all:?}");
        assert!(all.contains("<U+202E>") || all.contains("\\u202e"), "it is not shown at all: {all}");
    }
    on_a_whole_screen(&scratch, &server);
    assert!(printed[0].out.contains("<U+200B>"), "a reaction is seen: {}", printed[0].out);
    assert!(printed[2].out.contains("[<U+200B> ann]"), "in the history, too: {}", printed[2].out);
}

/// The same where everything is drawn; and what an operator sees of who is there meanwhile.
#[cfg(target_os = "linux")]
fn on_a_whole_screen(scratch: &Scratch, server: &Server) {
    let mut ann = scratch.chat(server, "ann", (100, 30), &["--accept-new"]);
    let rows = ann.until(has("<U+202E>"));
    let wrong = rows.iter().flat_map(|row| row.chars()).find(|&c| disturbs(c));
    assert_eq!(wrong, None, "{rows:#?}");
    ask(scratch, server, "bob", &["send", "--room", "lobby", "ann: a\u{202e}\x1b]0;t\x07b"]).expect(0, &[]);
    let rows = ann.until(has("bob ann: a<U+202E>"));
    assert!(!rows.concat().chars().any(disturbs), "{rows:#?}");
    let peers = scratch.chinwag("server", &["admin", "peers"]).end();
    peers.expect(0, &[]);
    assert!(peers.out.contains("ann") && !peers.out.chars().any(|c| c != '\n' && disturbs(c)), "{:?}", peers.out);
}

#[cfg(not(target_os = "linux"))]
fn on_a_whole_screen(_: &Scratch, _: &Server) {}

#[test]
fn a_line_of_which_nothing_would_be_seen_is_said_not_to_be_sent_once_where_a_file_has_many() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    let ended = typed(&scratch, &server, "ann", &["\u{200b}", "  ", "", "\u{200b}\u{3164}", "last"], "ann: last");
    ended.expect(0, &["a line of which nothing would be seen is not sent: it has only characters like U+200B"]);
    assert_eq!(ended.err.matches("nothing would be seen").count(), 1, "{}", ended.err);
    let args = ["send", "--server", &server.addr, "--room", "lobby", "--stdin"];
    let mut lines = scratch.chinwag("ann", &args);
    ["\u{200b}", "", "more", "\u{200b}"].iter().for_each(|line| lines.write(line));
    let ended = lines.end();
    ended.expect(0, &["a line of which nothing would be seen is not sent"]);
    assert_eq!(ended.err.matches("nothing would be seen").count(), 1, "{}", ended.err);
}

#[test]
fn whoever_writes_what_others_would_not_see_is_told_what_is_wrong() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--hidden"]);
    ask(&scratch, &server, "ann", &["send", "--room", "lobby", "hello"]).expect(0, &[]);
    let lines = ["/react 1 \u{200b}", "/topic a\u{202e}b", "/rules a\u{1b}b", "/away \u{3164}", "/topic fine", "last"];
    let ended = typed(&scratch, &server, "ann", &lines, "ann: last");
    let said = format!("{}\n{}", ended.out, ended.err);
    for what in [
        "no reaction: nothing of it would be seen",
        "no topic: it has U+202E",
        "no rules: it has U+001B",
        "no text to be away with: nothing",
    ] {
        assert!(said.contains(what), "{what:?} is not in: {said}");
    }
    let label = ["admin", "token", "create", "ann", "--read", "--label", "a\u{202e}b"];
    scratch.chinwag("server", &label).end().expect(8, &["hide or reorder text"]);
    scratch.chinwag("other", &["serve", "--name", "\u{200b}"]).end().expect(2, &["nothing of it would be seen"]);
}
