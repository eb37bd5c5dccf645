//! A server and the members of one room on a network in virtual time: for tests and benchmarks of what a room costs.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag::client_core::{self as client, Client, Saved, Start};
use chinwag::server::{self, Server};
use chinwag::store::Store;
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;
use chinwag_proto::weather::{Faults, Spec};
use chinwag_simnet::either::Either;
use chinwag_simnet::links::HostId;
use chinwag_simnet::network::Network;
use chinwag_simnet::process::{Clock, Effect, Process, Schedule};

/// The room in which everything is said.
pub(crate) const ROOM: &str = "#lobby";
/// How long a datagram takes, in µs.
const FLIGHT_US: u64 = 100;
const SERVER: HostId = HostId(0);

/// A server with its store, and members that have joined.
pub(crate) struct Room<S> {
    pub(crate) network: Network<Either<Server, Client>>,
    store: S,
    pub(crate) members: Vec<Member>,
    said: u64,
    /// Entries that members were handed, in all.
    pub(crate) delivered: u64,
}

/// What a member has seen.
#[derive(Clone, Copy, Default)]
pub(crate) struct Member {
    is_joined: bool,
    /// It has everything up to here.
    pub(crate) upto: u64,
}

impl<S: Store> Room<S> {
    pub(crate) fn new(mut store: S, config: server::Config, members: u8) -> Self {
        let mut rng = Rng::from_number(1);
        let identity = KeyPair::from_secret(rng.bytes());
        let target = Target { addrs: vec![addr(0)], pin: Some(identity.public()), join_key: None, enrolled: false };
        let snapshot = store.snapshot().expect("a store can be read");
        let server = Server::new(config, identity, snapshot, rng.bytes());
        let members_seen = vec![Member::default(); usize::from(members)];
        let mut room = Self { network: Network::new(1), store, members: members_seen, said: 0, delivered: 0 };
        room.start(addr(0), Either::A(server));
        for n in 1..=members {
            let client =
                Client::new(client::Config::new(format!("member{n}")), KeyPair::from_secret(rng.bytes()), rng.bytes());
            let host = room.start(addr(n), Either::B(client));
            let delay = Spec::both(Faults { delay_us: FLIGHT_US, ..Faults::default() });
            room.network.set_weather(host, &delay);
            room.network.command(host, Either::B(client::Command::Connect(target.clone())));
            let join = client::Command::join(ROOM.to_owned(), Start::Recent(0));
            room.network.command(host, Either::B(join));
        }
        room.run_until(|room| room.members.iter().all(|member| member.is_joined));
        room
    }

    fn start(&mut self, addr: SocketAddr, node: Either<Server, Client>) -> HostId {
        let host = self.network.add(addr);
        let clock = Clock { mono_ahead_us: 1_000_000, wall_zero_ms: 1_700_000_000_000, ..Clock::default() };
        self.network.start_process(host, Process::new(Box::new(node), Schedule::AT_ONCE, clock));
        host
    }

    /// A member says something.
    pub(crate) fn say(&mut self, member: usize, text: String) {
        self.said += 1;
        self.command(member, client::Command::say(self.said, ROOM.to_owned(), text));
    }

    /// A member's user asks for something.
    pub(crate) fn command(&mut self, member: usize, command: client::Command) {
        self.network.command(host(member), Either::B(command));
    }

    /// What has been said.
    pub(crate) fn said(&self) -> u64 {
        self.said
    }

    /// Lets time pass until that holds.
    pub(crate) fn run_until(&mut self, holds: impl Fn(&Self) -> bool) {
        let end = self.network.now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(self.network.now() < end, "stuck");
            self.step();
        }
    }

    /// Lets what is next happen, with all that happens in that moment.
    pub(crate) fn step(&mut self) {
        let until = self.network.deadline().expect("somebody always waits for something");
        while let Some((host, effect)) = self.network.next(until) {
            match effect {
                Effect::Job(Either::A(server::Job::Store(job))) => {
                    let done = job.run(&mut self.store);
                    self.network.done(host, 0, Either::A(done));
                }
                Effect::Job(Either::A(server::Job::Hash(..) | server::Job::Ask(..))) => panic!("nobody has a password"),
                Effect::Job(Either::B(_)) => self.network.done(host, 0, Either::B(Saved::Kept)),
                Effect::Notice(Either::B(notice)) => {
                    self.delivered += u64::from(matches!(notice, client::Notice::Entry { .. }));
                    self.members[host.0 - 1].hears(&notice);
                }
                Effect::Notice(Either::A(_)) | Effect::Send { .. } => {}
            }
        }
    }
}

impl Member {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else matters here")]
    fn hears(&mut self, notice: &client::Notice) {
        match notice {
            client::Notice::Joined { .. } => self.is_joined = true,
            client::Notice::Entry { contiguous_upto, .. } => {
                self.upto = contiguous_upto.0;
            }
            _ => {}
        }
    }
}

/// The host of a member.
pub(crate) fn host(member: usize) -> HostId {
    HostId(SERVER.0 + 1 + member)
}

fn addr(host: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + host], 1))
}
