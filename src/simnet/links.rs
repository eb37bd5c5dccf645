//! Addresses and links: who has which address, and what the weather does between a host and the network that all are on.
//!
//! Every host hangs on a link of its own, with weather in each direction, or stands on the network itself. A datagram that has
//! come up a link goes down those of all hosts that have its address; an address that several have is a group's. One to an
//! address that nobody has is lost, as is one that was under way when its address moved.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Spec, Weather};

/// A host, by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(pub usize);

/// What goes with a datagram on its way; `T` is what its observer wants to know again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<T> {
    /// The datagram's source.
    pub from: SocketAddr,
    /// The datagram's destination.
    pub to: SocketAddr,
    /// What its observer has noted.
    pub note: T,
}

/// A direction of a host's link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the host.
    Up,
    /// To the host.
    Down,
}

/// Where a link is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// From the host nothing gets through.
    pub up: bool,
    /// To the host nothing gets through.
    pub down: bool,
}

/// Addresses and links.
#[derive(Debug)]
pub struct Links<T> {
    addrs: BTreeMap<SocketAddr, Vec<HostId>>,
    /// By host; none for those that stand on the network itself.
    links: Vec<Option<Link<T>>>,
}

#[derive(Debug)]
struct Link<T> {
    up: Weather<Route<T>>,
    down: Weather<Route<T>>,
    cut: Cut,
    /// The directions in which there is no fault.
    is_clear: Clear,
}

#[derive(Clone, Copy, Debug)]
struct Clear {
    up: bool,
    down: bool,
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self { addrs: BTreeMap::new(), links: Vec::new() }
    }
}

impl<T: Clone> Links<T> {
    /// Another host, on a link that is clear. Its weather draws from this seed.
    pub fn add(&mut self, rng: &mut Rng) -> HostId {
        let clear = Spec::default();
        let (up, down) = (Weather::new(clear.up, rng.fork("up")), Weather::new(clear.down, rng.fork("down")));
        self.push(Some(Link { up, down, cut: Cut::default(), is_clear: Clear { up: true, down: true } }))
    }

    /// Another host, which stands on the network itself.
    pub fn add_without_link(&mut self) -> HostId {
        self.push(None)
    }

    fn push(&mut self, link: Option<Link<T>>) -> HostId {
        self.links.push(link);
        HostId(self.links.len() - 1)
    }

    /// Gives a host an address, which others may have, too.
    pub fn attach(&mut self, addr: SocketAddr, host: HostId) {
        let hosts = self.addrs.entry(addr).or_default();
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }

    /// Takes an address away, from whoever has it.
    pub fn detach(&mut self, addr: SocketAddr) {
        self.addrs.remove(&addr);
    }

    /// Whose an address is, in the order in which they got it.
    #[must_use]
    pub fn hosts(&self, addr: SocketAddr) -> &[HostId] {
        self.addrs.get(&addr).map_or(&[], Vec::as_slice)
    }

    /// Whose an address is, where it is no group's.
    #[must_use]
    pub fn host(&self, addr: SocketAddr) -> Option<HostId> {
        match self.hosts(addr) {
            &[host] => Some(host),
            _ => None,
        }
    }

    /// The weather on a host's link changes.
    pub fn set_weather(&mut self, host: HostId, spec: &Spec) {
        if let Some(link) = self.link(host) {
            link.up.set(spec.up);
            link.down.set(spec.down);
            let clear = Spec::default();
            link.is_clear = Clear { up: spec.up == clear.up, down: spec.down == clear.down };
        }
    }

    /// A host's link is cut, or mended.
    pub fn set_cut(&mut self, host: HostId, cut: Cut) {
        if let Some(link) = self.link(host) {
            link.cut = cut;
        }
    }

    /// A datagram goes onto a host's link. Whether it did: not where that is cut, or where there is none.
    pub fn push_on(&mut self, now: Instant, host: HostId, way: Way, route: Route<T>, bytes: &[u8]) -> bool {
        let Some(link) = self.link(host) else { return false };
        let (weather, is_cut) = match way {
            Way::Up => (&mut link.up, link.cut.up),
            Way::Down => (&mut link.down, link.cut.down),
        };
        if !is_cut {
            weather.push(now, route, bytes);
        }
        !is_cut
    }

    /// The next datagram that comes off a host's link by now: on the network, or at the host.
    pub fn pop_off(&mut self, now: Instant, host: HostId, bytes: &mut Vec<u8>) -> Option<(Way, Route<T>)> {
        let link = self.link(host)?;
        let up = link.up.pop(now, bytes).map(|route| (Way::Up, route));
        up.or_else(|| link.down.pop(now, bytes).map(|route| (Way::Down, route)))
    }

