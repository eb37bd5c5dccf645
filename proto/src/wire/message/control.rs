//! Control: requests of a client and what the server says outside of any room's log.
//!
//! Requests are idempotent and carry a [`RequestId`]; a client repeats the unanswered ones on a new link.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::bulk::{Device, Position, SearchMark};
use super::fact::Fact;
use super::presence::Away;
use super::refusal::Refusal;
use super::room::{Access, RoomInfo};
use super::secret::Secret;
#[cfg(doc)]
use crate::limits::MARKS_MAX;
use crate::time::WallTime;
use crate::wire::id::{AccountId, Epoch, LogId, PublicKey, RequestId, RoomId, RoomSeq};

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Up {
    /// A request; its answer is a [`Down::Answer`] with the same id.
    Request(RequestId, Request),
}

/// What a client can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Be this account: the one that this device is enrolled for, or, where registration is open, a new one without a
    /// password.
    Login {
        /// The account's name.
        name: String,
    },
    /// Enter a room, which is made if there is none of that name.
    Join {
        /// The room's name, without `#`.
        room: String,
        /// Where this device's cursor stands.
        from: From,
    },
    /// Leave a room, or decline an invitation to it.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// Enter the log that this account and another share; it is made if there is none.
    Direct {
        /// The other account's name.
        to: String,
        /// Where this device's cursor stands.
        from: From,
    },
    /// Be a new account, with this device as its first.
    Register {
        /// The account's name.
        name: String,
        /// By which it enrols further devices.
        password: Option<Secret>,
        /// Needed where registration is by invitation.
        invite: Option<Secret>,
        /// What the device calls itself.
        device: String,
    },
    /// Be this account, and enrol this device for it, by its password. A wrong name and a wrong password are answered
    /// alike.
    Enrol {
        /// The account's name.
        name: String,
        /// The account's password.
        password: Secret,
        /// What the device calls itself.
        device: String,
    },
    /// Be the account of this token, within its scopes. The device is not enrolled.
    Token(Secret),
    /// Set the account's password. Where it has one, `old` must be it.
    SetPassword {
        /// The present one.
        old: Option<Secret>,
        /// The new one.
        new: Secret,
    },
    /// List the account's devices. Answered by [`Answer::Devices`].
    Devices,
    /// A device of the account is no longer one; its sessions end.
    Revoke {
        /// The device's key.
        device: PublicKey,
    },
    /// Delete the account. What it wrote stays, its name is never given again. Where it has a password, this must be it.
    Unregister {
        /// The account's password.
        password: Option<Secret>,
    },
    /// Make a room, with this account as its owner.
    Create {
        /// The room's name.
        room: String,
        /// Who may enter it.
        access: Access,
        /// For [`Access::Password`].
        password: Option<Secret>,
        /// Where this device's cursor stands.
        from: From,
    },
    /// Enter a room that has a password.
    Unlock {
        /// The room's name.
        room: String,
        /// The password.
        password: Secret,
        /// Where this device's cursor stands.
        from: From,
    },
    /// Set who may enter a room from now on.
    Open {
        /// The room.
        room: RoomId,
        /// Who may enter it.
        access: Access,
        /// For [`Access::Password`].
        password: Option<Secret>,
    },
    /// List the rooms that this account may know of. Answered by [`super::Bulk::Rooms`].
    Rooms {
        /// Rooms whose names come after this one; empty: from the first.
        after: String,
    },
    /// List a room's members. Answered by [`super::Bulk::Members`].
    Members {
        /// The room.
        room: RoomId,
        /// Members whose names come after this one; empty: from the first.
        after: String,
    },
    /// The account has read a room up to here.
    Read {
        /// The room.
        room: RoomId,
        /// The entry.
        upto: RoomSeq,
        /// Tell the account's own devices only.
        is_private: bool,
    },
    /// Be shown as here, idle or away. Each session has a state of its own; the account is shown in the best of them.
    Away(Away),
    /// Entries of a room. Answered by [`super::Bulk::History`].
    History {
        /// The room.
        room: RoomId,
        /// Which.
        position: Position,
        /// At most so many.
        count: u16,
    },
    /// Entries with all of these words, in every room that this account may read. Answered by [`super::Bulk::Found`].
    Search {
        /// In this room only.
        room: Option<RoomId>,
        /// The words, as a person types them.
        words: String,
        /// The next page: where the last one said.
        after: Option<SearchMark>,
        /// At most so many.
        count: u16,
    },
    /// How far one of this account's entries has got. Answered by [`Answer::Delivery`].
    Delivery {
        /// The room.
        room: RoomId,
        /// The entry.
        number: RoomSeq,
    },
    /// How the link looks from there, and what time it is. Needs no account. Answered by [`Answer::Measured`].
    Measure,
    /// What a room is, without entering it: nothing changes by that. Answered by [`Answer::Room`].
    Look(Which),
    /// The pinned texts of a room. Answered by [`super::Bulk::Found`], in order of their numbers.
    Pins {
        /// The room.
        room: RoomId,
        /// The next page: where the last one said.
        after: Option<SearchMark>,
    },
    /// Get what is said in a public room as it is said, without entering it: nothing changes by that, and nobody else hears of
    /// it. It ends with the session, or with a [`Down::FollowEnded`]. For a member it is a [`Self::Join`].
    Follow {
        /// The room's name, without `#`.
        room: String,
        /// Where this device's cursor stands.
        from: From,
    },
}

