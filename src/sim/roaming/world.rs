//! A run: takes the next event, lets a machine run, and has what it did carried out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use chinwag_discovery as discovery;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram;
use chinwag_proto::wire::id::PublicKey;
use chinwag_roaming::{Command, Job};

use super::super::machines::Machines;
use super::chat::{Chat, Server};
use super::check::Messages;
use super::plan::{Kind, Plan};
use super::subnet::{Subnet, source};
use crate::check::{Finding, Findings, Promise};
use crate::trace::Trace;
use chinwag_simnet::process::Effect;
use chinwag_simnet::queue::Queue;

/// What came up in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Situation {
    /// A chat has gone to another server by itself.
    WentByItself,
    /// A chat has gone where its user wanted.
    WentAsAsked,
    /// A session that stood was given up.
    GaveUp,
    /// The user was faster than the chat, which waited.
    NotYet,
    /// The server of a chat that went has ended, empty.
    StoppedServing,
    /// The server of a chat that went goes on for others.
    ServesOn,
    /// A user was told of another server.
    ToldOfAnother,
    /// A user was not let in where the chat went by itself.
    NotLetIn,
    /// A chat went on from a server that was lost, to which it had come by itself.
    BroughtOn,
    /// A chat found its server again at another address.
    FoundAgain,
    /// A server did not prove the key of its beacon.
    Unproved,
}

impl Situation {
    /// All of them: seeds enough get to each.
    pub const ALL: [Self; 11] = [
        Self::WentByItself,
        Self::WentAsAsked,
        Self::GaveUp,
        Self::NotYet,
        Self::StoppedServing,
        Self::ServesOn,
        Self::ToldOfAnother,
        Self::NotLetIn,
        Self::BroughtOn,
        Self::FoundAgain,
        Self::Unproved,
    ];
}

/// What happens in virtual time.
pub(super) enum Event {
    Step(usize),
    Start(usize),
    Scout(usize),
    Roaming(usize),
    Datagram {
        to: usize,
        from: SocketAddr,
        bytes: Vec<u8>,
    },
    /// A job of that chat has an answer, or it has none.
    Answered(usize, Job),
    Failed(usize, Job),
    /// The face takes a session over, or not yet.
    TakeOver {
        chat: usize,
        is_by_itself: bool,
    },
    /// Whether the server of that chat answers.
    Tick(usize),
    /// What that chat has said is stored.
    Stored(usize, u32),
    Entered(usize),
    Forge(usize, u64),
    End,
}

pub(super) struct World<'m> {
    pub(super) machines: &'m dyn Machines,
    pub(super) plan: Plan,
    pub(super) rng: Rng,
    pub(super) queue: Queue<Event>,
    pub(super) subnet: Subnet,
    pub(super) keys: Vec<PublicKey>,
    /// By the host that they began on.
    pub(super) servers: BTreeMap<usize, Server>,
    /// By their hosts.
    pub(super) chats: BTreeMap<usize, Chat>,
    pub(super) messages: Messages,
    /// The first beacons that were sent.
    pub(super) captured: VecDeque<Vec<u8>>,
    pub(super) findings: Findings,
    pub(super) situations: BTreeSet<Situation>,
    pub(super) trace: Trace<'m>,
}

/// Beacons that forgers remember: the first ones, which are old soon.
pub(super) const CAPTURED: usize = 30;
/// No run needs as many.
const EVENTS_MAX: u64 = 3_000_000;

impl<'m> World<'m> {
    pub(super) fn new(plan: Plan, machines: &'m dyn Machines, trace: Trace<'m>) -> Self {
        let mut rng = Rng::from_number(plan.seed).fork("world");
        let subnet = Subnet::new(plan.hosts.len(), plan.loss, rng.fork("subnet"));
        let keys = plan.hosts.iter().map(|host| PublicKey(key(host.kind, rng.bytes()))).collect();
        let mut queue = Queue::default();
        for (index, (at, _)) in plan.steps.iter().enumerate() {
            queue.push(Instant::from_micros(*at), Event::Step(index));
        }
        for (host, planned) in plan.hosts.iter().enumerate() {
            queue.push(Instant::from_micros(planned.starts_us), Event::Start(host));
        }
        queue.push(Instant::from_micros(plan.end_us), Event::End);
        Self {
            machines,
            plan,
            rng,
            queue,
            subnet,
            keys,
            servers: BTreeMap::new(),
            chats: BTreeMap::new(),
            messages: Messages::default(),
            captured: VecDeque::new(),
            findings: Findings::default(),
            situations: BTreeSet::new(),
            trace,
        }
    }

