//! The store in memory: durable as long as the process lives, and a model of a durable one for the simulator.
//!
//! A clone is a snapshot of everything; a batch is applied whole when [`Store::commit`] returns and not at all before, so
//! a simulated crash is a commit whose answer is lost, or that is never made.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::rng::Rng;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Refusal, Role, name};

use super::{
    Account, Append, Device, Kind, Member, NewAccount, Outcome, Page, Query, Range, Read, Results, Retention, Room,
    Snapshot, Store, StoreError, Write,
};

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

    fn account(&mut self, new: &NewAccount) -> Outcome {
        let (wanted, device) = (&new.name, new.device);
        let folded = name::fold(wanted);
        let account = match (self.by_device.get(&device), self.by_name.get(&folded)) {
            (Some(&account), _) => account,
            (None, Some(_)) => return Outcome::Refused(Refusal::NameTaken),
            (None, None) => {
                let account = AccountId(self.accounts.len() as u64 + 1);
                self.bytes += OVERHEAD_BYTES + wanted.len();
                self.by_device.insert(device, account);
                self.by_name.insert(folded, account);
                let made = Account {
                    id: account,
                    name: wanted.to_owned(),
                    skeleton: new.skeleton.clone(),
                    devices: vec![Device { key: device, label: new.label.clone(), since: new.at }],
                    phc: new.phc.clone(),
                    is_owner: account == AccountId(1),
                    is_gone: false,
                };
                self.accounts.insert(account, made);
                account
            }
        };
        let name = self.accounts.get(&account).map(|a| a.name.clone()).unwrap_or_default();
        Outcome::Account { account, name, is_owner: account == AccountId(1) }
    }

    fn room(&mut self, kind: Kind, place: Place, members: &[AccountId]) -> Outcome {
        if let Some((&id, log)) = self.by_kind.get(&place).and_then(|id| self.rooms.get_key_value(id)) {
            return Outcome::Room(log.describe(id));
        }
        let id = RoomId(self.rooms.len() as u64 + 1);
        let log = Log { kind, id: self.fresh(id), members: members.iter().copied().collect(), entries: Vec::new() };
        let made = log.describe(id);
        self.bytes += OVERHEAD_BYTES;
        self.by_kind.insert(place, id);
        self.rooms.insert(id, log);
        Outcome::Room(made)
    }

    fn direct(&mut self, one: AccountId, other: AccountId) -> Outcome {
        if !self.accounts.contains_key(&one) || !self.accounts.contains_key(&other) {
            return Outcome::Refused(Refusal::NoSuchAccount);
        }
        let (small, large) = (one.min(other), one.max(other));
        self.room(Kind::Direct(small, large), Place::Between(small, large), &[small, large])
    }

    fn enter(&mut self, room: RoomId, account: AccountId) -> Outcome {
        if !self.accounts.contains_key(&account) {
            return Outcome::Refused(Refusal::NoSuchAccount);
        }
        let Some(log) = self.rooms.get_mut(&room) else { return Outcome::Refused(Refusal::NoSuchRoom) };
        if log.members.insert(account) {
            self.bytes += OVERHEAD_BYTES;
        }
        Outcome::Ok
    }

    fn leave(&mut self, room: RoomId, account: AccountId) -> Outcome {
        let Some(log) = self.rooms.get_mut(&room) else { return Outcome::Refused(Refusal::NoSuchRoom) };
        if log.members.remove(&account) {
            self.bytes -= OVERHEAD_BYTES.min(self.bytes);
        }
        Outcome::Ok
    }

    fn append(&mut self, room: RoomId, key: (PublicKey, ClientMsgId), hash: [u8; 32], entry: &[u8]) -> Outcome {
        if let Some(stored) = self.posts.get(&key) {
            return if stored.room == room && stored.hash == hash {
                Outcome::Appended { number: stored.number, repeated: true, removed: Vec::new() }
            } else {
                Outcome::Refused(Refusal::IdReused)
            };
        }
        let Some(log) = self.rooms.get_mut(&room) else { return Outcome::Refused(Refusal::NoSuchRoom) };
        log.entries.push(entry.to_vec());
        let number = log.head();
        self.bytes += OVERHEAD_BYTES + entry.len();
        self.posts.insert(key, Stored { room, number, hash });
        Outcome::Appended { number, repeated: false, removed: Vec::new() }
    }

    /// An identity that no log has, of this store or of one with another seed.
    fn fresh(&self, room: RoomId) -> LogId {
        LogId(Rng::from_seed(self.seed).fork(&format!("log {room}")).u64())
    }
}

