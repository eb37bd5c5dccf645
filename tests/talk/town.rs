//! The coupling: who is where, what is kept by whom, and what was seen.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag::client_core::{self as client, Client, Command, Connection, Delivered, Entering, Notice, OverBudget};
use chinwag::client_core::{PresenceChange, QuotaNear, Saved, Start, TypingChange, Unreadable};
use chinwag::keep::{self, Keep as _};
use chinwag::passwords::Hasher;
use chinwag::server::{self, Done, Job, Server, StoreJob};
use chinwag::store::memory::Memory;
use chinwag::store::{Store as _, StoreError};
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::weather::Spec;
use chinwag_proto::wire::id::PublicKey;
use chinwag_proto::wire::message::{Access, Body, Secret};
use chinwag_simnet::either::Either;
use chinwag_simnet::links::{Cut, HostId};
use chinwag_simnet::network::{HostEffect, Network};
use chinwag_simnet::process::Effect;

/// The server's host; the homes of clients follow.
const SERVER: HostId = HostId(0);

type Machine = Either<Server, Client>;

/// A network with one server.
pub(crate) struct Town {
    network: Network<Machine>,
    rng: Rng,
    server_secret: [u8; 32],
    pub(crate) store: Memory,
    /// The disk answers after this long; `None`: never.
    pub(crate) disk: Option<Duration>,
    disk_work: Vec<(Instant, Job)>,
    /// What the disk answers to commits, if not what the store says.
    pub(crate) disk_says: Option<StoreError>,
    pub(crate) commits: usize,
    clients: BTreeMap<String, Home>,
    weather: Spec,
    transcript: Vec<String>,
    /// The transcript tells of deliveries and of what was read.
    pub(crate) shows_ladder: bool,
    pub(crate) server_notices: Vec<server::Notice>,
}

/// A client's host, and what outlives its process.
struct Home {
    host: HostId,
    /// The device's secret.
    secret: [u8; 32],
    /// What the device keeps.
    keep: keep::Memory,
    /// What it was handed: by room, the numbers in the order in which they came.
    entries: BTreeMap<String, Vec<(u64, u64, String)>>,
}

