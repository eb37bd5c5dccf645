//! Networks in virtual time: what the simulator, the tests and the benchmarks run machines on.
//!
//! It is the second driver of the seam ([`chinwag_node`]), and knows none of the machines. A [`queue`] says what happens next, a
//! [`process`] is a machine with a socket's buffer and clocks of its own. A [`pair`] is two links of the reliability layer alone,
//! without sessions around them, and [`latency`] measures what a message's way takes there.

pub mod latency;
pub mod pair;
pub mod process;
pub mod queue;
