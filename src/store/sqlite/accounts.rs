//! Accounts, their devices and secrets.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey};
use chinwag_proto::wire::message::{Refusal, name};
use rusqlite::{Connection, OptionalExtension as _};

use super::batch::{Batch, Done};
use super::value::{account, bits, ms, u64_at, until};
use crate::{NewAccount, Outcome, SecretHash, Token};

impl Batch<'_> {
    pub(super) fn account(&mut self, new: &NewAccount) -> Done {
        let known = "SELECT id, name FROM accounts JOIN devices ON account = id WHERE key = ?1";
        let known = self
            .conn
            .prepare_cached(known)?
            .query_row([new.device.0], |row| {
                Ok(Outcome::Account { account: account(row, 0)?, name: row.get(1)?, is_owner: false })
            })
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        if let Some(hash) = &new.invite
            && !self.is_valid(hash, new.at)?
        {
            return Err(Refusal::InviteInvalid.into());
        }
        let folded = name::fold(&new.name);
        if self.conn.prepare_cached("SELECT 1 FROM accounts WHERE folded = ?1")?.exists([&folded])? {
            return Err(Refusal::NameTaken.into());
        }
        if self.conn.prepare_cached("SELECT 1 FROM accounts WHERE skeleton = ?1")?.exists([&new.skeleton])? {
            return Err(Refusal::NameConfusable.into());
        }
        self.grows()?;
        if let Some(hash) = &new.invite {
            self.conn.prepare_cached("UPDATE invites SET uses = uses - 1 WHERE hash = ?1")?.execute([hash])?;
            self.conn.prepare_cached("DELETE FROM invites WHERE hash = ?1 AND uses <= 0")?.execute([hash])?;
        }
        let last: u64 = self.conn.query_row("SELECT ifnull(max(id), 0) FROM accounts", (), |row| u64_at(row, 0))?;
        let (id, is_owner) = (AccountId(last + 1), last == 0 && !new.is_vouched);
        let sql = "INSERT INTO accounts (id, name, folded, skeleton, phc, is_owner, vouched_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let vouched_at = new.is_vouched.then(|| ms(new.at));
        let row = (bits(id.0), &new.name, &folded, &new.skeleton, &new.phc, is_owner, vouched_at);
        self.conn.prepare_cached(sql)?.execute(row)?;
        self.add_device(id, &new.device, &new.label, new.at)?;
        Ok(Outcome::Account { account: id, name: new.name.clone(), is_owner })
    }

    fn is_valid(&self, invite: &SecretHash, now: WallTime) -> Done<bool> {
        let sql = "SELECT until FROM invites WHERE hash = ?1";
        let invite = self.conn.prepare_cached(sql)?.query_row([invite], |row| until(row, 0)).optional()?;
        Ok(invite.is_some_and(|until| until.is_none_or(|until| now < until)))
    }

    pub(super) fn enrol(&mut self, account: AccountId, device: &PublicKey, label: &str, at: WallTime) -> Done {
        self.live(account)?;
        let sql = "SELECT account FROM devices WHERE key = ?1";
        let owner = self.conn.prepare_cached(sql)?.query_row([device.0], |row| u64_at(row, 0)).optional()?;
        if owner.is_some_and(|owner| owner != account.0) {
            return Err(Refusal::OtherName.into());
        }
        self.add_device(account, device, label, at)?;
        Ok(Outcome::Ok)
    }

    /// One that is there already only gets another label.
    fn add_device(&self, account: AccountId, device: &PublicKey, label: &str, at: WallTime) -> Done<()> {
        let sql = "INSERT INTO devices (key, account, label, since) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (key) DO UPDATE SET label = excluded.label";
        self.conn.prepare_cached(sql)?.execute((device.0, bits(account.0), label, ms(at)))?;
        Ok(())
    }

    pub(super) fn revoke(&mut self, account: AccountId, device: &PublicKey) -> Done {
        self.live(account)?;
        let sql = "DELETE FROM devices WHERE key = ?1 AND account = ?2";
        self.conn.prepare_cached(sql)?.execute((device.0, bits(account.0)))?;
        Ok(Outcome::Ok)
    }

    pub(super) fn password(&mut self, account: AccountId, phc: &str) -> Done {
        self.live(account)?;
        let sql = "UPDATE accounts SET phc = ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute((bits(account.0), phc))?;
        Ok(Outcome::Ok)
    }

    pub(super) fn vouch(&mut self, account: AccountId, at: Option<WallTime>) -> Done {
        self.live(account)?;
        let sql = "UPDATE accounts SET phc = NULL, vouched_at = ?2 WHERE id = ?1";
        self.conn.prepare_cached(sql)?.execute((bits(account.0), at.map(ms)))?;
        Ok(Outcome::Ok)
    }

    pub(super) fn unregister(&mut self, account: AccountId) -> Done {
        self.live(account)?;
        for sql in [
            "UPDATE accounts SET phc = NULL, is_owner = 0, is_gone = 1 WHERE id = ?1",
            "DELETE FROM devices WHERE account = ?1",
            "DELETE FROM tokens WHERE account = ?1",
            "DELETE FROM members WHERE account = ?1",
            "DELETE FROM invited WHERE account = ?1",
            "DELETE FROM mutes WHERE account = ?1",
        ] {
            self.conn.prepare_cached(sql)?.execute([bits(account.0)])?;
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn token(&mut self, token: &Token) -> Done {
        self.live(token.account)?;
        let sql = "INSERT OR REPLACE INTO tokens (hash, account, label, may_read, may_write, rooms, until)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let rooms = token.scopes.rooms.as_ref().map(|rooms| serde_json::json!(rooms).to_string());
        let (account, until) = (bits(token.account.0), token.until.map(ms));
        let row = (token.hash, account, &token.label, token.scopes.read, token.scopes.write, rooms, until);
        self.conn.prepare_cached(sql)?.execute(row)?;
        Ok(Outcome::Ok)
    }

    pub(super) fn revoke_token(&mut self, hash: &SecretHash) -> Done {
        self.conn.prepare_cached("DELETE FROM tokens WHERE hash = ?1")?.execute([hash])?;
        Ok(Outcome::Ok)
    }

    pub(super) fn invite(&mut self, hash: &SecretHash, uses: u32, until: Option<WallTime>) -> Done {
        if uses == 0 {
            self.conn.prepare_cached("DELETE FROM invites WHERE hash = ?1")?.execute([hash])?;
        } else {
            let sql = "INSERT OR REPLACE INTO invites (hash, uses, until) VALUES (?1, ?2, ?3)";
            self.conn.prepare_cached(sql)?.execute((hash, uses, until.map(ms)))?;
        }
        Ok(Outcome::Ok)
    }

    pub(super) fn expire(&mut self, before: WallTime) -> Done {
        // Times are unsigned, and stored as signed ones.
        let is_over = "until IS NOT NULL AND until >= 0 AND until < ?1";
        let before = ms(before).max(0);
        for table in ["tokens", "invites"] {
            self.conn.prepare_cached(&format!("DELETE FROM {table} WHERE {is_over}"))?.execute([before])?;
        }
        Ok(Outcome::Ok)
    }

    /// Refuses an account that is none, or was deleted.
    pub(super) fn live(&self, account: AccountId) -> Done<()> {
        let sql = "SELECT 1 FROM accounts WHERE id = ?1 AND NOT is_gone";
        if self.conn.prepare_cached(sql)?.exists([bits(account.0)])? {
            Ok(())
        } else {
            Err(Refusal::NoSuchAccount.into())
        }
    }
}

/// How many accounts there are that were not deleted.
pub(super) fn count(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT count(*) FROM accounts WHERE NOT is_gone", (), |row| u64_at(row, 0))
}
