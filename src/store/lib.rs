//! The store's contract: what a server needs to remember, whoever remembers it.
//!
//! A store takes batches of [`Write`]s, each batch one transaction, and answers each write with an [`Outcome`] after it is
//! durable. It assigns every number: of accounts, rooms and entries. It knows nothing of sessions, links or sockets. Of an
//! entry it reads the body, for search and for what removes it, and nothing else. Implementations: `sqlite::Sqlite` (of the feature `sqlite`), which a
//! server uses, and [`memory::Memory`], which forgets at the end of the process and which the simulator uses, with crashes,
//! as its model. Both pass the same checks, and do the same at random.

#[cfg(test)]
pub(crate) mod conformance;
mod entry;
mod epochs;
pub mod memory;
mod query;
mod room;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod state;
mod text;
mod write;

pub use epochs::Epochs;
pub use query::{Found, Located, Page, Pages, Query, Range, Results, Search, Span, Texts};
pub use state::{
    Account, Ban, Device, Invite, Kind, Loss, Member, Mute, Reading, Retention, Room, Scopes, SecretHash, Snapshot,
    Timekeeping, Token,
};
pub use write::{Append, Change, Freed, NewAccount, NewRoom, Origin, Outcome, Upkeep, Write};

use thiserror::Error;

/// Bodies that one [`Write::Prune`] removes at most, and numbers that it goes over; and entries that one [`Write::Redate`] redates.
pub const PRUNE_MAX: u64 = 1_024;
/// What an ephemeral room keeps, in octets.
pub const EPHEMERAL_MAX_BYTES: usize = 4 << 20;
/// What each of its entries counts beside its own octets.
pub const EPHEMERAL_OVERHEAD_BYTES: usize = 64;
/// So many newest ids of an ephemeral room make a repeat harmless.
pub const EPHEMERAL_IDS: usize = 16_384;

/// What an entry uses up beside its body, for ever: its row, its number, and the id by which a repeat is known.
pub const ENTRY_USES_BYTES: u64 = 128;

/// The longest entry that deletes a text.
const DELETION_MAX_LEN: usize = 96;
/// What the deletion of a text uses up. It is counted with the text, so that nothing that came meanwhile stands in its way.
pub const DELETION_USES_BYTES: u64 = ENTRY_USES_BYTES + DELETION_MAX_LEN as u64;

/// What an entry of so many octets uses up that does this.
#[must_use]
pub const fn uses(change: &Change, octets: usize) -> u64 {
    let own = ENTRY_USES_BYTES + octets as u64;
    match change {
        // The text has it.
        Change::Delete { .. } => 0,
        // Reactions are among these, and are too few to be told apart.
        Change::None | Change::About(_) => own + DELETION_USES_BYTES,
        Change::Edit(_)
        | Change::Topic(_)
        | Change::Role(..)
        | Change::Kick(_)
        | Change::Ban(..)
        | Change::Unban(_)
        | Change::Mute(..)
        | Change::Unmute(_)
        | Change::Invite(_)
        | Change::Open(..)
        | Change::Fact(_)
        | Change::Pin { .. } => own,
    }
}

/// What the store can't do. After [`StoreError::Failed`] nothing more may be acknowledged: the process ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// There is no room left; nothing of the batch was stored, and it may succeed later. Where a store holds some space back, it
    /// refuses what makes it larger write by write, instead ([`Store::commit`]).
    #[error("the store is full")]
    Full,
    /// What was asked for lies in a part of the medium that can't be understood any more. Nothing of it was done; what lies
    /// elsewhere is as good as before. Of [`Store::snapshot`], and of [`Store::commit`], it means that nothing goes any more: a
    /// write that meets damage and can be left out is refused by itself.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A write or sync failed, and what is durable is unknown.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What can be asked of a store beside its one writer: several may read at once.
pub trait Read: Send {
    /// Reads a part of a log, as it goes to a device that follows it: nothing is left out, a body that is gone is empty, and so
    /// is one that is damaged ([`Page::unreadable`]).
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be read.
    fn load(&mut self, range: Range) -> Result<Page, StoreError>;

    /// Reads what a person asks for. Who may see what is decided by the store's own tables, in the query itself.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be read; [`StoreError::Damaged`] if this can't, and something else may.
    fn query(&mut self, query: &Query) -> Result<Results, StoreError>;

    /// Looks once for damage that nobody comes upon by reading, and has it mended. That takes long where much is stored, holds up
    /// nobody else, and is given up when the store ends.
    fn check(&mut self) {}
}

/// The contract.
pub trait Store: Read {
    /// What there is.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if it can't be read.
    fn snapshot(&mut self) -> Result<Snapshot, StoreError>;

    /// Applies a batch as one transaction and makes it durable: an outcome for each write, in order. A write that is refused
    /// changes nothing and stops nothing else. When the medium is full, entries, accounts and rooms may be refused as
    /// [`Refusal::StoreFull`](chinwag_proto::wire::message::Refusal::StoreFull), while what removes something goes
    /// on, and a little of what looks after the rooms ([`Change::upkeep`]).
    ///
    /// # Errors
    /// See [`StoreError`].
    fn commit(&mut self, batch: &[Write]) -> Result<Vec<Outcome>, StoreError>;

    /// Does one bounded piece of what keeps the store in order: something that no answer waits for, and that would hold up
    /// the next batch if it came with one. Gives whether there is more of it. Whoever has no batch to commit may call it until
    /// there is not; a store that is never given the time does the most urgent of it in its batches. A failure is the next
    /// batch's.
    fn tend(&mut self) -> bool {
        false
    }
}
