//! Accounts: registered with a password, entered from another device, and what is said when that fails.

use std::fs;

use crate::process::{Process, Scratch, Server};

fn with_password(
    scratch: &Scratch,
    whose: &str,
    command: &str,
    server: &Server,
    name: &str,
    password: &str,
) -> Process {
    let file = scratch.home(&format!("{whose}.password"));
    fs::write(&file, format!("{password}\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    let args = [command, "--server", &server.addr, "--accept-new", "--name", name, "--password-file", file];
    scratch.chinwag(whose, &args)
}

#[test]
fn an_account_is_entered_from_another_device_by_its_password() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let run = |whose, command, name, password| with_password(&scratch, whose, command, &server, name, password).end();
    let registered = run("laptop", "register", "ann", "correct horse");
    registered.expect(0, &[]);
    assert_eq!(registered.out, format!("registered as ann on {}", server.addr));
    run("phone", "login", "ann", "battery staple").expect(5, &["there is no account with that name and password"]);
    run("phone", "login", "nobody", "battery staple").expect(5, &["there is no account with that name and password"]);
    run("phone", "login", "Ann", "correct horse").expect(0, &[]);
    run("eve", "register", "ann", "something else").expect(5, &["that name is taken", "chinwag login"]);
    run("eve", "register", "eve", "short").expect(2, &["8 to 256"]);

    // From now on both devices are ann, without a password.
    let send = |whose, text| {
        scratch.chinwag(whose, &["send", "--room", "lobby", text]).end().expect(0, &[]);
    };
    send("laptop", "from the laptop");
    send("phone", "from the phone");
    let tail = scratch.chinwag("phone", &["tail", "--room", "lobby", "--all", "--count", "2"]).end();
    let names: Vec<_> = tail.out.lines().map(|line| &line[6..]).collect();
    assert_eq!(names, ["ann: from the laptop", "ann: from the phone"]);
}

#[test]
fn a_password_needs_a_terminal_or_a_file() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let run = |args: &[&str]| {
        let common = ["--server", &server.addr, "--accept-new", "--name", "ann"];
        scratch.chinwag("ann", &[args, &common].concat()).end()
    };
    run(&["register"]).expect(2, &["no terminal", "--password-file FILE", "--no-password"]);
    run(&["login"]).expect(2, &["no terminal", "--password-file FILE"]);
    run(&["login", "--password-file", "/nonexistent/file"]).expect(3, &["can't read /nonexistent/file"]);
    run(&["register", "--no-password"]).expect(0, &[]);
    run(&["send", "--room", "lobby", "hello"]).expect(0, &[]);
}

#[test]
fn a_token_that_is_none_is_exit_5() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let args = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "hello"];
    let ended = scratch.chinwag_with("ci", &args, &[("CHINWAG_TOKEN", "no token at all")]).end();
    ended.expect(5, &["that token is none", "0 of 1"]);
    // What could not be sent under it is not kept for another one.
    scratch.chinwag("ci", &args).end().expect(0, &[]);
    let tail = scratch.chinwag("ci", &["tail", "--room", "lobby", "--all", "--count", "1", "--json"]).end();
    assert!(tail.out.contains("\"number\":1"), "{}", tail.out);
}

#[test]
fn no_secret_is_on_this_device_in_clear() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let password = "canary-password-123";
    with_password(&scratch, "ann", "register", &server, "ann", password).end().expect(0, &[]);
    let token = [("CHINWAG_TOKEN", "canary-token-456"), ("RUST_LOG", "trace")];
    let args = ["send", "--server", &server.addr, "--room", "lobby", "--timeout", "5", "hello"];
    let ended = scratch.chinwag_with("ann", &args, &token).end();
    assert!(!ended.err.contains("canary"), "{}", ended.err);
    for home in ["ann", "server"] {
        assert_eq!(files_with(&scratch.home(home), b"canary-"), [""; 0], "{home}");
    }
}

