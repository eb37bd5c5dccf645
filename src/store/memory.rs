//! The store in memory: durable as long as the process lives, and a model of a durable one for the simulator.
//!
//! A clone is a snapshot of everything; a batch is applied whole when [`Store::commit`] returns and not at all before, so
//! a simulated crash is a commit whose answer is lost, or that is never made.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::rng::Rng;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Refusal, name};

use super::{Account, Kind, Outcome, Page, Range, Room, Snapshot, Store, StoreError, Write};

/// Most octets that a store in memory holds, unless told otherwise.
pub const BUDGET_BYTES: usize = 1 << 30;
/// What an entry, a room or an account costs beside its own octets: map nodes, the id that makes a repeat harmless.
const OVERHEAD_BYTES: usize = 160;

/// The store in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Its draws are the identities of logs, so that no log of an earlier process is mistaken for one of this.
    seed: [u8; 32],
    accounts: BTreeMap<AccountId, Account>,
    by_name: BTreeMap<String, AccountId>,
    by_device: BTreeMap<PublicKey, AccountId>,
    rooms: BTreeMap<RoomId, Log>,
    by_kind: BTreeMap<Place, RoomId>,
    posts: BTreeMap<(PublicKey, ClientMsgId), Stored>,
    bytes: usize,
    budget_bytes: usize,
}

#[derive(Clone, Debug)]
struct Log {
    kind: Kind,
    id: LogId,
    members: BTreeSet<AccountId>,
    entries: Vec<Vec<u8>>,
}

/// What a room is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Named(String),
    Between(AccountId, AccountId),
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    room: RoomId,
    number: RoomSeq,
    hash: [u8; 32],
}

impl Memory {
    /// An empty store. The seed makes its logs' identities: it must be another one for every process.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self::with_budget(seed, BUDGET_BYTES)
    }

    /// An empty store that is [`StoreError::Full`] at about `budget_bytes`.
    #[must_use]
    pub fn with_budget(seed: [u8; 32], budget_bytes: usize) -> Self {
        Self {
            seed,
            accounts: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_device: BTreeMap::new(),
            rooms: BTreeMap::new(),
            by_kind: BTreeMap::new(),
            posts: BTreeMap::new(),
            bytes: 0,
            budget_bytes,
        }
    }

    fn account(&mut self, wanted: &str, device: PublicKey) -> Outcome {
        let folded = name::fold(wanted);
        let account = match (self.by_device.get(&device), self.by_name.get(&folded)) {
            (Some(&account), _) => account,
            (None, Some(_)) => return Outcome::Refused(Refusal::NameTaken),
            (None, None) => {
                let account = AccountId(self.accounts.len() as u64 + 1);
                self.by_device.insert(device, account);
                self.by_name.insert(folded, account);
                let made = Account { id: account, name: wanted.to_owned(), devices: vec![device] };
                self.accounts.insert(account, made);
                account
            }
        };
        let name = self.accounts.get(&account).map(|a| a.name.clone()).unwrap_or_default();
        Outcome::Account { account, name }
    }

    fn room(&mut self, kind: Kind, place: Place, members: &[AccountId]) -> Outcome {
        let next = RoomId(self.rooms.len() as u64 + 1);
        let id = *self.by_kind.entry(place).or_insert(next);
        let log_id = LogId(self.fresh(id));
        let log = self.rooms.entry(id).or_insert_with(|| Log {
            kind,
            id: log_id,
            members: members.iter().copied().collect(),
            entries: Vec::new(),
        });
        Outcome::Room(log.describe(id))
    }

    fn direct(&mut self, one: AccountId, other: AccountId) -> Outcome {
        if !self.accounts.contains_key(&one) || !self.accounts.contains_key(&other) {
            return Outcome::Refused(Refusal::NoSuchAccount);
        }
        let (small, large) = (one.min(other), one.max(other));
        self.room(Kind::Direct(small, large), Place::Between(small, large), &[small, large])
    }

    fn membership(&mut self, room: RoomId, change: impl FnOnce(&mut BTreeSet<AccountId>)) -> Outcome {
        match self.rooms.get_mut(&room) {
            Some(log) => {
                change(&mut log.members);
                Outcome::Ok
            }
            None => Outcome::Refused(Refusal::NoSuchRoom),
        }
    }

    fn append(&mut self, room: RoomId, key: (PublicKey, ClientMsgId), hash: [u8; 32], entry: &[u8]) -> Outcome {
        if let Some(stored) = self.posts.get(&key) {
            return if stored.room == room && stored.hash == hash {
                Outcome::Appended { number: stored.number, repeated: true }
            } else {
                Outcome::Refused(Refusal::IdReused)
            };
        }
        let Some(log) = self.rooms.get_mut(&room) else { return Outcome::Refused(Refusal::NoSuchRoom) };
        log.entries.push(entry.to_vec());
        let number = log.head();
        self.posts.insert(key, Stored { room, number, hash });
        Outcome::Appended { number, repeated: false }
    }

    /// A number that is not given twice, by this store or by one with another seed.
    fn fresh(&self, room: RoomId) -> u64 {
        let mut rng = Rng::from_seed(self.seed);
        rng.fork(&format!("log {room}")).u64()
    }
}

