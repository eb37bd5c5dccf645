//! Rooms and who is in them.

use chinwag_proto::limits::PINS_MAX;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Refusal, Role, name};
use rusqlite::{Connection, OptionalExtension as _, Result, ToSql};

use super::batch::{Batch, Done};
use super::snapshot;
use super::value::{self, EPHEMERAL, access_code, bits, ms, place, role_code, u64_at};
use crate::state::fresh_log;
use crate::write::Needs;
use crate::{Change, NewRoom, Outcome};

impl Batch<'_> {
    pub(super) fn room(&mut self, new: &NewRoom) -> Done {
        let folded = name::fold(&new.name);
        let sql = "SELECT id FROM rooms WHERE folded = ?1";
        if let Some(id) = self.conn.prepare_cached(sql)?.query_row([&folded], |row| value::room(row, 0)).optional()? {
            return self.describe(id);
        }
        if let Some(owner) = new.owner {
            self.live(owner)?;
        }
        if self.conn.prepare_cached("SELECT 1 FROM rooms WHERE skeleton = ?1")?.exists([&new.skeleton])? {
            return Err(Refusal::NameConfusable.into());
        }
        self.grows()?;
        let id = self.next_room()?;
        let sql = "INSERT INTO rooms (id, name, folded, skeleton, log, access, phc)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let log = bits(fresh_log(self.memo.seed, id).0);
        let row = (bits(id.0), &new.name, &folded, &new.skeleton, log, access_code(new.access), &new.phc);
        self.conn.prepare_cached(sql)?.execute(row)?;
        if let Some(owner) = new.owner {
            self.add_member(id, owner, Role::Owner, RoomSeq(0))?;
        }
        self.describe(id)
    }

    pub(super) fn direct(&mut self, one: AccountId, other: AccountId) -> Done {
        self.live(one)?;
        self.live(other)?;
        let (small, large) = (one.min(other), one.max(other));
        let accounts = (bits(small.0), bits(large.0));
        let sql = "SELECT id FROM rooms WHERE small = ?1 AND large = ?2";
        if let Some(id) = self.conn.prepare_cached(sql)?.query_row(accounts, |row| value::room(row, 0)).optional()? {
            return self.describe(id);
        }
        self.grows()?;
        let id = self.next_room()?;
        let sql = "INSERT INTO rooms (id, small, large, log, access) VALUES (?1, ?2, ?3, ?4, ?5)";
        let log = bits(fresh_log(self.memo.seed, id).0);
        let row = (bits(id.0), accounts.0, accounts.1, log, access_code(Access::Private));
        self.conn.prepare_cached(sql)?.execute(row)?;
        self.add_member(id, small, Role::Member, RoomSeq(0))?;
        self.add_member(id, large, Role::Member, RoomSeq(0))?;
        self.describe(id)
    }

    fn next_room(&self) -> Result<RoomId> {
        self.conn.query_row("SELECT ifnull(max(id), 0) + 1 FROM rooms", (), |row| value::room(row, 0))
    }

    fn describe(&mut self, id: RoomId) -> Done {
        let mut room = snapshot::room(self.conn, id)?;
        // The table is behind by what this batch has done to the log, and knows nothing of ephemeral logs.
        let log = self.log(id)?;
        (room.head, room.retention, room.used) = (log.head, log.retention, log.used);
        Ok(Outcome::Room(Box::new(room)))
    }

    fn add_member(&self, room: RoomId, account: AccountId, role: Role, since: RoomSeq) -> Result<()> {
        let sql = "INSERT INTO members (room, account, role, since) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let row = (bits(room.0), bits(account.0), role_code(role), bits(since.0));
        self.conn.prepare_cached(sql)?.execute(row).map(drop)
    }

    pub(super) fn enter(&mut self, room: RoomId, account: AccountId) -> Done {
        self.live(account)?;
        let log = self.log(room)?;
        let since = if log.is_open { RoomSeq(0) } else { log.head };
        self.with_account("DELETE FROM invited WHERE room = ?1 AND account = ?2", room, account)?;
        self.add_member(room, account, Role::Member, since)?;
        Ok(Outcome::Ok)
    }

    pub(super) fn leave(&mut self, room: RoomId, account: AccountId) -> Done {
        self.log(room)?;
        self.with_account(NO_MEMBER, room, account)?;
        self.with_account("DELETE FROM invited WHERE room = ?1 AND account = ?2", room, account)?;
        Ok(Outcome::Ok)
    }

    /// `to`: delivered, read, shown as read.
    pub(super) fn mark(&mut self, room: RoomId, account: AccountId, to: [RoomSeq; 3]) -> Done {
        let head = self.log(room)?.head;
        let [delivered, read, shown_read] = to.map(|number| place(number.min(head)));
        let sql = "UPDATE members SET delivered = max(delivered, ?3), read = max(read, ?4),
                   shown_read = max(shown_read, ?5) WHERE room = ?1 AND account = ?2";
        let row = (bits(room.0), bits(account.0), delivered, read, shown_read);
        match self.conn.prepare_cached(sql)?.execute(row)? {
            0 => Err(Refusal::NotMember.into()),
            _ => Ok(Outcome::Ok),
        }
    }

    /// Whether a change of a room's state can be made.
    pub(super) fn may_change(&self, room: RoomId, change: &Change) -> Done<()> {
        match change.needs() {
            Needs::Member(account) => {
                let sql = "SELECT 1 FROM members WHERE room = ?1 AND account = ?2";
                if self.conn.prepare_cached(sql)?.exists((bits(room.0), bits(account.0)))? {
                    Ok(())
                } else {
                    Err(Refusal::NoSuchAccount.into())
                }
            }
            Needs::Account(account) => self.live(account),
            Needs::Nothing | Needs::Body(_) | Needs::Text { .. } => Ok(()),
        }?;
        if let Change::Pin { of, is_set: true } = change {
            let floor = self.memo.rings.lock().get(&room).map_or(RoomSeq(0), |ring| ring.floor);
            let sql = "SELECT count(*) FROM pins WHERE room = ?1 AND number > ?2 AND number <> ?3";
            let others = (bits(room.0), place(floor), place(*of));
            if self.conn.prepare_cached(sql)?.query_row(others, |row| u64_at(row, 0))? >= PINS_MAX as u64 {
                return Err(Refusal::TooManyPins.into());
            }
        }
        Ok(())
    }

    /// Makes a change that can be made.
    pub(super) fn change(&mut self, room: RoomId, change: &Change) -> Done<()> {
        match change {
            Change::Topic(text) => self.set("UPDATE rooms SET topic = ?2 WHERE id = ?1", room, text)?,
            Change::Fact(fact) => self.set_fact(room, fact)?,
            Change::Open(access, phc) => {
                self.set("UPDATE rooms SET phc = ?2 WHERE id = ?1", room, phc)?;
                self.set("UPDATE rooms SET access = ?2 WHERE id = ?1", room, &access_code(*access))?;
                let log = self.log(room)?;
                log.is_open = log.is_direct || *access == Access::Public;
            }
            Change::Pin { of, is_set: true } => {
                self.set("INSERT OR IGNORE INTO pins (room, number) VALUES (?1, ?2)", room, &place(*of))?;
            }
            Change::Pin { of, is_set: false } => self.unpin(room, *of)?,
            Change::Role(account, role) => {
                let sql = "UPDATE members SET role = ?3 WHERE room = ?1 AND account = ?2";
                self.set_of(sql, room, *account, &role_code(*role))?;
            }
            Change::Mute(account, until) => {
                let sql = "INSERT OR REPLACE INTO mutes (room, account, until) VALUES (?1, ?2, ?3)";
                self.set_of(sql, room, *account, &until.map(ms))?;
            }
            Change::Unmute(account) => {
                self.with_account("DELETE FROM mutes WHERE room = ?1 AND account = ?2", room, *account)?;
            }
            Change::Kick(account) => self.with_account(NO_MEMBER, room, *account)?,
            Change::Ban(account, until) => {
                for sql in [NO_MEMBER, "DELETE FROM invited WHERE room = ?1 AND account = ?2", NO_BAN] {
                    self.with_account(sql, room, *account)?;
                }
                let sql = "INSERT INTO bans (room, account, until) VALUES (?1, ?2, ?3)";
                self.set_of(sql, room, *account, &until.map(ms))?;
                let sql = "INSERT INTO banned_devices (room, account, device)
                           SELECT ?1, account, key FROM devices WHERE account = ?2";
                self.with_account(sql, room, *account)?;
            }
            Change::Unban(account) => self.with_account(NO_BAN, room, *account)?,
            Change::Invite(account) => {
                let sql = "INSERT INTO invited (room, account)
                           SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM members WHERE room = ?1 AND account = ?2)
                           ON CONFLICT DO NOTHING";
                self.with_account(sql, room, *account)?;
            }
            Change::None | Change::Edit(_) | Change::Delete { .. } | Change::About(_) => {}
        }
        Ok(())
    }

    /// An entry is not pinned any more.
    pub(super) fn unpin(&self, room: RoomId, number: RoomSeq) -> Result<()> {
        self.set("DELETE FROM pins WHERE room = ?1 AND number = ?2", room, &place(number))
    }

    /// None up to this one is pinned any more.
    pub(super) fn unpin_upto(&self, room: RoomId, floor: RoomSeq) -> Result<()> {
        self.set("DELETE FROM pins WHERE room = ?1 AND number <= ?2", room, &place(floor))
    }

    pub(super) fn set(&self, sql: &str, room: RoomId, value: &dyn ToSql) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute((bits(room.0), value)).map(drop)
    }

    fn set_of(&self, sql: &str, room: RoomId, account: AccountId, value: &dyn ToSql) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute((bits(room.0), bits(account.0), value)).map(drop)
    }

    fn with_account(&self, sql: &str, room: RoomId, account: AccountId) -> Result<()> {
        self.conn.prepare_cached(sql)?.execute((bits(room.0), bits(account.0))).map(drop)
    }
}

