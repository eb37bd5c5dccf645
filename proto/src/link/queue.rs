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
        let at = usize::try_from(number.checked_sub(self.floor + 1)?).ok()?;
        self.bodies.get(at).map(|queued| queued.body.as_slice())
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
}
