//! The life of sessions in their endpoint: how they begin, change and end, and what follows from it.

use core::time::Duration;

use crate::limits::{HANDSHAKE_RETRY_MAX_MS, SHUTDOWN_RETURN_MS};
use crate::link::Liveness;
use crate::session::{Grant, Outcome, Peer, Session};
use crate::time::Instant;
use crate::wire::frame::CloseCode;

use super::table::Owner;
use super::{Ended, Endpoint, Event, Forward, SessionId, Side, Sink};

impl Endpoint {
    /// A handshake was done for a session that did not stand yet. An older one of the same peer gives way.
    pub(super) fn establish(
        &mut self,
        now: Instant,
        peer: Peer,
        grant: Grant,
        rtt: Option<Duration>,
        sink: &mut dyn Sink,
    ) -> SessionId {
        if let Some(old) = self.table.of_peer(&peer) {
            if let Some(displaced) = self.table.standing(old) {
                displaced.close(now, CloseCode::Displaced, "");
            }
            self.table.ended(old);
            sink.event(Event::Ended { session: old, why: Ended::Displaced });
        }
        let addr = grant.route.addr;
        let session = Session::new(peer, grant, now, rtt, self.rng.fork("session"));
        let id = self.table.insert(session);
        self.table.wake(id);
        sink.event(Event::Established { session: id, peer: peer.key, instance: peer.instance, addr });
        id
    }

    /// A handshake was done for a session that stands, which goes on.
    pub(super) fn rekey(&mut self, now: Instant, id: SessionId, grant: Grant, sink: &mut dyn Sink) {
        let Some(session) = self.table.standing(id) else { return };
        let receives_at = grant.epoch.receives_at;
        let outcome = session.rekey(now, grant, &mut Forward { id, sink });
        self.table.own(receives_at, Owner::Session(id));
        self.table.wake(id);
        sink.event(Event::Rekeyed { session: id });
        self.settle_outcome(now, id, outcome, sink);
    }

    /// Ends a session without a word to the peer.
    pub(super) fn forget(&mut self, now: Instant, id: SessionId, why: Ended, sink: &mut dyn Sink) {
        if let Some(session) = self.table.standing(id) {
            session.forget(now);
            self.table.ended(id);
            self.lost(id);
            sink.event(Event::Ended { session: id, why });
        }
    }

    /// Draws the consequences of what a session said of itself.
    pub(super) fn settle_outcome(&mut self, now: Instant, id: SessionId, outcome: Outcome, sink: &mut dyn Sink) {
        if let Some(retired) = outcome.retired {
            self.table.disown(retired);
        }
        if let Some((from, to)) = outcome.moved {
            sink.event(Event::Moved { session: id, from, to });
        }
        if let Some(liveness) = outcome.liveness {
            self.note_liveness(now, id, liveness);
        }
        if let Some(why) = outcome.ended {
            self.table.ended(id);
            let is_clients = self.lost(id);
            let pause = after(&why);
            sink.event(Event::Ended { session: id, why });
            if let (true, Some((client, mut lent))) = (is_clients, self.client()) {
                match pause {
                    Some(pause) => client.connector.begin_within(now, pause, &mut lent),
                    None => client.connector.stop(),
                }
            }
        }
    }

    /// Client: looks for a server that went silent; stops looking when it is heard again.
    pub(super) fn note_liveness(&mut self, now: Instant, id: SessionId, liveness: Liveness) {
        let Some((client, mut lent)) = self.client() else { return };
        if client.session != Some(id) {
            return;
        }
        match liveness {
            Liveness::Offline => client.connector.begin(now, Duration::ZERO, &mut lent),
            Liveness::Alive => client.connector.rest(),
            Liveness::Suspect => {}
        }
    }

    /// Client: the session is no more; gives whether it was the client's.
    pub(super) fn lost(&mut self, id: SessionId) -> bool {
        match &mut self.side {
            Side::Server(_) => false,
            Side::Client(client) => client.session.take_if(|standing| *standing == id).is_some(),
        }
    }
}

/// How long a client waits, at most, before it looks for its server again after a session ended like this; `None`: for
/// ever.
const fn after(why: &Ended) -> Option<Duration> {
    match why {
        Ended::Closed(CloseCode::Shutdown, _) => Some(Duration::from_millis(SHUTDOWN_RETURN_MS)),
        Ended::Closed(CloseCode::Expired, _) | Ended::Expired | Ended::Offline | Ended::Reset => Some(Duration::ZERO),
        Ended::Violation(_) => Some(Duration::from_millis(HANDSHAKE_RETRY_MAX_MS)),
        Ended::Closed(CloseCode::Done | CloseCode::Displaced | CloseCode::Protocol | CloseCode::Denied, _)
        | Ended::Local(_)
        | Ended::Displaced => None,
    }
}