    /// Whether a datagram would pass a host's link at once and unharmed: the weather there is clear, nothing is under way, and it is
    /// not cut.
    #[must_use]
    pub fn is_clear(&self, host: HostId, way: Way) -> bool {
        let Some(link) = self.links.get(host.0).and_then(Option::as_ref) else { return true };
        let (weather, is_clear, is_cut) = match way {
            Way::Up => (&link.up, link.is_clear.up, link.cut.up),
            Way::Down => (&link.down, link.is_clear.down, link.cut.down),
        };
        is_clear && !is_cut && weather.deadline().is_none()
    }

    /// When the next datagram comes off a host's link.
    #[must_use]
    pub fn deadline(&self, host: HostId) -> Option<Instant> {
        let link = self.links.get(host.0)?.as_ref()?;
        [link.up.deadline(), link.down.deadline()].into_iter().flatten().min()
    }

    /// Whether a datagram was too long for a link that it was on.
    #[must_use]
    pub fn was_too_narrow(&self) -> bool {
        self.links.iter().flatten().any(|link| link.up.tally().too_large + link.down.tally().too_large > 0)
    }

    fn link(&mut self, host: HostId) -> Option<&mut Link<T>> {
        self.links.get_mut(host.0)?.as_mut()
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

    /// A server on the network itself, and a client with 10 ms between them.
    fn links() -> Links<()> {
        let mut links = Links::default();
        let server = links.add_without_link();
        assert_eq!(links.add(&mut Rng::from_number(1)), CLIENT);
        links.attach(addr("10.0.0.1:1"), server);
        links.attach(addr("10.0.1.1:1"), CLIENT);
        links.set_weather(CLIENT, &Spec::both(Faults { delay_us: 10_000, ..Faults::default() }));
        links
    }

    fn push(links: &mut Links<()>, way: Way) -> bool {
        let (server, client) = (addr("10.0.0.1:1"), addr("10.0.1.1:1"));
        let (from, to) = if way == Way::Up { (client, server) } else { (server, client) };
        links.push_on(at(0), CLIENT, way, Route { from, to, note: () }, b"hi")
    }

    #[test]
    fn a_datagram_takes_its_time_either_way() {
        let mut links = links();
        let mut bytes = Vec::new();
        assert!(push(&mut links, Way::Up) && push(&mut links, Way::Down));
        assert_eq!(links.deadline(CLIENT), Some(at(10)));
        assert_eq!(links.pop_off(at(9), CLIENT, &mut bytes), None);
        let arrived = [0; 2].map(|_| links.pop_off(at(10), CLIENT, &mut bytes).expect("it came"));
        assert_eq!(
            arrived.map(|(way, route)| (way, links.host(route.to))),
            [(Way::Up, Some(HostId(0))), (Way::Down, Some(CLIENT))]
        );
        assert_eq!((bytes.as_slice(), links.deadline(CLIENT)), (b"hi".as_slice(), None));
    }

    #[test]
    fn nothing_reaches_an_address_that_moved_away() {
        let mut links = links();
        let mut bytes = Vec::new();
        assert!(push(&mut links, Way::Down));
        links.detach(addr("10.0.1.1:1"));
        links.attach(addr("10.0.2.1:1"), CLIENT);
        let (_, under_way) = links.pop_off(at(10), CLIENT, &mut bytes).expect("it was under way");
        assert_eq!(links.host(under_way.to), None);
        assert_eq!(links.host(addr("10.0.2.1:1")), Some(CLIENT));
    }

    #[test]
    fn a_cut_is_for_one_direction_or_both() {
        let mut links = links();
        links.set_weather(CLIENT, &"down:delay=10ms".parse().expect("weather"));
        let clear = |links: &Links<()>| [Way::Up, Way::Down].map(|way| links.is_clear(CLIENT, way));
        assert_eq!(clear(&links), [true, false]);
        links.set_cut(CLIENT, Cut { up: true, down: false });
        assert_eq!(clear(&links), [false, false]);
        assert_eq!((push(&mut links, Way::Up), push(&mut links, Way::Down)), (false, true));
        assert!(!links.push_on(
            at(0),
            HostId(0),
            Way::Up,
            Route { from: addr("10.0.0.1:1"), to: addr("10.0.1.1:1"), note: () },
            b""
        ));
    }

    #[test]
    fn an_address_that_several_have_is_a_groups() {
        let mut links = links();
        let group = addr("239.0.0.1:9");
        [HostId(0), CLIENT, CLIENT].into_iter().for_each(|host| links.attach(group, host));
        assert_eq!((links.hosts(group), links.host(group)), ([HostId(0), CLIENT].as_slice(), None));
        links.detach(group);
        assert!(links.hosts(group).is_empty());
    }
}
