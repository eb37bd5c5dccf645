//! What is on a machine of the subnet: a server, a chat.

use std::collections::BTreeSet;

use super::super::machines::RoamingNode;
use super::check::ChatWatch;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::BeaconFlags;
use chinwag_proto::wire::id::PublicKey;
use chinwag_simnet::process::Process;

/// A server, as those see it who come by.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) key: PublicKey,
    /// The host that it is on.
    pub(super) at: usize,
    pub(super) flags: BeaconFlags,
    pub(super) has_history: bool,
    pub(super) lets_in: bool,
    pub(super) is_up: bool,
    /// The chats that have a session there.
    pub(super) sessions: BTreeSet<usize>,
}

/// A chat, and its user.
pub(super) struct Chat {
    pub(super) process: Process<RoamingNode>,
    pub(super) run_at: Option<Instant>,
    pub(super) watch: ChatWatch,
    /// Its server.
    pub(super) here: usize,
    /// That is in its own process.
    pub(super) is_host: bool,
    pub(super) came_by_itself: bool,
    pub(super) is_connected: bool,
    /// Seconds for which its server has not answered.
    pub(super) silent_s: u32,
    /// A session stands with this server, too.
    pub(super) standing: Option<usize>,
    /// Servers that its user wants to go to.
    pub(super) wishes: BTreeSet<PublicKey>,
    /// It has just come there, and enters its room.
    pub(super) is_entering: bool,
    /// What was said here and has no answer.
    pub(super) waiting: Vec<u32>,
    pub(super) said: u32,
    /// What its machine was told of that.
    pub(super) is_told_settled: bool,
    /// The keys that its device knows.
    pub(super) known: BTreeSet<PublicKey>,
}

impl Chat {
    pub(super) fn new(process: Process<RoamingNode>, here: usize, is_host: bool, known: BTreeSet<PublicKey>) -> Self {
        Self {
            process,
            run_at: None,
            watch: ChatWatch::default(),
            here,
            is_host,
            came_by_itself: false,
            is_connected: true,
            silent_s: 0,
            standing: None,
            wishes: BTreeSet::new(),
            is_entering: true,
            waiting: Vec::new(),
            said: 0,
            is_told_settled: false,
            known,
        }
    }

    /// Nothing of its user is on its way.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty() && !self.is_entering
    }
}
