//! What a typed line asks for.

use std::time::Duration;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Access, Act};

use crate::ring::About;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing: it is blank.
    Blank,
    /// Say this in the room that is being followed.
    Say(String),
    /// `/join #room`, with a password or not.
    Join(String, Option<String>),
    /// `/leave` or `/leave #room`
    Leave(Option<String>),
    /// `/who` or `/who #room`
    Who(Option<String>),
    /// `/msg ann hello`
    Msg {
        /// To whom.
        to: String,
        /// What.
        text: String,
    },
    /// `/reply 12 yes`
    Reply(Which, String),
    /// `/edit ^ what I meant`
    Edit(Which, String),
    /// `/delete 12`
    Delete(Which),
    /// `/react 12 👍`, or `-👍` to take it back.
    React {
        /// The message.
        of: Which,
        /// What with.
        emoji: String,
        /// Set, or taken back.
        is_set: bool,
    },
    /// `/pin`, `/pin 12`, `/unpin 12`: without a number the last message, or the last that is pinned.
    Pin {
        /// The message.
        of: Option<Which>,
        /// Pinned, or not any more.
        is_set: bool,
    },
    /// `/pins`
    Pins,
    /// `/history`, `/history 50`, `/history 2h`
    History(Past),
    /// `/search blue bicycle`
    Search(String),
    /// `/status`
    Status,
    /// `/rooms`
    Rooms,
    /// `/members` or `/members #room`
    Members(Option<String>),
    /// `/create #plans invite`
    Create(String, Access),
    /// `/open public`
    Open(Access),
    /// `/topic the move on Friday`; `/topic -` removes it (empty), `/topic` shows it (none).
    Topic(Option<String>),
    /// `/slow` and others alone: what holds in the room.
    Facts,
    /// `/kick eve` and others that do something to a member or the room.
    Act(Act),
    /// `/ban eve 2h`, `/mute eve 10m`: it lasts so long from now on; without a time until it is lifted.
    Restrain {
        /// Whom.
        who: String,
        /// How.
        how: Restraint,
        /// How long.
        lasts: Option<Duration>,
    },
    /// `/mute #builds`: nothing that is said there rings or counts as unread, or does again.
    Quiet {
        /// The room.
        room: String,
        /// Mute it.
        is_muted: bool,
    },
    /// `/notify all`, or `/notify` for what rings here.
    Notify(Option<About>),
    /// `/arrivals off`, or `/arrivals` for how it is.
    Arrivals(Option<bool>),
    /// `/theme` or `/theme dark`
    Theme(Option<String>),
    /// `/nick ann`
    Nick(String),
    /// `/away lunch`
    Away(String),
    /// `/back`
    Back,
    /// `/ignore eve`, or `/ignore` for the list.
    Ignore(Option<String>),
    /// `/unignore eve`
    Unignore(String),
    /// `/register` or `/register ann`
    Register(Option<String>),
    /// `/login` or `/login ann`
    Login(Option<String>),
    /// `/password`
    Password,
    /// `/unregister ann`
    Unregister(String),
    /// `/server` or `/server lab`
    Server(Option<String>),
    /// `/devices`
    Devices,
    /// `/revoke k3v9q`
    Revoke(String),
    /// `/help` or `/help ban`
    Help(Option<&'static str>),
    /// `/quit`
    Quit,
}

/// Which message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one with this number.
    Number(RoomSeq),
    /// `^`: the last one: one's own where one can only mean that, else of the room.
    Last,
    /// `~3`: what this program said as its third, which had no number when it was chosen.
    Said(u64),
}

/// How much of the past is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// So many messages; as many as a page has if it was not said.
    Count(Option<u16>),
    /// So long.
    Since(Duration),
    /// What comes after the part that was shown last.
    More,
}

/// What a member is kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restraint {
    /// The room.
    Ban,
    /// Writing.
    Mute,
}
