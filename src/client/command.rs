//! What an interface asks of a client.

use std::net::SocketAddr;

use chinwag_proto::endpoint::Target;
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Away, Body, Secret};

use super::ask::Ask;
use super::config::Login;
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
    /// As [`Self::Join`], but only if there is a room of that name: none is made.
    Enter {
        /// Its name.
        room: String,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Enter a room and follow it, on this link and every later one, until left.
    Join {
        /// Its name.
        room: String,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Follow a public room without entering it, on this link and every later one, until left: its entries come, and nothing
    /// changes by that. Whoever is a member follows it as by [`Self::Join`]. Nothing can be said there before it is joined.
    Follow {
        /// Its name.
        room: String,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Make a room, and follow it.
    Create {
        /// Its name.
        room: String,
        /// Who may enter it.
        access: Access,
        /// For [`Access::Password`].
        password: Option<Secret>,
    },
    /// Enter a room that has a password, and follow it.
    Unlock {
        /// Its name.
        room: String,
        /// The password.
        password: Secret,
        /// Where to begin if this device holds nothing of it.
        start: Start,
    },
    /// Leave a room.
    Leave {
        /// Its name.
        room: String,
    },
    /// Say or do something in a room that was joined (or is being joined), or in one's direct messages with a person.
    Post {
        /// The interface's own number for it; comes back in [`super::Notice::Stored`] or [`super::Notice::Refused`].
        tag: u64,
        /// The room's name.
        room: String,
        /// What.
        body: Body,
    },
    /// The same about what this interface has said there under another tag and is not stored yet. It waits for that one's
    /// number, which takes the place of the number in it, and is refused if that one is.
    PostAbout {
        /// As in [`Command::Post`].
        tag: u64,
        /// The room's name.
        room: String,
        /// The other one's tag.
        about: u64,
        /// What. The number of what it is about counts for nothing.
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
    /// Take back what was said under the tag `about` before any of it was sent: [`super::Notice::TakenBack`] follows. What may
    /// have been sent is deleted as soon as it has its number, as by a [`Command::PostAbout`].
    TakeBack {
        /// The interface's number for this.
        tag: u64,
        /// The room's name.
        room: String,
        /// The tag under which it was said.
        about: u64,
    },
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
    /// A text, to be posted.
    #[must_use]
    pub const fn say(tag: u64, room: String, text: String) -> Self {
        Self::Post { tag, room, body: Body::Text(text) }
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
