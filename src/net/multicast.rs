//! Sockets of discovery: the shared port on which groups are heard, and a way out through each interface.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{BindError, Socket};
use chinwag_node::interface::Interface;

/// What is asked of the kernel to receive into: a crowd of forgers fills it, and what does not fit is dropped for nothing.
const BUFFER_WANTED_BYTES: usize = 64 * 1024;

/// A socket on the port of discovery, which several programs of a machine share. It hears the group on every interface that it
/// has joined.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: Socket,
    group: IpAddr,
    joined: Vec<Interface>,
    refused: Vec<(Interface, io::Error)>,
}

impl Listener {
    /// A listener of the family of `group`; what it sends gets no further than `hops`.
    ///
    /// # Errors
    /// [`BindError`]: another program has the port for itself, or the system lacks the family.
    pub fn bind(group: IpAddr, port: u16, hops: u8) -> Result<Self, BindError> {
        let any = match group {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let addr = SocketAddr::new(any, port);
        let socket = bind(addr, hops).map_err(|source| BindError::new(addr, source))?;
        Ok(Self { socket, group, joined: Vec::new(), refused: Vec::new() })
    }

    /// Where the system does not let this socket hear its group, and why. It is tried again when interfaces have changed.
    #[must_use]
    pub fn refused(&self) -> &[(Interface, io::Error)] {
        &self.refused
    }

    /// Follows the interfaces: leaves the group where there is none any more, and joins it where it was not joined yet.
    pub fn follow(&mut self, interfaces: &[Interface]) {
        let ours: Vec<_> = interfaces
            .iter()
            .filter(|interface| interface.addr.is_ipv4() == self.group.is_ipv4() && interface.can_multicast())
            .copied()
            .collect();
        for gone in self.joined.iter().filter(|was| ours.iter().all(|is| is.index != was.index)) {
            log::debug!("left {} on {}", self.group, gone.addr);
            self.leave(gone);
        }
        let before = self.refused.len();
        self.refused.clear();
        let mut joined: Vec<_> = self.joined.iter().filter(|was| ours.contains(was)).copied().collect();
        for interface in ours.iter().filter(|interface| !self.joined.contains(interface)) {
            match self.join_anew(interface, &joined) {
                Ok(()) => {
                    log::debug!("joined {} on {}", self.group, interface.addr);
                    joined.push(*interface);
                }
                Err(error) => {
                    log::debug!("can't join {} on {}: {error}", self.group, interface.addr);
                    self.refused.push((*interface, error));
                }
            }
        }
        self.joined = joined;
        if self.refused.len() > before
            && let Some((_, error)) = self.refused.first()
        {
            let (group, heard, all) = (self.group, self.joined.len(), ours.len());
            log::warn!("{group} is heard on {heard} of {all} addresses of this machine, and asked on all: {error}");
        }
    }

    /// Joins the group on an interface. A membership outlives its interface: one that was made anew under the same number is
    /// "in use" and not heard, until it is left; unless another address of this interface has been joined.
    fn join_anew(&self, interface: &Interface, joined: &[Interface]) -> io::Result<()> {
        match self.join(interface) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if joined.iter().any(|other| other.index == interface.index) {
                    return Ok(());
                }
                self.leave(interface);
                self.join(interface)
            }
            done => done,
        }
    }

    fn join(&self, interface: &Interface) -> io::Result<()> {
        let socket = socket2::SockRef::from(&self.socket.io);
        match (self.group, interface.addr) {
            (IpAddr::V4(group), IpAddr::V4(addr)) => socket.join_multicast_v4(&group, &addr),
            (IpAddr::V6(group), _) => socket.join_multicast_v6(&group, interface.index),
            (IpAddr::V4(_), IpAddr::V6(_)) => Ok(()),
        }
    }

    /// Linux counts an interface that is gone among the few that a socket may hear a group on (`igmp_max_memberships`).
    #[cfg(target_os = "linux")]
    fn leave(&self, interface: &Interface) {
        let socket = socket2::SockRef::from(&self.socket.io);
        let by_number = socket2::InterfaceIndexOrAddress::Index(interface.index);
        // It may have been left already: another of its addresses has gone, too.
        let _ = match self.group {
            IpAddr::V4(group) => socket.leave_multicast_v4_n(&group, &by_number),
            IpAddr::V6(group) => socket.leave_multicast_v6(&group, interface.index),
        };
    }

    /// Other systems forget it by themselves.
    #[cfg(not(target_os = "linux"))]
    fn leave(&self, _: &Interface) {}
}

fn bind(addr: SocketAddr, hops: u8) -> io::Result<Socket> {
    let socket = Socket::made(addr)?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    // Elsewhere programs share a port only if all say this as well.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    // A refusal leaves the default, which works.
    let _ = socket.set_recv_buffer_size(BUFFER_WANTED_BYTES);
    confine(&socket, addr, hops)?;
    #[cfg(target_os = "linux")]
    if addr.is_ipv4() {
        // Only groups that this socket has joined, not those that others have.
        socket.set_multicast_all_v4(false)?;
    }
    Socket::bound(socket, addr)
}

/// A socket whose multicast and broadcast leave through one interface, from a port of its own, and get no further than
/// `hops`.
///
/// # Errors
/// What the system said.
pub fn way(interface: &Interface, hops: u8) -> io::Result<Socket> {
    let addr = match interface.addr {
        IpAddr::V4(v4) => SocketAddr::new(v4.into(), 0),
        IpAddr::V6(_) => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
    };
    let socket = Socket::made(addr)?;
    match interface.addr {
        IpAddr::V4(v4) => {
            socket.set_multicast_if_v4(&v4)?;
            socket.set_broadcast(true)?;
        }
        IpAddr::V6(_) => {
            socket.set_only_v6(true)?;
            socket.set_multicast_if_v6(interface.index)?;
        }
    }
    confine(&socket, addr, hops)?;
    Socket::bound(socket, addr)
}

fn confine(socket: &socket2::Socket, addr: SocketAddr, hops: u8) -> io::Result<()> {
    let hops = u32::from(hops);
    if addr.is_ipv4() {
        socket.set_ttl_v4(hops)?;
        socket.set_multicast_ttl_v4(hops)
    } else {
        socket.set_unicast_hops_v6(hops)?;
        socket.set_multicast_hops_v6(hops)
    }
}
