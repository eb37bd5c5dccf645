//! What an operator needs on a real subnet: the doctor's findings, and the firewall of `examples/deploy`.

use serde_json::Value;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::{find, find_such, serve, typed};

/// What the doctor of a host says of a server; the exit code.
fn doctor(subnet: &Subnet, host: usize, home: &std::path::Path, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let (code, said) = Process::merged(typed(subnet, host, home, &[&["doctor", "--json"], args].concat())).finish();
    (code, said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The verdicts on one thing.
fn verdicts<'a>(findings: &'a [Value], check: &str) -> Vec<&'a str> {
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| finding["verdict"].as_str().expect("a word")).collect()
}

#[test]
fn the_doctor_finds_a_healthy_subnet_healthy_and_a_narrow_one_narrow() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let (_running, fingerprint) = serve(&subnet, 1, &server, &["--name", "lab"]);
    find(&subnet, 2, &client, 1);
    let (code, findings) = doctor(&subnet, 2, &client, &["10.70.0.1"]);
    assert_eq!(code, Some(0), "{findings:?}");
    assert_eq!(verdicts(&findings, "interface"), ["ok", "ok"], "an IPv4 address and a link-local one: {findings:?}");
    assert_eq!(verdicts(&findings, "multicast"), ["ok", "ok"], "{findings:?}");
    assert_eq!(verdicts(&findings, "discovery"), ["ok"], "{findings:?}");
    assert_eq!(verdicts(&findings, "key"), ["warning"], "it is new here: {findings:?}");
    assert!(findings.iter().any(|finding| finding["fix"].as_str().is_some_and(|fix| fix.contains(&fingerprint))));
    for check in ["port", "address", "handshake", "loss", "rtt", "jitter", "mtu"] {
        assert_eq!(verdicts(&findings, check), ["ok"], "{check}: {findings:?}");
    }
    // The server was left alone.
    let (_, said) = Process::merged(typed(&subnet, 1, &server, &["admin", "users", "--json"])).finish();
    assert_eq!(said, "chinwag: there are no accounts yet", "none was made");
    // A datagram of 548 octets, and the headers of UDP and of IPv4. IPv6 is off there: it needs 1,280.
    subnet.ip(2, "link set eth0 mtu 576");
    find(&subnet, 2, &client, 1);
    let (code, findings) = doctor(&subnet, 2, &client, &["10.70.0.1"]);
    assert_eq!((code, verdicts(&findings, "mtu")), (Some(0), vec!["warning"]), "{findings:?}");
    for check in ["handshake", "loss", "each way", "discovery"] {
        assert_eq!(verdicts(&findings, check), ["ok"], "{check}: {findings:?}");
    }
}

#[test]
fn a_hidden_server_that_is_well_is_no_problem_to_the_doctor() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let _running = serve(&subnet, 1, &server, &["--name", "lab", "--hidden"]);
    let (code, findings) = doctor(&subnet, 2, &client, &["10.70.0.1"]);
    assert_eq!((code, verdicts(&findings, "handshake")), (Some(0), vec!["ok"]), "{findings:?}");
    assert_eq!(verdicts(&findings, "discovery"), ["warning", "warning"], "nobody is found: {findings:?}");
    let is_told = |finding: &Value| finding["finding"].as_str().is_some_and(|text| text.contains("it is hidden, or"));
    assert!(findings.iter().any(is_told), "{findings:?}");
}

#[test]
fn a_link_that_carries_the_least_that_any_does_carries_a_conversation() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let _running = serve(&subnet, 1, &server, &["--name", "lab"]);
    subnet.ip(2, "link set eth0 mtu 576");
    let to = ["--server", "10.70.0.1", "--accept-new", "--name", "ann", "--room", "tea"];
    let long = "x".repeat(64 * 1024);
    for text in ["short", long.as_str()] {
        let mut send =
            Process::merged(typed(&subnet, 2, &client, &[&["send", "--create"], &to[..], &["--stdin"]].concat()));
        send.write(text);
        let (code, said) = send.finish();
        assert_eq!(code, Some(0), "{} octets: {said}", text.len());
    }
    let (code, said) =
        Process::merged(typed(&subnet, 2, &client, &["history", "--server", "10.70.0.1", "--name", "ann", "tea"]))
            .finish();
    assert!(code == Some(0) && said.contains("short") && said.contains(&long), "{code:?}: {} octets", said.len());
}

