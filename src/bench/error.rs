//! Why there is no measurement.

use std::io;

use thiserror::Error;

use crate::config::ConfigError;
use crate::net::BindError;

/// Why there is no measurement.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The system refused something.
    #[error("{what}: {source}")]
    System {
        /// What was wanted of it.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// No socket for a client.
    #[error(transparent)]
    Socket(#[from] BindError),
    /// No home for the server.
    #[error(transparent)]
    Home(#[from] ConfigError),
    /// The server process did not say where it listens.
    #[error("the server did not start: its first line was {0:?}")]
    NoServer(String),
    /// A client could not go on.
    #[error("member {member}: {why}")]
    Client {
        /// Which.
        member: usize,
        /// Why.
        why: String,
    },
    /// The store could not do it.
    #[error("the store: {0}")]
    Store(String),
    /// Nothing happened for too long.
    #[error("gave up: {0}")]
    Stuck(String),
}

impl BenchError {
    /// For `map_err`: what was wanted of the system.
    pub(super) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
