//! The coupling: who is where, what is under way, and what was seen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag::client_core::{self as client, Client, Command, Connection, Notice, Saved, Start};
use chinwag::keep::{self, Keep as _};
use chinwag::node::{Input, Node, Output};
use chinwag::passwords::Hasher;
use chinwag::server::{self, Done, Job, Server, StoreJob};
use chinwag::store::memory::Memory;
use chinwag::store::{Store as _, StoreError};
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, Uptime, WallTime};
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::Body;

const SERVER: &str = "10.0.0.1:24469";

/// A network with one server.
pub(crate) struct Town {
    pub(crate) now: Instant,
    rng: Rng,
    server: Option<Server>,
    server_wakes: Option<Instant>,
    server_secret: [u8; 32],
    pub(crate) store: Memory,
    /// The disk answers after this long; `None`: never.
    pub(crate) disk: Option<Duration>,
    disk_work: Vec<(Instant, Job)>,
    /// What the disk answers to commits, if not what the store says.
    pub(crate) disk_says: Option<StoreError>,
    pub(crate) commits: usize,
    clients: BTreeMap<String, Home>,
    wire: Vec<Flight>,
    sent: u64,
    pub(crate) loss: f64,
    pub(crate) delay: Duration,
    /// Nothing gets through to or from these.
    pub(crate) cut: Vec<String>,
    transcript: Vec<String>,
    /// The transcript tells of deliveries and of what was read.
    pub(crate) shows_ladder: bool,
    pub(crate) server_notices: Vec<server::Notice>,
}

/// A client, and what outlives its process.
struct Home {
    client: Option<Client>,
    wakes: Option<Instant>,
    /// The device's secret.
    secret: [u8; 32],
    addr: SocketAddr,
    /// What the device keeps.
    keep: keep::Memory,
    /// What it was handed: by room, the numbers in the order in which they came.
    entries: BTreeMap<String, Vec<(u64, u64, String)>>,
}

