//! A forger of beacons: on the subnet anyone can say to be a server that somebody knows, by its name and its key.

use std::net::{Ipv4Addr, UdpSocket};

use chinwag_proto::limits::{CHAT_PORT, DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::wire::datagram::{Beacon, BeaconHead, BeaconRoom, Cookie, Query};
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::visible::disturbs;
use serde_json::Value;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::pty::{Terminal, has};
use crate::{find_such, serve, typed};

/// The key that is forged, in hexadecimal digits.
const KEY: &str = "FORGED_KEY";
/// What the forged server is called, and the topic of its room, if not as everybody would.
const CALLED: &str = "FORGED_NAME";

#[test]
fn a_forged_beacon_of_a_known_server_gets_no_session_and_no_password() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    let (right, fingerprint) = serve(&subnet, 1, &home("right"), &["--name", "lab"]);
    let password = home("password");
    std::fs::write(&password, "correct horse").expect("written");
    let by_password = ["--server", "lan:lab", "--password-file", password.to_str().expect("plain")];
    let register = [&["register", "--accept-new", "--name", "ann"], &by_password[..]].concat();
    let (code, said) = Process::merged(typed(&subnet, 3, &home("ann"), &register)).finish();
    assert_eq!(code, Some(0), "{said}");
    let known = find_such(&subnet, 3, &home("ann"), |found| found.len() == 1);
    let key = known[0]["key"].as_str().expect("digits");
    drop(right.stop());

    // In its place another server, of which only the forger speaks.
    let stats = home("stats.json");
    let hidden = ["--name", "lab", "--hidden", "--stats-json", stats.to_str().expect("plain")];
    let (wrong, _) = serve(&subnet, 2, &home("wrong"), &hidden);
    let mut forger = subnet.run_on(2, &std::env::current_exe().expect("this program"));
    forger.args(["--exact", "forger::forger", "--ignored", "--nocapture"]).env(KEY, key);
    let mut forger = Process::merged(forger);
    forger.until("forging");
    let found = find_such(&subnet, 3, &home("ann"), |found| found.len() == 1);
    let hint = (&found[0]["fingerprint"], &found[0]["trust"], &found[0]["addresses"][0]);
    assert_eq!(hint, (&fingerprint.into(), &"known".into(), &"10.70.0.2:24469".into()), "it is believed so far");
    let login = [&["login", "--name", "ann"], &by_password[..]].concat();
    let send = ["send", "--server", "lan:lab", "--create", "--room", "tea", "my secret"];
    for command in [&login[..], &send] {
        let (code, said) = Process::merged(typed(&subnet, 3, &home("ann"), command)).finish();
        assert_eq!(code, Some(6), "{said}");
        assert!(said.contains("THE KEY OF lan:lab HAS CHANGED"), "{said}");
    }
    drop(wrong.stop());
    let stats: Value = serde_json::from_str(&std::fs::read_to_string(stats).expect("written")).expect("JSON");
    let count = |what: &str| stats[what].as_u64().expect("a number");
    assert_ne!(count("datagrams_received"), 0, "it was called");
    let cookies = count("datagrams_sent") * u64::try_from(Cookie::LEN).expect("small");
    assert_eq!(count("bytes_sent"), cookies, "and got no further than its own key: {stats}");
}

#[test]
fn what_a_beacon_says_does_nothing_to_the_terminal_of_whoever_looks() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    // A right-to-left override, the beginning of an escape sequence, a line break, a bell, the C1 form of a sequence.
    let harm = "a\u{202e}\x1b]0;t\x07\nb\u{9b}2J";
    let mut forger = subnet.run_on(2, &std::env::current_exe().expect("this program"));
    forger.args(["--exact", "forger::forger", "--ignored", "--nocapture"]).env(KEY, "07".repeat(32)).env(CALLED, harm);
    let mut forger = Process::merged(forger);
    forger.until("forging");
    for args in
        [&["find", "--seconds", "2"][..], &["find", "--seconds", "2", "--json"], &["doctor", "--json"], &["doctor"]]
    {
        let (_, said) = Process::merged(typed(&subnet, 1, &scratch.path().join("ann"), args)).finish();
        let wrong = said.chars().find(|&c| c != '\n' && disturbs(c));
        assert_eq!(wrong, None, "{args:?}: {said:?}");
        assert!(said.contains("<U+202E>") || said.contains("\\u202e"), "{args:?} does not show it at all: {said}");
        assert!(!said.lines().any(|line| line.starts_with('b')), "{args:?}: a name begins no line: {said}");
    }
    let mut ann = Terminal::start(typed(&subnet, 1, &scratch.path().join("ann"), &[]), (200, 24));
    ann.until(has("Your name here"));
    ann.press("\r");
    let rows = ann.until(has("<U+202E>"));
    assert!(!rows.iter().any(|row| row.chars().any(disturbs)), "{rows:?}");
}

/// Says to everyone who asks that the server of [`KEY`] is here, until it is killed.
#[test]
#[ignore = "a process that another test starts"]
#[expect(clippy::disallowed_methods, reason = "this program forges nothing itself")]
fn forger() {
    let Ok(key) = std::env::var(KEY) else { return };
    let octet = |n: usize| u8::from_str_radix(&key[2 * n..2 * n + 2], 16).expect("two digits");
    let head = BeaconHead::new(PublicKey(std::array::from_fn(octet)), [7; 8], CHAT_PORT);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, DISCOVERY_PORT)).expect("a port");
    socket.join_multicast_v4(&DISCOVERY_GROUP_V4, &Ipv4Addr::new(10, 70, 0, 2)).expect("joined");
    let called = std::env::var(CALLED).unwrap_or_else(|_| "lab".to_owned());
    let room = |topic| BeaconRoom { name: "tea".to_owned(), topic, online: 1 };
    let rooms: Vec<_> = std::env::var(CALLED).into_iter().map(room).collect();
    println!("forging");
    let mut octets = [0; DATAGRAM_MAX_LEN];
    while let Ok((len, from)) = socket.recv_from(&mut octets) {
        let Ok(Query { nonce, .. }) = Query::decode(&octets[..len]) else { continue };
        let beacon =
            Beacon { head: BeaconHead { nonce, pages: 1, ..head }, name: called.clone(), rooms: rooms.clone() };
        let len = beacon.encode(&mut octets);
        socket.send_to(&octets[..len], from).expect("sent");
    }
}
