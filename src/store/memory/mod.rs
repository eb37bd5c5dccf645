//! The store in memory: durable as long as the process lives, and a model of a durable one for the simulator.
//!
//! A clone is a snapshot of everything; a batch is applied whole when [`Store::commit`] returns and not at all before, so
//! a simulated crash is a commit whose answer is lost, or that is never made. [`Memory::restarted`] is what a restart does.

mod accounts;
mod entries;
mod log;
mod read;
mod rooms;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;

use self::log::{Log, PostKey};
use super::state::{fresh_epoch, fresh_log};
use super::write::Needs;
use super::{
    Account, Change, Epochs, Invite, Loss, NewAccount, NewRoom, Outcome, SecretHash, Snapshot, Store, StoreError,
    Timekeeping, Token, Write,
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
    /// Skeletons of accounts' names.
    looks: BTreeSet<String>,
    tokens: BTreeMap<SecretHash, Token>,
    invites: BTreeMap<SecretHash, Invite>,
    rooms: BTreeMap<RoomId, Log>,
    by_place: BTreeMap<Place, RoomId>,
    /// Skeletons of rooms' names.
    room_looks: BTreeSet<String>,
    posts: BTreeMap<PostKey, Stored>,
    /// Entries ever taken: a search's results are in the order of their places here.
    taken: u64,
    epochs: Epochs,
    timekeeping: Timekeeping,
    bytes: usize,
    budget_bytes: usize,
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
        let mut epochs = Epochs::default();
        epochs.begin(fresh_epoch(seed));
        Self {
            seed,
            accounts: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_device: BTreeMap::new(),
            looks: BTreeSet::new(),
            tokens: BTreeMap::new(),
            invites: BTreeMap::new(),
            rooms: BTreeMap::new(),
            by_place: BTreeMap::new(),
            room_looks: BTreeSet::new(),
            posts: BTreeMap::new(),
            taken: 0,
            epochs,
            timekeeping: Timekeeping::default(),
            bytes: 0,
            budget_bytes,
        }
    }

    /// The store as another process finds it: what was in memory only is gone. The seed is that process's.
    #[must_use]
    pub fn restarted(mut self, seed: [u8; 32]) -> Self {
        self.seed = seed;
        self.epochs.begin(fresh_epoch(seed));
        for (&id, log) in &mut self.rooms {
            for key in log.forget_ids() {
                self.posts.remove(&key);
            }
            if log.is_ephemeral() {
                log.restart(fresh_log(seed, id));
            }
        }
        self
    }

    fn apply(&mut self, write: &Write) -> Outcome {
        let done = match write {
            Write::Account(new) => self.account(new),
            Write::Enrol { account, device, label, at } => self.enrol(*account, *device, label, *at),
            Write::Revoke { account, device } => self.revoke(*account, *device),
            Write::Password { account, phc } => self.password(*account, phc),
            Write::Vouch { account, at } => self.vouch(*account, *at),
            Write::Unregister { account } => self.unregister(*account),
            Write::Token { account, hash, label, scopes, until } => {
                let (label, scopes) = (label.clone(), scopes.clone());
                self.token(Token { account: *account, hash: *hash, label, scopes, until: *until })
            }
            Write::RevokeToken { hash } => self.revoke_token(hash),
            Write::Invite { hash, uses, until } => self.invite(Invite { hash: *hash, uses: *uses, until: *until }),
            Write::Room(new) => self.room(new),
            Write::Direct { one, other } => self.direct(*one, *other),
            Write::Enter { room, account } => self.enter(*room, *account),
            Write::Leave { room, account } => self.leave(*room, *account),
            Write::Append(append) => self.append(append),
            Write::Mark { room, account, delivered, read, shown_read } => {
                self.mark(*room, *account, [*delivered, *read, *shown_read])
            }
            Write::Retain { room, retention } => self.retain(*room, *retention),
            Write::Expire { before } => self.expire(*before),
            Write::Prune { room, at } => self.prune(*room, *at),
            Write::Redate { room, now } => self.redate(*room, *now),
            Write::Timekeeping(known) => {
                self.timekeeping = *known;
                Ok(Outcome::Ok)
            }
            Write::Probe if self.bytes + OVERHEAD_BYTES > self.budget_bytes => Err(Refusal::StoreFull),
            Write::Probe => Ok(Outcome::Ok),
            // What is deleted is gone.
            Write::Compact => Ok(Outcome::Compacted { is_more: false }),
        };
        done.unwrap_or_else(Outcome::Refused)
    }

    fn log(&mut self, room: RoomId) -> Result<&mut Log, Refusal> {
        self.rooms.get_mut(&room).ok_or(Refusal::NoSuchRoom)
    }
}

/// What comes of one write.
type Done = Result<Outcome, Refusal>;

impl Store for Memory {
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot {
            accounts: self.accounts.values().cloned().collect(),
            rooms: self.rooms.values().map(|log| log.state.clone()).collect(),
            tokens: self.tokens.values().cloned().collect(),
            invites: self.invites.values().cloned().collect(),
            entries: self.rooms.values().map(|log| log.state.head.0).sum(),
            epochs: self.epochs.clone(),
            timekeeping: self.timekeeping,
            loss: Loss::default(),
        })
    }

    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        // All or none: what the batch may take up at most has to fit.
        let most: usize = batch.iter().map(most).sum();
        if most > 0 && self.bytes.saturating_add(most) > self.budget_bytes {
            return Err(StoreError::Full);
        }
        let outcomes = batch.iter().map(|write| self.apply(write)).collect();
        self.evict();
        Ok(outcomes)
    }
}

/// What a write may take up at most. What makes room is always possible.
fn most(write: &Write) -> usize {
    let octets = match write {
        Write::Account(NewAccount { name, label, phc, .. }) => name.len() + label.len() + len(phc.as_deref()),
        Write::Room(NewRoom { name, phc, .. }) => name.len() + len(phc.as_deref()),
        Write::Enrol { label, .. } | Write::Token { label, .. } => label.len(),
        Write::Password { phc, .. } => phc.len(),
        Write::Invite { .. } | Write::Direct { .. } | Write::Enter { .. } => 0,
        Write::Append(append) => append.entry.len() + most_of_change(&append.change),
        Write::Revoke { .. }
        | Write::Unregister { .. }
        | Write::Vouch { .. }
        | Write::RevokeToken { .. }
        | Write::Leave { .. }
        | Write::Mark { .. }
        | Write::Retain { .. }
        | Write::Expire { .. }
        | Write::Prune { .. }
        | Write::Redate { .. }
        | Write::Timekeeping(_)
        | Write::Probe
        | Write::Compact => return 0,
    };
    OVERHEAD_BYTES + octets
}

fn most_of_change(change: &Change) -> usize {
    let texts = if let Change::Topic(text) = change {
        text.len()
    } else if let Change::Open(_, phc) = change {
        len(phc.as_deref())
    } else {
        0
    };
    let is_about_someone = matches!(change.needs(), Needs::Member(_) | Needs::Account(_));
    texts + if is_about_someone { OVERHEAD_BYTES } else { 0 }
}

fn len(text: Option<&str>) -> usize {
    text.map_or(0, str::len)
}
