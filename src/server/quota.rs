//! Quotas: how much accounts, rooms and the whole server keep on disk. The store counts it; here is what comes of it.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{Down, Quota, Refusal};

use super::accounts::Account;
use super::effect::Effect;
use super::hall::Hall;
use super::limits::QUOTA_RESERVE_BYTES;
use super::notice::{NearReport, Notice, QuotaReport};
use chinwag_store::{Change, Freed, uses};

/// Octets of entries that are kept at most; see [`chinwag_store::uses`] for what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Of what an account wrote, in all rooms; `None`: any number.
    pub account_bytes: Option<u64>,
    /// In a room.
    pub room_bytes: Option<u64>,
    /// In all rooms.
    pub server_bytes: Option<u64>,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { account_bytes: Some(1 << 30), room_bytes: Some(8 << 30), server_bytes: None }
    }
}

/// What is to be another quota from now on, until the server stops; `None`: it stays as it is. 0 octets: there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewQuotas {
    /// See [`Quotas::account_bytes`].
    pub account_bytes: Option<u64>,
    /// See [`Quotas::room_bytes`].
    pub room_bytes: Option<u64>,
    /// See [`Quotas::server_bytes`].
    pub server_bytes: Option<u64>,
}

impl Quotas {
    pub(super) fn set(&mut self, new: NewQuotas) {
        let NewQuotas { account_bytes, room_bytes, server_bytes } = new;
        let quotas = [&mut self.account_bytes, &mut self.room_bytes, &mut self.server_bytes];
        for (quota, new) in quotas.into_iter().zip([account_bytes, room_bytes, server_bytes]) {
            if let Some(new) = new {
                *quota = (new > 0).then_some(new);
            }
        }
    }
}

/// What has a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Full {
    /// An account, by its name.
    Account(String),
    /// A room, as its members see it: `lobby`; direct messages by a name of one of the two.
    Room(String),
    /// The server.
    Server,
}

impl Hall {
    /// Whether an entry of so many octets still fits. What looks after a room, and what makes space, may use a reserve.
    pub(super) fn fits(&self, author: AccountId, room: RoomId, octets: usize, change: &Change) -> Result<(), Refusal> {
        let reserve = if change.is_upkeep() { QUOTA_RESERVE_BYTES } else { 0 };
        let fits = |used: u64, quota: Option<u64>| {
            quota.is_none_or(|quota| used.saturating_add(uses(octets)) <= quota.saturating_add(reserve))
        };
        let (account, room) = (self.accounts.get(author), self.rooms.get(room));
        if !fits(account.map_or(0, |account| account.used + account.set_aside), self.quotas.account_bytes) {
            return Err(Refusal::AccountFull);
        }
        if !fits(room.map_or(0, |room| room.used + room.set_aside), self.quotas.room_bytes) {
            return Err(Refusal::RoomFull);
        }
        if fits(self.used + self.set_aside, self.quotas.server_bytes) { Ok(()) } else { Err(Refusal::ServerFull) }
    }

    /// An entry of so many octets goes to the store: what comes before it is stored, is to fit beside it. Gives what is to be
    /// released when the store has answered.
    pub(super) fn set_aside(&mut self, author: AccountId, room: RoomId, octets: usize) -> u64 {
        let of_room = self.rooms.get_mut(room);
        let Some(of_room) = of_room.filter(|room| !matches!(room.retention, chinwag_store::Retention::Ephemeral))
        else {
            return 0;
        };
        let more = uses(octets);
        of_room.set_aside += more;
        self.set_aside += more;
        if let Some(account) = self.accounts.get_mut(author) {
            account.set_aside += more;
        }
        more
    }

    /// The store has answered: an entry is counted from now on, or never was.
    pub(super) fn release(&mut self, author: AccountId, room: RoomId, octets: u64) {
        self.set_aside = self.set_aside.saturating_sub(octets);
        if let Some(room) = self.rooms.get_mut(room) {
            room.set_aside = room.set_aside.saturating_sub(octets);
        }
        if let Some(account) = self.accounts.get_mut(author) {
            account.set_aside = account.set_aside.saturating_sub(octets);
        }
    }

