//! Multicast discovery (PROTOCOL.md, "Discovery"): who serves on this subnet, and that this machine does. PURE.
//!
//! [`Discovery`] is a [`Node`] like client and server, but for more than one socket: a datagram with a `from` leaves by the
//! way of the interface that has that address (the scope of an IPv6 group says which), one without by the socket of the
//! discovery port. What it learns is a hint: whom to call is decided by keys, and proved by the handshake.

pub mod host;
pub mod limits;

mod announcer;
mod finder;
mod found;

pub use announcer::Advertisement;
pub use found::Found;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;

use chinwag_proto::error::DropReason;
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Now;
use chinwag_proto::wire::datagram::{Beacon, Kind, Query};
use chinwag_proto::wire::id::PublicKey;

use chinwag_node::interface::{Interface, is_on_link};
use chinwag_node::{Input, Node, Output, Transmit};

use announcer::{Announcer, Due};
use finder::{Finder, Heard};
use limits::NOTICES_MAX;

/// What is asked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The machine's interfaces from now on.
    Interfaces(Vec<Interface>),
    /// A server is here, and says this of itself: from now on, or instead of what it said before.
    Announce(Advertisement),
    /// Somebody looks for servers: ask at once, and go on asking.
    Seek,
    /// Keys that are known to them, the most important first: no crowd of others keeps those servers out.
    Expect(Vec<PublicKey>),
    /// Nobody looks any more.
    Rest,
    /// Say that the server leaves, and end.
    Stop,
}

/// What it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A server is there, or says something new.
    Found(Box<Found>),
    /// A server is gone: it said so, or has long been silent.
    Gone(PublicKey),
    /// Somebody asked, and what the server says of itself is old: [`Command::Announce`] is due.
    Asked,
    /// Another server with the announced one's key is at that address, or somebody says so. Told once.
    Twin(SocketAddr),
    /// The machine has ended.
    Stopped,
}

/// The machine: finds, announces, or both.
pub struct Discovery {
    interfaces: Vec<Interface>,
    announcer: Option<Announcer>,
    finder: Finder,
    rng: Rng,
    notices: VecDeque<Notice>,
    is_stopping: bool,
    drops: BTreeMap<DropReason, u64>,
}