impl Log {
    fn head(&self) -> RoomSeq {
        RoomSeq(self.entries.len() as u64)
    }

    fn describe(&self, id: RoomId) -> Room {
        let members = self.members.iter().copied().collect();
        Room { id, kind: self.kind.clone(), log: self.id, head: self.head(), members }
    }
}

impl Store for Memory {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            accounts: self.accounts.values().cloned().collect(),
            rooms: self.rooms.iter().map(|(&id, log)| log.describe(id)).collect(),
        })
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let cost: usize = batch.iter().map(cost).sum();
        if cost > 0 && self.bytes.saturating_add(cost) > self.budget_bytes {
            return Err(StoreError::Full);
        }
        self.bytes += cost;
        let outcomes = batch.iter().map(|write| match write {
            Write::Account { name, device } => self.account(name, *device),
            Write::Room { name } => self.room(Kind::Public(name.clone()), Place::Named(name::fold(name)), &[]),
            Write::Direct { one, other } => self.direct(*one, *other),
            Write::Enter { room, account } => {
                let known = self.accounts.contains_key(account);
                if known {
                    self.membership(*room, |members| _ = members.insert(*account))
                } else {
                    Outcome::Refused(Refusal::NoSuchAccount)
                }
            }
            Write::Leave { room, account } => self.membership(*room, |members| _ = members.remove(account)),
            Write::Append { room, device, id, hash, entry } => self.append(*room, (*device, *id), *hash, entry),
        });
        Ok(outcomes.collect())
    }

    fn load(&mut self, range: Range) -> Result<Page, StoreError> {
        let entries = match self.rooms.get(&range.room) {
            Some(log) => {
                let after = usize::try_from(range.after.0).unwrap_or(usize::MAX);
                let mut bytes = 0usize;
                let fits = |entry: &&Vec<u8>| {
                    let first = bytes == 0;
                    bytes = bytes.saturating_add(entry.len().max(1));
                    first || bytes <= range.bytes
                };
                log.entries.iter().skip(after).take(range.count).take_while(fits).cloned().collect()
            }
            None => Vec::new(),
        };
        Ok(Page { range, entries })
    }
}

/// What a write may take up. Leaving is always possible.
fn cost(write: &Write) -> usize {
    match write {
        Write::Account { name, .. } | Write::Room { name } => OVERHEAD_BYTES + name.len(),
        Write::Direct { .. } | Write::Enter { .. } => OVERHEAD_BYTES,
        Write::Append { entry, .. } => OVERHEAD_BYTES + entry.len(),
        Write::Leave { .. } => 0,
    }
}
