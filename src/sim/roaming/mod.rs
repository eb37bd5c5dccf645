//! Chats that roam on a subnet in virtual time: servers that move, end and find each other, partitions, and forgers.
//!
//! The machines of roaming and of discovery are the real ones, and so are the beacons. Servers, sessions and handshakes are
//! only what a roaming chat sees of them: a server is reached, has a key, lets somebody in, stores what is said.

mod act;
mod chat;
mod check;
pub mod plan;
mod subnet;
mod world;

use std::collections::BTreeSet;

use crate::check::Finding;
use crate::machines::Machines;
use crate::trace::Trace;

pub use world::Situation;

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// Promises that were broken.
    pub findings: Vec<Finding>,
    /// What came up.
    pub situations: BTreeSet<Situation>,
    /// Hash of the trace.
    pub hash: u64,
}

/// Runs the plan of a seed.
#[must_use]
pub fn run_seed(seed: u64, machines: &dyn Machines, trace: Trace<'_>) -> Outcome {
    let (findings, situations, hash) = world::World::new(plan::Plan::new(seed), machines, trace).run();
    Outcome { findings, situations, hash }
}
