//! Interfaces that come, go, and are several.

use std::path::Path;

use rustix::process::Signal;

use crate::hosts::Subnet;
use crate::process::Process;
use crate::{find_such, serve, typed};

/// Somebody who goes on looking, and whose log says what of.
fn watch(subnet: &Subnet, host: usize, home: &Path) -> Process {
    let mut command = typed(subnet, host, home, &["find", "--watch", "--json"]);
    command.env("RUST_LOG", "warn,chinwag_net=debug");
    Process::merged(command)
}

#[test]
fn a_cable_that_is_put_in_late_or_pulled_for_a_while_keeps_nobody_apart() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |whose: &str| scratch.path().join(whose);
    subnet.cable(1, false);
    let (_server, fingerprint) = serve(&subnet, 1, &home("server"), &["--name", "lab"]);
    let mut seeker = watch(&subnet, 2, &home("ann"));
    seeker.until("joined 239.255.24.69 on 10.70.0.2");
    subnet.cable(1, true);
    seeker.until(&fingerprint);
    drop(seeker);
    let chat = ["chat", "--server", "lan:lab", "--accept-new", "--name", "ann"];
    let mut chat = Process::merged(typed(&subnet, 2, &home("ann"), &chat));
    let tail = ["tail", "--server", "127.0.0.1", "--accept-new", "--name", "bob", "--room", "lobby", "--all"];
    let mut tail = Process::merged(typed(&subnet, 1, &home("bob"), &tail));
    chat.write("before");
    tail.until("before");
    subnet.cable(2, false);
    chat.write("while the cable is out");
    subnet.cable(2, true);
    tail.until("while the cable is out");
    subnet.ip(1, "link set eth0 down");
    chat.write("while the server's interface is down");
    subnet.ip(1, "link set eth0 up");
    tail.until("while the server's interface is down");
    let (code, said) = chat.finish();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn another_interface_in_the_place_of_one_is_looked_through() {
    let Some(subnet) = Subnet::new(2) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    // By IPv4 alone, and no more groups than on the two interfaces that it has.
    subnet.sysctl(2, "net.ipv6.conf.all.disable_ipv6=1");
    subnet.sysctl(2, "net.ipv6.conf.default.disable_ipv6=1");
    subnet.sysctl(2, "net.ipv4.igmp_max_memberships=2");
    // Nothing that the server says unasked is to be heard: it has to be asked.
    subnet.bridged(1, false);
    let (_server, fingerprint) = serve(&subnet, 1, &scratch.path().join("server"), &[]);
    let mut seeker = watch(&subnet, 2, &scratch.path().join("client"));
    seeker.until("joined 239.255.24.69 on 10.70.0.2");
    subnet.another_interface(2);
    seeker.until("joined 239.255.24.69 on 10.70.0.2");
    subnet.bridged(1, true);
    seeker.until(&fingerprint);
}

#[test]
fn an_interface_that_was_made_anew_under_the_same_number_is_heard_on() {
    // So that it takes the membership of the group.
    let Some(subnet) = by_multicast_alone() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (_server, fingerprint) = serve(&subnet, 1, &scratch.path().join("server"), &[]);
    let mut seeker = watch(&subnet, 2, &scratch.path().join("client"));
    seeker.until(&fingerprint);
    drop(seeker);
    subnet.same_number(1, 11);
    watch(&subnet, 2, &scratch.path().join("client")).until(&fingerprint);
}

/// Hosts whose only way to each other is multicast over IPv4.
fn by_multicast_alone() -> Option<Subnet> {
    let subnet = Subnet::new(2)?;
    for host in [1, 2] {
        subnet.sysctl(host, "net.ipv6.conf.all.disable_ipv6=1");
        subnet.sysctl(host, "net.ipv6.conf.default.disable_ipv6=1");
    }
    subnet.another_interface(2);
    Some(subnet)
}

#[test]
fn an_interface_that_was_replaced_by_one_of_the_same_number_and_address_is_heard_on() {
    let Some(subnet) = by_multicast_alone() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut server, fingerprint) = serve_and_tell(&subnet, &scratch.path().join("server"));
    // A list of interfaces looks as it did before.
    subnet.same_number(1, 1);
    server.until("joined 239.255.24.69 on 10.70.0.1");
    watch(&subnet, 2, &scratch.path().join("client")).until(&fingerprint);
}

