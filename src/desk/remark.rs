//! What a desk says to its user, as data: a presenter makes sentences of it, in whatever language. It holds names and texts as
//! they came, which are to be made safe before they are shown.

use std::collections::BTreeMap;

use chinwag_proto::wire::id::RoomSeq;
use chinwag_proto::wire::message::{Device, Entry, Listed, Member, Reach, Refusal};

use super::parse::ParseError;
use super::pending::Deed;
use super::question::For;
use super::ring::About;
use super::row::NoRow;
use super::state::Unsaid;
use chinwag_client_core::{Attempt, Denial, OverBudget, QuotaNear, Unreadable};

/// Something that is said to the user and is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// About a line that was typed.
    Typed(Typed),
    /// About a room.
    Room(AboutRoom),
    /// About what the user said.
    Message(AboutMessage),
    /// An answer of the server.
    Answer(Answer),
    /// About what the user sets, or asks of the desk itself.
    Setting(Setting),
    /// About a password that was asked for.
    Secret(AboutSecret),
    /// A command takes a password, and nobody is there to type one.
    NobodyToAsk(For),
}

/// About a line that was typed, or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The line was not understood.
    NotUnderstood(ParseError),
    /// As a message it has so many octets, which is more than one may have.
    TooLong(usize),
    /// The line is no text.
    NotText,
    /// Nobody would see anything of the line, which has this character beside white space.
    Unseen(char),
    /// What it is about is not there.
    NoRow(NoRow),
    /// The line was begun in another room than the one that is in view now; entered once more it is said here.
    RoomIsAnother {
        /// The room in view.
        room: String,
    },
    /// The room in which it would be said could not be entered, and no other was chosen since.
    NoRoomChosen {
        /// The room.
        room: String,
        /// What would be said; `None`: it would do something.
        text: Option<String>,
    },
    /// The user is no more where this was being typed.
    NotSaid {
        /// Where.
        room: String,
        /// What.
        text: String,
    },
    /// To go now would lose something; the next time it is done.
    WouldLose(Unsaid),
    /// There is no more of the history that was shown.
    NoMoreHistory,
    /// There is nothing to look for.
    NoWords,
}

/// About a room, by its name as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AboutRoom {
    /// The user may enter it.
    Invited(String),
    /// The user is no member any more, by somebody else's doing.
    Out(String),
    /// The room was read from outside, and may not be read any more, for this reason.
    FollowEnded(String, Refusal),
    /// The user has left it.
    Left(String),
    /// The user leaves it as soon as the server hears of it.
    WillLeave {
        /// The room.
        room: String,
        /// The user is known to be in it, or to have wanted to enter it.
        is_in: bool,
    },
    /// The user does not follow the invitation to it.
    Declined(String),
    /// The user is not in it.
    NotIn(String),
    /// There is none of that name that the user may know of.
    NoSuchRoom {
        /// The name.
        room: String,
        /// The room (without `#`) that may be meant.
        meant: Option<String>,
    },
    /// The room's log is another one, or was put back to that number.
    Reset(String, Option<RoomSeq>),
    /// Some of its entries can't be read any more.
    Unreadable(Unreadable),
    /// What may be kept of something is nearly used up.
    QuotaNear(QuotaNear),
    /// A request was refused.
    Denied {
        /// What was asked for.
        request: Attempt,
        /// Why.
        reason: Refusal,
    },
}

/// About what the user said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AboutMessage {
    /// The message could not be recorded on this device.
    NotKept {
        /// The message's tag.
        tag: u64,
        /// What it says or does.
        what: Deed,
        /// The message is on its way all the same.
        is_sent: bool,
    },
    /// What earlier programs of this device had said is not answered yet, and sent when there is a connection.
    Earlier {
        /// How much of it, by room.
        rooms: BTreeMap<String, usize>,
        /// The last of it in the room in view, or else the last of all: where, and what.
        last: (String, Deed),
    },
    /// The server has what an earlier program of this device had said.
    SentFromBefore {
        /// What it says or does.
        what: Deed,
        /// Where.
        room: String,
    },
    /// A message was changed before it was sent.
    Reworded,
    /// The server refused it.
    Refused {
        /// What it says or does.
        what: Deed,
        /// Why.
        why: Why,
        /// The room.
        room: String,
        /// Where and when it was said.
        whence: Whence,
    },
    /// The message was taken back before any of it was sent.
    TakenBack,
    /// What waits goes on more slowly, since the account writes more than the server takes at once.
    OverBudget(OverBudget),
    /// The last one is on its way.
    OnItsWay,
    /// The last one was refused.
    NotDelivered,
    /// There is none.
    NothingSaid,
}

