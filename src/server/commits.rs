//! Group commit without a timer: what waits is one batch, one batch is under way at a time, and nothing is visible before its
//! batch is done. What a batch takes is the [`Queue`]'s business.

use super::pending::Ticket;
use super::queue::Queue;
use chinwag_store::Write;

/// What waits, and the batch under way.
#[derive(Debug, Default)]
pub(super) struct Commits {
    queue: Queue,
    under_way: Option<Vec<Ticket>>,
    halted: bool,
}

impl Commits {
    pub(super) fn push(&mut self, write: Write, ticket: Ticket) {
        self.queue.push(write, ticket);
    }

    /// A write that is stored with the one pushed before it, or neither is. Both are no entry and of no account.
    pub(super) fn push_tied(&mut self, write: Write, ticket: Ticket) {
        self.queue.push_tied(write, ticket);
    }

    /// Writes that are not durable yet.
    pub(super) fn len(&self) -> usize {
        self.queue.len() + self.under_way.as_ref().map_or(0, Vec::len)
    }

    /// Octets of entries that wait for the next batch.
    pub(super) const fn bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// The next batch, if there is one and none is under way.
    pub(super) fn next(&mut self) -> Option<Vec<Write>> {
        if self.halted || self.under_way.is_some() || self.queue.len() == 0 {
            return None;
        }
        let (writes, tickets) = self.queue.take();
        self.under_way = Some(tickets);
        Some(writes)
    }

    /// The batch under way is done: what is to be done now.
    pub(super) fn done(&mut self) -> Vec<Ticket> {
        self.under_way.take().unwrap_or_default()
    }

    /// The store has failed: there will be no further batch.
    pub(super) fn halt(&mut self) {
        self.halted = true;
        self.queue.clear();
        self.under_way = None;
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::wire::id::{AccountId, RoomId};

    use super::*;

    #[test]
    fn one_batch_at_a_time_takes_all_that_is_queued() {
        let mut commits = Commits::default();
        let (room, account) = (RoomId(1), AccountId(1));
        let push = |commits: &mut Commits| commits.push(Write::Leave { room, account }, Ticket::Quiet);
        assert_eq!(commits.next(), None);
        push(&mut commits);
        assert_eq!(commits.next().map(|batch| batch.len()), Some(1));
        push(&mut commits);
        push(&mut commits);
        assert_eq!(commits.next(), None, "the first is under way");
        assert_eq!(commits.done().len(), 1);
        assert_eq!(commits.next().map(|batch| batch.len()), Some(2));
        commits.halt();
        push(&mut commits);
        assert_eq!((commits.done().len(), commits.next()), (0, None), "a failed store acknowledges nothing");
    }
}
