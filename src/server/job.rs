//! What a server wants done outside of its loop.

use chinwag_proto::wire::message::Secret;

use crate::store::{Outcome, Page, Query, Range, Results, StoreError, Write};

/// Work that a server wants done outside of its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Commit this batch. A server has at most one under way.
    Commit(Vec<Write>),
    /// Read this, for links.
    Load(Range),
    /// Read this, for people.
    Query(WorkId, Query),
    /// Hash a password: slow on purpose.
    Hash(WorkId, Hash),
}

/// Tells jobs of one kind apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkId(pub u64);

/// What is to be done with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hash {
    /// Hash it anew.
    Make {
        /// The password.
        password: Secret,
        /// Random, for this hash only.
        salt: [u8; 16],
    },
    /// Compare it with a hash.
    Check {
        /// The password.
        password: Secret,
        /// A PHC string. `None`: nobody has this password, and to find that out takes as long as if somebody had.
        phc: Option<String>,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hashed {
    /// The new PHC string.
    Made(String),
    /// Whether it is the one.
    Checked(bool),
    /// The machine could not (no memory).
    Failed,
}

/// A server's job, done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The batch is durable, or nothing of it is.
    Committed(Result<Vec<Outcome>, StoreError>),
    /// What was read.
    Loaded(Result<Page, StoreError>),
    /// What was read.
    Queried(WorkId, Result<Results, StoreError>),
    /// What came of a password.
    Hashed(WorkId, Hashed),
}