impl Town {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::from_number(seed);
        let server_secret = rng.bytes();
        let store = Memory::new(rng.bytes());
        let mut network = Network::new(seed);
        network.add(SocketAddr::from(([10, 0, 0, 1], 24_469)));
        let mut town = Self {
            network,
            rng,
            server_secret,
            store,
            disk: Some(Duration::ZERO),
            disk_work: Vec::new(),
            disk_says: None,
            commits: 0,
            clients: BTreeMap::new(),
            weather: "delay=1ms".parse().expect("weather"),
            transcript: Vec::new(),
            shows_ladder: false,
            server_notices: Vec::new(),
        };
        town.start_server();
        town
    }

    /// The weather between each client and the server.
    pub(crate) fn weather(&mut self, weather: &str) {
        self.weather = weather.parse().expect("weather");
        self.clients.values().for_each(|home| self.network.set_weather(home.host, &self.weather));
    }

    /// Nothing gets through to a client and from it, or everything does again.
    pub(crate) fn cut(&mut self, name: &str, is_cut: bool) {
        self.network.set_cut(self.clients[name].host, Cut { up: is_cut, down: is_cut });
    }

    pub(crate) fn start_server(&mut self) {
        let config = server::Config { name: "town".into(), ..server::Config::default() };
        let identity = KeyPair::from_secret(self.server_secret);
        let snapshot = self.store.snapshot().expect("readable");
        let server = Server::new(config, identity, snapshot, self.rng.bytes());
        self.network.start(SERVER, Box::new(Either::A(server)));
    }

    /// Without a goodbye.
    pub(crate) fn crash_server(&mut self) {
        self.network.stop(SERVER);
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
            let secret = self.rng.bytes();
            self.settle(home, secret);
        }
        let (seed, pin) = (self.rng.bytes(), Some(self.server_key()));
        let at = self.clients.get_mut(home).expect("just made");
        let kept = at.keep.load().expect("memory");
        let outbox = at.keep.adopt().expect("memory");
        let (cursors, ignored) = (kept.cursors, kept.ignored);
        let config = client::Config { cursors, ignored, outbox, keeps_outbox: true, ..config };
        let client = Client::new(config, KeyPair::from_secret(at.secret), seed);
        self.network.start(at.host, Box::new(Either::B(client)));
        let addrs = vec![self.network.addr(SERVER)];
        self.command(home, Command::Connect(Target { addrs, pin, join_key: None, enrolled: false }));
    }

    /// Starts a second program on the device of `home`, for the same account.
    pub(crate) fn start_second(&mut self, home: &str, name: &str) {
        self.settle(name, self.clients[home].secret);
        self.start_with(name, client::Config::new(home));
    }

    /// A home for a device with this secret.
    fn settle(&mut self, name: &str, secret: [u8; 32]) {
        let number = u8::try_from(self.clients.len() + 2).expect("a small town");
        let host = self.network.add(SocketAddr::from(([10, 0, 0, number], 5_000)));
        self.network.set_weather(host, &self.weather);
        let home = Home { host, secret, keep: keep::Memory::default(), entries: BTreeMap::new() };
        self.clients.insert(name.to_owned(), home);
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
        self.command(name, Command::join(room.into(), Start::CHAT));
    }

    /// Somebody makes a room.
    pub(crate) fn create(&mut self, name: &str, room: &str, access: Access, password: Option<Secret>) {
        let entering = Entering::Made { access, password };
        self.command(name, Command::Join { room: room.into(), entering, start: Start::All });
    }

    pub(crate) fn post(&mut self, name: &str, room: &str, tag: u64, body: Body) {
        self.command(name, Command::post(tag, room.into(), body));
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
        self.network.stop(self.clients[name].host);
    }

    /// A program's address changes.
    pub(crate) fn roam(&mut self, name: &str, addr: &str) {
        self.network.roam(self.clients[name].host, addr.parse().expect("an address"));
    }

    pub(crate) fn command(&mut self, name: &str, command: Command) {
        self.network.command(self.clients[name].host, Either::B(command));
        self.run_ms(0);
    }

    pub(crate) fn command_server(&mut self, command: server::Command) {
        self.network.command(SERVER, Either::A(command));
        self.run_ms(0);
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
        let end = self.network.now() + Duration::from_millis(ms);
        loop {
            let due = self.disk_work.iter().map(|(at, _)| *at).min().filter(|at| *at <= end);
            if let Some(effect) = self.network.next(due.unwrap_or(end)) {
                self.happens(effect);
            } else if let Some(due) = due {
                let at = self.disk_work.iter().position(|(at, _)| *at == due).expect("it is due");
                let (_, job) = self.disk_work.remove(at);
                let done = self.work(job);
                self.network.done(SERVER, 0, Either::A(done));
            } else {
                return;
            }
        }
    }

    fn happens(&mut self, (host, effect): HostEffect<Machine>) {
        match effect {
            Effect::Job(Either::A(job)) => {
                if let Some(delay) = self.disk {
                    self.disk_work.push((self.network.now() + delay, job));
                }
            }
            Effect::Notice(Either::A(notice)) => self.server_notices.push(notice),
            Effect::Job(Either::B(save)) => {
                self.home(host).1.keep.save(&save).expect("memory");
                self.network.done(host, 0, Either::B(Saved::Kept));
            }
            Effect::Notice(Either::B(notice)) => self.told(host, &notice),
            Effect::Send { .. } => {}
        }
    }

    fn told(&mut self, host: HostId, notice: &Notice) {
        let shows_ladder = self.shows_ladder;
        let (name, home) = self.home(host);
        if let Notice::Entry { name: room, number, contiguous_upto, entry, .. } = notice {
            let text = entry.body.text().unwrap_or_default().to_owned();
            home.entries.entry(room.clone()).or_default().push((number.0, contiguous_upto.0, text));
        }
        let is_ladder = matches!(notice, Notice::Delivered(_) | Notice::Read { .. });
        let told = line(notice).filter(|_| shows_ladder || !is_ladder).map(|line| format!("{name}: {line}"));
        self.transcript.extend(told);
    }

    fn home(&mut self, host: HostId) -> (&String, &mut Home) {
        self.clients.iter_mut().find(|(_, home)| home.host == host).expect("somebody's")
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
        Notice::Unreadable(Unreadable { room, first, last }) => format!("{room}: {first} to {last} can't be read"),
        Notice::QuotaNear(QuotaNear { whose, used, of }) => format!("{used} of {of} octets used of {whose:?}"),
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
        Notice::Presence(PresenceChange { room, who, before, now, status }) => {
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
        Notice::OverBudget(OverBudget { octets, per_s, .. }) => format!("{octets} octets wait, {per_s} a second"),
        Notice::TakenBack { about, .. } => format!("{about} taken back"),
        Notice::Reworded { about, .. } => format!("{about} reworded"),
        Notice::Kept { room, body, answer } => format!("{room} from before: {body:?} {answer:?}"),
        Notice::Invited { name } => format!("invited to {name}"),
        Notice::FollowEnded { name, reason } => format!("{name} ended: {reason:?}"),
        Notice::Out { name } => format!("out of {name}"),
        Notice::Typing(TypingChange { room, who, is_typing }) => format!("{room} {who} types: {is_typing}"),
        Notice::Delivered(Delivered { room, number, reach }) => {
            format!("{room} {number} delivered to {}, read by {} of {}", reach.delivered, reach.read, reach.of)
        }
        Notice::Read { room, upto } => format!("{room} read up to {upto}"),
        Notice::Answered { tag, result } => format!("{tag} answered: {result:?}"),
        Notice::Stored { tag, number, .. } => format!("{tag} stored as {number}"),
        Notice::Refused { tag, reason } => format!("{tag} refused: {reason:?}"),
        Notice::Stopped => "stopped".into(),
    })
}
