//! What the system refuses to send, or to join: each error of it made on purpose, and told from silence.

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::typed;

/// What `send` says, and its exit code.
fn send(subnet: &Subnet, home: &Path, addr: &str) -> (Option<i32>, String) {
    let args = ["send", "--server", addr, "--accept-new", "--name", "zed", "--timeout", "0.5", "--room", "lobby", "hi"];
    Process::merged(typed(subnet, 2, home, &args)).finish()
}

/// What the doctor says.
pub(crate) fn doctor(subnet: &Subnet, home: &Path, args: &[&str]) -> Vec<Value> {
    let (_, said) = Process::merged(typed(subnet, 2, home, &[&["doctor", "--json"], args].concat())).finish();
    said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The finding about one thing that says this.
#[track_caller]
pub(crate) fn finding(findings: &[Value], check: &str, word: &str) -> Value {
    let says = |finding: &&Value| finding["finding"].as_str().is_some_and(|said| said.contains(word));
    let found = findings.iter().filter(|finding| finding["check"] == check).find(says);
    found.unwrap_or_else(|| panic!("no {check} with {word:?} in {findings:#?}")).clone()
}

#[test]
fn a_message_that_can_not_leave_this_machine_says_why_and_not_that_nobody_answers() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = scratch.path().join("client");
    subnet.ip(2, "route add prohibit 203.0.113.1");
    subnet.ip(2, "route add unreachable 203.0.113.2");
    subnet.ip(2, "route add blackhole 203.0.113.4");
    subnet.ip(2, "-6 route add prohibit 2001:db8::1");
    subnet.ip(2, "-6 route add unreachable 2001:db8::2");
    for (addr, word, doctors) in [
        ("203.0.113.1", "a route of this machine prohibits it", "a route of this machine prohibits it"),
        ("203.0.113.2", "call that host unreachable", "leads nowhere"),
        ("203.0.113.3", "it has no route there", "has no route there"),
        ("203.0.113.4", "a route of this machine drops it", "a route of this machine drops it"),
        ("10.70.0.255", "it is a broadcast address", "it is a broadcast address"),
        ("[2001:db8::1]", "a route of this machine prohibits it", "a route of this machine prohibits it"),
        ("[2001:db8::2]", "call that host unreachable", "leads nowhere"),
        ("[2001:db8:7::1]", "it has no route there", "has no route there"),
    ] {
        let (code, said) = send(&subnet, &home, addr);
        assert_eq!(code, Some(4), "{addr}: {said}");
        assert!(said.contains(word) && said.contains("this machine does not send to"), "{addr}: {said}");
        assert!(!said.contains("no answer") && !said.contains("firewall"), "{addr}: {said}");
        let answer = finding(&doctor(&subnet, &home, &[addr, "--timeout", "0.5"]), "answer", doctors);
        assert!(!answer.to_string().contains("firewall"), "{addr}: {answer}");
    }
    for verdict in ["drop", "reject", "reject with icmpx type admin-prohibited", "reject with icmpx type no-route"] {
        let rules = format!(
            "nft 'add table inet guard; delete table inet guard; add table inet guard; \
             add chain inet guard out {{ type filter hook output priority 0; }}; \
             add rule inet guard out udp dport 24469 {verdict}'"
        );
        if let Err(why) = subnet.shell(2, &rules) {
            println!("skipped: no firewall here that can {verdict} ({why})");
            continue;
        }
        for addr in ["10.70.0.1", "[fe80::1%eth0]"] {
            let (code, said) = send(&subnet, &home, addr);
            assert_eq!(code, Some(4), "{verdict} {addr}: {said}");
            assert!(said.contains("a firewall of this machine drops or rejects it"), "{verdict} {addr}: {said}");
            assert!(!said.contains("no answer"), "{verdict} {addr}: {said}");
        }
        let findings = doctor(&subnet, &home, &["10.70.0.1", "--timeout", "0.5"]);
        finding(&findings, "answer", "a firewall on this machine drops what leaves");
    }
}

#[test]
fn what_was_refused_for_a_while_is_sent_when_there_is_a_way_again() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (_server, _) = crate::serve(&subnet, 1, &scratch.path().join("server"), &[]);
    subnet.ip(2, "route add prohibit 10.70.0.1");
    let chat = ["chat", "--server", "10.70.0.1", "--accept-new", "--name", "zed"];
    let mut chat = Process::merged(typed(&subnet, 2, &scratch.path().join("client"), &chat));
    chat.until("can't send to 10.70.0.1:24469: ");
    subnet.ip(2, "route del prohibit 10.70.0.1");
    chat.until("connected to");
}

#[test]
fn an_address_that_is_not_ready_or_not_there_any_more_is_told_from_silence() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = scratch.path().join("client");
    // EADDRNOTAVAIL: the address is listed, and the system does not take it for its own.
    subnet.ip(2, "route del table local local 10.70.0.2 dev eth0");
    let refused = finding(&doctor(&subnet, &home, &[]), "multicast", "239.255.24.69");
    assert!(refused.to_string().contains("gone, or not ready yet"), "{refused}");
    assert!(!refused.to_string().contains("firewall"), "{refused}");
    // The same by IPv6: another host has that address, so that it stays a tentative one.
    subnet.ip(1, "addr add fe80::77/64 dev eth0 nodad");
    subnet.ip(2, "link set eth0 down");
    subnet.ip(2, "link set eth0 addrgenmode none");
    subnet.ip(2, "-6 addr flush dev eth0");
    subnet.sysctl(2, "net.ipv6.conf.eth0.accept_dad=1");
    subnet.ip(2, "link set eth0 up");
    subnet.ip(2, "addr add fe80::77/64 dev eth0");
    subnet.shell(2, "until ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.05; done").expect("it is noticed");
    let refused = finding(&doctor(&subnet, &home, &[]), "multicast", "on fe80::77");
    assert!(refused.to_string().contains("gone, or not ready yet"), "{refused}");
    assert!(!refused.to_string().contains("firewall"), "{refused}");
    let (code, said) = send(&subnet, &home, "[fe80::1%eth0]");
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("has no address for it that is ready") && !said.contains("no answer"), "{said}");
}

#[test]
fn an_interface_that_goes_while_the_doctor_looks_is_said_to_be_gone() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    // So many addresses that the doctor can't say them all before somebody reads: it waits, and has listed them.
    let fill =
        "for n in $(seq 1200); do echo addr add 10.80.$((n / 250)).$((n % 250 + 1))/16 dev eth0; done | ip -batch -";
    subnet.shell(2, fill).expect("addresses can be added");
    let mut command = typed(&subnet, 2, &scratch.path().join("client"), &["doctor", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut out = child.stdout.take().expect("piped");
    let mut first = [0];
    out.read_exact(&mut first).expect("it begins");
    subnet.ip(2, "link del eth0");
    let mut said = String::from(char::from(first[0]));
    out.read_to_string(&mut said).expect("it ends");
    let _ = child.wait();
    let findings: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    // ENODEV
    let refused = finding(&findings, "multicast", "the interface is gone");
    assert_eq!(refused["fix"], "ip link    # is the interface there, and up?");
    assert!(!refused.to_string().contains("firewall"), "{refused}");
}
