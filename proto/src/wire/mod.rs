//! Bytes to types and back. Everything is postcard; nothing here keeps state.
//!
//! A datagram ([`datagram`]) starts with a header of constant size. The contents of a `Sealed` datagram are frames
//! ([`frame`]): kind, length, body. The bodies that frames carry for the application are messages ([`message`]), opaque to
//! the link. Identifiers are newtypes ([`id`]). A decoder never allocates from a length read off the wire, and gives a
//! named [`crate::error::DropReason`] for whatever it refuses.

pub mod datagram;
pub mod frame;
pub mod id;
pub mod message;
