//! A room as a face shows it: messages as they look now, what stands between them, who is there, what is unread.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Entry, Fact, Facts, Reach};

use super::asides::Aside;
use super::fold::{Line, Messages};
use super::spans::Spans;
use super::state::Shows;
use chinwag_client_core::{Present, Timeline};

/// Messages remembered of each room where they are shown as a stream, so that they can be answered and what is about them can be told.
const REMEMBERED: usize = 1_000;
/// Messages held of each room that can be looked at: as far as anyone scrolls back.
const HELD_MAX: usize = 200_000;
/// Own messages of which it is known how far they got.
const REACHES_MAX: usize = 1_000;

/// A room that is followed.
#[derive(Debug)]
pub struct Room {
    /// What was said, as it looks now.
    pub messages: Messages,
    /// What was told to the user there, each after the message with that number.
    pub asides: BTreeMap<Key, Aside>,
    /// Who is there, by name.
    pub roster: BTreeMap<String, Present>,
    /// Who types there.
    pub typing: BTreeSet<String>,
    /// The account has read up to here.
    pub read: RoomSeq,
    /// Messages of others after that.
    pub unread: u64,
    /// Unread messages that name the user, or are said to nobody else.
    pub mentions: u64,
    /// What is new to the user stands after this one.
    pub new_after: Option<RoomSeq>,
    /// What holds there.
    pub(super) facts: Facts,
    /// The facts of which the user was told.
    pub(super) told: Facts,
    /// Those of them that are told once the newest entries are there.
    pub(super) untold: Vec<Fact>,
    /// How far the user's own messages got.
    pub(super) reaches: BTreeMap<RoomSeq, Reach>,
    /// All others have read everything up to here.
    pub(super) read_by_all: Option<(RoomSeq, Reach)>,
    /// The server is being asked how far a message got, and was asked so often on this link.
    pub(super) is_asking_reach: bool,
    pub(super) reach_asks: usize,
    pub(super) spans: Spans,
    /// Entries that wait for an earlier one, where they are shown as a stream.
    pub(super) timeline: Timeline<Incoming>,
    /// It was entered, on this link or before.
    pub(super) is_entered: bool,
    /// What comes after this one is said now, to who has entered.
    pub(super) live_after: RoomSeq,
    /// What comes after this one rings.
    pub(super) rings_after: RoomSeq,
    /// The user's last message was refused, by the server or before it came there; and the last number that was there then.
    pub(super) refused_after: Option<RoomSeq>,
    /// A row tells of that refusal.
    pub(super) has_refused_row: bool,
    /// Entries that came before an earlier one, while something of the user's was on its way: it may be one of them.
    pub(super) own_came: BTreeSet<RoomSeq>,
    /// Everything up to here has come.
    pub(super) contiguous: RoomSeq,
    /// The last entry that has come.
    pub(super) came_upto: RoomSeq,
    /// The client was told that everything up to here is on this device.
    pub(super) held: RoomSeq,
    /// A page of its history is on its way.
    pub(super) is_paging: bool,
}

/// Where something stands in a room: after how many numbers, and which of those that have none of their own. Messages are 0;
/// what is on its way comes after the last number there can be.
pub type Key = (RoomSeq, u32);

/// An entry that came, and waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) entry: Entry,
    pub(super) own: bool,
    pub(super) is_ignored: bool,
}

/// How far an own message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// The message is on its way.
    Sent,
    /// The message is in this device's outbox, and sent when there is a connection.
    Queued,
    /// The message is on its way, and is deleted as soon as it has come.
    Deleting,
    /// The server has it.
    Stored,
    /// Devices of others have it.
    Reached(Reach),
}

