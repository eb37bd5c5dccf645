//! Accounts: by number, by name, by device; and tokens. What is here is durable, or about to be shown as such.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId};
use chinwag_proto::wire::message::{Refusal, Role, name};

use super::budget::Spent;
use super::limits::{POSTS_SAVED_UP, ROOMS_PER_ACCOUNT_MAX};
use super::throttle::Lock;
use super::vouched::Vouched;
use chinwag_store::{self as store, Kind, SecretHash, Token};

/// One account, with what of it is online.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) name: String,
    /// Logged in as this account.
    pub(super) sessions: Vec<SessionId>,
    /// It is a member there.
    pub(super) rooms: BTreeSet<RoomId>,
    /// It may enter there.
    pub(super) invited: BTreeSet<RoomId>,
    pub(super) devices: BTreeMap<PublicKey, Device>,
    /// Its password, as a PHC string.
    pub(super) phc: Option<String>,
    /// It owns the server.
    pub(super) is_owner: bool,
    /// An outside program vouches for it; `None`: a local account.
    pub(super) vouched: Option<Vouched>,
    /// It was deleted; the name stays taken.
    pub(super) is_gone: bool,
    /// The device that made it, until that has heard so.
    pub(super) made_by: Option<MadeBy>,
    /// A device of it has seen what the store does not have.
    pub(super) has_seen_more: bool,
    /// What it wrote of late: a leaky bucket, kept as the moment at which it is empty.
    pub(super) written_until: Instant,
    /// What it wrote of late, in octets.
    pub(super) wrote: Spent,
    /// When it was told last that what it writes waits.
    pub(super) over_budget_at: Option<Instant>,
    /// Octets of its posts, on all its sessions and on those that have ended, that were received and not answered yet.
    pub(super) unanswered_bytes: usize,
    /// What was read for it of late, in octets.
    pub(super) read: Spent,
    /// What was sent to its devices of late that was said before they came, in octets.
    pub(super) caught_up: Spent,
    /// Its queries that are not answered.
    pub(super) queries: usize,
    /// Octets that what it wrote uses up on disk.
    pub(super) used: u64,
    /// Octets that what is on its way to the store is going to use.
    pub(super) set_aside: u64,
}

impl Account {
    /// The role that it has at least in every named room that it is a member of.
    pub(super) fn role(&self) -> Option<Role> {
        if self.is_owner {
            return Some(Role::Owner);
        }
        self.vouched.as_ref().filter(|vouched| vouched.is_moderator).map(|_| Role::Moderator)
    }

    /// Whether it may write one more message, with so many µs between two of them.
    pub(super) fn may_write(&self, now: Instant, gap_us: u64) -> bool {
        self.written_until.max(now).plus_micros(gap_us).since(now) <= POSTS_SAVED_UP
    }

    /// Takes one more into account.
    pub(super) fn writes(&mut self, now: Instant, gap_us: u64) {
        self.written_until = self.written_until.max(now).plus_micros(gap_us);
    }
}

/// The device that made an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MadeBy {
    pub(super) device: PublicKey,
    /// The session of it that was told so last.
    pub(super) told: Option<SessionId>,
}

/// A device that needs no password.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) label: String,
    pub(super) since: WallTime,
}

/// The tables.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    table: BTreeMap<AccountId, Account>,
    by_name: BTreeMap<String, AccountId>,
    by_skeleton: BTreeMap<String, AccountId>,
    by_device: BTreeMap<PublicKey, AccountId>,
    tokens: BTreeMap<SecretHash, Token>,
}

impl Accounts {
    pub(super) fn of_snapshot(accounts: Vec<store::Account>, tokens: Vec<Token>) -> Self {
        let mut all = Self::default();
        for account in accounts {
            let store::Account { id, name, skeleton, devices, phc, is_owner, is_gone, used, vouched_at } = account;
            all.insert(id, &name, skeleton, phc, is_owner);
            for device in devices {
                all.enrol(id, device.key, Device { label: device.label, since: device.since });
            }
            if let Some(account) = all.table.get_mut(&id) {
                account.used = used;
                account.vouched = vouched_at.map(Vouched::new);
            }
            if is_gone {
                all.forget(id);
            }
        }
        all.tokens = tokens.into_iter().map(|token| (token.hash, token)).collect();
        all
    }

