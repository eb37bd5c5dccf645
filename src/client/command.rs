//! What an interface asks of a client.

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::id::RoomSeq;

/// What an interface asks of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect, and stay connected.
    Connect(Target),
    /// Enter a room and follow it, on this link and every later one, until left.
    Join {
        /// Its name, with or without `#`.
        room: String,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Leave a room.
    Leave {
        /// Its name.
        room: String,
    },
    /// Say something in a room that was joined (or is being joined).
    Say {
        /// The interface's own number for it; comes back in [`super::Notice::Stored`] or [`super::Notice::Refused`].
        tag: u64,
        /// The room's name.
        room: String,
        /// The text.
        text: String,
    },
    /// Say something to one person.
    Tell {
        /// As in [`Command::Say`].
        tag: u64,
        /// The account's name.
        to: String,
        /// The text.
        text: String,
    },
    /// Give [`super::Notice::Roster`].
    Who {
        /// The room's name.
        room: String,
    },
    /// Entries up to here were shown. Needed only where [`super::Config::shown_by_face`] is set: the record of what this
    /// device holds then follows what was shown, so that a crash in between repeats a line rather than losing it.
    Shown {
        /// The room's name as shown.
        room: String,
        /// Everything up to here.
        upto: RoomSeq,
    },
    /// Say goodbye and stop; [`super::Notice::Stopped`] follows.
    Quit,
}

impl Start {
    /// What a person at a screen wants: from where this device left off, or the last 200 where it is new or more than
    /// 1,000 behind.
    pub const CHAT: Self = Self::Resume { recent: 200, behind_max: Some(1_000) };
}

/// Where a room's log is to begin for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From where this device left off; what was said before it ever was there is not sent. `chat` and `tail`.
    Resume {
        /// So many of the last entries when this device is new to the room, or too far behind.
        recent: u64,
        /// A device that is further behind than this skips to the `recent` last entries; what is skipped is said in
        /// [`super::Notice::Joined`]. `None`: nothing is ever skipped.
        behind_max: Option<u64>,
    },
    /// The last so many entries, whatever this device holds.
    Recent(u64),
    /// Everything.
    All,
}
