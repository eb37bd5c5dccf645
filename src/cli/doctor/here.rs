//! What this machine alone tells: interfaces, the port, multicast on each interface, and who answers on the subnet.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

use chinwag_proto::limits::{
    CHAT_PORT, DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_HOPS, DISCOVERY_PORT, QUERY_LEN,
};
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::datagram::{Query, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use crate::cli::discover::Look;
use crate::cli::failure::Failure;
use crate::cli::start;
use crate::discovery::{Found, Notice};
use crate::drive::{Clock, entropy, listen};
use crate::interface::Interface;
use crate::net::{self, BindError, Listener};
use crate::render::render_text;

use super::report::Report;

/// How long one's own query may take to come back.
const ECHO: Duration = Duration::from_millis(300);
/// How long servers may take to answer.
const ANSWERS: Duration = Duration::from_millis(1_500);
/// What a firewall must let in.
const LET_IN: &str = "nft insert rule inet filter input udp dport { 24469, 24470 } accept";

/// The interfaces that lead somewhere.
pub(super) fn interfaces(report: &mut Report) -> Vec<Interface> {
    let all = match net::interfaces() {
        Ok(all) => all,
        Err(error) => {
            report.problem("interfaces", &format!("they can't be listed: {error}"), "let this program use AF_NETLINK");
            return Vec::new();
        }
    };
    let outward: Vec<_> = all.into_iter().filter(|interface| !interface.addr.is_loopback()).collect();
    for interface in &outward {
        let Interface { addr, prefix_len, index, .. } = interface;
        report.ok("interface", &format!("{addr}/{prefix_len} (number {index})"));
    }
    if outward.is_empty() {
        report.problem(
            "interfaces",
            "there is none beside loopback: this machine is on no network",
            "ip link; ip address",
        );
    }
    outward
}

/// Whether the usual port can be had here.
pub(super) fn port(report: &mut Report) {
    match net::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, CHAT_PORT))) {
        Ok(_) => report.ok("port", &format!("UDP port {CHAT_PORT} is free: no server has it on this machine")),
        Err(BindError::PortTaken(_)) => {
            report.ok("port", &format!("UDP port {CHAT_PORT} is taken: a server runs here"))
        }
        Err(error) => report.problem("port", &error.to_string(), "chinwag serve --listen 0.0.0.0:24469"),
    }
}

/// Whether a query that leaves by an interface is heard on it.
pub(super) fn multicast(report: &mut Report, interfaces: &[Interface], clock: &Clock) -> Result<(), Failure> {
    let mut rng = entropy::rng().map_err(start::system)?;
    for group in [IpAddr::V4(DISCOVERY_GROUP_V4), IpAddr::V6(DISCOVERY_GROUP_V6)] {
        let of_family =
            |interface: &&Interface| interface.addr.is_ipv4() == group.is_ipv4() && interface.can_multicast();
        let ways: Vec<_> = interfaces.iter().filter(of_family).collect();
        if ways.is_empty() {
            continue;
        }
        let mut listener = match Listener::bind(group, DISCOVERY_PORT, DISCOVERY_HOPS) {
            Ok(listener) => listener,
            Err(error) => {
                report.warning("multicast", &format!("{group}: {error}"), "ss -lunp sport = 24470");
                continue;
            }
        };
        listener.follow(interfaces);
        for way in ways {
            let shown = format!("{group} on {}", way.addr);
            match echo(&mut listener, way, clock, &mut rng) {
                Ok(true) => report.ok("multicast", &format!("{shown}: joined and heard")),
                Ok(false) => {
                    report.warning("multicast", &format!("{shown}: what is sent there is not heard here"), LET_IN)
                }
                Err(error) => report.warning("multicast", &format!("{shown}: {error}"), "ip route get 239.255.24.69"),
            }
        }
    }
    Ok(())
}

/// Sends a query by this way, and listens for it.
fn echo(listener: &mut Listener, way: &Interface, clock: &Clock, rng: &mut Rng) -> std::io::Result<bool> {
    let query = Query { versions: VersionRange::OURS, nonce: rng.bytes(), server: Query::EVERY_SERVER, page: 0 };
    let mut datagram = [0; QUERY_LEN];
    query.encode(&mut datagram);
    let out = net::way(way, DISCOVERY_HOPS)?;
    out.send(way.group(DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT), None, &datagram)?;
    let mut is_heard = false;
    listen(&mut [&mut listener.socket], clock, clock.mono() + ECHO, |_, _, bytes| {
        is_heard |= bytes == datagram;
        if is_heard { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(is_heard)
}

/// Who answers on the subnet.
pub(super) fn discovery(report: &mut Report, clock: &Clock) -> Result<Vec<Found>, Failure> {
    let look = Look::begin(Vec::new())?;
    let until = clock.mono() + ANSWERS;
    let mut found: Vec<Found> = Vec::new();
    while clock.mono() < until {
        let Some(Notice::Found(one)) = look.next_within(until.since(clock.mono())) else { continue };
        found.retain(|other| other.key() != one.key());
        found.push(*one);
    }
    for server in &found {
        let addr = server.addrs.first().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
        report
            .ok("discovery", &format!("{} answers at {addr}, fingerprint {}", render_text(&server.name), server.key()));
    }
    if found.is_empty() {
        report.warning(
            "discovery",
            "no server answers on this subnet; if one is there, its firewall may be shut",
            &format!("{LET_IN}    # there"),
        );
    }
    Ok(found)
}

/// Whether a server that was reached otherwise is among those that answer.
pub(super) fn announced(report: &mut Report, found: &[Found], key: &PublicKey) {
    if !found.is_empty() && !found.iter().any(|server| server.key() == key) {
        let finding = "that server is not among those that answer here: it is hidden, or on another subnet";
        report.warning("discovery", finding, "chinwag serve    # there, without --hidden");
    }
}
