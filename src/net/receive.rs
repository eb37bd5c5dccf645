//! Receiving in batches: one system call brings up to 32 datagrams, more where the kernel merged some (GRO).

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use quinn_udp::{BATCH_SIZE, RecvMeta};

use super::{Socket, unmapped};

/// Room for one buffer: what the kernel merges is at most 64 KiB.
const SLOT_LEN: usize = 64 * 1024;

/// A datagram as it arrived.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The datagram's source, unmapped.
    pub from: SocketAddr,
    /// The local address that it was sent to, where the system says so.
    pub local: Option<IpAddr>,
    /// The payload.
    pub bytes: &'a mut [u8],
}

/// Buffers to receive into; one set serves any number of sockets.
#[derive(Debug)]
pub struct ReceiveBatch {
    /// [`BATCH_SIZE`] slots of [`SLOT_LEN`]; pages that no datagram ever reached are never made.
    slots: Box<[u8]>,
    metas: [RecvMeta; BATCH_SIZE],
    filled: usize,
}

impl Default for ReceiveBatch {
    fn default() -> Self {
        Self { slots: vec![0; BATCH_SIZE * SLOT_LEN].into(), metas: [RecvMeta::default(); BATCH_SIZE], filled: 0 }
    }
}

impl ReceiveBatch {
    /// Receives what is there, at most one batch. True if there may be more; false if the socket was drained.
    ///
    /// # Errors
    /// What the system said, [`io::ErrorKind::WouldBlock`] apart: that is an empty batch.
    pub fn receive(&mut self, socket: &Socket) -> io::Result<bool> {
        self.filled = 0;
        let mut slots = self.slots.chunks_exact_mut(SLOT_LEN);
        let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(slots.next().expect("there are BATCH_SIZE slots")));
        match socket.state.recv((&socket.io).into(), &mut buffers, &mut self.metas) {
            Ok(count) => {
                self.filled = count;
                // A short batch ended because nothing more was queued; what comes later makes a new event.
                Ok(count == BATCH_SIZE || BATCH_SIZE == 1)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The datagrams of the last batch.
    pub fn arrivals(&mut self) -> impl Iterator<Item = Arrival<'_>> {
        self.slots.chunks_exact_mut(SLOT_LEN).zip(&self.metas[..self.filled]).flat_map(|(slot, meta)| {
            let (from, local) = (unmapped(meta.addr), meta.dst_ip.map(|ip| ip.to_canonical()));
            slot[..meta.len].chunks_mut(meta.stride.max(1)).map(move |bytes| Arrival { from, local, bytes })
        })
    }
}
