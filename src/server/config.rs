//! How a server is set up.

use std::time::Duration;

use chinwag_proto::limits::{MESSAGES_PER_S, PING_INTERVAL_MS};

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
    /// Posts a second, and requests a second, taken from a session beyond what it may send at once; `None`: all that come.
    pub messages_per_s: Option<u32>,
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
            messages_per_s: Some(MESSAGES_PER_S),
        }
    }
}
