//! Servers are found on a subnet, by real processes on hosts of their own: network namespaces on a bridge.
#![cfg(target_os = "linux")]

mod forger;
#[path = "../support/hosts.rs"]
mod hosts;
mod interfaces;
#[path = "../support/json_page.rs"]
mod json_page;
mod named;
mod narrow;
mod operator;
mod printed;
#[expect(dead_code, reason = "everybody here has a home of their own, and both streams are read as one")]
#[path = "../support/process.rs"]
mod process;
#[expect(dead_code, reason = "nobody here resizes a window, or looks for the caret")]
#[path = "../support/pty.rs"]
mod pty;
mod refused;
mod rogue;
mod timed;

use std::path::Path;
use std::process::Command;

use hosts::Subnet;
use process::Process;
use pty::{Terminal, has};
use rustix::process::Signal;
use serde_json::Value;

/// The command on a host, as somebody types it there.
fn typed(subnet: &Subnet, host: usize, home: &Path, args: &[&str]) -> Command {
    let mut command = subnet.on(host);
    command.args(args).env("CHINWAG_HOME", home).env("USER", format!("user{host}")).env_remove("RUST_LOG");
    command
}

/// A server on a host: the process, and its fingerprint.
fn serve(subnet: &Subnet, host: usize, home: &Path, args: &[&str]) -> (Process, String) {
    let mut server = Process::merged(typed(subnet, host, home, &[&["serve"], args].concat()));
    let line = server.until("fingerprint ");
    let fingerprint = line.strip_prefix("fingerprint ").expect("it begins so").to_owned();
    (server, fingerprint)
}

/// What `find` finds, as long as it takes to find so many.
fn find(subnet: &Subnet, host: usize, home: &Path, count: usize) -> Vec<Value> {
    find_such(subnet, host, home, |found| found.len() >= count)
}

/// What `find` finds, as long as it takes to find this.
fn find_such(subnet: &Subnet, host: usize, home: &Path, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for seconds in ["0.5", "2", "8", "30"] {
        let (_, said) = Process::merged(typed(subnet, host, home, &["find", "--json", "--seconds", seconds])).finish();
        let found: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        if is_it(&found) {
            return found;
        }
    }
    panic!("it is not found")
}

/// The command without a word behind it, at a terminal, where a person has said who it is.
fn bare(subnet: &Subnet, host: usize, home: &Path) -> Terminal {
    let mut terminal = Terminal::start(typed(subnet, host, home, &[]), (200, 24));
    terminal.until(has(&format!("Your name here [user{host}]:")));
    terminal.press("\r");
    terminal
}

#[test]
fn three_hosts_with_one_command_each_and_no_configuration_are_in_one_room() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |n: usize| scratch.path().join(format!("home{n}"));
    let mut first = bare(&subnet, 1, &home(1));
    first.until(has("no server answers here, so this machine hosts one: user1@"));
    first.until(has("#lobby"));
    let mut others = [2, 3].map(|n| bare(&subnet, n, &home(n)));
    for other in &mut others {
        other.until(has("A server is here:"));
        other.press("\r");
        other.until(has("#lobby"));
    }
    first.press("hello from the first\r");
    others.iter_mut().for_each(|other| drop(other.until(has("hello from the first"))));
    others[1].press("and from the third\r");
    first.until(has("and from the third"));
    others[0].until(has("and from the third"));
    // The host can't stand still while others are there; it can leave.
    first.press("\x1a");
    first.until(has("which would stand still"));
    first.press("/quit\r");
    first.until(has("Go on serving without the chat? [Y/n]"));
    first.press("\r");
    first.until(has("Ctrl-C here ends the server"));
    others[0].press("still here\r");
    others[1].until(has("still here"));
    // It says goodbye when it goes.
    first.signal(Signal::INT);
    others.iter_mut().for_each(|other| drop(other.until(has("its host has left"))));
}

#[test]
fn the_bare_command_needs_no_ipv4() {
    let Some(subnet) = Subnet::new(2) else { return };
    subnet.ipv6_only();
    two_meet(&subnet);
}

#[test]
fn the_bare_command_needs_no_multicast() {
    let Some(subnet) = Subnet::new(2) else { return };
    match subnet.filter_multicast() {
        Ok(()) => two_meet(&subnet),
        Err(why) => println!("skipped: multicast can't be filtered here ({why})"),
    }
}

