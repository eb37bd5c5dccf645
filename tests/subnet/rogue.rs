//! What forgers on a subnet can do to those who talk there, and how those who host find each other all the same.

use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use chinwag::interface::Interface;
use chinwag::net::way;
use chinwag_proto::limits::{CHAT_PORT, DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_HOPS, DISCOVERY_PORT};
use chinwag_proto::wire::datagram::{Beacon, BeaconFlags, BeaconHead};
use chinwag_proto::wire::id::PublicKey;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::pty::{Terminal, has};
use crate::{find, find_such, serve, typed};

/// Beacons of a flood that are sent each millisecond.
const PER_MS: u64 = 90;

/// A forger on a host, 10.70.0.HOST: beacons that nobody asked for, of a server called lab, with that key or with a new one each
/// time.
fn forge(subnet: &Subnet, host: usize, how: &str, key: &str) -> Process {
    let mut command = subnet.run_on(host, &std::env::current_exe().expect("this program"));
    command.args(["--exact", "rogue::forger", "--ignored", "--nocapture"]);
    command.env("FORGE_AT", format!("10.70.0.{host}")).env("FORGE_HOW", how).env("FORGE_KEY", key);
    let mut forger = Process::merged(command);
    forger.until("forged");
    forger
}

#[test]
#[ignore = "a part of the others, which run it on a host of theirs"]
fn forger() {
    let [at, how, key] = ["FORGE_AT", "FORGE_HOW", "FORGE_KEY"].map(|name| std::env::var(name).unwrap_or_default());
    let Ok(addr) = at.parse::<IpAddr>() else { return };
    let socket = way(&Interface { index: 0, addr, prefix_len: 24, broadcast: None }, DISCOVERY_HOPS).expect("a socket");
    let group = SocketAddr::from((DISCOVERY_GROUP_V4, DISCOVERY_PORT));
    let forge = |n: u64| {
        let mut buf = [0; DATAGRAM_MAX_LEN];
        // What a crowd of programs would prefer: company, and a small key.
        let flags = if how == "casual" { BeaconFlags::CASUAL } else { BeaconFlags::default() };
        let head = BeaconHead { flags, online: 9, ..BeaconHead::new(key_of(&key, n), [0; 8], CHAT_PORT) };
        let len = Beacon { head, name: "lab".to_owned(), rooms: Vec::new() }.encode(&mut buf);
        let _ = socket.send(group, None, &buf[..len]);
    };
    let per_ms = if how == "flood" { PER_MS } else { 1 };
    for n in 0.. {
        (n * per_ms..(n + 1) * per_ms).for_each(forge);
        if n == 1 {
            println!("forged");
            std::io::stdout().flush().expect("it is read");
        }
        if how == "casual" || how == "once" {
            // Two of them, as a server that starts.
            if n == 1 {
                return;
            }
        }
        thread::park_timeout(Duration::from_millis(if how == "flood" { 1 } else { 100 }));
    }
}

fn key_of(hex: &str, n: u64) -> PublicKey {
    let mut key = [0; 32];
    if hex.is_empty() {
        key[8..16].copy_from_slice(&n.to_be_bytes());
    }
    for (octet, digits) in key.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(digits).expect("digits"), 16).expect("digits");
    }
    PublicKey(key)
}

/// A chat, by what is on its screen.
struct Chat(Terminal);

impl Chat {
    fn start(command: Command) -> Self {
        Self(Terminal::start(command, (200, 24)))
    }

    fn press(&mut self, keys: &str) {
        self.0.press(keys);
    }

    #[track_caller]
    fn until(&mut self, what: &str) -> String {
        self.0.until(has(what)).join("\n")
    }

    fn end(mut self) -> Option<i32> {
        self.0.end()
    }
}

/// `chinwag` alone, at a terminal.
fn bare(subnet: &Subnet, host: usize, home: &Path) -> Chat {
    let mut terminal = Chat::start(typed(subnet, host, home, &[]));
    terminal.until(&format!("Your name here [user{host}]:"));
    terminal.press("\r");
    terminal
}

/// The same, until it hosts. Its server's fingerprint is on the screen.
fn hosts(subnet: &Subnet, host: usize, home: &Path) -> Chat {
    let mut terminal = bare(subnet, host, home);
    let shown = terminal.until(&format!("connected to user{host}@"));
    assert!(shown.contains("so this machine hosts one: ") && shown.contains(", fingerprint "), "{shown}");
    terminal
}

fn pins(home: &Path) -> String {
    fs::read_to_string(home.join("known_servers")).unwrap_or_default()
}

/// A device that knows the server called lab, which has stopped since: the server's home, and its key.
fn knows_lab(subnet: &Subnet, host: usize, home: &Path, lab: PathBuf) -> (PathBuf, String) {
    let (server, _) = serve(subnet, 2, &lab, &["--name", "lab"]);
    let send =
        ["send", "--server", "lan:lab", "--accept-new", "--create", "--room", "tea", "--wait", "stored", "hello"];
    let (code, said) = Process::merged(typed(subnet, host, home, &send)).finish();
    assert_eq!(code, Some(0), "{said}");
    drop(server.stop());
    let pins = pins(home);
    let key = pins.lines().find_map(|line| line.strip_prefix("lan:lab ")).and_then(|line| line.split(' ').next());
    (lab, key.expect("pinned").to_owned())
}

