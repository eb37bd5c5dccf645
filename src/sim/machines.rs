//! Which machines a run is made of. The real ones, unless a test plants a bug around them.

use chinwag_proto::endpoint::KeyPair;

use super::disk::{Honest, Medium};
use chinwag_client_core::{self as client, Client};
use chinwag_node::Node;
use chinwag_roaming::{self as roaming, Roaming};
use chinwag_server::{self as server, Server};
use chinwag_store::Snapshot;
use chinwag_store::memory::Memory;

/// A server, or something around one.
pub type ServerNode =
    dyn Node<Command = server::Command, Notice = server::Notice, Job = server::Job, Done = server::Done>;

/// A client, or something around one.
pub type ClientNode =
    dyn Node<Command = client::Command, Notice = client::Notice, Job = client::Save, Done = client::Saved>;

/// A machine of roaming, or something around one.
pub type RoamingNode =
    dyn Node<Command = roaming::Command, Notice = roaming::Notice, Job = roaming::Job, Done = roaming::Done>;

/// Makes the machines of a run.
pub trait Machines {
    /// A server that starts from what its store holds.
    fn server(&self, config: server::Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Box<ServerNode> {
        Box::new(Server::new(config, identity, snapshot, seed))
    }

    /// A client that starts from what its device recorded.
    fn client(&self, config: client::Config, identity: KeyPair, seed: [u8; 32]) -> Box<ClientNode> {
        Box::new(Client::new(config, identity, seed))
    }

    /// A machine of roaming for a chat that begins.
    fn roaming(&self, config: roaming::Config) -> Box<RoamingNode> {
        Box::new(Roaming::new(config))
    }

    /// An empty store and what it lies on.
    fn medium(&self, seed: [u8; 32]) -> Box<dyn Medium> {
        Box::new(Honest::new(Memory::new(seed)))
    }
}

/// The machines as they are shipped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shipped;

impl Machines for Shipped {}
