//! Who wants to be woken when: a heap, so that a turn costs nothing for those who sleep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chinwag_proto::time::Instant;

/// Deadlines of numbered sleepers, at most one each.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    /// May hold what was replaced since; [`Self::due`] skips that.
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    sleepers: Vec<Sleeper>,
}

/// The deadline that counts, and the earliest one in the heap. A deadline that moves to later (the usual way) does not
/// touch the heap; the sleeper is looked at early, once, and goes back to sleep.
#[derive(Clone, Copy, Debug, Default)]
struct Sleeper {
    deadline: Option<Instant>,
    queued: Option<Instant>,
}

impl Deadlines {
    /// Sets, moves or clears the deadline of `index`.
    pub(super) fn set(&mut self, index: usize, deadline: Option<Instant>) {
        if self.sleepers.len() <= index {
            self.sleepers.resize(index + 1, Sleeper::default());
        }
        let sleeper = &mut self.sleepers[index];
        sleeper.deadline = deadline;
        if let Some(deadline) = deadline
            && sleeper.queued.is_none_or(|queued| deadline < queued)
        {
            sleeper.queued = Some(deadline);
            self.heap.push(Reverse((deadline, index)));
        }
    }

    /// No one is due before this.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// Someone whose deadline has come, taken off.
    pub(super) fn due(&mut self, now: Instant) -> Option<usize> {
        while let Some(&Reverse((queued, index))) = self.heap.peek()
            && queued <= now
        {
            self.heap.pop();
            let sleeper = &mut self.sleepers[index];
            if sleeper.queued != Some(queued) {
                continue;
            }
            sleeper.queued = None;
            match sleeper.deadline {
                Some(deadline) if deadline <= now => {
                    sleeper.deadline = None;
                    return Some(index);
                }
                later => self.set(index, later),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(us: u64) -> Instant {
        Instant::from_micros(us)
    }

    #[test]
    fn each_is_due_once_at_its_last_deadline() {
        let mut deadlines = Deadlines::default();
        deadlines.set(0, Some(at(10)));
        deadlines.set(1, Some(at(20)));
        deadlines.set(0, Some(at(30)));
        deadlines.set(2, Some(at(5)));
        deadlines.set(2, None);
        assert_eq!(deadlines.due(at(10)), None, "0 was moved to later, 2 was cleared");
        assert_eq!(deadlines.due(at(20)), Some(1));
        deadlines.set(1, Some(at(25)));
        deadlines.set(1, Some(at(22)));
        assert_eq!(
            (deadlines.due(at(25)), deadlines.due(at(25))),
            (Some(1), None),
            "moved to earlier: once, not twice"
        );
        assert_eq!((deadlines.due(at(30)), deadlines.due(at(30))), (Some(0), None));
        assert_eq!(deadlines.next(), None);
    }
}
