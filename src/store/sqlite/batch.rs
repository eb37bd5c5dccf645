//! A batch under way, and what the writer remembers between batches so as not to look it up.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Refusal};
use rusqlite::{Connection, OptionalExtension as _};

use super::ring::{Ids, Rings};
use super::suspicion::Suspicion;
use super::tight::Tight;
use super::value::{access, bits, ms, retention, retention_code, seq, time, u64_at};
use super::{epochs, timekeeping};
use crate::{Freed, Outcome, PRUNE_MAX, Retention, Token, Write};

/// What is remembered. What was learnt by a batch that is undone is forgotten with it.
pub(super) struct Memo {
    pub(super) seed: [u8; 32],
    /// The place of the present epoch.
    pub(super) epoch: i64,
    /// Entries ever taken.
    pub(super) taken: i64,
    /// Texts of entries up to this one are known to the index of words.
    pub(super) listed: i64,
    /// Octets of the entries after it, about.
    pub(super) unlisted_bytes: i64,
    /// All that is there is being listed: it is not waited for more of it.
    pub(super) is_listing: bool,
    /// The index may have segments enough to merge some.
    pub(super) is_to_merge: bool,
    /// It can't be read or written any more, and is left alone.
    pub(super) is_index_damaged: bool,
    /// It was tried to make it anew; that is done once in a process.
    pub(super) is_index_renewed: bool,
    /// Readers found the index damaged.
    pub(super) suspicion: Suspicion,
    /// Some of the entries that are listed next can't be read.
    pub(super) is_damage_ahead: bool,
    /// Entries up to this one were looked at, and what can't be read is said.
    pub(super) passed: i64,
    /// So often it is still looked for what can be mended, which takes longer the more there is.
    pub(super) mends_left: u8,
    /// The last damage that was met lies in the index.
    pub(super) has_met_index_damage: Cell<bool>,
    /// Whether the disk is full, and what is held back is in use: nothing is taken that only makes the store larger.
    pub(super) tight: Tight,
    /// Bodies that one write removes at most: what it takes of the log on the way is as much as what it removes.
    pub(super) prune_max: u64,
    /// Something that is in the file's log is nowhere else, and nobody may find it.
    pub(super) is_log_stale: bool,
    pub(super) rings: Rings,
    pub(super) ids: Ids,
    pub(super) logs: BTreeMap<RoomId, Log>,
    pub(super) origins: HashMap<(PublicKey, u64), i64>,
    /// What accounts use up by this batch beside what the table says, in octets.
    more_used: BTreeMap<AccountId, i64>,
}

/// So often a process looks for what can be mended without finding anything.
const MENDS_MAX: u8 = 8;

/// Starts of devices that are remembered at most, and rooms.
const REMEMBERED_MAX: usize = 65_536;

/// What the writer knows of a room's log.
#[derive(Clone, Debug)]
pub(super) struct Log {
    pub(super) head: RoomSeq,
    pub(super) floor: RoomSeq,
    pub(super) to_sweep: (RoomSeq, RoomSeq),
    pub(super) latest: WallTime,
    pub(super) retention: Retention,
    /// Octets that its entries use up.
    pub(super) used: u64,
    pub(super) is_direct: bool,
    /// Whoever enters may read all of it.
    pub(super) is_open: bool,
    /// The store knows how long it was when the present epoch began.
    pub(super) has_grown: bool,
    /// The table does not say so yet.
    pub(super) is_changed: bool,
}

impl Log {
    pub(super) const fn is_ephemeral(&self) -> bool {
        matches!(self.retention, Retention::Ephemeral)
    }
}

