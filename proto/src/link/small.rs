//! The small things that a link sends: cursors, credit, typing notices. Of the first two only the newest value counts.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::limits::{
    CREDIT_INITIAL, CREDIT_INTERVAL_US, CREDIT_LOW, CREDIT_STEP, CURSOR_INTERVAL_US, TYPING_QUEUE_MAX,
};
use crate::time::Instant;
use crate::wire::id::RoomId;

use super::budget::Budget;

/// What a device holds of each room, and what of that the server was told.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    /// In order of rooms.
    rooms: Vec<(RoomId, Told)>,
    news: VecDeque<RoomId>,
    /// Not before then, by itself.
    next: Instant,
}

#[derive(Clone, Copy, Debug, Default)]
struct Told {
    newest: u64,
    sent: u64,
    queued: bool,
}

impl Cursors {
    pub(super) fn set(&mut self, room: RoomId, upto: u64) {
        let at = match self.rooms.binary_search_by_key(&room, |entry| entry.0) {
            Ok(at) => at,
            Err(at) => {
                self.rooms.insert(at, (room, Told::default()));
                at
            }
        };
        let told = &mut self.rooms[at].1;
        if upto > told.newest {
            told.newest = upto;
            self.announce(at);
        }
    }

    /// The value that was sent last may have been lost.
    pub(super) fn lost(&mut self, room: RoomId, upto: u64) {
        if let Ok(at) = self.rooms.binary_search_by_key(&room, |entry| entry.0)
            && self.rooms[at].1.sent == upto
        {
            self.announce(at);
        }
    }

    pub(super) fn newest(&self, room: RoomId) -> Option<u64> {
        let at = self.rooms.binary_search_by_key(&room, |entry| entry.0).ok()?;
        Some(self.rooms[at].1.newest)
    }

    /// The next room to tell of.
    pub(super) fn turn(&self) -> Option<(RoomId, u64)> {
        let room = *self.news.front()?;
        Some((room, self.newest(room)?))
    }

    /// It was told.
    pub(super) fn told(&mut self, now: Instant) {
        let Some(room) = self.news.pop_front() else { return };
        self.next = now.plus_micros(CURSOR_INTERVAL_US);
        if let Ok(at) = self.rooms.binary_search_by_key(&room, |entry| entry.0) {
            let told = &mut self.rooms[at].1;
            told.sent = told.newest;
            told.queued = false;
        }
    }

    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// When they go out by themselves; with anything else they go at once.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.has_news().then_some(self.next)
    }

    fn announce(&mut self, at: usize) {
        let (room, told) = &mut self.rooms[at];
        if !told.queued {
            told.queued = true;
            self.news.push_back(*room);
        }
    }
}

/// Credit: what this end lets the peer send (server), and what the peer lets this end send (client).
#[derive(Clone, Copy, Debug)]
pub(super) struct Credits {
    /// What the owner granted, and what the peer was told.
    granted: u64,
    told: u64,
    /// What the peer may spend of it by now; spent are its posts that were handed up.
    budget: Budget,
    allowed: u64,
    spent: u64,
}

impl Credits {
    pub(super) fn new(now: Instant, per_s: Option<u32>) -> Self {
        let budget = Budget::new(now, per_s, CREDIT_INITIAL);
        Self { granted: CREDIT_INITIAL, told: CREDIT_INITIAL, budget, allowed: CREDIT_INITIAL, spent: 0 }
    }

    pub(super) const fn grant(&mut self, messages: u64) {
        self.granted = self.granted.saturating_add(messages);
    }

    /// The peer's posts that were handed up.
    pub(super) fn received(&mut self, now: Instant, messages: u64) {
        self.budget.spend(now, messages);
    }

    /// Whether the peer may send a post more than it has: what it may have counts, told or not.
    pub(super) fn covers_more(&self, now: Instant) -> bool {
        self.budget.spent() < self.due(now)
    }

    /// What the peer is to be told, if that is worth a frame.
    pub(super) fn news(&self, now: Instant) -> Option<u64> {
        let due = self.due(now);
        let worth = if self.is_low() { self.step() } else { CREDIT_STEP };
        (due >= self.told + worth).then_some(due)
    }

    /// When there will be news by itself.
    pub(super) fn news_at(&self) -> Option<Instant> {
        let waits = self.is_low() && self.told < self.granted;
        self.budget.reaches(self.told + self.step()).filter(|_| waits)
    }

