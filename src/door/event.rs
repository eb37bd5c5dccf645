//! What happens, as a program sees it.

use chinwag_client_core::{
    Attempt, Delivered, Denial, Notice, OverBudget, PresenceChange, Present, Quality, QuotaNear, Reply, TypingChange,
    Unreadable,
};
use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Body, Entry, Facts, Refusal, RoomInfo};

use super::error::ConnectError;
use super::session::Change;

/// Which message, or which question, of this program.
///
/// ```no_run
/// # fn run(client: &chinwag_client::Client, events: chinwag_client::Events) {
/// use std::collections::BTreeMap;
///
/// use chinwag_client::Event;
///
/// let mut open = BTreeMap::new();
/// for build in ["build 1234", "build 1235"] {
///     open.insert(client.say("builds", build).tag(), build);
/// }
/// for event in events {
///     match event {
///         Event::Stored { tag, number } => println!("{:?} is message {}", open.remove(&tag), number.0),
///         Event::Refused { tag, reason } => println!("{:?} was refused: {reason:?}", open.remove(&tag)),
///         _ => {}
///     }
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub(super) u64);

/// What happens, in the order in which it is known. Rooms are named as they are shown: `#lobby`, and `@ann` for the direct
/// messages shared with ann.
///
/// ```no_run
/// # #[cfg(feature = "sqlite")]
/// # fn run() -> Result<(), chinwag_client::ConnectError> {
/// use chinwag_client::{Change, Device, Event};
///
/// let (client, events) = Device::open("watch.home")?.server("lab")?.name("watch").connect()?;
/// client.join("lobby");
/// for event in events {
///     match event {
///         Event::Message(said) => println!("{} {}: {}", said.room, said.from(), said.text().unwrap_or_default()),
///         Event::Connection(Change::Lost { why }) => eprintln!("{why}; trying again"),
///         Event::Ended(error) => return Err(error),
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// What has become of the connection. What is said while there is none is kept, and the client goes on trying.
    Connection(Change),
    /// The client ends: nothing comes after this.
    Ended(ConnectError),
    /// Somebody said something, or did something to what was said. Each entry of a room comes once, in the room's order.
    Message(Message),
    /// A room that is followed without being entered may not be read any more: it is not public any more, or the account or this
    /// device is banned there. Nothing more of it comes.
    FollowEnded {
        /// The room.
        room: String,
        /// Why: what a further [`Client::follow`](super::Client::follow) would be refused with.
        reason: Refusal,
    },
    /// A room was entered, or is followed without that, for the first time or again after a new connection: its messages follow.
    Joined {
        /// The room.
        room: String,
        /// The number of its last entry.
        head: RoomSeq,
        /// So many entries between where this device left off and what follows are skipped.
        skipped: u64,
    },
    /// The account is no member of a room any more.
    Out {
        /// The room.
        room: String,
    },
    /// The account may enter a room now.
    Invited {
        /// The room.
        room: String,
    },
    /// Something was refused that has no answer of its own, like entering a room.
    Denied {
        /// What was asked for.
        request: Attempt,
        /// Why.
        reason: Refusal,
    },
    /// A room's numbers begin anew, or go back: the server's store is another one, or was put back to an earlier state.
    Reset {
        /// The room.
        room: String,
        /// The last entry that is still the same. `None`: it is another log.
        back_to: Option<RoomSeq>,
    },
    /// Some entries can't be read any more, since the server's disk is damaged.
    Unreadable(Unreadable),
    /// What the server says of a room: of each of the account's rooms after every login, and whenever something changes; and of
    /// one that is followed without being entered, whenever that begins.
    Room {
        /// The room.
        room: String,
        /// What it says.
        info: RoomInfo,
    },
    /// Somebody's presence in a room changed.
    Presence(PresenceChange),
    /// Who is in a room.
    Roster {
        /// The room.
        room: String,
        /// Names and states.
        who: Vec<Present>,
    },
    /// Somebody types in a room, or has stopped.
    Typing(TypingChange),
    /// What [`Client::ask_for`](super::Client::ask_for) was asked for is answered, once.
    Answered {
        /// Which question.
        tag: Tag,
        /// The answer, or why there is none.
        result: Result<Reply, Denial>,
    },
    /// A message of this client is in the outbox of its device: if this program ends now, the next one sends it. Of a device in
    /// memory this is told only while there is no connection, and ends with the program.
    Queued {
        /// Which.
        tag: Tag,
        /// There is no connection to send it on now.
        is_offline: bool,
    },
    /// A message of this client is stored, and has its number.
    Stored {
        /// Which.
        tag: Tag,
        /// The message's number.
        number: RoomSeq,
    },
    /// A message of this client was refused.
    Refused {
        /// Which.
        tag: Tag,
        /// Why.
        reason: Refusal,
    },
    /// A message could not be kept on this device. While this program runs, it is sent all the same.
    NotKept {
        /// Which.
        tag: Tag,
    },
    /// Nine tenths of what the server keeps of something are used up; what is more will be refused.
    QuotaNear(QuotaNear),
    /// The account has written as much at once as the server takes from one: what waits here goes on more slowly. Nothing is lost by
    /// it, and nothing is to be done.
    OverBudget(OverBudget),
    /// What an earlier program of this device had said was answered now.
    Kept {
        /// The room.
        room: String,
        /// What it was.
        body: Body,
        /// The message's number, or why it was refused.
        answer: Result<RoomSeq, Refusal>,
    },
    /// One of this account's newest messages has got further.
    Delivered(Delivered),
    /// The account has read a room up to here, on whatever device.
    Read {
        /// The room.
        room: String,
        /// The entry.
        upto: RoomSeq,
    },
    /// The facts of a room (what is pinned, slow mode and others), all of them whenever one is told: when the room was entered,
    /// unless they are as in a new room, and whenever they change.
    Facts {
        /// The room.
        room: String,
        /// As the room's log has them up to this entry.
        upto: RoomSeq,
        /// All of them.
        facts: Facts,
    },
    /// How good the link is, when that has changed noticeably.
    Link(Quality),
}