#[test]
fn news_of_interfaces_that_were_lost_are_made_good() {
    let Some(subnet) = by_multicast_alone() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut server, fingerprint) = serve_and_tell(&subnet, &scratch.path().join("server"));
    server.signal(Signal::STOP);
    let flood = "for n in $(seq 2000); do echo addr add 10.99.0.1/32 dev lo; echo addr del 10.99.0.1/32 dev lo; done | ip -batch -";
    subnet.shell(1, flood).expect("addresses can be added");
    subnet.same_number(1, 1);
    server.signal(Signal::CONT);
    server.until("news of interfaces were lost");
    server.until("joined 239.255.24.69 on 10.70.0.1");
    watch(&subnet, 2, &scratch.path().join("client")).until(&fingerprint);
}

#[test]
fn an_address_that_is_added_is_heard_at_and_one_that_is_removed_is_left() {
    let Some(subnet) = by_multicast_alone() else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let (mut server, fingerprint) = serve_and_tell(&subnet, &scratch.path().join("server"));
    subnet.ip(1, "link add eth1 type veth peer name eth2");
    subnet.ip(1, "link set eth2 up");
    subnet.ip(1, "link set eth1 up");
    subnet.ip(1, "addr add 10.72.0.1/24 dev eth1");
    server.until("joined 239.255.24.69 on 10.72.0.1");
    subnet.ip(1, "addr del 10.72.0.1/24 dev eth1");
    server.until("left 239.255.24.69 on 10.72.0.1");
    watch(&subnet, 2, &scratch.path().join("client")).until(&fingerprint);
}

/// A server on the first host, whose log says on which interfaces it is heard: the process, when it is, and its fingerprint.
fn serve_and_tell(subnet: &Subnet, home: &Path) -> (Process, String) {
    let mut command = typed(subnet, 1, home, &["serve"]);
    command.env("RUST_LOG", "warn,chinwag_net=debug,chinwag_drive=debug");
    let mut server = Process::merged(command);
    let (mut fingerprint, mut is_joined) = (None, false);
    while fingerprint.is_none() || !is_joined {
        let line = server.until("");
        is_joined |= line.contains("joined 239.255.24.69 on 10.70.0.1");
        fingerprint = fingerprint.or(line.strip_prefix("fingerprint ").map(str::to_owned));
    }
    (server, fingerprint.expect("it was said"))
}

#[test]
fn whoever_has_several_interfaces_is_found_and_finds_through_each() {
    let Some(subnet) = Subnet::new(3) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let home = |host: usize| scratch.path().join(format!("home{host}"));
    // The first is between the two others.
    subnet.join(1, 3);
    subnet.ip(3, "link set eth0 down");
    let (between, fingerprint) = serve(&subnet, 1, &home(1), &["--name", "between"]);
    for (host, addr) in [(2, "10.70.0.1:24469"), (3, "10.71.0.1:24469")] {
        let found = find_such(&subnet, host, &home(host), |found| !found.is_empty());
        assert_eq!(found[0]["fingerprint"], *fingerprint);
        let addrs = found[0]["addresses"].as_array().expect("a list");
        assert_eq!(addrs[0], addr, "{addrs:?}");
        assert_eq!(addrs.iter().filter(|addr| addr.as_str().is_some_and(|addr| addr.starts_with("10."))).count(), 1);
        let talk = [
            "send",
            "--server",
            "lan:between",
            "--accept-new",
            "--create",
            "--room",
            "tea",
            "--wait",
            "stored",
            "hello",
        ];
        let (code, said) = Process::merged(typed(&subnet, host, &home(host), &talk)).finish();
        assert_eq!(code, Some(0), "{said}");
    }
    drop(between.stop());
    let _sides = [2, 3].map(|host| serve(&subnet, host, &home(host + 10), &["--name", &format!("side{host}")]));
    let found = find_such(&subnet, 1, &home(1), |found| found.len() == 2);
    for (name, addr) in [("side2", "10.70.0.2:24469"), ("side3", "10.71.0.3:24469")] {
        let one = found.iter().find(|server| server["name"] == name).expect(name);
        assert_eq!(one["addresses"][0], addr, "{found:?}");
        let talk = [
            "send",
            "--server",
            &format!("lan:{name}"),
            "--accept-new",
            "--create",
            "--room",
            "tea",
            "--wait",
            "stored",
            "hi",
        ];
        let (code, said) = Process::merged(typed(&subnet, 1, &home(1), &talk)).finish();
        assert_eq!(code, Some(0), "{said}");
    }
}
