//! What a server wants done outside of its loop.

use chinwag_proto::wire::message::Secret;

use chinwag_store::{Outcome, Page, Query, Range, Results, StoreError, Write};

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
    /// Ask the program that vouches for accounts. A server asks a few at a time.
    Ask(WorkId, Ask),
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

/// What the program that vouches for accounts is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The name.
    pub name: String,
    /// The password that was given, which is not empty. `None`: the question is about the name alone.
    pub password: Option<Secret>,
}

/// What the program says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is such an account, and that is its password if one was given.
    Yes {
        /// The account's name, if it is another one than was asked for.
        name: Option<String>,
        /// It moderates every named room that it is a member of.
        is_moderator: bool,
    },
    /// There is no such account, it is closed, or that is not its password.
    No,
    /// It said nothing that makes sense, or nothing in time.
    Failed {
        /// Why, for the operator.
        why: String,
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
    /// What the program said.
    Told(WorkId, Verdict),
}