    pub(super) fn run(mut self) -> (Vec<Finding>, BTreeSet<Situation>, u64) {
        for _ in 0..EVENTS_MAX {
            let Some(event) = self.queue.pop() else { break };
            self.findings.set_now(self.now());
            if matches!(event, Event::End) {
                self.end();
                return (self.findings.into_list(), self.situations, self.trace.hash());
            }
            self.happen(event);
        }
        self.findings.add(Promise::Liveness, "the run does not end".to_owned());
        (self.findings.into_list(), self.situations, self.trace.hash())
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Step(index) => self.step(index),
            Event::Start(host) => self.start(host),
            Event::Scout(host) => self.run_scout(host),
            Event::Roaming(chat) => self.run_roaming(chat),
            Event::Datagram { to, from, mut bytes } => {
                let local = super::subnet::addr(to);
                self.subnet.scouts[to].process.datagram(from, local, std::mem::take(&mut bytes));
                self.wake_scout(to);
            }
            Event::Answered(chat, job) => self.answered(chat, job),
            Event::Failed(chat, job) => self.failed(chat, &job),
            Event::TakeOver { chat, is_by_itself } => self.take_over(chat, is_by_itself),
            Event::Tick(chat) => self.tick(chat),
            Event::Stored(chat, n) => self.stored(chat, n),
            Event::Entered(chat) => self.entered(chat),
            Event::Forge(host, n) => self.forge(host, n),
            Event::End => {}
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.queue.now()
    }

    pub(super) fn after(&mut self, us: u64, event: Event) {
        self.queue.push(self.now().plus_micros(us), event);
    }

    /// Asks the discovery of a host for something.
    pub(super) fn scout(&mut self, host: usize, command: discovery::Command) {
        self.subnet.scouts[host].process.command(command);
        self.wake_scout(host);
    }

    fn wake_scout(&mut self, host: usize) {
        let now = self.now();
        let scout = &mut self.subnet.scouts[host];
        if let Some(at) = scout.process.wake(now).filter(|at| scout.run_at.is_none_or(|run_at| *at < run_at)) {
            scout.run_at = Some(at);
            self.queue.push(at, Event::Scout(host));
        }
    }

    fn run_scout(&mut self, host: usize) {
        let now = self.now();
        let scout = &mut self.subnet.scouts[host];
        if scout.run_at != Some(now) {
            return;
        }
        scout.run_at = None;
        let mut effects = Vec::new();
        if scout.process.run(now, &mut effects).is_err() {
            self.findings.add(Promise::Liveness, format!("the discovery of host {host} does not rest"));
            return;
        }
        for effect in effects {
            match effect {
                Effect::Send { to, from, bytes } => self.send(host, (to, source(host, from.is_some())), &bytes),
                Effect::Notice(notice) => self.heard(host, notice),
                Effect::Job(never) => match never {},
            }
        }
        self.wake_scout(host);
    }

    pub(super) fn send(&mut self, host: usize, (to, from): (SocketAddr, SocketAddr), bytes: &[u8]) {
        if self.captured.len() < CAPTURED && datagram::Kind::of(bytes) == Ok(datagram::Kind::Beacon) {
            self.captured.push_back(bytes.to_vec());
        }
        for (at, to) in self.subnet.send(self.now(), host, to) {
            self.queue.push(at, Event::Datagram { to, from, bytes: bytes.to_vec() });
        }
    }

    /// Tells the machine of a chat something.
    pub(super) fn tell(&mut self, chat: usize, command: Command) {
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.process.command(command);
            self.wake_roaming(chat);
        }
    }

    pub(super) fn wake_roaming(&mut self, chat: usize) {
        let now = self.now();
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        if let Some(at) = chatting.process.wake(now).filter(|at| chatting.run_at.is_none_or(|run_at| *at < run_at)) {
            chatting.run_at = Some(at);
            self.queue.push(at, Event::Roaming(chat));
        }
    }

    fn run_roaming(&mut self, chat: usize) {
        let now = self.now();
        let Some(chatting) = self.chats.get_mut(&chat).filter(|chatting| chatting.run_at == Some(now)) else { return };
        chatting.run_at = None;
        let mut effects = Vec::new();
        if chatting.process.run(now, &mut effects).is_err() {
            self.findings.add(Promise::Liveness, format!("the machine of chat {chat} does not rest"));
            return;
        }
        for effect in effects {
            match effect {
                Effect::Job(job) => self.job(chat, job),
                Effect::Notice(notice) => self.notice(chat, notice),
                // It has no socket, as in the product.
                Effect::Send { .. } => {}
            }
        }
        self.wake_roaming(chat);
    }

    /// It is over: nothing that was said is lost, and those who hear each other are not alone.
    fn end(&mut self) {
        let waiting = self.chats.iter().flat_map(|(chat, at)| at.waiting.iter().map(|n| (*chat, *n))).collect();
        self.messages.end(&waiting, &mut self.findings);
        let is_alone = |chat: &usize| {
            let (chatting, server) = (&self.chats[chat], &self.servers[&self.chats[chat].here]);
            chatting.is_host && !server.has_history && server.is_up && server.sessions.len() <= 1
        };
        let alone: Vec<_> = self.chats.keys().filter(|chat| is_alone(chat)).copied().collect();
        if alone.len() > 1 {
            self.findings.add(Promise::Together, format!("{alone:?} host alone, and hear each other"));
        }
    }
}

/// What a host's key is: one that is not proved is such as every lone host goes to.
fn key(kind: Kind, mut drawn: [u8; 32]) -> [u8; 32] {
    drawn[0] = match kind {
        Kind::Unproved => 0,
        Kind::Casual { .. } | Kind::Stays { .. } | Kind::Guest(_) | Kind::Forger(_) | Kind::Empty => drawn[0].max(1),
    };
    drawn
}
