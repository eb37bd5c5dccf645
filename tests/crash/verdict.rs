//! Whether a store that was left behind is what it must be, given the marks that were set before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chinwag::store::sqlite::{Durability, FILE, Reader, Sqlite};
use chinwag::store::{Outcome, Store as _};
use chinwag_proto::wire::id::{LogId, RoomId, RoomSeq};

use crate::shim::{Record, What};
use crate::work::{self, Found, Numbers, ROOMS};

/// Messages that are sent again at the end of a check: their answers were lost, for all that their senders know.
const AGAIN: usize = 20;

/// What somebody was told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Message `n` is durable under that number.
    Told(u64, RoomSeq),
    /// Message `n` was seen under that number.
    Shown(u64, RoomSeq),
    /// A room's log has this identity.
    Log(RoomId, LogId),
}

impl Mark {
    fn read(text: &str) -> Self {
        let parts: Vec<_> = text.split(' ').collect();
        let number = |at: usize| parts[at].parse::<u64>().expect("a number");
        match parts[0] {
            "told" => Self::Told(number(1), RoomSeq(number(2))),
            "shown" => Self::Shown(number(1), RoomSeq(number(2))),
            "log" => Self::Log(RoomId(number(1)), LogId(number(2))),
            other => panic!("no such mark: {other}"),
        }
    }

    /// The marks among these.
    pub(crate) fn among(records: &[Record]) -> Vec<Self> {
        let mut marks = Vec::new();
        for record in records {
            if let What::Mark(text) = &record.what {
                marks.push(Self::read(text));
            }
        }
        marks
    }
}

/// Opens a store and compares it with what was told. What is wrong with it, if anything is.
pub(crate) fn judge(folder: &Path, marks: &[Mark], seed: [u8; 32]) -> Result<(), String> {
    let mut store = Sqlite::open(folder, Durability::Fsync, seed).map_err(|error| format!("not opened: {error}"))?;
    let wrong = Reader::open(&folder.join(FILE)).map_err(|error| error.to_string())?.verify();
    let wrong = wrong.map_err(|error| error.to_string())?;
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    let logs: BTreeMap<_, _> =
        store.snapshot().map_err(|error| error.to_string())?.rooms.iter().map(|room| (room.id, room.log)).collect();
    let mut there = There::read(&mut store, &logs)?;
    for mark in marks {
        match mark {
            Mark::Told(n, number) => there.expect(*n, *number, "acknowledged")?,
            Mark::Shown(n, number) => there.expect(*n, *number, "shown")?,
            Mark::Log(room, log) if logs.get(room) == Some(log) => {}
            Mark::Log(room, log) => return Err(format!("room {room} had log {log:?}, and has {:?}", logs.get(room))),
        }
    }
    go_on(&mut store, &mut there, marks)
}

/// What is in the logs.
struct There {
    rooms: BTreeMap<RoomId, Vec<Option<Found>>>,
    numbers: Numbers,
}

impl There {
    fn read(store: &mut Sqlite, logs: &BTreeMap<RoomId, LogId>) -> Result<Self, String> {
        let (mut rooms, mut numbers) = (BTreeMap::new(), Numbers::new());
        for room in (1..=ROOMS).map(RoomId).filter(|room| logs.contains_key(room)) {
            let log = work::log(store, room)?;
            let deleted: BTreeSet<_> = log.iter().flatten().filter_map(|found| found.deletes).collect();
            for (found, number) in log.iter().zip((1..).map(RoomSeq)) {
                match found {
                    Some(found) if work::room(found.n) != room => {
                        return Err(format!("message {} is in room {room}", found.n));
                    }
                    Some(found) if numbers.insert(found.n, number).is_some() => {
                        return Err(format!("message {} is there twice", found.n));
                    }
                    Some(found) if deleted.contains(&number) => {
                        return Err(format!("message {} was deleted, and is there", found.n));
                    }
                    None if !deleted.contains(&number) => {
                        return Err(format!("room {room}, {number}: nothing is there, and nobody deleted it"));
                    }
                    Some(_) | None => {}
                }
            }
            rooms.insert(room, log);
        }
        Ok(Self { rooms, numbers })
    }

    fn expect(&self, n: u64, number: RoomSeq, how: &str) -> Result<(), String> {
        let room = work::room(n);
        let at = usize::try_from(number.0 - 1).expect("a number from 1 on");
        match self.rooms.get(&room).and_then(|log| log.get(at)) {
            // It was deleted since, by what is found in the log.
            Some(None) => Ok(()),
            Some(Some(found)) if found.n == n => Ok(()),
            found => Err(format!("message {n} was {how} as {number} of room {room}; there is {found:?}")),
        }
    }
}

/// The store goes on: what comes again has the number that it had, and what is new has the next one.
fn go_on(store: &mut Sqlite, there: &mut There, marks: &[Mark]) -> Result<(), String> {
    store.commit(&work::beginning()).map_err(|error| error.to_string())?;
    let last = marks.iter().rev().filter_map(|mark| match mark {
        Mark::Told(n, number) if !work::may_delete(*n) => Some((*n, Some(*number))),
        Mark::Told(..) | Mark::Shown(..) | Mark::Log(..) => None,
    });
    let new = (0..ROOMS).map(|n| (u64::from(u32::MAX) * ROOMS + n, None)).filter(|(n, _)| !work::may_delete(*n));
    let again: Vec<_> = last.take(AGAIN).chain(new).collect();
    let batch: Vec<_> = again.iter().map(|(n, _)| work::say(*n, &there.numbers)).collect();
    let outcomes = store.commit(&batch).map_err(|error| format!("it does not go on: {error}"))?;
    for ((n, had), outcome) in again.into_iter().zip(outcomes) {
        let log = there.rooms.entry(work::room(n)).or_default();
        let next = RoomSeq(log.len() as u64 + 1);
        let is_right = match (had, &outcome) {
            (Some(had), Outcome::Appended { number, repeated: true, .. }) => *number == had,
            (None, Outcome::Appended { number, repeated: false, .. }) => {
                log.push(None);
                *number == next
            }
            _ => false,
        };
        if !is_right {
            return Err(format!("message {n}, which was {had:?}, is answered by {outcome:?}; the next is {next}"));
        }
    }
    Ok(())
}
