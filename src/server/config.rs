//! How a server is set up.

use std::time::Duration;

use chinwag_proto::limits::PING_INTERVAL_MS;

/// How a server is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Its name, for people.
    pub name: String,
    /// The join key asked of new devices, if any.
    pub join_key: Option<[u8; 32]>,
    /// Most sessions at a time.
    pub sessions_max: usize,
    /// The ping interval that is advertised to clients.
    pub ping_interval: Duration,
    /// How long this server may keep its acknowledgements back.
    pub ack_delay: Duration,
    /// Make speculative copies where a path deserves them.
    pub speculative: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::from("chinwag"),
            join_key: None,
            sessions_max: 10_000,
            ping_interval: Duration::from_millis(PING_INTERVAL_MS),
            ack_delay: Duration::ZERO,
            speculative: true,
        }
    }
}
