//! A network that runs machines: hosts with addresses, links with weather, one clock.
//!
//! Ask for something ([`Network::command`], [`Network::start`], …), then take what comes of it: [`Network::next`] gives one
//! effect after the other, and lets time pass up to a moment. What a machine sends is carried without the caller; its jobs are the
//! caller's to do, and go back by [`Network::done`]. The same calls with the same seed give the same run.
//!
//! One network runs one type of machine; where there are two, that is [`crate::either::Either`].

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use chinwag_node::Node;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::Spec;

use crate::links::{Cut, HostId, Links, Route, Way};
use crate::process::{Clock, Effect, Process, Schedule};
use crate::queue::Queue;

/// What the machine of a host did.
pub type HostEffect<N> = (HostId, Effect<<N as Node>::Notice, <N as Node>::Job>);

/// Hosts, links, and what happens on them in virtual time.
pub struct Network<N: Node + ?Sized> {
    queue: Queue<Event<N::Done>>,
    links: Links<()>,
    hosts: Vec<Host<N>>,
    rng: Rng,
    source: Option<fn(SocketAddr, Option<IpAddr>) -> SocketAddr>,
    tells_datagrams: bool,
    effects: VecDeque<HostEffect<N>>,
    /// Of the machine that runs.
    ran: Vec<Effect<N::Notice, N::Job>>,
    /// Buffers of datagrams that have arrived.
    spare: Vec<Vec<u8>>,
}

struct Host<N: Node + ?Sized> {
    process: Option<Process<N>>,
    /// Of its processes so far.
    lives: u32,
    addr: SocketAddr,
    run_at: Option<Instant>,
    link_at: Option<Instant>,
}

enum Event<D> {
    /// A machine runs.
    Run(HostId),
    /// Datagrams come off a host's link.
    Link(HostId),
    /// A job is done, if the process is still the one that asked.
    Done(HostId, u32, D),
}

impl<N: Node + ?Sized> Network<N> {
    /// A network without hosts, at time zero.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            queue: Queue::default(),
            links: Links::default(),
            hosts: Vec::new(),
            rng: Rng::from_number(seed),
            source: None,
            tells_datagrams: false,
            effects: VecDeque::new(),
            ran: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Datagrams are effects that the caller is given, too; otherwise they are only carried.
    pub const fn tell_datagrams(&mut self) {
        self.tells_datagrams = true;
    }

    /// Where datagrams come from: of a host's address and the local address that its machine named. Unless this is set, from the
    /// latter with the host's port, where the host has that address, and else from the host's.
    pub const fn set_source(&mut self, source: fn(SocketAddr, Option<IpAddr>) -> SocketAddr) {
        self.source = Some(source);
    }

    /// Another host, with nothing running on it, on a link that is clear. What it sends comes from this address.
    pub fn add(&mut self, addr: SocketAddr) -> HostId {
        let host = self.links.add(&mut self.rng);
        self.links.attach(addr, host);
        self.hosts.push(Host { process: None, lives: 0, addr, run_at: None, link_at: None });
        host
    }

    /// A host gets another address, or becomes a member of a group.
    pub fn attach(&mut self, host: HostId, addr: SocketAddr) {
        self.links.attach(addr, host);
    }

    /// Nobody has this address any more.
    pub fn detach(&mut self, addr: SocketAddr) {
        self.links.detach(addr);
    }

    /// A host has this address instead of the one that it sends from.
    pub fn roam(&mut self, host: HostId, addr: SocketAddr) {
        let before = std::mem::replace(&mut self.hosts[host.0].addr, addr);
        self.links.detach(before);
        self.links.attach(addr, host);
    }

    /// The address that a host sends from.
    #[must_use]
    pub fn addr(&self, host: HostId) -> SocketAddr {
        self.hosts[host.0].addr
    }

    /// The weather on a host's link changes.
    pub fn set_weather(&mut self, host: HostId, spec: &Spec) {
        self.links.set_weather(host, spec);
    }

    /// A host's link is cut, or mended. What is under way on it arrives.
    pub fn set_cut(&mut self, host: HostId, cut: Cut) {
        self.links.set_cut(host, cut);
    }

    /// Starts a machine on a host, as a process that wakes for whatever comes, at once. One that runs there is gone.
    pub fn start(&mut self, host: HostId, node: Box<N>) {
        self.start_process(host, Process::new(node, Schedule::AT_ONCE, Clock::default()));
    }

    /// Starts a process on a host. One that runs there is gone.
    pub fn start_process(&mut self, host: HostId, process: Process<N>) {
        self.stop(host);
        self.hosts[host.0].process = Some(process);
        self.wake(host);
    }

    /// Ends the process of a host without a word; what it has not sent yet is never sent.
    pub fn stop(&mut self, host: HostId) {
        let host = &mut self.hosts[host.0];
        host.process = None;
        host.lives += 1;
    }

    /// The machine that runs on a host.
    #[must_use]
    pub fn node(&self, host: HostId) -> Option<&N> {
        self.hosts[host.0].process.as_ref().map(Process::node)
    }

    /// The machine that runs on a host, to ask something of it by another way than a command: it runs next.
    pub fn node_mut(&mut self, host: HostId) -> Option<&mut N> {
        self.hosts[host.0].process.as_mut()?.interrupt();
        self.wake(host);
        self.hosts[host.0].process.as_mut().map(Process::node_mut)
    }

    /// The interface of a host's machine asks for something; nothing happens where none runs.
    pub fn command(&mut self, host: HostId, command: N::Command) {
        if let Some(process) = &mut self.hosts[host.0].process {
            process.command(command);
        }
        self.wake(host);
    }

