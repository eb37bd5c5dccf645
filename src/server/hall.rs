//! The hall: all that the server knows, and what comes of each event. It touches no link; what is to be done to links it
//! leaves in [`Hall::effects`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use chinwag_proto::endpoint::{self, Ended, SessionId};
use chinwag_proto::link::{self, Liveness};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, Now, WallTime};
use chinwag_proto::wire::frame::{Channel, CloseCode};
use chinwag_proto::wire::id::{ClientMsgId, PublicKey};

use super::accounts::Accounts;
use super::attendance::Clocks;
use super::auth::Auth;
use super::budget::{Budgets, Held};
use super::commits::Commits;
use super::config::{Admission, Config, Registration};
use super::damage::Damages;
use super::doors;
use super::effect::Effect;
use super::identity::Hashing;
use super::job::Hash;
use super::limits::{HASHES_MAX, QUERIES_MAX, SESSIONS_AT_FULL_RATE};
use super::marks::Marks;
use super::notice::Notice;
use super::pages::Asking;
use super::peers::{Peers, unmapped};
use super::quota::Quotas;
use super::rooms::Rooms;
use super::sessions::{Session, Sessions};
use super::throttle::Throttle;
use super::timekeeper::Timekeeper;
use super::work::Work;
use chinwag_store::{Query, Retention, SecretHash, Snapshot};

/// Everything but the endpoint.
#[derive(Debug)]
pub(super) struct Hall {
    /// The server's name, for people.
    pub(super) name: String,
    pub(super) peers: Peers,
    pub(super) sessions: Sessions,
    pub(super) accounts: Accounts,
    pub(super) rooms: Rooms,
    pub(super) commits: Commits,
    pub(super) queries: Work<Query, Asking>,
    pub(super) hashes: Work<Hash, Hashing>,
    pub(super) auth: Auth,
    pub(super) throttle: Throttle,
    pub(super) marks: Marks,
    pub(super) registration: Registration,
    pub(super) admission: Admission,
    /// Names, folded, of accounts that are let in no more.
    pub(super) banned: BTreeSet<String>,
    pub(super) rng: Rng,
    /// The last id of an entry that the server wrote itself.
    pub(super) last_own: ClientMsgId,
    pub(super) clocks: Clocks,
    pub(super) time: Timekeeper,
    /// Until when invitations are valid that are so for a time only.
    pub(super) invites: BTreeMap<SecretHash, WallTime>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) notices: VecDeque<Notice>,
    /// The store has no room: when it last refused for lack of it.
    pub(super) refused_full_at: Option<Instant>,
    /// What of the store can't be read.
    pub(super) damages: Damages,
    /// Entries stored since the start.
    pub(super) entries: u64,
    /// The time that each message of an account takes out of its budget, in µs; `None`: there is none.
    pub(super) post_gap_us: Option<u64>,
    /// What each account may write and have read, in octets; `None`: as much as it likes.
    pub(super) budgets: Option<Budgets>,
    /// Questions of accounts that have used theirs up.
    pub(super) held: Held<(Query, Asking)>,
    /// How much is kept at most, and how much is, in octets.
    pub(super) quotas: Quotas,
    pub(super) used: u64,
    /// Octets that what is on its way to the store is going to use.
    pub(super) set_aside: u64,
    /// Set when the server is stopping: whoever comes now is told so.
    pub(super) closing: Option<String>,
}

impl Hall {
    pub(super) fn new(config: &Config, snapshot: Snapshot, mut rng: Rng) -> Self {
        let mut clocks = Clocks::default();
        clocks.tidy_at(Instant::EPOCH);
        let is_new = snapshot.entries == 0 && snapshot.tokens.is_empty() && snapshot.invites.is_empty();
        let mut hall = Self {
            name: config.name.clone(),
            peers: Peers::default(),
            sessions: Sessions::default(),
            accounts: Accounts::of_snapshot(snapshot.accounts, snapshot.tokens),
            rooms: Rooms::of_store(snapshot.epochs),
            commits: Commits::default(),
            queries: Work::new(QUERIES_MAX),
            hashes: Work::new(HASHES_MAX),
            auth: Auth::new(config.auth_grace),
            throttle: Throttle::default(),
            marks: Marks::default(),
            registration: config.registration,
            admission: config.admission.clone(),
            banned: config.banned.clone(),
            last_own: doors::own_ids(rng.u64()),
            rng,
            clocks,
            time: Timekeeper::new(snapshot.timekeeping, is_new),
            invites: snapshot.invites.iter().filter_map(|invite| Some((invite.hash, invite.until?))).collect(),
            effects: VecDeque::new(),
            notices: VecDeque::new(),
            refused_full_at: None,
            damages: Damages::default(),
            entries: 0,
            post_gap_us: config.messages_per_s.map(|rate| 1_000_000 / (u64::from(rate.max(1)) * SESSIONS_AT_FULL_RATE)),
            budgets: config.octets_per_s.map(Budgets::new),
            held: Held::default(),
            quotas: config.quotas,
            set_aside: 0,
            used: snapshot.rooms.iter().map(|room| room.used).sum(),
            closing: None,
        };
        for room in snapshot.rooms {
            hall.learn_room(room);
        }
        hall
    }

    /// Takes the room into the tables. Gives whether it is news.
    pub(super) fn learn_room(&mut self, room: chinwag_store::Room) -> bool {
        for member in &room.members {
            if let Some(account) = self.accounts.get_mut(member.account) {
                account.rooms.insert(room.id);
            }
        }
        for &invited in &room.invited {
            if let Some(account) = self.accounts.get_mut(invited) {
                account.invited.insert(room.id);
            }
        }
        if !matches!(room.retention, Retention::Forever | Retention::Ephemeral) {
            self.clocks.prune_by(Instant::EPOCH);
        }
        self.rooms.learn(room)
    }

