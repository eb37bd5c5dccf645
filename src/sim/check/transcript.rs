//! What one client shows, against the truth: everything once, in order, and nothing forgotten.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::{LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::Entry;

use super::log::{LogKey, Truth};
use super::text::Said;
use super::{Findings, Promise};
use crate::network::HostId;
use chinwag_client_core::SavedCursor;

/// What a client has shown and recorded, over all of its lives.
#[derive(Debug)]
pub struct Transcript {
    host: HostId,
    life: u32,
    /// What its disk holds, by room name.
    saved: BTreeMap<String, SavedCursor>,
    /// By the name as shown.
    rooms: BTreeMap<String, View>,
    /// What it said in this life, or has in its outbox, and has no answer to.
    unanswered: BTreeSet<Said>,
    answered: BTreeSet<Said>,
    /// The log of each room, as far as it was told.
    logs: BTreeMap<String, LogId>,
    /// Up to where it had shown logs that are others now: a record of one may still be under way when it hears of that.
    past: BTreeMap<(String, LogId), u64>,
    /// Logs that went back: what its disk holds beyond is not to be gone on from, though it may not have been recorded anew yet.
    back_to: BTreeMap<String, u64>,
    /// The log that each number of a room was shown of last, in whatever life: what it believes to have.
    believed: BTreeMap<String, BTreeMap<u64, LogKey>>,
}

/// One room in one life.
#[derive(Debug)]
struct View {
    log: LogKey,
    /// Nothing up to here was to be shown in this life.
    base: u64,
    shown: BTreeSet<u64>,
    /// Everything from the base up to here was shown, or skipped with a word.
    solid: u64,
}

/// What a join meant to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// Where the client's cursor was from, if it had one.
    pub from: Option<Origin>,
    /// Entries that it has to catch up on.
    pub behind: u64,
}

/// Where a client's cursor was from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From the same life.
    ThisLife,
    /// From its disk.
    Disk,
}

/// A join that was granted, as the client tells it.
#[derive(Debug)]
pub struct Join<'a> {
    /// The room.
    pub room: RoomId,
    /// The room's name as shown.
    pub name: &'a str,
    /// Entries after this one are coming.
    pub after: RoomSeq,
    /// The last entry there was.
    pub head: RoomSeq,
    /// Entries left out.
    pub skipped: u64,
}

/// An entry as a client shows it.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The room.
    pub room: RoomId,
    /// The room's name as shown.
    pub name: &'a str,
    /// The entry's number.
    pub number: RoomSeq,
    /// Everything up to here was shown, as the client says.
    pub upto: RoomSeq,
    /// The entry.
    pub entry: &'a Entry,
}

impl Transcript {
    /// A client that has never run.
    #[must_use]
    pub fn new(host: HostId) -> Self {
        Self {
            host,
            life: 0,
            saved: BTreeMap::new(),
            rooms: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            answered: BTreeSet::new(),
            logs: BTreeMap::new(),
            past: BTreeMap::new(),
            back_to: BTreeMap::new(),
            believed: BTreeMap::new(),
        }
    }

    /// The client was told which log a room has.
    pub fn learned(&mut self, name: &str, log: LogId) {
        self.logs.insert(name.to_owned(), log);
    }

    /// The client starts again: what was not recorded is forgotten, and what is in its outbox is not.
    pub fn start(&mut self, outbox: impl IntoIterator<Item = Said>) -> Vec<SavedCursor> {
        self.life += 1;
        self.rooms.clear();
        self.past.clear();
        self.back_to.clear();
        self.unanswered = outbox.into_iter().collect();
        self.saved.values().cloned().collect()
    }

    /// Whether the client's disk holds a cursor of this room.
    #[must_use]
    pub fn has_recorded(&self, name: &str) -> bool {
        self.saved.contains_key(name)
    }