struct Flight {
    at: Instant,
    order: u64,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let server_secret = rng.bytes();
        let store = Memory::new(rng.bytes());
        let mut town = Self {
            now: Instant::EPOCH,
            rng,
            server: None,
            server_wakes: None,
            server_secret,
            store,
            disk: Some(Duration::ZERO),
            disk_work: Vec::new(),
            disk_says: None,
            commits: 0,
            clients: BTreeMap::new(),
            wire: Vec::new(),
            sent: 0,
            loss: 0.0,
            delay: Duration::from_millis(1),
            cut: Vec::new(),
            transcript: Vec::new(),
            shows_ladder: false,
            server_notices: Vec::new(),
        };
        town.start_server();
        town
    }

    pub(crate) fn start_server(&mut self) {
        let config = server::Config { name: "town".into(), ..server::Config::default() };
        let identity = KeyPair::from_secret(self.server_secret);
        let snapshot = self.store.snapshot().expect("readable");
        self.server = Some(Server::new(config, identity, snapshot, self.rng.bytes()));
    }

    /// Without a goodbye.
    pub(crate) fn crash_server(&mut self) {
        self.server = None;
        self.disk_work.clear();
    }

    pub(crate) fn server_key(&self) -> PublicKey {
        KeyPair::from_secret(self.server_secret).public()
    }

    /// Starts a program on that name's device, and lets it connect.
    pub(crate) fn start(&mut self, name: &str) {
        self.start_with(name, client::Config::new(name));
    }

    /// Starts a program on the device of `home`.
    pub(crate) fn start_with(&mut self, home: &str, config: client::Config) {
        if !self.clients.contains_key(home) {
            let number = u8::try_from(self.clients.len() + 2).expect("a small town");
            let made = Home {
                client: None,
                wakes: None,
                secret: self.rng.bytes(),
                addr: SocketAddr::from(([10, 0, 0, number], 5_000)),
                keep: keep::Memory::default(),
                entries: BTreeMap::new(),
            };
            self.clients.insert(home.to_owned(), made);
        }
        let (seed, pin) = (self.rng.bytes(), Some(self.server_key()));
        let at = self.clients.get_mut(home).expect("just made");
        let kept = at.keep.load().expect("memory");
        let outbox = at.keep.adopt().expect("memory");
        let (cursors, ignored) = (kept.cursors, kept.ignored);
        let config = client::Config { cursors, ignored, outbox, keeps_outbox: true, ..config };
        at.client = Some(Client::new(config, KeyPair::from_secret(at.secret), seed));
        let addrs = vec![SERVER.parse().expect("an address")];
        self.command(home, Command::Connect(Target { addrs, pin, join_key: None, enrolled: false }));
    }

    /// Starts a second program on the device of `home`, for the same account.
    pub(crate) fn start_second(&mut self, home: &str, name: &str) {
        let secret = self.clients[home].secret;
        self.start_with(name, client::Config::new("nobody"));
        self.kill(name);
        if let Some(second) = self.clients.get_mut(name) {
            second.secret = secret;
        }
        self.wire.clear();
        self.start_with(name, client::Config::new(home));
    }

    /// Starts programs, joins them to a room from the beginning, and forgets how that looked.
    pub(crate) fn gather(&mut self, names: &[&str], room: &str) {
        for name in names {
            self.start(name);
            self.join(name, room);
        }
        self.run_ms(200);
        self.transcript.clear();
    }

    pub(crate) fn join(&mut self, name: &str, room: &str) {
        self.command(name, Command::Join { room: room.into(), start: Start::CHAT });
    }

    pub(crate) fn post(&mut self, name: &str, room: &str, tag: u64, body: Body) {
        self.command(name, Command::Post { tag, room: room.into(), body });
    }

    pub(crate) fn ask(&mut self, name: &str, tag: u64, ask: client::Ask) {
        self.command(name, Command::Ask { tag, ask });
    }

    /// Messages that a device keeps for the next program.
    pub(crate) fn kept(&self, name: &str) -> usize {
        self.clients[name].keep.outbox().len()
    }

    /// Those messages.
    pub(crate) fn take_kept(&self, name: &str) -> Vec<client::SavedPost> {
        self.clients[name].keep.outbox().to_vec()
    }

    pub(crate) fn say(&mut self, name: &str, room: &str, tag: u64, text: &str) {
        self.command(name, Command::say(tag, room.into(), text.into()));
    }

    /// Ends a program without a goodbye; what it recorded stays.
    pub(crate) fn kill(&mut self, name: &str) {
        if let Some(home) = self.clients.get_mut(name) {
            home.client = None;
        }
    }

    /// A program's address changes.
    pub(crate) fn roam(&mut self, name: &str, addr: &str) {
        if let Some(home) = self.clients.get_mut(name) {
            home.addr = addr.parse().expect("an address");
        }
    }

    pub(crate) fn command(&mut self, name: &str, command: Command) {
        let now = self.clock();
        if let Some(client) = self.clients.get_mut(name).and_then(|home| home.client.as_mut()) {
            client.handle(now, Input::Command(command));
        }
        self.drain_client(name);
    }

    pub(crate) fn command_server(&mut self, command: server::Command) {
        let now = self.clock();
        if let Some(server) = &mut self.server {
            server.handle(now, Input::Command(command));
        }
        self.drain_server();
    }

    /// What was seen since the last time, and forgets it.
    pub(crate) fn seen(&mut self) -> Vec<String> {
        std::mem::take(&mut self.transcript)
    }

    /// What was seen since the last time by one of them, without the name.
    pub(crate) fn seen_by(&mut self, name: &str) -> Vec<String> {
        let prefix = format!("{name}: ");
        self.seen().iter().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// What was seen since the last time, by each of them in turn.
    pub(crate) fn seen_by_each(&mut self) -> Vec<String> {
        let mut seen = self.seen();
        seen.sort_by(|a, b| a.split(':').next().cmp(&b.split(':').next()));
        seen
    }

    /// The texts that a client holds of a room, by number. Fails if a number was handed up twice, or said to be without a
    /// gap when there was one.
    pub(crate) fn texts(&self, name: &str, room: &str) -> Vec<String> {
        let mut texts = BTreeMap::new();
        for (number, upto, text) in self.clients[name].entries.get(room).into_iter().flatten() {
            assert!(texts.insert(*number, text.clone()).is_none(), "{name} was shown {room} {number} twice");
            let first = *texts.keys().next().expect("one");
            assert!((first..=*upto).all(|n| texts.contains_key(&n)), "{name} has no gap in {room} up to {upto}?");
        }
        texts.into_values().collect()
    }

    pub(crate) fn cursors(&self, name: &str) -> Vec<(String, u64)> {
        let kept = self.clients[name].keep.clone().load().expect("memory");
        kept.cursors.into_iter().map(|cursor| (cursor.name, cursor.upto.0)).collect()
    }

    pub(crate) fn run_ms(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        while let Some(at) = self.next().filter(|&at| at <= end) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = end;
    }

    fn clock(&self) -> Now {
        Now {
            mono: self.now,
            wall: WallTime::from_unix_millis(self.now.as_micros() / 1000),
            uptime: Uptime { since: self.now, ..Uptime::default() },
        }
    }

    fn next(&self) -> Option<Instant> {
        let wire = self.wire.iter().map(|flight| flight.at).min();
        let disk = self.disk_work.iter().map(|(at, _)| *at).min();
        let clients = self.clients.values().filter(|home| home.client.is_some()).filter_map(|home| home.wakes).min();
        let server = self.server_wakes.filter(|_| self.server.is_some());
        [wire, disk, clients, server].into_iter().flatten().min()
    }

    fn step(&mut self) {
        let now = self.clock();
        while let Some(at) = (0..self.wire.len())
            .filter(|&i| self.wire[i].at <= self.now)
            .min_by_key(|&i| (self.wire[i].at, self.wire[i].order))
        {
            let flight = self.wire.swap_remove(at);
            self.deliver(flight);
        }
        while let Some(at) = self.disk_work.iter().position(|(at, _)| *at <= self.now) {
            let (_, job) = self.disk_work.remove(at);
            let done = self.work(job);
            if let Some(server) = &mut self.server {
                server.handle(now, Input::Done(done));
            }
            self.drain_server();
        }
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now.mono);
        if is_due(self.server_wakes) {
            if let Some(server) = &mut self.server {
                server.handle(now, Input::Timeout);
            }
            self.drain_server();
        }
        let due = self.clients.iter().filter(|(_, home)| is_due(home.wakes)).map(|(name, _)| name.clone());
        for name in due.collect::<Vec<_>>() {
            if let Some(client) = self.clients.get_mut(&name).and_then(|home| home.client.as_mut()) {
                client.handle(now, Input::Timeout);
            }
            self.drain_client(&name);
        }
    }

    fn deliver(&mut self, mut flight: Flight) {
        let now = self.clock();
        let (from, local) = (flight.from, Some(flight.to.ip()));
        if flight.to == SERVER.parse().expect("an address") {
            if let Some(server) = &mut self.server {
                server.handle(now, Input::Datagram { from, local, bytes: &mut flight.bytes });
            }
            return self.drain_server();
        }
        let whose = self.clients.iter().find(|(_, home)| home.addr == flight.to).map(|(name, _)| name.clone());
        let Some(name) = whose else { return };
        if let Some(client) = self.clients.get_mut(&name).and_then(|home| home.client.as_mut()) {
            client.handle(now, Input::Datagram { from, local, bytes: &mut flight.bytes });
        }
        self.drain_client(&name);
    }

    fn work(&mut self, job: Job) -> Done {
        match job {
            Job::Store(StoreJob::Commit(batch)) => {
                self.commits += 1;
                Done::Committed(match self.disk_says.clone() {
                    Some(error) => Err(error),
                    None => self.store.commit(&batch),
                })
            }
            Job::Store(StoreJob::Read(job)) => job.run(&mut self.store),
            Job::Hash(id, hash) => Done::Hashed(id, Hasher::cheap().hash(&hash)),
            Job::Ask(..) => panic!("no program is set"),
        }
    }

    fn drain_server(&mut self) {
        let now = self.clock();
        let mut buf = [0; DATAGRAM_MAX_LEN];
        while let Some(server) = &mut self.server {
            match server.poll(now, &mut buf) {
                Output::Transmit(transmit) => {
                    let from = SERVER.parse().expect("an address");
                    self.fly(from, transmit.to, &buf[..transmit.len]);
                }
                Output::Job(job) => {
                    if let Some(delay) = self.disk {
                        self.disk_work.push((self.now + delay, job));
                    }
                }
                Output::Notice(notice) => self.server_notices.push(notice),
                Output::Wait(wakes) => {
                    self.server_wakes = wakes;
                    return;
                }
            }
        }
    }

    fn drain_client(&mut self, name: &str) {
        let now = self.clock();
        let mut buf = [0; DATAGRAM_MAX_LEN];
        loop {
            let Some(home) = self.clients.get_mut(name) else { return };
            let Some(client) = &mut home.client else { return };
            match client.poll(now, &mut buf) {
                Output::Transmit(transmit) => {
                    let from = home.addr;
                    self.fly(from, transmit.to, &buf[..transmit.len]);
                }
                Output::Job(save) => {
                    home.keep.save(&save).expect("memory");
                    client.handle(now, Input::Done(Saved::Kept));
                }
                Output::Notice(notice) => {
                    if let Notice::Entry { name: room, number, contiguous_upto, entry, .. } = &notice {
                        let text = entry.body.text().unwrap_or_default().to_owned();
                        let line = (number.0, contiguous_upto.0, text.clone());
                        home.entries.entry(room.clone()).or_default().push(line);
                    }
                    let is_ladder = matches!(notice, Notice::Delivered { .. } | Notice::Read { .. });
                    let told = line(&notice).filter(|_| self.shows_ladder || !is_ladder);
                    self.transcript.extend(told.map(|line| format!("{name}: {line}")));
                }
                Output::Wait(wakes) => {
                    home.wakes = wakes;
                    return;
                }
            }
        }
    }

    fn fly(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.sent += 1;
        let is_cut = |name: &String| self.clients.get(name).is_some_and(|home| home.addr == from || home.addr == to);
        if self.cut.iter().any(is_cut) || self.rng.chance(self.loss) {
            return;
        }
        let at = self.now + self.delay;
        self.wire.push(Flight { at, order: self.sent, from, to, bytes: bytes.to_vec() });
    }
}

