//! Sending in batches: datagrams to many destinations in one system call where the system has one for it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chinwag_proto::limits::DATAGRAM_MAX_LEN;

use super::Socket;

/// Datagrams that go out in one system call.
const BATCH_LEN: usize = 32;

/// Datagrams on their way out of one socket. Write into [`Self::buffer`], then [`Self::push`]; [`Self::flush`] when full and
/// at the end.
#[derive(Debug)]
pub struct SendBatch {
    buffers: Box<[[u8; DATAGRAM_MAX_LEN]; BATCH_LEN]>,
    heads: [Head; BATCH_LEN],
    /// Datagrams pushed and not yet handed to the system: `sent..filled`.
    sent: usize,
    filled: usize,
    /// Datagrams that the system refused, since the start.
    refused: u64,
}

/// All of a datagram but its payload. `to` is `None` where the socket can't reach that family.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// Where it is to go, in nobody's clothes.
    meant: SocketAddr,
    to: Option<SocketAddr>,
    from: Option<IpAddr>,
    len: usize,
}

impl Head {
    const NONE: Self =
        Self { meant: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), to: None, from: None, len: 0 };
}

impl Default for SendBatch {
    fn default() -> Self {
        Self {
            buffers: Box::new([[0; DATAGRAM_MAX_LEN]; BATCH_LEN]),
            heads: [Head::NONE; BATCH_LEN],
            sent: 0,
            filled: 0,
            refused: 0,
        }
    }
}

impl SendBatch {
    /// Room for the next datagram.
    ///
    /// # Panics
    /// If the batch is full: flush it first.
    pub fn buffer(&mut self) -> &mut [u8; DATAGRAM_MAX_LEN] {
        &mut self.buffers[self.filled]
    }

    /// Takes what was written into [`Self::buffer`]. It leaves from `from` where that is given and the socket has several
    /// addresses.
    pub fn push(&mut self, socket: &Socket, to: SocketAddr, from: Option<IpAddr>, len: usize) {
        let from = from.filter(|_| !socket.has_one_address());
        self.heads[self.filled] = Head { meant: to, to: socket.destination(to), from, len };
        self.filled += 1;
    }

    /// Whether [`Self::flush`] must come before the next [`Self::buffer`].
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.filled == BATCH_LEN
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent == self.filled
    }

    /// Hands everything to the system. A datagram that the system refuses for good (no route, say) is lost, as the network
    /// loses datagrams; the link copes. False if the system has no room now: flush again when the socket is writable.
    pub fn flush(&mut self, socket: &Socket) -> bool {
        while self.sent < self.filled {
            match self.send_some(socket) {
                Ok(count) => {
                    if socket.has_refusals() {
                        self.heads[self.sent..][..count].iter().for_each(|head| socket.has_sent(head.meant));
                    }
                    self.sent += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The address that it was to leave from may be gone, as this machine has moved: then any will do.
                Err(_) if self.heads[self.sent].from.take().is_some() => {}
                Err(error) => {
                    socket.refused(self.heads[self.sent].meant, error);
                    self.refused += 1;
                    self.sent += 1;
                }
            }
        }
        self.sent = 0;
        self.filled = 0;
        true
    }

    /// How many datagrams the system refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Sends the first of what waits, or several at once: how many.
    fn send_some(&self, socket: &Socket) -> io::Result<usize> {
        let waiting = &self.heads[self.sent..self.filled];
        let plain = waiting.iter().take_while(|head| head.from.is_none() && head.to.is_some()).count();
        if plain > 2 && cfg!(target_os = "linux") {
            return send_many(socket, &waiting[..plain], &self.buffers[self.sent..]);
        }
        let head = waiting[0];
        let to = head.to.ok_or(io::ErrorKind::AddrNotAvailable)?;
        send_one(socket, to, head.from, &self.buffers[self.sent][..head.len])?;
        Ok(1)
    }
}

impl Socket {
    /// Sends one datagram at once; it leaves from `from` where that is given and the socket has several addresses.
    ///
    /// # Errors
    /// What the system said; the datagram is lost then.
    pub fn send(&self, to: SocketAddr, from: Option<IpAddr>, bytes: &[u8]) -> io::Result<()> {
        let to = self.destination(to).ok_or(io::ErrorKind::AddrNotAvailable)?;
        match from.filter(|_| !self.has_one_address()) {
            Some(from) => send_one(self, to, Some(from), bytes).or_else(|_| send_one(self, to, None, bytes)),
            None => send_one(self, to, None, bytes),
        }
    }
}

/// Sends to a destination of the socket's own family.
fn send_one(socket: &Socket, to: SocketAddr, from: Option<IpAddr>, contents: &[u8]) -> io::Result<()> {
    if from.is_none() {
        return socket.io.send_to(contents, to).map(drop);
    }
    let transmit = quinn_udp::Transmit { destination: to, ecn: None, contents, segment_size: None, src_ip: from };
    socket.state.try_send((&socket.io).into(), &transmit)
}

/// Sends up to a batch in one system call: how many went out. All have a destination and need no source address.
#[cfg(target_os = "linux")]
fn send_many(socket: &Socket, heads: &[Head], buffers: &[[u8; DATAGRAM_MAX_LEN]]) -> io::Result<usize> {
    use rustix::net::addr::SocketAddrArg as _;
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags};

    let count = heads.len();
    // The arrays have a fixed length so that nothing is allocated; what lies after `count` repeats the first datagram and
    // is not sent.
    let head = |i: usize| &heads[if i < count { i } else { 0 }];
    let buffer = |i: usize| &buffers[if i < count { i } else { 0 }];
    let addrs: [_; BATCH_LEN] = std::array::from_fn(|i| head(i).to.expect("has a destination").as_any());
    let slices: [_; BATCH_LEN] = std::array::from_fn(|i| [io::IoSlice::new(&buffer(i)[..head(i).len])]);
    let mut controls: [_; BATCH_LEN] = std::array::from_fn(|_| SendAncillaryBuffer::default());
    let mut control = controls.iter_mut();
    let mut messages: [_; BATCH_LEN] = std::array::from_fn(|i| {
        MMsgHdr::new_with_addr(&addrs[i], &slices[i], control.next().expect("as many as messages"))
    });
    Ok(rustix::net::sendmmsg(&socket.io, &mut messages[..count], SendFlags::empty())?)
}

/// Elsewhere there is no such call.
#[cfg(not(target_os = "linux"))]
fn send_many(_: &Socket, _: &[Head], _: &[[u8; DATAGRAM_MAX_LEN]]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
