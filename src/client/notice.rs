//! What a client tells its interface.

use std::net::SocketAddr;
use std::time::Duration;

use chinwag_proto::wire::datagram::VersionRange;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Body, Entry, Facts, Refusal, RoomInfo};

use super::ask::{Denial, Reply};
use super::attempt::Attempt;
use super::news::{Delivered, Lost, OverBudget, PresenceChange, QuotaNear, TypingChange, Unreadable};
use super::present::Present;

/// What a client tells its interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// How the connection stands.
    Connection(Connection),
    /// What the server says of a room: of each of the account's rooms after every login, and whenever something changes; and of
    /// one that is followed from outside, whenever that begins.
    Room {
        /// The room's name as shown: `#lobby`, `@ann`.
        name: String,
        /// What it says.
        info: RoomInfo,
    },
    /// The account may enter a room now; said once.
    Invited {
        /// The room's name as shown.
        name: String,
    },
    /// The account is no member of a room any more, by somebody else's doing or on another device. The room is not followed
    /// any more.
    Out {
        /// The room's name as shown.
        name: String,
    },
    /// A room that was followed from outside may not be read any more. It is not followed any more.
    FollowEnded {
        /// The room's name as shown.
        name: String,
        /// Why: what a further [`super::Entering::Outside`] would be refused with.
        reason: Refusal,
    },
    /// A room was entered, or entered again on a new link; or is followed from outside, from here on or again.
    Joined {
        /// The room.
        room: RoomId,
        /// The room's name as shown: `#lobby`, `@ann`.
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
        /// What was asked for.
        request: Attempt,
        /// Why.
        reason: Refusal,
    },
    /// The server's log of this room is not the one that this device knew: numbers are given again.
    HistoryReset {
        /// The room's name as shown.
        name: String,
        /// The server's store was put back to an earlier state: what came after this entry is gone. `None`: it is another log.
        back_to: Option<RoomSeq>,
    },
    /// Some entries of a room can't be read any more, since the server's disk is damaged: they arrive as empty ones.
    Unreadable(Unreadable),
    /// Nine tenths of what the server keeps of something are used up; what is more will be refused.
    QuotaNear(QuotaNear),
    /// An entry arrived; each number once, at once, maybe before one with a smaller number.
    Entry {
        /// The room.
        room: RoomId,
        /// The room's name as shown.
        name: String,
        /// The entry's number.
        number: RoomSeq,
        /// Everything up to here has arrived.
        contiguous_upto: RoomSeq,
        /// Written by this account.
        own: bool,
        /// Written by someone whom the user ignores: to be counted, not to be shown.
        is_ignored: bool,
        /// The entry.
        entry: Entry,
    },
    /// Someone's presence in a room changed (not part of the roster that a join begins with).
    Presence(PresenceChange),
    /// What is known of someone in a room has changed, whether that is news or was so on entering; who has left is not in the room's roster any more. Only where [`super::Config::whole_screen`] is set.
    Present {
        /// The room's name as shown.
        room: String,
        /// Who, and how they are now.
        who: Present,
    },
    /// Who is in a room, by name: what [`super::Command::Who`] asked for.
    Roster {
        /// The room's name as shown.
        room: String,
        /// Names and states.
        who: Vec<Present>,
    },
    /// Someone types in a room, or does not any more.
    Typing(TypingChange),
    /// A message is in this device's outbox, durably where [`super::Config::keeps_outbox`] is set: if this program ends now,
    /// the next one sends it. Not told of a message that was answered before, nor, where nothing is kept, while there is a
    /// connection.
    Queued {
        /// As given in the command.
        tag: u64,
        /// There is no connection to send it on now.
        is_offline: bool,
    },
    /// A message could not be recorded on this device. While this program runs, it is sent all the same.
    NotKept {
        /// As given in the command.
        tag: u64,
    },
    /// What an earlier program of this device had said was answered now.
    Kept {
        /// The room's name as shown.
        room: String,
        /// What it was.
        body: Body,
        /// The message's number, or why it was refused.
        answer: Result<RoomSeq, Refusal>,
    },
    /// A message is stored by the server.
    Stored {
        /// As given in the command.
        tag: u64,
        /// The room.
        room: RoomId,
        /// The message's number.
        number: RoomSeq,
    },
    /// A message was refused and is not in the outbox any more.
    Refused {
        /// As given in the command.
        tag: u64,
        /// Why.
        reason: Refusal,
    },
    /// A message was taken back before any of it was sent; it is not in the outbox any more. What was about it is refused.
    TakenBack {
        /// As given in the command.
        tag: u64,
        /// The message's own.
        about: u64,
    },
    /// A message was changed before any of it was sent, also on record where it is kept: it is said so. The change itself is nothing
    /// any more.
    Reworded {
        /// As given in the command.
        tag: u64,
        /// The message's own.
        about: u64,
    },
    /// The account has written as much at once as the server takes from one: what waits here goes on more slowly. Told once until all
    /// of it is answered, and only where it takes a while.
    OverBudget(OverBudget),
    /// One of this account's newest messages has got further.
    Delivered(Delivered),
    /// The account has read a room up to here, on whatever device.
    Read {
        /// The room's name as shown.
        room: String,
        /// The entry.
        upto: RoomSeq,
    },
    /// The facts of a room, whole, whenever one is told: when it was entered, unless it is as in a new room, and whenever it
    /// changes.
    Facts {
        /// The room's name as shown.
        room: String,
        /// As the room's log has them up to this entry.
        upto: RoomSeq,
        /// All of them.
        facts: Facts,
    },
    /// How good the link is, when that has changed noticeably; only where [`super::Config::whole_screen`] is set.
    Link(Quality),
    /// What was asked for by [`super::Command::Ask`].
    Answered {
        /// As given in the command.
        tag: u64,
        /// The answer.
        result: Result<Reply, Denial>,
    },
    /// The client has stopped.
    Stopped,
}

/// How good a link is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Smoothed round trip, in µs.
    pub rtt_us: u64,
    /// Measured loss, in parts per 100,000.
    pub loss_ppht: u32,
}

impl Quality {
    /// Whether a person would want to know of the change: a fifth of the round trip, or half a percent of loss.
    pub(super) const fn is_news_after(self, last: Self) -> bool {
        self.rtt_us.abs_diff(last.rtt_us) * 5 > last.rtt_us || self.loss_ppht.abs_diff(last.loss_ppht) > 500
    }
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
        /// The server's key.
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
        /// The server's key, proved.
        key: PublicKey,
    },
    /// Logged in.
    LoggedIn {
        /// The account's name.
        name: String,
        /// The server's name.
        server: String,
        /// The account was made by this login: there was none of that name.
        is_made: bool,
    },
    /// The login was refused.
    LoginRefused(Refusal),
    /// The server has been silent for a while.
    Suspect,
    /// The server is heard again.
    Alive,
    /// The session is lost; trying again.
    Lost {
        /// Why.
        why: Lost,
    },
    /// The server ended the session for good.
    Ended {
        /// Why, for programs.
        code: CloseCode,
        /// Why, for people.
        reason: String,
    },
}
