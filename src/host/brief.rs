//! A server for a little while, in this process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use chinwag_drive::{self as drive, Clock, Handle, Options, entropy};
use chinwag_proto::endpoint::KeyPair;
use chinwag_proto::wire::id::PublicKey;
use chinwag_server::{Config, Server};
use chinwag_store::Store as _;
use chinwag_store::memory::Memory;

use super::Workers;

/// A server on a free port of loopback that forgets everything when it is dropped: for trying things out, and for testing what
/// talks to one.
pub struct Brief {
    server: Handle<Server>,
    key: PublicKey,
}

impl Brief {
    /// Starts one.
    ///
    /// # Errors
    /// The system refuses a socket, a thread, a timer or entropy.
    pub fn start() -> io::Result<Self> {
        let mut rng = entropy::rng()?;
        let mut store = Memory::new(rng.bytes());
        let keys = KeyPair::generate(&mut rng);
        let key = keys.public();
        let snapshot = store.snapshot().map_err(io::Error::other)?;
        let node = Server::new(Config::default(), keys, snapshot, rng.bytes());
        let socket = chinwag_net::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).map_err(io::Error::other)?;
        let server = drive::spawn(node, socket, Box::new(Workers::in_memory(store)), Options::new(Clock::start()))?;
        Ok(Self { server, key })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The server's key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.key
    }
}

impl std::fmt::Debug for Brief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Brief").field("address", &self.address()).finish_non_exhaustive()
    }
}
