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
use chinwag_proto::link::{self, Lookup, Role, Source};
use chinwag_proto::rng::Rng;
use chinwag_proto::wire::frame::Channel;
use chinwag_proto::wire::id::{InstanceId, RoomId};
use chinwag_simnet::endpoint::EndpointNode;
use chinwag_simnet::links::HostId;
use chinwag_simnet::network::Network;
use chinwag_simnet::process::Effect;

const ROOM: RoomId = RoomId(1);
const POSTS: [&str; 5] = ["hello", "is anyone there?", "it is raining here", "hello?", "never mind"];
const PAUSE: Duration = Duration::from_millis(60);

#[expect(clippy::print_stdout, reason = "an example shows what it does")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = Rng::from_number(7);
    let server_key = KeyPair::generate(&mut rng);
    let client_key = KeyPair::generate(&mut rng);
    let (at_server, at_client): (SocketAddr, SocketAddr) = ("10.0.0.1:24469".parse()?, "10.0.0.2:4000".parse()?);
    let target = Target { addrs: vec![at_server], pin: Some(server_key.public()), join_key: None, enrolled: false };

    let mut network = Network::new(7);
    network.tell_datagrams();
    let (server, client) = (network.add(at_server), network.add(at_client));
    network.set_weather(client, &"loss=30%,dup=5%,delay=20ms±5ms".parse()?);
    network.start(server, Box::new(peer(Role::Server, server_key, &mut rng)));
    network.start(client, Box::new(peer(Role::Client, client_key, &mut rng)));
    network.command(client, target);

    let mut said = 0;
    while heard(&network, server).len() < POSTS.len() {
        let until = network.now() + PAUSE;
        let user = network.node_mut(client).ok_or("the client runs")?;
        if let Some(link) = user.sink.session.and_then(|session| user.endpoint.link(session))
            && said < POSTS.len()
        {
            // To open a room that is open changes nothing.
            link.open(ROOM, 0)?;
            said += 1;
            link.advance(ROOM, said as u64);
        }
        while let Some((host, effect)) = network.next(until) {
            let Effect::Send { bytes, .. } = effect;
            let way = if host == client { Way::Up } else { Way::Down };
            println!("{}", dump::datagram(network.now(), way, &bytes));
        }
    }
    println!("{} the server has heard {:?}", network.now(), heard(&network, server));
    assert_eq!(heard(&network, server), POSTS, "each once, in order");
    Ok(())
}

fn peer(role: Role, key: KeyPair, rng: &mut Rng) -> EndpointNode<Posts, User> {
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
    EndpointNode { endpoint: Endpoint::new(config, key, rng.fork("endpoint")), source: Posts, sink: User::default() }
}

fn heard(network: &Network<EndpointNode<Posts, User>>, host: HostId) -> &[String] {
    network.node(host).map_or(&[], |peer| &peer.sink.heard)
}

/// Hears what an endpoint tells.
#[derive(Default)]
struct User {
    /// The session that stands.
    session: Option<SessionId>,
    heard: Vec<String>,
}

impl Sink for User {
    fn event(&mut self, event: Event<'_>) {
        if let Event::Established { session, .. } = event {
            self.session = Some(session);
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
