//! The situations that a range of seeds must have been in: a run that never got there has shown nothing about them.

use std::collections::BTreeMap;
use std::fmt;

/// Declares the situations with the words in which they are printed.
macro_rules! situations {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)*) => {
        /// A situation worth having been in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Situation {
            $($(#[$doc])* $name,)*
        }

        impl Situation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }

        impl fmt::Display for Situation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$name => $words,)* })
            }
        }
    };
}

situations! {
    /// A message was stored and its sender was told.
    Stored = "message stored",
    /// A message was refused and its sender was told.
    Refused = "message refused",
    /// A message in more than one datagram was shown.
    Fragmented = "message in fragments",
    /// A datagram was too long for its path.
    TooLong = "datagram too long for its path",
    /// A direct message was shown to its reader.
    Direct = "direct message",
    /// The server crashed while messages were on their way to it.
    CrashWithTraffic = "server crash with traffic",
    /// A crash lost the batch that was being written.
    CrashLostBatch = "crash lost the batch under way",
    /// A crash kept the batch that was being written, unacknowledged.
    CrashKeptBatch = "crash kept the batch under way",
    /// The server stopped with a farewell.
    Stopped = "server stopped in order",
    /// The server came back with an empty store.
    Wiped = "server lost its store",
    /// A client was told that history begins again.
    HistoryReset = "history reset noticed",
    /// The server's store was put back to an earlier state.
    PutBack = "server's store put back",
    /// A client was told that the store went back.
    WentBack = "store that went back noticed",
    /// A client crashed.
    ClientCrash = "client crash",
    /// What a client had said when it ended was sent by its next life.
    SentByTheNext = "sent from the outbox of an earlier life",
    /// A client went on from the cursor that it had saved in an earlier life.
    ResumedFromSaved = "resumed from a saved cursor",
    /// A client went on within its life after its session was lost.
    ResumedOnNewLink = "resumed on a new link",
    /// A client's address changed.
    Roamed = "address changed",
    /// A client was heard again at a new address without another handshake.
    MovedSession = "session moved to a new address",
    /// A session got new keys and went on.
    Rekeyed = "session rekeyed",
    /// A reset reached a client, which began a new handshake.
    ResetHonoured = "reset honoured",
    /// A post arrived a second time and kept its number.
    DuplicatePost = "duplicate post suppressed",
    /// A client caught up on more than 256 messages at once.
    LongCatchUp = "catch-up over 256 messages",
    /// A client was too far behind and skipped to the end.
    Skipped = "skipped to the end",
    /// A client's link was dead for a while.
    Outage = "outage",
    /// A client's link was dead in one direction.
    OneWayOutage = "outage in one direction",
    /// A client found its server silent.
    ServerSuspect = "server suspected",
    /// A client saw another become unreachable.
    PeerUnreachable = "peer seen unreachable",
    /// A client saw another leave.
    PeerLeft = "peer seen leaving",
    /// A client slept while its socket filled.
    Nap = "process napped",
    /// A socket's buffer overflowed.
    Overflow = "socket buffer overflowed",
    /// Everyone shows the same pins, and there are some.
    PinsAgree = "pins agreed upon",
    /// A client left a room.
    LeftRoom = "room left",
    /// A client was shown what is said in a room that it follows from outside.
    FromOutside = "room followed from outside",
    /// A client may not read any more what it followed from outside.
    FollowEnded = "following from outside ended",
    /// Two processes of one device ran at once.
    TwoInstances = "two instances of a device",
    /// A wall clock jumped.
    ClockJump = "wall clock jumped",
    /// An operator had that removed which was old by a clock that had jumped.
    PrunedByAge = "pruned by a clock that jumped",
    /// A stranger sent something from an address that had proved nothing.
    Stranger = "stranger's datagram",
    /// A datagram arrived spoiled.
    Corrupted = "datagram corrupted",
    /// The server was reached over IPv6.
    Ipv6 = "session over IPv6",
    /// A server key was pinned on first use.
    Pinned = "server pinned on first use",
}

/// How often each situation came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<Situation, u64>);

impl Coverage {
    /// The situation came up.
    pub fn hit(&mut self, situation: Situation) {
        *self.0.entry(situation).or_default() += 1;
    }

    /// How often.
    #[must_use]
    pub fn count(&self, situation: Situation) -> u64 {
        self.0.get(&situation).copied().unwrap_or(0)
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (&situation, n) in &other.0 {
            *self.0.entry(situation).or_default() += n;
        }
    }

    /// What never came up.
    #[must_use]
    pub fn missing(&self) -> Vec<Situation> {
        Situation::ALL.iter().copied().filter(|&s| self.count(s) == 0).collect()
    }
}

/// A line each.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Situation::ALL.iter().try_for_each(|&s| writeln!(f, "{s:34} {:>9}", self.count(s)))
    }
}