impl Log {
    fn head(&self) -> RoomSeq {
        RoomSeq(self.entries.len() as u64)
    }

    fn describe(&self, id: RoomId) -> Room {
        let member = |&account: &AccountId| Member {
            account,
            role: Role::Member,
            since: RoomSeq(0),
            muted_until: None,
            delivered: RoomSeq(0),
            read: RoomSeq(0),
            shown_read: RoomSeq(0),
        };
        Room {
            id,
            kind: self.kind.clone(),
            log: self.id,
            head: self.head(),
            access: Access::Public,
            phc: None,
            topic: String::new(),
            slow_s: 0,
            retention: Retention::Forever,
            members: self.members.iter().map(member).collect(),
            invited: Vec::new(),
            bans: Vec::new(),
        }
    }
}

impl Store for Memory {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            accounts: self.accounts.values().cloned().collect(),
            rooms: self.rooms.iter().map(|(&id, log)| log.describe(id)).collect(),
            entries: self.posts.len() as u64,
            ..Snapshot::default()
        })
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        // All or none: what the batch may take up at most has to fit.
        let most: usize = batch.iter().map(most).sum();
        if most > 0 && self.bytes.saturating_add(most) > self.budget_bytes {
            return Err(StoreError::Full);
        }
        let outcomes = batch.iter().map(|write| match write {
            Write::Account(new) => self.account(new),
            Write::Room(new) => self.room(Kind::Named(new.name.clone()), Place::Named(name::fold(&new.name)), &[]),
            Write::Direct { one, other } => self.direct(*one, *other),
            Write::Enter { room, account } => self.enter(*room, *account),
            Write::Leave { room, account } => self.leave(*room, *account),
            Write::Append(Append { room, origin, entry, .. }) => {
                self.append(*room, (origin.device, origin.id), origin.hash, entry)
            }
            _ => Outcome::Refused(Refusal::NotUnderstood),
        });
        Ok(outcomes.collect())
    }
}

impl Read for Memory {
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

    fn query(&mut self, _: &Query) -> Result<Results, StoreError> {
        Ok(Results::Pages { entries: Vec::new(), is_more: false })
    }
}

/// What a write may take up at most. Leaving is always possible.
fn most(write: &Write) -> usize {
    match write {
        Write::Account(NewAccount { name, .. }) | Write::Room(super::NewRoom { name, .. }) => {
            OVERHEAD_BYTES + name.len()
        }
        Write::Direct { .. } | Write::Enter { .. } => OVERHEAD_BYTES,
        Write::Append(Append { entry, .. }) => OVERHEAD_BYTES + entry.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn it_keeps_the_contract() {
        conformance::check(&|| Memory::new([1; 32]), &|store| store);
    }

    #[test]
    fn a_clone_is_a_snapshot() {
        let mut store = Memory::new([1; 32]);
        let before = store.clone();
        store.commit(&[Write::Room { name: "lobby".into() }]).expect("room for it");
        assert_ne!(before.clone().snapshot(), store.snapshot());
        assert_eq!(before.clone().snapshot(), Ok(Snapshot::default()));
    }

    #[test]
    fn a_log_of_another_process_has_another_identity() {
        let log = |seed| match Memory::new(seed).commit(&[Write::Room { name: "lobby".into() }]).as_deref() {
            Ok([Outcome::Room(room)]) => room.log,
            other => panic!("{other:?}"),
        };
        assert_ne!(log([1; 32]), log([2; 32]));
    }

    #[test]
    fn a_full_store_takes_nothing_of_a_batch_and_lets_people_leave() {
        let mut store = Memory::with_budget([1; 32], 2_000);
        let device = PublicKey([7; 32]);
        let made = store.commit(&[
            Write::Room { name: "lobby".into() },
            Write::Account { name: "ann".into(), device },
            Write::Enter { room: RoomId(1), account: AccountId(1) },
        ]);
        assert!(made.is_ok());
        let append = |counter, len| {
            let id = ClientMsgId { start: 1, counter };
            Write::Append { room: RoomId(1), device, id, hash: [0; 32], entry: vec![0; len] }
        };
        assert_eq!(store.commit(&[append(1, 10), append(2, 2_000)]), Err(StoreError::Full));
        assert_eq!(store.snapshot().expect("readable").rooms[0].head, RoomSeq(0));
        for _ in 0..50 {
            assert!(store.commit(&[append(1, 10)]).is_ok(), "a repeat takes up nothing");
        }
        assert!(store.commit(&[Write::Leave { room: RoomId(1), account: AccountId(1) }]).is_ok());
    }
}
