//! The world of a run: all hosts, their disks, and the network between them.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use chinwag_proto::dump;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::Kind;

use super::check::log::Truth;
use super::check::wire::{Inbound, Wire};
use super::check::{Findings, Promise};
use super::client_host::ClientHost;
use super::coverage::{Coverage, Situation};
use super::digest::Digest;
use super::machines::Machines;
use super::network::{self, HostId, Network, Note, SERVER};
use super::plan::Plan;
use super::server_host::{ADDRESSES, ServerHost, address_towards};
use super::trace::Trace;
use chinwag_simnet::links::Route;
use {chinwag_client_core as client, chinwag_server as server};

/// What happens in virtual time.
pub(super) enum Event {
    /// A step of the plan, by its place there.
    Step(usize),
    /// A process runs.
    Run(HostId),
    /// Datagrams come off a client's link.
    Link(HostId),
    /// A job of the server's disk is done, if the server is still the same.
    Disk(u32, u64),
    /// A client's record is durable, if the client is still the same.
    Recorded(HostId, u32, u64),
}

pub(super) struct World<'m> {
    pub(super) machines: &'m dyn Machines,
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) queue: Queue,
    pub(super) network: Network,
    pub(super) server: ServerHost,
    pub(super) clients: Vec<ClientHost>,
    pub(super) truth: Truth,
    pub(super) wire: Wire,
    pub(super) findings: Findings,
    pub(super) coverage: Coverage,
    pub(super) trace: Trace<'m>,
    /// The last few datagrams that clients sent, for strangers to send again.
    pub(super) captured: VecDeque<(SocketAddr, Vec<u8>)>,
    pub(super) stage: Stage,
    /// When clients' processes ended.
    pub(super) departures: Vec<Instant>,
    pub(super) datagrams: u64,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Anything may go wrong.
    Faults,
    /// The network is well again.
    Healed,
    /// Everyone has everything, nothing is said any more.
    Idle,
    /// Everyone was asked who is there.
    Asked,
    /// That was it.
    Over,
}

pub(super) type Queue = chinwag_simnet::queue::Queue<Event>;

