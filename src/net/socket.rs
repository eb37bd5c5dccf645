//! A UDP socket with the options that chat wants: one or both families, large buffers, don't-fragment, and the local
//! address of every datagram.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use quinn_udp::UdpSocketState;
use socket2::{Domain, Protocol, Type};

use super::{BindError, Refusals, mapped, unmapped};

/// What is asked of the kernel for each direction; it grants less where `rmem_max` or `wmem_max` are smaller.
const BUFFER_WANTED_BYTES: usize = 8 * 1024 * 1024;

/// A bound UDP socket, non-blocking.
#[derive(Debug)]
pub struct Socket {
    pub(super) io: mio::net::UdpSocket,
    pub(super) state: UdpSocketState,
    local: SocketAddr,
    /// IPv4 addresses must be mapped before they leave: the socket is an IPv6 one.
    ipv6: bool,
    refusals: Refusals,
}

/// A socket on `addr`; port 0 picks a free one. `[::]` means both families, and falls back to `0.0.0.0` on a system
/// without IPv6.
///
/// # Errors
/// [`BindError`], which says what to do.
pub fn bind(addr: SocketAddr) -> Result<Socket, BindError> {
    with_fallback(addr, Socket::new)
}

/// What `open` makes of `addr`, or of `0.0.0.0` where `[::]` can't be had.
fn with_fallback<T>(addr: SocketAddr, open: impl Fn(SocketAddr) -> Result<T, BindError>) -> Result<T, BindError> {
    match open(addr) {
        Err(BindError::NoFamily(_) | BindError::NotHere(_)) if addr.is_ipv6() && addr.ip().is_unspecified() => {
            log::info!("IPv6 is off here: listening on IPv4 only");
            open(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), addr.port()))
        }
        result => result,
    }
}

impl Socket {
    fn new(addr: SocketAddr) -> Result<Self, BindError> {
        Self::try_new(unmapped(addr)).map_err(|source| BindError::new(addr, source))
    }

    fn try_new(addr: SocketAddr) -> io::Result<Self> {
        let socket = Self::made(addr)?;
        if addr.is_ipv6() {
            socket.set_only_v6(!addr.ip().is_unspecified())?;
        }
        let granted = enlarge(&socket);
        let made = Self::bound(socket, addr)?;
        log::debug!("socket on {}: the kernel grants {} B to receive, {} B to send", made.local, granted.0, granted.1);
        Ok(made)
    }

    /// A UDP socket of the family of `addr`, not bound yet.
    #[expect(clippy::disallowed_methods, reason = "the one place where sockets are made")]
    pub(super) fn made(addr: SocketAddr) -> io::Result<socket2::Socket> {
        socket2::Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))
    }

    /// Binds a socket.
    pub(super) fn bound(socket: socket2::Socket, addr: SocketAddr) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        let socket = std::net::UdpSocket::from(socket);
        let local = unmapped(socket.local_addr()?);
        let state = UdpSocketState::new((&socket).into())?;
        let (io, ipv6, refusals) = (mio::net::UdpSocket::from_std(socket), addr.is_ipv6(), Refusals::default());
        Ok(Self { io, state, local, ipv6, refusals })
    }

    /// Where it is bound; the port is the real one.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// What the system refuses to send through it, for whoever has to explain silence.
    #[must_use]
    pub fn refusals(&self) -> Refusals {
        self.refusals.clone()
    }

    /// The system refused a datagram for good.
    pub(super) fn refused(&self, to: SocketAddr, error: io::Error) {
        log::debug!("not sent to {to}: {error}");
        self.refusals.note(unmapped(to), error);
    }

    /// Whether the system refuses some destination at present.
    pub(super) fn has_refusals(&self) -> bool {
        self.refusals.any()
    }

    /// A datagram has left.
    pub(super) fn has_sent(&self, to: SocketAddr) {
        self.refusals.left(unmapped(to));
    }

    /// What an event loop registers.
    pub fn source(&mut self) -> &mut impl mio::event::Source {
        &mut self.io
    }

    /// Whether the socket is bound to one address, so that every datagram leaves from it anyway.
    pub(super) fn has_one_address(&self) -> bool {
        !self.local.ip().is_unspecified()
    }

    /// `to` in the socket's own family; `None` if it can't go there.
    pub(super) fn destination(&self, to: SocketAddr) -> Option<SocketAddr> {
        match (self.ipv6, to.is_ipv6()) {
            (true, _) => Some(mapped(to)),
            (false, false) => Some(to),
            (false, true) => None,
        }
    }
}

/// Asks for large buffers, and gives what was granted: receive, send.
fn enlarge(socket: &socket2::Socket) -> (usize, usize) {
    // A refusal leaves the default, which works; what is really there is logged.
    let _ = socket.set_recv_buffer_size(BUFFER_WANTED_BYTES);
    let _ = socket.set_send_buffer_size(BUFFER_WANTED_BYTES);
    (socket.recv_buffer_size().unwrap_or(0), socket.send_buffer_size().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_ipv6_all_addresses_are_those_of_ipv4_and_a_single_one_is_refused() {
        let only_ipv4 = |addr: SocketAddr| if addr.is_ipv6() { Err(BindError::NoFamily(addr)) } else { Ok(addr) };
        let open = |addr: &str| with_fallback(addr.parse().expect("an address"), only_ipv4);
        assert_eq!(open("[::]:7").ok(), "0.0.0.0:7".parse().ok());
        assert!(matches!(open("[::1]:7"), Err(BindError::NoFamily(_))));
        let taken = |addr| Err::<(), _>(BindError::PortTaken(addr));
        let refused = with_fallback("[::]:7".parse().expect("an address"), taken);
        assert!(matches!(refused, Err(BindError::PortTaken(addr)) if addr.is_ipv6()), "not a matter of families");
    }
}
