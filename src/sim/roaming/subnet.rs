//! The subnet: discovery on every host, datagrams to a group or to one, and who is apart from whom.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chinwag_discovery::Discovery;
use chinwag_node::interface::Interface;
use chinwag_proto::limits::{DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;

use chinwag_simnet::process::{Clock, Process, Schedule};

/// The port that queries leave by.
const QUERY_PORT: u16 = 40_000;

/// Hosts on one network.
pub(super) struct Subnet {
    pub(super) scouts: Vec<Scout>,
    /// Those that are apart from the others.
    apart: Vec<bool>,
    loss: f64,
    rng: Rng,
}

/// The discovery of a host.
pub(super) struct Scout {
    pub(super) process: Process<Discovery>,
    pub(super) run_at: Option<Instant>,
}

impl Subnet {
    pub(super) fn new(hosts: usize, loss: f64, mut rng: Rng) -> Self {
        let scouts = (0..hosts).map(|host| Scout::new(host, rng.bytes())).collect();
        Self { scouts, apart: vec![false; hosts], loss, rng }
    }

    /// The discovery of a host is another one, which knows of nothing.
    pub(super) fn renew(&mut self, host: usize) {
        let run_at = self.scouts[host].run_at;
        self.scouts[host] = Scout { run_at, ..Scout::new(host, self.rng.bytes()) };
    }

    pub(super) fn part(&mut self, apart: &[usize]) {
        self.apart.iter_mut().enumerate().for_each(|(host, is_apart)| *is_apart = apart.contains(&host));
    }

    /// Whether a datagram gets from one to the other.
    pub(super) fn reaches(&self, one: usize, other: usize) -> bool {
        self.apart[one] == self.apart[other]
    }

    /// Who gets a datagram, and when.
    pub(super) fn send(&mut self, now: Instant, from: usize, to: SocketAddr) -> Vec<(Instant, usize)> {
        let mut arrivals = Vec::new();
        for host in 0..self.scouts.len() {
            let is_for_it = match to.ip() {
                IpAddr::V4(v4) => v4 == DISCOVERY_GROUP_V4 || v4.octets()[3] == 255 || IpAddr::V4(v4) == addr(host),
                IpAddr::V6(_) => false,
            };
            if is_for_it && self.reaches(from, host) && !self.rng.chance(self.loss) {
                arrivals.push((now.plus_micros(300 + self.rng.below(400)), host));
            }
        }
        arrivals
    }
}

impl Scout {
    fn new(host: usize, seed: [u8; 32]) -> Self {
        let mut process = Process::new(Box::new(Discovery::new(seed)), Schedule::default(), Clock::default());
        let broadcast = Some(Ipv4Addr::new(10, 0, 0, 255));
        let interface = Interface { index: 1, addr: addr(host), prefix_len: 24, broadcast };
        process.command(chinwag_discovery::Command::Interfaces(vec![interface]));
        Self { process, run_at: None }
    }
}

/// The address of a host.
pub(super) fn addr(host: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, u8::try_from(host + 1).expect("few")))
}

/// Where what a host sends comes from.
pub(super) fn source(host: usize, is_by_interface: bool) -> SocketAddr {
    SocketAddr::new(addr(host), if is_by_interface { QUERY_PORT } else { DISCOVERY_PORT })
}
