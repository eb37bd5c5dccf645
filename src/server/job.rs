//! What a server wants done outside of its loop.

use crate::store::{Outcome, Page, Range, StoreError, Write};

/// Work that a server wants done outside of its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Commit this batch. A server has at most one under way.
    Commit(Vec<Write>),
    /// Read this.
    Load(Range),
}

/// A server's job, done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The batch is durable, or nothing of it is.
    Committed(Result<Vec<Outcome>, StoreError>),
    /// What was read.
    Loaded(Result<Page, StoreError>),
}
