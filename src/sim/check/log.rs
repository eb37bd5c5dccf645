//! The truth: what the server's disk holds, as a model beside it.
//!
//! It is told of every commit at the moment at which it is applied, and reads the whole store again after every crash. So
//! it knows at once when something is shown or acknowledged that is not durable, and what a crash took away.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Act, Body, Entry, Wire as _};

use super::text::Said;
use super::{Findings, Promise};
use crate::disk::{Applied, Disk};
use chinwag_store::{Outcome, Range, Write};

/// A log: rooms are counted anew in each store, and a store that was lost is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogKey {
    /// Which store.
    pub store: u32,
    /// Which room in it.
    pub room: RoomId,
}

/// What is durable.
#[derive(Debug, Default)]
pub struct Truth {
    store: u32,
    logs: BTreeMap<LogKey, Vec<Entry>>,
    /// The logs as they were when the store was copied.
    copy: BTreeMap<RoomId, Vec<Entry>>,
    said: BTreeMap<(u32, Said), (RoomId, RoomSeq)>,
    newest: BTreeMap<(LogKey, super::super::network::HostId), Said>,
    acknowledged: BTreeSet<(LogKey, RoomSeq)>,
    shown: BTreeSet<(LogKey, RoomSeq)>,
    /// Posts that came again and kept their number.
    pub repeated: u64,
}

impl Truth {
    /// The store that is on the disk now.
    #[must_use]
    pub fn store(&self) -> u32 {
        self.store
    }

    /// The last number of a log.
    #[must_use]
    pub fn head(&self, log: LogKey) -> u64 {
        self.logs.get(&log).map_or(0, |entries| entries.len() as u64)
    }

    /// An entry of a log.
    #[must_use]
    pub fn entry(&self, log: LogKey, number: RoomSeq) -> Option<&Entry> {
        self.logs.get(&log)?.get(usize::try_from(number.0.checked_sub(1)?).ok()?)
    }

    /// The newest store in which a room has this entry under this number.
    #[must_use]
    pub fn find(&self, room: RoomId, number: RoomSeq, is: impl Fn(&Entry) -> bool) -> Option<LogKey> {
        let mut keys = (0..=self.store).rev().map(|store| LogKey { store, room });
        keys.find(|&key| self.entry(key, number).is_some_and(&is))
    }

    /// A commit was applied.
    pub fn applied(&mut self, batch: &Applied, findings: &mut Findings) {
        for (write, outcome) in batch {
            if let (Write::Append(append), &Outcome::Appended { number, repeated, .. }) = (write, outcome) {
                self.appended(append.room, &append.entry, number, repeated, findings);
            }
            // What a room keeps it keeps for longer than any run.
            if let (Write::Prune { room, .. }, Outcome::Pruned { upto: upto @ RoomSeq(1..), .. }) = (write, outcome) {
                let what = format!("what was said up to {upto} in room {room} is removed, and is not a day old");
                findings.add(Promise::KeptForItsTime, what);
            }
        }
    }

    fn appended(&mut self, room: RoomId, bytes: &[u8], number: RoomSeq, repeated: bool, findings: &mut Findings) {
        let key = LogKey { store: self.store, room };
        let Ok(entry) = Entry::decode(bytes) else {
            findings.add(Promise::OneOrder, format!("entry {number} of room {room} does not decode"));
            return;
        };
        if matches!(entry.body, Body::Act(_)) {
            if !repeated && number.0 == self.head(key) + 1 {
                self.logs.entry(key).or_default().push(entry);
            } else if !self.entry(key, number).is_some_and(|known| known.body == entry.body) {
                findings.add(Promise::OneOrder, format!("room {room} gave number {number} to another act"));
            }
            return;
        }
        let Some(said) = said(&entry) else {
            findings.add(Promise::ExactlyOnce, format!("nobody said entry {number} of room {room}"));
            return;
        };
        if repeated {
            self.repeated += 1;
            if !self.entry(key, number).is_some_and(|e| e.body == entry.body) {
                findings.add(Promise::ExactlyOnce, format!("{said} repeated got number {number} of another message"));
            }
            return;
        }
        if !self.push(key, number, entry, findings) {
            return;
        }
        if let Some((room, first)) = self.said.insert((self.store, said), (room, number)) {
            findings.add(Promise::ExactlyOnce, format!("{said} is in the log twice: room {room} {first} and {number}"));
        }
        if let Some(before) = self.newest.insert((key, said.by), said).filter(|before| *before >= said) {
            findings.add(Promise::OneOrder, format!("{said} is logged after {before} of the same sender"));
        }
    }

    /// A log has a further entry. Gives whether that is the next one.
    fn push(&mut self, key: LogKey, number: RoomSeq, entry: Entry, findings: &mut Findings) -> bool {
        let expected = self.head(key) + 1;
        if number.0 != expected {
            let what = format!("room {} gave number {number} where {expected} is next", key.room);
            findings.add(Promise::OneOrder, what);
            return false;
        }
        self.logs.entry(key).or_default().push(entry);
        true
    }

