//! Listening on some sockets for a while, for who needs no machine for that.

use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;

use chinwag_proto::time::Instant;

use super::Clock;
use super::reactor::Reactor;
use chinwag_net::{ReceiveBatch, Socket};

/// Hands over what arrives on these sockets until then, or until `sink` breaks off; each datagram with the place of its socket.
///
/// # Errors
/// The system refuses a readiness queue or a timer, or what it says of a socket.
pub fn listen(
    sockets: &mut [&mut Socket],
    clock: &Clock,
    until: Instant,
    mut sink: impl FnMut(usize, SocketAddr, &[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    for (token, socket) in sockets.iter_mut().enumerate() {
        reactor.watch(token, socket)?;
    }
    let mut receive = ReceiveBatch::default();
    let mut heard = Ok(());
    'listening: while clock.mono() < until {
        for (token, socket) in sockets.iter().enumerate() {
            loop {
                let is_more = match receive.receive(socket) {
                    Ok(is_more) => is_more,
                    Err(error) => {
                        heard = Err(error);
                        break 'listening;
                    }
                };
                for arrival in receive.arrivals() {
                    if sink(token, arrival.from, arrival.bytes).is_break() {
                        break 'listening;
                    }
                }
                if !is_more || clock.mono() >= until {
                    break;
                }
            }
        }
        reactor.wait(clock, Some(until))?;
    }
    for socket in sockets.iter_mut() {
        reactor.forget(socket)?;
    }
    heard
}
