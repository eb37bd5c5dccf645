//! A page of the database that went bad: what lies on it is gone, everything else goes on, and everybody concerned is told.

use std::path::Path;

use rustix::process::Signal;

use crate::process::{Ended, Scratch, Server};

fn admin(scratch: &Scratch, args: &[&str]) -> Ended {
    scratch.chinwag("server", &[&["admin"], args].concat()).end()
}

fn client(scratch: &Scratch, server: &Server, whose: &str, args: &[&str]) -> Ended {
    let (command, rest) = args.split_first().expect("a command");
    let to = ["--server", &server.addr, "--accept-new", "--timeout", "10"];
    scratch.chinwag(whose, &[&[*command], &to[..], rest].concat()).end()
}

fn stop(server: Server) {
    server.process.signal(Signal::TERM);
    server.process.end().expect(0, &[]);
}

/// Overwrites the page of the database on which that text is.
fn damage(database: &Path, text: &str) {
    const PAGE_LEN: usize = 2_048;
    let mut octets = std::fs::read(database).expect("a database");
    let at = octets.windows(text.len()).position(|part| part == text.as_bytes()).expect("it was stored");
    let page = at / PAGE_LEN * PAGE_LEN;
    octets[page..page + PAGE_LEN].fill(0xa5);
    std::fs::write(database, octets).expect("written");
}

/// What was said, each long enough that a few share a page.
fn said(number: usize) -> String {
    format!("message-{number:02} {}", "blah ".repeat(40).trim_end())
}

/// Ann says so many of them in the lobby that they lie on several pages.
fn say_forty(scratch: &Scratch, server: &Server) {
    let texts: Vec<_> = (1..=40).map(said).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    client(scratch, server, "ann", &[&["send", "--room", "lobby"], &texts[..]].concat()).expect(0, &[]);
}

#[test]
fn a_damaged_page_takes_what_is_on_it_and_nothing_else() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    say_forty(&scratch, &server);
    client(&scratch, &server, "ann", &["send", "--create", "--room", "attic", "quiet here"]).expect(0, &[]);
    let backup = scratch.home("backup").to_str().expect("UTF-8").to_owned();
    admin(&scratch, &["backup", &backup]).expect(0, &[]);
    stop(server);
    let data = scratch.home("server").join("server");
    damage(&data.join("chinwag.db"), "message-20");
    let found = admin(&scratch, &["verify"]);
    found.expect(3, &["the store is damaged", "admin restore", "admin repair"]);
    assert!(found.out.contains(" of #lobby can't be read"), "{}", found.out);
    let mut server = scratch.server(&[]);
    // Bob has the whole room from its beginning: all that is on other pages, and a word of what is not.
    let read = client(&scratch, &server, "bob", &["tail", "--room", "lobby", "--all", "--count", "30"]);
    read.expect(0, &["the server's disk is damaged: messages between", "of #lobby can't be read any more"]);
    let has = |text: &str, number: usize| text.contains(&format!("message-{number:02}"));
    assert!(has(&read.out, 1) && !has(&read.out, 20) && has(&read.out, 30), "{}", read.out);
    let told = server.process.until_error("the store is damaged: messages between");
    assert!(told.contains("of #lobby can't be read") && told.contains("the rest goes on"), "{told}");
    let paged = client(&scratch, &server, "ann", &["history", "lobby", "--count", "40"]);
    paged.expect(0, &["the server's disk is damaged"]);
    assert!(has(&paged.out, 10) && !has(&paged.out, 20) && has(&paged.out, 40), "{}", paged.out);
    // A search that needs it is refused, and so is a change of it; neither is the end.
    client(&scratch, &server, "ann", &["search", "message-20"]).expect(1, &["disk is damaged"]);
    // One that finds something is told that there may be more, and where.
    let found = client(&scratch, &server, "ann", &["search", "blah"]);
    found.expect(0, &["the server's disk is damaged: messages between", "of #lobby can't be read any more"]);
    client(&scratch, &server, "ann", &["send", "--room", "lobby", "life goes on"]).expect(0, &[]);
    let other = client(&scratch, &server, "ann", &["history", "attic"]);
    other.expect(0, &[]);
    assert!(other.out.contains("quiet here") && !other.err.contains("damaged"), "{} {}", other.out, other.err);
    let status = admin(&scratch, &["status"]);
    assert!(status.out.contains("DISK DAMAGED: "), "{}", status.out);
    stop(server);
    // The repair: what is left goes aside, and the backup takes its place.
    std::fs::rename(&data, scratch.home("server").join("server.damaged")).expect("renamed");
    admin(&scratch, &["restore", &backup]).expect(0, &[]);
    admin(&scratch, &["verify"]).expect(0, &[]);
    let server = scratch.server(&[]);
    let read = client(&scratch, &server, "bob", &["history", "lobby", "--count", "40"]);
    assert!(has(&read.out, 20) && !read.err.contains("damaged"), "{} {}", read.out, read.err);
}

