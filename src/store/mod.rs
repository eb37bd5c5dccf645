//! The store's contract: what a server needs to remember, whoever remembers it.
//!
//! A store takes batches of [`Write`]s, each batch one transaction, and answers each write with an [`Outcome`] after it is
//! durable. It assigns every number: of accounts, rooms and entries. It knows nothing of sessions, links or sockets; bodies
//! are octets to it. Implementations: [`memory::Memory`], which forgets at the end of the process and which the simulator
//! uses, with crashes, as its model.

#[cfg(test)]
pub(crate) mod conformance;
pub mod memory;

use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::Refusal;
use thiserror::Error;

/// One change. A batch of them is applied in order, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// An account for a device: the account of that device, or a new one if the name is free.
    Account {
        /// The name wanted.
        name: String,
        /// The device that asks.
        device: PublicKey,
    },
    /// The public room of that name, made if there is none.
    Room {
        /// Its name.
        name: String,
    },
    /// The log that two accounts share, made if there is none.
    Direct {
        /// One of them.
        one: AccountId,
        /// The other (or the same: notes to oneself).
        other: AccountId,
    },
    /// An account enters a room.
    Enter {
        /// The room.
        room: RoomId,
        /// The account.
        account: AccountId,
    },
    /// An account leaves a room.
    Leave {
        /// The room.
        room: RoomId,
        /// The account.
        account: AccountId,
    },
    /// An entry for a room's log. The same (device, id) again gives the same number if the hash is the same.
    Append {
        /// The room.
        room: RoomId,
        /// The device that wrote it.
        device: PublicKey,
        /// The id that the device gave it.
        id: ClientMsgId,
        /// Hash of what was received (not of the entry, which carries the time).
        hash: [u8; 32],
        /// The encoded entry.
        entry: Vec<u8>,
    },
}

/// The answer to one [`Write`], durable when given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To [`Write::Account`].
    Account {
        /// The account.
        account: AccountId,
        /// Its name: the one it has.
        name: String,
    },
    /// To [`Write::Room`] and [`Write::Direct`].
    Room(Room),
    /// To [`Write::Enter`] and [`Write::Leave`].
    Ok,
    /// To [`Write::Append`].
    Appended {
        /// The entry's number in its log.
        number: RoomSeq,
        /// It was there already.
        repeated: bool,
    },
    /// Refused; nothing was changed by this write.
    Refused(Refusal),
}

/// A room as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The room.
    pub id: RoomId,
    /// Its nature.
    pub kind: Kind,
    /// The identity of its log.
    pub log: LogId,
    /// The number of its last entry; 0 if none.
    pub head: RoomSeq,
    /// Who is in it.
    pub members: Vec<AccountId>,
}

/// The nature of a stored room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anyone may enter, by this name.
    Public(String),
    /// The direct messages of two accounts, the smaller first.
    Direct(AccountId, AccountId),
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its devices.
    pub devices: Vec<PublicKey>,
}

/// What a server starts from: everything but the logs' bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// All accounts.
    pub accounts: Vec<Account>,
    /// All rooms.
    pub rooms: Vec<Room>,
}

/// Entries wanted from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The room.
    pub room: RoomId,
    /// The entries after this one,
    pub after: RoomSeq,
    /// at most so many,
    pub count: usize,
    /// and at most about so many octets (at least one entry is given, if there is one).
    pub bytes: usize,
}

/// Entries of a log, in order and without a gap; fewer than asked for only at the end of the log or by size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What was asked for.
    pub range: Range,
    /// The encoded entries, from `range.after` + 1 on.
    pub entries: Vec<Vec<u8>>,
}

/// What the store can't do. After [`StoreError::Failed`] nothing more may be acknowledged: the process ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room left; nothing of the batch was stored, and it may succeed later.
    #[error("the store is full")]
    Full,
    /// A write or sync failed, and what is durable is unknown.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// The contract.
pub trait Store: Send {
    /// What there is.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be read.
    fn snapshot(&mut self) -> Result<Snapshot, StoreError>;

    /// Applies a batch as one transaction and makes it durable: an outcome for each write, in order.
    ///
    /// # Errors
    /// See [`StoreError`].
    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError>;

    /// Reads a part of a log.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be read.
    fn load(&mut self, range: Range) -> Result<Page, StoreError>;
}
