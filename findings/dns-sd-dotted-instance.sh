#!/usr/bin/env bash
# The name of a service is one label of DNS, and may hold dots (RFC 6763, section 4.3: "Dots may appear in the <Instance>
# portion"). Three libraries treat such a name, here "lab 2.0", in three ways:
#
#   zeroconf 0.154.0 (Python) announces two labels, "lab 2" and "0"; and where another responder announces one label, it reads
#     the name, and asks for two labels when that service is to be resolved;
#   bonjour-service 1.4.4 (Node.js) announces "lab 2-0", without a word;
#   mdns-sd 0.21.7 (Rust) announces one label. Of two that announce "lab" on one link the second takes "lab (2)" (RFC 6762,
#     section 9); of two that announce "lab 2.0" both keep it, and neither hears of a conflict.
#
# So a service with a version number in its name is announced by each as something else, and two of that name are one.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check zeroconf==0.154.0 dnspython==2.9.2
npm install --silent --no-audit --no-fund bonjour-service@1.4.4 >/dev/null

cat >zero.py <<'PY'
import socket

import dns.message, dns.name, dns.rdata, dns.rrset
from zeroconf import DNSIncoming, DNSOutgoing, DNSQuestion, ServiceInfo

TYPE = "_chat._udp.local."
AS_ONE = (b"lab 2.0", b"_chat", b"_udp", b"local", b"")
AS_TWO = (b"lab 2", b"0", b"_chat", b"_udp", b"local", b"")


def labels(name):
    return tuple(name.labels)


# What it announces, read by another library.
info = ServiceInfo(TYPE, f"lab 2.0.{TYPE}", addresses=[socket.inet_aton("127.0.0.1")], port=24469, server="host.local.")
out = DNSOutgoing(0x8400)
out.add_answer_at_time(info.dns_pointer(), 0)
announced = dns.message.from_wire(out.packets()[0]).answer[0][0].target

# What it asks for, after an announcement that another library has written.
target = dns.rdata.from_text("IN", "PTR", dns.name.Name(AS_ONE).to_text())
response = dns.message.Message(id=0)
response.flags = 0x8400
response.answer.append(dns.rrset.from_rdata(dns.name.from_text(TYPE), 4500, target))
seen = DNSIncoming(response.to_wire()).answers()[0].alias
query = DNSOutgoing(0)
query.add_question(DNSQuestion(seen, 33, 1))
asked = dns.message.from_wire(query.packets()[0]).question[0].name

print("zeroconf 0.154.0 announces:", labels(announced))
print("zeroconf 0.154.0 hears one label, and asks for:", labels(asked))
assert labels(announced) == AS_TWO, announced
assert labels(asked) == AS_TWO, asked
PY
python/bin/python zero.py

cat >bonjour.js <<'JS'
const { Service } = require("bonjour-service/dist/lib/service.js");
const service = new Service({ name: "lab 2.0", type: "chat", protocol: "udp", port: 24469, host: "host.local" });
const announced = service.records().find((record) => record.type === "PTR").data;
console.log("bonjour-service 1.4.4 announces:", announced);
if (announced !== "lab 2-0._chat._udp.local") process.exit(1);
JS
node bonjour.js

mkdir -p responders/src
cat >responders/Cargo.toml <<'TOML'
[package]
name = "responders"
version = "0.0.0"
edition = "2021"

[dependencies]
mdns-sd = { version = "=0.21.7", default-features = false }
TOML
cat >responders/src/main.rs <<'RS'
use std::time::{Duration, Instant};

use mdns_sd::{DaemonEvent, IfKind, Receiver, ServiceDaemon, ServiceInfo};

/// Registers a service on the loopback interface, and hears what becomes of it.
fn announce(name: &str, host: &str, port: u16) -> (ServiceDaemon, Receiver<DaemonEvent>) {
    let daemon = ServiceDaemon::new().unwrap();
    daemon.disable_interface(IfKind::All).unwrap();
    daemon.enable_interface(IfKind::LoopbackV4).unwrap();
    let events = daemon.monitor().unwrap();
    let service = ServiceInfo::new("_chat._udp.local.", name, host, "127.0.0.1", port, None).unwrap();
    daemon.register(service).unwrap();
    (daemon, events)
}

/// The names under which a service was announced at last: two announcements, a second apart (RFC 6762, section 8.3).
fn announced(events: &Receiver<DaemonEvent>, announcements: usize) -> Option<String> {
    let end = Instant::now() + Duration::from_secs(20);
    let mut names = std::iter::from_fn(|| events.recv_deadline(end).ok()).filter_map(|event| match event {
        DaemonEvent::Announce(name, _) => Some(name),
        _ => None,
    });
    names.nth(announcements - 1)
}

fn main() {
    for (name, second_is) in [("lab", r"lab (2)._chat._udp.local."), ("lab 2.0", r"lab 2\.0._chat._udp.local.")] {
        let (_first, first_events) = announce(name, "one.local.", 1001);
        let first = announced(&first_events, 1).unwrap();
        let (_second, second_events) = announce(name, "two.local.", 1002);
        let second = announced(&second_events, 2).unwrap();
        println!("mdns-sd 0.21.7, two on one link: {first:?} and {second:?}");
        assert_eq!(second, second_is);
    }
}
RS
cargo build --quiet --manifest-path responders/Cargo.toml
unshare --user --map-root-user --net sh -c \
  'ip link set lo up; ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo; exec responders/target/debug/responders'
