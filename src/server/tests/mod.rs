//! The chat with its store and without a network: requests in, answers out.

mod accounts;
mod auth;
mod clock;
mod damage;
mod limits;
mod marks;
mod membership;
mod mistakes;
mod operator;
mod pages;
mod pins;
mod presence;
mod readers;
mod rules;
mod secrecy;
mod streams;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use chinwag_proto::endpoint::{self, SessionId, Sink as _, Sources as _};
use chinwag_proto::link::{self, Lookup};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, Uptime, WallTime};
use chinwag_proto::wire::frame::{Channel, CloseCode};
use chinwag_proto::wire::id::{AccountId, ClientMsgId, InstanceId, PublicKey, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{
    Access, Answer, Body, Bulk, Down, Entry, From, Post, Refusal, Request, RoomInfo, Secret, Up, Wire as _,
};

use super::chat::{Chat, Ear};
use super::command::{Operation, OperatorTag};
use super::config::Config;
use super::effect::Effect;
use super::job::{Done, Hash, Hashed};
use super::notice::Notice;
use super::serving::Serving;
use chinwag_store::memory::Memory;
use chinwag_store::{Read as _, Store as _, Write};

/// A chat whose jobs are done at once.
struct House {
    chat: Chat,
    store: Memory,
    now: Now,
    /// What each session was told and has not been asked for yet.
    told: BTreeMap<SessionId, Vec<Told>>,
    /// Sessions that follow rooms: up to where they were sent each log.
    following: BTreeMap<(SessionId, RoomId), u64>,
    requests: u64,
    posts: u64,
    sessions: usize,
    notices: Vec<Notice>,
    /// Everything that was committed.
    writes: Vec<Write>,
    /// Nothing is committed for now.
    is_slow: bool,
    /// What the program that vouches for accounts knows.
    directory: auth::Directory,
}

/// One thing that a session was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Down(Down),
    Bulk(Bulk),
    Entry(RoomId, RoomSeq, Option<Entry>),
    Typing(RoomId),
    Presence(RoomId),
    Closed(CloseCode, String),
}

/// Where most tests begin.
const LOBBY: &str = "lobby";

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn login(name: &str) -> Request {
    Request::Login { name: name.to_owned() }
}

fn join(room: &str) -> Request {
    Request::Join { room: room.to_owned(), from: From::Recent(1_000) }
}

fn text(text: &str) -> Body {
    Body::Text(text.to_owned())
}

fn key(device: u8) -> PublicKey {
    PublicKey([device; 32])
}

impl House {
    fn new() -> Self {
        Self::with(Config::default())
    }

    fn with(config: Config) -> Self {
        Self::of(config, Memory::new([3; 32]))
    }

    fn of(config: Config, mut store: Memory) -> Self {
        let chat = Chat::new(&config, store.snapshot().expect("readable"), Rng::from_seed([7; 32]));
        let (mono, wall) = (Instant::from_micros(1_000_000), WallTime::from_unix_millis(1_700_000_000_000));
        let now = Now { mono, wall, uptime: Uptime { since: mono, ..Uptime::default() } };
        Self {
            chat,
            store,
            now,
            told: BTreeMap::new(),
            following: BTreeMap::new(),
            requests: 0,
            posts: 0,
            sessions: 0,
            notices: Vec::new(),
            writes: Vec::new(),
            is_slow: false,
            directory: auth::Directory::default(),
        }
    }

    /// A server that starts anew from what is stored.
    fn restarted(self) -> Self {
        Self::of(Config::default(), self.store)
    }

    /// A session of that device.
    fn connect(&mut self, device: u8) -> SessionId {
        self.connect_from(device, [10, 0, 0, device])
    }

    fn connect_from(&mut self, device: u8, addr: [u8; 4]) -> SessionId {
        let id = SessionId::from_parts(u32::try_from(self.sessions).expect("few"), 0);
        self.sessions += 1;
        let addr = SocketAddr::from((addr, 1_000));
        let mut ear = Ear { chat: &mut self.chat, now: self.now };
        ear.event(endpoint::Event::Established {
            session: id,
            peer: key(device),
            addr,
            instance: InstanceId(u64::from(device)),
        });
        self.settle();
        id
    }