impl Room {
    pub(super) fn new(shows: Shows) -> Self {
        let max = match shows {
            Shows::Rooms => HELD_MAX,
            Shows::Stream => REMEMBERED,
        };
        Self {
            messages: Messages::new(max),
            asides: BTreeMap::new(),
            roster: BTreeMap::new(),
            typing: BTreeSet::new(),
            read: RoomSeq(0),
            unread: 0,
            mentions: 0,
            new_after: None,
            facts: Facts::default(),
            told: Facts::default(),
            untold: Vec::new(),
            reaches: BTreeMap::new(),
            read_by_all: None,
            is_asking_reach: false,
            reach_asks: 0,
            spans: Spans::default(),
            timeline: Timeline::new(),
            is_entered: false,
            live_after: RoomSeq(0),
            rings_after: RoomSeq(0),
            refused_after: None,
            has_refused_row: false,
            own_came: BTreeSet::new(),
            contiguous: RoomSeq(0),
            came_upto: RoomSeq(0),
            held: RoomSeq(0),
            is_paging: false,
        }
    }

    /// What stands before this place.
    #[must_use]
    pub fn before(&self, key: Key) -> Option<Key> {
        let message = match key {
            (number, 0) => self.messages.before(number),
            (number, _) => self.messages.before(number.next()),
        };
        let aside = self.asides.range(..key).next_back().map(|(key, _)| *key);
        message.map(|number| (number, 0)).max(aside)
    }

    /// What stands after this place.
    #[must_use]
    pub fn after(&self, key: Key) -> Option<Key> {
        let message = self.messages.after(key.0).map(|number| (number, 0));
        let aside = self.asides.range((key.0, key.1.saturating_add(1))..).next().map(|(key, _)| *key);
        [message, aside].into_iter().flatten().min()
    }

    /// The message at this place.
    #[must_use]
    pub fn line(&self, key: Key) -> Option<&Line> {
        if key.1 == 0 { self.messages.line(key.0) } else { None }
    }

    /// How far that message got is known, as the server has told it.
    pub(super) fn is_reach_asked(&self, number: RoomSeq) -> bool {
        self.reaches.contains_key(&number) || self.read_by_all.is_some_and(|(upto, _)| number <= upto)
    }

    /// How far an own message got, where that is known.
    #[must_use]
    pub fn delivery_state(&self, number: RoomSeq) -> Option<DeliveryState> {
        let by_all = self.read_by_all.filter(|(upto, _)| number <= *upto).map(|(_, reach)| reach);
        let reach = by_all.or_else(|| self.reaches.get(&number).copied())?;
        Some(if reach.delivered == 0 && reach.read == 0 {
            DeliveryState::Stored
        } else {
            DeliveryState::Reached(reach)
        })
    }

    /// There are messages right before this one that are not at hand; the first number after them.
    #[must_use]
    pub fn hole_before(&self, number: RoomSeq) -> Option<RoomSeq> {
        let start = self.spans.start_of(number)?;
        let before = self.messages.before(number).unwrap_or(RoomSeq(0));
        (start.0 > 1 && start > before).then_some(start)
    }

    /// There are messages after the last one at hand, and they are older than what comes now.
    #[must_use]
    pub fn hole_at_end(&self) -> Option<RoomSeq> {
        let start = self.spans.last_start()?;
        let last = self.messages.last_number().unwrap_or(RoomSeq(0));
        (start.0 > 1 && start > last).then_some(start)
    }

    /// An own message has got so far.
    pub(super) fn reached(&mut self, number: RoomSeq, reach: Reach) {
        if is_read_by_all(reach) && self.read_by_all.is_none_or(|(upto, _)| upto <= number) {
            self.read_by_all = Some((number, reach));
        }
        self.reaches.entry(number).or_insert(reach);
        // A log is held and read in its order: whoever has this one has those before it.
        for (_, known) in self.reaches.range_mut(..=number).rev() {
            let further = Reach {
                delivered: known.delivered.max(reach.delivered),
                read: known.read.max(reach.read),
                of: if reach.of > 0 { reach.of } else { known.of },
            };
            if further == *known && *known != reach {
                break;
            }
            *known = further;
        }
        if self.reaches.len() > REACHES_MAX {
            self.reaches.pop_first();
        }
    }
}

/// Whether all others have read a message that got so far.
const fn is_read_by_all(reach: Reach) -> bool {
    reach.of > 0 && reach.read >= reach.of
}