#[test]
fn a_forged_beacon_moves_nobody_and_a_strange_server_is_a_word_on_the_screen() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (home, lab) = (scratch.path().join("home"), scratch.path().join("lab"));
    let mut host = hosts(&subnet, 1, &home);
    host.press("half a line");
    host.until("half a line");
    drop(forge(&subnet, 2, "once", "").end());
    drop(forge(&subnet, 2, "casual", "").end());
    let (running, fingerprint) = serve(&subnet, 2, &lab, &["--name", "lab"]);
    let shown = host.until("/server lab goes there");
    assert!(shown.contains("another server is here: lab") && shown.contains(&fingerprint), "{shown}");
    assert!(shown.contains("> half a line") && shown.contains("so this machine hosts one: "), "{shown}");
    host.press(", and the rest\r");
    host.until("user1 half a line, and the rest ✓");
    assert!(!pins(&home).contains("lan:lab"), "nobody was trusted: {}", pins(&home));
    host.press("/server\r");
    let shown = host.until("also here: lab");
    assert!(shown.contains("this is user1@"), "{shown}");
    // The forged ones are called so, too.
    host.press(&format!("/server {fingerprint}\r"));
    host.until(&format!("this chat has gone to lan:lab, fingerprint {fingerprint}"));
    host.press("hello lab\r");
    host.until("user1 hello lab ✓");
    assert!(pins(&home).contains("lan:lab ") && pins(&home).contains(&fingerprint));
    host.press("/quit\r");
    assert_eq!(host.end(), Some(0));
    drop(running);
}

#[test]
fn a_lone_host_goes_to_the_server_that_it_knows_once_that_has_proved_its_key() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = scratch.path().join("home");
    let (lab, key) = knows_lab(&subnet, 1, &home, scratch.path().join("lab"));
    let mut host = Chat::start(typed(&subnet, 1, &home, &[]));
    host.until("lab does not answer: w waits for it, h hosts a new, empty place");
    host.press("h\r");
    host.until("connected to user1@");
    host.press("half a line");
    host.until("half a line");
    drop(forge(&subnet, 2, "once", &key).end());
    host.press(" of mine");
    let shown = host.until("half a line of mine");
    assert!(shown.contains("so this machine hosts one: "), "{shown}");
    // The chat may still be calling where the forged beacon said, and be let in before the server has said a word here.
    let (running, _) = serve(&subnet, 2, &lab, &["--name", "lab"]);
    let shown = host.until("this chat has gone to lan:lab");
    assert!(shown.contains("> half a line of mine"), "{shown}");
    find_such(&subnet, 2, &scratch.path().join("looks"), |found| found.len() == 1 && found[0]["online"] == 1);
    host.press("\r");
    host.until("user1 half a line of mine");
    drop(running);
}

#[test]
fn a_lone_host_goes_where_people_are_and_nobody_is_left_behind() {
    let Some(subnet) = Subnet::new(4) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |n: usize| scratch.path().join(format!("home{n}"));
    let (lab, _) = knows_lab(&subnet, 1, &home(1), scratch.path().join("lab"));
    subnet.ip(2, "link set eth0 down");
    let mut first = Chat::start(typed(&subnet, 1, &home(1), &[]));
    first.until("lab does not answer: w waits for it, h hosts a new, empty place");
    first.press("h\r");
    first.until("connected to user1@");
    let mut guest = bare(&subnet, 3, &home(3));
    guest.until("A server is here:");
    guest.press("\r");
    guest.until("connected to user1@");
    let mut lone = hosts(&subnet, 2, &home(2));
    lone.press("half a line");
    lone.until("half a line");
    subnet.ip(2, "link set eth0 up");
    let shown = lone.until("so this chat has gone to lan:user1-");
    assert!(shown.contains("> half a line"), "{shown}");
    lone.press("\r");
    guest.until("user2 half a line");
    // Its own server ends once it is elsewhere.
    find_such(&subnet, 3, &home(3), |found| found.len() == 1);
    // A host in company stays, though a server comes that it knows.
    let (running, _) = serve(&subnet, 2, &lab, &["--name", "lab"]);
    first.until("/server lab goes there");
    guest.press("still here\r");
    first.until("user3 still here");
    drop(running.stop());
    // When it leaves, who was brought is brought on, and who chose is told.
    first.press("/quit\r");
    first.until("Go on serving without the chat? [Y/n]");
    first.press("n\r");
    assert_eq!(first.end(), Some(0));
    guest.until("its host has left");
    let mut second = hosts(&subnet, 4, &home(4));
    let shown = guest.until("goes there");
    assert!(shown.contains("another server is here: user4@"), "{shown}");
    second.until("user2 is here");
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    guest.press(&format!("/server user4@{}\r", machine.trim()));
    second.until("user3 is here");
}