/// A notice as a line of the transcript; nothing for those that are looked at in other ways.
fn line(notice: &Notice) -> Option<String> {
    Some(match notice {
        Notice::Connection(connection) => match connection {
            Connection::Up { .. } => "up".into(),
            Connection::LoggedIn { name, server, is_made: _ } => format!("logged in as {name} at {server}"),
            Connection::LoginRefused(reason) => format!("login refused: {reason:?}"),
            Connection::Lost { why } => format!("lost: {why}"),
            Connection::Trying { .. } => "trying".into(),
            Connection::Unpinned { .. }
            | Connection::WrongKey { .. }
            | Connection::WrongVersion { .. }
            | Connection::JoinKeyRefused
            | Connection::Suspect
            | Connection::Alive
            | Connection::Ended { .. } => format!("{connection:?}"),
        },
        Notice::Joined { name, after, head, skipped, .. } => {
            let skipped = if *skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
            format!("in {name} after {after} of {head}{skipped}")
        }
        Notice::Denied { request, reason } => format!("{request}: denied, {reason:?}"),
        Notice::Unreadable { name, first, last } => format!("{name}: {first} to {last} can't be read"),
        Notice::QuotaNear { whose, used, of } => format!("{used} of {of} octets used of {whose:?}"),
        Notice::HistoryReset { name, .. } => format!("{name}: history reset"),
        Notice::Entry { name, number, own, is_ignored, entry, .. } => {
            let text = match &entry.body {
                Body::Text(text) => text.clone(),
                other @ (Body::Reply { .. }
                | Body::Edit { .. }
                | Body::Delete { .. }
                | Body::React { .. }
                | Body::Topic(_)
                | Body::Act(_)) => format!("{other:?}"),
            };
            let mark = if *own { "*" } else { "" };
            let ignored = if *is_ignored { "(ignored)" } else { "" };
            format!("{name} {number} {}{mark}{ignored}> {text}", entry.name)
        }
        Notice::Presence { room, who, before, now, status } => {
            let before = before.map_or(String::new(), |before| format!("{before:?} "));
            let says = if status.is_empty() { String::new() } else { format!(": {status}") };
            format!("{room} {who} {before}-> {now:?}{says}")
        }
        Notice::Roster { room, who } => {
            let who: Vec<_> = who.iter().map(|present| format!("{} {:?}", present.name, present.presence)).collect();
            format!("{room} has {}", who.join(", "))
        }
        Notice::Facts { room, facts, .. } => format!("{room}: {facts:?}"),
        Notice::Queued { is_offline: false, .. } | Notice::Room { .. } | Notice::Present { .. } | Notice::Link(_) => {
            return None;
        }
        Notice::Queued { tag, is_offline: true } => format!("{tag} queued"),
        Notice::NotKept { tag } => format!("{tag} not kept"),
        Notice::TakenBack { about, .. } => format!("{about} taken back"),
        Notice::Kept { room, body, answer } => format!("{room} from before: {body:?} {answer:?}"),
        Notice::Invited { name } => format!("invited to {name}"),
        Notice::FollowEnded { name, reason } => format!("{name} ended: {reason:?}"),
        Notice::Out { name } => format!("out of {name}"),
        Notice::Typing { room, who, is_typing } => format!("{room} {who} types: {is_typing}"),
        Notice::Delivered { room, number, reach } => {
            format!("{room} {number} delivered to {}, read by {} of {}", reach.delivered, reach.read, reach.of)
        }
        Notice::Read { room, upto } => format!("{room} read up to {upto}"),
        Notice::Answered { tag, result } => format!("{tag} answered: {result:?}"),
        Notice::Stored { tag, number, .. } => format!("{tag} stored as {number}"),
        Notice::Refused { tag, reason } => format!("{tag} refused: {reason:?}"),
        Notice::Stopped => "stopped".into(),
    })
}
