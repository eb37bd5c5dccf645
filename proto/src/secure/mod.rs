//! Keys and what is done with them: the handshake, cookies, sealing and opening, the replay window (PROTOCOL.md,
//! "Handshake" and "Sealed").
//!
//! Everything here is a computation on octets. Nothing here knows who is connected, sends anything, or draws randomness
//! other than from the generator that it is handed. Secrets that this module holds are wiped when dropped; the two
//! libraries underneath (snow's handshake state, ring's expanded keys) do not wipe theirs.

mod cookie;
mod handshake;
mod key;
mod mac;
mod replay;
mod seal;
mod suite;

pub use cookie::CookieJar;
pub use handshake::{HandshakeFailed, Initiator, JoinKey, Keys, Responder, Unanswered};
pub use key::KeyPair;
pub use mac::{InitMac, PlaceHash, ResetKey, ResetToken};
pub use replay::ReplayWindow;
pub use seal::{OpeningKey, SealingKey};
