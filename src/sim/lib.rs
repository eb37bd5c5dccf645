//! The simulator: whole networks in virtual time (docs/design.md, section 9).
//!
//! It uses the second driver of the seam ([`chinwag_simnet`]): the same machines as in the real process, with a virtual clock,
//! virtual hosts and links with weather, and disks that crash. A [`plan`] is drawn from a seed, the [`event_loop`] carries it
//! out, [`check`] watches from outside. The same seed gives the same trace.

pub mod check;
pub mod coverage;
pub mod digest;
pub mod disk;
pub mod event_loop;
pub mod machines;
pub mod network;
pub mod plan;
pub mod roaming;
pub mod trace;

mod client_host;
mod notices;
pub mod report;
mod run;
mod server_host;
mod steps;
mod world;

pub use run::{run_one, run_range, run_seed};
