//! The only loop with a real clock: sockets, workers, deadlines and bad weather around a [`Node`].
//!
//! [`spawn`] gives a machine a thread, and its interface a [`Handle`]: commands in, notices out. [`Loop`] is the same loop
//! for use in place, with one machine or thousands. Both wait for readiness, feed all that arrived, drain the machine, send
//! what it wrote in batches, and sleep until its deadline, to the microsecond. [`relay`] spoils datagrams between programs
//! that know nothing of it. [`Scout`] is the loop of discovery, which has a socket for each interface.

pub mod entropy;
pub mod relay;

mod clock;
mod deadlines;
mod event_loop;
mod handle;
mod listen;
mod news;
mod reactor;
mod scout;
mod seat;
mod socket_weather;
mod worker;

pub use clock::Clock;
pub use event_loop::{Loop, SeatId, Sink};
pub use handle::{Commands, Handle, Options, Stopped, spawn};
pub use listen::listen;
pub use reactor::Wake;
pub use scout::Scout;
pub use socket_weather::SocketWeather;
pub use worker::{Inline, Threaded, Worker};

#[cfg(doc)]
use chinwag_node::Node;

#[cfg(test)]
mod tests;
