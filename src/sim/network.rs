//! The simulator's network: the server stands on the network itself, every client's host hangs on a link with weather.

pub use chinwag_simnet::links::{Cut, HostId};
use chinwag_simnet::links::{Links, Route, Way};

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;

use super::digest::Digest;

/// The server's host; the clients' follow.
pub const SERVER: HostId = HostId(0);

/// What the checkers want to know of a datagram when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Hash of what was sent, so that it shows when the weather spoiled it.
    pub digest: Digest,
    /// The sending address had been heard of by its peer before: see the wire checker.
    pub heard: bool,
}

/// Addresses and links of a run.
pub type Network = Links<Note>;

/// A network for so many clients, all links clear.
#[must_use]
pub fn network(clients: usize, rng: &mut Rng) -> Network {
    let mut network = Network::default();
    network.add_without_link();
    for _ in 0..clients {
        network.add(rng);
    }
    network
}

/// A host sends. Gives the link that the datagram is on; `None` if it was lost at once.
pub fn send(network: &mut Network, now: Instant, sender: HostId, route: Route<Note>, bytes: &[u8]) -> Option<HostId> {
    let (client, way) = if sender == SERVER { (network.host(route.to)?, Way::Down) } else { (sender, Way::Up) };
    network.push_on(now, client, way, route, bytes).then_some(client)
}