    /// An entry is stored. Whoever runs the server hears of it before a quota is used up.
    pub(super) fn uses_more(&mut self, author: AccountId, id: RoomId, octets: usize) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        // What is in memory only has bounds of its own.
        if matches!(room.retention, chinwag_store::Retention::Ephemeral) {
            return;
        }
        let more = uses(octets);
        let Some(account) = self.accounts.get_mut(author) else { return };
        account.used += more;
        room.used += more;
        self.used += more;
        let (of_account, of_room, quotas) = (account.used, room.used, self.quotas);
        if nears(of_account, more, quotas.account_bytes) {
            let sessions = account.sessions.clone();
            self.warn(Full::Account(self.accounts.name(author).to_owned()), of_account, quotas.account_bytes);
            self.tell_near(&sessions, Quota::Account, of_account, quotas.account_bytes);
        }
        if nears(of_room, more, quotas.room_bytes)
            && let Some(room) = self.rooms.get(id)
        {
            let sessions = room.followers().to_vec();
            self.warn(Full::Room(self.shown(room, author)), of_room, quotas.room_bytes);
            self.tell_near(&sessions, Quota::Room(id), of_room, quotas.room_bytes);
        }
        if nears(self.used, more, quotas.server_bytes) {
            self.warn(Full::Server, self.used, quotas.server_bytes);
            let is_told = |(id, account): &(AccountId, &Account)| *id == author || account.is_owner;
            let told = self.accounts.iter().filter(is_told).flat_map(|(_, account)| &account.sessions);
            let sessions: Vec<_> = told.copied().collect();
            self.tell_near(&sessions, Quota::Server, self.used, quotas.server_bytes);
        }
    }

    /// How much is kept at most, how much is, and what has nearly used up its quota.
    pub(super) fn report_quotas(&self) -> QuotaReport {
        let is_near = |used: u64, quota: Option<u64>| quota.filter(|quota| used >= mark(*quota));
        let accounts = self.accounts.iter().filter(|(_, account)| !account.is_gone).filter_map(|(_, account)| {
            let quota_bytes = is_near(account.used, self.quotas.account_bytes)?;
            Some(NearReport { what: Full::Account(account.name.clone()), used_bytes: account.used, quota_bytes })
        });
        let rooms = self.rooms.iter().filter_map(|(_, room)| {
            let quota_bytes = is_near(room.used, self.quotas.room_bytes)?;
            Some(NearReport { what: Full::Room(self.called(&room.kind)), used_bytes: room.used, quota_bytes })
        });
        let near = accounts.chain(rooms).collect();
        QuotaReport { quotas: self.quotas, used_bytes: self.used, near }
    }

    /// Tells a session that has just logged in if its account has nearly used up what is kept of it.
    pub(super) fn tell_if_near(&mut self, session: SessionId, account: AccountId) {
        let used = self.accounts.get(account).map_or(0, |account| account.used);
        if self.quotas.account_bytes.is_some_and(|quota| used >= mark(quota)) {
            self.tell_near(&[session], Quota::Account, used, self.quotas.account_bytes);
        }
    }

    fn tell_near(&mut self, sessions: &[SessionId], quota: Quota, used: u64, of: Option<u64>) {
        let down = Down::QuotaNear { quota, used, of: of.unwrap_or_default() };
        self.effects.extend(sessions.iter().map(|&session| Effect::tell(session, &down)));
    }

    /// Bodies of a room are gone.
    pub(super) fn uses_less(&mut self, room: RoomId, freed: &Freed) {
        let octets = freed.iter().map(|(_, octets)| octets).sum();
        self.used = self.used.saturating_sub(octets);
        if let Some(room) = self.rooms.get_mut(room) {
            room.used = room.used.saturating_sub(octets);
        }
        for (account, octets) in freed {
            if let Some(account) = self.accounts.get_mut(*account) {
                account.used = account.used.saturating_sub(*octets);
            }
        }
    }

    fn warn(&mut self, what: Full, used_bytes: u64, quota: Option<u64>) {
        let quota_bytes = quota.unwrap_or_default();
        self.notices.push_back(Notice::QuotaNear { what, used_bytes, quota_bytes });
    }
}

/// Whether the last octets that came brought it over nine tenths.
fn nears(used: u64, more: u64, quota: Option<u64>) -> bool {
    quota.is_some_and(|quota| used >= mark(quota) && used - more < mark(quota))
}

/// From there on a quota is nearly used up.
const fn mark(quota: u64) -> u64 {
    quota - quota / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_neared_once() {
        assert!(!nears(899, 100, Some(1_000)) && nears(900, 1, Some(1_000)) && nears(950, 100, Some(1_000)));
        assert!(!nears(901, 1, Some(1_000)), "it was neared before");
        assert!(!nears(u64::MAX, 1, None));
    }
}
