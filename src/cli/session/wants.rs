//! What a command wants of its session beyond what all have in common.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::Secret;

use crate::client_core::{Login, Reads};

use super::super::failure::Failure;

/// How long a command without a person waits for the first answer.
pub(in super::super) const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a goodbye may take before the command ends without.
pub(super) const GOODBYE: Duration = Duration::from_secs(2);

/// What a command wants of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// A person's conversation: never gives up, follows direct messages.
    Chat,
    /// Says something and goes.
    Send,
    /// Listens.
    Tail,
    /// Asks for something and goes.
    Ask,
}

pub(super) type Enter<'a> = dyn FnOnce(Option<Secret>) -> Result<Login, Failure> + 'a;

/// Everything that a command wants beyond what all have in common.
pub(in super::super) struct Wants<'a> {
    pub(super) kind: Kind,
    pub(super) reads: Reads,
    /// How to become the account, where it is not by the device's key or by a token; given the code of an invitation. Asked
    /// once the server's key is known, so that no password is typed for a stranger.
    pub(super) login: Option<Box<Enter<'a>>>,
    /// Everything is shown at once.
    pub(super) whole_screen: bool,
    /// Where the server is, if that is known already.
    pub(super) addrs: Option<Vec<SocketAddr>>,
    /// The key that it must have, which is pinned once it is proved.
    pub(super) key: Option<PublicKey>,
}

impl<'a> Wants<'a> {
    /// What this kind of command wants.
    pub(in super::super) fn new(kind: Kind) -> Self {
        Self { kind, reads: Reads::Nobody, login: None, whole_screen: false, addrs: None, key: None }
    }

    /// A person looks on.
    pub(in super::super) fn reads(self, reads: Reads) -> Self {
        Self { reads, ..self }
    }

    /// Everything is shown at once.
    pub(in super::super) fn whole_screen(self, whole_screen: bool) -> Self {
        Self { whole_screen, ..self }
    }

    /// The server is there, and has that key; its user trusts it.
    pub(in super::super) fn at(self, addrs: Vec<SocketAddr>, key: Option<PublicKey>) -> Self {
        Self { addrs: Some(addrs), key, ..self }
    }

    /// It becomes the account in this way.
    pub(in super::super) fn login(self, login: impl FnOnce(Option<Secret>) -> Result<Login, Failure> + 'a) -> Self {
        Self { login: Some(Box::new(login)), ..self }
    }
}
