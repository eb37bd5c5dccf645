//! Bad input at the command: a sentence that says what is wrong, an exit code, and nothing stored of it.

use std::path::{Path, PathBuf};

use crate::process::{Ended, Scratch, Server};

/// A server with one message, by ann.
fn talk(scratch: &Scratch) -> Server {
    let server = scratch.server(&[]);
    run(scratch, &server, "ann", &["send", "--room", "lobby", "hello"]).expect(0, &[]);
    server
}

fn run(scratch: &Scratch, server: &Server, whose: &str, args: &[&str]) -> Ended {
    scratch.chinwag(whose, &[args, &["--server", &server.addr, "--accept-new"]].concat()).end()
}

/// What the server's store has, as it exports it.
fn export(scratch: &Scratch) -> String {
    let ended = scratch.chinwag("server", &["admin", "export", "--json"]).end();
    ended.expect(0, &[]);
    ended.out
}

/// The file of that name under a folder.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path()).find_map(|path| match path.is_dir() {
        true => find(&path, name),
        false => path.ends_with(name).then_some(path),
    })
}

#[test]
fn a_command_that_asks_for_a_password_ends_where_nobody_can_be_asked_and_says_what_helps() {
    let scratch = Scratch::new();
    let server = talk(&scratch);
    let chat = ["chat", "--plain", "--server", &server.addr, "--accept-new", "--room", "lobby"];
    for (line, helps) in [
        ("/create #pw password", "/create #pw invite"),
        ("/open password", "at a terminal, or /open invite"),
        ("/password", "at a terminal"),
        ("/unregister ann", "at a terminal"),
    ] {
        let mut ann = scratch.chinwag("ann", &chat);
        ann.until("in #lobby");
        ann.write(line);
        ann.end().expect(8, &["asks for a password, and nobody is there to type it", helps]);
    }
}

#[test]
fn a_name_that_is_none_is_explained_and_not_stored() {
    let scratch = Scratch::new();
    let server = talk(&scratch);
    let before = export(&scratch);
    let register = |name: &str| run(&scratch, &server, "eve", &["register", "--no-password", "--name", name]);
    for name in ["a\u{7}b", "a\u{202e}b", "a\u{2066}b", "a b", &"x".repeat(300)] {
        let refused = register(name);
        refused.expect(2, &["name"]);
        assert!(
            !refused.err.contains(['\u{7}', '\u{202e}', '\u{2066}']),
            "a terminal is told none of it: {}",
            refused.err
        );
    }
    register(&"x".repeat(300)).expect(2, &["64 octets"]);
    for twin in ["аnn", "аΝn"] {
        register(twin).expect(5, &["looks like one that is there already", "choose another"]);
    }
    run(&scratch, &server, "ann", &["send", "--create", "--room", "lоbby", "hello"]).expect(5, &["looks like one"]);
    assert_eq!(export(&scratch), before);
    register("eve").expect(0, &[]);
}

#[test]
fn who_asks_for_help_or_forgets_the_command_is_helped() {
    let scratch = Scratch::new();
    let typed = |args: &[&str]| scratch.chinwag("ann", args).end();
    assert_eq!(typed(&["help"]).out, typed(&["--help"]).out);
    let find = typed(&["help", "find"]);
    find.expect(0, &[]);
    assert!(find.out.contains("chinwag find --json"), "{}", find.out);
    typed(&["help", "fnd"]).expect(2, &["'find'"]);
    typed(&["--name", "ann"]).expect(2, &["`chinwag chat --name ann`"]);
    typed(&["--server", "lab"]).expect(2, &["`chinwag chat --server lab`"]);
    assert!(!typed(&["find", "--name", "ann"]).err.contains("chinwag chat"));
}

#[test]
#[cfg(target_os = "linux")]
fn what_can_not_be_written_is_no_success() {
    let scratch = Scratch::new();
    for args in [&["config", "show"][..], &["config", "path"], &["--help"], &["trust"], &["doctor", "--help"]] {
        // A known server, so that there is something to say of it.
        std::fs::create_dir_all(scratch.home("ann")).expect("made");
        std::fs::write(scratch.home("ann").join("known_servers"), format!("lab:1 {} \n", "ab".repeat(32)))
            .expect("written");
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full disk");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chinwag"));
        let ended = command.args(args).env("CHINWAG_HOME", scratch.home("ann")).stdout(full).output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{args:?}: {said}");
        assert_eq!(said.matches("can't write to stdout").count(), 1, "{args:?}: {said}");
    }
    // A reader that had enough is another matter.
    let mut shown = scratch.chinwag("ann", &["config", "show"]);
    shown.stop_reading();
    shown.end().expect(0, &[]);
}

#[test]
fn an_empty_message_is_explained_and_not_stored() {
    let scratch = Scratch::new();
    let server = talk(&scratch);
    let before = export(&scratch);
    run(&scratch, &server, "ann", &["send", "--room", "lobby", ""]).expect(8, &["empty"]);
    run(&scratch, &server, "ann", &["send", "--room", "lobby", " \u{200b}\u{3000}"]).expect(8, &["shows nothing"]);
    let mut send = scratch.chinwag("ann", &["send", "--room", "lobby", "--stdin"]);
    send.write("");
    send.end().expect(0, &[]);
    assert_eq!(export(&scratch), before);
}

#[test]
fn what_fts_reads_as_syntax_finds_words_or_nothing() {
    let scratch = Scratch::new();
    let server = talk(&scratch);
    let search = |words: &str| scratch.chinwag("ann", &["search", "--server", &server.addr, "--", words]).end();
    for words in ["\"", "(", "*", "-", "'; --"] {
        search(words).expect(2, &["nothing to search for", "type a word"]);
    }
    for (words, found) in [
        ("hello*", true),
        ("\"hello", true),
        ("(hello)", true),
        ("-hello", true),
        ("hello OR bye", false),
        ("text:hello", false),
        ("NEAR(hello 1)", false),
        ("hello\" OR room:1", false),
    ] {
        let ended = search(words);
        ended.expect(0, &[]);
        assert_eq!(ended.out.contains("ann: hello"), found, "{words}: {}", ended.out);
    }
}

#[test]
fn a_store_of_another_version_is_left_alone() {
    let scratch = Scratch::new();
    drop(talk(&scratch));
    let path = find(&scratch.home("server"), "chinwag.db").expect("a store");
    let newer = rusqlite::Connection::open(&path).expect("a database");
    let known: i64 = newer.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    newer.pragma_update(None, "user_version", 99).expect("a version");
    let refused = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]).end();
    refused.expect(3, &["has version 99", &format!("knows up to {known}"), "use a newer chinwag"]);
    for args in [&["admin", "verify"][..], &["admin", "export", "--json"], &["admin", "backup", "copy.db"]] {
        let refused = scratch.chinwag("server", args).end();
        assert!(
            refused.code != Some(0) && refused.err.contains("version 99") && refused.out.is_empty(),
            "{}",
            refused.err
        );
    }
    newer.pragma_update(None, "user_version", known - 1).expect("a version");
    let refused = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]).end();
    refused.expect(3, &["of an older, unreleased version", "begin anew"]);
    newer.pragma_update(None, "user_version", known).expect("a version");
    drop(newer);
    let _server = scratch.server(&[]);
    assert!(export(&scratch).contains("hello"), "nothing of it was lost");
}