    /// Whether anything that it said is without an answer.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// The life that it is in, from 1.
    #[must_use]
    pub fn life(&self) -> u32 {
        self.life
    }

    /// The client says something.
    pub fn say(&mut self, n: u32) -> Said {
        let said = Said { by: self.host, life: self.life, n };
        self.unanswered.insert(said);
        said
    }

    /// Which of the things that it said has this tag.
    #[must_use]
    pub fn tagged(&self, tag: u64) -> Said {
        let [life, n] = [tag >> 32, tag & 0xffff_ffff].map(|part| u32::try_from(part).unwrap_or(u32::MAX));
        Said { by: self.host, life, n }
    }

    /// Something that it said was stored or refused.
    pub fn answered(&mut self, said: Said, findings: &mut Findings) {
        self.unanswered.remove(&said);
        if !self.answered.insert(said) {
            findings.add(Promise::ExactlyOnce, format!("c{} was told twice what became of {said}", self.host.0));
        }
    }

    /// Something that it said in an earlier life was stored or refused. It may have heard so before, and not have recorded it.
    pub fn answered_late(&mut self, said: Said) {
        self.unanswered.remove(&said);
        self.answered.insert(said);
    }

    /// The client was let into a room, for the first time in this life or on a new link.
    pub fn joined(&mut self, join: &Join<'_>, truth: &Truth, findings: &mut Findings) -> Resumed {
        let Join { room, name, after, head, skipped } = *join;
        let who = format!("c{} in {name}", self.host.0);
        let log = LogKey { store: truth.store(), room };
        let held = self.rooms.get(name).map(|view| (view.solid, Origin::ThisLife));
        let cursor = held.or_else(|| {
            let upto = self.saved.get(name)?.upto.0;
            Some((self.back_to.get(name).map_or(upto, |back_to| upto.min(*back_to)), Origin::Disk))
        });
        if after > head {
            findings.add(Promise::OneOrder, format!("{who}: entries after {after} promised, of {head}"));
        }
        // What it was shown since it asked does not count against it.
        let goes_on = cursor.is_none_or(|(upto, origin)| {
            after.0 == upto + skipped || (origin == Origin::ThisLife && skipped == 0 && after.0 < upto)
        });
        if !goes_on && log.store == 0 {
            let upto = cursor.map_or(0, |(upto, _)| upto);
            let what = format!("{who}: holds up to {upto}, gets what comes after {after}, hears of {skipped} left out");
            findings.add(Promise::CatchUp, what);
        }
        let view = self.rooms.entry(name.to_owned()).or_insert_with(|| View {
            log,
            base: after.0,
            shown: BTreeSet::new(),
            solid: after.0,
        });
        view.skip_to(after.0, skipped);
        Resumed { from: cursor.map(|(_, origin)| origin), behind: head.0.saturating_sub(after.0) }
    }

    /// A room's log is another one now, or went back to an entry: its numbers begin again.
    pub fn history_reset(&mut self, name: &str, back_to: Option<RoomSeq>) {
        match back_to {
            None => {
                self.saved.remove(name);
                self.believed.remove(name);
            }
            Some(upto) => {
                self.back_to.insert(name.to_owned(), upto.0);
                self.believed.entry(name.to_owned()).or_default().retain(|number, _| *number <= upto.0);
            }
        }
        if let (Some(view), Some(log)) = (self.rooms.remove(name), self.logs.get(name)) {
            self.past.insert((name.to_owned(), *log), view.solid);
        }
    }

