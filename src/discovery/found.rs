//! A server that was found, as beacons told of it. Hints, all of it: the handshake proves the key, and nothing else is proved.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::{Beacon, BeaconHead, BeaconRoom};
use chinwag_proto::wire::id::PublicKey;

use super::limits::{ADDRS_MAX, PAGE_FRESH};

/// What is known of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What its last beacon said.
    pub head: BeaconHead,
    /// What it is called. Of remote origin: not to be shown as it is.
    pub name: String,
    /// Where to call it, the best first.
    pub addrs: Vec<SocketAddr>,
    /// The server's public rooms, as far as they are known, those with the most people first.
    pub rooms: Vec<BeaconRoom>,
    /// Two answer in turn with this key: a copy of the server runs beside it, or somebody forges it.
    pub has_twin: bool,
}

impl Found {
    /// The server's key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.head.server
    }

    /// Whether it has answered a query, and not only spoken by itself.
    #[must_use]
    pub const fn has_answered(&self) -> bool {
        self.head.pages > 0
    }
}

/// What a seeker keeps of a server.
pub(super) struct Record {
    found: Found,
    pages: BTreeMap<u16, (Instant, Vec<BeaconRoom>)>,
    heard_at: Instant,
    /// Earlier starts of it. One that is heard again has not ended.
    earlier: VecDeque<[u8; 8]>,
}

/// So many earlier starts of a server are known.
const EARLIER_MAX: usize = 4;

impl Record {
    pub(super) fn new(now: Instant, from: SocketAddr, beacon: Beacon) -> Self {
        let found =
            Found { head: beacon.head, name: String::new(), addrs: Vec::new(), rooms: Vec::new(), has_twin: false };
        let mut record = Self { found, pages: BTreeMap::new(), heard_at: now, earlier: VecDeque::new() };
        record.hear(now, from, beacon);
        record
    }

    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    /// Whether it has answered a query, and not only spoken by itself.
    pub(super) fn has_answered(&self) -> bool {
        self.found.has_answered()
    }

    pub(super) fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Takes a beacon. Whether it says something new.
    pub(super) fn hear(&mut self, now: Instant, from: SocketAddr, beacon: Beacon) -> bool {
        let before = self.found.clone();
        let Beacon { head, name, rooms } = beacon;
        self.heard_at = now;
        self.add(called_at(from, &head));
        if head.boot != self.found.head.boot {
            self.found.has_twin |= self.earlier.contains(&head.boot);
            self.earlier.push_back(self.found.head.boot);
            if self.earlier.len() > EARLIER_MAX {
                self.earlier.pop_front();
            }
        }
        let found = &mut self.found;
        (found.head, found.name) = (BeaconHead { nonce: [0; 16], page: 0, ..head }, name);
        if head.pages == 0 {
            // Nobody asked: it says nothing of rooms.
            found.head.pages = before.head.pages;
        } else {
            self.pages.retain(|page, _| *page < head.pages);
            if head.page < head.pages {
                self.pages.insert(head.page, (now, rooms));
            }
            found.rooms = self.pages.values().flat_map(|(_, rooms)| rooms).cloned().collect();
        }
        self.found != before
    }

    /// The first page that is missing; if none is, the first that is old.
    pub(super) fn wanted_page(&self, now: Instant) -> Option<u16> {
        let all = 0..self.found.head.pages;
        let is_old = |page: &u16| self.pages.get(page).is_none_or(|(at, _)| now.since(*at) >= PAGE_FRESH);
        all.clone().find(|page| !self.pages.contains_key(page)).or_else(|| all.clone().find(is_old))
    }

    fn add(&mut self, addr: SocketAddr) {
        let addrs = &mut self.found.addrs;
        if addrs.contains(&addr) {
            return;
        }
        if addrs.len() >= ADDRS_MAX {
            addrs.pop();
        }
        let at = addrs.partition_point(|known| rank(known) <= rank(&addr));
        addrs.insert(at, addr);
    }
}

/// Where the server of a beacon is to be called. A link-local address that it names is on the link of the beacon.
fn called_at(from: SocketAddr, head: &BeaconHead) -> SocketAddr {
    match (head.addr(), from) {
        (None, mut from) => {
            from.set_port(head.port);
            from
        }
        (Some(IpAddr::V6(v6)), SocketAddr::V6(mut from)) if v6.is_unicast_link_local() => {
            from.set_ip(v6);
            from.set_port(head.port);
            from.into()
        }
        (Some(addr), _) => SocketAddr::new(addr, head.port),
    }
}

/// What people can type on other machines comes first, what works only here comes last.
fn rank(addr: &SocketAddr) -> u8 {
    match addr.ip() {
        ip if ip.is_loopback() => 3,
        IpAddr::V4(_) => 0,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => 2,
        IpAddr::V6(_) => 1,
    }
}