    /// The store has this account. One that is known stays as it is.
    pub(super) fn insert(&mut self, id: AccountId, name: &str, skeleton: String, phc: Option<String>, is_owner: bool) {
        self.by_name.insert(name::fold(name), id);
        self.by_skeleton.insert(skeleton, id);
        self.table.entry(id).or_insert_with(|| Account {
            name: name.to_owned(),
            sessions: Vec::new(),
            rooms: BTreeSet::new(),
            invited: BTreeSet::new(),
            devices: BTreeMap::new(),
            phc,
            is_owner,
            vouched: None,
            is_gone: false,
            made_by: None,
            has_seen_more: false,
            written_until: Instant::EPOCH,
            wrote: Spent::NOTHING,
            over_budget_at: None,
            unanswered_bytes: 0,
            read: Spent::NOTHING,
            caught_up: Spent::NOTHING,
            queries: 0,
            used: 0,
            set_aside: 0,
        });
    }

    /// The store has this device for an account.
    pub(super) fn enrol(&mut self, id: AccountId, key: PublicKey, device: Device) {
        if let Some(account) = self.table.get_mut(&id) {
            self.by_device.insert(key, id);
            account.devices.insert(key, device);
        }
    }

    /// A device is none of an account's any more.
    pub(super) fn revoke(&mut self, id: AccountId, key: &PublicKey) {
        if let Some(account) = self.table.get_mut(&id)
            && account.devices.remove(key).is_some()
        {
            self.by_device.remove(key);
        }
    }

    /// An account is deleted. Its name is never given again.
    pub(super) fn forget(&mut self, id: AccountId) {
        let Some(account) = self.table.get_mut(&id) else { return };
        account.is_gone = true;
        account.phc = None;
        for key in std::mem::take(&mut account.devices).into_keys() {
            self.by_device.remove(&key);
        }
        self.tokens.retain(|_, token| token.account != id);
    }

    pub(super) fn get(&self, id: AccountId) -> Option<&Account> {
        self.table.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.table.get_mut(&id)
    }

    /// What is known of an account that an outside program vouches for; `None`: it is local, or none.
    pub(super) fn vouched(&self, id: AccountId) -> Option<&Vouched> {
        self.table.get(&id)?.vouched.as_ref()
    }

    pub(super) fn vouched_mut(&mut self, id: AccountId) -> Option<&mut Vouched> {
        self.table.get_mut(&id)?.vouched.as_mut()
    }

    pub(super) fn set_password(&mut self, id: AccountId, phc: String) {
        if let Some(account) = self.table.get_mut(&id) {
            account.phc = Some(phc);
        }
    }

    /// An outside program vouches for an account from now on, or none does. Gives what was known of it before.
    pub(super) fn set_vouched(&mut self, id: AccountId, vouched: Option<Vouched>) -> Option<Vouched> {
        let account = self.table.get_mut(&id)?;
        account.phc = None;
        std::mem::replace(&mut account.vouched, vouched)
    }

    pub(super) fn name(&self, id: AccountId) -> &str {
        self.table.get(&id).map_or("", |account| &account.name)
    }

    /// The account of that name; one that was deleted is none, though its name is taken.
    pub(super) fn named(&self, wanted: &str) -> Option<AccountId> {
        self.by_name.get(&name::fold(wanted)).copied().filter(|id| self.table.get(id).is_some_and(|a| !a.is_gone))
    }

    pub(super) fn is_taken(&self, wanted: &str) -> bool {
        self.by_name.contains_key(&name::fold(wanted))
    }

    pub(super) fn is_confusable(&self, skeleton: &str) -> bool {
        self.by_skeleton.contains_key(skeleton)
    }

