//! The transcripts in PROTOCOL.md: two endpoints, or two links, in virtual time, and a line for every datagram.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::time::Duration;

use chinwag_proto::dump::{self, Way};
use chinwag_proto::link::{Config, Event, Link, Liveness, Lookup, Role, Sink, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PacketNumber, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    self, Access, Answer, Body, Down, Entry, From, Post, Request, RoomInfo, RoomKind, Standing, Up, Wire,
};

use crate::document::Document;
use crate::greetings;

const LOBBY: RoomId = RoomId(7);
/// One way.
const DELAY_US: u64 = 1_000;

#[test]
fn the_transcripts_are_what_happens() {
    let mut text = String::from("\n");
    for (title, lines) in [
        (
            "A client that knows the server's key comes in. What is sealed shows its connection id and number.",
            greetings::first_contact(),
        ),
        ("The server was started again and knows nothing; the client pings.", greetings::restart()),
        ("A client logs in and, when it is welcome, joins a room. Then a post becomes an entry.", post()),
        (
            "Three posts, 1 ms apart; the datagram with the second is lost. The acknowledgement of the third shows the gap.",
            lost_in_the_middle(),
        ),
        ("A post whose datagram is lost, with nothing after it: the probe timer sends it again.", lost_at_the_end()),
        ("A post of 3,000 octets; its second fragment is lost.", fragments()),
        ("The server is gone. The client pings, probes, suspects it, and gives it up.", silence()),
    ] {
        write!(text, "{title}\n\n```text\n{lines}```\n\n").expect("a string takes all");
    }
    Document::keeps("transcripts", &text);
}

fn post() -> String {
    let mut world = World::new();
    world.client.ask(1, Request::Login { name: "ann".into() });
    world.run(10_000);
    world.client.ask(2, Request::Join { room: "lobby".into(), from: From::Recent(200) });
    world.run(10_000);
    world.client.post("hello");
    world.run(40_000);
    world.lines
}

fn lost_in_the_middle() -> String {
    let mut world = World::joined();
    world.lose(Way::Up, 1);
    for text in ["one", "two", "three"] {
        world.client.post(text);
        world.run(1_000);
    }
    world.run(30_000);
    world.lines
}

fn lost_at_the_end() -> String {
    let mut world = World::joined();
    world.lose(Way::Up, 0);
    world.client.post("hello");
    world.run(30_000);
    world.lines
}

fn fragments() -> String {
    let mut world = World::joined();
    world.lose(Way::Up, 1);
    world.client.post(&"long ".repeat(600));
    world.run(30_000);
    world.lines
}

fn silence() -> String {
    let mut world = World::joined();
    world.gone = true;
    world.run(30_000_000);
    world.lines
}

/// Two ends, what is between them, and what was seen.
struct World {
    now: Instant,
    client: End,
    server: End,
    /// Datagrams under way: when they arrive, which way, their number and contents.
    air: VecDeque<(Instant, Way, PacketNumber, Vec<u8>)>,
    /// The n-th datagram from now on, this way, is lost.
    losses: Vec<(Way, u32)>,
    /// The server hears and says nothing more.
    gone: bool,
    lines: String,
}

impl World {
    fn new() -> Self {
        Self {
            now: Instant::EPOCH,
            client: End::new(Role::Client),
            server: End::new(Role::Server),
            air: VecDeque::new(),
            losses: Vec::new(),
            gone: false,
            lines: String::new(),
        }
    }

    /// After the first transcript, with the clock at zero for the eye.
    fn joined() -> Self {
        let mut world = Self::new();
        world.client.link.open(LOBBY, 0).expect("a room");
        world.server.link.open(LOBBY, 0).expect("a room");
        world
    }

    fn lose(&mut self, way: Way, after: u32) {
        self.losses.push((way, after));
    }

    /// Lets time pass.
    fn run(&mut self, us: u64) {
        let until = self.now.plus_micros(us);
        self.send();
        while let Some(at) = self.next().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            while self.air.front().is_some_and(|flight| flight.0 <= self.now) {
                self.arrive();
            }
            for way in self.alive() {
                let end = if way == Way::Up { &mut self.client } else { &mut self.server };
                if end.link.deadline().is_some_and(|at| at <= self.now) {
                    let mut got = Got::default();
                    end.link.timeout(self.now, &mut got);
                    self.note(way, &got);
                }
            }
            self.send();
        }
        self.now = until;
    }

    fn next(&self) -> Option<Instant> {
        let server = self.server.link.deadline().filter(|_| !self.gone);
        [self.air.front().map(|flight| flight.0), self.client.link.deadline(), server].into_iter().flatten().min()
    }

    fn arrive(&mut self) {
        let Some((_, way, number, contents)) = self.air.pop_front() else { return };
        let end = if way == Way::Up { &mut self.server } else { &mut self.client };
        let mut got = Got::default();
        end.link.receive(self.now, number, &contents, &mut got).expect("both keep the protocol");
        for message in &got.messages {
            end.react(message);
        }
        self.note(if way == Way::Up { Way::Down } else { Way::Up }, &got);
    }

    fn send(&mut self) {
        for way in self.alive() {
            let end = if way == Way::Up { &mut self.client } else { &mut self.server };
            let mut out = [0; chinwag_proto::limits::FRAMES_MAX_LEN];
            while let Some(packet) = end.link.poll(self.now, &mut end.log, &mut out) {
                let contents = out[..packet.len].to_vec();
                write!(self.lines, "{}", dump::opened(self.now, way, packet.number, &contents))
                    .expect("a string takes all");
                let is_lost = lost(&mut self.losses, way) || self.gone;
                self.lines.push_str(if is_lost { "  (lost)\n" } else { "\n" });
                if !is_lost {
                    self.air.push_back((self.now.plus_micros(DELAY_US), way, packet.number, contents));
                }
            }
        }
    }

    /// Whose turn it is to do something: each end, by the way that it sends.
    fn alive(&self) -> impl Iterator<Item = Way> + use<> {
        let server = (!self.gone).then_some(Way::Down);
        [Some(Way::Up), server].into_iter().flatten()
    }

    fn note(&mut self, way: Way, got: &Got) {
        let who = if way == Way::Up { "c" } else { "s" };
        for liveness in &got.liveness {
            writeln!(self.lines, "{} {who}   the peer is {liveness:?}", self.now).expect("a string takes all");
        }
    }
}

