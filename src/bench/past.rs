//! A room with a long past: what it takes to come in, to see its end, and to find something in it.

use std::path::{Path, PathBuf};

use chinwag_proto::limits::{MESSAGE_NUMBER_END, PAGE_MAX_BYTES};
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Body, Entry, Position, Wire as _, hash};
use serde::Serialize;

use super::server::{Exposure, ServerProcess};
use super::visit::{RECENT, SCREEN, TIMES, VisitReport, rare, visit};
use super::{BenchError, Percentiles};
use crate::config::Home;
use crate::drive::{Clock, entropy};
use crate::store::sqlite::{Durability, Sqlite};
use crate::store::{
    Append, Change, NewAccount, NewRoom, Origin, Outcome, Pages, Query, Range, Read as _, Search, Store as _, Write,
};

/// Messages in a commit while the past is made.
const BATCH: u64 = 1_024;
const ANN: AccountId = AccountId(1);
const ROOM: RoomId = RoomId(1);
/// Its name.
pub(super) const ROOM_NAME: &str = "room-0";

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct PastReport {
    /// Messages in the room.
    pub messages: u64,
    /// To open the store with them.
    pub open_us: u32,
    /// To become a member, durably, and to read what one begins with.
    pub join_us: Percentiles,
    /// To read the last page.
    pub first_screen_us: Percentiles,
    /// To find a word that is in one message, in every message, and all words that begin so.
    pub search_rare_us: Percentiles,
    /// See there.
    pub search_common_us: Percentiles,
    /// See there.
    pub search_prefix_us: Percentiles,
    /// One message, committed by itself.
    pub commit_us: Percentiles,
    /// 64 messages to 64 rooms, in one commit.
    pub commit_64_us: Percentiles,
    /// Steps by which the words of a deleted message leave the index,
    pub compact_steps: usize,
    /// and each of them.
    pub compact_us: Percentiles,
    /// What of it a client of a server that has this store sees.
    pub visit: VisitReport,
}

/// A folder that is gone when this is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Makes a room with so many messages, and measures: the store first, then a server process of `program` that has it.
pub(super) fn past(program: &Path, messages: u64) -> Result<PastReport, BenchError> {
    let mut rng = entropy::rng().map_err(BenchError::system("no entropy"))?;
    let scratch = Scratch(std::env::temp_dir().join(format!("chinwag-bench-{:016x}", rng.u64())));
    let data = Home::at(&scratch.0).server_data();
    make(&data, messages, rng.bytes())?;
    let clock = Clock::start();
    let begun = clock.mono();
    let mut store = Sqlite::open(&data, Durability::Fsync, rng.bytes()).map_err(store_error)?;
    let open_us = since(clock, begun);
    let join_us = join(clock, &mut store, messages)?;
    let end = Position::Before(RoomSeq(MESSAGE_NUMBER_END));
    let screen = Query::Pages(Pages { account: ANN, room: ROOM, position: end, count: SCREEN, bytes: PAGE_MAX_BYTES });
    let first_screen_us = measure(clock, || store.query(&screen).map_err(store_error).map(drop))?;
    let search_rare_us = search(clock, &mut store, &|time| rare(time, messages))?;
    let search_common_us = search(clock, &mut store, &|_| "common".to_owned())?;
    let search_prefix_us = search(clock, &mut store, &|time| format!("wor{}", time % 10))?;
    let mut said = messages;
    let mut commits = |rooms: u64| {
        measure(clock, || {
            let batch: Vec<_> = (0..rooms).map(|n| say(said + n, RoomId(ROOM.0 + n))).collect();
            said += rooms;
            store.commit(&batch).map_err(store_error).map(drop)
        })
    };
    let (commit_us, commit_64_us) = (commits(1)?, commits(64)?);
    let mut steps = compact(clock, &mut store, said)?;
    store.close().map_err(store_error)?;
    let server = ServerProcess::start_in(program, Exposure::Loopback, scratch.0.clone())?;
    let visit = visit(&server, ROOM_NAME, messages)?;
    server.stop()?;
    Ok(PastReport {
        messages,
        open_us,
        join_us,
        first_screen_us,
        search_rare_us,
        search_common_us,
        search_prefix_us,
        commit_us,
        commit_64_us,
        compact_steps: steps.len(),
        compact_us: Percentiles::of(&mut steps),
        visit,
    })
}

