//! Control: requests of a client and what the server says outside of any room's log.
//!
//! Requests are idempotent and carry a [`RequestId`]; a client repeats the unanswered ones on a new link.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::wire::id::{AccountId, LogId, RequestId, RoomId, RoomSeq};

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Up {
    /// A request; its answer is a [`Down::Answer`] with the same id.
    Request(RequestId, Request),
}

/// What a client can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Be this account. The name is taken by the first device that asks for it.
    Login {
        /// The account's name.
        name: String,
    },
    /// Enter a room, which is made if there is none of that name.
    Join {
        /// Its name, without `#`.
        room: String,
        /// Where this device's cursor stands.
        from: From,
    },
    /// Leave a room.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// Enter the log that this account and another share; it is made if there is none.
    Direct {
        /// The other account's name.
        to: String,
        /// Where this device's cursor stands.
        from: From,
    },
}

/// Where a device wants a room's log to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum From {
    /// After this entry of that log; from its beginning where the log is another by now.
    After(LogId, RoomSeq),
    /// The last so many entries.
    Recent(u64),
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Down {
    /// Answers the request with this id.
    Answer(RequestId, Result<Answer, Refusal>),
    /// A room appeared in the account's list, or changed there.
    Room(RoomInfo),
    /// A post is durable: its number in the client's outbox order on this link, its number in the room's log.
    Stored {
        /// The room.
        room: RoomId,
        /// The post's number on this link.
        post: RoomSeq,
        /// The entry's number in the log.
        entry: RoomSeq,
    },
    /// A post was refused, and will be whenever it is sent again.
    Refused {
        /// The room.
        room: RoomId,
        /// The post's number on this link.
        post: RoomSeq,
        /// Why.
        reason: Refusal,
    },
}

/// The answer to a request that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Request::Login`].
    Welcome {
        /// The account.
        account: AccountId,
        /// The server's name, for people.
        server: String,
        /// The account's rooms.
        rooms: Vec<RoomInfo>,
    },
    /// To [`Request::Join`] and [`Request::Direct`].
    Joined {
        /// The room.
        room: RoomInfo,
        /// The log is sent from the entry after this one.
        after: RoomSeq,
        /// Presence up to this version is the roster as it stands; what comes later is news.
        roster: u64,
    },
    /// To [`Request::Leave`].
    Left,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// Another device has that name.
    NameTaken,
    /// Not a name: empty, too long, or with characters that names may not have.
    NameInvalid,
    /// Log in first.
    NotLoggedIn,
    /// No account has that name.
    NoSuchAccount,
    /// No such room, or this account may not know of it.
    NoSuchRoom,
    /// Join the room first.
    NotMember,
    /// A limit of the server is reached.
    Limit,
    /// Longer than a message may be.
    TooLarge,
    /// The same message id was used for another message.
    IdReused,
    /// The server can't store anything now.
    StoreFull,
    /// The server does not understand this message.
    NotUnderstood,
    /// An account with that name is this device's already, under another name.
    OtherName,
}

/// A room as an account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    /// The room.
    pub id: RoomId,
    /// Its name and nature.
    pub kind: RoomKind,
    /// The identity of its log.
    pub log: LogId,
    /// The number of the last entry; 0 if there is none.
    pub head: RoomSeq,
}

/// The name and nature of a room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RoomKind {
    /// Anyone may enter it, by this name.
    Public(String),
    /// Two accounts' direct messages; the other account and its name.
    Direct(AccountId, String),
}
