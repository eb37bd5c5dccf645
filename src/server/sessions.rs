//! The sessions that stand, by their place in the endpoint.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::ROOMS_PER_SESSION_MAX;
use chinwag_proto::link::Liveness;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId};
use chinwag_proto::wire::message::{Away, Refusal};

use super::limits::REQUESTS_PENDING_MAX;
use super::pending::Asked;
use chinwag_store::{Scopes, SecretHash};

/// What the server knows of one session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) addr: SocketAddr,
    /// When it came to stand.
    pub(super) since: Instant,
    pub(super) device: PublicKey,
    /// Set by a login.
    pub(super) account: Option<AccountId>,
    pub(super) liveness: Liveness,
    /// The rooms that it follows as a member,
    pub(super) rooms: BTreeSet<RoomId>,
    /// and those that it follows from outside.
    pub(super) reads: BTreeSet<RoomId>,
    /// Octets of its posts that wait for a commit.
    pub(super) unanswered_bytes: usize,
    /// Its requests that wait for a commit.
    pub(super) requests: usize,
    /// Its queries that wait for the store.
    pub(super) queries: usize,
    /// What the token that it came by allows; `None`: it came by its device, and may do everything.
    pub(super) scopes: Option<Scopes>,
    /// Hash of that token.
    pub(super) token: Option<SecretHash>,
    /// What it says of whoever sits before it.
    pub(super) away: Away,
    /// When it said last that somebody is typing.
    pub(super) typed_at: Option<Instant>,
}

impl Session {
    /// Whether others see that it is there.
    pub(super) fn is_shown(&self) -> bool {
        self.away != Away::Passing
    }

    /// Whether it may follow this room, in whatever way, beside those that it follows already.
    pub(super) fn has_place_for(&self, room: RoomId) -> bool {
        let follows = self.rooms.len() + self.reads.len();
        follows < ROOMS_PER_SESSION_MAX || self.rooms.contains(&room) || self.reads.contains(&room)
    }

    pub(super) const fn new(id: SessionId, addr: SocketAddr, device: PublicKey, since: Instant) -> Self {
        Self {
            id,
            addr,
            since,
            device,
            account: None,
            liveness: Liveness::Alive,
            rooms: BTreeSet::new(),
            reads: BTreeSet::new(),
            unanswered_bytes: 0,
            requests: 0,
            queries: 0,
            scopes: None,
            token: None,
            away: Away::Here,
            typed_at: None,
        }
    }
}

/// The table. As long as the endpoint's, whose places it shares.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    slots: Vec<Option<Box<Session>>>,
    len: usize,
}

impl Sessions {
    pub(super) fn insert(&mut self, session: Session) {
        let index = session.id.index();
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        if self.slots[index].replace(Box::new(session)).is_none() {
            self.len += 1;
        }
    }

    pub(super) fn get(&self, id: SessionId) -> Option<&Session> {
        self.slots.get(id.index())?.as_deref().filter(|s| s.id == id)
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.slots.get_mut(id.index())?.as_deref_mut().filter(|s| s.id == id)
    }

    pub(super) fn remove(&mut self, id: SessionId) -> Option<Session> {
        let slot = self.slots.get_mut(id.index())?;
        if slot.as_ref().is_none_or(|s| s.id != id) {
            return None;
        }
        self.len -= 1;
        slot.take().map(|session| *session)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().filter_map(Option::as_deref)
    }

    /// The session that now stands at this one's place, if it is another.
    pub(super) fn displaced_by(&self, id: SessionId) -> Option<SessionId> {
        self.slots.get(id.index())?.as_deref().map(|s| s.id).filter(|&s| s != id)
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn account_of(&self, session: SessionId) -> Result<AccountId, Refusal> {
        self.get(session).and_then(|session| session.account).ok_or(Refusal::NotLoggedIn)
    }

    /// The account of a session that came by its device, not by a token.
    pub(super) fn full_account_of(&self, session: SessionId) -> Result<AccountId, Refusal> {
        let account = self.account_of(session)?;
        let by_token = self.get(session).is_some_and(|session| session.scopes.is_some());
        if by_token { Err(Refusal::OutOfScope) } else { Ok(account) }
    }

    pub(super) fn device_of(&self, session: SessionId) -> Option<PublicKey> {
        self.get(session).map(|session| session.device)
    }

    /// One more request of a session waits for something, if it may have one more.
    pub(super) fn pending(&mut self, asked: Asked) -> Result<(), Refusal> {
        let Some(session) = self.get_mut(asked.session) else { return Ok(()) };
        if session.requests >= REQUESTS_PENDING_MAX {
            return Err(Refusal::Busy);
        }
        session.requests += 1;
        Ok(())
    }

    pub(super) fn no_longer_pending(&mut self, asked: Asked) {
        if let Some(session) = self.get_mut(asked.session) {
            session.requests = session.requests.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_void_id_finds_nothing_even_when_its_place_is_used_again() {
        let mut sessions = Sessions::default();
        let addr = SocketAddr::from(([10, 0, 0, 1], 1));
        let (old, new) = (SessionId::from_parts(3, 0), SessionId::from_parts(3, 1));
        sessions.insert(Session::new(old, addr, PublicKey::default(), Instant::EPOCH));
        assert!(sessions.remove(new).is_none());
        assert!(sessions.remove(old).is_some());
        sessions.insert(Session::new(new, addr, PublicKey::default(), Instant::EPOCH));
        assert!(sessions.get(old).is_none());
        assert_eq!(sessions.displaced_by(old), Some(new));
        assert_eq!(sessions.get(new).map(|s| s.id), Some(new));
        assert_eq!((sessions.len(), sessions.iter().count()), (1, 1));
    }
}
