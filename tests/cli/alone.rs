//! What goes wrong before anyone is reached: the command line, files, ports, hosts.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread;

use chinwag_proto::limits::HELLO_LEN;
use chinwag_proto::wire::datagram::{Cookie, Hello, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use crate::process::Scratch;

#[test]
fn bare_chinwag_needs_a_name_where_there_is_nobody_to_ask() {
    let ended = Scratch::new().chinwag_with("ann", &[], &[("USER", "two words")]).end();
    ended.expect(2, &["under which name?", "--name NAME"]);
}

#[test]
fn a_command_line_that_makes_no_sense_is_exit_2() {
    let scratch = Scratch::new();
    let run = |args: &[&str]| scratch.chinwag("ann", args).end();
    run(&["dance"]).expect(2, &["dance"]);
    run(&["send", "--room", "lobby", "hi"]).expect(2, &["--server HOST"]);
    run(&["send", "--server", "127.0.0.1:1", "--room", "no spaces", "hi"]).expect(2, &["--room", "letters, digits"]);
    run(&["tail", "--server", "127.0.0.1:1", "--name", "#ann", "--room", "lobby"]).expect(2, &["--name \"#ann\""]);
    run(&["chat", "--server", "127.0.0.1:eighty"]).expect(2, &["eighty", "up to 65535"]);
    run(&["tail", "--server", "h", "--room", "lobby", "--weather", "loss=lots"]).expect(2, &["lots"]);
    run(&["weather", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "fog=1"]).expect(2, &["fog"]);
}

#[test]
fn a_command_of_a_group_leads_to_the_group() {
    let scratch = Scratch::new();
    let run = |args: &[&str]| scratch.chinwag("ann", args).end();
    for command in ["status", "users", "prune", "backup", "restore", "ban"] {
        run(&[command]).expect(2, &[&format!("that is `chinwag admin {command}`")]);
    }
    run(&["show"]).expect(2, &["that is `chinwag config show`"]);
    run(&["dance"]).expect(2, &["dance"]);
}

#[test]
fn an_unknown_host_is_exit_4_and_named() {
    let scratch = Scratch::new();
    let run = scratch.chinwag("ann", &["send", "--server", "no-such-host.invalid", "--room", "lobby", "hi"]);
    run.end().expect(4, &["unknown host \"no-such-host.invalid\"", "check the spelling"]);
}

#[test]
fn a_server_that_does_not_answer_is_exit_4_with_what_was_tried() {
    let silent = Ipv4Addr::LOCALHOST;
    let scratch = Scratch::new();
    let args = ["send", "--server", &format!("{silent}:9"), "--timeout", "0.5", "--room", "lobby", "hi"];
    scratch
        .chinwag("ann", &args)
        .end()
        .expect(4, &["no answer from 127.0.0.1:9", "attempts", "chinwag serve", "firewall"]);
}

#[test]
fn who_waits_for_a_server_that_does_not_answer_is_told_what_to_check() {
    let scratch = Scratch::new();
    let mut chat = scratch.chinwag("ann", &["chat", "--server", "127.0.0.1:9"]);
    let told = chat.until_error("no answer from 127.0.0.1:9 for");
    assert!(told.contains("trying on; `chinwag doctor` finds out why"), "{told}");
}

#[test]
fn a_server_of_a_later_version_is_exit_4_and_nobody_is_asked_to_trust_it() {
    let server = answers_with(VersionRange { min: 2, max: 3 });
    let scratch = Scratch::new();
    let run = scratch.chinwag("ann", &["send", "--server", &server.to_string(), "--room", "lobby", "hi"]);
    run.end().expect(4, &["this program is older than the server", "versions 2 to 3", "update this program"]);
}

/// A server that says which versions it speaks, and nothing else.
fn answers_with(versions: VersionRange) -> SocketAddr {
    #[expect(clippy::disallowed_methods, reason = "this program has no server of a later version")]
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let addr = socket.local_addr().expect("an address");
    thread::spawn(move || {
        let mut octets = [0; HELLO_LEN];
        while let Ok((len, from)) = socket.recv_from(&mut octets) {
            let Ok(Hello { nonce, .. }) = Hello::decode(&octets[..len]) else { continue };
            let mut out = [0; Cookie::LEN];
            let server = PublicKey([7; 32]);
            Cookie { versions, nonce, server, join_key_needed: false, capabilities: 0, cookie: [0; 24] }
                .encode(&mut out);
            socket.send_to(&out, from).expect("sent");
        }
    });
    addr
}

#[test]
fn a_taken_port_is_exit_4() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    let second = scratch.chinwag("other", &["serve", "--listen", &server.addr]);
    second.end().expect(4, &["is taken", "choose another port"]);
}

#[test]
fn a_damaged_key_is_exit_3_and_stays_as_it_is() {
    let scratch = Scratch::new();
    let home = scratch.home("server");
    fs::create_dir(&home).expect("made");
    fs::write(home.join("server.key"), "# not a key\nfrogs\n").expect("written");
    let run = scratch.chinwag("server", &["serve", "--listen", "127.0.0.1:0"]);
    run.end().expect(3, &["server.key, line 2", "64 hexadecimal digits"]);
    assert_eq!(fs::read_to_string(home.join("server.key")).expect("there"), "# not a key\nfrogs\n");
}

#[test]
fn an_unreadable_key_is_exit_3() {
    let scratch = Scratch::new();
    fs::create_dir_all(scratch.home("ann").join("device.key")).expect("a folder where a file should be");
    let run = scratch.chinwag("ann", &["send", "--server", "127.0.0.1:9", "--room", "lobby", "hi"]);
    run.end().expect(3, &["can't read", "device.key"]);
}

#[test]
fn a_message_that_is_too_long_is_exit_8_and_nothing_is_sent() {
    let long = "x".repeat(65_537);
    let scratch = Scratch::new();
    let run = scratch.chinwag("ann", &["send", "--server", "127.0.0.1:9", "--room", "lobby", "short", &long]);
    run.end().expect(8, &["65537 octets", "65536", "nothing was sent"]);
}

#[test]
fn everything_of_a_person_lies_under_one_home() {
    let scratch = Scratch::new();
    let server = scratch.server(&[]);
    assert_eq!(server.fingerprint.len(), 23);
    assert!(scratch.home("server").join("server.key").is_file());
    server.process.signal(rustix::process::Signal::TERM);
    server.process.end().expect(0, &[]);
    let again = scratch.server(&[]);
    assert_eq!(again.fingerprint, server.fingerprint, "the key is kept");
}
