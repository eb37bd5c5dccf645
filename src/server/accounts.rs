//! Accounts: by number, by name, by device.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId};
use chinwag_proto::wire::message::name;

use crate::store;

/// One account, with what of it is online.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    /// Logged in as this account.
    pub(super) sessions: Vec<SessionId>,
    /// It is a member there.
    pub(super) rooms: BTreeSet<RoomId>,
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    table: BTreeMap<AccountId, Account>,
    by_name: BTreeMap<String, AccountId>,
    by_device: BTreeMap<PublicKey, AccountId>,
}

impl Accounts {
    pub(super) fn of_snapshot(accounts: Vec<store::Account>) -> Self {
        let mut table = Self::default();
        for account in accounts {
            for device in account.devices {
                table.learn(account.id, &account.name, device.key);
            }
        }
        table
    }

    /// The store has this account, with this device among others.
    pub(super) fn learn(&mut self, id: AccountId, name: &str, device: PublicKey) {
        self.by_device.insert(device, id);
        self.by_name.insert(name::fold(name), id);
        self.table.entry(id).or_insert_with(|| Account {
            name: name.to_owned(),
            sessions: Vec::new(),
            rooms: BTreeSet::new(),
        });
    }

    pub(super) fn get(&self, id: AccountId) -> Option<&Account> {
        self.table.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.table.get_mut(&id)
    }

    pub(super) fn name(&self, id: AccountId) -> &str {
        self.table.get(&id).map_or("", |account| &account.name)
    }

    pub(super) fn named(&self, wanted: &str) -> Option<AccountId> {
        self.by_name.get(&name::fold(wanted)).copied()
    }

    pub(super) fn of_device(&self, device: &PublicKey) -> Option<AccountId> {
        self.by_device.get(device).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}