impl Memo {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            epoch: 0,
            taken: 0,
            listed: 0,
            unlisted_bytes: 0,
            is_listing: false,
            is_to_merge: true,
            is_index_damaged: false,
            is_index_renewed: false,
            suspicion: Suspicion::default(),
            is_damage_ahead: false,
            passed: 0,
            mends_left: MENDS_MAX,
            has_met_index_damage: Cell::new(false),
            tight: Tight::default(),
            prune_max: PRUNE_MAX,
            is_log_stale: false,
            rings: Rings::default(),
            ids: Ids::default(),
            logs: BTreeMap::new(),
            origins: HashMap::new(),
            more_used: BTreeMap::new(),
        }
    }

    pub(super) fn publish(&mut self) {
        self.tight.publish();
        self.rings.publish();
        self.ids.publish();
        if self.origins.len() > REMEMBERED_MAX {
            self.origins.clear();
        }
        if self.logs.len() > REMEMBERED_MAX {
            self.logs.clear();
        }
    }

    /// How far listing is.
    pub(super) const fn listing(&self) -> Listing {
        Listing {
            taken: self.taken,
            listed: self.listed,
            unlisted_bytes: self.unlisted_bytes,
            is_listing: self.is_listing,
            is_to_merge: self.is_to_merge,
        }
    }

    pub(super) fn roll_back(&mut self, listing: Listing) {
        let Listing { taken, listed, unlisted_bytes, is_listing, is_to_merge } = listing;
        (self.taken, self.listed, self.unlisted_bytes) = (taken, listed, unlisted_bytes);
        (self.is_listing, self.is_to_merge) = (is_listing, is_to_merge);
        self.tight.roll_back();
        self.rings.roll_back();
        self.ids.roll_back();
        self.logs.clear();
        self.origins.clear();
        self.more_used.clear();
    }

    /// An entry uses up so much, of its author's and of its room's.
    pub(super) fn uses_more(&mut self, room: RoomId, author: AccountId, octets: u64) {
        *self.more_used.entry(author).or_default() += octets.cast_signed();
        if let Some(log) = self.logs.get_mut(&room) {
            log.used += octets;
            log.is_changed = true;
        }
    }

    /// So much is free.
    pub(super) fn uses_less(&mut self, room: RoomId, freed: &Freed) {
        for &(author, octets) in freed {
            *self.more_used.entry(author).or_default() -= octets.cast_signed();
            if let Some(log) = self.logs.get_mut(&room) {
                log.used = log.used.saturating_sub(octets);
                log.is_changed = true;
            }
        }
    }
}

/// What a [`Memo`] knows of the index of words: what it is put back to where a transaction is undone.
#[derive(Clone, Copy)]
pub(super) struct Listing {
    taken: i64,
    listed: i64,
    unlisted_bytes: i64,
    is_listing: bool,
    is_to_merge: bool,
}

/// A batch under way: a transaction, and what is remembered.
pub(super) struct Batch<'a> {
    pub(super) conn: &'a Connection,
    pub(super) memo: &'a mut Memo,
}

