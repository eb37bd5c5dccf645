//! The tables: all that the server knows. What is asked of several of them at once is in `view` and `rules`.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::rng::Rng;
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::id::ClientMsgId;

use super::accounts::Accounts;
use super::auth::Auth;
use super::budget::{Budgets, Held};
use super::clocks::Clocks;
use super::config::{Admission, Config, Registration};
use super::damage::Damages;
use super::limits::SESSIONS_AT_FULL_RATE;
use super::marks::Marks;
use super::peers::Peers;
use super::pending::Inquiry;
use super::quota::Quotas;
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::throttle::Throttle;
use super::timekeeper::Timekeeper;
use chinwag_store::{Query, Retention, SecretHash, Snapshot};

/// All that the server knows.
#[derive(Debug)]
pub(super) struct Tables {
    /// The server's name, for people.
    pub(super) name: String,
    pub(super) peers: Peers,
    pub(super) sessions: Sessions,
    pub(super) accounts: Accounts,
    pub(super) rooms: Rooms,
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
    pub(super) held: Held<(Query, Inquiry)>,
    /// How much is kept at most, and how much is, in octets.
    pub(super) quotas: Quotas,
    pub(super) used: u64,
    /// Octets that what is on its way to the store is going to use.
    pub(super) set_aside: u64,
    /// Set when the server is stopping: whoever comes now is told so.
    pub(super) closing: Option<String>,
}

impl Tables {
    pub(super) fn new(config: &Config, snapshot: Snapshot, mut rng: Rng) -> Self {
        let mut clocks = Clocks::default();
        clocks.tidy_at(Instant::EPOCH);
        let is_new = snapshot.entries == 0 && snapshot.tokens.is_empty() && snapshot.invites.is_empty();
        let mut tables = Self {
            name: config.name.clone(),
            peers: Peers::default(),
            sessions: Sessions::default(),
            accounts: Accounts::of_snapshot(snapshot.accounts, snapshot.tokens),
            rooms: Rooms::of_store(snapshot.epochs),
            auth: Auth::new(config.auth_grace),
            throttle: Throttle::default(),
            marks: Marks::default(),
            registration: config.registration,
            admission: config.admission.clone(),
            banned: config.banned.clone(),
            last_own: own_ids(rng.u64()),
            rng,
            clocks,
            time: Timekeeper::new(snapshot.timekeeping, is_new),
            invites: snapshot.invites.iter().filter_map(|invite| Some((invite.hash, invite.until?))).collect(),
            refused_full_at: None,
            damages: Damages::of(snapshot.loss),
            entries: 0,
            post_gap_us: config.messages_per_s.map(|rate| 1_000_000 / (u64::from(rate.max(1)) * SESSIONS_AT_FULL_RATE)),
            budgets: config.octets_per_s.map(|per_s| Budgets::new(per_s, config.catch_up_at_once)),
            held: Held::default(),
            quotas: config.quotas,
            set_aside: 0,
            used: snapshot.rooms.iter().map(|room| room.used).sum(),
            closing: None,
        };
        for room in snapshot.rooms {
            tables.learn_room(room);
        }
        tables
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
}

/// What the server writes itself has ids of its own: a random start for each process.
const fn own_ids(start: u64) -> ClientMsgId {
    ClientMsgId { start, counter: 0 }
}
