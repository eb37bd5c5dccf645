//! What an interface asks of a client.

use std::net::SocketAddr;

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Away, Body};

use super::ask::Ask;
use super::config::Login;
use super::entering::Entering;
use super::save::{Draft, SavedPost};

/// What an interface asks of a client. A room is given by its name, with or without `#`; `@ann` are the direct messages
/// shared with ann.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Connect, and stay connected.
    Connect(Target),
    /// Look for the server at these addresses from now on, in the place of those before; a session that stands goes on.
    Reach(Vec<SocketAddr>),
    /// Be this account from now on, where the login was refused or is yet to come.
    Identify {
        /// The account's name.
        name: String,
        /// How to become it.
        login: Login,
    },
    /// Follow a room, on this link and every later one, until left.
    Join {
        /// The room's name.
        room: String,
        /// How it comes to be followed.
        entering: Entering,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Leave a room.
    Leave {
        /// The room's name.
        room: String,
    },
    /// Say or do something in a room that was joined (or is being joined), or in one's direct messages with a person.
    Post {
        /// The interface's own number for it; comes back in [`super::Notice::Stored`] or [`super::Notice::Refused`].
        tag: u64,
        /// The room's name.
        room: String,
        /// The tag of what it is about, where this interface has said that there and it may not be stored yet. Then it waits for that
        /// one's number, which takes the place of the number in `body`, and is refused if that one is. A
        /// [`Body::Delete`] of what was not sent at all takes it back ([`super::Notice::TakenBack`]), and a [`Body::Edit`] of a
        /// message that was not sent at all changes it ([`super::Notice::Reworded`]).
        about: Option<u64>,
        /// What.
        body: Body,
    },
    /// Ask the server for something. [`super::Notice::Answered`] comes once, maybe after a new connection.
    Ask {
        /// The interface's own number for it.
        tag: u64,
        /// What.
        ask: Ask,
    },
    /// The user types in a room. Say it as often as a key is pressed.
    Typing {
        /// The room's name.
        room: String,
    },
    /// Be shown as here, idle or away, on this link and every later one.
    Away(Away),
    /// Give [`super::Notice::Roster`].
    Who {
        /// The room's name.
        room: String,
    },
    /// Send what programs of this device that are gone had said and nobody answered; [`super::Notice::Kept`] tells of each. As
    /// [`super::Config::outbox`], for what is found later.
    Adopt(Vec<SavedPost>),
    /// Give up what was said by this interface and is not answered, while there is no login to send it by: it is refused, and
    /// not kept.
    Withdraw,
    /// Mark what an account writes as ignored from now on, or not any more.
    Ignore {
        /// The account's name.
        name: String,
        /// Ignore it.
        is_ignored: bool,
    },
    /// Keep on this device that a room is muted, or is not any more: what is said there neither rings nor counts as unread.
    Mute {
        /// The room's name.
        room: String,
        /// Mute it.
        is_muted: bool,
    },
    /// Keep on this device what is being typed in a room and was not entered; `None`: nothing is any more.
    Draft {
        /// The room's name.
        room: String,
        /// The text.
        draft: Option<Draft>,
    },
    /// Keep on this device what the user has set, by its name; `None`: it is as it would be by itself.
    Setting {
        /// The name.
        name: String,
        /// What it is set to.
        value: Option<String>,
    },
    /// Entries up to here were shown. Needed only where [`super::Config::shown_by_face`] is set: the record of what this
    /// device holds then follows what was shown, so that a crash in between repeats a line rather than losing it. Where
    /// [`super::Config::reads`] says that a person looks on, it was read.
    Shown {
        /// The room's name as shown.
        room: String,
        /// Everything up to here.
        upto: RoomSeq,
    },
    /// Entries up to here are where the user will find them, though not read yet: in a room that is not in view. As
    /// [`Command::Shown`], but nobody is told that they were read.
    Held {
        /// The room's name as shown.
        room: String,
        /// Everything up to here.
        upto: RoomSeq,
    },
    /// Say goodbye and stop; [`super::Notice::Stopped`] follows.
    Quit,
}

impl Command {
    /// A room is to be entered, and made if there is none.
    #[must_use]
    pub const fn join(room: String, start: Start) -> Self {
        Self::Join { room, entering: Entering::Open, start }
    }

    /// Something is to be said or done that is about nothing that has no number yet.
    #[must_use]
    pub const fn post(tag: u64, room: String, body: Body) -> Self {
        Self::Post { tag, room, about: None, body }
    }

    /// A text, to be posted.
    #[must_use]
    pub const fn say(tag: u64, room: String, text: String) -> Self {
        Self::post(tag, room, Body::Text(text))
    }
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