/// Why a write is not done: it may not be, or it can't be and the batch ends.
pub(super) enum Stop {
    Refused(Refusal),
    Failed(rusqlite::Error),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

/// What comes of one write. Whatever refuses it is found before it changes anything.
pub(super) type Done<T = Outcome> = Result<T, Stop>;

impl Batch<'_> {
    /// One write.
    pub(super) fn apply(&mut self, write: &Write) -> rusqlite::Result<Outcome> {
        let done = match write {
            Write::Account(new) => self.account(new),
            Write::Enrol { account, device, label, at } => self.enrol(*account, device, label, *at),
            Write::Revoke { account, device } => self.revoke(*account, device),
            Write::Password { account, phc } => self.password(*account, phc),
            Write::Vouch { account, at } => self.vouch(*account, *at),
            Write::Unregister { account } => self.unregister(*account),
            Write::Token { account, hash, label, scopes, until } => {
                let (label, scopes) = (label.clone(), scopes.clone());
                self.token(&Token { account: *account, hash: *hash, label, scopes, until: *until })
            }
            Write::RevokeToken { hash } => self.revoke_token(hash),
            Write::Invite { hash, uses, until } => self.invite(hash, *uses, *until),
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
                timekeeping::save(self.conn, known).map(|()| Outcome::Ok).map_err(Stop::Failed)
            }
            Write::Probe => self.grows().map(|()| Outcome::Ok),
            Write::Compact => self.compact().map_err(Stop::Failed),
        };
        match done {
            Ok(outcome) => Ok(outcome),
            Err(Stop::Refused(refusal)) => Ok(Outcome::Refused(refusal)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Whether anything may be taken that makes the store larger.
    pub(super) fn grows(&self) -> Done<()> {
        if self.memo.tight.is_on() { Err(Refusal::StoreFull.into()) } else { Ok(()) }
    }

    /// Writes down what was only remembered: each room once, however many entries it got.
    pub(super) fn finish(&mut self) -> rusqlite::Result<()> {
        self.list_if_overdue()?;
        for (room, log) in self.memo.logs.iter_mut().filter(|(_, log)| log.is_changed) {
            save(self.conn, *room, log)?;
            log.is_changed = false;
        }
        for (account, octets) in std::mem::take(&mut self.memo.more_used) {
            let sql = "UPDATE accounts SET used = max(used + ?2, 0) WHERE id = ?1";
            self.conn.prepare_cached(sql)?.execute((bits(account.0), octets))?;
        }
        Ok(())
    }

    /// What is known of a room's log.
    pub(super) fn log(&mut self, room: RoomId) -> Done<&mut Log> {
        use std::collections::btree_map::Entry;
        match self.memo.logs.entry(room) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let mut log = read(self.conn, room, self.memo.epoch)?.ok_or(Refusal::NoSuchRoom)?;
                if let Some(ring) = self.memo.rings.lock().get(&room).filter(|_| log.is_ephemeral()) {
                    log.head = ring.head();
                    log.floor = ring.floor;
                    log.latest = ring.latest().unwrap_or(log.latest);
                }
                Ok(unknown.insert(log))
            }
        }
    }
}

fn read(conn: &Connection, room: RoomId, epoch: i64) -> rusqlite::Result<Option<Log>> {
    let sql = "SELECT head, floor, sweep_from, sweep_to, latest, retention, retention_of, access, name IS NULL,
               used FROM rooms WHERE id = ?1";
    let has_grown = epochs::has_grown(conn, room, epoch)?;
    conn.prepare_cached(sql)?
        .query_row([bits(room.0)], |row| {
            let is_direct: bool = row.get(8)?;
            Ok(Log {
                head: seq(row, 0)?,
                floor: seq(row, 1)?,
                to_sweep: (seq(row, 2)?, seq(row, 3)?),
                latest: time(row, 4)?,
                retention: retention(row, 5)?,
                used: u64_at(row, 9)?,
                is_direct,
                is_open: is_direct || access(row, 7)? == Access::Public,
                has_grown,
                is_changed: false,
            })
        })
        .optional()
}

/// Nothing of an ephemeral log is on disk, not even how many entries it has.
pub(super) fn save(conn: &Connection, room: RoomId, log: &Log) -> rusqlite::Result<()> {
    let (kind, of) = retention_code(log.retention);
    let (from, to) = log.to_sweep;
    let sql = "UPDATE rooms SET retention = ?2, retention_of = ?3, sweep_from = ?4, sweep_to = ?5, used = ?6
               WHERE id = ?1";
    conn.prepare_cached(sql)?.execute((bits(room.0), kind, of, bits(from.0), bits(to.0), bits(log.used)))?;
    if !log.is_ephemeral() {
        let sql = "UPDATE rooms SET head = ?2, floor = ?3, latest = ?4 WHERE id = ?1";
        let (head, floor) = (bits(log.head.0), bits(log.floor.0));
        conn.prepare_cached(sql)?.execute((bits(room.0), head, floor, ms(log.latest)))?;
    }
    Ok(())
}

/// Why a batch was not committed, and which of its writes stopped it, if one did.
pub(super) struct Stopped {
    pub(super) at: Option<usize>,
    pub(super) error: rusqlite::Error,
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Self { at: None, error }
    }
}
