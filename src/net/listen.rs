//! A TCP socket, for what an operator's tools ask over HTTP. Chat never travels over one.

use std::net::{SocketAddr, TcpListener};

use super::BindError;

/// A socket that takes connections at `addr`; port 0 picks a free one.
///
/// # Errors
/// [`BindError`], which says what to do.
#[expect(clippy::disallowed_methods, reason = "the one place where such sockets are made")]
pub fn listen(addr: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(addr).map_err(|source| BindError::new(addr, source))
}
