//! Handshakes that were answered: the `Accept` for whoever repeats the `Init`, and the keys until a first datagram under
//! them makes a session. Bounded in number and in age; the oldest makes room for the newest.

use core::time::Duration;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::limits::{ACCEPT_REPEAT_S, HALF_OPEN_LIFETIME_S, HALF_OPEN_MAX};
use crate::session::{Grant, Peer};
use crate::time::Instant;
use crate::wire::datagram::Init;
use crate::wire::id::ConnectionId;

use super::types::SessionId;

/// The MAC of an `Init`; two with the same MAC are the same.
type InitTag = [u8; Init::MAC_LEN];

/// What becomes a session, or fresh keys of one, with the first datagram.
pub(super) struct Pending {
    pub(super) peer: Peer,
    pub(super) grant: Grant,
    /// The session that goes on.
    pub(super) continues: Option<SessionId>,
    /// When the `Accept` was sent, unless it was sent twice.
    pub(super) accepted_at: Option<Instant>,
}

struct HalfOpen {
    tag: InitTag,
    id: ConnectionId,
    since: Instant,
    accept: Vec<u8>,
    pending: Option<Pending>,
}

/// All of them, oldest first.
#[derive(Default)]
pub(super) struct HalfOpens {
    by_age: BTreeMap<u64, HalfOpen>,
    by_tag: BTreeMap<InitTag, u64>,
    next: u64,
    /// How many are not confirmed.
    open: usize,
}

impl HalfOpens {
    /// How many are not confirmed.
    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// The `Accept` that this `Init` was answered with lately.
    pub(super) fn repeat(&mut self, now: Instant, tag: &InitTag) -> Option<&[u8]> {
        let half = self.by_age.get_mut(self.by_tag.get(tag)?)?;
        if now - half.since > Duration::from_secs(ACCEPT_REPEAT_S) {
            return None;
        }
        if let Some(pending) = &mut half.pending {
            pending.accepted_at = None;
        }
        Some(&half.accept)
    }

    /// Forgets what is too old, and the oldest if there is no room for one more: calls `given_up` with each connection id
    /// at which nobody receives any more.
    pub(super) fn make_room(&mut self, now: Instant, mut given_up: impl FnMut(ConnectionId)) {
        while let Some((&oldest, half)) = self.by_age.first_key_value() {
            let is_stale = now - half.since > Duration::from_secs(HALF_OPEN_LIFETIME_S);
            if !is_stale && self.by_age.len() < HALF_OPEN_MAX {
                break;
            }
            if let Some(id) = self.remove(oldest) {
                given_up(id);
            }
        }
    }

    /// Takes one in and gives its name.
    pub(super) fn insert(&mut self, now: Instant, tag: InitTag, accept: Vec<u8>, pending: Pending) -> u64 {
        let name = self.next;
        self.next += 1;
        let id = pending.grant.epoch.receives_at;
        self.by_tag.insert(tag, name);
        self.open += 1;
        self.by_age.insert(name, HalfOpen { tag, id, since: now, accept, pending: Some(pending) });
        name
    }

    /// What waits for a first datagram, unless it is too old or came already.
    pub(super) fn pending(&self, now: Instant, name: u64) -> Option<&Pending> {
        let half = self.by_age.get(&name)?;
        if now - half.since > Duration::from_secs(HALF_OPEN_LIFETIME_S) { None } else { half.pending.as_ref() }
    }

    /// Takes what the first datagram confirmed; the `Accept` may still be repeated.
    pub(super) fn confirm(&mut self, name: u64) -> Option<Pending> {
        let pending = self.by_age.get_mut(&name)?.pending.take()?;
        self.open -= 1;
        Some(pending)
    }

    /// Forgets one; gives the connection id that nobody receives at any more.
    pub(super) fn remove(&mut self, name: u64) -> Option<ConnectionId> {
        let half = self.by_age.remove(&name)?;
        if self.by_tag.get(&half.tag) == Some(&name) {
            self.by_tag.remove(&half.tag);
        }
        // Once confirmed, the id belongs to a session.
        half.pending?;
        self.open -= 1;
        Some(half.id)
    }
}
