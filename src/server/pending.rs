//! Who asked for what, and what is to be done when something that takes a while is done: a commit, a query, the hashing of a password.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, PublicKey, RequestId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, From, Secret};

use super::accounts::Device;
use super::command::OperatorTag;
use chinwag_store::{Change, Member, NewAccount, SecretHash, Token};

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

/// What waits for a password to be hashed.
#[derive(Debug)]
pub(super) enum Hashing {
    /// To register.
    Register(Asked, Box<NewAccount>),
    /// To enrol a device; `None`: nobody has that name.
    Enrol(Asked, Option<AccountId>, String),
    /// To set the new password, now that the old one is checked.
    Old(Asked, AccountId, Secret),
    /// The old one is wrong: whether the new one is the present one already, as when the request is repeated.
    Already(Asked),
    /// To set it.
    New(By, AccountId),
    /// To delete the account.
    Unregister(Asked, AccountId),
    /// To do something to a room.
    Room(Asked, RoomHashing),
}

/// What waits for a password of a room to be hashed.
#[derive(Debug)]
pub(super) enum RoomHashing {
    /// To make a room with one.
    Create(String, Access, From),
    /// To enter.
    Unlock(RoomId, From),
    /// To set who may enter.
    Open(RoomId, Access),
}

/// What waits for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inquiry {
    pub(super) asked: Asked,
    /// For whom it is.
    pub(super) account: AccountId,
    /// The room whose history it is; `None`: it is a search.
    pub(super) history_of: Option<RoomId>,
}

/// Who waits to be let in until it is known whether it may.
#[derive(Debug)]
pub(super) struct Entering {
    pub(super) asked: Asked,
    pub(super) account: AccountId,
    pub(super) from: From,
    /// It has shown that it knew the password of which this is the hash.
    pub(super) knew: Option<String>,
}
