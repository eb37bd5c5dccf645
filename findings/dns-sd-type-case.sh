#!/usr/bin/env bash
# Names of multicast DNS are the same whatever the case of their letters (RFC 6762, section 16), and so are types of services.
# A responder of mdns-sd 0.21.7 (Rust) keeps to that for half of its records: asked for the SRV of "lab._chat._udp.local." or
# for the address of "ONE.local." it answers, though they were registered as "Lab" and "one"; asked who offers
# "_Chat._UDP.local." (PTR) it is silent, whatever was registered. zeroconf 0.154.0 (Python) answers all of them.
#
# So a browser that writes a type with a capital letter resolves what it knows already, and finds nothing new.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check zeroconf==0.154.0
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
    let service = ServiceInfo::new("_chat._udp.local.", "Lab", "one.local.", "127.0.0.1", 1001, None).unwrap();
    daemon.register(service).unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
RS
cargo build --quiet --manifest-path responder/Cargo.toml

cat >responder.py <<'PY'
import socket, sys

from zeroconf import ServiceInfo, Zeroconf

TYPE = "_chat._udp.local."
service = ServiceInfo(TYPE, f"Lab.{TYPE}", addresses=[socket.inet_aton("127.0.0.1")], port=1001, server="one.local.")
with_loopback = Zeroconf(interfaces=["127.0.0.1"])
with_loopback.register_service(service)
sys.stdin.read()
with_loopback.close()
PY

cat >ask.py <<'PY'
import socket, subprocess, sys, time

from zeroconf import DNSIncoming, DNSOutgoing, DNSQuestion

GROUP, LOOPBACK = "224.0.0.251", socket.inet_aton("127.0.0.1")
PTR, SRV, ADDRESS = 12, 33, 1
QUESTIONS = [("_chat._udp.local.", PTR), ("_Chat._UDP.local.", PTR), ("lab._chat._udp.local.", SRV), ("ONE.local.", ADDRESS)]


def answers(sock, name, kind, patience):
    """Whether a response of this kind comes to a question that no other one has asked."""
    query = DNSOutgoing(0, id_=4711, multicast=False)
    query.add_question(DNSQuestion(name, kind, 1))
    end = time.monotonic() + patience
    while time.monotonic() < end:
        sock.sendto(query.packets()[0], (GROUP, 5353))
        try:
            response = DNSIncoming(sock.recv(9000))
        except TimeoutError:
            continue
        if response.id == 4711 and any(r.type == kind and r.name.lower() == name.lower() for r in response.answers()):
            return True
    return False


def asked(command):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    heard = []
    for name, kind in QUESTIONS:
        # A port of its own for each: what is answered to one question is not taken for the answer to the next.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, LOOPBACK)
            sock.settimeout(0.5)
            heard.append(answers(sock, name, kind, 20 if not heard else 4))
    process.communicate("\n", timeout=20)
    return heard


mdns_sd = asked(["responder/target/debug/responder"])
zeroconf = asked([sys.executable, "responder.py"])
for (name, _), one, other in zip(QUESTIONS, mdns_sd, zeroconf):
    print(f"{name:24} mdns-sd 0.21.7: {'answers' if one else 'silent':8} zeroconf 0.154.0: {'answers' if other else 'silent'}")
assert mdns_sd == [True, False, True, True], mdns_sd
assert zeroconf == [True, True, True, True], zeroconf
PY
unshare --user --map-root-user --net sh -c \
  'ip link set lo up; ip link set lo multicast on; ip route add 224.0.0.0/4 dev lo; exec python/bin/python ask.py'
