//! The weather relay: stands between programs that know nothing of it, and spoils what they send each other.
//!
//! Each client, told by its address, gets a flow: a socket of its own towards the server, and weather of its own in each
//! direction. Flows are bounded in number and forgotten when idle.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::{Spec, Weather};

use super::deadlines::Deadlines;
use super::reactor::{Reactor, Wake};
use super::socket_weather::earlier;
use super::{Clock, entropy};
use chinwag_net::{ReceiveBatch, Socket, bind};

/// Most clients at a time. Another one finds no way through until one was idle for [`IDLE`].
const FLOWS_MAX: usize = 1_024;
/// A flow through which nothing came for so long is forgotten.
const IDLE: Duration = Duration::from_secs(120);
/// Batches received from one socket in one turn.
const BATCHES_PER_TURN: usize = 8;
/// The number of the socket that clients send to; flows have theirs from 1 on.
const LISTEN: usize = 0;

/// A relay, ready to run.
pub struct Relay {
    listen: Socket,
    to: SocketAddr,
    spec: Spec,
    seed: u64,
    rng: Rng,
    clock: Clock,
    reactor: Reactor,
    deadlines: Deadlines,
    /// By number, from 1 on; holes are filled again.
    flows: Vec<Option<Flow>>,
    by_client: BTreeMap<SocketAddr, usize>,
    stop: Stopper,
    scratch: Vec<u8>,
}

/// One client's way through.
struct Flow {
    client: SocketAddr,
    /// The address that it sends to: answers leave from there.
    asked: Option<IpAddr>,
    /// Its own socket towards the server.
    socket: Socket,
    up: Weather<()>,
    down: Weather<()>,
    used: Instant,
}

/// Ends [`Relay::run`] from another thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    wake: Wake,
    stop: Arc<AtomicBool>,
}

impl Stopper {
    /// Ends it.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake.ring();
    }
}