/// Becomes a member, each time another account, and reads what one begins with.
fn join(clock: Clock, store: &mut Sqlite, messages: u64) -> Result<Percentiles, BenchError> {
    let mut joiners = 0;
    let after = RoomSeq(messages.saturating_sub(RECENT));
    measure(clock, || {
        let account = AccountId(ANN.0 + 1 + joiners);
        joiners += 1;
        store.commit(&[Write::Enter { room: ROOM, account }]).map_err(store_error)?;
        let range = Range { room: ROOM, after, count: RECENT as usize, bytes: 1 << 18 };
        store.load(range).map_err(store_error).map(drop)
    })
}

/// Searches for words, which may be others each time.
fn search(clock: Clock, store: &mut Sqlite, words: &dyn Fn(usize) -> String) -> Result<Percentiles, BenchError> {
    let mut time = 0;
    measure(clock, || {
        time += 1;
        let (words, count, bytes) = (words(time), SCREEN, PAGE_MAX_BYTES);
        let search = Search { account: ANN, room: None, only: None, words, after: None, count, bytes };
        store.query(&Query::Search(search)).map_err(store_error).map(drop)
    })
}

/// Deletes a message, and lets its words leave the index. How long each step takes.
fn compact(clock: Clock, store: &mut Sqlite, said: u64) -> Result<Vec<u32>, BenchError> {
    let (of, body) = (RoomSeq(1), Body::Delete { of: RoomSeq(1) });
    store.commit(&[append(said, ROOM, body, Change::Delete { of, any_author: true })]).map_err(store_error)?;
    let mut steps = Vec::new();
    loop {
        let begun = clock.mono();
        let outcomes = store.commit(&[Write::Compact]).map_err(store_error)?;
        steps.push(since(clock, begun));
        if outcomes != [(Outcome::Compacted { is_more: true })] {
            return Ok(steps);
        }
    }
}

/// Accounts, rooms, and all that was said.
pub(super) fn make(home: &Path, messages: u64, seed: [u8; 32]) -> Result<(), BenchError> {
    let mut store = Sqlite::open(home, Durability::Os, seed).map_err(store_error)?;
    let mut writes: Vec<_> = (0..=TIMES as u64).map(account).collect();
    writes.extend((0..64).map(|n| {
        let (name, skeleton) = (format!("room-{n}"), format!("room-{n}"));
        Write::Room(NewRoom { name, skeleton, access: Access::Public, phc: None, owner: Some(ANN) })
    }));
    let outcomes = store.commit(&writes).map_err(store_error)?;
    if let Some(refused) = outcomes.iter().find(|outcome| matches!(outcome, Outcome::Refused(_))) {
        return Err(BenchError::Stuck(format!("the store refused to begin: {refused:?}")));
    }
    for from in (0..messages).step_by(BATCH as usize) {
        let batch: Vec<_> = (from..messages.min(from + BATCH)).map(|n| say(n, ROOM)).collect();
        store.commit(&batch).map_err(store_error)?;
    }
    store.close().map_err(store_error)
}

fn account(n: u64) -> Write {
    let (name, device) = (format!("account{n}"), device(n));
    let (skeleton, label, at) = (name.clone(), String::new(), WallTime::default());
    Write::Account(NewAccount { name, skeleton, device, label, phc: None, invite: None, is_vouched: false, at })
}

/// Ann's `n`th message: a word in all, one in about a thousandth, one of its own.
fn say(n: u64, room: RoomId) -> Write {
    let text =
        format!("common talk number {n}, with word{} and word{} and only{n} in it", n % 977, n.wrapping_mul(31) % 991);
    append(n, room, Body::Text(text), Change::None)
}

fn append(n: u64, room: RoomId, body: Body, change: Change) -> Write {
    let at = WallTime::from_unix_millis(1_700_000_000_000 + n);
    let entry = Entry { at, author: ANN, name: "account0".to_owned(), body }.encode();
    let origin = Origin { device: device(0), id: ClientMsgId { start: 1, counter: n + 1 }, hash: hash(&entry) };
    Write::Append(Append { room, author: ANN, origin, at, entry, change, unless_repeated: None })
}

fn device(n: u64) -> PublicKey {
    let mut key = [7; 32];
    key[..8].copy_from_slice(&n.to_le_bytes());
    PublicKey(key)
}

fn measure(clock: Clock, mut act: impl FnMut() -> Result<(), BenchError>) -> Result<Percentiles, BenchError> {
    let mut samples = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = clock.mono();
        act()?;
        samples.push(since(clock, begun));
    }
    Ok(Percentiles::of(&mut samples))
}

fn since(clock: Clock, begun: Instant) -> u32 {
    u32::try_from(clock.mono().micros_since(begun)).unwrap_or(u32::MAX)
}

fn store_error(error: impl std::fmt::Display) -> BenchError {
    BenchError::Store(error.to_string())
}
