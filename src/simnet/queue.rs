//! Virtual time: what happens next, and when. Ties are broken by the order of scheduling, so a run is a function of its
//! seed alone.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use chinwag_proto::time::Instant;

/// Events in order of time, then of scheduling.
#[derive(Debug)]
pub struct Queue<E> {
    now: Instant,
    scheduled: u64,
    heap: BinaryHeap<Reverse<Item<E>>>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { now: Instant::EPOCH, scheduled: 0, heap: BinaryHeap::new() }
    }
}

impl<E> Queue<E> {
    /// The virtual time: that of the last event taken.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Schedules an event; what should have happened already happens next.
    pub fn push(&mut self, at: Instant, event: E) {
        let order = self.scheduled;
        self.scheduled += 1;
        self.heap.push(Reverse(Item { at: at.max(self.now), order, event }));
    }

    /// When the next event is.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(item)| item.at)
    }

    /// Lets time pass until then, without an event. Events of before happen then.
    pub fn advance(&mut self, until: Instant) {
        self.now = self.now.max(until);
    }

    /// The next event; time moves on to it.
    pub fn pop(&mut self) -> Option<E> {
        let Reverse(item) = self.heap.pop()?;
        self.advance(item.at);
        Some(item.event)
    }
}

#[derive(Debug)]
struct Item<E> {
    at: Instant,
    order: u64,
    event: E,
}

impl<E> PartialEq for Item<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Item<E> {}

impl<E> PartialOrd for Item<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Item<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_decides_then_the_order_of_scheduling() {
        let mut queue = Queue::default();
        for (at, event) in [(5, "c"), (3, "a"), (5, "d"), (3, "b")] {
            queue.push(Instant::from_micros(at), event);
        }
        assert_eq!(queue.pop(), Some("a"));
        queue.push(Instant::from_micros(1), "late");
        assert_eq!(
            [queue.pop(), queue.pop(), queue.pop(), queue.pop()],
            [Some("b"), Some("late"), Some("c"), Some("d")]
        );
        assert_eq!(queue.now(), Instant::from_micros(5));
        assert_eq!(queue.pop(), None);
    }
}
