#!/usr/bin/env bash
# Who asks multicast DNS from a port of its own, as an ordinary resolver does, is answered as by an ordinary server (RFC 6762,
# section 6.7): a time to live of at most ten seconds, no name in the data of an SRV record compressed (section 18.14), and nothing
# in it that only readers of multicast DNS know.
#
# zeroconf 0.154.0 (Python) answers such questions with the records that it multicasts: 120 seconds for an address, 4,500 for a
# service, the target of SRV compressed, and so is the next name of the NSEC record that it adds to every answer, which only
# multicast DNS allows. dnspython 2.9.2, which reads conventional DNS, raises DecompressionForbidden and reads none of the answer.
# mdns-sd 0.21.7 (Rust) gives ten seconds and sends nothing that dnspython can't read; it compresses the target of SRV, too.
#
# So a one-shot resolver keeps for up to 75 minutes what it should ask for again after ten seconds, and one that is built on
# dnspython gets no address of a host that did answer.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check zeroconf==0.154.0 dnspython==2.9.2 dnslib==0.9.26
mkdir -p responder/src
cat >responder/Cargo.toml <<'TOML'
[package]
name = "responder"
version = "0.0.0"
edition = "2021"

[dependencies]
mdns-sd = { version = "=0.21.7", default-features = false }
TOML
cat >responder/src/main.rs <<'RS'
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

/// Offers one service on the loopback interface until its standard input ends.
fn main() {
    let daemon = ServiceDaemon::new().unwrap();
    daemon.disable_interface(IfKind::All).unwrap();
    daemon.enable_interface(IfKind::LoopbackV4).unwrap();
    let service = ServiceInfo::new("_chat._udp.local.", "lab", "one.local.", "127.0.0.1", 1001, &[("v", "1")][..]).unwrap();
    daemon.register(service).unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
RS
cargo build --quiet --manifest-path responder/Cargo.toml

cat >responder.py <<'PY'
import socket, sys

from zeroconf import ServiceInfo, Zeroconf

TYPE = "_chat._udp.local."
address = [socket.inet_aton("127.0.0.1")]
on_loopback = Zeroconf(interfaces=["127.0.0.1"])
on_loopback.register_service(
    ServiceInfo(TYPE, f"lab.{TYPE}", addresses=address, port=1001, properties={"v": "1"}, server="one.local.")
)
sys.stdin.read()
on_loopback.close()
PY

cat >ask.py <<'PY'
import socket, subprocess, sys

import dns.message, dns.name, dnslib

TYPE = "_chat._udp.local."
QUESTIONS = [(TYPE, "PTR"), (f"lab.{TYPE}", "SRV"), ("one.local.", "A")]


def answer(name, kind):
    """The datagram that answers a conventional question, asked until it is."""
    query = dnslib.DNSRecord.question(name, kind).pack()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        sock.settimeout(0.5)
        for _ in range(60):
            sock.sendto(query, ("224.0.0.251", 5353))
            try:
                datagram = sock.recv(9000)
            except TimeoutError:
                continue
            if dnslib.DNSRecord.parse(datagram).header.id == dnslib.DNSRecord.parse(query).header.id:
                return datagram
    raise SystemExit(f"no answer about {name}")


def ttls(datagram):
    read = dnslib.DNSRecord.parse(datagram)
    return {dnslib.QTYPE[record.rtype]: record.ttl for record in read.rr}


def asked(label, command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    seen = {}
    for name, kind in QUESTIONS:
        datagram = answer(name, kind)
        try:
            dns.message.from_wire(datagram)
            reads = "reads it"
        except dns.name.DecompressionForbidden:
            reads = "DecompressionForbidden"
        seen[kind] = (ttls(datagram)[kind], reads, kind == "SRV" and b"\x03\xe9\x03one\x05local\x00" not in datagram)
    process.communicate("\n", timeout=20)
    for kind, (ttl, reads, is_compressed) in seen.items():
        target = "; its target is compressed" if is_compressed else ""
        print(f"{label:17} {kind:4} {ttl:5} s, dnspython: {reads}{target}")
    return seen


zeroconf = asked("zeroconf 0.154.0", [sys.executable, "responder.py"])
mdns_sd = asked("mdns-sd 0.21.7", ["responder/target/debug/responder"])
assert zeroconf == {
    "PTR": (4500, "DecompressionForbidden", False),
    "SRV": (120, "DecompressionForbidden", True),
    "A": (120, "DecompressionForbidden", False),
}, zeroconf
assert mdns_sd == {"PTR": (10, "reads it", False), "SRV": (10, "reads it", True), "A": (10, "reads it", False)}, mdns_sd
PY
unshare --user --map-root-user --net sh -c \
  'ip link set lo up; ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo; exec python/bin/python ask.py'