    pub(super) const fn told(&mut self, messages: u64) {
        self.told = messages;
    }

    /// The last that was told, for another try.
    pub(super) const fn last_told(&self) -> u64 {
        self.told
    }

    pub(super) fn allow(&mut self, messages: u64) {
        self.allowed = self.allowed.max(messages);
    }

    pub(super) const fn may_spend(&self) -> bool {
        self.spent < self.allowed
    }

    pub(super) const fn spend(&mut self) {
        self.spent += 1;
    }

    /// What the peer may have by now.
    fn due(&self, now: Instant) -> u64 {
        self.granted.min(self.budget.upto(now)).max(self.told)
    }

    const fn is_low(&self) -> bool {
        self.told.saturating_sub(self.budget.spent()) <= CREDIT_LOW
    }

    /// A peer that has little left is told of the least more; but where it waits for its budget, now and then only.
    fn step(&self) -> u64 {
        self.budget.regained(CREDIT_INTERVAL_US).min(self.granted - self.told).max(1)
    }
}

/// Typing notices on their way out; each goes once, and only the last for a room.
#[derive(Debug, Default)]
pub(super) struct Typing(VecDeque<(RoomId, Vec<u8>)>);

impl Typing {
    pub(super) fn push(&mut self, room: RoomId, body: Vec<u8>) {
        self.0.retain(|queued| queued.0 != room);
        if self.0.len() >= TYPING_QUEUE_MAX {
            self.0.pop_front();
        }
        self.0.push_back((room, body));
    }

    pub(super) fn front(&self) -> Option<(RoomId, &[u8])> {
        self.0.front().map(|(room, body)| (*room, body.as_slice()))
    }

    pub(super) fn pop(&mut self) {
        self.0.pop_front();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_cursor_is_told_and_a_lost_one_is_told_again() {
        let mut cursors = Cursors::default();
        let room = RoomId(1);
        cursors.set(room, 5);
        cursors.set(room, 9);
        cursors.set(room, 7);
        assert_eq!(cursors.turn(), Some((room, 9)));
        cursors.told(Instant::EPOCH);
        assert_eq!(cursors.turn(), None);
        cursors.lost(room, 5);
        assert_eq!(cursors.turn(), None, "a newer one was sent since");
        cursors.lost(room, 9);
        assert_eq!((cursors.turn(), cursors.due_at()), (Some((room, 9)), Some(Instant::from_micros(50_000))));
    }

    #[test]
    fn credit_is_told_in_steps_or_when_it_runs_low() {
        let now = Instant::EPOCH;
        let mut credits = Credits::new(now, None);
        credits.grant(255);
        assert_eq!(credits.news(now), None);
        credits.received(now, 960);
        assert_eq!(credits.news(now), Some(1_279));
        credits.told(1_279);
        credits.grant(256);
        assert_eq!(credits.news(now), Some(1_535));
    }

    #[test]
    fn credit_beyond_the_budget_is_told_as_time_passes() {
        let ms = |ms: u64| Instant::from_micros(ms * 1_000);
        let mut credits = Credits::new(ms(0), Some(200));
        credits.received(ms(0), CREDIT_INITIAL);
        assert!(!credits.covers_more(ms(0)));
        assert_eq!((credits.news(ms(9_999)), credits.news_at()), (None, None), "nothing was answered");
        credits.grant(CREDIT_INITIAL);
        assert_eq!((credits.news(ms(49)), credits.news_at()), (None, Some(ms(50))));
        assert!(credits.covers_more(ms(5)), "told or not");
        assert_eq!(credits.news(ms(50)), Some(CREDIT_INITIAL + 10));
        credits.told(CREDIT_INITIAL + 10);
        assert_eq!((credits.news(ms(99)), credits.news_at()), (None, Some(ms(100))));
        assert_eq!(credits.news(ms(60_000)), Some(2 * CREDIT_INITIAL));
    }

    #[test]
    fn typing_notices_displace_each_other() {
        let mut typing = Typing::default();
        for room in 0..100 {
            typing.push(RoomId(room), alloc::vec![1]);
            typing.push(RoomId(99), alloc::vec![2]);
        }
        assert!(typing.0.len() <= TYPING_QUEUE_MAX);
    }
}