/// An entry of a room.
///
/// ```no_run
/// # fn shout(client: &chinwag_client::Client, said: &chinwag_client::Message) {
/// // Answers what others say, and never itself.
/// if let (false, Some(text)) = (said.is_own, said.text()) {
///     drop(client.say(&said.room, &text.to_uppercase()));
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The room.
    pub room: String,
    /// The message's number there.
    pub number: RoomSeq,
    /// Who wrote what, when.
    pub entry: Entry,
    /// Written by this account, on whatever device.
    pub is_own: bool,
    /// Written by somebody whom the user ignores.
    pub is_ignored: bool,
}

impl Message {
    /// Who wrote it, by their name then.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.entry.name
    }

    /// What it says, if it says something: an edit says what its message says from now on.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.entry.body.text()
    }
}

impl Event {
    /// What a program sees of what its client tells: the one place where that is decided. Messages come in their order, and of the
    /// connection its session says what there is to say.
    pub(super) fn of(notice: Notice) -> Option<Self> {
        Some(match notice {
            Notice::HistoryReset { name: room, back_to } => Self::Reset { room, back_to },
            Notice::Stored { tag, number, room: _ } => Self::Stored { tag: Tag(tag), number },
            Notice::Refused { tag, reason } => Self::Refused { tag: Tag(tag), reason },
            Notice::Answered { tag, result } => Self::Answered { tag: Tag(tag), result },
            Notice::Queued { tag, is_offline } => Self::Queued { tag: Tag(tag), is_offline },
            Notice::NotKept { tag } => Self::NotKept { tag: Tag(tag) },
            Notice::Kept { room, body, answer } => Self::Kept { room, body, answer },
            Notice::OverBudget(over) => Self::OverBudget(over),
            Notice::QuotaNear(near) => Self::QuotaNear(near),
            Notice::Room { name: room, info } => Self::Room { room, info },
            Notice::Invited { name: room } => Self::Invited { room },
            Notice::Out { name: room } => Self::Out { room },
            Notice::FollowEnded { name: room, reason } => Self::FollowEnded { room, reason },
            Notice::Joined { name: room, head, skipped, room: _, after: _ } => Self::Joined { room, head, skipped },
            Notice::Denied { request, reason } => Self::Denied { request, reason },
            Notice::Unreadable(unreadable) => Self::Unreadable(unreadable),
            Notice::Presence(change) => Self::Presence(change),
            Notice::Roster { room, who } => Self::Roster { room, who },
            Notice::Typing(change) => Self::Typing(change),
            Notice::Delivered(delivered) => Self::Delivered(delivered),
            Notice::Read { room, upto } => Self::Read { room, upto },
            Notice::Facts { room, upto, facts } => Self::Facts { room, upto, facts },
            Notice::Link(quality) => Self::Link(quality),
            // Nothing is taken back or changed here before it is sent, and rosters are for a whole screen.
            Notice::Connection(_)
            | Notice::Entry { .. }
            | Notice::TakenBack { .. }
            | Notice::Reworded { .. }
            | Notice::Present { .. }
            | Notice::Stopped => return None,
        })
    }
}