impl Discovery {
    /// One that neither finds nor announces yet.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            interfaces: Vec::new(),
            announcer: None,
            finder: Finder::default(),
            rng: Rng::from_seed(seed),
            notices: VecDeque::new(),
            is_stopping: false,
            drops: BTreeMap::new(),
        }
    }

    /// Datagrams that were dropped, by reason.
    #[must_use]
    pub fn drops(&self) -> &BTreeMap<DropReason, u64> {
        &self.drops
    }

    fn datagram(&mut self, now: Now, from: SocketAddr, bytes: &[u8]) -> Result<(), DropReason> {
        if !is_on_link(&self.interfaces, from.ip()) {
            return Err(DropReason::NotAllowed);
        }
        if bytes.len() > DATAGRAM_MAX_LEN {
            return Err(DropReason::Length);
        }
        // What belongs to the chat port is dropped.
        match (Kind::of(bytes)?, &mut self.announcer) {
            (Kind::Query, Some(announcer)) if !self.is_stopping => {
                let query = Query::decode(bytes)?;
                // A group brings it back to whoever sent it.
                let is_ours = self.finder.has_asked(&query.nonce);
                if !is_ours && announcer.asked(now.mono, from, &query, &mut self.rng)? {
                    self.tell(Notice::Asked);
                }
            }
            // Others' queries, and answers that nobody waits for.
            (Kind::Query, _) => {}
            (Kind::Beacon, None) if !self.finder.is_seeking() => {}
            (Kind::Beacon, announcer) => {
                let beacon = Beacon::decode(bytes)?;
                if let Some(announcer) = announcer.as_mut().filter(|own| *own.key() == beacon.head.server) {
                    if announcer.learn_of_twin(&beacon.head) && !self.is_stopping {
                        // The other one is to hear of it, too.
                        let ways = self.interfaces.iter().filter(|interface| interface.can_multicast());
                        ways.for_each(|interface| announcer.announce(now.mono, interface, false));
                        self.tell(Notice::Twin(from));
                    }
                    return Ok(());
                }
                if !self.finder.is_seeking() {
                    return Ok(());
                }
                match self.finder.hear(now.mono, from, beacon, &self.interfaces, &mut self.rng)? {
                    Heard::Found(found, forgotten) => {
                        forgotten.into_iter().for_each(|key| self.tell(Notice::Gone(key)));
                        self.tell(Notice::Found(Box::new(found)));
                    }
                    Heard::Gone(key) => self.tell(Notice::Gone(key)),
                    Heard::Nothing => {}
                }
            }
            _ => return Err(DropReason::Kind),
        }
        Ok(())
    }

    fn command(&mut self, now: Now, command: Command) {
        match command {
            Command::Interfaces(interfaces) => self.interfaces(now, interfaces),
            Command::Announce(advertisement) => match &mut self.announcer {
                Some(announcer) => announcer.tell(now.mono, advertisement),
                None if self.is_stopping => {}
                None => {
                    let mut announcer = Announcer::new(now.mono, advertisement, &mut self.rng);
                    let ways = self.interfaces.iter().filter(|interface| interface.can_multicast());
                    ways.for_each(|interface| announcer.announce(now.mono, interface, false));
                    self.announcer = Some(announcer);
                }
            },
            Command::Seek => self.finder.seek(now.mono, &mut self.rng),
            Command::Expect(keys) => self.finder.expect(keys),
            Command::Rest => self.finder.rest(),
            Command::Stop => {
                self.is_stopping = true;
                self.finder.rest();
                if let Some(announcer) = &mut self.announcer {
                    announcer.leave(now.mono, &self.interfaces);
                }
            }
        }
    }

    /// Follows interfaces that come and go.
    fn interfaces(&mut self, now: Now, interfaces: Vec<Interface>) {
        let come: Vec<_> = interfaces.iter().filter(|new| !self.interfaces.contains(new)).copied().collect();
        self.interfaces = interfaces;
        if come.is_empty() || self.is_stopping {
            return;
        }
        self.finder.hasten(now.mono, &mut self.rng);
        if let Some(announcer) = &mut self.announcer {
            let ways = come.iter().filter(|interface| interface.can_multicast());
            ways.for_each(|interface| announcer.announce(now.mono, interface, false));
        }
    }

    fn tell(&mut self, notice: Notice) {
        if self.notices.len() < NOTICES_MAX {
            self.notices.push_back(notice);
        }
    }

    fn transmit(&mut self, now: Now, buf: &mut [u8]) -> Option<Transmit> {
        if let Some(Due { beacon, to, from }) = self.announcer.as_mut().and_then(|announcer| announcer.poll(now.mono)) {
            return Some(Transmit { to, from, len: beacon.encode(buf) });
        }
        let asking = self.finder.next_query()?;
        Some(Transmit { to: asking.to, from: Some(asking.from), len: asking.query.encode(buf) })
    }
}

impl Node for Discovery {
    type Command = Command;
    type Notice = Notice;
    type Job = Infallible;
    type Done = Infallible;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Infallible>) {
        match input {
            Input::Datagram { from, bytes, .. } => {
                if let Err(reason) = self.datagram(now, from, bytes) {
                    *self.drops.entry(reason).or_default() += 1;
                }
            }
            Input::Timeout => {
                for key in self.finder.timeout(now.mono, &self.interfaces, &mut self.rng) {
                    self.tell(Notice::Gone(key));
                }
            }
            Input::Done(never) => match never {},
            Input::Command(command) => self.command(now, command),
        }
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Infallible> {
        if let Some(notice) = self.notices.pop_front() {
            return Output::Notice(notice);
        }
        if let Some(transmit) = self.transmit(now, buf) {
            return Output::Transmit(transmit);
        }
        if self.is_stopping && self.announcer.as_ref().is_none_or(Announcer::is_silent) {
            self.announcer = None;
            if std::mem::take(&mut self.is_stopping) {
                return Output::Notice(Notice::Stopped);
            }
        }
        let announcing = self.announcer.as_ref().and_then(Announcer::deadline);
        Output::Wait(announcing.into_iter().chain(self.finder.deadline()).min())
    }
}

#[cfg(test)]
mod tests;