/// The files under a folder that have these octets in them.
fn files_with(dir: &std::path::Path, wanted: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files_with(&path, wanted));
        } else if path.is_file()
            && fs::read(&path).expect("readable").windows(wanted.len()).any(|window| window == wanted)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_token_is_an_account_for_programs_until_it_is_revoked() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    with_password(&scratch, "ann", "register", &server, "ann", "correct horse").end().expect(0, &[]);
    let create = ["admin", "token", "create", "ann", "--label", "ci", "--read", "--write"];
    let made = scratch.chinwag("server", &create).end();
    made.expect(0, &[]);
    let file = scratch.home("ci.token");
    fs::write(&file, &made.out).expect("written");
    let send = |text| {
        let args = ["send", "--server", &server.addr, "--accept-new", "--room", "builds", "--token-file"];
        scratch.chinwag("ci", &[&args[..], &[file.to_str().expect("UTF-8"), text]].concat()).end()
    };
    // A token makes no rooms.
    send("too early").expect(8, &["there is no room #builds"]);
    let args = ["send", "--server", &server.addr, "--create", "--room", "builds", "--token-file"];
    let made = scratch.chinwag("ci", &[&args[..], &[file.to_str().expect("UTF-8"), "too early"]].concat()).end();
    made.expect(7, &["the token does not allow that"]);
    scratch.chinwag("ann", &["send", "--create", "--room", "builds", "here"]).end().expect(0, &[]);
    send("green").expect(0, &[]);
    let token = [("CHINWAG_TOKEN", made.out.trim())];
    let tail = scratch.chinwag_with(
        "ci",
        &["tail", "--server", &server.addr, "--room", "builds", "--all", "--count", "2"],
        &token,
    );
    assert!(tail.end().out.ends_with("ann: green"));
    // One that only writes does not wait for what it will never be shown.
    let create = ["admin", "token", "create", "ann", "--label", "pen", "--write"];
    let pen = scratch.chinwag("server", &create).end().out;
    let tail = ["tail", "--server", &server.addr, "--room", "builds"];
    let pen = scratch.chinwag_with("ci", &tail, &[("CHINWAG_TOKEN", pen.trim())]);
    pen.end().expect(7, &["the token does not allow that"]);
    scratch.chinwag("server", &["admin", "token", "revoke", "ci"]).end().expect(0, &[]);
    send("red").expect(5, &["that token is none"]);
}

#[test]
fn the_operator_sees_who_is_at_which_address() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let nobody = scratch.chinwag("server", &["admin", "peers"]).end();
    assert_eq!((nobody.code, nobody.out.as_str()), (Some(0), ""));
    assert!(nobody.err.contains("nobody is connected"), "{}", nobody.err);
    let send =
        ["send", "--server", &server.addr, "--accept-new", "--name", "ann", "--create", "--room", "builds", "green"];
    scratch.chinwag("ann", &send).end().expect(0, &[]);
    // It goes on after that line, so it is there.
    let mut tail = scratch.chinwag("ann", &["tail", "--room", "builds", "--all"]);
    tail.until("green");
    let peers = scratch.chinwag("server", &["admin", "peers"]).end();
    let lines: Vec<&str> = peers.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", peers.out);
    assert!(lines[0].parse::<std::net::SocketAddr>().is_ok_and(|addr| addr.ip().is_loopback()), "{}", peers.out);
    assert!(lines[1].trim_start().starts_with("ann: 1 room, RTT "), "{}", peers.out);
    let json = scratch.chinwag("server", &["admin", "peers", "--json"]).end().out;
    let peer: serde_json::Value = serde_json::from_str(&json).expect("an object a line");
    assert_eq!((&peer["addr"], &peer["sessions"][0]["account"]), (&lines[0].into(), &"ann".into()));
    assert_eq!(peer["sessions"][0]["token"], false);
    drop(server);
    scratch.chinwag("server", &["admin", "peers"]).end().expect(4, &["no server runs with this home"]);
}

#[test]
fn an_invitation_says_who_the_server_is_and_lets_one_in() {
    let scratch = Scratch::new();
    let server = scratch.server(&["--register", "invite"]);
    let invite = |who: &str| {
        let link = scratch.chinwag("server", &["admin", "invite", "--host", &server.addr]).end();
        link.expect(0, &[]);
        let file = scratch.home(&format!("{who}.invite"));
        let link = link.out.lines().find(|line| line.starts_with("chinwag://")).expect("a link").to_owned();
        fs::write(&file, &link).expect("written");
        (link, file.to_str().expect("UTF-8").to_owned())
    };
    // The first account on a server is its owner's and needs none; the second one does.
    let common = ["--server", &server.addr, "--accept-new", "--no-password"];
    scratch.chinwag("ann", &[&["register", "--name", "ann"][..], &common].concat()).end();
    scratch
        .chinwag("eve", &[&["register", "--name", "eve"][..], &common].concat())
        .end()
        .expect(5, &["takes an invitation"]);
    let (link, file) = invite("bob");
    scratch
        .chinwag("bob", &["register", "--invite-file", &file, "--name", "bob", "--no-password"])
        .end()
        .expect(0, &[]);
    scratch.chinwag("bob", &["send", "--room", "lobby", "hello"]).end().expect(0, &[]);
    scratch
        .chinwag("eve", &["send", "--invite-file", &file, "--name", "eve", "--room", "lobby", "hi"])
        .end()
        .expect(5, &["invitation"]);
    let (_, file) = invite("cat");
    scratch.chinwag("cat", &["send", "--invite-file", &file, "--room", "lobby", "hi"]).end().expect(0, &[]);
    // Whoever is known under another key is not the one that the link means.
    let (before, rest) = link.split_once("/#").expect("a key");
    let other = format!("{before}/#{}{}", "ab".repeat(32), &rest[64..]);
    scratch.chinwag("bob", &["rooms", "--server", &other]).end().expect(6, &["HAS CHANGED"]);
    scratch.chinwag("dan", &["rooms", "--server", &other, "--timeout", "5"]).end().expect(6, &[]);
    scratch.chinwag("dan", &["rooms", "--server", "chinwag://nowhere"]).end().expect(2, &["no invitation"]);
}