    /// A job of a host's machine will be done in so many µs, unless its process ends before.
    pub fn done(&mut self, host: HostId, after_us: u64, done: N::Done) {
        let life = self.hosts[host.0].lives;
        self.queue.push(self.now().plus_micros(after_us), Event::Done(host, life, done));
    }

    /// A datagram of a stranger reaches a host at once.
    pub fn inject(&mut self, host: HostId, from: SocketAddr, bytes: &[u8]) {
        let to = self.hosts[host.0].addr;
        self.reach(host, from, to, bytes.to_vec());
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.queue.now()
    }

    /// When something happens next, at the earliest; `None`: never, unless it is asked for.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.queue.next_at()
    }

    /// The next effect by then; `None` when there are no more, and it is then.
    pub fn next(&mut self, until: Instant) -> Option<HostEffect<N>> {
        while self.effects.is_empty() && self.deadline().is_some_and(|at| at <= until) {
            self.step();
        }
        let effect = self.effects.pop_front();
        if effect.is_none() {
            self.queue.advance(until);
        }
        effect
    }

    /// Lets the next thing happen, with the time that it takes; its effects wait for [`Self::next`]. Whether there was any.
    pub fn step(&mut self) -> bool {
        let Some(event) = self.queue.pop() else { return false };
        let now = self.now();
        match event {
            Event::Run(host) => {
                if self.hosts[host.0].run_at == Some(now) {
                    self.hosts[host.0].run_at = None;
                    self.run(host);
                }
            }
            Event::Link(host) => {
                if self.hosts[host.0].link_at == Some(now) {
                    self.hosts[host.0].link_at = None;
                    self.arrivals(host);
                }
            }
            Event::Done(host, life, done) => {
                let at = &mut self.hosts[host.0];
                if let Some(process) = at.process.as_mut().filter(|_| at.lives == life) {
                    process.done(done);
                    self.wake(host);
                }
            }
        }
        true
    }

    fn run(&mut self, host: HostId) {
        let now = self.now();
        let Some(process) = &mut self.hosts[host.0].process else { return };
        let result = process.run_with(now, &mut self.ran, &mut self.spare);
        assert!(result.is_ok(), "the machine of host {} does not come to rest", host.0);
        let mut ran = std::mem::take(&mut self.ran);
        for effect in ran.drain(..) {
            match effect {
                Effect::Send { to, from, bytes } => {
                    let route = Route { from: self.source_of(host, from), to, note: () };
                    if self.links.is_clear(host, Way::Up) {
                        self.spread(route, &bytes);
                    } else if self.links.push_on(now, host, Way::Up, route, &bytes) {
                        self.wake_link(host);
                    }
                    if self.tells_datagrams {
                        self.effects.push_back((host, Effect::Send { to, from, bytes }));
                    } else {
                        self.spare.push(bytes);
                    }
                }
                told @ (Effect::Job(_) | Effect::Notice(_)) => self.effects.push_back((host, told)),
            }
        }
        self.ran = ran;
        self.wake(host);
    }

    fn source_of(&self, host: HostId, local: Option<IpAddr>) -> SocketAddr {
        let addr = self.hosts[host.0].addr;
        if let Some(source) = self.source {
            return source(addr, local);
        }
        let named = local.map(|ip| SocketAddr::new(ip, addr.port()));
        named.filter(|named| self.links.hosts(*named).contains(&host)).unwrap_or(addr)
    }

    fn arrivals(&mut self, host: HostId) {
        let now = self.now();
        let mut bytes = self.spare.pop().unwrap_or_default();
        while let Some((way, route)) = self.links.pop_off(now, host, &mut bytes) {
            match way {
                Way::Up => self.spread(route, &bytes),
                Way::Down if self.links.hosts(route.to).contains(&host) => {
                    let next = self.spare.pop().unwrap_or_default();
                    self.reach(host, route.from, route.to, std::mem::replace(&mut bytes, next));
                }
                // The address has moved away.
                Way::Down => {}
            }
        }
        self.spare.push(bytes);
        self.wake_link(host);
    }

    /// A datagram that has come up a link goes down those of whoever has its address.
    fn spread(&mut self, route: Route<()>, bytes: &[u8]) {
        let now = self.now();
        for n in 0..self.links.hosts(route.to).len() {
            let to = self.links.hosts(route.to)[n];
            if self.links.is_clear(to, Way::Down) {
                let mut copy = self.spare.pop().unwrap_or_default();
                copy.clear();
                copy.extend_from_slice(bytes);
                self.reach(to, route.from, route.to, copy);
            } else if self.links.push_on(now, to, Way::Down, route, bytes) {
                self.wake_link(to);
            }
        }
    }

    fn reach(&mut self, host: HostId, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        if let Some(process) = &mut self.hosts[host.0].process {
            process.datagram(from, to.ip(), bytes);
            self.wake(host);
        }
    }

    fn wake(&mut self, host: HostId) {
        let now = self.queue.now();
        let at = &mut self.hosts[host.0];
        let wake = at.process.as_ref().and_then(|process| process.wake(now));
        if let Some(wake) = wake.filter(|wake| at.run_at.is_none_or(|planned| *wake < planned)) {
            at.run_at = Some(wake);
            self.queue.push(wake, Event::Run(host));
        }
    }

    fn wake_link(&mut self, host: HostId) {
        let at = &mut self.hosts[host.0];
        let due = self.links.deadline(host);
        if let Some(due) = due.filter(|due| at.link_at.is_none_or(|planned| *due < planned)) {
            at.link_at = Some(due);
            self.queue.push(due, Event::Link(host));
        }
    }
}