/// Where and when something was said that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// In the room in view.
    Here,
    /// In another one.
    Elsewhere,
    /// By an earlier program of this device.
    Before,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// By the server's word.
    Refused(Refusal),
    /// What it is about was refused.
    Orphan,
}

/// An answer to what was asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request was done.
    Done(Done),
    /// There is none.
    Denied(Asking, Denial),
    /// The account's devices.
    Devices(Vec<Device>),
    /// Several devices begin so.
    DeviceUnclear,
    /// No device begins so.
    NoSuchDevice,
    /// How far a message got.
    Delivery(RoomSeq, Reach),
    /// A part of a room's history.
    History {
        /// The room.
        room: String,
        /// The room's entries.
        entries: Vec<(RoomSeq, Entry)>,
        /// There is more.
        is_more: bool,
    },
    /// Rooms, and whether the user is invited to each.
    Rooms {
        /// The rooms.
        rooms: Vec<(Listed, bool)>,
        /// There are more.
        is_more: bool,
    },
    /// Nothing is pinned in the room.
    NothingPinned,
    /// Who belongs to a room.
    Members {
        /// The room.
        room: String,
        /// The room's members.
        members: Vec<Member>,
        /// There are more.
        is_more: bool,
    },
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A device, by its label, was shut out.
    Revoked(String),
    /// The account was deleted.
    Unregistered,
    /// The account's password was set.
    PasswordSet,
    /// The room has another password.
    RoomPasswordSet,
    /// The room is open to others from now on.
    Opened,
}

/// What the server was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// That a room be open to others, or be closed.
    Open,
    /// That a device be shut out.
    Revoke,
    /// That the account have another password.
    Password,
    /// That the account be deleted.
    Unregister,
    /// A part of a room's history.
    History,
    /// What has some words.
    Search,
    /// Which rooms there are.
    Rooms,
    /// What is pinned in a room.
    Pins,
    /// To enter a room.
    Join,
    /// What a room is about.
    Topic,
    /// Who belongs to a room.
    Members,
    /// The account's devices.
    Devices,
    /// How far a message got.
    Status,
}

/// What the user set, or asked of the desk itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Whether it is said who comes and goes.
    Arrivals(bool),
    /// Nothing in that room rings or counts from now on, or does again.
    Muted(String, bool),
    /// Nothing rings in that room while it is muted; this does afterwards.
    IsMuted(String, About),
    /// What that room is about; empty: nothing.
    Topic(String, String),
    /// A room is as any new one: without slow mode, pins and others.
    NothingHolds(String),
    /// What holds in that room is not known: the user has not entered it.
    HoldsUnknown(String),
    /// What rings in that room.
    Rings(String, About),
    /// The others see the user as away.
    Away,
    /// The others see the user as here.
    Back,
    /// Who is ignored, or not any more.
    Ignoring(Ignoring),
    /// The user has this name on this server, and a name stays.
    NameStays(String),
    /// The user has an account already, of this name.
    IsSomeone(String),
    /// Only the user's own account, of this name, can be deleted.
    OnlyOwnAccount(String),
    /// The face has no colours to be chosen.
    NoColours,
    /// So much is not answered yet.
    Unsaid(Unsaid),
    /// All commands, or one by its first name.
    Help(Option<&'static str>),
}

/// About who is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignoring {
    /// Who is ignored.
    These(Vec<String>),
    /// What someone writes is not shown from now on.
    FromNowOn(String),
    /// What someone writes is shown again.
    NoMore(String),
    /// A person is not ignored.
    Not(String),
    /// So many are ignored already, and no more may be.
    Full(usize),
}

/// About a password that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AboutSecret {
    /// The user did not want to answer.
    NothingDone,
    /// What was typed twice differs.
    Differ,
    /// Nothing was typed, and something has to be.
    Empty,
    /// No account may have a password that is so short, or so long. It is asked for once more.
    Unfit,
    /// No room may have a password that is so long. It is asked for once more.
    UnfitForRoom,
}

macro_rules! from {
    ($($part:ident($of:ty)),*) => {
        $(impl From<$of> for Remark {
            fn from(part: $of) -> Self {
                Self::$part(part)
            }
        })*
    };
}
from!(Typed(Typed), Room(AboutRoom), Message(AboutMessage), Answer(Answer), Setting(Setting), Secret(AboutSecret));
