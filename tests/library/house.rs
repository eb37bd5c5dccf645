//! A server in this process, on a free port of loopback, that can go away and come back.

use std::net::{Ipv4Addr, SocketAddr};

use chinwag::client::PublicKey;
use chinwag::drive::{self, Clock, Handle, Options, entropy};
use chinwag::host::Workers;
use chinwag::net;
use chinwag::proto::endpoint::KeyPair;
use chinwag::proto::rng::Rng;
use chinwag::server::{self, Server};
use chinwag::store::Store as _;
use chinwag::store::sqlite::{Durability, Sqlite};
use tempfile::TempDir;

pub(crate) struct House {
    folder: TempDir,
    secret: [u8; 32],
    address: SocketAddr,
    server: Option<Handle<Server>>,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = entropy::seed().expect("entropy");
        let mut house = Self { folder, secret, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), server: None };
        house.start();
        house
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn key(&self) -> PublicKey {
        KeyPair::from_secret(self.secret).public()
    }

    /// It comes, or comes back: at the same address, with all that it has stored.
    pub(crate) fn start(&mut self) {
        let mut rng: Rng = entropy::rng().expect("entropy");
        let mut store = Sqlite::open(self.folder.path(), Durability::Os, rng.bytes()).expect("a store");
        let snapshot = store.snapshot().expect("a snapshot");
        let readers = [store.reader().expect("a reader")];
        let node = Server::new(server::Config::default(), KeyPair::from_secret(self.secret), snapshot, rng.bytes());
        let socket = net::bind(self.address).expect("a socket");
        self.address = socket.local_addr();
        let worker = Box::new(Workers::on_disk(store, readers));
        self.server = Some(drive::spawn(node, socket, worker, Options::new(Clock::start())).expect("a thread"));
    }

    /// It goes away, and says so.
    pub(crate) fn stop(&mut self) {
        self.server.take().expect("it runs").stop().expect("stopped");
    }
}
