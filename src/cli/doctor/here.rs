//! What this machine alone tells: interfaces, the port, multicast on each interface, and who answers on the subnet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
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
use crate::config::Home;
use crate::discovery::{Found, Notice};
use crate::drive::{Clock, entropy, listen};
use crate::interface::{Interface, is_on_link};
use crate::net::{self, BindError, Listener};
use crate::render::render_text;

use super::firewall::{Firewall, Need};
use super::refusal::{Refusal, What};
use super::report::Report;
use super::way;

/// How long one's own query may take to come back.
const ECHO: Duration = Duration::from_millis(300);
/// How long servers may take to answer.
const ANSWERS: Duration = Duration::from_millis(1_500);
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

/// Whether the usual port can be had here, and who has it if not.
pub(super) fn port(report: &mut Report, home: &Home, interfaces: &[Interface]) -> Result<(), Failure> {
    match net::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, CHAT_PORT))) {
        Ok(_) => report.ok("port", &format!("UDP port {CHAT_PORT} is free: no server has it on this machine")),
        Err(BindError::PortTaken(_)) => {
            let home_addrs = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            // One that listens at one address only answers at no other; link-local ones would want a scope.
            let outward = interfaces.iter().map(|interface| interface.addr);
            let outward = outward.filter(|addr| !matches!(addr, IpAddr::V6(v6) if v6.is_unicast_link_local()));
            let addrs = home_addrs.into_iter().chain(outward).map(|addr| SocketAddr::new(addr, CHAT_PORT)).collect();
            match way::at_home(home, addrs)? {
                Some(Some(key)) => {
                    report.ok("port", &format!("UDP port {CHAT_PORT} is taken: a server runs here, fingerprint {key}"));
                }
                Some(None) => report.ok("port", &format!("UDP port {CHAT_PORT} is taken: a server runs here")),
                None => report.warning(
                    "port",
                    &format!(
                        "UDP port {CHAT_PORT} is taken by something that does not answer as a server of chinwag does"
                    ),
                    &format!(
                        "ss -lunp sport = {CHAT_PORT}    # what has it; a server: chinwag serve --listen [::]:24471"
                    ),
                ),
            }
        }
        Err(error) => report.problem("port", &error.to_string(), "chinwag serve --listen 0.0.0.0:24469"),
    }
    Ok(())
}

/// Whether this machine asks others who serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// At least by some way.
    Some,
    /// It has no way to ask by.
    Nowhere,
    /// Its system refuses each question.
    Refused,
}

/// Whether queries that leave by an interface are heard on it, sent to the groups and to the broadcast address. One's own are
/// heard wherever the machine itself drops nothing, whatever the network does.
pub(super) fn groups(
    report: &mut Report,
    interfaces: &[Interface],
    firewall: &Firewall,
    clock: &Clock,
) -> Result<Asks, Failure> {
    let rng = entropy::rng().map_err(Failure::system)?;
    let mut echoes = Echoes { report, firewall, clock, rng, tried: 0, heard: 0, refused: 0, help: None };
    for group in [IpAddr::V4(DISCOVERY_GROUP_V4), IpAddr::V6(DISCOVERY_GROUP_V6)] {
        let of_family =
            |interface: &&Interface| interface.addr.is_ipv4() == group.is_ipv4() && interface.can_multicast();
        let ways: Vec<_> = interfaces.iter().filter(of_family).collect();
        if ways.is_empty() {
            continue;
        }
        match Listener::bind(group, DISCOVERY_PORT, DISCOVERY_HOPS) {
            Ok(mut listener) => {
                listener.follow(interfaces);
                ways.into_iter().for_each(|way| echoes.by(way, group, &mut listener));
            }
            Err(error) => {
                echoes.report.warning("multicast", &format!("{group}: {error}"), "ss -lunp sport = 24470");
            }
        }
    }
    if interfaces.iter().any(Interface::can_multicast) {
        return Ok(echoes.judge());
    }
    if !interfaces.is_empty() {
        let finding = "no interface of this machine has multicast: nobody is asked who serves here (a server is still reached by \
                       its address)";
        report.warning("discovery", finding, "ip link    # MULTICAST is among the flags of one that has it");
    }
    Ok(Asks::Nowhere)
}

/// Queries that are sent to everybody, and what of them came back.
struct Echoes<'a> {
    report: &'a mut Report,
    firewall: &'a Firewall,
    clock: &'a Clock,
    rng: Rng,
    tried: u32,
    heard: u32,
    /// The system refused to send so many,
    refused: u32,
    /// and this helps against the last refusal of it, to send or to join.
    help: Option<String>,
}

