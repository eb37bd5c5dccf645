//! A bounded queue of messages that this link alone holds: control, and bulk. Bodies stay until they are acknowledged.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::error::Refused;
use crate::limits::MESSAGE_MAX_LEN;

#[derive(Debug)]
struct Queued {
    body: Vec<u8>,
    /// It answers a post.
    answers: bool,
    done: bool,
}

/// Messages numbered from 1 in the order in which they were queued.
#[derive(Debug)]
pub(super) struct Queue {
    max: usize,
    /// Everything up to this one was acknowledged.
    floor: u64,
    /// The next to be sent for the first time, and its next fragment.
    pub(super) next: u64,
    pub(super) next_fragment: u8,
    bodies: VecDeque<Queued>,
}

impl Queue {
    pub(super) const fn new(max: usize) -> Self {
        Self { max, floor: 0, next: 1, next_fragment: 0, bodies: VecDeque::new() }
    }

    pub(super) fn push(&mut self, body: Vec<u8>, answers: bool) -> Result<(), Refused> {
        if body.len() > MESSAGE_MAX_LEN {
            return Err(Refused::TooLarge { len: body.len(), max: MESSAGE_MAX_LEN });
        }
        if self.bodies.len() >= self.max {
            return Err(Refused::QueueFull);
        }
        self.bodies.push_back(Queued { body, answers, done: false });
        Ok(())
    }

    pub(super) const fn floor(&self) -> u64 {
        self.floor
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    /// Whether something waits to be sent for the first time.
    pub(super) fn has_next(&self) -> bool {
        self.get(self.next).is_some()
    }

    pub(super) fn get(&self, number: u64) -> Option<&[u8]> {
        self.entry(number).map(|queued| queued.body.as_slice())
    }

    /// The next message is on its way: it is another one's turn.
    pub(super) fn advance(&mut self) {
        self.next += 1;
        self.next_fragment = 0;
        while self.entry(self.next).is_some_and(|queued| queued.done) {
            self.next += 1;
        }
    }

    /// Messages go out anew from this one on, as far as they were not acknowledged.
    pub(super) fn rewind(&mut self, number: u64) {
        if number <= self.next && number > self.floor {
            self.next = number - 1;
            self.advance();
        }
    }

    fn entry(&self, number: u64) -> Option<&Queued> {
        self.bodies.get(usize::try_from(number.checked_sub(self.floor + 1)?).ok()?)
    }

    /// A message was acknowledged. Gives whether it was the answer to a post.
    pub(super) fn finish(&mut self, number: u64) -> bool {
        let at = number.checked_sub(self.floor + 1).and_then(|at| usize::try_from(at).ok());
        let queued = at.and_then(|at| self.bodies.get_mut(at)).filter(|queued| !queued.done);
        let answers = queued.is_some_and(|queued| {
            queued.done = true;
            queued.answers
        });
        while self.bodies.front().is_some_and(|queued| queued.done) {
            self.bodies.pop_front();
            self.floor += 1;
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_acknowledged_once() {
        let mut queue = Queue::new(3);
        for answers in [false, true, true] {
            queue.push(alloc::vec![1], answers).unwrap();
        }
        assert_eq!(queue.push(alloc::vec![1], true), Err(Refused::QueueFull));
        assert_eq!([3, 3, 1, 2, 2, 9].map(|number| queue.finish(number)), [true, false, false, true, false, false]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_goes_out_anew_leaves_out_what_was_acknowledged() {
        let mut queue = Queue::new(9);
        for _ in 0..5 {
            queue.push(alloc::vec![1], false).unwrap();
            queue.advance();
        }
        assert!(!queue.has_next());
        assert_eq!([1, 3, 5].map(|number| queue.finish(number)), [false; 3]);
        queue.rewind(2);
        assert_eq!((queue.next, queue.has_next()), (2, true));
        queue.advance();
        assert_eq!(queue.next, 4);
        queue.advance();
        assert_eq!((queue.next, queue.has_next()), (6, false), "the last was acknowledged");
        queue.rewind(1);
        assert_eq!(queue.next, 6, "nothing that was acknowledged");
    }
}
