//! What entries use up, held against the quotas.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{Quota, Refusal};

use super::accounts::Account;
use super::limits::{QUOTA_RESERVE_FOR_ACTS_BYTES, QUOTA_RESERVE_FOR_ALL_ACTS_BYTES};
use super::notice::{NearReport, QuotaReport};
use super::out::Out;
use super::quota::Full;
use super::tables::Tables;
use chinwag_store::{Change, Freed, Upkeep, uses};

/// Whether an entry of so many octets still fits. A deletion always does, since what it uses up was counted with its text; and what
/// looks after a room may use a small reserve.
pub(super) fn fits(
    tables: &Tables,
    author: AccountId,
    room: RoomId,
    octets: usize,
    change: &Change,
) -> Result<(), Refusal> {
    let (reserve, of_server) = match change.upkeep() {
        Upkeep::None => (0, 0),
        Upkeep::Tends => (QUOTA_RESERVE_FOR_ACTS_BYTES, QUOTA_RESERVE_FOR_ALL_ACTS_BYTES),
        Upkeep::Frees => return Ok(()),
    };
    let fits_with = |used: u64, quota: Option<u64>, reserve: u64| {
        quota.is_none_or(|quota| used.saturating_add(uses(change, octets)) <= quota.saturating_add(reserve))
    };
    let fits = |used: u64, quota: Option<u64>| fits_with(used, quota, reserve);
    let (account, room) = (tables.accounts.get(author), tables.rooms.get(room));
    if !fits(account.map_or(0, |account| account.used + account.set_aside), tables.quotas.account_bytes) {
        return Err(Refusal::AccountFull);
    }
    if !fits(room.map_or(0, |room| room.state.used + room.set_aside), tables.quotas.room_bytes) {
        return Err(Refusal::RoomFull);
    }
    if fits_with(tables.used + tables.set_aside, tables.quotas.server_bytes, of_server) {
        Ok(())
    } else {
        Err(Refusal::ServerFull)
    }
}

/// An entry that uses up so many octets goes to the store: what comes before it is stored, is to fit beside it. Gives what is to be
/// released when the store has answered.
pub(super) fn set_aside(tables: &mut Tables, author: AccountId, room: RoomId, more: u64) -> u64 {
    let of_room = tables.rooms.get_mut(room);
    let Some(of_room) = of_room.filter(|room| !matches!(room.state.retention, chinwag_store::Retention::Ephemeral))
    else {
        return 0;
    };
    of_room.set_aside += more;
    tables.set_aside += more;
    if let Some(account) = tables.accounts.get_mut(author) {
        account.set_aside += more;
    }
    more
}

/// The store has answered: an entry is counted from now on, or never was.
pub(super) fn release(tables: &mut Tables, author: AccountId, room: RoomId, octets: u64) {
    tables.set_aside = tables.set_aside.saturating_sub(octets);
    if let Some(room) = tables.rooms.get_mut(room) {
        room.set_aside = room.set_aside.saturating_sub(octets);
    }
    if let Some(account) = tables.accounts.get_mut(author) {
        account.set_aside = account.set_aside.saturating_sub(octets);
    }
}

/// An entry is stored that uses up so many octets. Whoever runs the server hears of it before a quota is used up.
pub(super) fn uses_more(tables: &mut Tables, out: &mut Out, author: AccountId, id: RoomId, more: u64) {
    let Some(room) = tables.rooms.get_mut(id) else { return };
    // What is in memory only has bounds of its own.
    if matches!(room.state.retention, chinwag_store::Retention::Ephemeral) {
        return;
    }
    let Some(account) = tables.accounts.get_mut(author) else { return };
    account.used += more;
    room.state.used += more;
    tables.used += more;
    let (of_account, of_room, quotas) = (account.used, room.state.used, tables.quotas);
    if nears(of_account, more, quotas.account_bytes) {
        let sessions = account.sessions.clone();
        out.warn(Full::Account(tables.accounts.name(author).to_owned()), of_account, quotas.account_bytes);
        out.tell_near(&sessions, Quota::Account, of_account, quotas.account_bytes);
    }
    if nears(of_room, more, quotas.room_bytes)
        && let Some(room) = tables.rooms.get(id)
    {
        let sessions = room.followers().to_vec();
        out.warn(Full::Room(tables.accounts.shown(&room.state.kind, author)), of_room, quotas.room_bytes);
        out.tell_near(&sessions, Quota::Room(id), of_room, quotas.room_bytes);
    }
    if nears(tables.used, more, quotas.server_bytes) {
        out.warn(Full::Server, tables.used, quotas.server_bytes);
        let is_told = |(id, account): &(AccountId, &Account)| *id == author || account.is_owner;
        let told = tables.accounts.iter().filter(is_told).flat_map(|(_, account)| &account.sessions);
        let sessions: Vec<_> = told.copied().collect();
        out.tell_near(&sessions, Quota::Server, tables.used, quotas.server_bytes);
    }
}

/// How much is kept at most, how much is, and what has nearly used up its quota.
pub(super) fn report_quotas(tables: &Tables) -> QuotaReport {
    let is_near = |used: u64, quota: Option<u64>| quota.filter(|quota| used >= mark(*quota));
    let accounts = tables.accounts.iter().filter(|(_, account)| !account.is_gone).filter_map(|(_, account)| {
        let quota_bytes = is_near(account.used, tables.quotas.account_bytes)?;
        Some(NearReport { what: Full::Account(account.name.clone()), used_bytes: account.used, quota_bytes })
    });
    let rooms = tables.rooms.iter().filter_map(|(_, room)| {
        let quota_bytes = is_near(room.state.used, tables.quotas.room_bytes)?;
        Some(NearReport {
            what: Full::Room(tables.accounts.called(&room.state.kind)),
            used_bytes: room.state.used,
            quota_bytes,
        })
    });
    let near = accounts.chain(rooms).collect();
    QuotaReport { quotas: tables.quotas, used_bytes: tables.used, near }
}

/// Tells a session that has just logged in if its account has nearly used up what is kept of it.
pub(super) fn tell_if_near(tables: &Tables, out: &mut Out, session: SessionId, account: AccountId) {
    let used = tables.accounts.get(account).map_or(0, |account| account.used);
    if tables.quotas.account_bytes.is_some_and(|quota| used >= mark(quota)) {
        out.tell_near(&[session], Quota::Account, used, tables.quotas.account_bytes);
    }
}

/// Bodies of a room are gone.
pub(super) fn uses_less(tables: &mut Tables, room: RoomId, freed: &Freed) {
    let octets = freed.iter().map(|(_, octets)| octets).sum();
    tables.used = tables.used.saturating_sub(octets);
    if let Some(room) = tables.rooms.get_mut(room) {
        room.state.used = room.state.used.saturating_sub(octets);
    }
    for (account, octets) in freed {
        if let Some(account) = tables.accounts.get_mut(*account) {
            account.used = account.used.saturating_sub(*octets);
        }
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
