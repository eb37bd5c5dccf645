//! Messages: what frames carry for the application, opaque to the link. Each is one postcard value.
//!
//! Released values are frozen; a new thing is a new variant at the end of an enum, which an older peer refuses by itself
//! without losing the session.

mod bulk;
mod control;
mod fact;
pub mod name;
mod post;
mod presence;
mod refusal;
mod room;
mod secret;
pub mod visible;

pub use bulk::{Bulk, Device, Hit, Numbered, Position, SearchMark};
pub use control::{Answer, Begin, Down, From, Mark, Measured, Quota, Reach, Request, Up, Which};
pub use fact::{Fact, Facts};
pub use post::{Act, Body, Entry, Post};
pub use presence::{Away, Presence, PresenceEntry, PresenceUpdate, Typing};
pub use refusal::Refusal;
pub use room::{Access, Listed, Member, Role, RoomInfo, RoomKind, Standing};
pub use secret::Secret;

use alloc::vec::Vec;

use blake2::digest::consts::U32;
use blake2::{Blake2s, Digest as _};
use serde::{Deserialize, Serialize};

use crate::error::DropReason;

/// A value that travels as a message.
pub trait Wire: Serialize + for<'a> Deserialize<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// [`DropReason::Malformed`] if it is not exactly one value.
    fn decode(bytes: &[u8]) -> Result<Self, DropReason> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(value),
            _ => Err(DropReason::Malformed),
        }
    }

    /// The message's octets.
    ///
    /// # Panics
    /// Never: every such value has a length that is known to postcard.
    fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("messages are plain data")
    }
}

/// Hash of a message as it was received (BLAKE2s-256, RFC 7693): tells a repeat from another message with the same id.
#[must_use]
pub fn hash(received: &[u8]) -> [u8; 32] {
    Blake2s::<U32>::digest(received).into()
}

impl Wire for Up {}
impl Wire for Down {}
impl Wire for Post {}
impl Wire for Entry {}
impl Wire for PresenceUpdate {}
impl Wire for Typing {}
impl Wire for Bulk {}
