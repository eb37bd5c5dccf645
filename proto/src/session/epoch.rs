//! An epoch: what one handshake gave. The connection id selects it; the packet numbers run on from one to the next.

use crate::secure::{Keys, ResetToken};
use crate::time::Instant;
use crate::wire::id::ConnectionId;

/// Keys and connection ids of one handshake.
pub(crate) struct Epoch {
    /// The id at which this end receives.
    pub(crate) receives_at: ConnectionId,
    /// The id at which the peer receives.
    pub(crate) sends_to: ConnectionId,
    /// Both directions.
    pub(crate) keys: Keys,
    /// When the handshake was done; keys die of age.
    pub(crate) born: Instant,
    /// Client: the token that a `Reset` of `sends_to` must bear.
    pub(crate) reset: Option<ResetToken>,
}
