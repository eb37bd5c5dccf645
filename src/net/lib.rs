//! Sockets: everything that is known of the operating system's UDP.
//!
//! [`bind`] makes a [`Socket`], which receives and sends in batches and speaks of plain addresses only: `::ffff:a.b.c.d` is
//! a.b.c.d inside, and is mapped again when it leaves through a socket that serves both families. [`resolve()`] turns what a
//! person types into addresses. [`interfaces()`], [`Changes`] of these, [`Listener`] and [`way()`] are for discovery by multicast. Nothing here
//! knows of machines, sessions or time.

mod changes;
mod error;
mod interfaces;
mod listen;
mod multicast;
mod receive;
mod refusals;
mod resolve;
mod send;
mod socket;

pub use changes::{Changes, Gone};
pub use error::{BindError, ResolveError};
pub use interfaces::interfaces;
pub use listen::listen;
pub use multicast::{Listener, way};
pub use receive::{Arrival, ReceiveBatch};
pub use refusals::{Refusals, Refused};
pub use resolve::{check, check_own, literal, resolve, spell};
pub use send::SendBatch;
pub use socket::{Socket, bind};

use std::net::{IpAddr, SocketAddr};

/// The address as everything inside knows it: an IPv4 address in IPv6 clothes is an IPv4 address.
#[must_use]
pub fn unmapped(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V6(v6) if v6.ip().to_ipv4_mapped().is_some() => SocketAddr::new(v6.ip().to_canonical(), v6.port()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => addr,
    }
}

/// The address as a socket of both families wants it.
fn mapped(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.ip().to_ipv6_mapped()), v4.port()),
        SocketAddr::V6(_) => addr,
    }
}

#[cfg(test)]
mod tests;