    /// Whether an account that is no member may be shown an entry now, by what the log says of who may: an entry from before it
    /// was shut out may have been under way.
    #[must_use]
    pub fn may_be_read(&self, log: LogKey, number: RoomSeq, account: &str) -> bool {
        let (mut shut, mut banned) = (None, None);
        for (at, entry) in (1..).zip(self.logs.get(&log).into_iter().flatten()) {
            let Body::Act(act) = &entry.body else { continue };
            if let Act::Open(access) = act {
                shut = if *access == Access::Public { None } else { shut.or(Some(at)) };
            } else if act.who() == Some(account) {
                if let Act::Ban { .. } = act {
                    banned = banned.or(Some(at));
                } else if let Act::Unban { .. } = act {
                    banned = None;
                }
            }
        }
        [shut, banned].into_iter().flatten().all(|from| number.0 < from)
    }

    /// A sender was told that its message is stored.
    pub fn acknowledge(&mut self, told: Said, room: RoomId, number: RoomSeq, findings: &mut Findings) {
        match self.find(room, number, |entry| said(entry) == Some(told)) {
            Some(key) => {
                self.acknowledged.insert((key, number));
            }
            None => findings.add(
                Promise::Acknowledged,
                format!("{told} was told to be stored as {number} of room {room}, where the store does not have it"),
            ),
        }
    }

    /// A later program of the sender was told that its message is stored.
    pub fn acknowledge_late(&mut self, told: Said, number: RoomSeq, findings: &mut Findings) {
        let mut stores = (0..=self.store).rev().filter_map(|store| self.said.get(&(store, told)));
        match stores.find(|at| at.1 == number).copied() {
            Some((room, number)) => self.acknowledge(told, room, number, findings),
            None => {
                let what = format!("{told} was told to be stored as {number}, which it is in no room");
                findings.add(Promise::Acknowledged, what);
            }
        }
    }

    /// A sender was told that its message is refused.
    pub fn refuse(&self, told: Said, findings: &mut Findings) {
        if let Some((room, number)) = self.said.get(&(self.store, told)) {
            let what = format!("{told} was told to be refused, and is {number} of room {room}");
            findings.add(Promise::ExactlyOnce, what);
        }
    }

    /// A client shows an entry. Gives the log that it is from.
    pub fn show(&mut self, room: RoomId, number: RoomSeq, shown: &Entry, findings: &mut Findings) -> Option<LogKey> {
        let found = self.find(room, number, |entry| entry == shown);
        if let Some(key) = found {
            self.shown.insert((key, number));
            return found;
        }
        match self.entry(LogKey { store: self.store, room }, number) {
            Some(other) => findings.add(
                Promise::OneOrder,
                format!("{} is shown as {number} of room {room}, which is {}", brief(shown), brief(other)),
            ),
            None => findings.add(
                Promise::VisibleDurable,
                format!("{} is shown as {number} of room {room}, which the store does not have", brief(shown)),
            ),
        }
        None
    }

    /// The power failed: reads again what there is, and finds out what is missing.
    pub fn crashed(&mut self, disk: &mut Disk, findings: &mut Findings) {
        let store = self.store;
        let keys = self.logs.keys().copied().filter(|key| key.store == store).collect::<Vec<_>>();
        for key in keys {
            let all = Range { room: key.room, after: RoomSeq(0), count: usize::MAX, bytes: usize::MAX };
            let there = disk.log(all).unwrap_or_default();
            let held = self.logs.remove(&key).unwrap_or_default();
            for (index, entry) in held.iter().enumerate() {
                let number = RoomSeq(index as u64 + 1);
                if there.get(index).and_then(|bytes| Entry::decode(bytes).ok()).as_ref() == Some(entry) {
                    continue;
                }
                let lost = format!("{} was {number} of room {} and is gone after a crash", brief(entry), key.room);
                if self.acknowledged.contains(&(key, number)) {
                    findings.add(Promise::Acknowledged, lost.clone());
                }
                if self.shown.contains(&(key, number)) {
                    findings.add(Promise::VisibleDurable, lost);
                }
            }
            let entries = there.iter().filter_map(|bytes| Entry::decode(bytes).ok()).collect::<Vec<_>>();
            self.logs.insert(key, entries);
        }
        self.said = self.index();
    }

    /// The store was lost: an empty one takes its place.
    pub fn wiped(&mut self) {
        self.store += 1;
    }

    /// The store was copied.
    pub fn copied(&mut self) {
        let present = self.logs.iter().filter(|(key, _)| key.store == self.store);
        self.copy = present.map(|(key, entries)| (key.room, entries.clone())).collect();
    }

    /// The copy took the place of the store: what came after it was never said.
    pub fn put_back(&mut self) {
        self.store += 1;
        for (&room, entries) in &self.copy {
            let key = LogKey { store: self.store, room };
            for said in entries.iter().filter_map(said) {
                self.newest.insert((key, said.by), said);
            }
            self.logs.insert(key, entries.clone());
        }
        self.said = self.index();
    }

    fn index(&self) -> BTreeMap<(u32, Said), (RoomId, RoomSeq)> {
        let numbered = |(key, entries): (&LogKey, &Vec<Entry>)| {
            let key = *key;
            let at = move |(index, entry)| Some(((key.store, said(entry)?), (key.room, RoomSeq(index as u64 + 1))));
            entries.iter().enumerate().filter_map(at).collect::<Vec<_>>()
        };
        self.logs.iter().flat_map(numbered).collect()
    }
}

/// Which message an entry is.
#[must_use]
pub fn said(entry: &Entry) -> Option<Said> {
    let text = entry.body.text().unwrap_or_default();
    text.parse().ok()
}

fn brief(entry: &Entry) -> String {
    let text = entry.body.text().unwrap_or_default();
    let text = text.split(';').next().unwrap_or_default();
    format!("`{}` by {}", text, entry.name)
}
