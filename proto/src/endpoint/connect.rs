//! The client's side of the handshake: `Hello` to every address until a `Cookie` comes, `Init` until an `Accept` comes, and
//! again whenever the session is lost or its keys grow old (PROTOCOL.md, "Handshake").
//!
//! Nothing that is not proved ends a session that stands: while one does, hints of a wrong key or version are passed over.

use core::net::SocketAddr;
use core::time::Duration;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::DropReason;
use crate::limits::{
    HANDSHAKE_RETRY_MAX_MS, HANDSHAKE_RETRY_MS, INIT_COPIES_MAX, INIT_LEN, PIN_WAIT_MS, REKEY_AFTER_S, REKEY_JITTER_S,
    VERSION,
};
use crate::rng::Rng;
use crate::secure::{InitMac, Initiator, JoinKey, KeyPair, Keys, Unanswered};
use crate::session::Route;
use crate::time::Instant;
use crate::wire::datagram::{Accept, AcceptPayload, Cookie, Hello, Init, InitFlags, InitPayload, VersionRange};
use crate::wire::id::{ConnectionId, InstanceId, PublicKey};

use super::outbox::Outbox;
use super::types::{SessionId, Target};

/// Looks for a server, and for the same one again.
pub(super) struct Connector {
    target: Option<Target>,
    phase: Phase,
    series: Series,
    /// Another key than the pinned one answered; what it was, and until when the right one may still come.
    foreign: Option<(PublicKey, Instant)>,
    /// When the keys of the session that stands are old enough.
    rekey_at: Option<Instant>,
    /// The server does not know this device after all; the join key is to be used.
    forgotten: bool,
    rng: Rng,
}

enum Phase {
    Idle,
    /// A session stands.
    Rest,
    Hello {
        nonce: [u8; 16],
    },
    Init(Box<Attempt>),
}

/// Attempts since something was last heard of a server.
struct Series {
    since: Instant,
    /// Datagrams sent in vain.
    attempts: u32,
    wait_ms: u64,
    /// When the next goes out.
    next: Instant,
    /// Round trip of `Hello` and `Cookie`, where it is certain.
    rtt: Option<Duration>,
}

/// An `Init` that waits for its `Accept`.
struct Attempt {
    route: Route,
    init: Init,
    datagram: [u8; INIT_LEN],
    initiator: Option<Initiator>,
    continues: Option<SessionId>,
    sent: Instant,
    copies: u32,
    /// What the server said of itself in clear.
    cookie: Cookie,
    /// An answer came that did not open.
    refused: bool,
}

/// What the endpoint lends to its connector.
pub(super) struct Lent<'a> {
    pub(super) identity: &'a KeyPair,
    pub(super) instance: InstanceId,
    /// The session that stands, or is to be gone on with: its name, and where the server receives.
    pub(super) session: Option<Standing>,
    pub(super) outbox: &'a mut Outbox,
}

/// A client's session.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) id: SessionId,
    pub(super) sends_to: ConnectionId,
    pub(super) route: Route,
    /// The server was heard lately.
    pub(super) is_alive: bool,
}

/// Why connecting stops, or that it goes on in vain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    ServerKey { addr: SocketAddr, key: PublicKey, join_key_needed: bool },
    WrongKey { expected: PublicKey, seen: PublicKey },
    WrongVersion(VersionRange),
    JoinKeyRefused,
    Unanswered { attempts: u32, elapsed: Duration },
}

/// A handshake that is done.
pub(super) struct Accepted {
    pub(super) keys: Keys,
    pub(super) payload: AcceptPayload,
    pub(super) server: PublicKey,
    pub(super) client_id: ConnectionId,
    pub(super) route: Route,
    /// The session that was named in the `Init`.
    pub(super) continues: Option<SessionId>,
    pub(super) rtt: Option<Duration>,
}

impl Connector {
    pub(super) const fn new(rng: Rng) -> Self {
        Self {
            target: None,
            phase: Phase::Idle,
            series: Series {
                since: Instant::EPOCH,
                attempts: 0,
                wait_ms: HANDSHAKE_RETRY_MS,
                next: Instant::EPOCH,
                rtt: None,
            },
            foreign: None,
            rekey_at: None,
            forgotten: false,
            rng,
        }
    }

