//! Chinwag: chat for a local network over UDP.
//!
//! The library is pure state machines ([`server`], [`client`]) behind one seam ([`node`]), and two drivers that alone call
//! them: [`drive`] with real sockets, a real clock and a real disk, [`sim`] with virtual ones. [`store`] and [`net`] know
//! nothing of the machines. The protocol itself is the crate `chinwag-proto`. ARCHITECTURE.md is the map.

pub mod admin;
pub mod auth;
pub mod bench;
pub mod cli;
pub mod client;
pub mod config;
pub mod discovery;
pub mod drive;
mod files;
pub mod interface;
pub mod keep;
pub mod names;
pub mod net;
pub mod node;
pub mod passwords;
pub mod probe;
pub mod render;
pub mod server;
pub mod sim;
pub mod store;
pub mod tui;

pub use chinwag_proto as proto;
