//! Bad weather on a machine's own socket: once on what is sent, once on what is received.

use std::net::{IpAddr, SocketAddr};

use chinwag_proto::link::Role;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Spec, Weather};

/// The weather between a machine and its socket.
#[derive(Debug)]
pub struct SocketWeather {
    /// On what the machine sends: where to, where from.
    pub(super) sent: Weather<(SocketAddr, Option<IpAddr>)>,
    /// On what the machine receives: where from, where to.
    pub(super) received: Weather<(SocketAddr, Option<IpAddr>)>,
    seed: u64,
}

impl SocketWeather {
    /// Weather for a machine of this role: `up:` is what a client sends and a server receives. Where the specification has
    /// no seed, `rng` draws one.
    #[must_use]
    pub fn new(spec: &Spec, role: Role, rng: &mut Rng) -> Self {
        let seed = spec.seed.unwrap_or_else(|| rng.u64());
        let mut rng = Rng::from_number(seed);
        let (up, down) = (rng.fork("up"), rng.fork("down"));
        let (sent, received) = match role {
            Role::Client => (Weather::new(spec.up, up), Weather::new(spec.down, down)),
            Role::Server => (Weather::new(spec.down, down), Weather::new(spec.up, up)),
        };
        Self { sent, received, seed }
    }

    /// The seed: the same again gives the same weather.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }
}

/// The earlier of two deadlines.
pub(super) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}
