//! A backup is the server itself: what it takes along, and what becomes of it somewhere else.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::process::Signal;

use crate::json_page::check_rows;
use crate::process::{Ended, Scratch, Server};

fn admin(scratch: &Scratch, whose: &str, args: &[&str]) -> Ended {
    scratch.chinwag(whose, &[&["admin"], args].concat()).end()
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// A client that has seen the server before, or is to see it for the first time.
fn send(scratch: &Scratch, server: &Server, whose: &str, more: &[&str]) -> Ended {
    let args = ["send", "--server", &server.addr, "--timeout", "5", "--room", "lobby"];
    scratch.chinwag(whose, &[&args[..], more].concat()).end()
}

fn stop(server: Server) {
    server.process.signal(Signal::TERM);
    server.process.end().expect(0, &[]);
}

/// A server in another home, at an address that is known.
fn serve(scratch: &Scratch, whose: &str, addr: &str, more: &[&str]) -> Server {
    let mut process = scratch.chinwag(whose, &[&["serve", "--listen", addr], more].concat());
    let told = |line: String, what: &str| line.strip_prefix(what).map(ToOwned::to_owned).expect(what);
    let addr = told(process.line(), "listening on ");
    let fingerprint = told(process.line(), "fingerprint ");
    Server { process, addr, fingerprint }
}

#[test]
fn a_backup_restored_elsewhere_is_the_same_server_to_those_who_know_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["--accept-new", "before the backup"]).expect(0, &[]);
    send(&scratch, &server, "eve", &["--accept-new", "never mind"]).expect(0, &[]);
    admin(&scratch, "server", &["ban", "eve"]).expect(0, &[]);
    let folder = scratch.home("backup");
    let made = admin(&scratch, "server", &["backup", &text(&folder)]);
    made.expect(0, &["server.key in it is secret"]);
    assert_eq!(made.out, format!("{}: chinwag.db, server.key, banned, audit.log, config.toml", folder.display()));
    send(&scratch, &server, "ann", &["after the backup"]).expect(0, &[]);
    let (addr, fingerprint) = (server.addr.clone(), server.fingerprint.clone());
    stop(server);
    let restored = admin(&scratch, "elsewhere", &["restore", &text(&folder)]);
    restored.expect(0, &["start it: chinwag --home", "serve"]);
    assert!(restored.out.contains(&fingerprint), "{}", restored.out);
    let moved = serve(&scratch, "elsewhere", &addr, &[]);
    assert_eq!(moved.fingerprint, fingerprint);
    // Nobody is asked to trust it anew, who was put out stays out, and what is said is not taken for what was said before.
    send(&scratch, &moved, "ann", &["on the new machine"]).expect(0, &[]);
    send(&scratch, &moved, "eve", &["let me in"]).expect(7, &["banned"]);
    let read = scratch.chinwag("ann", &["history", "--server", &moved.addr, "lobby"]).end();
    read.expect(0, &[]);
    let has = |what: &str| read.out.contains(what);
    assert!(has("before the backup") && !has("after the backup") && has("on the new machine"), "{}", read.out);
}

#[test]
fn what_a_backup_holds_is_for_its_owner_only() {
    let scratch = Scratch::new();
    let key = text(&scratch.home("the.join"));
    let server = scratch.server(&["--join-key-file", &key]);
    let folder = scratch.home("backup");
    admin(&scratch, "server", &["backup", &text(&folder)]).expect(0, &[]);
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let inside: Vec<_> = std::fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path()).collect();
    assert!(inside.iter().all(|file| mode(file) == 0o600), "{inside:?}");
    assert_eq!(std::fs::read(folder.join("join.key")).expect("there"), std::fs::read(&key).expect("there"));
    stop(server);
    let restored = admin(&scratch, "elsewhere", &["restore", &text(&folder)]);
    restored.expect(0, &["start the server with --join-key-file", "elsewhere/join.key"]);
    for made in ["server.key", "server/chinwag.db", "join.key", "config.toml"] {
        assert_eq!(mode(&scratch.home("elsewhere").join(made)), 0o600, "{made}");
    }
}

#[test]
fn nothing_is_overwritten_by_a_backup_or_by_restoring_one() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let folder = scratch.home("backup");
    let (here, no_backup) = (text(&folder), text(&scratch.home("server")));
    admin(&scratch, "nobody", &["backup", &here]).expect(3, &["there is no store"]);
    let unmounted = folder.join("disk");
    admin(&scratch, "server", &["backup", &text(&unmounted.join("copy"))])
        .expect(1, &["disk: there is no such folder"]);
    assert!(!unmounted.exists());
    admin(&scratch, "server", &["backup", &here]).expect(0, &[]);
    admin(&scratch, "server", &["backup", &here]).expect(1, &["is there already, and nothing is overwritten"]);
    admin(&scratch, "server", &["restore", &here]).expect(1, &["a server runs with this home: stop it first"]);
    stop(server);
    admin(&scratch, "server", &["restore", &here]).expect(3, &["chinwag.db is there already"]);
    admin(&scratch, "elsewhere", &["restore", &no_backup]).expect(3, &["is no backup: there is no chinwag.db in it"]);
    admin(&scratch, "elsewhere", &["restore", &text(&scratch.home("none"))]).expect(3, &["no server.key in it"]);
    let other = serve(&scratch, "other", "127.0.0.1:0", &[]);
    stop(other);
    std::fs::remove_dir_all(scratch.home("other").join("server")).expect("removed");
    admin(&scratch, "other", &["restore", &here]).expect(3, &["server.key is another server's"]);
    // The store alone was lost: the same server's backup goes back to where it was, and a person's settings stay.
    std::fs::remove_dir_all(scratch.home("server").join("server")).expect("removed");
    let settings = scratch.home("server").join("config.toml");
    std::fs::write(&settings, "[serve]\nname = \"attic\"\n").expect("written");
    admin(&scratch, "server", &["restore", &here]).expect(0, &["config.toml was there", "stays"]);
    assert!(std::fs::read_to_string(&settings).expect("there").contains("attic"));
    // A backup that was damaged since does not become a store.
    let copy = folder.join("chinwag.db");
    let mut octets = std::fs::read(&copy).expect("there");
    let middle = octets.len() / 2;
    octets[middle..middle + 4_096].fill(0x5a);
    std::fs::write(&copy, octets).expect("written");
    let refused = admin(&scratch, "elsewhere", &["restore", &here]);
    refused.expect(3, &["chinwag.db is damaged", "nothing was restored; choose another backup"]);
    let raw = ["***", "Tree ", "malformed", "go back to"];
    assert!(raw.iter().all(|raw| !refused.err.contains(raw)), "{}", refused.err);
    assert!(!scratch.home("elsewhere").exists(), "nothing of it was begun");
}

