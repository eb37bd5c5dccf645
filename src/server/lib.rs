//! The server: peer table, rooms, accounts, presence. PURE: no socket, clock, thread, file or entropy of its own.
//!
//! [`Server`] joins two halves that never call each other: the endpoint, which knows datagrams and links, and the chat,
//! which knows who is who and what is in the rooms. Events of the one become effects on the other. A room's entries are
//! encoded once and looked up by every link that sends them; what an entry costs is proportional to the sessions that
//! follow its room. The reasons are in docs/design.md, sections 1, 2 and 8.

mod access;
mod accounts;
mod asks;
mod auth;
mod beacon;
mod budget;
mod chat;
mod clock;
mod clocks;
mod command;
mod commits;
mod config;
mod counter;
mod counters;
mod damage;
mod defer;
mod durable;
mod effect;
mod facts;
mod given;
mod hashed;
mod hashing;
mod identity;
mod job;
mod lifecycle;
mod limits;
mod login;
mod machine;
mod marks;
mod membership;
pub mod names;
mod notice;
mod older;
mod operator;
mod out;
mod pages;
pub mod passwords;
mod peers;
mod pending;
mod posts;
mod presence;
mod queue;
mod quota;
mod readers;
mod reading;
mod reads;
mod reports;
mod requests;
mod rooms;
mod roster;
mod rules;
mod serving;
mod sessions;
mod space;
mod streams;
mod tables;
mod tail;
mod throttle;
mod ticks;
mod timekeeper;
mod tokens;
mod unreadable;
mod upkeep;
mod view;
mod vouched;
mod vouching;
mod watch;
mod work;

pub use command::{Command, Operation, OperatorTag};
pub use config::{Admission, Config, Registration};
pub use counter::{Counter, CounterKind};
pub use job::{Ask, Done, Hash, Hashed, Job, ReadJob, StoreJob, Verdict, WorkId};
pub use limits::{ASKS_AT_ONCE, AUTH_GRACE, CATCH_UP_OCTETS_SAVED_UP, CLOCK_WAIT, OCTETS_PER_S};
pub use notice::{
    AccountReport, AuthNews, BeaconContent, Damage, NearReport, Notice, PeerReport, QuotaReport, RoomReport,
    SessionReport, ShownRoom, Status, TokenReport,
};
pub use quota::{Full, NewQuotas, Quotas};
pub use timekeeper::{ClockReport, ClockTurn};

use chinwag_proto::endpoint::{self, Ended, Endings, Endpoint, KeyPair, SessionId};
use chinwag_proto::error::Refused;
use chinwag_proto::link::{Link, Role, Spread};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{InstanceId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Refusal};

use self::chat::{Chat, Ear};
use self::counters::Traffic;
use self::effect::Effect;
use self::limits::STOP_LINGER;
use self::rooms::Room;
use self::serving::Serving;
use chinwag_node::{Input, Node, Output};
use chinwag_store::Snapshot;

/// A server, from datagram to log.
pub struct Server {
    endpoint: Endpoint,
    chat: Chat,
    /// Sessions that ended while a datagram was written.
    endings: Endings,
    traffic: Traffic,
    commit_times: CommitTimes,
    stop: Stop,
}

/// How long commits of the store take.
#[derive(Clone, Copy, Debug, Default)]
struct CommitTimes {
    /// When the batch under way was given out.
    since: Option<Instant>,
    took: Spread,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// Goodbyes are being sent until then.
    Until(Instant),
    Told,
}

impl Server {
    /// A server with this identity that goes on from what a store holds.
    #[must_use]
    pub fn new(config: Config, identity: KeyPair, snapshot: Snapshot, seed: [u8; 32]) -> Self {
        let mut rng = Rng::from_seed(seed);
        let instance = InstanceId(rng.fork("instance").u64());
        let endpoint = Endpoint::new(
            endpoint::Config {
                role: Role::Server,
                instance,
                join_key: config.join_key,
                ping_interval: config.ping_interval,
                ack_delay: config.ack_delay,
                speculative: config.speculative,
                messages_per_s: config.messages_per_s,
                sessions_max: config.sessions_max,
            },
            identity,
            rng.fork("endpoint"),
        );
        let chat = Chat::new(&config, snapshot, rng.fork("hall"));
        Self {
            endpoint,
            chat,
            endings: Endings::default(),
            traffic: Traffic::default(),
            commit_times: CommitTimes::default(),
            stop: Stop::No,
        }
    }

