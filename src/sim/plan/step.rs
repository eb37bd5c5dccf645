//! What may happen in a run, and to whom.

use chinwag_proto::weather::Spec;

use crate::network::{Cut, HostId};
use chinwag_simnet::process::Schedule;

/// What a run is mostly about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Theme {
    /// A bit of everything.
    Mixed,
    /// Bad weather only.
    Storm,
    /// The server goes down again and again.
    Restarts,
    /// Clients change their addresses.
    Roaming,
    /// Someone is away while much is said.
    Absence,
    /// Half an hour and more, so that keys grow old.
    Long,
    /// The server loses what it stored.
    Wiped,
    /// The server's store is put back to an earlier state.
    PutBack,
}

/// One client.
#[derive(Clone, Debug)]
pub struct ClientPlan {
    /// Whose device it is: the first client of that device.
    pub device: usize,
    /// The client uses IPv6.
    pub ipv6: bool,
    /// The client shares its address with this one.
    pub shares_address_with: Option<usize>,
    /// The client takes the server's key on trust the first time.
    pub trusts: bool,
    /// The client wants everything of a room that it holds nothing of; otherwise only the end.
    pub from_start: bool,
    /// The client skips what it missed if that is more than this.
    pub behind_max: Option<u64>,
    /// How it gets to run.
    pub schedule: Schedule,
    /// How long its disk takes to record cursors, in µs.
    pub record_us: u64,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A client starts.
    Start(HostId),
    /// A client dies.
    Crash(HostId),
    /// A client quits.
    Quit(HostId),
    /// A client enters a room, and will again whenever it starts.
    Join(HostId, usize),
    /// A client leaves a room.
    Leave(HostId, usize),
    /// A client follows a room from outside, and will again whenever it starts.
    Follow(HostId, usize),
    /// The owner of a room, if one is there, lets nobody read it who is no member, or everyone again.
    Open(usize, bool),
    /// The owner of a room, if one is there, keeps a client's account out, or lifts that.
    Ban(usize, HostId, bool),
    /// A client says something of that length in a room.
    Say(HostId, usize, usize),
    /// A client pins the entry that is so many before the last that it has of a room, or takes that back.
    Pin(HostId, usize, u64, bool),
    /// A client says something of that length to another.
    Tell(HostId, HostId, usize),
    /// The weather on a client's link changes.
    Weather(HostId, Box<Spec>),
    /// A client's link is cut or mended.
    Cut(HostId, Cut),
    /// A client's address changes.
    Roam(HostId),
    /// A client's process does not run for so many µs.
    Nap(HostId, u64),
    /// The server dies.
    ServerCrash,
    /// The server says goodbye and stops.
    ServerStop,
    /// The server starts.
    ServerStart,
    /// The server dies and its store is lost.
    Wipe,
    /// The server's store is copied, while it runs or while it does not.
    Copy,
    /// The server dies and the copy takes the place of its store.
    PutBack,
    /// A host's wall clock is set to another time, in ms.
    SetWall(HostId, u64),
    /// From now on a room keeps what was said for a day: longer than any run.
    KeepForADay(usize),
    /// The operator wants that removed now which a room does not keep.
    Prune(usize),
    /// A stranger sends something to the server.
    Stranger(Mischief),
    /// Everything that was wrong is right again.
    Heal,
    /// Everyone has everything now.
    MustBeComplete,
    /// Everyone asks who is there.
    AskWho,
    /// The run is over.
    End,
}

/// What a stranger sends, from an address that has proved nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Something that a client sent before.
    Replay,
    /// Something that a client sent before, with a bit flipped.
    Spoiled,
    /// The beginning of something that a client sent before.
    Truncated,
    /// Random octets behind a valid first one.
    Garbage,
}