    /// Begins to look for `target`.
    pub(super) fn connect(&mut self, now: Instant, target: Target, lent: &mut Lent<'_>) {
        self.target = Some(target);
        self.forgotten = false;
        self.rekey_at = None;
        self.begin(now, Duration::ZERO, lent);
    }

    /// The target is to be looked for at these addresses from now on: at once if it is being looked for. The series goes on.
    pub(super) fn reach(&mut self, now: Instant, addrs: Vec<SocketAddr>, lent: &mut Lent<'_>) {
        let Some(target) = &mut self.target else { return };
        target.addrs = addrs;
        if matches!(self.phase, Phase::Hello { .. }) {
            self.series.wait_ms = HANDSHAKE_RETRY_MS;
            self.send(now, lent);
        }
    }

    /// Looks for the target again, after `pause`.
    pub(super) fn begin(&mut self, now: Instant, pause: Duration, lent: &mut Lent<'_>) {
        if self.target.is_none() {
            return;
        }
        self.foreign = None;
        self.phase = Phase::Hello { nonce: self.rng.bytes() };
        self.series = Series { since: now, attempts: 0, wait_ms: HANDSHAKE_RETRY_MS, next: now + pause, rtt: None };
        if pause.is_zero() {
            self.send(now, lent);
        }
    }

    /// As [`Self::begin`], after a random part of `at_most`.
    pub(super) fn begin_within(&mut self, now: Instant, at_most: Duration, lent: &mut Lent<'_>) {
        let us = self.rng.below(u64::try_from(at_most.as_micros()).unwrap_or(u64::MAX)) + 1;
        self.begin(now, Duration::from_micros(us), lent);
    }

    /// Looks for nobody any more.
    pub(super) fn stop(&mut self) {
        self.target = None;
        self.phase = Phase::Idle;
        self.rekey_at = None;
    }

    /// The session that seemed lost was heard again.
    pub(super) fn rest(&mut self) {
        if self.target.is_some() && self.rekey_at.is_some() {
            self.phase = Phase::Rest;
        }
    }

    pub(super) const fn set_enrolled(&mut self) {
        if let Some(target) = &mut self.target {
            target.enrolled = true;
            self.forgotten = false;
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Idle => None,
            Phase::Rest => self.rekey_at,
            Phase::Hello { .. } => {
                Some(self.foreign.map_or(self.series.next, |(_, until)| until.min(self.series.next)))
            }
            Phase::Init(_) => Some(self.series.next),
        }
    }

