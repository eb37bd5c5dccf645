//! What there is: everything but the logs' entries.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::{AccountId, LogId, PublicKey, RoomId};
use chinwag_proto::wire::message::Facts;
use rusqlite::{Connection, Result, Row};

use super::ring::Rings;
use super::rows::all;
use super::value::{access, account, bits, retention, role, room as room_at, seq, time, u64_at, until};
use super::{epochs, facts, loss, timekeeping};
use crate::{Account, Ban, Device, Invite, Kind, Member, Mute, Room, Scopes, Snapshot, Token};

pub(super) fn snapshot(conn: &Connection, rings: &Rings) -> Result<Snapshot> {
    let transaction = conn.unchecked_transaction()?;
    within(&transaction, rings)
}

/// The same, within a transaction.
pub(super) fn within(transaction: &Connection, rings: &Rings) -> Result<Snapshot> {
    let mut rooms = Vec::new();
    for id in all(transaction, "SELECT id FROM rooms ORDER BY id", (), |row| room_at(row, 0))? {
        let mut room = room(transaction, id)?;
        if let Some(ring) = rings.lock().get(&id) {
            room.head = ring.visible;
            room.facts.pins.retain(|pin| *pin > ring.floor);
        }
        rooms.push(room);
    }
    Ok(Snapshot {
        accounts: accounts(transaction)?,
        tokens: all(
            transaction,
            "SELECT hash, account, label, may_read, may_write, rooms, until FROM tokens",
            (),
            token,
        )?,
        invites: all(transaction, "SELECT hash, uses, until FROM invites", (), |row| {
            Ok(Invite { hash: row.get(0)?, uses: row.get(1)?, until: until(row, 2)? })
        })?,
        epochs: epochs::all(transaction)?,
        timekeeping: timekeeping::load(transaction)?,
        loss: loss::loss(transaction)?,
        entries: rooms.iter().map(|room| room.head.0).sum(),
        rooms,
    })
}

fn accounts(conn: &Connection) -> Result<Vec<Account>> {
    let mut devices: BTreeMap<AccountId, Vec<Device>> = BTreeMap::new();
    let sql = "SELECT account, key, label, since FROM devices ORDER BY account, key";
    for (owner, device) in all(conn, sql, (), |row| {
        let device = Device { key: PublicKey(row.get(1)?), label: row.get(2)?, since: time(row, 3)? };
        Ok((account(row, 0)?, device))
    })? {
        devices.entry(owner).or_default().push(device);
    }
    let sql = "SELECT id, name, skeleton, phc, is_owner, is_gone, used, vouched_at FROM accounts ORDER BY id";
    all(conn, sql, (), |row| {
        let id = account(row, 0)?;
        Ok(Account {
            id,
            name: row.get(1)?,
            skeleton: row.get(2)?,
            devices: devices.remove(&id).unwrap_or_default(),
            phc: row.get(3)?,
            is_owner: row.get(4)?,
            is_gone: row.get(5)?,
            used: u64_at(row, 6)?,
            vouched_at: until(row, 7)?,
        })
    })
}

fn token(row: &Row<'_>) -> Result<Token> {
    let rooms = row.get::<_, Option<String>>(5)?.map(|json| serde_json::from_str(&json)).transpose();
    let rooms = rooms
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Text, Box::new(error)))?;
    let scopes = Scopes { read: row.get(3)?, write: row.get(4)?, rooms };
    Ok(Token { account: account(row, 1)?, hash: row.get(0)?, label: row.get(2)?, scopes, until: until(row, 6)? })
}

/// A room as its tables say; the head of an ephemeral one is not there.
pub(super) fn room(conn: &Connection, id: RoomId) -> Result<Room> {
    let sql = "SELECT name, small, large, log, head, access, phc, topic, retention, retention_of, used
               FROM rooms WHERE id = ?1";
    let members = "SELECT account, role, since, delivered, read, shown_read
                   FROM members WHERE room = ?1 ORDER BY account";
    let invited = "SELECT account FROM invited WHERE room = ?1 ORDER BY account";
    let mutes = "SELECT account, until FROM mutes WHERE room = ?1 ORDER BY account";
    let key = [bits(id.0)];
    let mut room = conn.prepare_cached(sql)?.query_row(key, |row| {
        let kind = match row.get::<_, Option<String>>(0)? {
            Some(name) => Kind::Named(name),
            None => Kind::Direct(account(row, 1)?, account(row, 2)?),
        };
        Ok(Room {
            id,
            kind,
            log: LogId(u64_at(row, 3)?),
            head: seq(row, 4)?,
            access: access(row, 5)?,
            phc: row.get(6)?,
            topic: row.get(7)?,
            retention: retention(row, 8)?,
            members: Vec::new(),
            invited: Vec::new(),
            bans: Vec::new(),
            mutes: Vec::new(),
            facts: Facts::default(),
            used: u64_at(row, 10)?,
        })
    })?;
    room.members = all(conn, members, key, member)?;
    room.invited = all(conn, invited, key, |row| account(row, 0))?;
    room.facts = facts::facts(conn, id)?;
    room.bans = bans(conn, id)?;
    room.mutes = all(conn, mutes, key, |row| Ok(Mute { account: account(row, 0)?, until: until(row, 1)? }))?;
    Ok(room)
}

fn member(row: &Row<'_>) -> Result<Member> {
    Ok(Member {
        account: account(row, 0)?,
        role: role(row, 1)?,
        since: seq(row, 2)?,
        delivered: seq(row, 3)?,
        read: seq(row, 4)?,
        shown_read: seq(row, 5)?,
    })
}

fn bans(conn: &Connection, room: RoomId) -> Result<Vec<Ban>> {
    let key = [bits(room.0)];
    let mut bans = all(conn, "SELECT account, until FROM bans WHERE room = ?1 ORDER BY account", key, |row| {
        Ok(Ban { account: account(row, 0)?, devices: Vec::new(), until: until(row, 1)? })
    })?;
    let sql = "SELECT device FROM banned_devices WHERE room = ?1 AND account = ?2 ORDER BY device";
    for ban in &mut bans {
        let key = (bits(room.0), bits(ban.account.0));
        ban.devices = all(conn, sql, key, |row| row.get(0).map(PublicKey))?;
    }
    Ok(bans)
}
