//! What a server tells its operator.

use std::net::SocketAddr;

use chinwag_proto::wire::id::PublicKey;

use crate::store::StoreError;

/// What a server tells its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A device logged in.
    LoggedIn {
        /// The account's name.
        name: String,
        /// The device.
        device: PublicKey,
        /// From where.
        addr: SocketAddr,
    },
    /// A session ended.
    Left {
        /// The account's name, if it had logged in.
        name: Option<String>,
        /// From where.
        addr: SocketAddr,
        /// Why, for people.
        why: String,
    },
    /// Counters.
    Status(Box<Status>),
    /// Everyone was told; the loop may end.
    Stopped,
    /// The store failed: nothing more is acknowledged, the process must end.
    StoreFailed(StoreError),
}

/// Counters of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Sessions that stand.
    pub sessions: usize,
    /// Socket addresses that have a session.
    pub peers: usize,
    /// Rooms.
    pub rooms: usize,
    /// Entries stored since the start.
    pub entries: u64,
    /// Datagrams sent.
    pub datagrams_sent: u64,
    /// Octets of UDP payload sent.
    pub bytes_sent: u64,
    /// Datagrams received.
    pub datagrams_received: u64,
    /// Message copies sent because loss was detected or a probe timer fired.
    pub retransmitted: u64,
    /// Dropped datagrams by reason.
    pub drops: Vec<(String, u64)>,
}
