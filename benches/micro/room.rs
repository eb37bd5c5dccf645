//! A server and a roomful of clients, all machines and no sockets: what a message to the room costs, clients included.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag::client_core::{self as client, Client, Saved, Start};
use chinwag::node::{Input, Node, Output};
use chinwag::server::{self, Server};
use chinwag::store::Store as _;
use chinwag::store::memory::Memory;
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, Uptime, WallTime};
use divan::{Bencher, counter::ItemsCount};

const FLIGHT: Duration = Duration::from_micros(100);
const SERVER: usize = 0;

#[divan::bench(args = [10, 100])]
fn a_message_to_all_members(bencher: Bencher<'_, '_>, members: usize) {
    let mut room = Room::new(members);
    bencher.counter(ItemsCount::new(members)).bench_local(move || room.say());
}

struct Room {
    now: Instant,
    server: Server,
    store: Memory,
    clients: Vec<Client>,
    deadlines: Vec<Option<Instant>>,
    /// On their way: to whom, from whom (0 is the server, clients count from 1).
    wire: Vec<(usize, usize, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
    joined: usize,
    delivered: u64,
    said: u64,
}

impl Room {
    fn new(members: usize) -> Self {
        let mut rng = Rng::from_number(1);
        let identity = KeyPair::from_secret(rng.bytes());
        let pin = Some(identity.public());
        let mut store = Memory::new(rng.bytes());
        let snapshot = store.snapshot().expect("memory can be read");
        let server = Server::new(server::Config::default(), identity, snapshot, rng.bytes());
        let mut room = Self {
            now: Instant::from_micros(1_000_000),
            server,
            store,
            clients: Vec::new(),
            deadlines: vec![None; members + 1],
            wire: Vec::new(),
            spare: Vec::new(),
            joined: 0,
            delivered: 0,
            said: 0,
        };
        for member in 1..=members {
            let config = client::Config::new(format!("m{member}"));
            room.clients.push(Client::new(config, KeyPair::from_secret(rng.bytes()), rng.bytes()));
            let target = Target { addrs: vec![addr(SERVER)], pin, join_key: None, enrolled: false };
            room.command(member, client::Command::Connect(target));
            room.command(member, client::Command::Join { room: "bench".to_owned(), start: Start::All });
        }
        room.run_until(|room| room.joined == members);
        room
    }

    /// The first client says something; runs until all have it.
    fn say(&mut self) {
        self.said += 1;
        let text = "x".repeat(100);
        self.command(1, client::Command::say(self.said, "bench".to_owned(), text));
        self.run_until(|room| room.delivered == room.said * room.clients.len() as u64);
    }

    fn command(&mut self, member: usize, command: client::Command) {
        let now = self.time();
        self.clients[member - 1].handle(now, Input::Command(command));
        self.drain(member);
    }

    fn run_until(&mut self, done: impl Fn(&Self) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !done(self) {
            assert!(self.now < end, "stuck");
            let next = self.deadlines.iter().flatten().min().copied();
            self.now = match next {
                Some(next) if self.wire.is_empty() => next.max(self.now + FLIGHT),
                _ => self.now + FLIGHT,
            };
            self.carry();
        }
    }

    fn carry(&mut self) {
        let now = self.time();
        let mut fed = vec![false; self.deadlines.len()];
        for (to, from, mut bytes) in std::mem::take(&mut self.wire) {
            let (from, local) = (addr(from), None);
            fed[to] = true;
            match to {
                SERVER => self.server.handle(now, Input::Datagram { from, local, bytes: &mut bytes }),
                _ => self.clients[to - 1].handle(now, Input::Datagram { from, local, bytes: &mut bytes }),
            }
            self.spare.push(bytes);
        }
        for (node, fed) in fed.into_iter().enumerate() {
            let due = self.deadlines[node].is_some_and(|deadline| deadline <= self.now);
            match node {
                SERVER if due => self.server.handle(now, Input::Timeout),
                _ if due => self.clients[node - 1].handle(now, Input::Timeout),
                _ => {}
            }
            if fed || due {
                self.drain(node);
            }
        }
    }

    fn drain(&mut self, node: usize) {
        let now = self.time();
        let mut buffer = [0; DATAGRAM_MAX_LEN];
        loop {
            let sent = match node {
                SERVER => match self.server.poll(now, &mut buffer) {
                    Output::Transmit(transmit) => transmit,
                    Output::Job(server::Job::Store(job)) => {
                        let done = job.run(&mut self.store);
                        self.server.handle(now, Input::Done(done));
                        continue;
                    }
                    Output::Job(server::Job::Hash(..) | server::Job::Ask(..)) => {
                        panic!("nobody has a password");
                    }
                    Output::Notice(_) => continue,
                    Output::Wait(deadline) => return self.deadlines[node] = deadline,
                },
                _ => match self.clients[node - 1].poll(now, &mut buffer) {
                    Output::Transmit(transmit) => transmit,
                    Output::Job(_) => {
                        self.clients[node - 1].handle(now, Input::Done(Saved::Kept));
                        continue;
                    }
                    Output::Notice(notice) => {
                        self.joined += usize::from(matches!(notice, client::Notice::Joined { .. }));
                        self.delivered += u64::from(matches!(notice, client::Notice::Entry { .. }));
                        continue;
                    }
                    Output::Wait(deadline) => return self.deadlines[node] = deadline,
                },
            };
            let mut bytes = self.spare.pop().unwrap_or_default();
            bytes.clear();
            bytes.extend_from_slice(&buffer[..sent.len]);
            self.wire.push((usize::from(sent.to.port() - 1), node, bytes));
        }
    }

    fn time(&self) -> Now {
        Now {
            mono: self.now,
            wall: WallTime::from_unix_millis(self.now.as_micros() / 1_000),
            uptime: Uptime { since: self.now, ..Uptime::default() },
        }
    }
}

fn addr(node: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], u16::try_from(node + 1).expect("a roomful is small")))
}
