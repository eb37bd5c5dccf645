//! Group commit without a timer: what waits is one batch, one batch is under way at a time, and nothing is visible before its
//! batch is done. What a batch takes is the [`Queue`]'s business.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::From;

use super::accounts::Device;
use super::operator::OperatorTag;
use super::queue::Queue;
use chinwag_store::{Change, Member, NewAccount, SecretHash, Token, Write};

/// What is to be done when a write is durable.
#[derive(Debug)]
pub(super) enum Ticket {
    /// Go on with a login: the account was made.
    Registered(Asked, NewAccount),
    /// Go on with a login: the device was enrolled.
    Enrolled(Asked, AccountId, PublicKey, Device),
    /// A password was set.
    PasswordSet(By, AccountId, String),
    /// The operator said whether an account is vouched for.
    Vouched(By, AccountId, Option<WallTime>),
    /// A device was revoked.
    Revoked(By, AccountId, PublicKey),
    /// An account was deleted.
    Unregistered(By, AccountId),
    /// A token was made.
    Token(By, Token),
    /// A token was revoked.
    TokenRevoked(By, SecretHash),
    /// Go on with a join: the room is there.
    Room(Asked, From),
    /// Go on with the making of a room: the room is there, maybe by another's hand.
    Created(Asked, From),
    /// Go on with a join: the account is a member.
    Enter(Asked, RoomId, From, AccountId),
    /// Tell who left that it is no member any more; or it is one again, as it was.
    Left(Asked, RoomId, Box<Member>),
    /// Forget the invitation that an account does not follow.
    Declined(Asked, RoomId, AccountId),
    /// Go on with the opening of a direct log.
    Direct(Asked, From),
    /// Show an entry to everyone, do what it does, and tell who wrote it.
    Post(Box<Posted>),
    /// Bodies of a room are gone.
    Pruned(By, RoomId),
    /// What a wrong clock dated in a room is dated anew, or there is more to do.
    Redated(RoomId),
    /// The index has nothing more of what was deleted, or there is more to do.
    Compacted,
    /// Whether a store that was full takes everything again.
    Probed,
    /// Tell whoever asked for it.
    Done(By),
    /// Nothing.
    Quiet,
}

impl Ticket {
    /// Who waits for it.
    pub(super) const fn by(&self) -> By {
        match self {
            Self::Registered(asked, _)
            | Self::Enrolled(asked, ..)
            | Self::Room(asked, _)
            | Self::Created(asked, _)
            | Self::Enter(asked, ..)
            | Self::Left(asked, ..)
            | Self::Declined(asked, ..)
            | Self::Direct(asked, _) => By::Session(*asked),
            Self::PasswordSet(by, ..)
            | Self::Vouched(by, ..)
            | Self::Revoked(by, ..)
            | Self::Unregistered(by, _)
            | Self::Token(by, _)
            | Self::TokenRevoked(by, _)
            | Self::Pruned(by, _)
            | Self::Done(by) => *by,
            Self::Post(posted) => match posted.answers {
                Answers::Post(..) => By::Nobody,
                Answers::Request(asked) => By::Session(asked),
            },
            Self::Redated(_) | Self::Compacted | Self::Probed | Self::Quiet => By::Nobody,
        }
    }
}

/// An entry that is on its way to the store.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) answers: Answers,
    pub(super) room: RoomId,
    pub(super) author: AccountId,
    /// What goes into the room's tail.
    pub(super) entry: Vec<u8>,
    /// What it does beside.
    pub(super) change: Change,
    /// What is set aside for it of quotas, in octets.
    pub(super) set_aside: u64,
}

/// What the answer to an entry's author is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers {
    /// That a post is stored: its number on the sender's link.
    Post(SessionId, RoomSeq),
    /// That a request is granted.
    Request(Asked),
}

/// Who asked for something that a session or the operator may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Session(Asked),
    Operator(OperatorTag),
    /// The server itself.
    Nobody,
}

/// Who asked, and by which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) session: SessionId,
    pub(super) request: RequestId,
}

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
