//! The server: peer table, rooms, accounts, presence. PURE: no socket, clock, thread, file or entropy of its own.

use crate::store::{Outcome, Page, Range, StoreError, Write};
use chinwag_proto::wire::id::PublicKey;
use std::net::SocketAddr;

/// What an operator asks of a running server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say goodbye to everyone and stop; [`Notice::Stopped`] follows when that is done.
    Stop {
        /// For people.
        reason: String,
    },
    /// Give [`Notice::Status`].
    Status,
}

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

/// Work that a server wants done outside of its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Commit this batch. A server has at most one under way.
    Commit(Vec<Write>),
    /// Read this.
    Load(Range),
}

/// A server's job, done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The batch is durable, or nothing of it is.
    Committed(Result<Vec<Outcome>, StoreError>),
    /// What was read.
    Loaded(Result<Page, StoreError>),
}
