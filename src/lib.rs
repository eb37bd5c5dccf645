//! Chinwag: chat for a local network over UDP. This package is the command, and passes on the packages that it is made of.
//!
//! Programs that want to talk use [`client`]. Below it are pure state machines ([`server`], [`client_core`]) behind one seam
//! ([`node`]), and two loops that call those with sockets: [`drive`] with real ones and a real clock, `simnet` with virtual ones.
//! Beside them, [`cli`] calls the machine of roaming, and [`admin`] a server that does one thing to its files; these two send
//! nothing. [`store`] and [`net`] know nothing of the machines. The protocol itself is [`proto`]. ARCHITECTURE.md is the map.

pub mod admin;
pub mod bench;
pub mod cli;
pub mod config;
pub mod tui;

pub use chinwag_client as client;
pub use chinwag_client_core as client_core;
pub use chinwag_desk as desk;
pub use chinwag_discovery as discovery;
pub use chinwag_drive as drive;
use chinwag_files as files;
pub use chinwag_host as host;
pub use chinwag_host::auth;
pub use chinwag_keep as keep;
pub use chinwag_measure as measure;
pub use chinwag_net as net;
pub use chinwag_node as node;
pub use chinwag_node::{interface, render};
pub use chinwag_proto as proto;
pub use chinwag_roaming as roaming;
pub use chinwag_server as server;
pub use chinwag_server::{names, passwords};
pub use chinwag_sim as sim;
pub use chinwag_store as store;
use chinwag_words as words;
