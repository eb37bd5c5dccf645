//! A forger of beacons: on the subnet anyone can say to be a server that somebody knows, by its name and its key.

use std::net::{Ipv4Addr, UdpSocket};

use chinwag_proto::limits::{CHAT_PORT, DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::wire::datagram::{Beacon, BeaconHead, Cookie, Query};
use chinwag_proto::wire::id::PublicKey;
use serde_json::Value;

use crate::hosts::Subnet;
use crate::process::Piped;
use crate::{find_such, serve, typed};

/// The key that is forged, in hexadecimal digits.
const KEY: &str = "FORGED_KEY";

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
    let (code, said) = Piped::start(typed(&subnet, 3, &home("ann"), &register)).end();
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
    let mut forger = Piped::start(forger);
    forger.until("forging");
    let found = find_such(&subnet, 3, &home("ann"), |found| found.len() == 1);
    let hint = (&found[0]["fingerprint"], &found[0]["trust"], &found[0]["addresses"][0]);
    assert_eq!(hint, (&fingerprint.into(), &"known".into(), &"10.70.0.2:24469".into()), "it is believed so far");
    let login = [&["login", "--name", "ann"], &by_password[..]].concat();
    let send = ["send", "--server", "lan:lab", "--create", "--room", "tea", "my secret"];
    for command in [&login[..], &send] {
        let (code, said) = Piped::start(typed(&subnet, 3, &home("ann"), command)).end();
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
    println!("forging");
    let mut octets = [0; DATAGRAM_MAX_LEN];
    while let Ok((len, from)) = socket.recv_from(&mut octets) {
        let Ok(Query { nonce, .. }) = Query::decode(&octets[..len]) else { continue };
        let beacon = Beacon { head: BeaconHead { nonce, pages: 1, ..head }, name: "lab".to_owned(), rooms: Vec::new() };
        let len = beacon.encode(&mut octets);
        socket.send_to(&octets[..len], from).expect("sent");
    }
}
