//! The server's host: its process, its disk, its addresses. The key and the disk outlive the process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::limits::CHAT_PORT;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;

use super::disk::Disk;
use super::machines::{Machines, ServerNode};
use super::plan::Plan;
use chinwag_server as server;
use chinwag_simnet::process::{Clock, Process};
use chinwag_store::StoreError;

/// The server, running or not.
pub(super) struct ServerHost {
    pub(super) process: Option<Process<ServerNode>>,
    pub(super) run_at: Option<Instant>,
    pub(super) disk: Disk,
    /// How often it was started.
    pub(super) boot: u32,
    /// It was told to stop and has not said that it has.
    pub(super) stopping: bool,
    pub(super) wall_zero_ms: u64,
    secret: [u8; 32],
    rng: Rng,
}

impl ServerHost {
    pub(super) fn new(plan: &Plan, machines: &dyn Machines, mut rng: Rng) -> Self {
        let medium = machines.medium(rng.bytes());
        Self {
            process: None,
            run_at: None,
            disk: Disk::new(medium, plan.pace, rng.fork("disk")),
            boot: 0,
            stopping: false,
            wall_zero_ms: 1_700_000_000_000 + rng.below(1_000_000_000),
            secret: rng.bytes(),
            rng,
        }
    }

    pub(super) fn key(&self) -> chinwag_proto::wire::id::PublicKey {
        KeyPair::from_secret(self.secret).public()
    }

    pub(super) fn start(&mut self, plan: &Plan, machines: &dyn Machines) -> Result<(), StoreError> {
        self.disk.open(self.rng.fork(&format!("store {}", self.boot)).bytes());
        let snapshot = self.disk.snapshot()?;
        let config = server::Config {
            name: String::from("sim"),
            join_key: plan.join_key,
            octets_per_s: Some(OCTETS_PER_S),
            catch_up_at_once: CATCH_UP_AT_ONCE,
            ..server::Config::default()
        };
        let node = machines.server(config, KeyPair::from_secret(self.secret), snapshot, self.rng.bytes());
        let mono_ahead_us = self.rng.below(1 << 40);
        let clock = Clock { mono_ahead_us, wall_zero_ms: self.wall_zero_ms, boot: 1, up_us: UP_US };
        self.boot += 1;
        self.process = Some(Process::new(node, plan.schedule, clock));
        Ok(())
    }

    pub(super) fn wipe(&mut self, machines: &dyn Machines) {
        let seed = self.rng.bytes();
        self.disk.wipe(machines.medium(seed));
    }
}

/// What an account may write in a second. A plan lets one that was away write more long texts than the usual budget has, and
/// all of it is to be there some seconds later: the budget is in use, and holds nobody up for longer than that.
const OCTETS_PER_S: u32 = 1 << 20;

/// Whoever comes back to more than this waits for it, a little.
const CATCH_UP_AT_ONCE: u64 = 4 << 10;

/// The server's host was up for a day when the run began.
const UP_US: u64 = 24 * 60 * 60 * 1_000_000;

/// The server's addresses, IPv4 first.
pub(super) const ADDRESSES: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), CHAT_PORT),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)), CHAT_PORT),
];

/// The address from which the server answers `to`, if it names none.
pub(super) fn address_towards(to: SocketAddr) -> SocketAddr {
    ADDRESSES[usize::from(to.is_ipv6())]
}
