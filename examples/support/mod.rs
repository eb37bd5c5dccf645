//! What the examples have in common: reaching a server, and hosting one where none is given.
#![expect(clippy::print_stderr, clippy::wildcard_enum_match_arm, reason = "a small program")]

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use chinwag::client::{Client, Command, Config, Connection, Notice, Saved, Start};
use chinwag::drive::{self, Clock, Handle, Inline, Options, entropy};
use chinwag::host::Workshop;
use chinwag::net;
use chinwag::proto::endpoint::{KeyPair, Target};
use chinwag::server::{self, Server};
use chinwag::store::{Store as _, memory::Memory};

/// Hosts a server in this process, on a free port of this machine.
pub(crate) fn host() -> Result<Handle<Server>, Box<dyn Error>> {
    let mut rng = entropy::rng()?;
    let mut store = Memory::new(rng.bytes());
    let node = Server::new(server::Config::default(), KeyPair::generate(&mut rng), store.snapshot()?, rng.bytes());
    let socket = net::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(drive::spawn(node, socket, Box::new(Workshop::in_memory(store)), Options::new(Clock::start()))?)
}

/// Becomes someone on a server, and enters a room. The device is a new one each time, and whoever answers is trusted: a
/// program that stays would keep its key and the server's (`chinwag::config`).
pub(crate) fn join(server: SocketAddr, name: &str, room: &str) -> Result<Handle<Client>, Box<dyn Error>> {
    let mut rng = entropy::rng()?;
    let node = Client::new(Config::new(name), KeyPair::generate(&mut rng), rng.bytes());
    let socket = net::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?;
    let client = drive::spawn(node, socket, Box::new(Inline(|_| Saved::Kept)), Options::new(Clock::start()))?;

    let mut target = Target { addrs: vec![server], pin: None, join_key: None, enrolled: false };
    client.send(Command::Connect(target.clone()))?;
    client.send(Command::Join { room: room.to_owned(), start: Start::Recent(10) })?;
    loop {
        match client.recv()? {
            Notice::Connection(Connection::Unpinned { key, .. }) => {
                eprintln!("{server} has the key {key}");
                target.pin = Some(key);
                client.send(Command::Connect(target.clone()))?;
            }
            Notice::Connection(Connection::LoginRefused(why)) => return Err(format!("{name}: {why:?}").into()),
            Notice::Joined { .. } => return Ok(client),
            _ => {}
        }
    }
}
