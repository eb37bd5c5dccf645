//! What a server wants done outside of its loop: a type for each who does it, so that nobody can be handed what they do not do.

use chinwag_proto::wire::message::Secret;

use chinwag_store::{Outcome, Page, Query, Range, Read, Results, Store, StoreError, Write};

/// Work that a server wants done outside of its loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// For the store.
    Store(StoreJob),
    /// Hash a password: slow on purpose.
    Hash(WorkId, Hash),
    /// Ask the program that vouches for accounts. A server asks a few at a time.
    Ask(WorkId, Ask),
}

/// Work for a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreJob {
    /// Commit this batch. A server has at most one under way.
    Commit(Vec<Write>),
    /// Read something; a store's readers do that, too.
    Read(ReadJob),
}

/// Work for whoever reads a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadJob {
    /// Read this, for links.
    Load(Range),
    /// Read this, for people.
    Query(WorkId, Query),
}

impl StoreJob {
    /// Does it, by this store.
    pub fn run<S: Store + ?Sized>(self, store: &mut S) -> Done {
        match self {
            Self::Commit(batch) => Done::Committed(store.commit(&batch)),
            Self::Read(job) => job.run(store),
        }
    }
}

impl ReadJob {
    /// Does it, by this reader.
    pub fn run<R: Read + ?Sized>(self, reader: &mut R) -> Done {
        match self {
            Self::Load(range) => Done::Loaded(reader.load(range)),
            Self::Query(id, query) => Done::Queried(id, reader.query(&query)),
        }
    }
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
        /// The account moderates every named room that it is a member of.
        is_moderator: bool,
    },
    /// There is no such account, it is closed, or that is not its password.
    No,
    /// The program said nothing that makes sense, or nothing in time.
    Failed {
        /// Why, for the operator.
        why: String,
    },
}

impl Verdict {
    /// What is said where no program is set.
    #[must_use]
    pub fn no_program() -> Self {
        Self::Failed { why: "there is no such program".to_owned() }
    }
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
