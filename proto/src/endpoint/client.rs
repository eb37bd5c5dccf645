//! The client's side of an endpoint: what the connector says becomes a session, or is told.

use core::time::Duration;

use crate::error::DropReason;
use crate::limits::{ACK_DELAY_MAX_US, PING_INTERVAL_ADVERTISED_MAX_MS, PING_INTERVAL_ADVERTISED_MIN_MS};
use crate::link::{self, Role};
use crate::secure::ResetToken;
use crate::session::{Epoch, Grant, Peer, Route, Session};
use crate::time::Instant;
use crate::wire::datagram::Reset;

use super::connect::{self, Accepted, Standing, Verdict};
use super::{Client, Ended, Endpoint, Event, SessionId, Side, Sink};

impl Endpoint {
    pub(super) fn cookie(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &[u8],
        sink: &mut dyn Sink,
    ) -> Result<(), DropReason> {
        let Some((client, mut lent)) = self.client() else { return Err(DropReason::Kind) };
        if let Some(verdict) = client.connector.cookie(now, from, datagram, &mut lent)? {
            self.tell_verdict(now, verdict, sink);
        }
        Ok(())
    }

    /// Client: the handshake is done. The session goes on, or a new one takes its place.
    pub(super) fn accepted(&mut self, now: Instant, accepted: Accepted, sink: &mut dyn Sink) {
        let Accepted { keys, payload, server, client_id, route, continues, rtt } = accepted;
        let epoch = Epoch {
            receives_at: client_id,
            sends_to: payload.server_id,
            keys,
            born: now,
            reset: Some(ResetToken(payload.reset_token)),
        };
        let interval_ms = payload.ping_interval_ms.into();
        let link = link::Config {
            role: Role::Client,
            ping_interval: Duration::from_millis(u64::clamp(
                interval_ms,
                PING_INTERVAL_ADVERTISED_MIN_MS,
                PING_INTERVAL_ADVERTISED_MAX_MS,
            )),
            peer_ack_delay: Duration::from_micros(u64::from(payload.ack_delay_us).min(ACK_DELAY_MAX_US)),
            ack_delay: Duration::ZERO,
            speculative: self.config.speculative,
            messages_per_s: None,
        };
        let grant = Grant { epoch, link, route };
        let standing = continues.filter(|&id| payload.continued && self.table.standing(id).is_some());
        let id = match standing {
            Some(id) => {
                self.rekey(now, id, grant, sink);
                id
            }
            None => {
                if let Some(old) = self.client_session() {
                    let was_offline = self.table.peek(old).is_some_and(Session::is_offline);
                    let why = if was_offline { Ended::Offline } else { Ended::Reset };
                    self.forget(now, old, why, sink);
                }
                let peer = Peer { key: server, instance: payload.instance };
                self.establish(now, peer, grant, rtt, sink)
            }
        };
        if let Side::Client(client) = &mut self.side {
            client.session = Some(id);
        }
        // The session counts at the server from the first datagram under its keys, so send one now.
        if let Some(link) = self.link(id) {
            link.ping();
        }
    }

    /// Client: the server does not know the session any more, if the token is right.
    pub(super) fn reset(&mut self, now: Instant, datagram: &[u8], sink: &mut dyn Sink) -> Result<(), DropReason> {
        let reset = Reset::decode(datagram)?;
        let id = self.client_session().ok_or(DropReason::Unexpected)?;
        let epoch = self.table.peek(id).ok_or(DropReason::Unexpected)?.epoch();
        let is_ours = epoch.sends_to == reset.id && epoch.reset.is_some_and(|token| token.verify(&reset.token));
        if !is_ours {
            return Err(DropReason::Reset);
        }
        self.forget(now, id, Ended::Reset, sink);
        if let Some((client, mut lent)) = self.client() {
            client.connector.begin(now, Duration::ZERO, &mut lent);
        }
        Ok(())
    }

    pub(super) const fn client_session(&self) -> Option<SessionId> {
        match &self.side {
            Side::Server(_) => None,
            Side::Client(client) => client.session,
        }
    }

    /// The client's side, and what it needs of the rest.
    pub(super) fn client(&mut self) -> Option<(&mut Client, connect::Lent<'_>)> {
        let Side::Client(client) = &mut self.side else { return None };
        let session = client.session.and_then(|id| {
            self.table.peek(id).map(|session| Standing {
                id,
                sends_to: session.epoch().sends_to,
                route: session.route(),
                is_alive: !session.is_offline(),
            })
        });
        let lent = connect::Lent {
            identity: &self.identity,
            instance: self.config.instance,
            session,
            outbox: &mut self.outbox,
        };
        Some((client, lent))
    }

    pub(super) fn tell_verdict(&mut self, now: Instant, verdict: Verdict, sink: &mut dyn Sink) {
        let event = match verdict {
            Verdict::Unanswered { attempts, elapsed } => {
                sink.event(Event::Unanswered { attempts, elapsed });
                return;
            }
            Verdict::ServerKey { addr, key, join_key_needed } => Event::ServerKey { addr, key, join_key_needed },
            Verdict::WrongKey { expected, seen } => Event::WrongKey { expected, seen },
            Verdict::WrongVersion(theirs) => Event::WrongVersion { theirs },
            Verdict::JoinKeyRefused => Event::JoinKeyRefused,
        };
        // Nobody looks for the server any more, so the session that waited for it is over.
        if let Some(id) = self.client_session() {
            self.forget(now, id, Ended::Offline, sink);
        }
        sink.event(event);
    }
}
