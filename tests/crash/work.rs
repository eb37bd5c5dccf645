//! What is written to a store that is watched: message `n` is the same in every process, so that whoever looks at what is
//! left knows what it must be.

use std::collections::BTreeMap;

use chinwag::store::{Change, Range, Read, Write};
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::{Body, Entry, Wire as _};

use crate::writes::{self, ANN};

const DEVICES: u64 = 6;
/// Rooms have the ids from 1 on.
pub(crate) const ROOMS: u64 = 5;
/// A message that deletes another deletes the one that came so many before it: in the same room, and never in one batch.
const BACK: u64 = 60;
/// The largest batch.
pub(crate) const BATCH_MAX: u64 = BACK;

/// The numbers that messages have.
pub(crate) type Numbers = BTreeMap<u64, RoomSeq>;

/// An account and the rooms. What is there already stays as it is.
pub(crate) fn beginning() -> Vec<Write> {
    writes::beginning(ROOMS)
}

pub(crate) fn room(n: u64) -> RoomId {
    RoomId(n % ROOMS + 1)
}

/// Whether message `n` may be a deletion, and so depends on what is there.
pub(crate) fn may_delete(n: u64) -> bool {
    n % 17 == 16
}

/// Message `n`.
pub(crate) fn say(n: u64, numbers: &Numbers) -> Write {
    let of = n.checked_sub(BACK).filter(|_| may_delete(n)).and_then(|of| numbers.get(&of)).copied();
    let (body, change) = match of {
        Some(of) => (Body::Delete { of }, Change::Delete { of, any_author: false }),
        None => (Body::Text(text(n)), Change::None),
    };
    // The name says which message it is, whatever the body.
    let at = WallTime::from_unix_millis(1_000 + n);
    let entry = Entry { at, author: ANN, name: n.to_string(), body };
    writes::append(n, room(n), DEVICES, &entry, change)
}

/// Mostly short, now and then long.
pub(crate) fn text(n: u64) -> String {
    let len = if n.is_multiple_of(97) { 20_000 } else { n * 7_919 % 900 };
    (0..len).map(|at| char::from(b'a' + ((n + at * at) % 26) as u8)).collect::<String>() + &n.to_string()
}

/// What a room's log has under each number from 1 on: which message; `None` where its body is gone.
pub(crate) fn log(store: &mut impl Read, room: RoomId) -> Result<Vec<Option<Found>>, String> {
    let mut found = Vec::new();
    loop {
        let after = RoomSeq(found.len() as u64);
        let page = store.load(Range { room, after, count: 1_000, bytes: 1 << 20 }).map_err(|e| e.to_string())?;
        if page.entries.is_empty() {
            return Ok(found);
        }
        for entry in &page.entries {
            found.push(if entry.is_empty() { None } else { Some(Found::read(entry)?) });
        }
    }
}

/// A message that is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) n: u64,
    /// It deletes the message of this number.
    pub(crate) deletes: Option<RoomSeq>,
}

impl Found {
    fn read(entry: &[u8]) -> Result<Self, String> {
        let entry = Entry::decode(entry).map_err(|reason| format!("no entry: {reason:?}"))?;
        let n = entry.name.parse().map_err(|_| format!("by {:?}", entry.name))?;
        let deletes = match entry.body {
            Body::Delete { of } => Some(of),
            Body::Text(found) if found == text(n) => None,
            other @ (Body::Text(_)
            | Body::Reply { .. }
            | Body::Edit { .. }
            | Body::React { .. }
            | Body::Topic(_)
            | Body::Act(_)) => return Err(format!("message {n} has come to be {other:?}")),
        };
        Ok(Self { n, deletes })
    }
}

/// Which message an entry is; `None` where the body is gone.
pub(crate) fn which(entry: &[u8]) -> Option<u64> {
    Entry::decode(entry).ok()?.name.parse().ok()
}
