//! Jobs that have an id, and what is to be done when they are. Bounded.

use std::collections::{BTreeMap, VecDeque};

use super::job::WorkId;

/// Jobs of one kind (`J`), each with what comes after it (`T`).
#[derive(Debug)]
pub(super) struct Work<J, T> {
    max: usize,
    last: u64,
    waiting: VecDeque<(WorkId, J)>,
    open: BTreeMap<WorkId, T>,
}

impl<J, T> Work<J, T> {
    pub(super) const fn new(max: usize) -> Self {
        Self { max, last: 0, waiting: VecDeque::new(), open: BTreeMap::new() }
    }

    /// Takes a job in. Gives back what comes after it if there are too many.
    pub(super) fn push(&mut self, job: J, then: T) -> Result<(), T> {
        if self.open.len() >= self.max {
            return Err(then);
        }
        self.last += 1;
        let id = WorkId(self.last);
        self.waiting.push_back((id, job));
        self.open.insert(id, then);
        Ok(())
    }

    /// Jobs that are not done.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// The next job to be given out.
    pub(super) fn next(&mut self) -> Option<(WorkId, J)> {
        self.waiting.pop_front()
    }

    /// A job is done. Gives what comes now, once.
    pub(super) fn done(&mut self, id: WorkId) -> Option<T> {
        self.open.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_its_place_until_it_is_done() {
        let mut work = Work::new(2);
        assert_eq!((work.push('a', 1), work.push('b', 2), work.push('c', 3)), (Ok(()), Ok(()), Err(3)));
        let (a, _) = work.next().expect("the first");
        assert_eq!(work.push('c', 3), Err(3), "it is not done yet");
        assert_eq!((work.done(a), work.done(a)), (Some(1), None));
        assert_eq!(work.push('c', 3), Ok(()));
        assert_eq!((work.next().map(|(_, job)| job), work.next().map(|(_, job)| job)), (Some('b'), Some('c')));
    }
}
