//! The endpoint: from datagram to session and back (PROTOCOL.md, "Handshake", "Processing order").
//!
//! It owns the table of sessions by connection id, accepts (server) or connects (client), answers with cookies and resets,
//! and holds every reply to the size of what it answers. It knows nothing of chat; who stands behind a device key is its
//! owner's matter.
//!
//! **Contract.** As [`crate::link`]: feed [`Endpoint::datagram`], [`Endpoint::timeout`] and the owner's calls; then
//! [`Endpoint::poll`] until `None`; then wait for [`Endpoint::deadline`]. The work of a call does not grow with the number
//! of idle sessions.

mod accept;
mod budget;
mod client;
mod connect;
mod endings;
mod half_open;
mod life;
mod outbox;
mod table;
#[cfg(test)]
mod tests;
mod timers;
mod types;

use core::net::{IpAddr, SocketAddr};

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::error::DropReason;
use crate::limits::DATAGRAM_MAX_LEN;
use crate::link::{self, Link, Role};
use crate::rng::Rng;
use crate::secure::ReplayWindow;
use crate::session::{self, Route, Session};
use crate::time::Instant;
use crate::wire::datagram::{Kind, SealedHeader};
use crate::wire::frame::CloseCode;
use crate::wire::id::ConnectionId;

use accept::Acceptor;
use connect::Connector;
use outbox::Outbox;
use table::{Owner, Table};
use types::SourceOf;

pub use crate::secure::KeyPair;
pub use crate::session::Ended;
pub use endings::Endings;
pub use types::{Config, Event, SessionId, SessionInfo, Sink, Sources, Target, Transmit};

/// Sessions by connection id, and how they come to be.
pub struct Endpoint {
    config: Config,
    identity: KeyPair,
    side: Side,
    table: Table,
    outbox: Outbox,
    /// Sessions that this end closed, to be told at the next chance.
    farewells: Vec<(SessionId, CloseCode)>,
    drops: BTreeMap<DropReason, u64>,
    /// The latest moment heard of.
    now: Instant,
    rng: Rng,
}

enum Side {
    Server(Box<Acceptor>),
    Client(Box<Client>),
}

struct Client {
    connector: Connector,
    session: Option<SessionId>,
}

impl Endpoint {
    /// An endpoint with this identity.
    #[must_use]
    pub fn new(config: Config, identity: KeyPair, mut rng: Rng) -> Self {
        let side = match config.role {
            Role::Server => Side::Server(Box::new(Acceptor::new(&config, &identity, rng.fork("accept")))),
            Role::Client => {
                Side::Client(Box::new(Client { connector: Connector::new(rng.fork("connect")), session: None }))
            }
        };
        Self {
            config,
            identity,
            side,
            table: Table::default(),
            outbox: Outbox::default(),
            farewells: Vec::new(),
            drops: BTreeMap::new(),
            now: Instant::EPOCH,
            rng,
        }
    }