impl Relay {
    /// A relay that takes datagrams on `listen` and passes them on to `to`, and back. `up:` is towards `to`.
    ///
    /// # Errors
    /// The system refuses a readiness queue, a timer or entropy.
    pub fn new(mut listen: Socket, to: SocketAddr, spec: Spec) -> io::Result<Self> {
        let seed = match spec.seed {
            Some(seed) => seed,
            None => entropy::rng()?.u64(),
        };
        let reactor = Reactor::new()?;
        reactor.watch(LISTEN, &mut listen)?;
        let stop = Stopper { wake: reactor.wake().clone(), stop: Arc::default() };
        Ok(Self {
            listen,
            to,
            spec,
            seed,
            rng: Rng::from_number(seed),
            clock: Clock::start(),
            reactor,
            deadlines: Deadlines::default(),
            flows: Vec::new(),
            by_client: BTreeMap::new(),
            stop,
            scratch: Vec::new(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.listen.local_addr()
    }

    /// The seed of its weather.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What ends [`Self::run`].
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stop.clone()
    }

    /// Relays until it is stopped.
    ///
    /// # Errors
    /// The readiness queue or the timer failed.
    pub fn run(mut self) -> io::Result<()> {
        let mut receive = ReceiveBatch::default();
        let mut readable: Vec<usize> = vec![LISTEN];
        while !self.stop.stop.load(Ordering::Acquire) {
            let deadline = if readable.is_empty() { self.deadlines.next() } else { Some(Instant::EPOCH) };
            self.reactor.wait(&self.clock, deadline)?;
            self.reactor.take_rung();
            for readiness in self.reactor.readiness().filter(|readiness| readiness.readable) {
                if !readable.contains(&readiness.token) {
                    readable.push(readiness.token);
                }
            }
            readable.retain(|&number| self.take_in(number, &mut receive));
            let now = self.clock.mono();
            while let Some(number) = self.deadlines.due(now) {
                self.let_out(number, now)?;
            }
        }
        Ok(())
    }

    /// Receives from one socket into the weather. Whether there may be more.
    fn take_in(&mut self, number: usize, receive: &mut ReceiveBatch) -> bool {
        let mut more = true;
        for _ in 0..BATCHES_PER_TURN {
            let socket = match number {
                LISTEN => &self.listen,
                _ => match self.flow(number) {
                    Some(flow) => &flow.socket,
                    None => break,
                },
            };
            match receive.receive(socket) {
                Ok(may) => more = may,
                Err(error) => log::debug!("receive: {error}"),
            }
            let now = self.clock.mono();
            for arrival in receive.arrivals() {
                match number {
                    LISTEN => self.upwards(now, arrival.from, arrival.local, arrival.bytes),
                    _ if arrival.from == self.to => self.downwards(now, number, arrival.bytes),
                    _ => log::debug!("from {}, who was not asked", arrival.from),
                }
            }
            if !more {
                break;
            }
        }
        more && (number == LISTEN || self.flow(number).is_some())
    }

    fn upwards(&mut self, now: Instant, client: SocketAddr, asked: Option<IpAddr>, bytes: &[u8]) {
        let number = match self.by_client.get(&client) {
            Some(&number) => number,
            None => match self.open(now, client) {
                Ok(number) => number,
                Err(error) => return log::warn!("no way through for {client}: {error}"),
            },
        };
        if let Some(flow) = self.flows[number - 1].as_mut() {
            flow.asked = asked;
            flow.used = now;
            flow.up.push(now, (), bytes);
            self.set_deadline(number);
        }
    }

    fn downwards(&mut self, now: Instant, number: usize, bytes: &[u8]) {
        if let Some(flow) = self.flows[number - 1].as_mut() {
            flow.used = now;
            flow.down.push(now, (), bytes);
            self.set_deadline(number);
        }
    }

    /// Passes on what came out of a flow's weather by now; forgets the flow if it is idle.
    fn let_out(&mut self, number: usize, now: Instant) -> io::Result<()> {
        let Some(flow) = self.flows[number - 1].as_mut() else { return Ok(()) };
        while flow.up.pop(now, &mut self.scratch).is_some() {
            log_lost(flow.socket.send(self.to, None, &self.scratch));
        }
        while flow.down.pop(now, &mut self.scratch).is_some() {
            log_lost(self.listen.send(flow.client, flow.asked, &self.scratch));
        }
        if now.since(flow.used) >= IDLE {
            self.reactor.forget(&mut flow.socket)?;
            self.by_client.remove(&flow.client);
            self.flows[number - 1] = None;
            return Ok(());
        }
        self.set_deadline(number);
        Ok(())
    }

    fn open(&mut self, now: Instant, client: SocketAddr) -> io::Result<usize> {
        let free = self.flows.iter().position(Option::is_none);
        if free.is_none() && self.flows.len() == FLOWS_MAX {
            return Err(io::Error::other("too many clients"));
        }
        let any = match self.to {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let mut socket = bind(SocketAddr::new(any, 0)).map_err(io::Error::other)?;
        let index = free.unwrap_or(self.flows.len());
        self.reactor.watch(index + 1, &mut socket)?;
        let up = Weather::new(self.spec.up, self.rng.fork("up"));
        let down = Weather::new(self.spec.down, self.rng.fork("down"));
        let flow = Some(Flow { client, asked: None, socket, up, down, used: now });
        match self.flows.get_mut(index) {
            Some(hole) => *hole = flow,
            None => self.flows.push(flow),
        }
        self.by_client.insert(client, index + 1);
        Ok(index + 1)
    }

    fn flow(&self, number: usize) -> Option<&Flow> {
        self.flows.get(number - 1).and_then(Option::as_ref)
    }

    fn set_deadline(&mut self, number: usize) {
        let Some(flow) = self.flow(number) else { return };
        let weather = earlier(flow.up.deadline(), flow.down.deadline());
        let deadline = earlier(weather, Some(flow.used + IDLE));
        self.deadlines.set(number, deadline);
    }
}

/// What the system does not send is lost, as on any network.
fn log_lost(sent: io::Result<()>) {
    if let Err(error) = sent {
        log::debug!("not passed on: {error}");
    }
}