    /// A session whose account has that name, of the device of that number.
    fn enter(&mut self, device: u8, name: &str) -> SessionId {
        let id = self.connect(device);
        self.ask(id, login(name)).expect("a welcome");
        id
    }

    /// Asks, and gives the answer; what else was told is kept.
    fn ask(&mut self, id: SessionId, request: Request) -> Result<Answer, Refusal> {
        match self.ask_any(id, request) {
            Told::Down(Down::Answer(_, answer)) => answer,
            other @ (Told::Down(_)
            | Told::Bulk(_)
            | Told::Entry(..)
            | Told::Typing(_)
            | Told::Presence(_)
            | Told::Closed(..)) => panic!("another answer: {other:?}"),
        }
    }

    /// Asks for what is answered over the bulk channel.
    fn ask_bulk(&mut self, id: SessionId, request: Request) -> Result<Bulk, Refusal> {
        match self.ask_any(id, request) {
            Told::Bulk(bulk) => Ok(bulk),
            Told::Down(Down::Answer(_, Err(reason))) => Err(reason),
            other @ (Told::Down(_) | Told::Entry(..) | Told::Typing(_) | Told::Presence(_) | Told::Closed(..)) => {
                panic!("another answer: {other:?}")
            }
        }
    }

    fn ask_any(&mut self, id: SessionId, request: Request) -> Told {
        self.requests += 1;
        let number = RequestId(self.requests);
        let body = Up::Request(number, request).encode();
        self.receive(id, Channel::Control, self.requests, &body);
        let told = self.told.entry(id).or_default();
        let is_answer = |told: &Told| match told {
            Told::Down(Down::Answer(to, _)) => *to == number,
            Told::Bulk(
                Bulk::History { request, .. }
                | Bulk::Found { request, .. }
                | Bulk::Rooms { request, .. }
                | Bulk::Members { request, .. },
            ) => *request == number,
            Told::Down(_) | Told::Entry(..) | Told::Typing(_) | Told::Presence(_) | Told::Closed(..) => false,
        };
        let answers: Vec<_> = told.extract_if(.., |told| is_answer(told)).collect();
        assert_eq!(answers.len(), 1, "one answer to a request: {answers:?}");
        answers.into_iter().next().expect("one")
    }

    /// Enters a room, and gives what is told of it.
    fn join(&mut self, id: SessionId, room: &str) -> Result<RoomInfo, Refusal> {
        self.ask(id, join(room)).map(room_of)
    }

    /// Posts, and gives the entry's number.
    fn post(&mut self, id: SessionId, room: RoomId, body: Body) -> Result<RoomSeq, Refusal> {
        self.posts += 1;
        self.post_as(id, room, self.posts, body)
    }

    /// Posts under this id of the device.
    fn post_as(&mut self, id: SessionId, room: RoomId, counter: u64, body: Body) -> Result<RoomSeq, Refusal> {
        let body = Post { id: ClientMsgId { start: 1, counter }, body }.encode();
        self.receive(id, Channel::Room(room), counter, &body);
        let told = self.told.entry(id).or_default();
        let is_answer = |told: &Told| match told {
            Told::Down(Down::Stored { room: of, post, .. } | Down::Refused { room: of, post, .. }) => {
                (*of, post.0) == (room, counter)
            }
            Told::Down(_)
            | Told::Bulk(_)
            | Told::Entry(..)
            | Told::Typing(_)
            | Told::Presence(_)
            | Told::Closed(..) => false,
        };
        let answers: Vec<_> = told.extract_if(.., |told| is_answer(told)).collect();
        match answers.as_slice() {
            [Told::Down(Down::Stored { entry, .. })] => Ok(*entry),
            [Told::Down(Down::Refused { reason, .. })] => Err(*reason),
            other => panic!("one answer to a post: {other:?}"),
        }
    }

