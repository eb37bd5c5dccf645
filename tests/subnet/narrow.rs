//! What the doctor says where a datagram's length, or the system's own refusal, decides: only what is known.

use serde_json::Value;

use crate::hosts::Subnet;
use crate::refused::{doctor, finding};
use crate::serve;

/// Two hosts, a server on the first, and what the doctor of the second says of it once `shell` was typed on a host; `None`, and a
/// word, where that can't be had here.
#[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
fn looked_at(on: usize, shell: &str) -> Option<Vec<Value>> {
    let subnet = Subnet::new(2)?;
    let scratch = tempfile::tempdir().expect("a folder");
    let (_server, _) = serve(&subnet, 1, &scratch.path().join("server"), &[]);
    if let Err(why) = subnet.shell(on, shell) {
        println!("skipped: {shell} can't be had here ({why})");
        return None;
    }
    Some(doctor(&subnet, &scratch.path().join("client"), &["10.70.0.1"]))
}

/// A firewall of what leaves (`output`) or comes (`input`), with one rule.
fn firewall(hook: &str, rule: &str) -> String {
    format!(
        "nft 'add table inet t; add chain inet t c {{ type filter hook {hook} priority 0; }}; add rule inet t c {rule}'"
    )
}

#[track_caller]
fn verdict(findings: &[Value], check: &str) -> String {
    finding(findings, check, "")["verdict"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_firewall_of_this_machine_that_drops_by_length_is_told_with_the_longest_that_leaves() {
    let Some(findings) = looked_at(2, &firewall("output", "udp dport 24469 meta length > 500 drop")) else { return };
    // 500 octets of IPv4 are 472 of UDP payload.
    let mtu = finding(&findings, "mtu", "this machine sends no datagram longer than 472 octets to 10.70.0.1:24469");
    assert_eq!(mtu["verdict"], "problem", "{mtu}");
    assert_eq!(mtu["fix"], "nft insert rule inet t c udp dport 24469 accept");
    let said = mtu["finding"].as_str().unwrap_or_default();
    assert!(said.contains("a firewall on this machine drops what leaves") && said.contains("os error 1"), "{said}");
    assert!(said.contains("none of 5 long messages was answered"), "{said}");
    let loss = finding(&findings, "loss", "more did not leave this machine");
    assert_eq!(loss["verdict"], "ok", "what never left was not lost: {loss}");
    assert_eq!(loss["fix"], Value::Null);
    finding(&findings, "other end", "did not answer in time");
    assert!(!findings.iter().any(|finding| finding.to_string().contains("older")), "{findings:#?}");
}

#[test]
fn an_interface_that_is_narrow_is_told_with_the_longest_that_leaves_and_how_chat_fares() {
    let Some(findings) = looked_at(2, "ip link set dev eth0 mtu 700") else { return };
    let mtu = finding(&findings, "mtu", "this machine sends no datagram longer than 672 octets to 10.70.0.1:24469");
    assert_eq!(mtu["verdict"], "warning", "{mtu}");
    let said = mtu["finding"].as_str().unwrap_or_default();
    assert!(said.contains("the interface carries no datagram of that length"), "{said}");
    assert!(said.contains("5 of 5 long messages were answered, in shorter ones"), "{said}");
    assert!(mtu["fix"].as_str().is_some_and(|fix| fix.contains("mtu 1280")), "{mtu}");
    for check in ["loss", "each way", "rtt there"] {
        assert_eq!(verdict(&findings, check), "ok", "{findings:#?}");
    }
    // Too narrow even for what every path is to carry.
    let Some(findings) = looked_at(2, "ip link set dev eth0 mtu 450") else { return };
    let mtu = finding(&findings, "mtu", "this machine sends no datagram longer than 422 octets to 10.70.0.1:24469");
    assert_eq!(mtu["verdict"], "problem", "{mtu}");
}

#[test]
fn of_a_way_that_drops_by_length_elsewhere_only_what_came_is_said_to_get_through() {
    let Some(findings) = looked_at(1, &firewall("input", "udp dport 24469 meta length > 500 drop")) else { return };
    let mtu = finding(&findings, "mtu", "datagrams of 1200 octets are not acknowledged");
    let said = mtu["finding"].as_str().unwrap_or_default();
    let longest = said.split("the longest that was had ").nth(1).and_then(|rest| rest.split(';').next());
    let longest: u32 = longest.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{said}"));
    assert!((40..=472).contains(&longest), "{said}");
    assert!(!said.contains("this machine"), "{said}");
    let loss = finding(&findings, "loss", "none longer than");
    assert!(loss["fix"].as_str().is_some_and(|fix| fix.starts_with("mtr -u -s 548 10.70.0.1")), "{loss}");
    finding(&findings, "other end", "did not answer in time");
}

#[test]
fn what_a_firewall_of_this_machine_refuses_now_and_then_is_no_loss_of_the_network() {
    let rule = "udp dport 24469 limit rate over 20/second burst 60 packets drop";
    let Some(findings) = looked_at(2, &firewall("output", rule)) else { return };
    let sending = finding(&findings, "sending", "this machine refused to send");
    assert!(sending.to_string().contains("a firewall on this machine drops what leaves"), "{sending}");
    for check in ["loss", "mtu", "each way"] {
        assert_eq!(verdict(&findings, check), "ok", "{findings:#?}");
    }
}

#[test]
fn a_way_that_this_machine_shuts_while_it_is_measured_is_no_silence_of_the_server() {
    // What is measured has some 14,000 octets.
    let Some(findings) = looked_at(2, &firewall("output", "udp dport 24469 quota over 12 kbytes drop")) else { return };
    let sending = finding(&findings, "sending", "this machine refused to send");
    assert!(sending.to_string().contains("a firewall on this machine drops what leaves"), "{sending}");
    assert_eq!(verdict(&findings, "loss"), "ok", "{findings:#?}");
    finding(&findings, "other end", "did not leave this machine");
}

#[test]
fn where_every_question_is_refused_nothing_is_guessed_of_who_serves_here() {
    let Some(findings) = looked_at(2, &firewall("output", "udp dport 24470 drop")) else { return };
    let discovery = finding(&findings, "discovery", "this machine refuses to send each question");
    assert_eq!(discovery["verdict"], "problem");
    assert_eq!(discovery["fix"], "nft insert rule inet t c udp dport 24470 accept");
    let about = |finding: &&Value| finding["check"] == "discovery" && finding["verdict"] != "ok";
    let guessed: Vec<_> = findings.iter().filter(about).collect();
    assert_eq!(guessed.len(), 1, "what a server says unasked is no guess: {guessed:#?}");
    assert!(!findings.iter().any(|finding| finding.to_string().contains("input")), "{findings:#?}");
    assert_eq!(verdict(&findings, "handshake"), "ok", "its address still works");
}
