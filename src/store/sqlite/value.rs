//! Values as columns.

use std::time::Duration;

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Role};
use rusqlite::Error::IntegralValueOutOfRange;
use rusqlite::{Result, Row};

use crate::Retention;

/// Unsigned numbers go as the same 64 bits.
pub(super) const fn bits(number: u64) -> i64 {
    number.cast_signed()
}

/// A number of an entry that somebody asks for: there are none beyond what SQLite can count.
pub(super) fn place(number: RoomSeq) -> i64 {
    i64::try_from(number.0).unwrap_or(i64::MAX)
}

pub(super) fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn u64_at(row: &Row<'_>, at: usize) -> Result<u64> {
    row.get(at).map(i64::cast_unsigned)
}

pub(super) fn account(row: &Row<'_>, at: usize) -> Result<AccountId> {
    u64_at(row, at).map(AccountId)
}

pub(super) fn room(row: &Row<'_>, at: usize) -> Result<RoomId> {
    u64_at(row, at).map(RoomId)
}

pub(super) fn seq(row: &Row<'_>, at: usize) -> Result<RoomSeq> {
    u64_at(row, at).map(RoomSeq)
}

pub(super) fn time(row: &Row<'_>, at: usize) -> Result<WallTime> {
    u64_at(row, at).map(WallTime::from_unix_millis)
}

pub(super) fn until(row: &Row<'_>, at: usize) -> Result<Option<WallTime>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(|ms| WallTime::from_unix_millis(ms.cast_unsigned())))
}

pub(super) fn ms(time: WallTime) -> i64 {
    bits(time.as_unix_millis())
}

pub(super) const fn access_code(access: Access) -> i64 {
    match access {
        Access::Public => 0,
        Access::Password => 1,
        Access::Invite => 2,
        Access::Private => 3,
    }
}

pub(super) fn access(row: &Row<'_>, at: usize) -> Result<Access> {
    match row.get(at)? {
        0 => Ok(Access::Public),
        1 => Ok(Access::Password),
        2 => Ok(Access::Invite),
        3 => Ok(Access::Private),
        other => Err(IntegralValueOutOfRange(at, other)),
    }
}

pub(super) const fn role_code(role: Role) -> i64 {
    match role {
        Role::Member => 0,
        Role::Moderator => 1,
        Role::Owner => 2,
    }
}

pub(super) fn role(row: &Row<'_>, at: usize) -> Result<Role> {
    match row.get(at)? {
        0 => Ok(Role::Member),
        1 => Ok(Role::Moderator),
        2 => Ok(Role::Owner),
        other => Err(IntegralValueOutOfRange(at, other)),
    }
}

/// What a retention is, and how much of it.
pub(super) fn retention_code(retention: Retention) -> (i64, i64) {
    match retention {
        Retention::Forever => (0, 0),
        Retention::For(time) => (1, i64::try_from(time.as_millis()).unwrap_or(i64::MAX)),
        Retention::Last(count) => (2, bits(count)),
        Retention::Ephemeral => (EPHEMERAL, 0),
    }
}

/// See [`retention_code`].
pub(super) const EPHEMERAL: i64 = 3;

/// From two columns.
pub(super) fn retention(row: &Row<'_>, at: usize) -> Result<Retention> {
    let of = u64_at(row, at + 1)?;
    match row.get(at)? {
        0 => Ok(Retention::Forever),
        1 => Ok(Retention::For(Duration::from_millis(of))),
        2 => Ok(Retention::Last(of)),
        EPHEMERAL => Ok(Retention::Ephemeral),
        other => Err(IntegralValueOutOfRange(at, other)),
    }
}
