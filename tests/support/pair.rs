//! Two endpoints with a session between them, in memory and in virtual time: for the tests and benchmarks of the hot path.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::{Config, Endpoint, Event, KeyPair, SessionId, Sink, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::link::{self, Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{InstanceId, RoomId};

/// The room in which everything is said.
pub(crate) const ROOM: RoomId = RoomId(1);
/// How long a datagram takes.
const FLIGHT: Duration = Duration::from_micros(100);

/// A server and a client. The server has a log of any length, all of whose entries say the same.
pub(crate) struct Pair {
    now: Instant,
    server: End,
    client: End,
    log: Log,
    head: u64,
    /// Datagrams carried, both ways.
    pub(crate) datagrams: u64,
    buffer: Box<[u8; DATAGRAM_MAX_LEN]>,
}

struct End {
    endpoint: Endpoint,
    addr: SocketAddr,
    ears: Ears,
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
        let end = |role, identity, port, rng: &mut Rng| End {
            endpoint: Endpoint::new(
                Config {
                    role,
                    instance: InstanceId(rng.u64()),
                    join_key: None,
                    ping_interval: Duration::from_secs(3),
                    ack_delay: Duration::ZERO,
                    speculative: true,
                    messages_per_s: None,
                    sessions_max: 4,
                },
                identity,
                rng.fork("endpoint"),
            ),
            addr: SocketAddr::from(([127, 0, 0, 1], port)),
            ears: Ears::default(),
        };
        let server = end(Role::Server, identity, 1, &mut rng);
        let mut client = end(Role::Client, KeyPair::from_secret([9; 32]), 2, &mut rng);
        let now = Instant::from_micros(1_000_000);
        client.endpoint.connect(now, Target { addrs: vec![server.addr], pin, join_key: None, enrolled: false });
        let log = Log(vec![b'x'; entry_len]);
        let mut pair =
            Self { now, server, client, log, head: 0, datagrams: 0, buffer: Box::new([0; DATAGRAM_MAX_LEN]) };
        pair.run_until(|pair| pair.server.ears.session.is_some() && pair.client.ears.session.is_some());
        let link = pair.server.link();
        link.open(ROOM, 0).expect("there is room for one room");
        pair
    }

    /// So many more entries are in the server's log; runs until the client has them all.
    pub(crate) fn say(&mut self, entries: u64) {
        self.head += entries;
        let head = self.head;
        self.server.link().advance(ROOM, head);
        self.run_until(|pair| pair.client.ears.contiguous_upto >= head);
    }

    /// Messages that the client was handed.
    pub(crate) fn messages(&self) -> u64 {
        self.client.ears.messages
    }

    /// Copies that the server sent because something seemed lost.
    pub(crate) fn retransmitted(&self) -> u64 {
        let session = self.server.ears.session.expect("stands");
        self.server.endpoint.session(session).expect("stands").link.retransmitted
    }

    fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !done(self) {
            self.carry();
            assert!(self.now < end, "stuck at {}", self.now);
        }
    }

    /// Carries what is there to be carried; sleeps until the next deadline where nothing is.
    fn carry(&mut self) {
        let before = self.datagrams;
        for _ in 0..2 {
            let Self { now, server, client, log, datagrams, buffer, .. } = self;
            while let Some(sent) = server.endpoint.poll(*now, log, &mut buffer[..], &mut server.ears) {
                *datagrams += 1;
                let taken =
                    client.endpoint.datagram(*now, server.addr, None, &mut buffer[..sent.len], &mut client.ears);
                assert_eq!(taken, Ok(()));
            }
            std::mem::swap(server, client);
        }
        self.now += FLIGHT;
        if self.datagrams == before
            && let Some(deadline) = self.server.endpoint.deadline().min(self.client.endpoint.deadline())
        {
            self.now = self.now.max(deadline);
        }
        for end in [&mut self.server, &mut self.client] {
            if end.endpoint.deadline().is_some_and(|deadline| deadline <= self.now) {
                end.endpoint.timeout(self.now, &mut end.ears);
            }
        }
    }
}

impl End {
    fn link(&mut self) -> &mut link::Link {
        let session = self.ears.session.expect("stands");
        self.endpoint.link(session).expect("stands")
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
