//! Group commit without a timer: all that is queued is one batch, one batch is under way at a time, and nothing is visible
//! before its batch is done.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{AccountId, PublicKey, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::From;

use crate::store::Write;

/// What is to be done when a write is durable.
#[derive(Debug)]
pub(super) enum Ticket {
    /// Go on with a login.
    Login(Asked, PublicKey),
    /// Go on with a join: the room was made.
    Room(Asked, From),
    /// Go on with a join: the account is a member.
    Enter(Asked, RoomId, From, AccountId),
    /// Go on with the opening of a direct log.
    Direct(Asked, From),
    /// Nothing: whoever left a room is gone already.
    Leave,
    /// Show a post to everyone, and tell its sender.
    Post {
        /// Who sent it.
        session: SessionId,
        room: RoomId,
        /// Its number on the sender's link.
        post: RoomSeq,
        /// What goes into the room's tail.
        entry: Vec<u8>,
    },
}

/// Who asked, and by which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) session: SessionId,
    pub(super) request: RequestId,
}

/// The queue, and the batch under way.
#[derive(Debug, Default)]
pub(super) struct Commits {
    writes: Vec<Write>,
    tickets: Vec<Ticket>,
    under_way: Option<Vec<Ticket>>,
    bytes: usize,
    halted: bool,
}

impl Commits {
    pub(super) fn push(&mut self, write: Write, ticket: Ticket) {
        if let Write::Append(append) = &write {
            self.bytes += append.entry.len();
        }
        self.writes.push(write);
        self.tickets.push(ticket);
    }

    /// Octets of entries that wait for the next batch.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next batch, if there is one and none is under way.
    pub(super) fn next(&mut self) -> Option<Vec<Write>> {
        if self.halted || self.under_way.is_some() || self.writes.is_empty() {
            return None;
        }
        self.under_way = Some(std::mem::take(&mut self.tickets));
        self.bytes = 0;
        Some(std::mem::take(&mut self.writes))
    }

    /// The batch under way is done: what is to be done now.
    pub(super) fn done(&mut self) -> Vec<Ticket> {
        self.under_way.take().unwrap_or_default()
    }

    /// The store has failed: there will be no further batch.
    pub(super) fn halt(&mut self) {
        self.halted = true;
        self.writes.clear();
        self.tickets.clear();
        self.under_way = None;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_batch_at_a_time_takes_all_that_is_queued() {
        let mut commits = Commits::default();
        let (room, account) = (RoomId(1), AccountId(1));
        let push = |commits: &mut Commits| commits.push(Write::Leave { room, account }, Ticket::Leave);
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