/// Overwrites the last page of a tree of the database.
fn damage_tree(database: &Path, tree: &str) {
    const PAGE_LEN: usize = 2_048;
    let conn = rusqlite::Connection::open(database).expect("a database");
    let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1";
    let page: u32 = conn.query_row(sql, [tree], |row| row.get(0)).expect("a leaf");
    drop(conn);
    let mut octets = std::fs::read(database).expect("a database");
    let at = (page as usize - 1) * PAGE_LEN;
    octets[at..at + PAGE_LEN].fill(0xa5);
    std::fs::write(database, octets).expect("written");
}

#[test]
fn where_the_newest_messages_or_an_index_are_damaged_the_server_starts_and_all_rooms_go_on() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let texts: Vec<_> = (1..=40).map(said).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    client(&scratch, &server, "ann", &["send", "--create", "--room", "attic", "quiet here"]).expect(0, &[]);
    client(&scratch, &server, "ann", &[&["send", "--room", "lobby"], &texts[..]].concat()).expect(0, &[]);
    stop(server);
    let database = scratch.home("server").join("server/chinwag.db");
    damage_tree(&database, "entries");
    let mut server = scratch.server(&[]);
    let told = server.process.until_error("the store is damaged where its newest messages are");
    assert!(told.contains("rooms go on"), "{told}");
    for room in ["lobby", "attic"] {
        client(&scratch, &server, "ann", &["send", "--room", room, "life goes on"]).expect(0, &[]);
    }
    let read = client(&scratch, &server, "bob", &["history", "lobby", "--count", "50"]);
    read.expect(0, &["the server's disk is damaged: messages between"]);
    let has = |text: &str| read.out.contains(text);
    assert!(has("message-01") && has("message-20") && !has("message-40") && has("life goes on"), "{}", read.out);
    assert_eq!(read.err.matches("the server's disk is damaged").count(), 1, "one loss is told once: {}", read.err);
    stop(server);
    assert!(repaired(&scratch).out.contains("to 40 of #lobby are lost"), "whoever has the store repaired knows of it");
    admin(&scratch, &["verify"]).expect(0, &[]);
    for index in ["entries_by_origin", "entries_by_number"] {
        damage_tree(&database, index);
        let mut server = scratch.server(&[]);
        client(&scratch, &server, "ann", &["send", "--room", "lobby", "and on"]).expect(0, &[]);
        let told = server.process.until_error("is made anew");
        assert!(told.contains(index) && told.contains("nothing is lost"), "{told}");
        stop(server);
        admin(&scratch, &["verify"]).expect(0, &[]);
    }
}

fn repaired(scratch: &Scratch) -> Ended {
    let repaired = admin(scratch, &["repair"]);
    repaired.expect(0, &[]);
    repaired
}

#[test]
fn what_is_lost_is_said_by_all_that_an_operator_asks_until_the_store_is_repaired() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    say_forty(&scratch, &server);
    stop(server);
    damage_tree(&scratch.home("server").join("server/chinwag.db"), "entries");
    stop(scratch.server(&[]));
    // At a later start, too, and before anybody has read there.
    let mut server = scratch.server(&[]);
    server.process.until_error("the store is damaged: messages between");
    let status = admin(&scratch, &["status"]);
    assert!(status.out.contains("DISK DAMAGED: 1 parts"), "{}", status.out);
    let verified = admin(&scratch, &["verify"]);
    verified.expect(3, &["what is lost lay on a damaged page", "admin restore", "admin repair"]);
    assert!(verified.out.contains("to 40 of #lobby are lost") && !verified.out.contains("sound"), "{}", verified.out);
    let json = admin(&scratch, &["--json", "verify"]);
    assert!(
        json.out.contains(r#""sound":false"#) && json.out.contains(r#"to 40 of #lobby are lost"]"#),
        "{}",
        json.out
    );
    let backup = |name: &str| scratch.home(name).to_str().expect("UTF-8").to_owned();
    admin(&scratch, &["backup", &backup("one")]).expect(3, &["earlier backups may have more", "admin verify"]);
    let lost = "the server's disk is damaged: messages between";
    client(&scratch, &server, "ann", &["search", "message-40"]).expect(1, &[lost, "of #lobby"]);
    client(&scratch, &server, "ann", &["search", "message-01"]).expect(0, &[lost, "of #lobby"]);
    stop(server);
    repaired(&scratch);
    let server = scratch.server(&[]);
    let read = client(&scratch, &server, "bob", &["history", "lobby", "--count", "50"]);
    read.expect(0, &[lost]);
    client(&scratch, &server, "ann", &["search", "message-40"]).expect(0, &[lost, "of #lobby"]);
    let status = admin(&scratch, &["status"]);
    assert!(!status.out.contains("DISK DAMAGED"), "{}", status.out);
    let verified = admin(&scratch, &["verify"]);
    verified.expect(0, &[]);
    assert!(verified.out.contains("to 40 of #lobby are lost") && verified.out.contains("sound"), "{}", verified.out);
    admin(&scratch, &["backup", &backup("other")]).expect(0, &[]);
    stop(server);
}