/// The first hosts, and the second finds it.
fn two_meet(subnet: &Subnet) {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut first = bare(subnet, 1, &scratch.path().join("first"));
    first.until(has("so this machine hosts one"));
    first.until(has("#lobby"));
    let mut second = bare(subnet, 2, &scratch.path().join("second"));
    second.until(has("A server is here:"));
    second.press("\r");
    second.until(has("#lobby"));
    second.press("hello from the second\r");
    first.until(has("user2 hello from the second"));
}

#[test]
fn a_server_is_found_with_all_that_it_says_and_known_once_it_is_trusted() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let (code, said) = Process::merged(typed(&subnet, 2, &client, &["find", "--seconds", "0.2"])).finish();
    assert_eq!(code, Some(8), "{said}");
    assert!(said.contains("no server answers on this subnet"), "{said}");
    let (running, fingerprint) = serve(&subnet, 1, &server, &["--name", "The Lab"]);
    let found = find(&subnet, 2, &client, 1);
    assert_eq!(found[0]["name"], "The Lab");
    assert_eq!(found[0]["fingerprint"], *fingerprint);
    assert_eq!(found[0]["trust"], "new");
    assert!(found[0]["addresses"].as_array().expect("a list").contains(&"10.70.0.1:24469".into()), "{found:?}");
    let talk = [
        "send",
        "--server",
        "lan:the-lab",
        "--accept-new",
        "--create",
        "--room",
        "tea",
        "--wait",
        "stored",
        "it is ready",
    ];
    let (code, said) = Process::merged(typed(&subnet, 2, &client, &talk)).finish();
    assert_eq!(code, Some(0), "{said}");
    // A server says what it last knew of itself, which may be a moment old.
    let known = find_such(&subnet, 2, &client, |found| found.len() == 1 && found[0]["rooms"][0]["name"] == "tea");
    assert_eq!(known[0]["trust"], "known");
    drop(running);
}

#[test]
fn with_ipv6_only_and_with_multicast_filtered_a_server_is_found() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let running = serve(&subnet, 1, &server, &[]);
    match subnet.filter_multicast() {
        Ok(()) => {
            let found = find(&subnet, 2, &client, 1);
            assert_eq!(found[0]["addresses"], serde_json::json!(["10.70.0.1:24469"]), "by broadcast");
        }
        Err(why) => println!("skipped: multicast can't be filtered here ({why})"),
    }
    drop((running, subnet));
    let Some(subnet) = Subnet::new(2) else { return };
    subnet.ipv6_only();
    let running = serve(&subnet, 1, &server, &[]);
    let found = find(&subnet, 2, &client, 1);
    let addr = found[0]["addresses"][0].as_str().expect("an address");
    assert!(addr.starts_with("[fe80::"), "{addr}");
    let talk =
        ["send", "--server", addr, "--accept-new", "--create", "--room", "tea", "--wait", "stored", "over the link"];
    let (code, said) = Process::merged(typed(&subnet, 2, &client, &talk)).finish();
    assert_eq!(code, Some(0), "{said}");
    drop(running);
}

#[test]
fn of_two_servers_of_one_name_none_is_chosen_and_an_impostor_gets_nothing() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    let (right, right_key) = serve(&subnet, 1, &home("right"), &["--name", "lab"]);
    let stats = home("stats.json");
    let stats_args = ["--name", "lab", "--stats-json", stats.to_str().expect("plain")];
    let (wrong, wrong_key) = serve(&subnet, 2, &home("wrong"), &stats_args);
    let send =
        ["send", "--server", "lan:lab", "--accept-new", "--create", "--room", "tea", "--wait", "stored", "to whom?"];
    let (code, said) = Process::merged(typed(&subnet, 3, &home("ann"), &send)).finish();
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains(&right_key) && said.contains(&wrong_key), "{said}");
    // Once the right one is pinned, the other one of its name is nobody.
    let direct =
        ["send", "--server", "10.70.0.1", "--accept-new", "--create", "--room", "tea", "--wait", "stored", "hello"];
    assert_eq!(Process::merged(typed(&subnet, 3, &home("ann"), &direct)).finish().0, Some(0));
    let trust = ["trust", "10.70.0.1"];
    assert!(Process::merged(typed(&subnet, 3, &home("ann"), &trust)).finish().1.contains(&right_key));
    let pins = std::fs::read_to_string(home("ann").join("known_servers")).expect("pinned");
    let key = pins.lines().find_map(|line| line.strip_prefix("10.70.0.1:24469 ")).expect("its line");
    std::fs::write(home("ann").join("known_servers"), format!("lan:lab {key}\n")).expect("written");
    assert_eq!(Process::merged(typed(&subnet, 3, &home("ann"), &send)).finish().0, Some(0), "the pinned one is found");
    let found = find(&subnet, 3, &home("ann"), 2);
    let trusts: Vec<_> = found.iter().map(|server| (&server["fingerprint"], &server["trust"])).collect();
    assert!(trusts.contains(&(&right_key.clone().into(), &"known".into())), "{trusts:?}");
    assert!(trusts.contains(&(&wrong_key.clone().into(), &"other_key".into())), "{trusts:?}");
    drop(right.stop());
    let (code, said) = Process::merged(typed(&subnet, 3, &home("ann"), &send)).finish();
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("THE KEY OF lan:lab HAS CHANGED"), "{said}");
    drop(wrong.stop());
    let stats: Value = serde_json::from_str(&std::fs::read_to_string(stats).expect("written")).expect("JSON");
    assert_eq!(stats["datagrams_received"], 0, "nothing was sent to the impostor");
}