    /// Asks, and does not wait.
    fn ask_without_answer(&mut self, id: SessionId, request: Request) {
        self.requests += 1;
        let body = Up::Request(RequestId(self.requests), request).encode();
        self.receive(id, Channel::Control, self.requests, &body);
    }

    /// Posts, and does not wait.
    fn post_without_answer(&mut self, id: SessionId, room: RoomId, body: Body) {
        self.posts += 1;
        let body = Post { id: ClientMsgId { start: 1, counter: self.posts }, body }.encode();
        self.receive(id, Channel::Room(room), self.posts, &body);
    }

    fn operate(&mut self, operation: Operation) -> Notice {
        self.chat.operate(OperatorTag(1), operation, self.now);
        self.settle();
        self.notices.pop().expect("a notice")
    }

    fn receive(&mut self, id: SessionId, channel: Channel, number: u64, body: &[u8]) {
        self.link_event(id, link::Event::Message { channel, number, contiguous_upto: number, body });
    }

    fn link_event(&mut self, id: SessionId, event: link::Event<'_>) {
        Ear { chat: &mut self.chat, now: self.now }.event(endpoint::Event::Link { session: id, event });
        self.settle();
    }

    /// The device of a session has a room on record up to here.
    fn recorded(&mut self, id: SessionId, room: RoomId, upto: RoomSeq) {
        self.link_event(id, link::Event::Cursor { room, upto });
    }

    /// Time passes.
    fn pass(&mut self, ms: u64) {
        self.now.mono = self.now.mono.plus_micros(ms * 1_000);
        self.now.uptime.since = self.now.mono;
        self.now.wall = WallTime::from_unix_millis(self.now.wall.as_unix_millis() + ms);
        self.chat.tick(self.now);
        self.settle();
    }

    /// What a session was told since it was last asked.
    fn heard(&mut self, id: SessionId) -> Vec<Told> {
        self.told.remove(&id).unwrap_or_default()
    }

    /// The texts that a session was sent of a room.
    fn texts(&mut self, id: SessionId, room: RoomId) -> Vec<String> {
        let entry = |told: Told| match told {
            Told::Entry(of, _, Some(entry)) if of == room => entry.body.text().map(str::to_owned),
            Told::Down(_)
            | Told::Bulk(_)
            | Told::Entry(..)
            | Told::Typing(_)
            | Told::Presence(_)
            | Told::Closed(..) => None,
        };
        self.heard(id).into_iter().filter_map(entry).collect()
    }

    /// Does what is wanted until nothing is.
    fn settle(&mut self) {
        loop {
            while let Some(effect) = self.chat.out.effects.pop_front() {
                self.apply(effect);
            }
            self.notices.extend(
                self.chat.out.notices.drain(..).filter(|n| !matches!(n, Notice::LoggedIn { .. } | Notice::Left { .. })),
            );
            if let Some(batch) = (!self.is_slow).then(|| self.chat.out.commits.next()).flatten() {
                let result = self.store.commit(&batch);
                self.writes.extend(batch);
                self.chat.done(Done::Committed(result), self.now);
            } else if let Some((id, hash)) = self.chat.out.hashes.next() {
                self.chat.done(Done::Hashed(id, hashed(&hash)), self.now);
            } else if let Some((id, verdict)) = self.directory.answer(&mut self.chat.out.asks) {
                self.chat.done(Done::Told(id, verdict), self.now);
            } else if let Some((id, query)) = self.chat.out.queries.next() {
                let results = self.store.query(&query);
                self.chat.done(Done::Queried(id, results), self.now);
            } else if let Some(range) = self.chat.tables.rooms.reads.next() {
                let page = self.store.load(range).expect("readable");
                let again: Vec<_> = self.chat.tables.rooms.loaded(page).collect();
                again.into_iter().for_each(|room| self.advance(room));
            } else if self.chat.out.effects.is_empty() {
                return;
            }
        }
    }

