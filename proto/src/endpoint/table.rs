//! The table of sessions: by handle, by connection id, by peer; which have something to do now, and which when.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use crate::link;
use crate::rng::Rng;
use crate::session::{Peer, Session};
use crate::time::Instant;
use crate::wire::id::ConnectionId;

use super::timers::Timers;
use super::types::SessionId;

/// Who receives at a connection id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A session, which may be over.
    Session(SessionId),
    /// A handshake that was answered and not yet confirmed.
    HalfOpen(u64),
}

/// All sessions of an endpoint. One that is over stays until its goodbye is said, known by connection id only.
#[derive(Default)]
pub(super) struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
    ids: BTreeMap<ConnectionId, Owner>,
    peers: BTreeMap<Peer, SessionId>,
    /// Sessions to be polled, each at most once.
    ready: VecDeque<SessionId>,
    timers: Timers,
    /// Counters of the links of sessions that are gone.
    past: link::Stats,
}

#[derive(Default)]
struct Slot {
    generation: u32,
    session: Option<Box<Session>>,
    is_ready: bool,
}

impl Table {
    /// A connection id that nobody has.
    pub(super) fn fresh_id(&self, rng: &mut Rng) -> ConnectionId {
        loop {
            let id = ConnectionId(rng.bytes());
            if !self.ids.contains_key(&id) {
                return id;
            }
        }
    }

    /// Who receives at this id.
    pub(super) fn owner(&self, id: ConnectionId) -> Option<Owner> {
        self.ids.get(&id).copied()
    }

    pub(super) fn own(&mut self, id: ConnectionId, owner: Owner) {
        self.ids.insert(id, owner);
    }

    pub(super) fn disown(&mut self, id: ConnectionId) {
        self.ids.remove(&id);
    }

    /// Sessions that stand.
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    /// Takes a session in; there is none with the same peer.
    pub(super) fn insert(&mut self, session: Session) -> SessionId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).expect("fewer sessions than 2^32")
        });
        let slot = &mut self.slots[index as usize];
        let id = SessionId { index, generation: slot.generation };
        for at in session.ids() {
            self.ids.insert(at, Owner::Session(id));
        }
        let before = self.peers.insert(session.peer, id);
        debug_assert!(before.is_none(), "a peer has one session");
        slot.session = Some(Box::new(session));
        id
    }

    /// The session that stands with this peer.
    pub(super) fn of_peer(&self, peer: &Peer) -> Option<SessionId> {
        self.peers.get(peer).copied()
    }

    /// A session, over or not.
    pub(super) fn any(&mut self, id: SessionId) -> Option<&mut Session> {
        let slot = self.slots.get_mut(id.index as usize)?;
        if slot.generation == id.generation { slot.session.as_deref_mut() } else { None }
    }

    /// A session that stands.
    pub(super) fn standing(&mut self, id: SessionId) -> Option<&mut Session> {
        self.any(id).filter(|session| session.is_open())
    }

    /// A session that stands, to look at.
    pub(super) fn peek(&self, id: SessionId) -> Option<&Session> {
        let slot = self.slots.get(id.index as usize)?;
        slot.session.as_deref().filter(|session| slot.generation == id.generation && session.is_open())
    }

    /// Counters of all links that there ever were.
    pub(super) fn totals(&self) -> link::Stats {
        let mut totals = self.past;
        for session in self.slots.iter().filter_map(|slot| slot.session.as_deref()) {
            totals.absorb(&session.stats());
        }
        totals
    }

    /// Takes note that a session is over.
    pub(super) fn ended(&mut self, id: SessionId) {
        let Some(session) = self.any(id) else { return };
        let peer = session.peer;
        if self.peers.get(&peer) == Some(&id) {
            self.peers.remove(&peer);
        }
        self.wake(id);
    }

    /// Has a session polled.
    pub(super) fn wake(&mut self, id: SessionId) {
        let slot = &mut self.slots[id.index as usize];
        if slot.generation == id.generation && !slot.is_ready {
            slot.is_ready = true;
            self.ready.push_back(id);
        }
    }

    /// The session to be polled first.
    pub(super) fn ready(&self) -> Option<SessionId> {
        self.ready.front().copied()
    }

    /// The session that was ready has nothing more to send now: it waits for its deadline, or is gone.
    pub(super) fn settle(&mut self, now: Instant) {
        let Some(id) = self.ready.pop_front() else { return };
        let slot = &mut self.slots[id.index as usize];
        slot.is_ready = false;
        match &slot.session {
            Some(session) if !session.is_gone(now) => self.timers.set(id.index, session.deadline()),
            _ => self.remove(id),
        }
    }

    /// The earliest deadline of a session and whose it is.
    pub(super) fn first_deadline(&self) -> Option<(Instant, SessionId)> {
        let (at, index) = self.timers.first()?;
        Some((at, SessionId { index, generation: self.slots[index as usize].generation }))
    }

    /// Takes a deadline off; [`Self::settle`] sets the next one.
    pub(super) fn stop_timer(&mut self, id: SessionId) {
        self.timers.set(id.index, None);
    }

    fn remove(&mut self, id: SessionId) {
        let slot = &mut self.slots[id.index as usize];
        let Some(session) = slot.session.take() else { return };
        slot.generation = slot.generation.wrapping_add(1);
        self.past.absorb(&session.stats());
        for at in session.ids() {
            self.ids.remove(&at);
        }
        self.timers.set(id.index, None);
        self.free.push(id.index);
    }
}