#[test]
fn a_client_that_moves_to_another_address_keeps_its_session() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, home) = (scratch.path().join("client"), scratch.path().join("server"));
    let (mut server, _) = serve(&subnet, 1, &home, &["--name", "lab"]);
    let chat = ["chat", "--server", "10.70.0.1", "--accept-new", "--name", "ann"];
    let mut chat = Process::merged(typed(&subnet, 2, &client, &chat));
    chat.write("before");
    server.until("ann logged in from 10.70.0.2");
    let tail = ["tail", "--server", "10.70.0.1", "--accept-new", "--name", "bob", "--room", "lobby", "--all"];
    let mut tail = Process::merged(typed(&subnet, 1, &scratch.path().join("bob"), &tail));
    tail.until("before");
    subnet.ip(2, "addr add 10.70.0.77/24 dev eth0");
    subnet.ip(2, "addr del 10.70.0.2/24 dev eth0");
    // With the first address of a subnet its others go, too.
    subnet.ip(2, "addr replace 10.70.0.77/24 brd + dev eth0");
    chat.write("after");
    tail.until("after");
    let (code, said) = chat.finish();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("again") && !said.contains("lost"), "{said}");
    let gone = server.until("ann at ");
    assert!(gone.contains("10.70.0.77"), "{gone}");
}

#[test]
fn a_server_that_comes_back_on_another_host_is_found_again() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, home) = (scratch.path().join("client"), scratch.path().join("server"));
    let (mut server, _) = serve(&subnet, 1, &home, &["--name", "lab"]);
    let chat = ["chat", "--server", "lan:lab", "--accept-new", "--name", "ann"];
    let mut chat = Process::merged(typed(&subnet, 2, &client, &chat));
    chat.write("before");
    server.until("ann logged in");
    drop(server.stop());
    let (mut server, _) = serve(&subnet, 3, &home, &["--name", "lab"]);
    chat.write("after");
    server.until("ann logged in");
    let (code, said) = chat.finish();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("connected again to lab"), "{said}");
}

#[test]
fn nobody_founds_a_second_place_or_loses_sight_of_their_own_without_being_asked() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    let again = |host: usize, home: &Path| Terminal::start(typed(&subnet, host, home, &[]), (200, 24));
    let mut first = bare(&subnet, 1, &one);
    first.until(has("so this machine hosts one"));
    first.until(has("#lobby"));
    let mut second = bare(&subnet, 2, &two);
    second.until(has("A server is here:"));
    second.press("\r");
    second.until(has("#lobby"));
    second.press("said on the first\r");
    first.until(has("said on the first"));
    // Both leave. The second comes back to nobody, and waits; the first goes on with what it has.
    second.press("/quit\r");
    assert_eq!(second.end(), Some(0));
    first.press("/quit\r");
    assert_eq!(first.end(), Some(0));
    let mut second = again(2, &two);
    second.until(has(" does not answer: w waits for it, h hosts a new, empty place, q quits:"));
    second.press("w\r");
    second.until(has("waiting for user1-"));
    let mut first = again(1, &one);
    first.until(has("so this machine hosts yours ("));
    second.until(has("said on the first"));
    // Now the second founds one of its own, which is all that the first finds when it comes back.
    second.press("/quit\r");
    assert_eq!(second.end(), Some(0));
    first.press("/quit\r");
    assert_eq!(first.end(), Some(0));
    let mut second = again(2, &two);
    second.until(has("does not answer: w waits for it"));
    second.press("h\r");
    second.until(has("so this machine hosts one"));
    second.until(has("#lobby"));
    let mut first = again(1, &one);
    first.until(has("Enter goes on with yours ("));
    first.press("\r");
    first.until(has("hosting yours ("));
    first.until(has("said on the first"));
}