    pub(super) fn of_device(&self, device: &PublicKey) -> Option<AccountId> {
        self.by_device.get(device).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.table.iter().map(|(&id, account)| (id, account))
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// A token, whose time may be over.
    pub(super) fn token(&self, hash: &SecretHash) -> Option<&Token> {
        let token = self.tokens.get(hash)?;
        self.table.get(&token.account).filter(|account| !account.is_gone).map(|_| token)
    }

    pub(super) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    pub(super) fn add_token(&mut self, token: Token) {
        self.tokens.insert(token.hash, token);
    }

    pub(super) fn expire_tokens(&mut self, before: WallTime) {
        self.tokens.retain(|_, token| token.until.is_none_or(|until| until >= before));
    }

    pub(super) fn remove_token(&mut self, hash: &SecretHash) {
        self.tokens.remove(hash);
    }

    /// The account of that name, or why there is none; it may be one that could not be made today.
    pub(super) fn account_named(&self, wanted: &str) -> Result<AccountId, Refusal> {
        match (self.named(wanted), name::check(wanted)) {
            (Some(account), _) => Ok(account),
            (None, Ok(())) => Err(Refusal::NoSuchAccount),
            (None, Err(_)) => Err(Refusal::NameInvalid),
        }
    }

    /// Whether nobody has that name, or one that looks like it.
    pub(super) fn check_free(&self, name: &str, skeleton: &str) -> Result<(), Refusal> {
        if self.is_taken(name) {
            return Err(Refusal::NameTaken);
        }
        if self.is_confusable(skeleton) { Err(Refusal::NameConfusable) } else { Ok(()) }
    }

    /// Whether an account's password is the server's to set.
    pub(super) fn has_own_password(&self, account: AccountId) -> Result<(), Refusal> {
        self.vouched(account).map_or(Ok(()), |_| Err(Refusal::PasswordElsewhere))
    }

    /// What guesses at an account's password are counted by.
    pub(super) fn lock_of(&self, account: AccountId) -> Lock {
        Lock::of_account(self.name(account))
    }

    /// Rooms in which an account is, or into which it is invited.
    pub(super) fn rooms_of(&self, account: AccountId) -> impl Iterator<Item = RoomId> + '_ {
        self.get(account).into_iter().flat_map(|account| account.rooms.union(&account.invited).copied())
    }

    pub(super) fn is_in_too_many(&self, account: AccountId) -> bool {
        self.get(account).is_some_and(|account| account.rooms.len() >= ROOMS_PER_ACCOUNT_MAX)
    }

    /// What an account's token calls a room in its scope: `lobby`, `@bob`.
    pub(super) fn shown(&self, kind: &Kind, account: AccountId) -> String {
        match kind {
            Kind::Named(name) => name.clone(),
            Kind::Direct(one, other) => {
                let other = if *one == account { *other } else { *one };
                format!("@{}", self.name(other))
            }
        }
    }

    /// A room, as an operator would say it.
    pub(super) fn called(&self, kind: &Kind) -> String {
        match kind {
            Kind::Named(name) => format!("#{name}"),
            Kind::Direct(one, other) => format!("@{} and @{}", self.name(*one), self.name(*other)),
        }
    }

    /// All tokens of that label.
    pub(super) fn tokens_of(&self, label: &str) -> Vec<SecretHash> {
        self.tokens().filter(|token| token.label == label).map(|token| token.hash).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);
    const DEVICE: PublicKey = PublicKey([1; 32]);

    fn with_ann() -> Accounts {
        let mut accounts = Accounts::default();
        accounts.insert(ANN, "Ann", String::from("ann"), None, true);
        accounts.enrol(ANN, DEVICE, Device { label: String::new(), since: WallTime::from_unix_millis(0) });
        accounts
    }

    #[test]
    fn a_deleted_account_is_nobody_and_its_name_stays_taken() {
        let mut accounts = with_ann();
        assert_eq!((accounts.named("ANN"), accounts.of_device(&DEVICE)), (Some(ANN), Some(ANN)));
        accounts.forget(ANN);
        assert_eq!((accounts.named("ann"), accounts.of_device(&DEVICE)), (None, None));
        assert!(accounts.is_taken("aNn") && accounts.is_confusable("ann"));
        assert_eq!(accounts.name(ANN), "Ann", "what it wrote keeps its name");
    }

    #[test]
    fn a_token_ends_with_its_revocation_or_its_account() {
        let mut accounts = with_ann();
        let token = |hash| {
            let (label, scopes) = (String::new(), store::Scopes::default());
            Token { account: ANN, hash, label, scopes, until: None }
        };
        accounts.add_token(token([1; 32]));
        accounts.add_token(token([2; 32]));
        assert!(accounts.token(&[1; 32]).is_some() && accounts.token(&[2; 32]).is_some());
        accounts.remove_token(&[2; 32]);
        assert!(accounts.token(&[1; 32]).is_some() && accounts.token(&[2; 32]).is_none());
        accounts.forget(ANN);
        assert!(accounts.token(&[1; 32]).is_none());
    }
}