    fn done(&mut self, now: Now, done: Done) {
        if matches!(done, Done::Committed(_))
            && let Some(since) = self.commit_times.since.take()
        {
            self.commit_times.took.note(now.mono.micros_since(since));
        }
        self.chat.done(done, now);
    }

    fn command(&mut self, now: Now, command: Command) {
        match command {
            Command::Stop { reason } => {
                for session in self.chat.tables.sessions.iter() {
                    let close = Effect::Close(session.id, CloseCode::Shutdown, reason.clone());
                    self.chat.out.effects.push_back(close);
                }
                self.chat.tables.closing = Some(reason);
                self.stop = Stop::Until(now.mono + STOP_LINGER);
            }
            Command::Status => {
                let status = reports::status(
                    &self.endpoint,
                    &self.chat.tables,
                    self.chat.waiting(),
                    &self.traffic,
                    self.commit_times.took,
                    now,
                );
                self.chat.out.notices.push_back(Notice::Status(Box::new(status)));
            }
            Command::Peers(tag) => {
                let peers = reports::report_peers(&self.endpoint, &self.chat.tables, now);
                self.chat.out.notices.push_back(Notice::Peers(tag, peers));
            }
            Command::Beacon => {
                let beacon = beacon::beacon(&self.chat.tables);
                self.chat.out.notices.push_back(Notice::Beacon(beacon));
            }
            Command::Operate(tag, operation) => self.chat.operate(tag, operation, now),
        }
    }

    /// Does to the links what the chat wants done.
    fn settle(&mut self, now: Now) {
        while let Some(effect) = self.chat.out.effects.pop_front() {
            self.apply(effect, now);
        }
    }

    fn apply(&mut self, effect: Effect, now: Now) {
        match effect {
            Effect::Tell(session, body) => {
                let queued = self.endpoint.link(session).map(|link| link.control(body));
                self.close_unless(queued, session, now);
            }
            Effect::Answer(session, body) => {
                let queued = self.endpoint.link(session).map(|link| link.answer(body));
                self.close_unless(queued, session, now);
            }
            Effect::Follow(session, id, after) => {
                self.open(session, id, after, now);
                self.tell_one(session, id, |link, room| link.advance_presence(id, room.roster.version()));
            }
            Effect::Read(session, id, after) => self.open(session, id, after, now),
            Effect::Unfollow(session, id) => {
                if let Some(link) = self.endpoint.link(session) {
                    link.shut(id);
                }
            }
            Effect::Advance(id) => {
                self.tell_all(id, Room::audience, |link, room| link.advance(id, room.state.head.0));
            }
            Effect::GoOn(session, id) => {
                self.tell_one(session, id, |link, room| link.advance(id, room.state.head.0));
            }
            Effect::Presence(id) => {
                self.tell_all(id, Room::following, |link, room| link.advance_presence(id, room.roster.version()));
            }
            Effect::Bulk(asked, body) => {
                let queued = self.endpoint.link(asked.session).map(|link| link.bulk(body));
                if matches!(queued, Some(Err(_))) {
                    self.chat.out.refuse(asked, Refusal::Busy);
                }
            }
            Effect::Typing(id, from, body) => {
                let others = |room| Room::following(room).filter(move |&session| session != from);
                self.tell_all(id, others, |link, _| link.typing(id, body.clone()));
            }
            Effect::Measure(asked) => {
                let measured = reports::measured(&self.endpoint, asked.session, now);
                self.chat.out.answer(asked, Ok(Answer::Measured(measured)));
            }
            Effect::Close(session, code, reason) => self.close(session, code, &reason, now),
        }
    }

    /// Begins to send a room's log to a session, which is closed if its link has no place for one more room.
    fn open(&mut self, session: SessionId, id: RoomId, after: RoomSeq, now: Now) {
        let Some(room) = self.chat.tables.rooms.get(id) else { return };
        let Some(link) = self.endpoint.link(session) else { return };
        if link.open(id, after.0).is_err() {
            return self.close(session, CloseCode::Denied, "too many rooms", now);
        }
        link.advance(id, room.state.head.0);
    }

