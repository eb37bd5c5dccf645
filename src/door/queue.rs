//! The queue between a client's thread and whoever takes its events. Unlike a channel it can be told that nobody will take any
//! more: then nobody waits for room, and the thread can end.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::event::Event;

/// Events that wait for a slow program. Then the client's socket is not read until there is room.
const EVENTS_MAX: usize = 16_384;

/// A queue of events; all copies are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    /// Nothing comes any more.
    is_over: bool,
    /// Nobody wants events.
    is_unwanted: bool,
    /// The program has let go of the client: whoever still takes events takes what there is.
    is_left: bool,
}

impl Queue {
    /// Puts an event in; waits for room.
    pub(super) fn push(&self, event: Event) {
        let mut state = self.state();
        while state.events.len() >= EVENTS_MAX && !state.is_unwanted && !state.is_left {
            state = self.wait(state);
        }
        if !state.is_unwanted {
            state.events.push_back(event);
        }
        self.0.changed.notify_all();
    }

    /// Takes the next one out; waits for it. `None`: there will be none.
    pub(super) fn pop(&self) -> Option<Event> {
        let mut state = self.state();
        while state.events.is_empty() && !state.is_over {
            state = self.wait(state);
        }
        self.take(state)
    }

    /// The same, at most for so long.
    pub(super) fn pop_within(&self, time: Duration) -> Option<Event> {
        let is_idle = |state: &mut State| state.events.is_empty() && !state.is_over;
        let waited = self.0.changed.wait_timeout_while(self.state(), time, is_idle);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.take(state)
    }

    /// Nothing comes any more.
    pub(super) fn end(&self) {
        self.state().is_over = true;
        self.0.changed.notify_all();
    }

    /// Nobody wants events any more.
    pub(super) fn unwanted(&self) {
        let mut state = self.state();
        state.is_unwanted = true;
        state.events.clear();
        drop(state);
        self.0.changed.notify_all();
    }

    /// The program has let go of the client, which waits for nobody from now on.
    pub(super) fn left(&self) {
        self.state().is_left = true;
        self.0.changed.notify_all();
    }

    fn take(&self, mut state: MutexGuard<'_, State>) -> Option<Event> {
        let event = state.events.pop_front();
        drop(state);
        self.0.changed.notify_all();
        event
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn invited(number: usize) -> Event {
        Event::Invited { room: format!("#{number}") }
    }

    fn fill(queue: &Queue) -> thread::JoinHandle<()> {
        let full = queue.clone();
        thread::spawn(move || {
            (0..EVENTS_MAX + 1).for_each(|number| full.push(invited(number)));
            full.end();
        })
    }

    #[test]
    fn who_is_slow_gets_everything_in_order_and_then_the_end() {
        let queue = Queue::default();
        let filling = fill(&queue);
        for number in 0..EVENTS_MAX + 1 {
            let event = queue.pop().expect("an event");
            assert!(matches!(&event, Event::Invited { room } if *room == format!("#{number}")), "{event:?}");
        }
        assert!(queue.pop().is_none() && queue.pop_within(Duration::MAX).is_none());
        filling.join().expect("no panic");
    }

    #[test]
    fn nobody_waits_for_room_where_nobody_takes_any_more() {
        for let_go in [Queue::unwanted, Queue::left] {
            let queue = Queue::default();
            let filling = fill(&queue);
            let_go(&queue);
            filling.join().expect("it ends");
        }
    }
}