    /// Takes a datagram, which is opened in place. `local` is the local address that it was sent to, where known.
    ///
    /// # Errors
    /// The reason for which it went no further; it is counted.
    pub fn datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        local: Option<IpAddr>,
        datagram: &mut [u8],
        sink: &mut dyn Sink,
    ) -> Result<(), DropReason> {
        self.now = now;
        let taken = self.dispatch(now, Route { addr: from, local }, datagram, sink);
        if let Err(reason) = taken {
            *self.drops.entry(reason).or_default() += 1;
        }
        taken
    }

    /// Takes the passing of time.
    pub fn timeout(&mut self, now: Instant, sink: &mut dyn Sink) {
        self.now = now;
        while let Some((at, id)) = self.table.first_deadline()
            && at <= now
        {
            self.table.stop_timer(id);
            self.table.wake(id);
            let Some(session) = self.table.any(id) else { continue };
            let outcome = session.timeout(now, &mut Forward { id, sink });
            self.settle_outcome(now, id, outcome, sink);
        }
        let Some((client, mut lent)) = self.client() else { return };
        if let Some(verdict) = client.connector.timeout(now, &mut lent) {
            self.tell_verdict(now, verdict, sink);
        }
    }

    /// When [`Self::timeout`] and [`Self::poll`] next have something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.table.ready().is_some() || !self.outbox.is_empty() || !self.farewells.is_empty() {
            return Some(self.now);
        }
        let connect = match &self.side {
            Side::Server(_) => None,
            Side::Client(client) => client.connector.deadline(),
        };
        let sessions = self.table.first_deadline().map(|(at, _)| at);
        [connect, sessions].into_iter().flatten().min()
    }

    /// Writes the next datagram into `out`, if one is to go out now. Events may come of it (a session that ends).
    ///
    /// # Panics
    /// If `out` is shorter than [`DATAGRAM_MAX_LEN`].
    pub fn poll(
        &mut self,
        now: Instant,
        sources: &mut dyn Sources,
        out: &mut [u8],
        sink: &mut dyn Sink,
    ) -> Option<Transmit> {
        self.now = now;
        for (session, code) in self.farewells.drain(..) {
            sink.event(Event::Ended { session, why: Ended::Local(code) });
        }
        if let Some((route, len)) = self.outbox.pop(out) {
            return Some(transmit(route, len));
        }
        while let Some(id) = self.table.ready() {
            let mut source = SourceOf { session: id, sources: &mut *sources };
            if let Some((route, len)) = self.table.any(id).and_then(|session| session.poll(now, &mut source, out)) {
                return Some(transmit(route, len));
            }
            self.table.settle(now);
        }
        None
    }

    /// A session's link, to queue something there. The session is polled next time.
    pub fn link(&mut self, session: SessionId) -> Option<&mut Link> {
        self.table.peek(session)?;
        self.table.wake(session);
        self.table.standing(session).map(Session::link)
    }

    /// Ends a session: `Close` is sent (three times over the next moments), nothing more is taken from it.
    pub fn close(&mut self, now: Instant, session: SessionId, code: CloseCode, reason: &str) {
        self.now = now;
        let Some(closing) = self.table.standing(session) else { return };
        closing.close(now, code, reason);
        self.table.ended(session);
        self.farewells.push((session, code));
        if let Side::Client(client) = &mut self.side
            && client.session.take_if(|standing| *standing == session).is_some()
        {
            client.connector.stop();
        }
    }

    /// Client: begins to connect, and connects again whenever the session is lost, until [`Self::disconnect`]. A session
    /// that stands is closed first. Does nothing at a server.
    pub fn connect(&mut self, now: Instant, target: Target) {
        self.disconnect(now, "");
        if let Some((client, mut lent)) = self.client() {
            client.connector.connect(now, target, &mut lent);
        }
    }

    /// Client: the server that it is to be connected with may be at these addresses now. A session that stands goes on; while
    /// there is none, they are tried at once, and time and attempts are counted on.
    pub fn reach(&mut self, now: Instant, addrs: Vec<SocketAddr>) {
        if let Some((client, mut lent)) = self.client() {
            client.connector.reach(now, addrs, &mut lent);
        }
    }

    /// Client: the server has enrolled this device, so from now on it connects without the join key.
    pub fn set_enrolled(&mut self) {
        if let Side::Client(client) = &mut self.side {
            client.connector.set_enrolled();
        }
    }

    /// Client: stops connecting and closes the session that stands.
    pub fn disconnect(&mut self, now: Instant, reason: &str) {
        self.now = now;
        let Side::Client(client) = &mut self.side else { return };
        client.connector.stop();
        self.outbox.clear();
        if let Some(session) = client.session {
            self.close(now, session, CloseCode::Done, reason);
        }
    }

    /// The peer's address and counters of a session.
    #[must_use]
    pub fn session(&self, session: SessionId) -> Option<SessionInfo> {
        self.table.peek(session).map(|session| SessionInfo {
            addr: session.route().addr,
            peer: session.peer.key,
            link: session.stats(),
        })
    }

    /// Counters of the links of all sessions that there ever were; estimates are those of none.
    #[must_use]
    pub fn totals(&self) -> link::Stats {
        self.table.totals()
    }

    /// How often each reason dropped a datagram.
    #[must_use]
    pub const fn drops(&self) -> &BTreeMap<DropReason, u64> {
        &self.drops
    }

    fn dispatch(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &mut [u8],
        sink: &mut dyn Sink,
    ) -> Result<(), DropReason> {
        if datagram.len() > DATAGRAM_MAX_LEN {
            return Err(DropReason::Length);
        }
        let kind = Kind::of(datagram)?;
        if kind == Kind::Sealed {
            return self.sealed(now, from, datagram, sink);
        }
        if !sink.allowed(&from.addr) {
            return Err(DropReason::NotAllowed);
        }
        let Self { config, identity, side, table, outbox, .. } = self;
        match (side, kind) {
            (Side::Server(acceptor), Kind::Hello) => {
                acceptor.hello(now, from, datagram, &mut accept::Lent { config, identity, table, outbox })
            }
            (Side::Server(acceptor), Kind::Init) => {
                acceptor.init(now, from, datagram, sink, &mut accept::Lent { config, identity, table, outbox })
            }
            (Side::Client(_), Kind::Cookie) => self.cookie(now, from, datagram, sink),
            (Side::Client(client), Kind::Accept) => {
                let accepted = client.connector.accept(now, datagram)?;
                self.accepted(now, accepted, sink);
                Ok(())
            }
            (Side::Client(_), Kind::Reset) => self.reset(now, datagram, sink),
            _ => Err(DropReason::Kind),
        }
    }

    fn sealed(
        &mut self,
        now: Instant,
        from: Route,
        datagram: &mut [u8],
        sink: &mut dyn Sink,
    ) -> Result<(), DropReason> {
        let header = SealedHeader::decode(datagram)?;
        match self.table.owner(header.destination) {
            Some(Owner::Session(id)) => {
                let session = self.table.any(id).ok_or(DropReason::UnknownConnection)?;
                let opened = session.open(now, &header, datagram)?;
                let may_move = from.addr == session.route().addr || sink.allowed(&from.addr);
                let outcome = session.take(now, from, may_move, &opened, &mut Forward { id, sink });
                self.table.wake(id);
                self.settle_outcome(now, id, outcome?, sink);
                Ok(())
            }
            Some(Owner::HalfOpen(name)) => self.confirm(now, from, name, &header, datagram, sink),
            None => self.unknown(now, from, header.destination, sink),
        }
    }

    /// A `Sealed` for nobody: a server says so.
    fn unknown(&mut self, now: Instant, from: Route, id: ConnectionId, sink: &dyn Sink) -> Result<(), DropReason> {
        if let Side::Server(acceptor) = &mut self.side
            && sink.allowed(&from.addr)
        {
            acceptor.reset(now, from, id, &mut self.outbox);
        }
        Err(DropReason::UnknownConnection)
    }

    /// Server: the first datagram under the keys of a handshake makes a session of it, or gives a session fresh keys.
    fn confirm(
        &mut self,
        now: Instant,
        from: Route,
        name: u64,
        header: &SealedHeader,
        datagram: &mut [u8],
        sink: &mut dyn Sink,
    ) -> Result<(), DropReason> {
        let Side::Server(acceptor) = &mut self.side else { return Err(DropReason::UnknownConnection) };
        let Some(pending) = acceptor.half_open.pending(now, name) else {
            return self.unknown(now, from, header.destination, sink);
        };
        let continues = pending.continues;
        let opened = match continues.map(|id| self.table.peek(id)) {
            None => session::open(&ReplayWindow::default(), &pending.grant.epoch, header, datagram)?,
            Some(Some(session)) => session.open_under(&pending.grant.epoch, header, datagram)?,
            Some(None) => {
                // The session to be gone on with is over: its numbers and its window are lost.
                if let Some(id) = acceptor.half_open.remove(name) {
                    self.table.disown(id);
                }
                return self.unknown(now, from, header.destination, sink);
            }
        };
        let pending = acceptor.half_open.confirm(name).ok_or(DropReason::UnknownConnection)?;
        let id = match continues {
            Some(id) => {
                self.rekey(now, id, pending.grant, sink);
                id
            }
            None => {
                let rtt = pending.accepted_at.map(|at| now - at);
                self.establish(now, pending.peer, pending.grant, rtt, sink)
            }
        };
        let session = self.table.any(id).ok_or(DropReason::UnknownConnection)?;
        let may_move = sink.allowed(&from.addr);
        let outcome = session.take(now, from, may_move, &opened, &mut Forward { id, sink });
        self.settle_outcome(now, id, outcome?, sink);
        Ok(())
    }
}

const fn transmit(route: Route, len: usize) -> Transmit {
    Transmit { to: route.addr, from: route.local, len }
}

/// Hands a link's events on under its session's name.
struct Forward<'a> {
    id: SessionId,
    sink: &'a mut dyn Sink,
}

impl link::Sink for Forward<'_> {
    fn event(&mut self, event: link::Event<'_>) {
        self.sink.event(Event::Link { session: self.id, event });
    }

    fn takes_posts(&self) -> bool {
        self.sink.takes_posts(self.id)
    }
}
