//! Two endpoints with a session between them, on a network in virtual time: for the tests and benchmarks of the hot path.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::{Config, Endpoint, Event, KeyPair, SessionId, Sink, Target};
use chinwag_proto::link::{self, Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::weather::{Faults, Spec};
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{InstanceId, RoomId};
use chinwag_simnet::endpoint::EndpointNode;
use chinwag_simnet::links::HostId;
use chinwag_simnet::network::Network;
use chinwag_simnet::process::{Clock, Process, Schedule};

/// The room in which everything is said.
const ROOM: RoomId = RoomId(1);
const SERVER: HostId = HostId(0);
const CLIENT: HostId = HostId(1);

/// A server and a client. The server has a log of any length, all of whose entries say the same.
pub(crate) struct Pair {
    network: Network<EndpointNode<Log, Ears>>,
    head: u64,
}

/// What an end hears.
#[derive(Default)]
struct Ears {
    session: Option<SessionId>,
    messages: u64,
    contiguous_upto: u64,
}

struct Log(Vec<u8>);

impl Pair {
    /// Connects them.
    pub(crate) fn new(entry_len: usize) -> Self {
        let mut rng = Rng::from_number(7);
        let identity = KeyPair::from_secret(rng.bytes());
        let pin = Some(identity.public());
        let mut pair = Self { network: Network::new(7), head: 0 };
        pair.start(Role::Server, identity, entry_len, &mut rng);
        pair.start(Role::Client, KeyPair::from_secret([9; 32]), entry_len, &mut rng);
        let target = Target { addrs: vec![pair.network.addr(SERVER)], pin, join_key: None, enrolled: false };
        pair.network.command(CLIENT, target);
        pair.run_until(|pair| [SERVER, CLIENT].iter().all(|end| pair.ears(*end).session.is_some()));
        pair.link().open(ROOM, 0).expect("there is room for one room");
        pair
    }

    fn start(&mut self, role: Role, identity: KeyPair, entry_len: usize, rng: &mut Rng) {
        let config = Config {
            role,
            instance: InstanceId(rng.u64()),
            join_key: None,
            ping_interval: Duration::from_secs(3),
            ack_delay: Duration::ZERO,
            speculative: true,
            messages_per_s: None,
            sessions_max: 4,
        };
        let endpoint = Endpoint::new(config, identity, rng.fork("endpoint"));
        let port = match role {
            Role::Server => 1,
            Role::Client => 2,
        };
        let host = self.network.add(SocketAddr::from(([127, 0, 0, 1], port)));
        // A datagram takes its time on the client's link.
        if role == Role::Client {
            self.network.set_weather(host, &Spec::both(Faults { delay_us: 100, ..Faults::default() }));
        }
        let peer = EndpointNode { endpoint, source: Log(vec![b'x'; entry_len]), sink: Ears::default() };
        let clock = Clock { mono_ahead_us: 1_000_000, ..Clock::default() };
        self.network.start_process(host, Process::new(Box::new(peer), Schedule::AT_ONCE, clock));
    }

    /// So many more entries are in the server's log; runs until the client has them all.
    pub(crate) fn say(&mut self, entries: u64) {
        self.head += entries;
        let head = self.head;
        self.link().advance(ROOM, head);
        self.run_until(|pair| pair.ears(CLIENT).contiguous_upto >= head);
    }

    /// Messages that the client was handed.
    pub(crate) fn messages(&self) -> u64 {
        self.ears(CLIENT).messages
    }

    /// Datagrams that the server sent for them.
    pub(crate) fn datagrams(&self) -> u64 {
        self.stats().datagrams_sent
    }

    /// Copies that the server sent because something seemed lost.
    pub(crate) fn retransmitted(&self) -> u64 {
        self.stats().retransmitted
    }

    fn run_until(&mut self, holds: impl Fn(&Self) -> bool) {
        let end = self.network.now() + Duration::from_secs(60);
        while !holds(self) {
            assert!(self.network.step() && self.network.now() < end, "stuck at {}", self.network.now());
        }
    }

    fn ears(&self, end: HostId) -> &Ears {
        &self.network.node(end).expect("it runs").sink
    }

    fn stats(&self) -> link::Stats {
        let server = self.network.node(SERVER).expect("it runs");
        server.endpoint.session(server.sink.session.expect("stands")).expect("stands").link
    }

    fn link(&mut self) -> &mut link::Link {
        let server = self.network.node_mut(SERVER).expect("it runs");
        server.endpoint.link(server.sink.session.expect("stands")).expect("stands")
    }
}

impl Sink for Ears {
    fn event(&mut self, event: Event<'_>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else matters here")]
        match event {
            Event::Established { session, .. } => self.session = Some(session),
            Event::Link { event: link::Event::Message { channel: Channel::Room(_), contiguous_upto, .. }, .. } => {
                self.messages += 1;
                self.contiguous_upto = contiguous_upto;
            }
            _ => {}
        }
    }
}

impl Source for Log {
    fn entry(&mut self, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Ready(&self.0)
    }
}