impl Echoes<'_> {
    /// Sends one to the group and one to the broadcast address of an interface.
    fn by(&mut self, way: &Interface, group: IpAddr, listener: &mut Listener) {
        let is_of_way = |refused: &&(Interface, std::io::Error)| refused.0 == *way;
        if let Some((_, error)) = listener.refused().iter().find(is_of_way) {
            let Refusal { cause, fix } = self.refusal(What::Join, error, group);
            self.report.warning("multicast", &format!("{group} on {} can't be joined: {cause}", way.addr), &fix);
            self.tried += 1;
            self.help = Some(fix);
            return;
        }
        let to_group = way.group(DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT);
        self.to("multicast", to_group, way, listener);
        if let Some(all) = way.broadcast {
            self.to("broadcast", SocketAddr::new(all.into(), DISCOVERY_PORT), way, listener);
        }
    }

    fn to(&mut self, check: &str, to: SocketAddr, way: &Interface, listener: &mut Listener) {
        self.tried += 1;
        let shown = format!("{} on {}", to.ip(), way.addr);
        match echo(listener, way, to, self.clock, &mut self.rng) {
            Ok(true) => {
                self.heard += 1;
                let joined = if check == "multicast" { "joined and heard" } else { "heard" };
                self.report.ok(check, &format!("{shown}: {joined}"));
            }
            Ok(false) => {
                let finding = format!("{shown}: what is sent there is not heard here");
                self.report.warning(check, &finding, &self.firewall.opens(Need::Discovery));
            }
            Err(error) => {
                let Refusal { cause, fix } = self.refusal(What::Send, &error, to.ip());
                self.report.warning(check, &format!("{shown} is not sent: {cause}"), &fix);
                self.refused += 1;
                self.help = Some(fix);
            }
        }
    }

    fn refusal(&self, what: What, error: &std::io::Error, to: IpAddr) -> Refusal {
        Refusal::of(what, error, to, self.firewall, Need::Questions)
    }

    /// What the system refused has said why; silence is what a firewall makes.
    fn judge(self) -> Asks {
        let is_refused = self.tried > 0 && self.refused == self.tried;
        match self.help {
            _ if self.tried == 0 || self.heard > 0 => {}
            Some(help) if is_refused => {
                let finding = "nobody is asked who serves here: this machine refuses to send each question, as said above \
                               (a server is still reached by its address)";
                self.report.problem("discovery", finding, &help);
            }
            help => {
                let (why, help) = match help {
                    Some(help) => ("the system refuses some of it, as said above, and the rest is not heard", help),
                    None => ("most likely its own firewall is shut", self.firewall.opens(Need::Discovery)),
                };
                let finding = format!(
                    "nothing that this machine sends to everybody comes back to it: {why}; so it may find no server, and may be \
                     found by nobody (a server is still reached by its address)"
                );
                self.report.problem("discovery", &finding, &help);
            }
        }
        if is_refused { Asks::Refused } else { Asks::Some }
    }
}

/// Sends a query by this way, and listens for it.
fn echo(
    listener: &mut Listener,
    way: &Interface,
    to: SocketAddr,
    clock: &Clock,
    rng: &mut Rng,
) -> std::io::Result<bool> {
    let query = Query { versions: VersionRange::OURS, nonce: rng.bytes(), server: Query::EVERY_SERVER, page: 0 };
    let mut datagram = [0; QUERY_LEN];
    query.encode(&mut datagram);
    let out = net::way(way, DISCOVERY_HOPS)?;
    out.send(to, None, &datagram)?;
    let mut is_heard = false;
    listen(&mut [&mut listener.socket], clock, clock.mono() + ECHO, |_, _, bytes| {
        is_heard |= bytes == datagram;
        if is_heard { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(is_heard)
}

/// Who answers on the subnet.
pub(super) fn discovery(
    report: &mut Report,
    asks: Asks,
    firewall: &Firewall,
    clock: &Clock,
) -> Result<Vec<Found>, Failure> {
    let look = Look::begin(Vec::new())?;
    let until = clock.mono() + ANSWERS;
    let mut found: Vec<Found> = Vec::new();
    while clock.mono() < until {
        let Some(Notice::Found(one)) = look.next_within(until.since(clock.mono())) else { continue };
        found.retain(|other| other.key() != one.key());
        found.push(*one);
    }
    for server in &found {
        if server.has_twin {
            report.problem(
                "discovery",
                &format!(
                    "two servers answer with one key, that of {}: clients meet either, and what is said is split between them",
                    render_text(&server.name)
                ),
                "stop the one that was copied, and remove its server.key",
            );
        }
        let addr = server.addrs.first().map_or_else(|| "nowhere".to_owned(), ToString::to_string);
        report
            .ok("discovery", &format!("{} answers at {addr}, fingerprint {}", render_text(&server.name), server.key()));
    }
    // Where nobody was asked, that was said, and nobody's silence means anything.
    if found.is_empty() && asks == Asks::Some {
        report.warning(
            "discovery",
            "no server answers on this subnet: there is none, or a firewall drops what it says, here or there; which of them can't \
             be told from here",
            &format!("chinwag serve    # if there is none; else, on either machine: {}", firewall.opens(Need::Discovery)),
        );
    }
    Ok(found)
}

/// Whether a server that was reached otherwise is among those that answer.
pub(super) fn announced(
    report: &mut Report,
    interfaces: &[Interface],
    found: &[Found],
    firewall: &Firewall,
    (key, addr): (PublicKey, SocketAddr),
) {
    let ip = addr.ip().to_canonical();
    // Nobody can be found who listens on this machine only.
    if ip.is_loopback() || found.iter().any(|server| *server.key() == key) {
        return;
    }
    let fix = format!(
        "chinwag serve    # there, without --hidden; else, here and there: {}",
        firewall.opens(Need::Discovery)
    );
    if !is_on_link(interfaces, ip) {
        let finding = "that server is on another subnet: discovery does not go there";
        report.ok("discovery", finding);
    } else if found.is_empty() {
        // A hidden server is meant to be so, and nothing tells it from one whose discovery is dropped: what was asked for works.
        let finding = "that server is on this subnet, and neither multicast nor broadcast brings an answer of it: it is hidden, or a \
                       firewall drops discovery; its address works";
        report.warning("discovery", finding, &fix);
    } else {
        report.warning("discovery", "that server is not among those that answer here: it is hidden, or shut", &fix);
    }
}