    /// Tells the link of one session something about a room; nobody, where either is gone.
    fn tell_one(&mut self, session: SessionId, id: RoomId, tell: impl FnOnce(&mut Link, &Room)) {
        let Some(room) = self.chat.tables.rooms.get(id) else { return };
        if let Some(link) = self.endpoint.link(session) {
            tell(link, room);
        }
    }

    /// Tells the links of these sessions of a room something about it.
    fn tell_all<'a, S: Iterator<Item = SessionId> + 'a>(
        &'a mut self,
        id: RoomId,
        sessions: impl FnOnce(&'a Room) -> S,
        tell: impl Fn(&mut Link, &Room),
    ) {
        let Some(room) = self.chat.tables.rooms.get(id) else { return };
        for session in sessions(room) {
            if let Some(link) = self.endpoint.link(session) {
                tell(link, room);
            }
        }
    }

    fn close_unless(&mut self, queued: Option<Result<(), Refused>>, session: SessionId, now: Now) {
        if matches!(queued, Some(Err(_))) {
            // It asks and does not acknowledge the answers. It may come back: what it had not heard it asks again.
            self.close(session, CloseCode::Shutdown, "too many answers unacknowledged", now);
        }
    }

    fn close(&mut self, session: SessionId, code: CloseCode, reason: &str, now: Now) {
        self.endpoint.close(now.mono, session, code, reason);
        self.chat.ended(session, &Ended::Local(code), now);
    }

    /// The next moment at which something is due, if nothing comes before.
    fn deadline(&self) -> Option<Instant> {
        let stop = match self.stop {
            Stop::Until(at) => Some(at),
            Stop::No | Stop::Told => None,
        };
        [self.endpoint.deadline(), self.chat.deadline(), stop].into_iter().flatten().min()
    }
}

impl Node for Server {
    type Command = Command;
    type Notice = Notice;
    type Job = Job;
    type Done = Done;

    fn handle(&mut self, now: Now, input: Input<'_, Command, Done>) {
        match input {
            Input::Datagram { from, local, bytes } => {
                self.traffic.datagrams_received += 1;
                self.traffic.bytes_received += bytes.len() as u64;
                let mut ear = Ear { chat: &mut self.chat, now };
                // The endpoint counts what it drops, by reason.
                let _counted = self.endpoint.datagram(now.mono, from, local, bytes, &mut ear);
            }
            Input::Timeout => {
                self.endpoint.timeout(now.mono, &mut Ear { chat: &mut self.chat, now });
                self.chat.tick(now);
            }
            Input::Done(done) => self.done(now, done),
            Input::Command(command) => self.command(now, command),
        }
        self.settle(now);
    }

    fn poll(&mut self, now: Now, buf: &mut [u8]) -> Output<Notice, Job> {
        loop {
            if let Some(notice) = self.chat.out.notices.pop_front() {
                return Output::Notice(notice);
            }
            if let Some(batch) = self.chat.out.commits.next() {
                self.commit_times.since = Some(now.mono);
                return Output::Job(Job::Store(StoreJob::Commit(batch)));
            }
            if let Some((id, hash)) = self.chat.out.hashes.next() {
                return Output::Job(Job::Hash(id, hash));
            }
            if let Some((id, ask)) = self.chat.out.asks.next() {
                return Output::Job(Job::Ask(id, ask));
            }
            if let Some((id, query)) = self.chat.out.queries.next() {
                return Output::Job(Job::Store(StoreJob::Read(ReadJob::Query(id, query))));
            }
            let mut serving = Serving { tables: &mut self.chat.tables, now: now.mono };
            if let Some(transmit) = self.endpoint.poll(now.mono, &mut serving, buf, &mut self.endings) {
                self.traffic.datagrams_sent += 1;
                self.traffic.bytes_sent += transmit.len as u64;
                return Output::Transmit(transmit);
            }
            if let Some((session, why)) = self.endings.pop() {
                self.chat.ended(session, &why, now);
                self.settle(now);
                continue;
            }
            if let Some(range) = self.chat.tables.rooms.reads.next() {
                return Output::Job(Job::Store(StoreJob::Read(ReadJob::Load(range))));
            }
            if matches!(self.stop, Stop::Until(at) if at <= now.mono) {
                self.stop = Stop::Told;
                return Output::Notice(Notice::Stopped);
            }
            return Output::Wait(self.deadline());
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("chat", &self.chat).field("stop", &self.stop).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
