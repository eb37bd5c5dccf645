//! Somebody who reads no more costs a cursor: while one member of a room falls behind by as many messages as you like, nothing
//! grows, the others get everything, and when it reads again it gets all of it.
//!
//! The machines run in this process and in virtual time; the log is in SQLite, whose memory is not counted here. With
//! `CHINWAG_LONG` set it is half a million messages.

use std::alloc::System;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use chinwag::client_core::{self as client, Client, Saved, Start};
use chinwag::node::{Input, Node, Output};
use chinwag::server::{self, Job, Server};
use chinwag::store::Store as _;
use chinwag::store::sqlite::{Durability, Sqlite};
use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::limits::DATAGRAM_MAX_LEN;
use chinwag_proto::time::{Instant, Now, WallTime};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Messages of the writer that the reader does not have yet, at most: it keeps up.
const WINDOW: u64 = 200;
/// Messages until every table and ring has the size that it keeps.
const WARM_UP: u64 = 5_000;
/// What may come with the lag.
const GROWTH_MAX: isize = 1 << 20;
/// Members: one writes, one reads, one stops.
const WRITER: usize = 0;
const READER: usize = 1;
const STOPPED: usize = 2;

struct Member {
    client: Client,
    addr: SocketAddr,
    arrived: VecDeque<Vec<u8>>,
    deadline: Option<Instant>,
    is_joined: bool,
    /// It has everything up to here.
    upto: u64,
}

struct Room {
    now: Now,
    server: Server,
    store: Sqlite,
    arrived: VecDeque<(SocketAddr, Vec<u8>)>,
    deadline: Option<Instant>,
    members: Vec<Member>,
    said: u64,
    /// Nothing gets to or from this member.
    is_stopped: bool,
    buffer: Box<[u8; DATAGRAM_MAX_LEN]>,
}

impl Room {
    fn new(home: &tempfile::TempDir) -> Self {
        let mut store = Sqlite::open(home.path(), Durability::Os, [1; 32]).expect("a store");
        let identity = KeyPair::from_secret([9; 32]);
        let pin = Some(identity.public());
        let config = server::Config { messages_per_s: None, ..server::Config::default() };
        let server = Server::new(config, identity, store.snapshot().expect("readable"), [2; 32]);
        let at = SocketAddr::from(([10, 0, 0, 1], 1));
        let now = Now {
            mono: Instant::from_micros(1_000_000),
            wall: WallTime::from_unix_millis(1_700_000_000_000),
            ..Now::default()
        };
        let members = (0..3_u8).map(|n| {
            let config = client::Config::new(format!("member{n}"));
            let mut client = Client::new(config, KeyPair::from_secret([20 + n; 32]), [30 + n; 32]);
            let target = Target { addrs: vec![at], pin, join_key: None, enrolled: false };
            client.handle(now, Input::Command(client::Command::Connect(target)));
            let join = client::Command::Join { room: "#lobby".to_owned(), start: Start::Recent(0) };
            client.handle(now, Input::Command(join));
            let addr = SocketAddr::from(([10, 0, 0, 10 + n], 1));
            let (arrived, deadline) = (VecDeque::new(), Some(Instant::EPOCH));
            Member { client, addr, arrived, deadline, is_joined: false, upto: 0 }
        });
        let (members, arrived, deadline) = (members.collect(), VecDeque::new(), Some(Instant::EPOCH));
        let buffer = Box::new([0; DATAGRAM_MAX_LEN]);
        Self { now, server, store, arrived, deadline, members, said: 0, is_stopped: false, buffer }
    }

    /// A fifth of a millisecond passes.
    fn step(&mut self) {
        let passes = Duration::from_micros(200);
        self.now.mono += passes;
        self.now.wall = WallTime::from_unix_millis(1_700_000_000_000 + self.now.mono.as_micros() / 1_000);
        self.serve();
        for member in 0..self.members.len() {
            self.play(member);
        }
    }

