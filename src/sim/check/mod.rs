//! The checkers: each states one promise of chinwag and watches a run from outside for a breach of it.
//!
//! They see what users, disks and wires see (commands and notices, commits, datagrams), never a machine's inside.

pub mod facts;
pub mod log;
pub mod presence;
pub mod text;
pub mod transcript;
pub mod wire;

use std::fmt;

use chinwag_proto::time::Instant;

/// The promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// A message is in its log once, and a client shows each entry once.
    ExactlyOnce,
    /// Every member sees the same entry under the same number, without a gap, each sender's in the order of sending.
    OneOrder,
    /// What a sender was told is stored is in the log, now and after every restart.
    Acknowledged,
    /// What a client shows is in the log, now and after every restart.
    VisibleDurable,
    /// What a device recorded as seen was shown before: a crash may repeat, never lose.
    ShownThenRecorded,
    /// All that are connected have everything within 10 s of healing, and every message was answered.
    CatchUp,
    /// All agree who is there.
    Presence,
    /// All agree what holds in a room: what is pinned, slow mode and others.
    Facts,
    /// An address that has proved nothing gets at most what it sent.
    NoAmplification,
    /// Nothing is removed before its time, whatever the wall clock says.
    KeptForItsTime,
    /// Who may not read a room is shown nothing of it, and who only reads is no member.
    OnlyReads,
    /// Machines come to rest, and the network does too.
    Liveness,
    /// Tables do not grow beyond what is there.
    Memory,
    /// A chat that goes to another server by itself leaves nothing behind: no message, no history, nobody.
    NothingLeftBehind,
    /// A chat that is well where it is stays there.
    NoOscillation,
    /// No server is spoken of, or gone to, that has not proved its key.
    NobodyIsBelieved,
    /// Whoever forges beacons causes a bounded number of handshakes.
    BoundedHandshakes,
    /// Of two who host alone and hear each other, one goes to the other.
    Together,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ExactlyOnce => "exactly once",
            Self::OneOrder => "one order",
            Self::Acknowledged => "acknowledged means in the log",
            Self::VisibleDurable => "visible means durable",
            Self::ShownThenRecorded => "shown, then recorded",
            Self::CatchUp => "catch up",
            Self::Presence => "presence converges",
            Self::Facts => "facts of rooms converge",
            Self::NoAmplification => "no amplification",
            Self::KeptForItsTime => "kept for its time",
            Self::OnlyReads => "only who may reads",
            Self::Liveness => "liveness",
            Self::Memory => "memory within budgets",
            Self::NothingLeftBehind => "nothing is left behind",
            Self::NoOscillation => "no oscillation",
            Self::NobodyIsBelieved => "nobody is believed",
            Self::BoundedHandshakes => "bounded handshakes",
            Self::Together => "those who are alone come together",
        })
    }
}

/// A breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of which promise.
    pub promise: Promise,
    /// When.
    pub at: Instant,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} broken at {}: {}", self.promise, self.at, self.what)
    }
}

/// Breaches in the order in which they were seen; the first few are enough.
#[derive(Debug, Default)]
pub struct Findings {
    now: Instant,
    list: Vec<Finding>,
}

const KEPT: usize = 20;

impl Findings {
    /// From now on it is that late.
    pub fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// A promise was broken.
    pub fn add(&mut self, promise: Promise, what: String) {
        if self.list.len() < KEPT {
            self.list.push(Finding { promise, at: self.now, what });
        }
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All that were kept.
    #[must_use]
    pub fn into_list(self) -> Vec<Finding> {
        self.list
    }
}
