//! Networks in virtual time: what the simulator, the tests and the benchmarks run machines on.
//!
//! It is the second driver of the seam ([`chinwag_node`]), and knows none of the machines. A [`network::Network`] has hosts with
//! addresses and links with weather, and runs whatever is started on them. What it is made of stands by itself, for whoever watches
//! each step as the simulator does: a [`queue`] says what happens next, a [`process`] is a machine with a socket's buffer and clocks
//! of its own, [`links`] are addresses and weather. An [`endpoint`] runs as a machine of sessions without chat; a [`pair`] is two links of the
//! reliability layer alone, and [`latency`] measures what a message's way takes there.

pub mod either;
pub mod endpoint;
pub mod latency;
pub mod links;
pub mod network;
pub mod pair;
pub mod process;
pub mod queue;

#[cfg(test)]
mod tests;
