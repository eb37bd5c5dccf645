//! The client: outbox, timelines, roster, and what a user interface needs of them. PURE: no socket, clock, thread, file or
//! entropy of its own.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{LogId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Entry, Presence, Refusal};

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
        /// The interface's own number for it; comes back in [`Notice::Stored`] or [`Notice::Refused`].
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
    /// Give [`Notice::Roster`].
    Who {
        /// The room's name.
        room: String,
    },
    /// Say goodbye and stop; [`Notice::Stopped`] follows.
    Quit,
}

/// Where a room's log is to begin for a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From where this device left off; what was said before it ever was there is not sent. `chat` and `tail`.
    Resume {
        /// So many of the last entries when this device is new to the room, or far behind.
        recent: u64,
    },
    /// The last so many entries, whatever this device holds.
    Recent(u64),
    /// Everything.
    All,
}

/// What a client tells its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// How the connection stands.
    Connection(Connection),
    /// A room was entered, or entered again on a new link.
    Joined {
        /// The room.
        room: RoomId,
        /// Its name as shown: `#lobby`, `@ann`.
        name: String,
        /// Entries after this one are coming.
        after: RoomSeq,
        /// The last entry there was.
        head: RoomSeq,
        /// Entries between the device's cursor and `after` are skipped, this many.
        skipped: u64,
    },
    /// A request was refused.
    Denied {
        /// What was asked for, as the user would say it: `join #lobby`.
        request: String,
        /// Why.
        reason: Refusal,
    },
    /// The server's log of this room is another than the one this device knew: numbers begin again.
    HistoryReset {
        /// The room's name as shown.
        name: String,
    },
    /// An entry arrived; each number once, at once, maybe before one with a smaller number.
    Entry {
        /// The room.
        room: RoomId,
        /// The room's name as shown.
        name: String,
        /// Its number.
        number: RoomSeq,
        /// Everything up to here has arrived.
        contiguous_upto: RoomSeq,
        /// Written by this account.
        own: bool,
        /// The entry.
        entry: Entry,
    },
    /// Someone's presence in a room changed (not part of the roster that a join begins with).
    Presence {
        /// The room's name as shown.
        room: String,
        /// Whose.
        who: String,
        /// What was shown of them before; `None`: they were not here.
        before: Option<Presence>,
        /// What they are now.
        now: Presence,
    },
    /// Who is in a room, by name.
    Roster {
        /// The room's name as shown.
        room: String,
        /// Names and states.
        who: Vec<(String, Presence)>,
    },
    /// A message is in the outbox, and there is no connection to send it on now.
    Queued {
        /// As given in the command.
        tag: u64,
    },
    /// A message is stored by the server.
    Stored {
        /// As given in the command.
        tag: u64,
        /// The room.
        room: RoomId,
        /// Its number.
        number: RoomSeq,
    },
    /// A message was refused and is not in the outbox any more.
    Refused {
        /// As given in the command.
        tag: u64,
        /// Why.
        reason: Refusal,
    },
    /// The client has stopped.
    Stopped,
}

/// How a connection stands, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// No answer yet.
    Trying {
        /// Attempts so far.
        attempts: u32,
        /// Time since the first.
        elapsed: Duration,
    },
    /// The server has this key, not pinned yet. Connect again with a pin to go on.
    Unpinned {
        /// Where.
        addr: SocketAddr,
        /// Its key.
        key: PublicKey,
        /// A join key is needed by new devices.
        join_key_needed: bool,
    },
    /// Only servers with another key answer.
    WrongKey {
        /// The pinned key.
        expected: PublicKey,
        /// Another's.
        seen: PublicKey,
    },
    /// The server speaks only other versions.
    WrongVersion {
        /// What it speaks.
        theirs: VersionRange,
    },
    /// The join key was refused, or is missing.
    JoinKeyRefused,
    /// The session stands.
    Up {
        /// The server's address.
        addr: SocketAddr,
        /// Its key, proved.
        key: PublicKey,
    },
    /// Logged in.
    LoggedIn {
        /// The account's name.
        name: String,
        /// The server's name.
        server: String,
    },
    /// The login was refused.
    LoginRefused(Refusal),
    /// The server has been silent for a while.
    Suspect,
    /// The server is heard again.
    Alive,
    /// The session is lost; trying again.
    Lost {
        /// Why, for people.
        why: String,
    },
    /// The server ended the session for good.
    Ended {
        /// Why, for programs.
        code: CloseCode,
        /// Why, for people.
        reason: String,
    },
}

/// What a client wants kept on disk: shown first, then recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// Cursors that moved, by the room's name as shown.
    pub cursors: Vec<SavedCursor>,
}

/// The last entry of a room that this device holds without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCursor {
    /// The room's name as shown.
    pub name: String,
    /// The room's log.
    pub log: LogId,
    /// The entry.
    pub upto: RoomSeq,
}

/// A [`Save`] is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved;
