//! Whom to trust where a server's key is not known.

use std::fmt;

use chinwag_proto::wire::id::PublicKey;

/// Whom to take for the server where this device does not know its key.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn run() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::{Device, Trust};
///
/// let device = Device::open("ann.home")?;
/// let shown = |key: &_| format!("{key}") == "k3v9q-0a1b2-c3d4e-f5g6h";
/// let (client, events) = device.server("lab")?.name("ann").trust(Trust::Ask(Box::new(shown))).connect()?;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub enum Trust {
    /// Nobody: its key must be known to this device, or stand in the invitation.
    #[default]
    Known,
    /// Whoever answers the first time, as SSH does if told so: from then on it is that one.
    New,
    /// Whoever this says yes to, once, and from then on that one. It is given the key, which says its fingerprint when it is
    /// displayed: a person can compare it with the one that the server shows.
    Ask(Box<dyn FnOnce(&PublicKey) -> bool + Send>),
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known => "Known",
            Self::New => "New",
            Self::Ask(_) => "Ask(..)",
        })
    }
}
