//! Transcripts of two endpoints: how a session comes to be, and how it survives a server that was started again.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::dump::{self, Way};
use chinwag_proto::endpoint::{Config, Endpoint, Event, KeyPair, SessionId, Sink, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::link::{Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{InstanceId, RoomId};

/// One way.
const DELAY_US: u64 = 1_000;

/// A client that knows the server's key comes in.
pub(crate) fn first_contact() -> String {
    let mut street = Street::new();
    street.connect();
    street.run(20_000);
    street.lines
}

/// The server is started again and knows nothing; the client asks whether it is there.
pub(crate) fn restart() -> String {
    let mut street = Street::new();
    street.connect();
    street.run(20_000);
    street.lines.clear();
    street.server = server(2);
    let session = street.session.expect("a session stands");
    street.client.link(session).expect("a session stands").ping();
    street.run(20_000);
    street.lines
}

struct Street {
    now: Instant,
    client: Endpoint,
    server: Endpoint,
    air: VecDeque<(Instant, Way, Vec<u8>)>,
    session: Option<SessionId>,
    lines: String,
}

fn addr(way: Way) -> SocketAddr {
    match way {
        Way::Up => SocketAddr::from(([192, 0, 2, 1], 40_000)),
        Way::Down => SocketAddr::from(([192, 0, 2, 2], 24_469)),
    }
}

fn identity(number: u64) -> KeyPair {
    KeyPair::generate(&mut Rng::from_number(number))
}

fn endpoint(role: Role, key: u64, start: u64) -> Endpoint {
    let config = Config {
        role,
        instance: InstanceId(start),
        join_key: None,
        ping_interval: Duration::from_secs(3),
        ack_delay: Duration::ZERO,
        speculative: true,
        messages_per_s: None,
        sessions_max: 10,
    };
    Endpoint::new(config, identity(key), Rng::from_number(start))
}

/// The server in its n-th start.
fn server(start: u64) -> Endpoint {
    endpoint(Role::Server, 1, start)
}

impl Street {
    fn new() -> Self {
        Self {
            now: Instant::EPOCH,
            client: endpoint(Role::Client, 2, 100),
            server: server(1),
            air: VecDeque::new(),
            session: None,
            lines: String::new(),
        }
    }

    fn connect(&mut self) {
        let target =
            Target { addrs: vec![addr(Way::Down)], pin: Some(identity(1).public()), join_key: None, enrolled: false };
        self.client.connect(self.now, target);
    }

    fn run(&mut self, us: u64) {
        let until = self.now.plus_micros(us);
        self.turn(false);
        while let Some(at) = self.next().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.turn(true);
        }
        self.now = until;
    }

    fn next(&self) -> Option<Instant> {
        let arrival = self.air.front().map(|flight| flight.0);
        [arrival, self.client.deadline(), self.server.deadline()].into_iter().flatten().min()
    }

    /// Everything that happens at this moment.
    fn turn(&mut self, timers: bool) {
        let mut told = Told { now: self.now, who: 'c', session: None, lines: String::new() };
        while self.air.front().is_some_and(|flight| flight.0 <= self.now) {
            let Some((_, way, mut datagram)) = self.air.pop_front() else { break };
            let (end, from) = match way {
                Way::Up => (&mut self.server, addr(Way::Up)),
                Way::Down => (&mut self.client, addr(Way::Down)),
            };
            told.who = if way == Way::Up { 's' } else { 'c' };
            // What is dropped shows by what does not follow.
            let _ = end.datagram(self.now, from, None, &mut datagram, &mut told);
        }
        for way in [Way::Up, Way::Down] {
            let end = if way == Way::Up { &mut self.client } else { &mut self.server };
            told.who = if way == Way::Up { 'c' } else { 's' };
            if timers && end.deadline().is_some_and(|at| at <= self.now) {
                end.timeout(self.now, &mut told);
            }
            let mut out = [0; DATAGRAM_MAX_LEN];
            while let Some(transmit) = end.poll(self.now, &mut Nothing, &mut out, &mut told) {
                let datagram = &out[..transmit.len];
                writeln!(told.lines, "{}", dump::datagram(self.now, way, datagram)).expect("a string takes all");
                self.air.push_back((self.now.plus_micros(DELAY_US), way, datagram.to_vec()));
            }
        }
        self.session = told.session.or(self.session);
        self.lines.push_str(&told.lines);
    }
}

/// What the two ends tell, among their datagrams.
struct Told {
    now: Instant,
    who: char,
    session: Option<SessionId>,
    lines: String,
}

impl Sink for Told {
    fn event(&mut self, event: Event<'_>) {
        let what = match event {
            Event::Established { session, .. } => {
                if self.who == 'c' {
                    self.session = Some(session);
                }
                "a session stands".to_string()
            }
            Event::Ended { why, .. } => format!("a session is over: {why:?}"),
            Event::Link { .. } => return,
            what @ (Event::Rekeyed { .. }
            | Event::Moved { .. }
            | Event::ServerKey { .. }
            | Event::WrongKey { .. }
            | Event::WrongVersion { .. }
            | Event::JoinKeyRefused
            | Event::Unanswered { .. }) => format!("{what:?}"),
        };
        writeln!(self.lines, "{} {}   {what}", self.now, self.who).expect("a string takes all");
    }
}

/// Nothing is said here.
struct Nothing;

impl Source for Nothing {
    fn entry(&mut self, _: RoomId, _: u64) -> Lookup<'_> {
        Lookup::Absent
    }
}
