//! What is to be kept, written in one transaction: for each kind of thing a statement that repeats harmlessly.

use chinwag_proto::wire::id::ClientMsgId;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::columns::{columns, octets, sent_of, signed};
use chinwag_client_core::{Draft, Save, SavedCursor, SavedPost, SavedSent};

/// Writes for one program of an account.
pub(crate) struct Writer<'a> {
    pub(crate) transaction: &'a Transaction<'a>,
    pub(crate) account: &'a str,
    /// The program, whose are the messages under way and the drafts.
    pub(crate) owner: &'a str,
}

impl Writer<'_> {
    pub(crate) fn save(&self, save: &Save) -> rusqlite::Result<()> {
        self.cursors(&save.cursors)?;
        self.sent(&save.sent)?;
        self.said(&save.said)?;
        self.settled(&save.settled)?;
        self.answered(&save.answered)?;
        for (room, draft) in &save.drafts {
            match draft {
                Some(draft) => self.draft(room, draft)?,
                None => self.no_draft(room)?,
            }
        }
        self.settings(&save.settings)?;
        self.members("muted", "room", &save.muted)?;
        self.members("ignored", "name", &save.ignored)?;
        self.members("leaving", "room", &save.leaving)
    }

    /// Within one log a cursor only ever moves forward, whichever program comes last, unless the log went back.
    fn cursors(&self, cursors: &[SavedCursor]) -> rusqlite::Result<()> {
        for SavedCursor { name, log, upto, marks, is_put_back } in cursors {
            let mut record = self.transaction.prepare_cached(
                "INSERT INTO cursor (account, room, log, upto, marks) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET log = excluded.log, upto = excluded.upto, marks = excluded.marks
                 WHERE log <> excluded.log OR upto < excluded.upto OR ?6",
            )?;
            let marks = octets(*marks);
            record.execute(params![self.account, name, signed(log.0), signed(upto.0), marks, is_put_back])?;
        }
        Ok(())
    }

    fn sent(&self, all: &[SavedSent]) -> rusqlite::Result<()> {
        for sent in all {
            let mut known = self
                .transaction
                .prepare_cached("SELECT room, log, marks FROM sent WHERE account = ?1 AND room = ?2")?;
            let known = known.query_row([self.account, &sent.name], sent_of).optional()?;
            let SavedSent { name, log, marks, .. } = sent.clone().after(known);
            let mut put = self
                .transaction
                .prepare_cached("INSERT OR REPLACE INTO sent (account, room, log, marks) VALUES (?1, ?2, ?3, ?4)")?;
            put.execute(params![self.account, name, signed(log.0), octets(marks)])?;
        }
        Ok(())
    }

    fn said(&self, posts: &[SavedPost]) -> rusqlite::Result<()> {
        for SavedPost { id, room, post, reference, makes_room } in posts {
            let mut put = self.transaction.prepare_cached(
                "INSERT INTO outbox
                 (owner, account, room, start, counter, post, log, about_start, about_counter, makes_room)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
            )?;
            let (start, counter, (log, about, of)) = (signed(id.start), signed(id.counter), columns(*reference));
            put.execute(params![self.owner, self.account, room, start, counter, post, log, about, of, makes_room])?;
        }
        Ok(())
    }

    /// What these posts refer to has its number now.
    fn settled(&self, posts: &[SavedPost]) -> rusqlite::Result<()> {
        for SavedPost { id, post, reference, .. } in posts {
            let mut change = self.transaction.prepare_cached(
                "UPDATE outbox SET post = ?3, log = ?4, about_start = ?5, about_counter = ?6
                 WHERE start = ?1 AND counter = ?2",
            )?;
            let (log, about, of) = columns(*reference);
            change.execute(params![signed(id.start), signed(id.counter), post, log, about, of])?;
        }
        Ok(())
    }

    fn answered(&self, ids: &[ClientMsgId]) -> rusqlite::Result<()> {
        for id in ids {
            let mut remove = self.transaction.prepare_cached("DELETE FROM outbox WHERE start = ?1 AND counter = ?2")?;
            remove.execute([signed(id.start), signed(id.counter)])?;
        }
        Ok(())
    }

    /// What is being typed in a room.
    pub(crate) fn draft(&self, room: &str, Draft { text, caret }: &Draft) -> rusqlite::Result<()> {
        let put = "INSERT OR REPLACE INTO draft (account, room, owner, text, caret) VALUES (?1, ?2, ?3, ?4, ?5)";
        let caret = i64::try_from(*caret).unwrap_or_default();
        self.transaction.prepare_cached(put)?.execute(params![self.account, room, self.owner, text, caret]).map(drop)
    }

    fn no_draft(&self, room: &str) -> rusqlite::Result<()> {
        let gone = "DELETE FROM draft WHERE account = ?1 AND room = ?2 AND owner = ?3";
        self.transaction.execute(gone, [self.account, room, self.owner]).map(drop)
    }

    fn settings(&self, settings: &[(String, Option<String>)]) -> rusqlite::Result<()> {
        for (name, value) in settings {
            match value {
                Some(value) => self
                    .transaction
                    .prepare_cached("INSERT OR REPLACE INTO setting (account, name, value) VALUES (?1, ?2, ?3)")?
                    .execute([self.account, name, value])?,
                None => self
                    .transaction
                    .execute("DELETE FROM setting WHERE account = ?1 AND name = ?2", [self.account, name])?,
            };
        }
        Ok(())
    }

    /// Puts names into a table that is a set of them, or takes them out.
    fn members(&self, table: &str, column: &str, names: &[(String, bool)]) -> rusqlite::Result<()> {
        for (name, is_in) in names {
            let statement = match is_in {
                true => format!("INSERT INTO {table} (account, {column}) VALUES (?1, ?2) ON CONFLICT DO NOTHING"),
                false => format!("DELETE FROM {table} WHERE account = ?1 AND {column} = ?2"),
            };
            self.transaction.prepare_cached(&statement)?.execute([self.account, name])?;
        }
        Ok(())
    }
}
