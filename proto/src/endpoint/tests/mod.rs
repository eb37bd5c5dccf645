//! A server, its clients and the datagrams between them, in virtual time. What goes on is written down as a transcript, one
//! line a datagram or an event, so that a test reads as what it shows.

mod attacks;
mod endings;
mod handshake;
mod moving;
mod refusals;

use core::net::SocketAddr;
use core::time::Duration;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::*;
use crate::limits::PING_INTERVAL_MS;
use crate::link::{Lookup, Source};
use crate::wire::id::{InstanceId, PublicKey, RoomId};

const SERVER: &str = "10.0.0.1:24469";
const ROOM: RoomId = RoomId(7);
/// One way.
const DELAY: Duration = Duration::from_micros(500);

fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A datagram on its way.
#[derive(Clone, Debug)]
struct Flight {
    at: Instant,
    from: SocketAddr,
    to: SocketAddr,
    octets: Vec<u8>,
}

/// What becomes of a datagram that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    Lost,
    /// And once more, so much later.
    Twice(Duration),
    /// So much later than the others.
    Late(Duration),
}

/// One end, with what it was told and what it has to send.
struct Node {
    name: &'static str,
    addr: SocketAddr,
    endpoint: Endpoint,
    told: Told,
    /// How many of the events are in the transcript.
    shown: usize,
    posts: Posts,
}

/// The events of an end.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
    sessions: Vec<SessionId>,
    messages: Vec<String>,
    /// Sessions from which a message came that was not yet granted.
    posted: Vec<SessionId>,
    enrolled: Vec<PublicKey>,
    forbidden: Vec<SocketAddr>,
}

impl Sink for Told {
    fn event(&mut self, event: Event<'_>) {
        let line = match event {
            Event::Established { session, .. } => {
                self.sessions.push(session);
                "established".to_string()
            }
            Event::Rekeyed { .. } => "rekeyed".to_string(),
            Event::Moved { from, to, .. } => format!("moved {from} {to}"),
            Event::Ended { session, why } => {
                self.sessions.retain(|standing| *standing != session);
                format!("ended {why:?}")
            }
            Event::ServerKey { addr, join_key_needed, .. } => {
                format!("server key at {addr}, join key {join_key_needed}")
            }
            Event::WrongKey { .. } => "wrong key".to_string(),
            Event::WrongVersion { theirs } => format!("wrong version {}..{}", theirs.min, theirs.max),
            Event::JoinKeyRefused => "join key refused".to_string(),
            Event::Unanswered { attempts, .. } => format!("unanswered {attempts}"),
            Event::Link { session, event: link::Event::Message { body, .. } } => {
                self.posted.push(session);
                self.messages.push(String::from_utf8_lossy(body).into_owned());
                return;
            }
            Event::Link { event: link::Event::Liveness(liveness), .. } => format!("{liveness:?}"),
            Event::Link { .. } => return,
        };
        self.lines.push(line);
    }

    fn enrolled(&self, device: &PublicKey) -> bool {
        self.enrolled.contains(device)
    }

    fn allowed(&self, addr: &SocketAddr) -> bool {
        !self.forbidden.contains(addr)
    }
}

/// The messages that an end sends in [`ROOM`].
#[derive(Default)]
struct Posts(Vec<String>);

impl Source for Posts {
    fn entry(&mut self, _: RoomId, number: u64) -> Lookup<'_> {
        let index = usize::try_from(number).expect("small") - 1;
        self.0.get(index).map_or(Lookup::Absent, |post| Lookup::Ready(post.as_bytes()))
    }
}

type Weather = Box<dyn FnMut(&Flight) -> Fate>;

/// All ends and the net between them. The first node is the server.
struct World {
    now: Instant,
    nodes: Vec<Node>,
    flights: Vec<Flight>,
    /// Everything that was sent, lost or not.
    sent: Vec<Flight>,
    /// Everything that arrived.
    arrived: Vec<Flight>,
    weather: Weather,
    transcript: Vec<String>,
}