    /// The client shows an entry.
    pub fn shows(&mut self, shown: &Shown<'_>, truth: &mut Truth, findings: &mut Findings) {
        let Shown { room, name, number, upto, entry } = *shown;
        let Some(log) = truth.show(room, number, entry, findings) else { return };
        let who = format!("c{} in {name}", self.host.0);
        let Some(view) = self.rooms.get_mut(name) else {
            findings.add(Promise::OneOrder, format!("{who} shows {number} without having joined"));
            return;
        };
        view.log = log;
        self.believed.entry(name.to_owned()).or_default().insert(number.0, log);
        if number.0 <= view.base || !view.shown.insert(number.0) {
            findings.add(Promise::ExactlyOnce, format!("{who} shows {number} again"));
        }
        view.settle();
        if upto.0 > view.solid {
            let missing = view.solid + 1;
            findings.add(Promise::OneOrder, format!("{who} has {missing} missing and says gapless up to {upto}"));
        }
    }

    /// The client's record of what it showed became durable.
    pub fn recorded(&mut self, cursor: &SavedCursor, findings: &mut Findings) {
        if let Some(view) = self.rooms.get(&cursor.name)
            && let solid = self.solid_of(view, cursor)
            && cursor.upto.0 > solid
        {
            let what =
                format!("c{} recorded {} up to {}, and showed it up to {solid}", self.host.0, cursor.name, cursor.upto);
            findings.add(Promise::ShownThenRecorded, what);
        }
        if cursor.is_put_back {
            self.back_to.remove(&cursor.name);
        }
        self.saved.insert(cursor.name.clone(), cursor.clone());
    }

    /// Up to where it showed the log that a cursor is of: the present one, or one that ended. Of any other it showed nothing.
    fn solid_of(&self, view: &View, cursor: &SavedCursor) -> u64 {
        match self.logs.get(&cursor.name) {
            Some(log) if *log != cursor.log => self.past_of(cursor),
            // It went back while a record of what it was before was under way.
            _ => view.solid.max(self.past_of(cursor)),
        }
    }

    fn past_of(&self, cursor: &SavedCursor) -> u64 {
        self.past.get(&(cursor.name.clone(), cursor.log)).copied().unwrap_or(0)
    }

    /// The client has caught up: everything in these logs was shown, everything it said was answered.
    pub fn must_be_complete<'a>(
        &self,
        logs: impl IntoIterator<Item = (LogKey, &'a str)>,
        truth: &Truth,
        findings: &mut Findings,
    ) {
        let who = format!("c{}", self.host.0);
        for (log, name) in logs {
            let head = truth.head(log);
            match self.rooms.values().find(|view| view.log.room == log.room) {
                None if head == 0 => {}
                None => findings.add(Promise::CatchUp, format!("{who} never got into {name}, which is at {head}")),
                Some(view) if view.solid < head => {
                    findings.add(Promise::CatchUp, format!("{who} is at {} of {head} in {name}", view.solid));
                }
                Some(view) if view.solid > head => {
                    findings.add(Promise::CatchUp, format!("{who} is at {} of {head} in {name}", view.solid));
                }
                Some(_) => {}
            }
            let rooms = self.rooms.iter().filter(|(_, view)| view.log.room == log.room);
            for (&number, &of) in rooms.filter_map(|(name, _)| self.believed.get(name)).flatten() {
                let number = RoomSeq(number);
                if truth.entry(of, number) != truth.entry(log, number) {
                    let what = format!("{who} has something else than the log as {number} of {name}");
                    findings.add(Promise::CatchUp, what);
                }
            }
        }
        if let Some(first) = self.unanswered.first() {
            let what = format!("{who} has no answer to {} messages, the first is {first}", self.unanswered.len());
            findings.add(Promise::CatchUp, what);
        }
    }

    /// The number up to which a room was shown without a gap in this life.
    #[must_use]
    pub fn solid(&self, name: &str) -> Option<u64> {
        self.rooms.get(name).map(|view| view.solid)
    }
}

impl View {
    fn settle(&mut self) {
        while self.shown.contains(&(self.solid + 1)) {
            self.solid += 1;
        }
    }

    fn skip_to(&mut self, after: u64, skipped: u64) {
        if skipped > 0 && after > self.solid {
            self.solid = after;
        }
        self.settle();
    }
}

#[cfg(test)]
mod tests;
