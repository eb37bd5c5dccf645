//! What machines want and plans say, carried out: servers and sessions as a chat sees them.

use std::net::SocketAddr;

use chinwag_discovery::{self as discovery, Advertisement, Found};
use chinwag_proto::limits::{CHAT_PORT, DATAGRAM_MAX_LEN, DISCOVERY_GROUP_V4, DISCOVERY_PORT};
use chinwag_proto::wire::datagram::{Beacon, BeaconFlags, BeaconHead};
use chinwag_proto::wire::id::PublicKey;
use chinwag_roaming::{Begun, Command, Config, Done, Job, Notice, Pin, Role};

use super::chat::{Chat, Server};
use super::check::Leaving;
use super::plan::{Kind, Lie, Step};
use super::subnet::{addr, source};
use super::world::{CAPTURED, Event, Situation, World};
use chinwag_simnet::process::{Clock, Process, Schedule};

const SECOND: u64 = 1_000_000;
/// Attempts without an answer take so many seconds, until a server counts as lost.
const LOST_S: u32 = 3;
/// A proof is waited for so long.
const PROOF_US: u64 = 1_500_000;
/// And a session.
const SESSION_US: u64 = 10 * SECOND;

impl World<'_> {
    pub(super) fn step(&mut self, index: usize) {
        let step = self.plan.steps[index].1.clone();
        self.trace.event(self.queue.now(), format_args!("{step:?}"));
        match step {
            Step::Apart(apart) => self.subnet.part(&apart),
            Step::Together => self.subnet.part(&[]),
            Step::Ends(server) => self.ends(server),
            Step::Moves(server, to) => self.moves(server, to),
            Step::Says(chat) => self.says(chat),
            Step::Goes(chat, server) => self.tell(chat, Command::Go(name(server))),
        }
    }

    pub(super) fn start(&mut self, host: usize) {
        let planned = self.plan.hosts[host].clone();
        match planned.kind {
            Kind::Casual { has_history } => {
                self.serve(host, BeaconFlags::CASUAL, has_history, true);
                let known = planned.knows.iter().map(|server| self.keys[*server]).collect::<Vec<_>>();
                self.scout(host, discovery::Command::Expect(known));
                self.scout(host, discovery::Command::Seek);
                self.chat(host, host);
            }
            Kind::Stays { lets_in } => self.serve(host, BeaconFlags::default(), true, lets_in),
            // It comes when it finds the server.
            Kind::Guest(server) if !self.is_there(server, host) => self.after(SECOND, Event::Start(host)),
            Kind::Guest(server) => self.chat(host, server),
            Kind::Unproved => {
                let advertisement =
                    Advertisement { online: 5, ..advertisement(host, self.keys[host], BeaconFlags::CASUAL) };
                self.scout(host, discovery::Command::Announce(advertisement));
            }
            Kind::Forger(_) => self.after(0, Event::Forge(host, 0)),
            Kind::Empty => {}
        }
    }

    fn serve(&mut self, host: usize, flags: BeaconFlags, has_history: bool, lets_in: bool) {
        let sessions = Default::default();
        let server = Server { key: self.keys[host], at: host, flags, has_history, lets_in, is_up: true, sessions };
        self.servers.insert(host, server);
        self.announce(host);
    }

    fn chat(&mut self, host: usize, here: usize) {
        let is_host = host == here;
        let mut known: std::collections::BTreeSet<_> =
            self.plan.hosts[host].knows.iter().map(|server| self.keys[*server]).collect();
        known.insert(self.keys[here]);
        let has_history = self.servers[&here].has_history;
        let role = if is_host { Role::Host { has_history } } else { Role::Guest { came_by_itself: false } };
        let (pins, declined) = (self.pins(&known), Default::default());
        let node =
            self.machines.roaming(Config { role, here: self.keys[here], pins, declined, spelling: str::to_owned });
        let process = Process::new(node, Schedule::default(), Clock::default());
        self.chats.insert(host, Chat::new(process, here, is_host, known));
        self.comes(here, host);
        self.after(50_000, Event::Entered(host));
        self.after(SECOND, Event::Tick(host));
        self.wake_roaming(host);
    }

    fn pins(&self, known: &std::collections::BTreeSet<PublicKey>) -> Vec<Pin> {
        let hosts = (0..self.keys.len()).filter(|host| known.contains(&self.keys[*host]));
        hosts.map(|host| Pin { called: name(host), key: self.keys[host] }).collect()
    }

    /// Whether that server is up, and reached from there.
    fn is_there(&self, server: usize, from: usize) -> bool {
        self.servers.get(&server).is_some_and(|server| server.is_up && self.subnet.reaches(server.at, from))
    }

    /// A session begins.
    fn comes(&mut self, server: usize, chat: usize) {
        if let Some(serving) = self.servers.get_mut(&server) {
            serving.sessions.insert(chat);
            self.company_changed(server);
        }
    }

    /// A session ends.
    fn leaves(&mut self, server: usize, chat: usize) {
        if let Some(serving) = self.servers.get_mut(&server) {
            serving.sessions.remove(&chat);
            self.company_changed(server);
        }
    }

    fn company_changed(&mut self, server: usize) {
        let people = self.servers[&server].sessions.len();
        self.announce(server);
        self.tell(server, Command::Company(people));
    }

    fn announce(&mut self, server: usize) {
        let Server { key, at, flags, is_up, ref sessions, .. } = self.servers[&server];
        let online = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
        if is_up {
            self.scout(at, discovery::Command::Announce(Advertisement { online, ..advertisement(server, key, flags) }));
        }
    }

    /// A server ends, with a goodbye; and with it the chat beside it.
    fn ends(&mut self, server: usize) {
        self.stops(server);
        if let Some(chat) = self.chats.remove(&server) {
            chat.waiting.iter().for_each(|n| self.messages.keep((server, *n)));
            let sessions = [Some(chat.here), chat.standing];
            sessions.into_iter().flatten().for_each(|at| self.leaves(at, server));
        }
    }

    fn stops(&mut self, server: usize) {
        let Some(serving) = self.servers.get_mut(&server) else { return };
        serving.is_up = false;
        let (at, there) = (serving.at, std::mem::take(&mut serving.sessions));
        self.scout(at, discovery::Command::Stop);
        for chat in there {
            if self.subnet.reaches(at, chat) && self.chats.get(&chat).is_some_and(|chat| chat.here == server) {
                self.lost(chat);
            }
        }
    }

    /// A server goes on at another host, without a word.
    fn moves(&mut self, server: usize, to: usize) {
        let Some(serving) = self.servers.get_mut(&server) else { return };
        let from = std::mem::replace(&mut serving.at, to);
        serving.sessions.clear();
        self.subnet.renew(from);
        for chat in self.chats.values_mut().filter(|chat| chat.here == server) {
            // It answers at its new address only those who look for it.
            chat.silent_s = 1;
        }
        self.announce(server);
    }

    fn says(&mut self, chat: usize) {
        let us = 5_000 + self.rng.below(300_000);
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        chatting.said += 1;
        let n = chatting.said;
        chatting.waiting.push(n);
        self.messages.say((chat, n));
        self.settle(chat);
        self.after(us, Event::Stored(chat, n));
    }

    pub(super) fn stored(&mut self, chat: usize, n: u32) {
        let Some(chatting) = self.chats.get(&chat) else { return };
        let here = chatting.here;
        // It is sent again when the server is back.
        if !chatting.waiting.contains(&n) || !chatting.is_connected || !self.is_there(here, chat) {
            return;
        }
        self.messages.store((chat, n), here, &mut self.findings);
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.waiting.retain(|waiting| *waiting != n);
        }
        self.settle(chat);
    }

    pub(super) fn entered(&mut self, chat: usize) {
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.is_entering = false;
            self.settle(chat);
        }
    }

    /// Tells the machine whether something is on its way, if that is news.
    fn settle(&mut self, chat: usize) {
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        let is_settled = chatting.is_settled();
        if std::mem::replace(&mut chatting.is_told_settled, is_settled) != is_settled {
            self.tell(chat, Command::Settled(is_settled));
        }
    }

    /// Whether its server answers: it is lost after a while, and there again at once.
    pub(super) fn tick(&mut self, chat: usize) {
        let Some(chatting) = self.chats.get(&chat) else { return };
        let (here, is_connected) = (chatting.here, chatting.is_connected);
        let answers = self.is_there(here, chat) && (!is_connected || self.servers[&here].sessions.contains(&chat));
        let silent_s = if answers { 0 } else { chatting.silent_s + 1 };
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.silent_s = silent_s;
        }
        if answers && !is_connected {
            if self.servers[&here].at != here {
                self.situations.insert(Situation::FoundAgain);
            }
            self.back(chat, here);
        } else if silent_s >= LOST_S && is_connected {
            self.leaves(here, chat);
            self.lost(chat);
        }
        self.after(SECOND, Event::Tick(chat));
    }

    fn lost(&mut self, chat: usize) {
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.is_connected = false;
            self.trace.event(self.queue.now(), format_args!("chat {chat} is without its server"));
            self.tell(chat, Command::Lost);
        }
    }

    fn back(&mut self, chat: usize, here: usize) {
        self.comes(here, chat);
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        chatting.is_connected = true;
        let waiting = chatting.waiting.clone();
        self.tell(chat, Command::Up);
        waiting.into_iter().for_each(|n| self.after(5_000, Event::Stored(chat, n)));
    }

    /// The discovery of a host tells something.
    pub(super) fn heard(&mut self, host: usize, notice: discovery::Notice) {
        match notice {
            discovery::Notice::Found(found) => self.tell(host, Command::Heard(found)),
            discovery::Notice::Gone(key) => self.tell(host, Command::Gone(key)),
            discovery::Notice::Asked => {
                let here = self.servers.iter().find(|(_, server)| server.at == host).map(|(server, _)| *server);
                here.into_iter().for_each(|server| self.announce(server));
            }
            discovery::Notice::Twin(addr) => self.tell(host, Command::Twin(addr)),
            discovery::Notice::Stopped => {}
        }
    }

    /// The machine wants something done.
    pub(super) fn job(&mut self, chat: usize, job: Job) {
        let now = self.now();
        let (key, us) = match &job {
            Job::Prove(found) => (*found.key(), 5_000 + self.rng.below(40_000)),
            // A password takes its time.
            Job::Begin(found) if self.rng.chance(0.3) => (*found.key(), self.rng.below(3 * SECOND)),
            Job::Begin(found) => (*found.key(), 20_000 + self.rng.below(400_000)),
        };
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        let is_asked = matches!(job, Job::Begin(_)) && chatting.wishes.remove(&key);
        if !is_asked {
            let is_known = chatting.known.contains(&key);
            chatting.watch.handshake((chat, now), key, is_known, &mut self.findings);
        }
        self.trace.event(now, format_args!("chat {chat} {}", short(&job)));
        self.after(us, Event::Answered(chat, job));
    }

    /// The server that answers there under that key.
    fn answers(&self, chat: usize, found: &Found) -> Option<usize> {
        let is_it = |server: &Server| {
            server.key == *found.key() && found.addrs.iter().any(|called| called.ip() == addr(server.at))
        };
        let (server, _) = self.servers.iter().find(|(_, server)| is_it(server))?;
        self.is_there(*server, chat).then_some(*server)
    }

    pub(super) fn answered(&mut self, chat: usize, job: Job) {
        let found = match &job {
            Job::Prove(found) | Job::Begin(found) => found,
        };
        let Some(server) = self.answers(chat, found) else {
            self.situations.insert(Situation::Unproved);
            let us = if matches!(job, Job::Prove(_)) { PROOF_US } else { SESSION_US };
            return self.after(us, Event::Failed(chat, job));
        };
        let key = *found.key();
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        chatting.watch.proved(key);
        let done = match job {
            Job::Prove(_) => Done::Proved(key, true),
            Job::Begin(_) if !self.servers[&server].lets_in => Done::Begun(Begun::NotLetIn),
            Job::Begin(_) => {
                chatting.standing = Some(server);
                chatting.known.insert(key);
                let pins = chatting.known.clone();
                let pins = self.pins(&pins);
                self.tell(chat, Command::Pins(pins));
                self.comes(server, chat);
                Done::Begun(Begun::Stands)
            }
        };
        self.done(chat, done);
    }

    pub(super) fn failed(&mut self, chat: usize, job: &Job) {
        let done = match job {
            Job::Prove(found) => Done::Proved(*found.key(), false),
            Job::Begin(_) => Done::Begun(Begun::Failed),
        };
        self.done(chat, done);
    }

    fn done(&mut self, chat: usize, done: Done) {
        if let Some(chatting) = self.chats.get_mut(&chat) {
            chatting.process.done(done);
            self.wake_roaming(chat);
        }
    }

    /// The machine tells something.
    pub(super) fn notice(&mut self, chat: usize, notice: Notice) {
        self.trace.event(self.queue.now(), format_args!("chat {chat} {}", said(&notice)));
        match notice {
            Notice::Look(true) => self.scout(chat, discovery::Command::Seek),
            Notice::Look(false) if self.servers.get(&chat).is_some_and(|own| own.is_up) => {}
            Notice::Look(false) => self.scout(chat, discovery::Command::Rest),
            Notice::Another(found) => self.told_of(chat, &found, Situation::ToldOfAnother),
            Notice::NotLetIn(found) => self.told_of(chat, &found, Situation::NotLetIn),
            Notice::Calling(found) => {
                if let Some(chatting) = self.chats.get_mut(&chat) {
                    chatting.wishes.insert(*found.key());
                }
            }
            Notice::TakeOver { key, is_by_itself } => self.offered(chat, &key, is_by_itself),
            Notice::GiveUp(_) => {
                self.situations.insert(Situation::GaveUp);
                let standing = self.chats.get_mut(&chat).and_then(|chatting| chatting.standing.take());
                standing.into_iter().for_each(|server| self.leaves(server, chat));
            }
            Notice::StopServing => {
                self.situations.insert(Situation::StoppedServing);
                self.stops(chat);
            }
            Notice::ServesOn => drop(self.situations.insert(Situation::ServesOn)),
            Notice::Twin(_)
            | Notice::Nobody
            | Notice::Others(_)
            | Notice::Unheard(_)
            | Notice::Several(..)
            | Notice::Impostor { .. }
            | Notice::NotGone(_) => {}
        }
    }

    fn told_of(&mut self, chat: usize, found: &Found, situation: Situation) {
        self.situations.insert(situation);
        if let Some(chatting) = self.chats.get(&chat) {
            chatting.watch.told_of(chat, found.key(), &mut self.findings);
        }
    }

    /// The chat is to go on in the session that stands; its face hears of it a little later.
    fn offered(&mut self, chat: usize, key: &PublicKey, is_by_itself: bool) {
        let Some(chatting) = self.chats.get(&chat) else { return };
        let server = &self.servers[&chatting.here];
        let leaving = Leaving {
            is_by_itself,
            is_host: chatting.is_host,
            has_history: server.has_history,
            company: server.sessions.len(),
            was_told_unsettled: !chatting.is_told_settled,
            is_connected: chatting.is_connected,
            came_by_itself: chatting.came_by_itself,
        };
        chatting.watch.leaves(chat, key, leaving, &mut self.findings);
        let us = self.rng.below(60_000);
        self.after(us, Event::TakeOver { chat, is_by_itself });
    }

    pub(super) fn take_over(&mut self, chat: usize, is_by_itself: bool) {
        let Some(chatting) = self.chats.get_mut(&chat) else { return };
        if is_by_itself && !chatting.is_settled() {
            self.situations.insert(Situation::NotYet);
            chatting.is_told_settled = false;
            return self.tell(chat, Command::NotYet);
        }
        let Some(server) = chatting.standing.take() else { return };
        let was = std::mem::replace(&mut chatting.here, server);
        let situation = match (is_by_itself, chatting.is_host) {
            (true, true) => Situation::WentByItself,
            (true, false) => Situation::BroughtOn,
            (false, _) => Situation::WentAsAsked,
        };
        self.situations.insert(situation);
        // What was said there and has no answer is sent by whatever goes there next.
        chatting.waiting.drain(..).for_each(|n| self.messages.keep((chat, n)));
        (chatting.is_host, chatting.came_by_itself) = (false, is_by_itself);
        (chatting.is_connected, chatting.silent_s) = (true, 0);
        (chatting.is_entering, chatting.is_told_settled) = (true, false);
        self.leaves(was, chat);
        self.tell(chat, Command::TakenOver);
        self.after(50_000, Event::Entered(chat));
    }

    /// A forger sends the next beacon.
    pub(super) fn forge(&mut self, host: usize, n: u64) {
        let Kind::Forger(lie) = self.plan.hosts[host].kind else { return };
        let mut key = [0; 32];
        key[8..16].copy_from_slice(&n.to_be_bytes());
        let (key, called, flags, every_ms) = match lie {
            Lie::NewKeys => (PublicKey(key), format!("lab {n}"), BeaconFlags::CASUAL, 100),
            Lie::KeyOf(server) => (self.keys[server], name(server), BeaconFlags::default(), 400),
            Lie::Chatter => (PublicKey([0; 32]), "chatter".to_owned(), BeaconFlags::CASUAL, 60),
            Lie::Replay => (PublicKey(key), String::new(), BeaconFlags::default(), 250),
        };
        let to = SocketAddr::from((DISCOVERY_GROUP_V4, DISCOVERY_PORT));
        let online = 2 + u32::try_from(n % 1_000).unwrap_or_default();
        let head = BeaconHead { flags, online, ..BeaconHead::new(key, [7; 8], CHAT_PORT) };
        let mut buf = [0; DATAGRAM_MAX_LEN];
        let len = Beacon { head, name: called, rooms: Vec::new() }.encode(&mut buf);
        let captured = self.captured.get(usize::try_from(n).unwrap_or_default() % CAPTURED).cloned();
        let bytes = if lie == Lie::Replay { captured } else { Some(buf[..len].to_vec()) };
        bytes.into_iter().for_each(|bytes| self.send(host, (to, source(host, true)), &bytes));
        self.after(every_ms * 1_000, Event::Forge(host, n + 1));
    }
}

