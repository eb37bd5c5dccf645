//! A network that runs machines: hosts with addresses, links with weather, one clock.
//!
//! Ask for something ([`Network::command`], [`Network::start`], …), then take what comes of it: [`Network::next`] gives one
//! effect after the other, and lets time pass up to a moment; [`Network::run_until`] lets it pass until something holds. What a
//! machine sends is carried by itself; its jobs are the caller's to do, and go back by [`Network::done`]. The same calls with the
//! same seed give the same run.
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

    /// The same, to ask something of it by another way than a command: it runs next.
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
                    if self.links.push_on(now, host, Way::Up, route, &bytes) {
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
            if self.links.push_on(now, to, Way::Down, route, bytes) {
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

impl<N: Node> Network<N> {
    /// Lets time pass until that holds, with what happens until then.
    ///
    /// # Panics
    /// If it does not hold within this time.
    pub fn run_until(&mut self, within: std::time::Duration, mut holds: impl FnMut(&mut Self) -> bool) {
        let end = self.now() + within;
        while !holds(self) {
            assert!(self.deadline().is_some_and(|at| at <= end), "stuck at {}", self.now());
            self.step();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chinwag_node::{Input, Output};
    use chinwag_proto::endpoint::Transmit;
    use chinwag_proto::limits::DATAGRAM_MAX_LEN;
    use chinwag_proto::time::Now;

    use super::*;
    use crate::either::Either;

    /// Sends what it is told to, has each datagram that it gets looked at, and says what was seen.
    #[derive(Default)]
    struct Reader {
        out: VecDeque<(SocketAddr, Vec<u8>)>,
        work: VecDeque<String>,
        seen: VecDeque<String>,
    }

    impl Node for Reader {
        type Command = (SocketAddr, &'static str);
        type Notice = String;
        type Job = String;
        type Done = String;

        fn handle(&mut self, now: Now, input: Input<'_, Self::Command, String>) {
            match input {
                Input::Datagram { from, bytes, .. } => {
                    self.work.push_back(format!("{} {from} {}", now.mono, String::from_utf8_lossy(bytes)));
                }
                Input::Command((to, text)) => self.out.push_back((to, text.into())),
                Input::Done(done) => self.seen.push_back(done),
                Input::Timeout => {}
            }
        }

        fn poll(&mut self, _: Now, buf: &mut [u8]) -> Output<String, String> {
            assert!(buf.len() >= DATAGRAM_MAX_LEN);
            if let Some((to, bytes)) = self.out.pop_front() {
                buf[..bytes.len()].copy_from_slice(&bytes);
                return Output::Transmit(Transmit { to, from: None, len: bytes.len() });
            }
            let work = self.work.pop_front().map(Output::Job);
            work.or_else(|| self.seen.pop_front().map(Output::Notice)).unwrap_or(Output::Wait(None))
        }
    }

    fn addr(host: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, host], 9))
    }

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1_000)
    }

    fn network(hosts: u8) -> Network<Reader> {
        let mut network = Network::new(1);
        for host in 0..hosts {
            let host = network.add(addr(host));
            network.set_weather(host, &"delay=10ms".parse().expect("weather"));
            network.start(host, Box::default());
        }
        network
    }

    /// What is said by then, where each look takes 1 ms.
    fn said(network: &mut Network<Reader>, ms: u64) -> Vec<(usize, String)> {
        let mut said = Vec::new();
        while let Some((host, effect)) = network.next(at(ms)) {
            match effect {
                Effect::Job(job) => network.done(host, 1_000, job),
                Effect::Notice(notice) => said.push((host.0, notice)),
                Effect::Send { .. } => panic!("nobody asked"),
            }
        }
        said
    }

    #[test]
    fn a_datagram_crosses_two_links_and_a_job_comes_back() {
        let mut network = network(2);
        network.command(HostId(0), (addr(1), "hi"));
        assert!(said(&mut network, 20).is_empty());
        assert_eq!(network.now(), at(20));
        assert_eq!(said(&mut network, 30), [(1, "20.000ms 10.0.0.0:9 hi".into())]);
        assert_eq!((network.now(), network.deadline()), (at(30), None));
    }

    #[test]
    fn every_member_of_a_group_has_a_copy_the_sender_too_and_none_that_is_cut_off() {
        let mut network = network(3);
        let group = SocketAddr::from(([239, 0, 0, 1], 9));
        (0..3).for_each(|host| network.attach(HostId(host), group));
        network.set_cut(HostId(1), Cut { up: false, down: true });
        network.command(HostId(0), (group, "all"));
        assert_eq!(said(&mut network, 50).iter().map(|(host, _)| *host).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn what_is_under_way_misses_a_host_that_moves_and_a_process_that_is_another() {
        let mut network = network(2);
        network.command(HostId(0), (addr(1), "too late"));
        assert!(said(&mut network, 15).is_empty());
        network.roam(HostId(1), addr(7));
        assert!(said(&mut network, 50).is_empty());
        network.command(HostId(0), (addr(7), "looked at"));
        network.run_until(Duration::from_secs(1), |network| !network.effects.is_empty());
        let (host, job) = network.next(at(70)).expect("a look");
        let Effect::Job(job) = job else { panic!("a look: {job:?}") };
        network.done(host, 1_000, job.clone());
        network.start(HostId(1), Box::default());
        assert!(said(&mut network, 90).is_empty(), "its process is gone");
        network.done(host, 1_000, job);
        assert_eq!(said(&mut network, 100).len(), 1);
    }

    #[test]
    fn what_a_machine_sends_is_told_to_whoever_wants_it() {
        let mut network = network(1);
        network.tell_datagrams();
        network.command(HostId(0), (addr(5), "hi"));
        let sent = Effect::Send { to: addr(5), from: None, bytes: b"hi".to_vec() };
        assert_eq!(network.next(at(1)), Some((HostId(0), sent)));
    }

    #[test]
    fn two_types_of_machines_share_a_network() {
        let mut network: Network<Either<Reader, Other>> = Network::new(1);
        let (reader, other) = (network.add(addr(0)), network.add(addr(1)));
        network.start(reader, Box::new(Either::A(Reader::default())));
        network.start(other, Box::new(Either::B(Other(Reader::default()))));
        network.command(reader, Either::A((addr(1), "to b")));
        network.command(other, Either::B((addr(0), "to a")));
        let jobs = [0; 2]
            .map(|_| network.next(at(5)).map(|(host, effect)| (host, matches!(effect, Effect::Job(Either::B(_))))));
        assert_eq!(jobs.map(|job| job.expect("a job")), [(other, true), (reader, false)]);
    }

    /// Another type.
    struct Other(Reader);

    impl Node for Other {
        type Command = (SocketAddr, &'static str);
        type Notice = String;
        type Job = String;
        type Done = String;

        fn handle(&mut self, now: Now, input: Input<'_, Self::Command, String>) {
            self.0.handle(now, input);
        }

        fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<String, String> {
            self.0.poll(now, buf)
        }
    }
}
