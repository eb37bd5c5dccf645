//! A subnet in virtual time: every machine has one address, groups and broadcast reach all, unicast its addressee.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use chinwag_node::interface::Interface;
use chinwag_proto::limits::{DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Faults, Spec};
use chinwag_proto::wire::datagram::{BeaconFlags, BeaconRoom, Kind, Query};
use chinwag_proto::wire::id::PublicKey;
use chinwag_simnet::links::HostId;
use chinwag_simnet::network::Network;
use chinwag_simnet::process::Effect;

use crate::{Advertisement, Command, Discovery, Notice};

/// The port that queries leave by; beacons leave by the port of discovery.
const QUERY_PORT: u16 = 40_000;
const BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 255);

/// The subnet.
pub(super) struct Lan {
    network: Network<Discovery>,
    /// What each host was told.
    pub(super) notices: Vec<Vec<(Instant, Notice)>>,
    rng: Rng,
    /// That of the last query.
    pub(super) last_nonce: Option<[u8; 16]>,
    /// Datagrams that were sent, by kind.
    pub(super) kinds: BTreeMap<&'static str, u64>,
}

impl Lan {
    pub(super) fn new(hosts: u8, seed: u64) -> Self {
        let mut network = Network::new(seed ^ 1);
        network.tell_datagrams();
        network.set_source(|addr, local| {
            SocketAddr::new(addr.ip(), if local.is_some() { QUERY_PORT } else { DISCOVERY_PORT })
        });
        let nothing = network.next(Instant::from_micros(1_000_000));
        assert!(nothing.is_none(), "nobody is there");
        let notices = vec![Vec::new(); usize::from(hosts)];
        let mut lan = Self { network, notices, rng: Rng::from_number(seed), last_nonce: None, kinds: BTreeMap::new() };
        for n in 0..hosts {
            let addr = |port| SocketAddr::from((Ipv4Addr::new(10, 0, 0, n + 1), port));
            let host = lan.network.add(addr(DISCOVERY_PORT));
            lan.network.attach(host, addr(QUERY_PORT));
            for group in [DISCOVERY_GROUP_V4, BROADCAST] {
                lan.network.attach(host, SocketAddr::from((group, DISCOVERY_PORT)));
            }
            lan.network.start(host, Box::new(Discovery::new(lan.rng.bytes())));
            lan.command(host.0, Command::Interfaces(vec![lan.interface(host.0)]));
        }
        lan.lose(0.0);
        lan
    }

    pub(super) fn interface(&self, host: usize) -> Interface {
        let addr = self.network.addr(HostId(host)).ip();
        Interface { index: 1, addr, prefix_len: 24, broadcast: Some(BROADCAST) }
    }

    /// A datagram is lost with this probability, on its way to each.
    pub(super) fn lose(&mut self, loss: f64) {
        let up = Faults { delay_us: 500, jitter_us: 200, ..Faults::default() };
        let spec = Spec { up, down: Faults { loss, ..Faults::default() }, seed: None };
        (0..self.notices.len()).for_each(|host| self.network.set_weather(HostId(host), &spec));
    }

    /// Groups are filtered: only broadcast and unicast get through.
    pub(super) fn filter_multicast(&mut self) {
        self.network.detach(SocketAddr::from((DISCOVERY_GROUP_V4, DISCOVERY_PORT)));
    }

    pub(super) fn command(&mut self, host: usize, command: Command) {
        self.network.command(HostId(host), command);
        self.run_until(self.now());
    }

    /// Lets a stranger's datagram arrive at a host's discovery port.
    pub(super) fn inject(&mut self, host: usize, from: SocketAddr, bytes: &[u8]) {
        self.network.inject(HostId(host), from, bytes);
        self.run_until(self.now());
    }

    /// The machine of a host.
    pub(super) fn discovery(&self, host: usize) -> &Discovery {
        self.network.node(HostId(host)).expect("it runs")
    }

    pub(super) fn seed(&mut self) -> [u8; 32] {
        self.rng.bytes()
    }

    pub(super) fn now(&self) -> Instant {
        self.network.now()
    }

    /// Runs until that time after now.
    pub(super) fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now().plus_micros(ms * 1_000));
    }

    pub(super) fn run_until(&mut self, until: Instant) {
        while let Some((HostId(host), effect)) = self.network.next(until) {
            match effect {
                Effect::Send { bytes, .. } => self.sends(&bytes),
                Effect::Notice(notice) => self.notices[host].push((self.network.now(), notice)),
                Effect::Job(never) => match never {},
            }
        }
    }

    /// When something happens next.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.network.deadline()
    }

    fn sends(&mut self, bytes: &[u8]) {
        let kind = match Kind::of(bytes) {
            Ok(Kind::Query) => {
                self.last_nonce = Query::decode(bytes).ok().map(|query| query.nonce);
                "Query"
            }
            Ok(Kind::Beacon) => "Beacon",
            other => panic!("{other:?} is not discovery"),
        };
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// Servers that a host was told of and that are not gone.
    pub(super) fn found(&self, host: usize) -> BTreeMap<PublicKey, crate::Found> {
        let mut found = BTreeMap::new();
        for (_, notice) in &self.notices[host] {
            match notice {
                Notice::Found(server) => drop(found.insert(*server.key(), (**server).clone())),
                Notice::Gone(key) => drop(found.remove(key)),
                Notice::Asked | Notice::Twin(_) | Notice::Stopped => {}
            }
        }
        found
    }
}

/// What a server with that number says of itself.
pub(super) fn advertisement(n: u8) -> Advertisement {
    Advertisement {
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