fn name(server: usize) -> String {
    format!("server {server}")
}

/// What a server says of itself.
fn advertisement(server: usize, key: PublicKey, flags: BeaconFlags) -> Advertisement {
    let (name, port) = (name(server), CHAT_PORT);
    Advertisement { key, name, port, addr: None, flags, online: 0, rooms_in_all: 0, rooms: Vec::new() }
}

fn short(job: &Job) -> String {
    match job {
        Job::Prove(found) => format!("asks {} for a proof", found.name),
        Job::Begin(found) => format!("begins a session with {}", found.name),
    }
}

fn said(notice: &Notice) -> String {
    match notice {
        Notice::Another(found) => format!("is told of {}", found.name),
        Notice::NotLetIn(found) => format!("is not let in by {}", found.name),
        Notice::NotGone(found) => format!("has not gone to {}", found.name),
        Notice::Calling(found) | Notice::Impostor { found, .. } => format!("wanted {}", found.name),
        Notice::TakeOver { key, is_by_itself } => format!("is to go on at {key} (by itself: {is_by_itself})"),
        Notice::GiveUp(key) => format!("gives up {key}"),
        Notice::Look(_)
        | Notice::Twin(_)
        | Notice::Nobody
        | Notice::Others(_)
        | Notice::Unheard(_)
        | Notice::Several(..)
        | Notice::StopServing
        | Notice::ServesOn => format!("{notice:?}"),
    }
}