const S: usize = 0;
const C: usize = 1;

fn identity(seed: u64) -> KeyPair {
    KeyPair::generate(&mut Rng::from_number(seed))
}

fn config(role: Role, instance: u64) -> Config {
    Config {
        role,
        instance: InstanceId(instance),
        join_key: None,
        ping_interval: Duration::from_millis(PING_INTERVAL_MS),
        ack_delay: Duration::ZERO,
        speculative: false,
        messages_per_s: None,
        sessions_max: 10_000,
    }
}

/// The server's key in all tests.
const SERVER_SEED: u64 = 100;
/// The client's.
const CLIENT_SEED: u64 = 200;

fn target() -> Target {
    Target { addrs: [addr(SERVER)].into(), pin: Some(identity(SERVER_SEED).public()), join_key: None, enrolled: false }
}

impl World {
    /// A server and a client that has not yet begun to connect.
    fn new(seed: u64) -> Self {
        Self::with(seed, config(Role::Server, 1))
    }

    fn with(seed: u64, server: Config) -> Self {
        let mut world = Self {
            now: Instant::EPOCH,
            nodes: Vec::new(),
            flights: Vec::new(),
            sent: Vec::new(),
            arrived: Vec::new(),
            weather: Box::new(|_| Fate::Arrives),
            transcript: Vec::new(),
        };
        world.add("s", SERVER, server, identity(SERVER_SEED), seed);
        world.add("c", "10.0.0.2:5000", config(Role::Client, 2), identity(CLIENT_SEED), seed + 1);
        world
    }

    fn add(&mut self, name: &'static str, at: &str, config: Config, identity: KeyPair, seed: u64) -> usize {
        let endpoint = Endpoint::new(config, identity, Rng::from_number(seed));
        self.nodes.push(Node {
            name,
            addr: addr(at),
            endpoint,
            told: Told::default(),
            shown: 0,
            posts: Posts::default(),
        });
        self.nodes.len() - 1
    }

    /// A world whose first client is connected.
    fn connected(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.connect(C, target());
        world.run(Duration::from_millis(20));
        assert_eq!(world.events(S), ["established"]);
        assert_eq!(world.events(C), ["established"]);
        world
    }

    fn connect(&mut self, node: usize, target: Target) {
        let now = self.now;
        self.nodes[node].endpoint.connect(now, target);
        self.drain(node);
    }

    /// The session of a node.
    fn session(&self, node: usize) -> SessionId {
        *self.nodes[node].told.sessions.last().expect("a session stands")
    }

    /// Posts `text` from a node in [`ROOM`], to all its sessions.
    fn say(&mut self, node: usize, text: &str) {
        let sender = &mut self.nodes[node];
        sender.posts.0.push(text.to_string());
        let head = sender.posts.0.len() as u64;
        for session in sender.told.sessions.clone() {
            let link = sender.endpoint.link(session).expect("the session stands");
            link.open(ROOM, 0).expect("one room");
            link.advance(ROOM, head);
        }
        self.drain(node);
    }

    /// The events of a node so far.
    fn events(&self, node: usize) -> Vec<&str> {
        self.nodes[node].told.lines.iter().map(String::as_str).collect()
    }

    fn messages(&self, node: usize) -> Vec<&str> {
        self.nodes[node].told.messages.iter().map(String::as_str).collect()
    }

    fn drops(&self, node: usize, reason: DropReason) -> u64 {
        self.nodes[node].endpoint.drops().get(&reason).copied().unwrap_or(0)
    }

    /// How many datagrams of a kind were sent.
    fn count(&self, kind: Kind) -> usize {
        self.sent.iter().filter(|flight| is(flight, kind)).count()
    }

