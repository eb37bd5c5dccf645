//! The virtual network: who has which address, and what the weather does between a client's host and the local network.
//!
//! Every client's host hangs on a link of its own, with weather in each direction; the server stands on the network
//! itself. A datagram to an address that nobody has is lost, as is one that was under way when its address moved.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Spec, Weather};

use super::digest::Digest;

/// A host: the server is the first, then the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(pub usize);

/// The server's host.
pub const SERVER: HostId = HostId(0);

/// What goes with a datagram on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its source.
    pub from: SocketAddr,
    /// Its destination.
    pub to: SocketAddr,
    /// Hash of what was sent, so that it shows when the weather spoiled it.
    pub digest: Digest,
    /// The sending address had been heard of by its peer before: see the wire checker.
    pub heard: bool,
}

/// Where a cut is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// From the client nothing gets through.
    pub up: bool,
    /// To the client nothing gets through.
    pub down: bool,
}

/// Addresses and links.
#[derive(Debug)]
pub struct Network {
    hosts: BTreeMap<SocketAddr, HostId>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    up: Weather<Route>,
    down: Weather<Route>,
    cut: Cut,
}

impl Network {
    /// A network for so many clients, all links clear.
    #[must_use]
    pub fn new(clients: usize, rng: &mut Rng) -> Self {
        let clear = Spec::default();
        let link = |_| Link {
            up: Weather::new(clear.up, rng.fork("up")),
            down: Weather::new(clear.down, rng.fork("down")),
            cut: Cut::default(),
        };
        Self { hosts: BTreeMap::new(), links: (0..clients).map(link).collect() }
    }

    /// Gives a host an address.
    pub fn attach(&mut self, addr: SocketAddr, host: HostId) {
        self.hosts.insert(addr, host);
    }

    /// Takes an address away.
    pub fn detach(&mut self, addr: SocketAddr) {
        self.hosts.remove(&addr);
    }

    /// Whose an address is.
    #[must_use]
    pub fn host(&self, addr: SocketAddr) -> Option<HostId> {
        self.hosts.get(&addr).copied()
    }

    /// The weather on a client's link changes.
    pub fn set_weather(&mut self, client: HostId, spec: &Spec) {
        if let Some(link) = self.link(client) {
            link.up.set(spec.up);
            link.down.set(spec.down);
        }
    }

    /// A client's link is cut, or mended.
    pub fn set_cut(&mut self, client: HostId, cut: Cut) {
        if let Some(link) = self.link(client) {
            link.cut = cut;
        }
    }

    /// A host sends. Gives the link that the datagram is on; `None` if it was lost at once.
    pub fn send(&mut self, now: Instant, sender: HostId, route: Route, bytes: &[u8]) -> Option<HostId> {
        let client = if sender == SERVER { self.host(route.to)? } else { sender };
        let up = sender != SERVER;
        let link = self.link(client)?;
        let cut = if up { link.cut.up } else { link.cut.down };
        if cut {
            return None;
        }
        let weather = if up { &mut link.up } else { &mut link.down };
        weather.push(now, route, bytes);
        Some(client)
    }

    /// The next datagram that comes off a client's link by now.
    pub fn arrival(&mut self, now: Instant, client: HostId, bytes: &mut Vec<u8>) -> Option<Route> {
        let link = self.link(client)?;
        link.up.pop(now, bytes).or_else(|| link.down.pop(now, bytes))
    }

    /// When the next datagram comes off a client's link.
    #[must_use]
    pub fn deadline(&self, client: HostId) -> Option<Instant> {
        let link = self.links.get(client.0.checked_sub(1)?)?;
        match (link.up.deadline(), link.down.deadline()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether a datagram was too long for the link that it was on.
    #[must_use]
    pub fn was_too_narrow(&self) -> bool {
        self.links.iter().any(|link| link.up.tally().too_large + link.down.tally().too_large > 0)
    }

    fn link(&mut self, client: HostId) -> Option<&mut Link> {
        self.links.get_mut(client.0.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::weather::Faults;

    use super::*;

    const CLIENT: HostId = HostId(1);

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    /// A network with a server, a client, and 10 ms between them.
    fn network() -> Network {
        let mut network = Network::new(1, &mut Rng::from_number(1));
        network.attach(addr("10.0.0.1:1"), SERVER);
        network.attach(addr("10.0.1.1:1"), CLIENT);
        network.set_weather(CLIENT, &Spec::both(Faults { delay_us: 10_000, ..Faults::default() }));
        network
    }

    fn send(network: &mut Network, sender: HostId, from: &str, to: &str) -> Option<HostId> {
        let route = Route { from: addr(from), to: addr(to), digest: Digest::of(b"hi"), heard: false };
        network.send(at(0), sender, route, b"hi")
    }

    #[test]
    fn a_datagram_takes_its_time_either_way() {
        let mut network = network();
        let mut bytes = Vec::new();
        assert_eq!(send(&mut network, CLIENT, "10.0.1.1:1", "10.0.0.1:1"), Some(CLIENT));
        assert_eq!(send(&mut network, SERVER, "10.0.0.1:1", "10.0.1.1:1"), Some(CLIENT));
        assert_eq!(network.deadline(CLIENT), Some(at(10)));
        assert_eq!(network.arrival(at(9), CLIENT, &mut bytes), None);
        let arrived = [0; 2].map(|_| network.arrival(at(10), CLIENT, &mut bytes).map(|route| network.host(route.to)));
        assert_eq!(arrived, [Some(Some(SERVER)), Some(Some(CLIENT))]);
        assert_eq!((bytes.as_slice(), network.deadline(CLIENT)), (b"hi".as_slice(), None));
    }

    #[test]
    fn nothing_reaches_an_address_that_moved_away() {
        let mut network = network();
        let mut bytes = Vec::new();
        assert_eq!(send(&mut network, SERVER, "10.0.0.1:1", "10.0.1.1:1"), Some(CLIENT));
        network.detach(addr("10.0.1.1:1"));
        network.attach(addr("10.0.2.1:1"), CLIENT);
        let under_way = network.arrival(at(10), CLIENT, &mut bytes).expect("it was under way");
        assert_eq!(network.host(under_way.to), None);
        assert_eq!(send(&mut network, SERVER, "10.0.0.1:1", "10.0.1.1:1"), None);
        assert_eq!(send(&mut network, SERVER, "10.0.0.1:1", "10.0.2.1:1"), Some(CLIENT));
    }

    #[test]
    fn a_cut_is_for_one_direction_or_both() {
        let mut network = network();
        network.set_cut(CLIENT, Cut { up: true, down: false });
        assert_eq!(send(&mut network, CLIENT, "10.0.1.1:1", "10.0.0.1:1"), None);
        assert_eq!(send(&mut network, SERVER, "10.0.0.1:1", "10.0.1.1:1"), Some(CLIENT));
    }
}
