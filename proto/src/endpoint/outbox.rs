//! Datagrams of handshakes and resets that wait to be sent. All are small, and few wait at a time.

use alloc::collections::VecDeque;

use crate::error::DropReason;
use crate::limits::{INIT_LEN, OUTBOX_MAX};
use crate::session::Route;

/// A bounded queue of small datagrams.
#[derive(Default)]
pub(super) struct Outbox(VecDeque<Small>);

struct Small {
    route: Route,
    len: usize,
    octets: [u8; INIT_LEN],
}

impl Outbox {
    /// Queues the datagram that `write` writes, whose length it gives.
    pub(super) fn push(&mut self, route: Route, write: impl FnOnce(&mut [u8]) -> usize) -> Result<(), DropReason> {
        if self.0.len() >= OUTBOX_MAX {
            return Err(DropReason::Budget);
        }
        let mut octets = [0; INIT_LEN];
        let len = write(&mut octets);
        self.0.push_back(Small { route, len, octets });
        Ok(())
    }

    /// Moves the oldest into `out`: where it goes and its length.
    pub(super) fn pop(&mut self, out: &mut [u8]) -> Option<(Route, usize)> {
        let small = self.0.pop_front()?;
        out[..small.len].copy_from_slice(&small.octets[..small.len]);
        Some((small.route, small.len))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
