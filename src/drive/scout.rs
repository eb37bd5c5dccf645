//! The loop of [`Discovery`]: the shared port, a socket for each interface, and interfaces that come and go. Its thread is its
//! own, so that a crowd of forgers on the subnet costs nothing where chat is.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use chinwag_proto::limits::{DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_HOPS, DISCOVERY_PORT};
use chinwag_proto::time::Instant;

use super::handle::Commands;
use super::news::News;
use super::reactor::Reactor;
use super::socket_weather::earlier;
use super::{Clock, entropy};
use chinwag_discovery::{Command, Discovery, Notice};
use chinwag_net::{self as net, Listener, ReceiveBatch, Socket};
use chinwag_node::interface::Interface;
use chinwag_node::{Input, Node as _, Output, Transmit};

/// Commands on their way.
const COMMANDS_MAX: usize = 64;
/// A socket from which a whole turn's batches came full is left alone for this long: what the kernel then has no room for is
/// dropped, and whoever asked in earnest asks again.
const REST: Duration = Duration::from_millis(5);
/// Batches received from one socket in one turn.
const BATCHES_PER_TURN: usize = 2;
/// Numbers of sockets: the listeners, then the ways.
const LISTENERS: usize = 2;
/// The number of the news of interfaces, which no way comes to.
const NEWS: usize = usize::MAX / 2;

/// A discoverer on its thread. Dropping it says that its server leaves, if there is one, and ends it.
#[derive(Debug)]
pub struct Scout {
    commands: Commands<Command>,
    thread: Option<JoinHandle<()>>,
}

impl Scout {
    /// Starts one, whose notices go to `sink`, on its thread.
    ///
    /// # Errors
    /// The system refuses a thread, a readiness queue, a timer or entropy.
    pub fn start(sink: impl FnMut(Notice) + Send + 'static) -> io::Result<Self> {
        let (sender, commands) = sync_channel(COMMANDS_MAX);
        let run = Run::new(commands, Box::new(sink))?;
        let wake = run.reactor.wake().clone();
        let thread = std::thread::Builder::new().name("discovery".to_owned()).spawn(move || {
            if let Err(error) = run.run() {
                log::error!("discovery has ended: {error}");
            }
        })?;
        Ok(Self { commands: Commands::new(sender, wake), thread: Some(thread) })
    }

    /// A sender of commands, for other threads.
    #[must_use]
    pub fn commands(&self) -> Commands<Command> {
        self.commands.clone()
    }

    /// Asks it for something. One that has ended by a fault of the machine says so in the log.
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        self.send(Command::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("discovery has ended by a panic");
        }
    }
}

struct Run {
    node: Discovery,
    clock: Clock,
    reactor: Reactor,
    commands: Receiver<Command>,
    sink: Box<dyn FnMut(Notice) + Send>,
    listeners: [Option<Listener>; LISTENERS],
    ways: Vec<Option<Way>>,
    interfaces: Vec<Interface>,
    news: News,
    /// Sockets that may have something.
    readable: Vec<usize>,
    /// Sockets that are left alone until then.
    resting: Vec<(usize, Instant)>,
    deadline: Option<Instant>,
    receive: ReceiveBatch,
}

/// A socket through one interface.
struct Way {
    interface: Interface,
    socket: Socket,
}

impl Way {
    /// Whether it leads through that interface. One that has come in the place of another is not it, whatever its address.
    fn is_of(&self, interface: &Interface) -> bool {
        let is_of_address = match interface.addr {
            IpAddr::V4(_) => self.interface.addr == interface.addr,
            IpAddr::V6(_) => self.interface.addr.is_ipv6(),
        };
        is_of_address && self.interface.index == interface.index
    }

    /// Whether what goes from this address to that one leaves by it.
    fn carries(&self, from: IpAddr, to: SocketAddr) -> bool {
        match to {
            SocketAddr::V4(_) => self.interface.addr == from,
            SocketAddr::V6(to) => self.interface.addr.is_ipv6() && self.interface.index == to.scope_id(),
        }
    }
}

impl Run {
    fn new(commands: Receiver<Command>, sink: Box<dyn FnMut(Notice) + Send>) -> io::Result<Self> {
        let clock = Clock::start();
        let reactor = Reactor::new()?;
        let groups = [IpAddr::V4(DISCOVERY_GROUP_V4), IpAddr::V6(DISCOVERY_GROUP_V6)];
        let mut listeners = groups.map(|group| match Listener::bind(group, DISCOVERY_PORT, DISCOVERY_HOPS) {
            Ok(listener) => Some(listener),
            Err(error) => {
                log::info!("not heard by multicast to {group}: {error}");
                None
            }
        });
        for (token, listener) in listeners.iter_mut().enumerate() {
            if let Some(listener) = listener {
                reactor.watch(token, &mut listener.socket)?;
            }
        }
        Ok(Self {
            node: Discovery::new(entropy::rng()?.bytes()),
            news: News::new(&reactor, NEWS, clock.mono()),
            clock,
            reactor,
            commands,
            sink,
            listeners,
            ways: Vec::new(),
            interfaces: Vec::new(),
            readable: Vec::new(),
            resting: Vec::new(),
            deadline: None,
            receive: ReceiveBatch::default(),
        })
    }

