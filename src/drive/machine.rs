//! What the loop knows of the machines beyond the seam: which end they are, and how to stop them.

use chinwag_proto::link::Role;

use crate::node::Node;
use crate::{client, probe, server};

/// A node that can be given a thread.
pub trait Machine: Node {
    /// Which end it is: what `up:` and `down:` mean to it.
    const ROLE: Role;

    /// Asks it to say goodbye to its peers and stop.
    fn stop() -> Self::Command;

    /// Whether this is the last notice, after which its loop ends.
    fn is_last(notice: &Self::Notice) -> bool;
}

impl Machine for server::Server {
    const ROLE: Role = Role::Server;

    fn stop() -> server::Command {
        server::Command::Stop { reason: "the server stops".to_owned() }
    }

    fn is_last(notice: &server::Notice) -> bool {
        matches!(notice, server::Notice::Stopped | server::Notice::StoreFailed(_))
    }
}

impl Machine for client::Client {
    const ROLE: Role = Role::Client;

    fn stop() -> client::Command {
        client::Command::Quit
    }

    fn is_last(notice: &client::Notice) -> bool {
        matches!(notice, client::Notice::Stopped)
    }
}

impl Machine for probe::Probe {
    const ROLE: Role = Role::Client;

    fn stop() -> probe::Command {
        probe::Command::Stop
    }

    fn is_last(notice: &probe::Notice) -> bool {
        matches!(notice, probe::Notice::Stopped)
    }
}
