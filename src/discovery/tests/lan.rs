//! A subnet in virtual time: every machine has one address, groups and broadcast reach all, unicast its addressee.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::datagram::{BeaconFlags, BeaconRoom, Kind, Query};
use chinwag_proto::wire::id::PublicKey;

use crate::{Command, Discovery, Facts, Notice};
use chinwag_node::interface::Interface;
use chinwag_node::{Input, Node as _, Output};

/// From the discovery port, and from the port that queries leave by.
const QUERY_PORT: u16 = 40_000;

/// The subnet.
pub(super) struct Lan {
    pub(super) now: Instant,
    pub(super) hosts: Vec<Host>,
    wire: BinaryHeap<Reverse<(Instant, u64)>>,
    flying: BTreeMap<u64, Flying>,
    sent: u64,
    rng: Rng,
    /// Groups are filtered: only broadcast and unicast get through.
    pub(super) filters_multicast: bool,
    /// Chance that a datagram is lost.
    pub(super) loss: f64,
    /// That of the last query.
    pub(super) last_nonce: Option<[u8; 16]>,
    /// Datagrams that were sent, by kind.
    pub(super) kinds: BTreeMap<&'static str, u64>,
}

/// A machine on it.
pub(super) struct Host {
    pub(super) discovery: Discovery,
    addr: Ipv4Addr,
    wait: Option<Instant>,
    pub(super) notices: Vec<(Instant, Notice)>,
}

struct Flying {
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl Lan {
    pub(super) fn new(hosts: u8, seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let host = |n: u8| Host {
            discovery: Discovery::new(rng.bytes()),
            addr: Ipv4Addr::new(10, 0, 0, n + 1),
            wait: None,
            notices: Vec::new(),
        };
        let hosts: Vec<_> = (0..hosts).map(host).collect();
        let mut lan = Self {
            now: Instant::from_micros(1_000_000),
            hosts,
            wire: BinaryHeap::new(),
            flying: BTreeMap::new(),
            sent: 0,
            rng: Rng::from_number(seed ^ 1),
            filters_multicast: false,
            loss: 0.0,
            last_nonce: None,
            kinds: BTreeMap::new(),
        };
        for n in 0..lan.hosts.len() {
            let interface = lan.interface(n);
            lan.command(n, Command::Interfaces(vec![interface]));
        }
        lan
    }

    pub(super) fn interface(&self, host: usize) -> Interface {
        let addr = IpAddr::V4(self.hosts[host].addr);
        Interface { index: 1, addr, prefix_len: 24, broadcast: Some(Ipv4Addr::new(10, 0, 0, 255)) }
    }

    pub(super) fn command(&mut self, host: usize, command: Command) {
        let now = self.at();
        self.hosts[host].discovery.handle(now, Input::Command(command));
        self.drain(host);
    }

    /// Lets a stranger's datagram arrive at a host's discovery port.
    pub(super) fn inject(&mut self, host: usize, from: SocketAddr, bytes: &[u8]) {
        let now = self.at();
        let bytes = &mut bytes.to_vec();
        self.hosts[host].discovery.handle(now, Input::Datagram { from, local: None, bytes });
        self.drain(host);
    }

    pub(super) fn seed(&mut self) -> [u8; 32] {
        self.rng.bytes()
    }

    /// Runs until that time after now.
    pub(super) fn run_ms(&mut self, ms: u64) {
        let end = self.now.plus_micros(ms * 1_000);
        while let Some(at) = self.next().filter(|at| *at <= end) {
            self.now = at;
            self.happen();
        }
        self.now = end;
    }

    /// When something happens next.
    pub(super) fn next(&self) -> Option<Instant> {
        let arrival = self.wire.peek().map(|Reverse((at, _))| *at);
        self.hosts.iter().filter_map(|host| host.wait).chain(arrival).min().map(|at| at.max(self.now))
    }

    /// Lets everything happen that is due.
    pub(super) fn happen(&mut self) {
        while let Some(Reverse((_, id))) = self.wire.peek().filter(|Reverse((at, _))| *at <= self.now).copied() {
            self.wire.pop();
            let Flying { from, to, bytes } = self.flying.remove(&id).expect("it flies");
            for host in 0..self.hosts.len() {
                let is_for_it = match to.ip() {
                    IpAddr::V4(v4) if v4 == DISCOVERY_GROUP_V4 => !self.filters_multicast,
                    IpAddr::V4(v4) => v4.octets()[3] == 255 || v4 == self.hosts[host].addr,
                    IpAddr::V6(_) => false,
                };
                if is_for_it && !self.rng.chance(self.loss) {
                    self.inject(host, from, &bytes);
                }
            }
        }
        for host in 0..self.hosts.len() {
            if self.hosts[host].wait.is_some_and(|at| at <= self.now) {
                let now = self.at();
                self.hosts[host].discovery.handle(now, Input::Timeout);
                self.drain(host);
            }
        }
    }

    /// Servers that a host was told of and that are not gone.
    pub(super) fn found(&self, host: usize) -> BTreeMap<PublicKey, crate::Found> {
        let mut found = BTreeMap::new();
        for (_, notice) in &self.hosts[host].notices {
            match notice {
                Notice::Found(server) => drop(found.insert(*server.key(), (**server).clone())),
                Notice::Gone(key) => drop(found.remove(key)),
                Notice::Asked | Notice::Twin(_) | Notice::Stopped => {}
            }
        }
        found
    }

    fn at(&self) -> Now {
        Now { mono: self.now, wall: WallTime::from_unix_millis(1_700_000_000_000), ..Now::default() }
    }

    fn drain(&mut self, host: usize) {
        let mut buf = [0; DATAGRAM_MAX_LEN];
        loop {
            let now = self.at();
            match self.hosts[host].discovery.poll(now, &mut buf) {
                Output::Transmit(transmit) => {
                    let port = if transmit.from.is_some() { QUERY_PORT } else { DISCOVERY_PORT };
                    let from = SocketAddr::new(self.hosts[host].addr.into(), port);
                    let bytes = buf[..transmit.len].to_vec();
                    let kind = match Kind::of(&bytes) {
                        Ok(Kind::Query) => {
                            self.last_nonce = Query::decode(&bytes).ok().map(|query| query.nonce);
                            "Query"
                        }
                        Ok(Kind::Beacon) => "Beacon",
                        other => panic!("{other:?} is not discovery"),
                    };
                    *self.kinds.entry(kind).or_default() += 1;
                    let at = self.now.plus_micros(300 + self.rng.below(400));
                    self.wire.push(Reverse((at, self.sent)));
                    self.flying.insert(self.sent, Flying { from, to: transmit.to, bytes });
                    self.sent += 1;
                }
                Output::Job(never) => match never {},
                Output::Notice(notice) => {
                    let at = self.now;
                    self.hosts[host].notices.push((at, notice));
                }
                Output::Wait(deadline) => {
                    self.hosts[host].wait = deadline;
                    return;
                }
            }
        }
    }
}

/// What a server with that number says of itself.
pub(super) fn facts(n: u8) -> Facts {
    Facts {
        key: PublicKey([n; 32]),
        name: format!("server {n}"),
        port: 24_469,
        addr: None,
        flags: BeaconFlags::default(),
        online: 1,
        rooms_in_all: 1,
        rooms: vec![BeaconRoom::new("lobby", "everything", 1)],
    }
}