    fn serve(&mut self) {
        let now = self.now;
        if self.deadline.is_some_and(|deadline| deadline <= now.mono) {
            self.server.handle(now, Input::Timeout);
        }
        while let Some((from, mut bytes)) = self.arrived.pop_front() {
            self.server.handle(now, Input::Datagram { from, local: None, bytes: &mut bytes });
        }
        self.deadline = loop {
            match self.server.poll(now, &mut self.buffer[..]) {
                Output::Transmit(transmit) => {
                    let to = self.members.iter_mut().position(|member| member.addr == transmit.to).expect("a member");
                    if !(self.is_stopped && to == STOPPED) {
                        self.members[to].arrived.push_back(self.buffer[..transmit.len].to_vec());
                    }
                }
                Output::Job(job) => {
                    let done = match job {
                        Job::Store(job) => job.run(&mut self.store),
                        Job::Hash(..) | Job::Ask(..) => panic!("nobody has a password"),
                    };
                    self.server.handle(now, Input::Done(done));
                }
                Output::Notice(_) => {}
                Output::Wait(deadline) => break deadline,
            }
        };
    }

    fn play(&mut self, index: usize) {
        if self.is_stopped && index == STOPPED {
            return;
        }
        let now = self.now;
        let member = &mut self.members[index];
        if member.deadline.is_some_and(|deadline| deadline <= now.mono) {
            member.client.handle(now, Input::Timeout);
        }
        while let Some(mut bytes) = member.arrived.pop_front() {
            let from = SocketAddr::from(([10, 0, 0, 1], 1));
            member.client.handle(now, Input::Datagram { from, local: None, bytes: &mut bytes });
        }
        let before = member.upto;
        member.deadline = loop {
            match member.client.poll(now, &mut self.buffer[..]) {
                Output::Transmit(transmit) => {
                    self.arrived.push_back((member.addr, self.buffer[..transmit.len].to_vec()));
                }
                Output::Job(_) => member.client.handle(now, Input::Done(Saved::Kept)),
                Output::Notice(client::Notice::Joined { .. }) => member.is_joined = true,
                Output::Notice(client::Notice::Entry { contiguous_upto, .. }) => member.upto = contiguous_upto.0,
                Output::Notice(_) => {}
                Output::Wait(deadline) => break deadline,
            }
        };
        if member.upto > before {
            let upto = chinwag_proto::wire::id::RoomSeq(member.upto);
            let shown = client::Command::Shown { room: "#lobby".to_owned(), upto };
            member.client.handle(now, Input::Command(shown));
            member.deadline = Some(Instant::EPOCH);
        }
    }

    /// The writer goes on until it has said so many, and the reader has them.
    fn say_until(&mut self, messages: u64) {
        while self.members[READER].upto < messages {
            while self.said < messages && self.said - self.members[READER].upto < WINDOW {
                self.said += 1;
                let (tag, room) = (self.said, "#lobby".to_owned());
                let text = format!(
                    "message {tag} of a hundred octets or so, which is what people write when they chat all day"
                );
                let say = client::Command::say(tag, room, text);
                self.members[WRITER].client.handle(self.now, Input::Command(say));
                self.members[WRITER].deadline = Some(Instant::EPOCH);
            }
            self.step();
        }
    }
}

#[test]
fn a_reader_that_stopped_costs_a_cursor() {
    let messages: u64 = if std::env::var_os("CHINWAG_LONG").is_some() { 500_000 } else { 50_000 };
    let home = tempfile::tempdir().expect("a directory");
    let mut room = Room::new(&home);
    while !room.members.iter().all(|member| member.is_joined) {
        room.step();
    }
    room.say_until(WARM_UP);
    while room.members[STOPPED].upto < WARM_UP {
        room.step();
    }
    let region = Region::new(ALLOCATOR);
    let stopped_at = room.now.mono;
    room.is_stopped = true;
    room.say_until(WARM_UP + messages);
    let change = region.change();
    let growth = change.bytes_allocated.cast_signed() - change.bytes_deallocated.cast_signed();
    let lagged = room.now.mono.micros_since(stopped_at) / 1_000;
    assert_eq!(room.members[STOPPED].upto, WARM_UP);
    assert!(growth < GROWTH_MAX, "{growth} octets more after {messages} messages, in {lagged} ms");
    // It reads on, and gets all of it; older entries then come through a cache of a fixed size, which all share.
    room.is_stopped = false;
    while room.members[STOPPED].upto < WARM_UP + messages {
        room.step();
    }
    println!("a reader {messages} messages behind: {growth} octets more");
}