const NO_MEMBER: &str = "DELETE FROM members WHERE room = ?1 AND account = ?2";
/// The devices go with it.
const NO_BAN: &str = "DELETE FROM bans WHERE room = ?1 AND account = ?2";

/// All rooms: their heads on disk, and whether they are ephemeral.
pub(super) fn heads(conn: &Connection) -> Result<Vec<(RoomId, RoomSeq, bool)>> {
    let mut all = conn.prepare("SELECT id, head, retention FROM rooms")?;
    let rows = all.query_map((), |row| {
        Ok((value::room(row, 0)?, RoomSeq(u64_at(row, 1)?), row.get::<_, i64>(2)? == EPHEMERAL))
    })?;
    rows.collect()
}

/// An ephemeral room begins anew: nobody has got anywhere beyond what is on disk.
pub(super) fn restart(conn: &Connection, room: RoomId) -> Result<()> {
    conn.execute("DELETE FROM pins WHERE room = ?1", [bits(room.0)])?;
    conn.execute(
        "UPDATE members SET since = min(since, head), delivered = min(delivered, head), read = min(read, head),
         shown_read = min(shown_read, head) FROM (SELECT head FROM rooms WHERE id = ?1) WHERE room = ?1",
        [bits(room.0)],
    )
    .map(drop)
}