    /// Lets time pass.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let arrival = self.flights.iter().map(|flight| flight.at).min();
            let timers = self.nodes.iter().filter_map(|node| node.endpoint.deadline());
            let Some(next) = arrival.into_iter().chain(timers).min().filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    fn step(&mut self) {
        let now = self.now;
        let due = |flight: &mut Flight| flight.at <= now;
        let arrived: Vec<Flight> = self.flights.extract_if(.., due).collect();
        for flight in arrived {
            self.arrive(flight);
        }
        for node in 0..self.nodes.len() {
            if self.nodes[node].endpoint.deadline().is_some_and(|at| at <= now) {
                let Node { endpoint, told, .. } = &mut self.nodes[node];
                endpoint.timeout(now, told);
                self.drain(node);
            }
        }
    }

    fn arrive(&mut self, flight: Flight) {
        if let Some(node) = self.nodes.iter().position(|node| node.addr == flight.to) {
            self.arrived.push(flight.clone());
            let _ = self.deliver(node, flight.from, flight.octets);
        }
    }

    /// Hands a datagram to a node, whoever sent it.
    fn deliver(&mut self, node: usize, from: SocketAddr, mut octets: Vec<u8>) -> Result<(), DropReason> {
        let Node { endpoint, told, .. } = &mut self.nodes[node];
        let taken = endpoint.datagram(self.now, from, None, &mut octets, told);
        for session in told.posted.drain(..) {
            // Only servers grant.
            if let Some(link) = endpoint.link(session).filter(|_| node == S) {
                link.grant(1);
            }
        }
        self.drain(node);
        taken
    }

    /// Sends all that a node has to send now.
    fn drain(&mut self, node: usize) {
        let mut out = [0; DATAGRAM_MAX_LEN];
        loop {
            let Node { name, addr, endpoint, told, shown, posts } = &mut self.nodes[node];
            let sent = endpoint.poll(self.now, posts, &mut out, told);
            self.transcript.extend(told.lines[*shown..].iter().map(|line| format!("{name} {line}")));
            *shown = told.lines.len();
            let Some(Transmit { to, len, .. }) = sent else { break };
            let flight = Flight { at: self.now, from: *addr, to, octets: out[..len].to_vec() };
            let other = self.nodes.iter().find(|node| node.addr == to).map_or("?", |node| node.name);
            let kind = Kind::of(&out[..len]).expect("ends send what they know");
            self.transcript.push(format!("{} {}>{other} {kind:?} {len}B", self.now, self.nodes[node].name));
            self.send(flight);
        }
    }

    fn send(&mut self, flight: Flight) {
        let fate = (self.weather)(&flight);
        self.sent.push(flight.clone());
        let mut put = |after: Duration| self.flights.push(Flight { at: flight.at + DELAY + after, ..flight.clone() });
        match fate {
            Fate::Lost => {}
            Fate::Arrives => put(Duration::ZERO),
            Fate::Late(by) => put(by),
            Fate::Twice(by) => {
                put(Duration::ZERO);
                put(by);
            }
        }
    }

    /// Starts a node again, with an empty memory.
    fn restart(&mut self, node: usize, config: Config, identity: KeyPair, seed: u64) {
        self.nodes[node].endpoint = Endpoint::new(config, identity, Rng::from_number(seed));
        self.nodes[node].told.sessions.clear();
    }
}

fn is(flight: &Flight, kind: Kind) -> bool {
    Kind::of(&flight.octets) == Ok(kind)
}

/// Loses the first `n` datagrams of a kind.
fn losing(kind: Kind, n: usize) -> Weather {
    let mut left = n;
    Box::new(move |flight| {
        if left > 0 && is(flight, kind) {
            left -= 1;
            Fate::Lost
        } else {
            Fate::Arrives
        }
    })
}

/// The connection id that a sealed datagram goes to.
fn destination(octets: &[u8]) -> ConnectionId {
    SealedHeader::decode(octets).expect("a sealed datagram").destination
}
