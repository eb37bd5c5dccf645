//! What roaming knows of the server of this process, and of the servers that this device knows.

use chinwag_proto::wire::id::PublicKey;

use crate::config::KnownServer;
use crate::roaming::Pin;

use super::super::serve::Company;

/// The server of this process, as a chat beside it sees it.
pub(in super::super) struct Hosting {
    pub(in super::super) key: PublicKey,
    /// Something was said there before this run.
    pub(in super::super) has_history: bool,
    pub(in super::super) company: Company,
    /// Ends it, for that reason.
    pub(in super::super) stop: Box<dyn Fn(String) + Send>,
}

/// As the machine takes them.
pub(super) fn pins(known: Vec<KnownServer>) -> Vec<Pin> {
    known.into_iter().map(|known| Pin { called: known.server, key: known.key }).collect()
}
