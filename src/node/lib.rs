//! The seam: the one contract between state machines and whoever drives them.
//!
//! A driver feeds a machine one or several inputs (all that one readiness event brought, say), then drains
//! [`Node::poll`] until it gives [`Output::Wait`], then sleeps until that deadline or the next input. Everything queued
//! when the draining begins goes out together, so the driver decides what a batch is and there is no tick.
//!
//! Machines own no socket, clock, thread, file or entropy. What takes time outside (a commit, a read, a password hash) is a
//! [`Node::Job`]; its completion comes back as an input, so the loop never blocks, and a simulator can lose it.

use std::net::{IpAddr, SocketAddr};

pub mod interface;
pub mod render;

use chinwag_proto::link::Role;
use chinwag_proto::time::{Instant, Now};

pub use chinwag_proto::endpoint::Transmit;

/// A state machine: a server, a client, a discoverer.
pub trait Node {
    /// What its interface asks of it.
    type Command;
    /// What it tells its interface.
    type Notice;
    /// Work that is done outside of the loop.
    type Job;
    /// What is said when such work is done.
    type Done;

    /// Takes one input. Never blocks, never fails: what a peer did wrong is counted, what a user did wrong is a notice.
    fn handle(&mut self, now: Now, input: Input<'_, Self::Command, Self::Done>);

    /// Gives the next output; a datagram is written into `buf`, which has room for
    /// [`chinwag_proto::limits::DATAGRAM_MAX_LEN`] octets. After [`Output::Wait`] there is nothing more until the deadline
    /// or the next input.
    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Self::Notice, Self::Job>;
}

/// A node that can be given a thread.
pub trait Machine: Node {
    /// Which end it is: what `up:` and `down:` mean to it.
    const ROLE: Role;

    /// Asks it to say goodbye to its peers and stop.
    fn stop() -> Self::Command;

    /// Whether this is the last notice, after which its loop ends.
    fn is_last(notice: &Self::Notice) -> bool;
}

/// What a driver feeds.
#[derive(Debug)]
pub enum Input<'a, C, D> {
    /// A datagram arrived; it is opened in place.
    Datagram {
        /// The datagram's source.
        from: SocketAddr,
        /// The local address that it was sent to, where the system says so.
        local: Option<IpAddr>,
        /// The payload.
        bytes: &'a mut [u8],
    },
    /// The deadline of the last [`Output::Wait`] has come.
    Timeout,
    /// A job is done.
    Done(D),
    /// The interface asks for something.
    Command(C),
}

/// What a machine wants done.
#[derive(Debug)]
pub enum Output<N, J> {
    /// Send what was written into the buffer.
    Transmit(Transmit),
    /// Do this, and feed the completion back.
    Job(J),
    /// Tell the interface.
    Notice(N),
    /// Nothing more until then; `None`: until the next input.
    Wait(Option<Instant>),
}