    fn run(mut self) -> io::Result<()> {
        loop {
            self.look_at_interfaces();
            while let Ok(command) = self.commands.try_recv() {
                self.node.handle(self.clock.now(), Input::Command(command));
            }
            self.receive()?;
            if self.deadline.is_some_and(|at| at <= self.clock.mono()) {
                self.node.handle(self.clock.now(), Input::Timeout);
            }
            if self.drain() {
                return Ok(());
            }
            let rested = self.resting.iter().map(|(_, until)| *until).min();
            let next = earlier(earlier(self.deadline, self.news.deadline()), rested);
            let next = if self.readable.is_empty() { next } else { Some(Instant::EPOCH) };
            self.reactor.wait(&self.clock, next)?;
            self.reactor.take_rung();
            for readiness in self.reactor.readiness().filter(|readiness| readiness.readable) {
                if readiness.token == NEWS {
                    self.news.have_come();
                } else if !self.readable.contains(&readiness.token) {
                    self.readable.push(readiness.token);
                }
            }
        }
    }

    /// Looks for interfaces that come and go, if it is time.
    fn look_at_interfaces(&mut self) {
        let Some((found, gone)) = self.news.look(self.clock.mono()) else { return };
        // What has gone is left, even if there is such a one again: sockets and groups were those of the one before.
        let stay: Vec<_> = self.interfaces.iter().filter(|interface| !gone.has(interface.index)).copied().collect();
        for interfaces in [stay, found] {
            if interfaces != self.interfaces {
                self.follow(interfaces);
            }
        }
    }

    /// These are the interfaces from now on.
    fn follow(&mut self, found: Vec<Interface>) {
        for listener in self.listeners.iter_mut().flatten() {
            listener.follow(&found);
        }
        for (n, slot) in self.ways.iter_mut().enumerate() {
            if let Some(way) = slot
                && !found.iter().any(|interface| way.is_of(interface))
            {
                let _ = self.reactor.forget(&mut way.socket);
                self.readable.retain(|token| *token != LISTENERS + n);
                self.resting.retain(|(token, _)| *token != LISTENERS + n);
                *slot = None;
            }
        }
        for interface in found.iter().filter(|interface| interface.can_multicast()) {
            if !self.ways.iter().flatten().any(|way| way.is_of(interface))
                && let Err(error) = self.open(*interface)
            {
                log::debug!("no way out by {}: {error}", interface.addr);
            }
        }
        self.interfaces.clone_from(&found);
        self.node.handle(self.clock.now(), Input::Command(Command::Interfaces(found)));
    }

    fn open(&mut self, interface: Interface) -> io::Result<()> {
        let mut socket = net::way(&interface, DISCOVERY_HOPS)?;
        let n = self.ways.iter().position(Option::is_none).unwrap_or(self.ways.len());
        self.reactor.watch(LISTENERS + n, &mut socket)?;
        let way = Some(Way { interface, socket });
        if n == self.ways.len() {
            self.ways.push(way);
        } else {
            self.ways[n] = way;
        }
        Ok(())
    }

    fn receive(&mut self) -> io::Result<()> {
        let now = self.clock.mono();
        for (token, _) in self.resting.extract_if(.., |(_, until)| *until <= now) {
            if let Some(socket) = socket_of(&mut self.listeners, &mut self.ways, token) {
                self.reactor.watch(token, socket)?;
                self.readable.push(token);
            }
        }
        for token in std::mem::take(&mut self.readable) {
            let Some(socket) = socket_of(&mut self.listeners, &mut self.ways, token) else { continue };
            let mut is_more = true;
            for _ in 0..BATCHES_PER_TURN {
                match self.receive.receive(socket) {
                    Ok(more) => is_more = more,
                    Err(error) => log::debug!("receive on {}: {error}", socket.local_addr()),
                }
                for arrival in self.receive.arrivals() {
                    let (from, local, bytes) = (arrival.from, arrival.local, arrival.bytes);
                    self.node.handle(self.clock.now(), Input::Datagram { from, local, bytes });
                }
                if !is_more {
                    break;
                }
            }
            if is_more {
                self.reactor.forget(socket)?;
                self.resting.push((token, now + REST));
            }
        }
        Ok(())
    }

    /// Sends and tells what there is. True when the machine has ended.
    fn drain(&mut self) -> bool {
        let mut buf = [0; DATAGRAM_MAX_LEN];
        loop {
            match self.node.poll(self.clock.now(), &mut buf) {
                Output::Transmit(transmit) => self.send(&transmit, &buf[..transmit.len]),
                Output::Job(never) => match never {},
                Output::Notice(Notice::Stopped) => {
                    (self.sink)(Notice::Stopped);
                    return true;
                }
                Output::Notice(notice) => (self.sink)(notice),
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return false;
                }
            }
        }
    }

    fn send(&self, transmit: &Transmit, bytes: &[u8]) {
        let socket = match transmit.from {
            None => self.listeners[usize::from(transmit.to.is_ipv6())].as_ref().map(|listener| &listener.socket),
            Some(from) => {
                let way = self.ways.iter().flatten().find(|way| way.carries(from, transmit.to));
                way.map(|way| &way.socket)
            }
        };
        let Some(socket) = socket else { return };
        if let Err(error) = socket.send(transmit.to, None, bytes) {
            log::debug!("not sent to {}: {error}", transmit.to);
        }
    }
}

fn socket_of<'a>(
    listeners: &'a mut [Option<Listener>],
    ways: &'a mut [Option<Way>],
    token: usize,
) -> Option<&'a mut Socket> {
    match token.checked_sub(LISTENERS) {
        None => listeners[token].as_mut().map(|listener| &mut listener.socket),
        Some(n) => ways.get_mut(n)?.as_mut().map(|way| &mut way.socket),
    }
}
