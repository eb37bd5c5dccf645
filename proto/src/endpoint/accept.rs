//! The server's side of the handshake. Cheapest checks first, no state before a valid cookie, and no reply larger than what
//! it answers (PROTOCOL.md, "Processing order").

use core::time::Duration;

use alloc::vec::Vec;

use crate::error::DropReason;
use crate::limits::{ACK_DELAY_MAX_US, HALF_OPEN_MAX, INIT_LEN, MANY_PEERS, PING_INTERVAL_MANY_MS, VERSION};
use crate::link::{self, Role};
use crate::rng::Rng;
use crate::secure::{CookieJar, InitMac, JoinKey, KeyPair, ResetKey, Responder};
use crate::session::{Epoch, Grant, Peer, Route};
use crate::time::Instant;
use crate::wire::datagram::{Accept, AcceptPayload, Cookie, Hello, Init, InitFlags, InitPayload, Reset, VersionRange};
use crate::wire::id::ConnectionId;

use super::budget::{HandshakeBudget, ResetBudget};
use super::half_open::{HalfOpens, Pending};
use super::outbox::Outbox;
use super::table::{Owner, Table};
use super::types::{Config, SessionId, Sink};

/// What a server keeps for those who are not yet there.
pub(super) struct Acceptor {
    jar: CookieJar,
    mac: InitMac,
    join_key: Option<JoinKey>,
    reset_key: ResetKey,
    handshakes: HandshakeBudget,
    resets: ResetBudget,
    pub(super) half_open: HalfOpens,
    rng: Rng,
}

/// What the endpoint lends to its acceptor.
pub(super) struct Lent<'a> {
    pub(super) config: &'a Config,
    pub(super) identity: &'a KeyPair,
    pub(super) table: &'a mut Table,
    pub(super) outbox: &'a mut Outbox,
}

impl Acceptor {
    pub(super) fn new(config: &Config, identity: &KeyPair, mut rng: Rng) -> Self {
        Self {
            jar: CookieJar::new(Instant::EPOCH, rng.fork("cookies")),
            mac: InitMac::new(identity.public()),
            join_key: config.join_key.map(JoinKey::new),
            reset_key: ResetKey::new(identity),
            handshakes: HandshakeBudget::new(&mut rng),
            resets: ResetBudget::new(&mut rng),
            half_open: HalfOpens::default(),
            rng,
        }
    }

    /// Answers with a cookie, whatever version the client speaks, and remembers nothing.
    pub(super) fn hello(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &[u8],
        lent: &mut Lent<'_>,
    ) -> Result<(), DropReason> {
        let hello = Hello::decode(datagram)?;
        self.send_cookie(now, from, hello.nonce, lent)
    }

    /// Answers with an `Accept`, or with a new cookie.
    pub(super) fn init(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &[u8],
        sink: &dyn Sink,
        lent: &mut Lent<'_>,
    ) -> Result<(), DropReason> {
        let (init, noise, tag) = Init::decode(datagram)?;
        if !self.mac.verify(&datagram[..Init::MAC_AT], &tag) {
            return Err(DropReason::Mac);
        }
        let is_busy = self.handshakes.is_busy(now) || self.half_open.open() > HALF_OPEN_MAX / 2;
        if is_busy && self.handshakes.is_spent(now, from.addr.ip()) {
            return Err(DropReason::Budget);
        }
        if !self.jar.check(now, from.addr, &init.nonce, &init.cookie) {
            self.send_cookie(now, from, init.nonce, lent)?;
            return Err(DropReason::Cookie);
        }
        if let Some(accept) = self.half_open.repeat(now, &tag) {
            return lent.outbox.push(from, |out| {
                out[..accept.len()].copy_from_slice(accept);
                accept.len()
            });
        }
        self.handshakes.charge(now, from.addr.ip());
        self.half_open.make_room(now, |id| lent.table.disown(id));
        let (accept, pending) = self.shake(now, from, &init, noise, sink, lent)?;
        lent.outbox.push(from, |out| {
            out[..accept.len()].copy_from_slice(&accept);
            accept.len()
        })?;
        let id = pending.grant.epoch.receives_at;
        let name = self.half_open.insert(now, tag, accept, pending);
        lent.table.own(id, Owner::HalfOpen(name));
        Ok(())
    }