/// A room, however it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The one with this name, without `#`.
    Named(String),
    /// The one with this number, from a search.
    Numbered(RoomId),
}

/// Where a device wants a room's log to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum From {
    /// After this entry of that log; from its beginning where the log is another by now, or does not reach that far.
    After(LogId, RoomSeq),
    /// The last so many entries.
    Recent(u64),
    /// With what the device has seen of a log, so that the server can tell whether this one still is the one that it saw.
    /// Answered by [`Answer::Entered`].
    Seen {
        /// The log; 0 where it has seen none.
        log: LogId,
        /// How far it has seen it in each of the last epochs, the newest first; at most [`MARKS_MAX`].
        marks: Vec<Mark>,
        /// Where it is to begin.
        begin: Begin,
    },
}

/// Where a log that may have been seen before is to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Begin {
    /// After this entry; no later than where this log and the one that was seen part.
    After(RoomSeq),
    /// The last so many entries.
    Last(u64),
}

/// How far a device has seen a log in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The epoch; 0 where the device does not know it.
    pub epoch: Epoch,
    /// The last entry that it knows to have been there.
    pub upto: RoomSeq,
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Down {
    /// Answers the request with this id.
    Answer(RequestId, Result<Answer, Refusal>),
    /// A room appeared in the account's list, or changed there.
    Room(RoomInfo),
    /// A post is durable: its number in the client's outbox order on this link, its number in the room's log.
    Stored {
        /// The room.
        room: RoomId,
        /// The post's number on this link.
        post: RoomSeq,
        /// The entry's number in the log.
        entry: RoomSeq,
    },
    /// A post was refused and is not kept.
    Refused {
        /// The room.
        room: RoomId,
        /// The post's number on this link.
        post: RoomSeq,
        /// Why.
        reason: Refusal,
    },
    /// One of this account's newest entries has got further.
    Delivered {
        /// The room.
        room: RoomId,
        /// The entry.
        number: RoomSeq,
        /// How far.
        reach: Reach,
    },
    /// The account has read a room up to here, on another device.
    Read {
        /// The room.
        room: RoomId,
        /// The entry.
        upto: RoomSeq,
    },
    /// Some of these entries can't be read any more, since the server's disk is damaged: they come as if their bodies were gone.
    Unreadable {
        /// The room.
        room: RoomId,
        /// The first of them.
        first: RoomSeq,
        /// The last of them.
        last: RoomSeq,
    },
    /// What the server keeps of something is nearly used up: what is more will be refused.
    QuotaNear {
        /// Of what.
        quota: Quota,
        /// Octets that are used.
        used: u64,
        /// Octets that may be.
        of: u64,
    },
    /// A fact of a room that the session follows: right after it was entered, unless it is as in a new room, and whenever it
    /// changes.
    Fact {
        /// The room.
        room: RoomId,
        /// The log up to this entry makes it so: an entry after it, or nothing that is an entry, has not changed it yet.
        upto: RoomSeq,
        /// The fact.
        fact: Fact,
    },
    /// What this session followed by [`Request::Follow`] it may not read any more, and nothing more of it is sent.
    FollowEnded {
        /// The room.
        room: RoomId,
        /// Why: what a further [`Request::Follow`] would be refused with.
        reason: Refusal,
    },
    /// The account that this session becomes was made by this device, which may not have heard so: right before [`Answer::Welcome`].
    /// A device that knows the account finds out by this that the server's store was put back to before there was one.
    AccountMade,
    /// The account has written as much at once as the server takes from one, on whatever session: what it writes next is taken after
    /// a while, and from then on no faster than this. Nothing is lost by it.
    OverBudget {
        /// How long the next post waits from now on, in ms.
        wait_ms: u64,
        /// Octets of posts that are taken in a second after that, where the last post went.
        per_s: u64,
    },
}

