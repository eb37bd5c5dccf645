//! Where a server is that is known by its name on the subnet, in the words of the command line.

use std::net::SocketAddr;

use chinwag_proto::wire::id::PublicKey;

use crate::client::{ConnectError, ServerName, locate};
use crate::config::Home;

use super::super::failure::Failure;
use super::super::session::changed_key;

/// The addresses of the server of that name: of the one whose key is pinned, if one is.
pub(in super::super) fn resolve(
    home: &Home,
    server: &ServerName,
    pinned: Option<PublicKey>,
) -> Result<Vec<SocketAddr>, Failure> {
    locate(server, pinned).map_err(|error| {
        if let ConnectError::KeyChanged { expected, seen, .. } = &error {
            return changed_key(home, server, expected, seen);
        }
        let help = if matches!(error, ConnectError::Ambiguous { .. }) {
            "; say which by its address"
        } else if matches!(error, ConnectError::NotFound { .. }) {
            "; is it running? `chinwag find` lists who answers, --server HOST[:PORT] needs no discovery"
        } else {
            ""
        };
        let failure = Failure::from(error);
        Failure::new(failure.exit, format!("{failure}{help}"))
    })
}