    /// What the server does to links, done to lists.
    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Tell(id, body) | Effect::Answer(id, body) => {
                self.tell(id, Told::Down(Down::decode(&body).expect("a message")))
            }
            Effect::Bulk(asked, body) => {
                assert!(body.len() <= chinwag_proto::limits::MESSAGE_MAX_LEN, "a page fits a message");
                self.tell(asked.session, Told::Bulk(Bulk::decode(&body).expect("a message")));
            }
            Effect::Follow(id, room, after) => {
                self.following.insert((id, room), after.0);
                self.advance(room);
                self.tell(id, Told::Presence(room));
            }
            Effect::Read(id, room, after) => {
                self.following.insert((id, room), after.0);
                self.advance(room);
            }
            Effect::Unfollow(id, room) => {
                self.following.remove(&(id, room));
            }
            Effect::Advance(room) | Effect::GoOn(_, room) => self.advance(room),
            // Here are no links.
            Effect::Measure(asked) => {
                self.chat.out.answer(asked, Ok(Answer::Measured(chinwag_proto::wire::message::Measured::default())))
            }
            Effect::Presence(room) => {
                for id in self.followers(room) {
                    self.tell(id, Told::Presence(room));
                }
            }
            Effect::Typing(room, from, _) => {
                for id in self.followers(room).into_iter().filter(|&id| id != from) {
                    self.tell(id, Told::Typing(room));
                }
            }
            Effect::Close(id, code, reason) => {
                self.tell(id, Told::Closed(code, reason));
                self.following.retain(|&(session, _), _| session != id);
                self.chat.ended(id, &endpoint::Ended::Local(code), self.now);
            }
        }
    }

    fn followers(&self, room: RoomId) -> Vec<SessionId> {
        self.chat.tables.rooms.get(room).map(|room| room.followers().to_vec()).unwrap_or_default()
    }

    /// Sends what followers of a room have not been sent.
    fn advance(&mut self, room: RoomId) {
        let Some(head) = self.chat.tables.rooms.get(room).map(|room| room.state.head.0) else { return };
        let audience: Vec<_> = self.chat.tables.rooms.get(room).into_iter().flat_map(|room| room.audience()).collect();
        for id in audience {
            let Some(sent) = self.following.get(&(id, room)).copied() else { continue };
            for number in sent + 1..=head {
                let mut serving = Serving { tables: &mut self.chat.tables, now: self.now.mono };
                let entry = match serving.entry_for(id, room, number) {
                    Lookup::Ready(bytes) => Some(Entry::decode(bytes).expect("an entry")),
                    Lookup::Absent => None,
                    Lookup::Pending => break,
                };
                self.following.insert((id, room), number);
                self.tell(id, Told::Entry(room, RoomSeq(number), entry));
            }
        }
    }

    fn tell(&mut self, id: SessionId, told: Told) {
        self.told.entry(id).or_default().push(told);
    }
}

/// What stands in for a slow hash: whose business that is knows how dear it has to be.
fn hashed(hash: &Hash) -> Hashed {
    let of = |password: &Secret| format!("hash of {}", password.reveal());
    match hash {
        Hash::Make { password, .. } => Hashed::Made(of(password)),
        Hash::Check { password, phc } => Hashed::Checked(phc.as_deref() == Some(&of(password))),
    }
}

/// The room of a [`Answer::Joined`].
fn room_of(answer: Answer) -> RoomInfo {
    match answer {
        Answer::Joined { room, .. } | Answer::Entered { room, .. } => room,
        Answer::Welcome { .. }
        | Answer::Left
        | Answer::Done
        | Answer::Devices(_)
        | Answer::Delivery(_)
        | Answer::Room(_)
        | Answer::Measured(_) => panic!("not joined"),
    }
}

fn create(room: &str, access: Access, password: Option<&str>) -> Request {
    Request::Create { room: room.to_owned(), access, password: password.map(secret), from: From::Recent(1_000) }
}

/// The account of a session.
fn account(house: &House, id: SessionId) -> AccountId {
    house.chat.tables.sessions.account_of(id).expect("logged in")
}