#[test]
fn five_who_start_at_once_end_on_one_server() {
    let Some(subnet) = Subnet::new(6) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |n: usize| scratch.path().join(format!("home{n}"));
    let mut all: Vec<_> = (1..=5).map(|n| Chat::start(typed(&subnet, n, &home(n), &[]))).collect();
    for (n, one) in (1..).zip(&mut all) {
        one.until(&format!("Your name here [user{n}]:"));
    }
    all.iter_mut().for_each(|one| one.press("\r"));
    // Whoever is shown a list takes the first; who hosts presses no key that means anything.
    for one in &mut all {
        one.until("fingerprint");
        one.press("\r");
    }
    find_such(&subnet, 6, &home(6), |found| found.len() == 1 && found[0]["online"] == 5);
    all[0].press("are we all here?\r");
    all.iter_mut().for_each(|one| drop(one.until("user1 are we all here?")));
}

#[test]
fn the_list_grows_while_it_is_looked_at_and_hosting_is_heeded_the_first_time() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    let (mut lab, _) = serve(&subnet, 2, &home("lab"), &["--name", "lab"]);
    let mut picks = bare(&subnet, 1, &home("ann"));
    picks.until("Enter joins it, h hosts a new, empty place, q quits:");
    let late = serve(&subnet, 2, &home("late"), &["--name", "late", "--listen", "[::]:7000"]);
    let shown = picks.until("Enter joins 1, a number another one");
    assert!(shown.contains("  2  late  "), "{shown}");
    picks.press("h\r");
    picks.until("hosting a server: user1@");
    // Both say something new.
    let say = ["send", "--server", "lan:lab", "--accept-new", "--create", "--room", "tea", "--wait", "stored", "hello"];
    assert_eq!(Process::merged(typed(&subnet, 2, &home("bob"), &say)).finish().0, Some(0));
    lab.until("logged in");
    find(&subnet, 2, &home("bob"), 3);
    picks.press("talking to myself\r");
    picks.until("user1 talking to myself");
    picks.press("/server late\r");
    picks.until("this chat has gone to lan:late");
    drop(late);
}

#[test]
fn a_key_that_nobody_proved_is_not_pinned() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (home, lab) = (scratch.path().join("home"), scratch.path().join("lab"));
    let forger = forge(&subnet, 2, "again", &"07".repeat(32));
    let mut fooled = bare(&subnet, 1, &home);
    fooled.until("A server is here:");
    fooled.press("\r");
    fooled.until("no answer from lan:lab");
    fooled.press("/quit\r");
    assert_eq!(fooled.end(), Some(0));
    assert!(!pins(&home).contains("lan:lab"), "{}", pins(&home));
    drop(forger);
    let running = serve(&subnet, 2, &lab, &["--name", "lab"]);
    let mut right = bare(&subnet, 1, &home);
    right.until("A server is here:");
    right.press("\r");
    right.until("connected to lab");
    drop(running);
}

#[test]
fn a_server_that_is_known_is_found_in_a_flood_of_others() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = scratch.path().join("home");
    let (lab, _) = knows_lab(&subnet, 1, &home, scratch.path().join("lab"));
    let running = serve(&subnet, 2, &lab, &["--name", "lab"]);
    let forger = forge(&subnet, 3, "flood", "");
    let send = ["send", "--server", "lan:lab", "--create", "--room", "tea", "--wait", "stored", "through all of it"];
    let (code, said) = Process::merged(typed(&subnet, 1, &home, &send)).finish();
    assert_eq!(code, Some(0), "{said}");
    drop((forger, running));
}

#[test]
fn where_multicast_is_filtered_an_address_without_a_broadcast_address_is_enough() {
    let Some(subnet) = Subnet::new(2) else { return };
    for n in 1..=2 {
        subnet.ip(n, "-4 addr flush dev eth0");
        subnet.ip(n, &format!("addr add 10.70.0.{n}/24 dev eth0"));
    }
    if let Err(why) = subnet.filter_multicast() {
        println!("skipped: multicast can't be filtered here ({why})");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let running = serve(&subnet, 1, &scratch.path().join("server"), &[]);
    let found = find(&subnet, 2, &scratch.path().join("client"), 1);
    assert_eq!(found[0]["addresses"], serde_json::json!(["10.70.0.1:24469"]));
    drop(running);
}

#[test]
fn whoever_hosts_and_chats_is_told_once_that_another_server_has_the_same_key() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    let mut ann = hosts(&subnet, 1, &home("ann"));
    fs::create_dir(home("two")).expect("a folder");
    fs::copy(home("ann").join("server.key"), home("two").join("server.key")).expect("a key");
    let mut two = Process::merged(typed(&subnet, 2, &home("two"), &["serve", "--name", "lab", "--new-store"]));
    two.until("has the key of this one");
    ann.until("another server at 10.70.0.2 has the key of this one");
}