#[test]
fn the_firewall_of_the_example_lets_the_lan_in_and_nobody_else() {
    let Some(subnet) = Subnet::new(2) else { return };
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/deploy/nftables.conf");
    if let Err(why) = subnet.firewall(1, rules) {
        println!("skipped: no firewall here ({why})");
        return;
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    subnet.ip(1, "addr add 203.0.113.1/24 dev eth0");
    let _running = serve(&subnet, 1, &server, &["--name", "lab"]);
    find(&subnet, 2, &client, 1);
    let send = |server: &str| {
        let args = [
            "send",
            "--server",
            server,
            "--accept-new",
            "--name",
            "ann",
            "--timeout",
            "2",
            "--create",
            "--room",
            "tea",
            "hi",
        ];
        Process::merged(typed(&subnet, 2, &client, &args)).finish()
    };
    assert_eq!(send("10.70.0.1").0, Some(0));
    subnet.ip(2, "addr add 203.0.113.2/24 dev eth0");
    let (code, said) = send("203.0.113.1");
    assert_eq!(code, Some(4), "from 203.0.113.2: {said}");
}

#[test]
fn what_the_system_refuses_is_told_from_silence_and_blamed_on_no_firewall() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let client = scratch.path().join("client");
    let find = |findings: &[Value], check: &str, word: &str| {
        let is_it = |finding: &&Value| {
            finding["check"] == check && finding["finding"].as_str().is_some_and(|said| said.contains(word))
        };
        findings.iter().find(is_it).unwrap_or_else(|| panic!("no {word} in {findings:?}")).clone()
    };
    let blames = |finding: &Value| finding.to_string().contains("firewall") || finding.to_string().contains("nft");

    subnet.sysctl(2, "net.ipv4.igmp_max_memberships=0");
    let (_, findings) = doctor(&subnet, 2, &client, &[]);
    let join = find(&findings, "multicast", "239.255.24.69");
    assert!(join["fix"].as_str().is_some_and(|fix| fix.contains("igmp_max_memberships")), "{join}");
    assert!(!blames(&join), "{join}");
    assert_eq!(verdicts(&findings, "multicast"), ["warning", "ok"], "by IPv6 it is heard: {findings:?}");

    subnet.ip(2, "route add prohibit 203.0.113.1");
    subnet.ip(2, "route add unreachable 203.0.113.2");
    for (addr, word) in [
        ("203.0.113.1", "prohibits"),
        ("203.0.113.2", "leads nowhere"),
        ("203.0.113.3", "has no route"),
        ("[2001:db8::1]", "sends nothing to"),
    ] {
        let (code, findings) = doctor(&subnet, 2, &client, &[addr, "--timeout", "0.5"]);
        let answer = find(&findings, "answer", word);
        assert!(code == Some(1) && !blames(&answer), "{answer}");
    }
    // An address on the link that nobody has is silent.
    let (_, findings) = doctor(&subnet, 2, &client, &["10.70.0.99", "--timeout", "0.5"]);
    assert!(blames(&find(&findings, "answer", "nothing answers")));

    // What a firewall on this machine drops on its way out is blamed on it.
    let mute = "nft 'add table inet guard; add chain inet guard out { type filter hook output priority 0; }; \
                add rule inet guard out udp dport 24469 drop'";
    if let Err(why) = subnet.shell(2, mute) {
        println!("skipped: no firewall here ({why})");
        return;
    }
    let (_, findings) = doctor(&subnet, 2, &client, &["10.70.0.1", "--timeout", "0.5"]);
    let answer = find(&findings, "answer", "drops what leaves");
    let fix = answer["fix"].as_str().expect("a command");
    assert!(fix.contains("nft insert rule inet guard out udp dport 24469"), "{answer}");
}

/// A host that lets in nothing but answers.
const SHUT: &str = "\
table inet guard {
    chain incoming {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
    }
}
";

