//! Administration: a local socket by which a running server is asked, and the same questions put to a server that does not
//! run, over its store alone.
//!
//! The gate is the socket's place and mode: it lies in the server's own folder and only its owner may open it. One request
//! and one reply a line, as JSON. Nothing of this is reachable over the network, but the counters
//! of [`serve_metrics`], where they were asked for.

mod actor;
mod metrics;
mod offline;
mod reply;
mod request;
#[cfg(unix)]
mod socket;
mod status_source;
mod visitors;

pub use actor::own as own_user;
pub use metrics::serve_metrics;
pub use offline::operate;
pub use reply::{Account, Clock, ContactInfo, Near, PeerAddress, Quotas, Reply, Room, Session, Status, Token, Verdict};
pub use request::{Admitted, Registering, Request, RetentionRule, SetQuotas, Untranslatable};
#[cfg(unix)]
pub use socket::{AdminSocket, Files, LocalHandler, Settle, ask};
pub use status_source::StatusSource;
