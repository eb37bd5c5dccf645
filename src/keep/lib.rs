//! What a device keeps of one server between runs: cursors, the outbox, who is ignored, what is muted and what is being typed. It does the client's [`Save`]s, and
//! knows nothing of sockets or loops.
//!
//! Several programs of one device run side by side on the same `Database` (of the feature `sqlite`). A message in the outbox belongs to the program
//! that wrote it until that program is gone; then another one takes it over ([`Keep::adopt`]) and sends it, under the same id. What is
//! half typed is its program's, too: two chats side by side do not write over each other's lines.

#[cfg(feature = "sqlite")]
mod columns;
#[cfg(feature = "sqlite")]
mod database;
mod error;
mod memory;
#[cfg(feature = "sqlite")]
mod owner;
#[cfg(feature = "sqlite")]
mod writer;

use std::collections::{BTreeMap, BTreeSet};

use chinwag_client_core::{Draft, Save, Saved, SavedCursor, SavedPost, SavedSent};

#[cfg(feature = "sqlite")]
pub use database::{Database, rooms};
pub use error::KeepError;
pub use memory::Memory;

/// What keeps a client's things.
pub trait Keep: Send {
    /// Everything that there is, the messages apart.
    ///
    /// # Errors
    /// It can't be read.
    fn load(&mut self) -> Result<Kept, KeepError>;

    /// Takes over the messages of programs that are gone, in the order in which they were said.
    ///
    /// # Errors
    /// They can't be read, or not made one's own.
    fn adopt(&mut self) -> Result<Vec<SavedPost>, KeepError>;

    /// Takes over what programs that are gone left half typed in rooms (folded names as shown). A room in which several did has all
    /// of it, one below the other.
    ///
    /// # Errors
    /// It can't be read, or not made one's own.
    fn drafts(&mut self) -> Result<BTreeMap<String, Draft>, KeepError>;

    /// Keeps it, all or nothing, durably.
    ///
    /// # Errors
    /// It is not durable.
    fn save(&mut self, save: &Save) -> Result<(), KeepError>;
}

/// What was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Where this device stands in its rooms.
    pub cursors: Vec<SavedCursor>,
    /// What it was told to be stored.
    pub sent: Vec<SavedSent>,
    /// Names (folded) of accounts that are ignored.
    pub ignored: BTreeSet<String>,
    /// Rooms (folded names as shown) that are muted.
    pub muted: BTreeSet<String>,
    /// What the user has set, by name.
    pub settings: BTreeMap<String, String>,
    /// Rooms, by their names as shown, that are to be left.
    pub leaving: BTreeSet<String>,
}

/// A client's jobs, done by `keep`: for a [worker of the loop](chinwag_client_core::Client).
pub fn saving(mut keep: impl Keep) -> impl FnMut(Save) -> Saved + Send {
    let mut is_failing = false;
    move |save| match keep.save(&save) {
        Ok(()) => {
            if std::mem::take(&mut is_failing) {
                log::info!("things are kept on this device again");
            }
            Saved::Kept
        }
        Err(error) => {
            // Said once, however often it is tried.
            let level = if std::mem::replace(&mut is_failing, true) { log::Level::Debug } else { log::Level::Error };
            log::log!(
                level,
                "{error}; until that works, this device keeps nothing: neither what was read, nor what is being typed or on its way"
            );
            Saved::Failed
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