#[test]
fn the_doctor_of_a_shut_host_says_so_and_its_cure_works() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let rules = scratch.path().join("shut");
    std::fs::write(&rules, SHUT).expect("written");
    if let Err(why) = subnet.firewall(2, rules.to_str().expect("UTF-8")) {
        println!("skipped: no firewall here ({why})");
        return;
    }
    let (client, server) = (scratch.path().join("client"), scratch.path().join("server"));
    let (_running, fingerprint) = serve(&subnet, 1, &server, &["--name", "lab"]);
    let (code, findings) = doctor(&subnet, 2, &client, &["10.70.0.1"]);
    assert_eq!(code, Some(1), "{findings:?}");
    assert_eq!(verdicts(&findings, "multicast"), ["warning", "warning"], "{findings:?}");
    assert_eq!(verdicts(&findings, "broadcast"), ["warning"], "{findings:?}");
    assert_eq!(verdicts(&findings, "discovery"), ["problem", "warning", "warning"], "{findings:?}");
    assert_eq!(verdicts(&findings, "handshake"), ["ok"], "an address works: {findings:?}");
    let problem = findings.iter().find(|finding| finding["verdict"] == "problem").expect("there is one");
    subnet.shell(2, problem["fix"].as_str().expect("a command")).expect("it can be typed");
    find(&subnet, 2, &client, 1);
    let (code, findings) = doctor(&subnet, 2, &client, &["10.70.0.1"]);
    assert_eq!(code, Some(0), "{findings:?}");
    assert_eq!(verdicts(&findings, "broadcast"), ["ok"], "{findings:?}");
    // What leaves is another matter, and another chain.
    let mute = "nft add chain inet guard out '{ type filter hook output priority 0; }'; nft add rule inet guard out udp dport 24470 drop";
    subnet.shell(2, mute).expect("a rule");
    let (code, findings) = doctor(&subnet, 2, &client, &[]);
    let cure =
        |finding: &&Value| finding["fix"].as_str().is_some_and(|fix| fix.contains("inet guard out udp dport 24470"));
    assert_eq!((code, findings.iter().filter(cure).count()), (Some(1), 4), "each way, and all together: {findings:?}");
    // Who has the port is asked.
    let (_, findings) = doctor(&subnet, 1, &server, &[]);
    let port =
        |findings: &[Value]| findings.iter().find(|finding| finding["check"] == "port").cloned().expect("looked at");
    let said = port(&findings);
    assert!(said["verdict"] == "ok" && said.to_string().contains(&fingerprint), "{said}");
    let relay = ["weather", "--listen", "[::]:24469", "--to", "10.70.0.1", "loss=100%"];
    let mut other = Process::merged(typed(&subnet, 2, &client, &relay));
    other.until("listening on");
    let said = port(&doctor(&subnet, 2, &client, &[]).1);
    assert!(said["verdict"] == "warning" && said.to_string().contains("does not answer as a server"), "{said}");
}

#[test]
fn two_servers_with_one_key_are_said_to_be_two_by_find_the_doctor_and_each_of_them() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    let (mut one, _) = serve(&subnet, 1, &home("one"), &["--name", "lab"]);
    std::fs::create_dir(home("two")).expect("a folder");
    std::fs::copy(home("one").join("server.key"), home("two").join("server.key")).expect("a key");
    // What it says of the other one may come before its fingerprint.
    let mut two = Process::merged(typed(&subnet, 2, &home("two"), &["serve", "--name", "lab", "--new-store"]));
    for told in [one.until("another server at 10.70.0.2"), two.until("another server at 10.70.0.1")] {
        assert!(told.contains("has the key of this one"), "{told}");
    }
    let found = find_such(&subnet, 3, &home("ann"), |found| found.iter().any(|server| server["has_twin"] == true));
    assert_eq!(found.len(), 1, "they are one by their key: {found:?}");
    let says = |whose: &str, args: &[&str]| Process::merged(typed(&subnet, 3, &home(whose), args)).finish();
    let (_, said) = says("ann", &["find", "--seconds", "2"]);
    for told in ["TWO SERVERS ANSWER WITH THIS KEY", "10.70.0.1:", "10.70.0.2:"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // Who is new here is led to neither by the name; who knows the key reads that there are two.
    let two_answer = "two servers answer as lan:lab with one key, at 10.70.0.";
    for command in [
        &["send", "--room", "lobby", "hello"][..],
        &["chat", "--plain"],
        &["tail", "--room", "lobby"],
        &["history", "lobby"],
    ] {
        let (code, said) = says("ann", &[command, &["--server", "lan:lab", "--accept-new", "--name", "ann"]].concat());
        assert!(code == Some(6) && said.contains(two_answer), "{command:?} {code:?}: {said}");
    }
    let send = ["send", "--room", "lobby", "--name", "ann", "--accept-new", "hello", "--server"];
    let (code, said) = says("ann", &[&send[..], &["10.70.0.1"]].concat());
    assert!(code == Some(0) && !said.contains("two servers"), "{code:?}: {said}");
    let known = std::fs::read_to_string(home("ann").join("known_servers")).expect("pinned");
    std::fs::write(home("ann").join("known_servers"), known.replace("10.70.0.1:24469", "lan:lab")).expect("written");
    let (_, said) = says("ann", &[&send[..], &["lan:lab"]].concat());
    assert!(said.contains(two_answer), "{said}");
    let (code, findings) = doctor(&subnet, 3, &home("ann"), &[]);
    let is_it = |finding: &Value| {
        finding["finding"].as_str().is_some_and(|text| text.contains("two servers answer with one key"))
    };
    assert!(code != Some(0) && findings.iter().any(is_it), "{code:?} {findings:?}");
    // Once one of them is gone, there is one.
    drop(two.stop());
    find_such(&subnet, 3, &home("bob"), |found| found.len() == 1 && found[0]["has_twin"] == false);
}