#[test]
fn what_can_be_read_of_a_damaged_store_is_exported_and_made_whole_again() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    say_forty(&scratch, &server);
    stop(server);
    let data = scratch.home("server").join("server");
    damage(&data.join("chinwag.db"), "message-20");
    let has = |text: &str| {
        assert!(text.contains("message-01") && text.contains("message-40") && !text.contains("message-20"), "{text}");
    };
    let to = scratch.home("export.jsonl").to_str().expect("UTF-8").to_owned();
    admin(&scratch, &["export", &to]).expect(3, &["can't be read and are missing", "all others are written"]);
    has(&std::fs::read_to_string(&to).expect("an export"));
    let server = scratch.server(&[]);
    let beside = admin(&scratch, &["export"]);
    beside.expect(3, &["can't be read and are missing"]);
    has(&beside.out);
    let backup = scratch.home("backup").to_str().expect("UTF-8").to_owned();
    admin(&scratch, &["backup", &backup]).expect(3, &["admin repair", "admin export"]);
    admin(&scratch, &["repair"]).expect(1, &["stop it first"]);
    stop(server);
    let repaired = admin(&scratch, &["repair"]);
    repaired.expect(0, &[]);
    assert!(repaired.out.contains(" of #lobby are lost") && repaired.out.contains("sound"), "{}", repaired.out);
    assert!(data.join("damaged-1.db").exists());
    admin(&scratch, &["verify"]).expect(0, &[]);
    admin(&scratch, &["backup", &backup]).expect(0, &[]);
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", &["send", "--room", "lobby", "life goes on"]).expect(0, &[]);
    let read = client(&scratch, &server, "bob", &["history", "lobby", "--count", "50"]);
    read.expect(0, &["the server's disk is damaged"]);
    has(&read.out);
    stop(server);
}

#[test]
fn a_store_that_can_not_be_begun_with_is_exit_3_and_says_what_helps() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", &["send", "--room", "lobby", "hello"]).expect(0, &[]);
    stop(server);
    damage(&scratch.home("server").join("server/chinwag.db"), "CREATE TABLE accounts");
    let refused = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]).end();
    refused.expect(3, &["chinwag.db is damaged", "go back to a backup", "admin restore"]);
}

#[test]
fn where_members_can_t_be_read_no_server_starts_before_a_repair_has_named_what_is_lost() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    client(&scratch, &server, "ann", &["send", "--create", "--room", "attic", "hello"]).expect(0, &[]);
    client(&scratch, &server, "bob", &["send", "--room", "attic", "hello"]).expect(0, &[]);
    stop(server);
    let data = scratch.home("server").join("server");
    damage_tree(&data.join("chinwag.db"), "members");
    let refused = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]).end();
    refused.expect(3, &["its tables members can't be read", "admin repair", "names what is lost", "admin restore"]);
    let repaired = admin(&scratch, &["repair"]);
    repaired.expect(0, &[]);
    for named in ["ann is in #attic as an ordinary member", "bob is in #attic as an ordinary member", "sound"] {
        assert!(repaired.out.contains(named), "{named}: {}", repaired.out);
    }
    let server = scratch.server(&[]);
    client(&scratch, &server, "bob", &["send", "--room", "attic", "life goes on"]).expect(0, &[]);
    stop(server);
    admin(&scratch, &["verify"]).expect(0, &[]);
}

#[test]
fn where_rooms_or_accounts_can_t_be_read_a_backup_is_needed_and_a_repair_leaves_nothing_behind() {
    for (table, name) in [("rooms", "#lobby"), ("accounts", "ann")] {
        let scratch = Scratch::new();
        let server = scratch.server(&[]);
        client(&scratch, &server, "ann", &["send", "--room", "lobby", "hello"]).expect(0, &[]);
        stop(server);
        let data = scratch.home("server").join("server");
        damage_tree(&data.join("chinwag.db"), table);
        let sentence = format!("its tables {table} can't be read, in which are {name}");
        let needed = [sentence.as_str(), "go back to a backup", "admin restore"];
        scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]).end().expect(3, &needed);
        let refused = admin(&scratch, &["repair"]);
        refused.expect(3, &[&needed[..], &["nothing was changed"]].concat());
        assert!(!data.join("damaged-1.db").exists(), "no copy is left of a store that was not repaired");
    }
}