    /// Says that a connection id is unknown here, if the budget allows.
    pub(super) fn reset(&mut self, now: Instant, to: Route, id: ConnectionId, outbox: &mut Outbox) {
        if self.resets.charge(now, to.addr) {
            let token = self.reset_key.token(id).0;
            // When even the outbox is full, the client asks again with its next datagram.
            let _ = outbox.push(to, |out| Reset { id, token }.encode(out));
        }
    }

    fn send_cookie(&mut self, now: Instant, to: Route, nonce: [u8; 16], lent: &mut Lent<'_>) -> Result<(), DropReason> {
        let cookie = Cookie {
            versions: VersionRange::OURS,
            nonce,
            server: lent.identity.public(),
            join_key_needed: self.join_key.is_some(),
            capabilities: 0,
            cookie: self.jar.bake(now, to.addr, &nonce),
        };
        lent.outbox.push(to, |out| cookie.encode(out))
    }

    /// The Diffie-Hellman part: the `Accept`, and what it promises.
    fn shake(
        &mut self,
        now: Instant,
        route: Route,
        init: &Init,
        noise: &[u8],
        sink: &dyn Sink,
        lent: &mut Lent<'_>,
    ) -> Result<(Vec<u8>, Pending), DropReason> {
        let mut rng = self.rng.fork("handshake");
        let responder = Responder::read(lent.identity, init, noise, &mut rng).map_err(|_| DropReason::Handshake)?;
        if VersionRange::OURS.common(responder.payload.versions) != Some(VERSION) {
            return Err(DropReason::Version);
        }
        let peer = Peer { key: responder.device, instance: responder.payload.instance };
        let continues = continued(&responder.payload, &peer, lent.table);
        if continues.is_none() && lent.table.of_peer(&peer).is_none() && lent.table.len() >= lent.config.sessions_max {
            return Err(DropReason::NoRoom);
        }
        let link = link_config(lent);
        let server_id = lent.table.fresh_id(&mut rng);
        let payload = AcceptPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: lent.config.instance,
            server_id,
            continued: continues.is_some(),
            ping_interval_ms: u32::try_from(link.ping_interval.as_millis()).unwrap_or(u32::MAX),
            ack_delay_us: u32::try_from(link.ack_delay.as_micros()).unwrap_or(u32::MAX),
            reset_token: self.reset_key.token(server_id).0,
        };
        let is_known = continues.is_some() || sink.enrolled(&peer.key);
        let join_key = self.join_key_for(init.flags, is_known);
        let mut message = [0; Accept::NOISE_MAX_LEN];
        let (len, keys) = responder.answer(&join_key, &payload, &mut message).map_err(|_| DropReason::Handshake)?;

        let mut accept = [0; INIT_LEN];
        let len = Accept { client_id: init.client_id }.encode(&message[..len], &mut accept);
        let epoch = Epoch { receives_at: server_id, sends_to: init.client_id, keys, born: now, reset: None };
        let pending = Pending { peer, grant: Grant { epoch, link, route }, continues, accepted_at: Some(now) };
        Ok((accept[..len].to_vec(), pending))
    }

    /// The pre-shared key of a handshake. A device that is not known and did not use the join key is answered under it all
    /// the same: the answer does not open, which is how the device learns that it must.
    fn join_key_for(&self, flags: InitFlags, is_known: bool) -> JoinKey {
        match &self.join_key {
            Some(key) if flags == InitFlags::JOIN_KEY || !is_known => key.clone(),
            _ => JoinKey::none(),
        }
    }
}

/// The session that the client names, if it stands and is the client's own.
fn continued(payload: &InitPayload, peer: &Peer, table: &Table) -> Option<SessionId> {
    match table.owner(payload.continues?)? {
        Owner::Session(id) => table.peek(id).filter(|session| session.peer == *peer).map(|_| id),
        Owner::HalfOpen(_) => None,
    }
}

fn link_config(lent: &Lent<'_>) -> link::Config {
    let config = lent.config;
    let many = Duration::from_millis(PING_INTERVAL_MANY_MS);
    let is_crowded = lent.table.len() >= MANY_PEERS;
    link::Config {
        role: Role::Server,
        ping_interval: if is_crowded { config.ping_interval.max(many) } else { config.ping_interval },
        peer_ack_delay: Duration::ZERO,
        ack_delay: config.ack_delay.min(Duration::from_micros(ACK_DELAY_MAX_US)),
        speculative: config.speculative,
        messages_per_s: config.messages_per_s,
    }
}