/// What reads the whole store tells programs of one that is lost, too.
#[track_caller]
fn says_that_it_is_not_sound(scratch: &Scratch, why: &str) {
    for act in ["verify", "repair"] {
        let told = admin(scratch, "server", &[act, "--json"]);
        told.expect(3, &[why]);
        check_rows("The state of a store", &told.out);
        let told: serde_json::Value = serde_json::from_str(&told.out).expect("one object");
        assert_eq!(told["sound"], false);
        assert!(told["wrong"][0].as_str().is_some_and(|wrong| wrong.contains(why)), "{told}");
    }
}

#[test]
fn a_server_that_has_lost_its_store_gives_it_to_nobody() {
    let scratch = Scratch::new();
    let listen = ["serve", "--listen", "127.0.0.1:0"];
    // A key alone is no server yet: nobody has an account.
    stop(scratch.server(&[]));
    std::fs::remove_dir_all(scratch.home("server").join("server")).expect("removed");
    let server = scratch.server(&[]);
    send(&scratch, &server, "ann", &["--accept-new", "mine"]).expect(0, &[]);
    stop(server);
    let folder = scratch.home("backup");
    admin(&scratch, "server", &["backup", &text(&folder)]).expect(0, &[]);
    let data = scratch.home("server").join("server");
    let lost = ["has served before", "would own it", "admin --home", "restore DIR", "serve --new-store"];
    let refused = || scratch.chinwag_with("server", &listen, &[]).end().expect(3, &lost);
    std::fs::remove_dir_all(&data).expect("removed");
    refused();
    assert!(!data.join("chinwag.db").exists(), "nothing was made");
    admin(&scratch, "server", &["restore", &text(&folder)]).expect(0, &[]);
    stop(scratch.server(&[]));
    // A disk that has lost what was in the file is no better.
    std::fs::write(data.join("chinwag.db"), "").expect("written");
    refused();
    // Nor does any command answer for it as if that were all, or make a store of it.
    let nowhere = text(&scratch.home("nowhere"));
    let token = ["token", "create", "ann", "--label", "ci", "--read", "--host", "lab"];
    let invite = ["invite", "--host", "lab"];
    let readers =
        [&["verify"][..], &["users"], &["rooms"], &["export"], &["backup", &nowhere], &["repair"], &["token", "list"]];
    let acts = [&invite[..], &token, &["ban", "ann"], &["prune", "lobby"], &["clock", "confirm"]];
    for args in readers.iter().chain(&acts) {
        admin(&scratch, "server", args).expect(3, &["the store is empty", "has served before"]);
        assert_eq!(std::fs::metadata(data.join("chinwag.db")).expect("there").len(), 0, "{args:?}");
    }
    says_that_it_is_not_sound(&scratch, "the store is empty");
    // One that was made anew by whoever opened it, and has nothing in it, says so, too.
    let other = Scratch::new();
    stop(other.server(&[]));
    let empty = other.home("server").join("server/chinwag.db");
    std::fs::copy(empty, data.join("chinwag.db")).expect("copied");
    for args in &readers {
        admin(&scratch, "server", args).expect(3, &["the store is empty", "has served before"]);
    }
    says_that_it_is_not_sound(&scratch, "the store is empty");
    std::fs::write(data.join("chinwag.db"), [b'x'; 9_000]).expect("written");
    says_that_it_is_not_sound(&scratch, "chinwag.db");
    std::fs::remove_dir_all(&data).expect("removed");
    says_that_it_is_not_sound(&scratch, "there is no store");
    // What was wanted once needs not be wanted again, whether somebody has come meanwhile or not.
    stop(scratch.server(&["--new-store"]));
    admin(&scratch, "server", &["verify"]).expect(0, &[]);
    stop(scratch.server(&[]));
    stop(scratch.server(&["--new-store"]));
    let server = scratch.server(&[]);
    send(&scratch, &server, "bob", &["--accept-new", "mine now"]).expect(0, &[]);
    stop(server);
    let mut server = scratch.server(&["--new-store"]);
    server.process.until_error("there is a store, and it stays");
    stop(server);
    // The key alone, brought to another home, with the mark of this one or of a time before there was any.
    let (key, elsewhere) = (scratch.home("server").join("server.key"), scratch.home("elsewhere"));
    let marked = std::fs::read_to_string(key).expect("a key");
    let bare = marked.lines().last().expect("the key itself").to_owned();
    std::fs::create_dir_all(&elsewhere).expect("a folder");
    for text in [marked, bare] {
        std::fs::write(elsewhere.join("server.key"), text).expect("written");
        scratch.chinwag_with("elsewhere", &listen, &[]).end().expect(3, &lost);
    }
}