/// Whether the datagram that goes this way now is one of those to be lost.
fn lost(losses: &mut Vec<(Way, u32)>, way: Way) -> bool {
    let mut is_lost = false;
    losses.retain_mut(|loss| match loss {
        (of, 0) if *of == way => {
            is_lost = true;
            false
        }
        (of, left) => {
            *left -= u32::from(*of == way);
            true
        }
    });
    is_lost
}

/// One end: its link, and as much of a server or client as the transcripts need.
struct End {
    role: Role,
    link: Link,
    log: Log,
}

#[derive(Default)]
struct Log(BTreeMap<u64, Vec<u8>>);

#[derive(Default)]
struct Got {
    messages: Vec<Received>,
    liveness: Vec<Liveness>,
}

struct Received {
    channel: Channel,
    number: u64,
    contiguous_upto: u64,
    body: Vec<u8>,
}

impl End {
    fn new(role: Role) -> Self {
        let config = Config {
            role,
            ping_interval: Duration::from_secs(3),
            peer_ack_delay: Duration::ZERO,
            ack_delay: Duration::ZERO,
            speculative: true,
            messages_per_s: None,
        };
        let rtt = Duration::from_micros(2 * DELAY_US);
        Self { role, link: Link::new(config, Instant::EPOCH, Some(rtt), Rng::from_number(1)), log: Log::default() }
    }

    fn ask(&mut self, id: u64, request: Request) {
        self.link.control(Up::Request(RequestId(id), request).encode()).expect("room in the queue");
    }

    fn tell(&mut self, down: &Down) {
        self.link.control(down.encode()).expect("room in the queue");
    }

    fn post(&mut self, text: &str) {
        let id = ClientMsgId { start: 1, counter: self.log.next() };
        self.append(Post { id, body: Body::Text(text.into()) }.encode());
    }

    fn append(&mut self, body: Vec<u8>) -> RoomSeq {
        let number = self.log.next();
        self.log.0.insert(number, body);
        self.link.advance(LOBBY, number);
        RoomSeq(number)
    }

    /// What a server, or a client, does about a message.
    fn react(&mut self, message: &Received) {
        match (self.role, message.channel) {
            (Role::Server, Channel::Control) => {
                let Up::Request(id, request) = Up::decode(&message.body).expect("a request");
                let answer = self.answer(&request);
                self.tell(&Down::Answer(id, Ok(answer)));
            }
            (Role::Server, _) => {
                let post = Post::decode(&message.body).expect("a post");
                let at = WallTime::from_unix_millis(1_700_000_000_000);
                let entry = Entry { at, author: AccountId(1), name: "ann".into(), body: post.body };
                let entry = self.append(entry.encode());
                self.tell(&Down::Stored { room: LOBBY, post: RoomSeq(message.number), entry });
            }
            (Role::Client, Channel::Control) => {
                if let Ok(Down::Answer(_, Ok(Answer::Joined { room, .. }))) = Down::decode(&message.body) {
                    self.link.open(room.id, 0).expect("a room");
                }
            }
            (Role::Client, _) => self.link.cursor(LOBBY, RoomSeq(message.contiguous_upto)),
        }
    }

    fn answer(&mut self, request: &Request) -> Answer {
        let room = RoomInfo {
            id: LOBBY,
            kind: RoomKind::Named("lobby".into()),
            log: LogId(1),
            head: RoomSeq(0),
            access: Access::Public,
            topic: String::new(),
            standing: Standing::In(message::Role::Member),
            since: RoomSeq(0),
            read: RoomSeq(0),
        };
        if let Request::Login { name } = request {
            return Answer::Welcome {
                account: AccountId(1),
                name: name.clone(),
                server: "lab".into(),
                rooms: vec![room],
            };
        }
        self.link.open(LOBBY, 0).expect("a room");
        Answer::Joined { room, after: RoomSeq(0), roster: 0 }
    }
}

impl Log {
    fn next(&self) -> u64 {
        self.0.len() as u64 + 1
    }
}

impl Source for Log {
    fn entry(&mut self, _: RoomId, number: u64) -> Lookup<'_> {
        self.0.get(&number).map_or(Lookup::Absent, |body| Lookup::Ready(body))
    }
}

impl Sink for Got {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Message { channel, number, contiguous_upto, body } => {
                self.messages.push(Received { channel, number, contiguous_upto, body: body.to_vec() });
            }
            Event::Liveness(liveness) => self.liveness.push(liveness),
            Event::Cursor { .. }
            | Event::Acked { .. }
            | Event::PathChallenge(_)
            | Event::PathResponse(_)
            | Event::Close { .. } => {}
        }
    }
}
