//! The simulator: whole networks in virtual time (DESIGN §9).
//!
//! It is the second driver of the seam ([`crate::node`]): the same machines as in the real process, with a virtual clock,
//! virtual hosts and links with weather, and disks that crash. A [`plan`] is drawn from a seed, a [`world`] carries it
//! out, [`check`] watches from outside. The same seed gives the same trace.

pub mod check;
pub mod coverage;
pub mod digest;
pub mod disk;
pub mod machines;
pub mod network;
pub mod plan;
pub mod process;
pub mod queue;
pub mod trace;
pub mod world;

mod args;
mod client_host;
mod notices;
mod report;
mod server_host;
mod steps;

pub use args::{Args, NotSeeds, Report, Seeds, run, run_seed};