    /// Takes the passing of time.
    pub(super) fn timeout(&mut self, now: Instant, lent: &mut Lent<'_>) -> Option<Verdict> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        if matches!(self.phase, Phase::Rest) {
            self.begin(now, Duration::ZERO, lent);
            return None;
        }
        if let (Phase::Hello { .. }, Some((seen, until))) = (&self.phase, self.foreign)
            && now >= until
        {
            self.foreign = None;
            if let Some(expected) = self.pin().filter(|_| !lent.stands()) {
                return self.stop_with(Verdict::WrongKey { expected, seen });
            }
        }
        if now < self.series.next {
            return None;
        }
        if let Some(verdict) = self.give_up_init(lent) {
            return self.stop_with(verdict);
        }
        let in_vain = self.series.attempts > 0 && !lent.stands();
        let unanswered = Verdict::Unanswered { attempts: self.series.attempts, elapsed: now - self.series.since };
        self.send(now, lent);
        in_vain.then_some(unanswered)
    }

    /// Takes the answer to a `Hello`, or to an `Init` whose cookie went stale.
    pub(super) fn cookie(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &[u8],
        lent: &mut Lent<'_>,
    ) -> Result<Option<Verdict>, DropReason> {
        let cookie = Cookie::decode(datagram)?;
        let (nonce, is_wanted) = match &self.phase {
            Phase::Hello { nonce } => (*nonce, true),
            // A second answer to a repeated `Hello` looks the same as the news that the cookie is stale; the latter comes
            // after every copy of the `Init`, so it can wait for the second.
            Phase::Init(attempt) => (attempt.init.nonce, attempt.copies > 1 && attempt.init.cookie != cookie.cookie),
            Phase::Idle | Phase::Rest => return Err(DropReason::Unexpected),
        };
        if cookie.nonce != nonce || !is_wanted {
            return Err(DropReason::Unexpected);
        }
        let Some(target) = &self.target else { return Err(DropReason::Unexpected) };
        let pin = target.pin;
        if pin.is_some_and(|pin| pin != cookie.server) {
            self.foreign.get_or_insert((cookie.server, now + Duration::from_millis(PIN_WAIT_MS)));
            return Err(DropReason::Unexpected);
        }
        if cookie.versions.common(VersionRange::OURS) != Some(VERSION) {
            return if lent.stands() {
                Err(DropReason::Version)
            } else {
                Ok(self.stop_with(Verdict::WrongVersion(cookie.versions)))
            };
        }
        // Nobody is asked to trust a server that they can't talk to, so this comes after the versions.
        if pin.is_none() {
            let (key, join_key_needed) = (cookie.server, cookie.join_key_needed);
            return Ok(self.stop_with(Verdict::ServerKey { addr: from.addr, key, join_key_needed }));
        }
        if self.series.attempts == 1 && matches!(self.phase, Phase::Hello { .. }) {
            self.series.rtt = Some(now - self.series.since);
        }
        self.begin_init(now, from, &cookie, lent)
    }

    /// Takes the answer to an `Init`.
    pub(super) fn accept(&mut self, now: Instant, datagram: &[u8]) -> Result<Accepted, DropReason> {
        let (accept, noise) = Accept::decode(datagram)?;
        let Phase::Init(attempt) = &mut self.phase else { return Err(DropReason::Unexpected) };
        if accept.client_id != attempt.init.client_id {
            return Err(DropReason::Unexpected);
        }
        let initiator = attempt.initiator.take().ok_or(DropReason::Unexpected)?;
        let (keys, payload) = match initiator.finish(noise) {
            Ok(done) => done,
            Err(Unanswered(initiator)) => {
                attempt.initiator = Some(initiator);
                attempt.refused = attempt.cookie.join_key_needed;
                return Err(DropReason::Handshake);
            }
        };
        if (payload.versions, payload.capabilities) != (attempt.cookie.versions, attempt.cookie.capabilities) {
            // Somebody changed the cookie on the way, so that the two speak less well than they could.
            return Err(DropReason::Version);
        }
        let shaken = (attempt.copies == 1).then(|| now - attempt.sent);
        let accepted = Accepted {
            keys,
            payload,
            server: attempt.cookie.server,
            client_id: attempt.init.client_id,
            route: attempt.route,
            continues: attempt.continues,
            rtt: [shaken, self.series.rtt].into_iter().flatten().min(),
        };
        let early = Duration::from_micros(self.rng.below(REKEY_JITTER_S * 1_000_000));
        self.rekey_at = Some(now + (Duration::from_secs(REKEY_AFTER_S) - early));
        self.phase = Phase::Rest;
        Ok(accepted)
    }

    fn pin(&self) -> Option<PublicKey> {
        self.target.as_ref().and_then(|target| target.pin)
    }

    fn stop_with(&mut self, verdict: Verdict) -> Option<Verdict> {
        self.stop();
        Some(verdict)
    }

    /// Answers a cookie with an `Init`.
    fn begin_init(
        &mut self,
        now: Instant,
        from: Route,
        cookie: &Cookie,
        lent: &mut Lent<'_>,
    ) -> Result<Option<Verdict>, DropReason> {
        let Some(target) = &self.target else { return Err(DropReason::Unexpected) };
        let join_key = match target.join_key {
            _ if !cookie.join_key_needed || (target.enrolled && !self.forgotten) => None,
            Some(key) => Some(JoinKey::new(key)),
            None if lent.stands() => None,
            None => return Ok(self.stop_with(Verdict::JoinKeyRefused)),
        };
        let mut rng = self.rng.fork("handshake");
        let init = Init {
            flags: if join_key.is_some() { InitFlags::JOIN_KEY } else { InitFlags::default() },
            client_id: ConnectionId(rng.bytes()),
            nonce: cookie.nonce,
            cookie: cookie.cookie,
        };
        let payload = InitPayload {
            versions: VersionRange::OURS,
            capabilities: 0,
            instance: lent.instance,
            continues: lent.session.map(|session| session.sends_to),
        };
        let join_key = join_key.unwrap_or_else(JoinKey::none);
        let mut noise = [0; Init::NOISE_MAX_LEN];
        let (initiator, len) =
            Initiator::begin(lent.identity, cookie.server, &join_key, &init, &payload, &mut rng, &mut noise)
                .map_err(|_| DropReason::Handshake)?;
        let mut datagram = [0; INIT_LEN];
        let mac = InitMac::new(cookie.server);
        init.encode(&noise[..len], |octets| mac.over(octets), &mut datagram);
        self.phase = Phase::Init(Box::new(Attempt {
            route: from,
            init,
            datagram,
            initiator: Some(initiator),
            continues: lent.session.map(|session| session.id),
            sent: now,
            copies: 0,
            cookie: *cookie,
            refused: false,
        }));
        self.foreign = None;
        self.series.wait_ms = HANDSHAKE_RETRY_MS;
        self.send(now, lent);
        Ok(None)
    }

    /// Leaves an `Init` that was refused, or goes unanswered, for another `Hello`; or says that there is no hope.
    fn give_up_init(&mut self, lent: &Lent<'_>) -> Option<Verdict> {
        let Phase::Init(attempt) = &self.phase else { return None };
        if !attempt.refused && attempt.copies < INIT_COPIES_MAX {
            return None;
        }
        if attempt.refused {
            let has_other = self.target.as_ref().is_some_and(|target| target.join_key.is_some());
            let can_try = attempt.init.flags != InitFlags::JOIN_KEY && has_other;
            if !can_try && !lent.stands() {
                return Some(Verdict::JoinKeyRefused);
            }
            self.forgotten = can_try;
        }
        self.phase = Phase::Hello { nonce: self.rng.bytes() };
        None
    }

    /// Sends what the phase calls for, and sets the time for the next copy.
    fn send(&mut self, now: Instant, lent: &mut Lent<'_>) {
        match &mut self.phase {
            Phase::Idle | Phase::Rest => return,
            Phase::Hello { nonce } => {
                let hello = Hello { versions: VersionRange::OURS, nonce: *nonce, capabilities: 0 };
                let known = lent.session.map(|session| session.route);
                let listed = self.target.iter().flat_map(|target| &target.addrs);
                let others = listed.filter(|addr| known.is_none_or(|route| route.addr != **addr));
                let others = others.map(|&addr| Route { addr, local: None });
                for route in known.into_iter().chain(others) {
                    // When the outbox is full, the next copy is not far.
                    let _ = lent.outbox.push(route, |out| hello.encode(out));
                }
            }
            Phase::Init(attempt) => {
                attempt.copies += 1;
                attempt.sent = now;
                let _ = lent.outbox.push(attempt.route, |out| {
                    out[..INIT_LEN].copy_from_slice(&attempt.datagram);
                    INIT_LEN
                });
            }
        }
        let series = &mut self.series;
        series.attempts += 1;
        // Between four fifths of the wait and all of it, so that many clients do not keep step.
        let wait_us = series.wait_ms * 1_000;
        series.next = now.plus_micros(wait_us - self.rng.below(wait_us / 5));
        series.wait_ms = (series.wait_ms * 2).min(HANDSHAKE_RETRY_MAX_MS);
    }
}

impl Lent<'_> {
    /// A session stands whose server was heard lately.
    fn stands(&self) -> bool {
        self.session.is_some_and(|session| session.is_alive)
    }
}