    /// What waits, by name of its queue.
    pub(super) fn waiting(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("commits", self.commits.len()),
            ("queries", self.queries.len()),
            ("queries over budget", self.held.len()),
            ("hashes", self.hashes.len()),
            ("auth", self.auth.asks.len()),
            ("loads", self.rooms.reads.len()),
            ("effects", self.effects.len()),
            ("notices", self.notices.len()),
        ]
    }

    fn established(&mut self, id: SessionId, device: PublicKey, addr: SocketAddr, now: Now) {
        if let Some(reason) = &self.closing {
            self.effects.push_back(Effect::Close(id, CloseCode::Shutdown, reason.clone()));
            return;
        }
        if self.sessions.get(id).is_some() {
            return;
        }
        if let Some(old) = self.sessions.displaced_by(id) {
            self.ended(old, &Ended::Displaced, now);
        }
        self.peers.insert(addr, id);
        self.sessions.insert(Session::new(id, unmapped(addr), device, now.mono));
    }

    fn moved(&mut self, id: SessionId, to: SocketAddr) {
        if let Some(session) = self.sessions.get_mut(id) {
            self.peers.shift(session.addr, to, id);
            session.addr = unmapped(to);
        }
    }

    /// A session is over. Who said goodbye has left; of everyone else that is said later.
    pub(super) fn ended(&mut self, id: SessionId, why: &Ended, now: Now) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.peers.remove(session.addr, id);
        let name = session.account.map(|account| self.accounts.name(account).to_owned());
        if let Some(account) = session.account.and_then(|account| self.accounts.get_mut(account)) {
            account.sessions.retain(|&s| s != id);
        }
        let said_goodbye = matches!(why, Ended::Closed(..) | Ended::Local(CloseCode::Done | CloseCode::Denied));
        for &room in &session.rooms {
            self.rooms.unfollow(room, id);
            if let Some(account) = session.account.filter(|_| session.is_shown()) {
                self.gone(room, account, said_goodbye, now.mono);
            }
        }
        self.notices.push_back(Notice::Left { name, addr: session.addr, why: describe(why) });
    }

    fn liveness(&mut self, id: SessionId, liveness: Liveness, now: Now) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.liveness = liveness;
        let Some(account) = session.account.filter(|_| session.is_shown()) else { return };
        for room in session.rooms.clone() {
            self.gone(room, account, false, now.mono);
        }
    }

    fn link_event(&mut self, id: SessionId, event: link::Event<'_>, now: Now) {
        match event {
            link::Event::Message { channel: Channel::Control, body, .. } => self.request(id, body, now),
            link::Event::Message { channel: Channel::Room(room), number, body, .. } => {
                self.post(id, room, number, body, now);
            }
            link::Event::Liveness(liveness) => self.liveness(id, liveness, now),
            link::Event::Message { channel: Channel::Typing(room), .. } => self.typing(id, room, now),
            link::Event::Cursor { room, upto } => self.delivered(id, room, upto, now),
            // A client sends no presence and no bulk; the rest is the endpoint's.
            link::Event::Message { channel: Channel::Presence(_) | Channel::Bulk, .. }
            | link::Event::Acked { .. }
            | link::Event::PathChallenge(_)
            | link::Event::PathResponse(_)
            | link::Event::Close { .. } => {}
        }
    }
}

/// The hall, listening.
pub(super) struct Ear<'a> {
    pub(super) hall: &'a mut Hall,
    pub(super) now: Now,
}

impl endpoint::Sink for Ear<'_> {
    fn enrolled(&self, device: &PublicKey) -> bool {
        self.hall.accounts.of_device(device).is_some()
    }

    /// The owner's lists; and a server that is stopping takes nobody in.
    fn allowed(&self, addr: &SocketAddr) -> bool {
        self.hall.closing.is_none() && self.hall.admission.allows(addr.ip())
    }

    fn takes_posts(&self, session: SessionId) -> bool {
        self.hall.takes_posts(session, self.now.mono)
    }

    fn event(&mut self, event: endpoint::Event<'_>) {
        let (hall, now) = (&mut *self.hall, self.now);
        hall.heed_clock(now);
        match event {
            endpoint::Event::Established { session, peer, addr, .. } => hall.established(session, peer, addr, now),
            endpoint::Event::Moved { session, to, .. } => hall.moved(session, to),
            endpoint::Event::Link { session, event } => hall.link_event(session, event, now),
            endpoint::Event::Ended { session, why } => hall.ended(session, &why, now),
            // New keys change nothing here; the others are a client's.
            endpoint::Event::Rekeyed { .. }
            | endpoint::Event::ServerKey { .. }
            | endpoint::Event::WrongKey { .. }
            | endpoint::Event::WrongVersion { .. }
            | endpoint::Event::JoinKeyRefused
            | endpoint::Event::Unanswered { .. } => {}
        }
    }
}

fn describe(why: &Ended) -> String {
    match why {
        Ended::Closed(_, reason) if reason.is_empty() => String::from("said goodbye"),
        Ended::Closed(_, reason) => format!("said goodbye: {reason}"),
        Ended::Local(code) => format!("closed by this server: {code:?}"),
        Ended::Offline => String::from("no answer"),
        Ended::Displaced => String::from("the same program has a newer session"),
        Ended::Reset => String::from("reset"),
        Ended::Violation(violation) => format!("broke the protocol: {violation:?}"),
        Ended::Expired => String::from("its keys are too old"),
    }
}
