//! Who is who: keys on first use, keys that changed, names, join keys.

use std::fs;

use crate::process::Scratch;

#[test]
fn an_unknown_key_needs_a_word_and_is_then_remembered() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let send = |args: &[&str]| {
        let all = [&["send", "--server", &server.addr, "--room", "lobby"], args].concat();
        scratch.chinwag("ann", &all).end()
    };
    send(&["hi"]).expect(6, &[&server.fingerprint, "--accept-new", " trust "]);
    send(&["--accept-new", "hi"]).expect(0, &[]);
    send(&["hi again"]).expect(0, &[]);
    scratch.chinwag("ann", &["send", "--room", "lobby", "to the last server used"]).end().expect(0, &[]);
    let known = scratch.chinwag("ann", &["trust"]).end();
    assert_eq!(known.out, format!("{} {}", server.addr, server.fingerprint));
}

#[test]
fn a_chat_shows_the_fingerprint_of_its_server_when_asked() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let mut chat = scratch.chinwag("ann", &["chat", "--server", &server.addr, "--accept-new"]);
    chat.until_error("connected to");
    chat.write("/server");
    let said = chat.until("this is ");
    assert!(said.contains(&format!("({0}) at {0}, fingerprint {1}", server.addr, server.fingerprint)), "{said}");
    chat.write("/server lab");
    chat.until_error("/quit, and `chinwag chat --server lab` goes there");
    assert_eq!(chat.end().code, Some(0));
}

#[test]
fn a_changed_key_is_a_hard_stop_until_it_is_trusted_by_name() {
    let scratch = Scratch::new();
    let first = scratch.server(&[]);
    let args = ["send", "--server", &first.addr, "--room", "lobby", "--accept-new", "hi"];
    scratch.chinwag("ann", &args).end().expect(0, &[]);
    first.process.signal(rustix::process::Signal::TERM);
    first.process.end().expect(0, &[]);

    let mut second = scratch.chinwag("impostor", &["serve", "--listen", &first.addr]);
    second.until("listening on");
    let fingerprint = second.until("fingerprint ").replace("fingerprint ", "");
    let stopped = scratch.chinwag("ann", &args).end();
    let command = format!("chinwag --home {} trust {} {fingerprint}", scratch.home("ann").display(), first.addr);
    stopped.expect(6, &["HAS CHANGED", &first.fingerprint, &fingerprint, &command]);
    assert!(
        stopped.err.lines().any(|line| line.ends_with(&command)),
        "nothing after what is to be copied: {}",
        stopped.err
    );

    let trust = |fingerprint: &str| scratch.chinwag("ann", &["trust", &first.addr, fingerprint]).end();
    trust(&first.fingerprint).expect(6, &["another key", &fingerprint]);
    trust(&fingerprint).expect(0, &["is trusted from now on"]);
    scratch.chinwag("ann", &args).end().expect(0, &[]);
}

#[test]
fn a_name_belongs_to_the_device_that_took_it() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let send = |whose: &str, name: &str| {
        let args = ["send", "--server", &server.addr, "--accept-new", "--name", name, "--room", "lobby", "hi"];
        scratch.chinwag(whose, &args).end()
    };
    send("ann", "ann").expect(0, &[]);
    send("eve", "ann").expect(5, &["that name is taken", "--name", "chinwag login"]);
    send("eve", "eve").expect(0, &[]);
}

#[test]
fn a_server_with_a_join_key_lets_only_its_bearers_in() {
    let scratch = Scratch::new();
    let key = scratch.home("join.key");
    let key = key.to_str().expect("UTF-8");
    let server = scratch.server(&["--join-key-file", key]);
    let send = |whose: &str, more: &[&str]| {
        let args = ["send", "--server", &server.addr, "--accept-new", "--room", "lobby", "hi"];
        scratch.chinwag(whose, &[&args, more].concat()).end()
    };
    send("ann", &[]).expect(5, &["join key", "--join-key-file"]);
    send("ann", &["--join-key-file", key]).expect(0, &[]);
    send("ann", &[]).expect(0, &[]);
    fs::write(scratch.home("wrong.key"), "0".repeat(64)).expect("written");
    let wrong = scratch.home("wrong.key");
    send("bob", &["--join-key-file", wrong.to_str().expect("UTF-8")]).expect(5, &["refused the join key"]);
}
