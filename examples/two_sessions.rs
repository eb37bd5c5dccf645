//! Two linked sessions in virtual time: a client and a server endpoint, bad weather between them, and no socket, clock or
//! thread anywhere. Prints a line for every datagram and every message, the same ones at every run.
//!
//! ```text
//! cargo run --example two_sessions
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::dump::{self, Way};
use chinwag_proto::endpoint::{Config, Endpoint, Event, KeyPair, SessionId, Sink, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::link::{self, Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Spec, Weather};
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{InstanceId, RoomId};

const ROOM: RoomId = RoomId(1);
const POSTS: [&str; 5] = ["hello", "is anyone there?", "it is raining here", "hello?", "never mind"];
const PAUSE: Duration = Duration::from_millis(60);

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let weather: Spec = "loss=30%,dup=5%,delay=20ms±5ms".parse()?;
    let mut rng = Rng::from_number(7);
    let server_key = KeyPair::generate(&mut rng);
    let client_key = KeyPair::generate(&mut rng);
    let (at_server, at_client): (SocketAddr, SocketAddr) = ("10.0.0.1:24469".parse()?, "10.0.0.2:4000".parse()?);
    let target = Target { addrs: vec![at_server], pin: Some(server_key.public()), join_key: None, enrolled: false };

    let mut client = End::new(Role::Client, at_client, client_key, &mut rng);
    let mut server = End::new(Role::Server, at_server, server_key, &mut rng);
    let mut up = Weather::new(weather.up, rng.fork("up"));
    let mut down = Weather::new(weather.down, rng.fork("down"));
    let mut now = Instant::EPOCH;
    client.endpoint.connect(now, target);

    let mut buf = Vec::new();
    let mut said = 0;
    let mut next_post = None;
    while server.heard.len() < POSTS.len() {
        if let Some(link) = client.session.and_then(|session| client.endpoint.link(session))
            && said < POSTS.len()
            && next_post.is_none_or(|at| at <= now)
        {
            said += 1;
            link.advance(ROOM, said as u64);
            next_post = Some(now + PAUSE);
        }
        client.send(now, Way::Up, &mut up);
        server.send(now, Way::Down, &mut down);
        let talk = next_post.filter(|_| said < POSTS.len());
        let deadlines = [up.deadline(), down.deadline(), client.endpoint.deadline(), server.endpoint.deadline(), talk];
        now = deadlines.into_iter().flatten().min().ok_or("nothing will ever happen again")?.max(now);
        while let Some(from) = up.pop(now, &mut buf) {
            server.take(now, from, &mut buf);
        }
        while let Some(from) = down.pop(now, &mut buf) {
            client.take(now, from, &mut buf);
        }
        client.pass_time(now);
        server.pass_time(now);
    }
    println!("{now} the server has heard {:?}", server.heard);
    assert_eq!(server.heard, POSTS, "each once, in order");
    Ok(())
}

/// One endpoint and its user.
struct End {
    addr: SocketAddr,
    endpoint: Endpoint,
    /// The session that stands.
    session: Option<SessionId>,
    heard: Vec<String>,
}

impl End {
    fn new(role: Role, addr: SocketAddr, key: KeyPair, rng: &mut Rng) -> Self {
        let config = Config {
            role,
            instance: InstanceId(rng.u64()),
            join_key: None,
            ping_interval: Duration::from_secs(3),
            ack_delay: Duration::ZERO,
            speculative: true,
            messages_per_s: None,
            sessions_max: 8,
        };
        let endpoint = Endpoint::new(config, key, rng.fork("endpoint"));
        Self { addr, endpoint, session: None, heard: Vec::new() }
    }

    fn take(&mut self, now: Instant, from: SocketAddr, datagram: &mut [u8]) {
        let mut user = User { session: &mut self.session, heard: &mut self.heard };
        // What is dropped is counted in the endpoint; nothing more is to be done about it.
        let _dropped = self.endpoint.datagram(now, from, None, datagram, &mut user);
        if let Some(link) = self.session.and_then(|session| self.endpoint.link(session)) {
            // To open a room that is open changes nothing.
            link.open(ROOM, 0).expect("there is room for one room");
        }
    }

    fn pass_time(&mut self, now: Instant) {
        let mut user = User { session: &mut self.session, heard: &mut self.heard };
        self.endpoint.timeout(now, &mut user);
    }

    #[expect(clippy::print_stdout, reason = "an example shows what it does")]
    fn send(&mut self, now: Instant, way: Way, weather: &mut Weather<SocketAddr>) {
        let mut out = [0; DATAGRAM_MAX_LEN];
        let mut user = User { session: &mut self.session, heard: &mut self.heard };
        while let Some(transmit) = self.endpoint.poll(now, &mut Posts, &mut out, &mut user) {
            let datagram = &out[..transmit.len];
            println!("{}", dump::datagram(now, way, datagram));
            weather.push(now, self.addr, datagram);
        }
    }
}

/// Hears what an endpoint tells.
struct User<'a> {
    session: &'a mut Option<SessionId>,
    heard: &'a mut Vec<String>,
}

impl Sink for User<'_> {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Established { session, .. } = event {
            *self.session = Some(session);
        } else if let Event::Link { event: link::Event::Message { channel: Channel::Room(_), body, .. }, .. } = event {
            self.heard.push(String::from_utf8_lossy(body).into_owned());
        }
    }
}

/// Where a link finds what it is to send: the client's posts. A link owns no payload.
struct Posts;

impl Source for Posts {
    fn entry(&mut self, _: RoomId, number: u64) -> Lookup<'_> {
        let index = usize::try_from(number).ok().and_then(|n| n.checked_sub(1));
        index.and_then(|index| POSTS.get(index)).map_or(Lookup::Absent, |post| Lookup::Ready(post.as_bytes()))
    }
}