/// Of what a server keeps a limited number of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quota {
    /// What this account wrote, in all rooms.
    Account,
    /// What was said in a room.
    Room(RoomId),
    /// What was said in all rooms.
    Server,
}

/// Among how many of a room's other members an entry has got how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// A device of so many has it on record.
    pub delivered: u64,
    /// So many have read it and let it be known.
    pub read: u64,
    /// Of so many members, the author left out.
    pub of: u64,
}

/// The answer to a request that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To every request by which a session becomes an account's.
    Welcome {
        /// The account.
        account: AccountId,
        /// The account's name.
        name: String,
        /// The server's name, for people.
        server: String,
        /// The account's rooms.
        rooms: Vec<RoomInfo>,
    },
    /// To every request that enters a room.
    Joined {
        /// The room.
        room: RoomInfo,
        /// The log is sent from the entry after this one.
        after: RoomSeq,
        /// Presence up to this version is the roster as it stands; what comes later is news.
        roster: u64,
    },
    /// To [`Request::Leave`].
    Left,
    /// To requests that ask for nothing but to be done.
    Done,
    /// To [`Request::Devices`].
    Devices(Vec<Device>),
    /// To [`Request::Delivery`].
    Delivery(Reach),
    /// To [`Request::Measure`].
    Measured(Measured),
    /// To [`Request::Look`].
    Room(RoomInfo),
    /// To every request that enters a room by [`From::Seen`].
    Entered {
        /// The room.
        room: RoomInfo,
        /// The log is sent from the entry after this one.
        after: RoomSeq,
        /// Presence up to this version is the roster as it stands; what comes later is news.
        roster: u64,
        /// The present epoch: what the device sees of the log from here on, it sees in this one.
        epoch: Epoch,
        /// The log is not the one that the device saw, though it has the same identity: the store went back. Up to this entry they
        /// are one, as far as the server knows; what the device has after it is not there any more, and its numbers are given again.
        back_to: Option<RoomSeq>,
    },
}

/// How a link looks from the server's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The server's clock.
    pub at: WallTime,
    /// Smoothed RTT, in µs; 0: not measured.
    pub srtt_us: u64,
    /// RTT variance, in µs.
    pub rttvar_us: u64,
    /// Measured loss of what the server sends, in parts per 100,000.
    pub loss_ppht: u32,
    /// Datagrams that it sent on this link, the one with this answer left out.
    pub sent: u64,
    /// Datagrams of this link that it received.
    pub received: u64,
}