impl<'m> World<'m> {
    pub(super) fn new(plan: Plan, machines: &'m dyn Machines, trace: Trace<'m>) -> Self {
        let mut rng = Rng::from_number(plan.seed).fork("world");
        let mut network = network::network(plan.clients.len(), &mut rng);
        for addr in ADDRESSES {
            network.attach(addr, SERVER);
        }
        let server = ServerHost::new(&plan, machines, rng.fork("server"));
        let clients = clients(&plan, &mut network, &mut rng);
        let mut queue = Queue::default();
        for (index, (at, _)) in plan.steps.iter().enumerate() {
            queue.push(Instant::from_micros(*at), Event::Step(index));
        }
        Self {
            machines,
            plan,
            rng,
            queue,
            network,
            server,
            clients,
            truth: Truth::default(),
            wire: Wire::default(),
            findings: Findings::default(),
            coverage: Coverage::default(),
            trace,
            captured: VecDeque::new(),
            stage: Stage::Faults,
            departures: Vec::new(),
            datagrams: 0,
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.queue.now()
    }

    pub(super) fn client(&mut self, host: HostId) -> &mut ClientHost {
        &mut self.clients[host.0 - 1]
    }

    // --- processes -----------------------------------------------------------------------------------------------

    /// Sees to it that the server runs when it is to.
    pub(super) fn wake_server(&mut self) {
        let now = self.now();
        let at = self.server.process.as_ref().and_then(|process| process.wake(now));
        wake(&mut self.queue, SERVER, &mut self.server.run_at, at);
    }

    /// Sees to it that a client runs when it is to.
    pub(super) fn wake_client(&mut self, host: HostId) {
        let now = self.now();
        let client = &mut self.clients[host.0 - 1];
        let at = client.process.as_ref().and_then(|process| process.wake(now)).map(|at| at.max(client.asleep_until));
        wake(&mut self.queue, host, &mut client.run_at, at);
    }

    // --- disks ---------------------------------------------------------------------------------------------------

    pub(super) fn server_job(&mut self, job: server::Job) {
        if matches!(job, server::Job::Store(server::StoreJob::Commit(_))) && self.server.disk.commits_under_way() > 0 {
            self.findings.add(Promise::Liveness, String::from("a second commit while one is under way"));
        }
        let (number, delay_us) = self.server.disk.start(job);
        let at = self.now().plus_micros(delay_us);
        self.queue.push(at, Event::Disk(self.server.boot, number));
    }

    pub(super) fn disk_done(&mut self, boot: u32, job: u64) {
        if boot != self.server.boot {
            return;
        }
        let Some((done, applied)) = self.server.disk.finish(job) else { return };
        self.truth.applied(&applied, &mut self.findings);
        if let Some(process) = &mut self.server.process {
            process.done(done);
        }
        self.wake_server();
    }

    pub(super) fn client_records(&mut self, host: HostId, save: client::Save) {
        let now = self.now();
        let client = self.client(host);
        client.records_started += 1;
        let number = client.records_started;
        client.records.insert(number, save);
        let (life, at) = (client.transcript.life(), now.plus_micros(client.plan.record_us));
        self.queue.push(at, Event::Recorded(host, life, number));
    }

    pub(super) fn recorded(&mut self, host: HostId, life: u32, number: u64) {
        let client = &mut self.clients[host.0 - 1];
        if client.transcript.life() != life {
            return;
        }
        let Some(save) = client.records.remove(&number) else { return };
        client.recorded(&save, &mut self.findings);
        if let Some(process) = &mut client.process {
            process.done(client::Saved::Kept);
        }
        self.wake_client(host);
    }

    // --- datagrams -----------------------------------------------------------------------------------------------

    pub(super) fn server_sends(&mut self, to: SocketAddr, from: Option<IpAddr>, bytes: Vec<u8>) {
        let mut source = address_towards(to);
        if let Some(ip) = from {
            source.set_ip(ip);
        }
        if !ADDRESSES.contains(&source) {
            self.findings.add(Promise::Liveness, format!("the server sends from {source}, which is not its address"));
        }
        self.wire.sent(to, &bytes, &mut self.findings);
        self.send(SERVER, source, to, &bytes);
    }

    pub(super) fn client_sends(&mut self, host: HostId, to: SocketAddr, bytes: Vec<u8>) {
        let from = self.client(host).addr;
        match Kind::of(&bytes) {
            Ok(Kind::Hello) => self.client(host).seen.moved = false,
            Ok(Kind::Init) if std::mem::take(&mut self.client(host).seen.reset) => {
                self.coverage.hit(Situation::ResetHonoured);
            }
            _ => {}
        }
        if self.captured.len() >= 64 {
            self.captured.pop_front();
        }
        self.captured.push_back((to, bytes.clone()));
        self.send(host, from, to, &bytes);
    }

    fn send(&mut self, sender: HostId, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let now = self.now();
        self.datagrams += 1;
        let heard = self.wire.heard_at(from);
        let digest = Digest::of(bytes);
        let route = Route { from, to, note: Note { digest, heard } };
        let link = network::send(&mut self.network, now, sender, route, bytes);
        let way = if sender == SERVER { dump::Way::Down } else { dump::Way::Up };
        self.trace.datagram(now, digest, || {
            let fate = if link.is_some() { "" } else { " lost at once" };
            format!("{} {from} > {to}{fate}", dump::datagram(now, way, bytes))
        });
        if let Some(host) = link {
            if self.stage >= Stage::Idle {
                self.client(host).seen.idle_datagrams += 1;
            }
            self.wake_link(host);
        }
    }

    fn wake_link(&mut self, host: HostId) {
        let at = self.network.deadline(host);
        let link_at = &mut self.clients[host.0 - 1].link_at;
        if let Some(at) = at
            && link_at.is_none_or(|planned| planned > at)
        {
            *link_at = Some(at);
            self.queue.push(at, Event::Link(host));
        }
    }

    pub(super) fn arrivals(&mut self, host: HostId) {
        let now = self.now();
        if self.client(host).link_at != Some(now) {
            return;
        }
        self.client(host).link_at = None;
        let mut bytes = Vec::new();
        while let Some((_, route)) = self.network.pop_off(now, host, &mut bytes) {
            self.deliver(route, std::mem::take(&mut bytes));
        }
        self.wake_link(host);
    }

    fn deliver(&mut self, route: Route<Note>, bytes: Vec<u8>) {
        let now = self.now();
        let digest = Digest::of(&bytes);
        let spoiled = digest != route.note.digest;
        if spoiled {
            self.coverage.hit(Situation::Corrupted);
        }
        self.trace.datagram(now, digest, || {
            let fate = if spoiled { ", spoiled" } else { "" };
            format!("{now}     {} > {} {} octets arrive{fate}", route.from, route.to, bytes.len())
        });
        match self.network.host(route.to) {
            Some(SERVER) => self.reach_server(route.from, route.to, bytes, !spoiled, route.note.heard),
            Some(host) => self.reach_client(host, route, bytes, spoiled),
            None => {}
        }
    }

    /// A datagram reaches the server's socket.
    pub(super) fn reach_server(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
        genuine: bool,
        heard: bool,
    ) {
        let Some(process) = &mut self.server.process else { return };
        if process.has_room() {
            self.wire.received(Inbound { from, bytes: &bytes, genuine, heard });
            process.datagram(from, to.ip(), bytes);
        } else {
            self.coverage.hit(Situation::Overflow);
        }
        self.wake_server();
    }

    fn reach_client(&mut self, host: HostId, route: Route<Note>, bytes: Vec<u8>, spoiled: bool) {
        self.wire.reaches(route.to);
        let client = &mut self.clients[host.0 - 1];
        let Some(process) = &mut client.process else { return };
        match Kind::of(&bytes) {
            Ok(Kind::Reset) if !spoiled => client.seen.reset = true,
            Ok(Kind::Accept) if !spoiled && client.seen.up => self.coverage.hit(Situation::Rekeyed),
            _ => {}
        }
        if !process.has_room() {
            self.coverage.hit(Situation::Overflow);
        }
        process.datagram(route.from, route.to.ip(), bytes);
        self.wake_client(host);
    }
}

/// Sees to it that a process runs then at the latest.
fn wake(queue: &mut Queue, host: HostId, planned: &mut Option<Instant>, at: Option<Instant>) {
    if let Some(at) = at
        && planned.is_none_or(|planned| planned > at)
    {
        *planned = Some(at);
        queue.push(at, Event::Run(host));
    }
}

fn clients(plan: &Plan, network: &mut Network, rng: &mut Rng) -> Vec<ClientHost> {
    let secrets: Vec<[u8; 32]> = plan.clients.iter().map(|_| rng.bytes()).collect();
    let mut used = BTreeSet::new();
    let client = |(n, client_plan): (usize, &super::plan::ClientPlan)| {
        let id = HostId(n + 1);
        let home = HostId(client_plan.shares_address_with.unwrap_or(n) + 1);
        let ip = ClientHost::first_ip(home, client_plan.ipv6);
        let device = (format!("user{}", client_plan.device), secrets[client_plan.device]);
        let host = ClientHost::new(id, client_plan.clone(), device, ip, rng.fork("client"));
        assert!(used.insert(host.addr), "every client has an address and port of its own");
        network.attach(host.addr, id);
        host
    };
    plan.clients.iter().enumerate().map(client).collect()
}
