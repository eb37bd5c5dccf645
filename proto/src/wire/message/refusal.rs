//! Why the server refuses something (PROTOCOL.md, "Refusal").

use serde::{Deserialize, Serialize};

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Refusal {
    /// The name is another account's, or was.
    NameTaken,
    /// Not a name: empty, too long, or with characters that names may not have.
    NameInvalid,
    /// Log in first.
    NotLoggedIn,
    /// No account has that name.
    NoSuchAccount,
    /// No such room, or this account may not know of it.
    NoSuchRoom,
    /// Join the room first.
    NotMember,
    /// The server holds as many accounts, rooms or tokens as it can.
    Limit,
    /// Longer than a message may be.
    TooLarge,
    /// A message id was used already, for another message.
    IdReused,
    /// The server can't store anything now.
    StoreFull,
    /// The server does not understand this message.
    NotUnderstood,
    /// The device, or the session, is another account's already.
    OtherName,
    /// The name looks like another one's.
    NameConfusable,
    /// Nobody can register here.
    RegistrationClosed,
    /// To register here takes an invitation.
    InviteNeeded,
    /// That invitation is none, was used up, or has expired.
    InviteInvalid,
    /// No account has that name and password, or it is not the room's.
    PasswordWrong,
    /// The account has a password, which is needed here.
    PasswordNeeded,
    /// Too short, or too long, for a password.
    PasswordUnfit,
    /// Too many tries; wait a little.
    TooManyTries,
    /// That token is none, was revoked, or has expired.
    TokenInvalid,
    /// The token does not allow that.
    OutOfScope,
    /// The account may not do that.
    NotAllowed,
    /// The room lets in only those who know its password.
    RoomPasswordNeeded,
    /// The room lets in only those who are invited.
    NotInvited,
    /// The account or the device is banned from the room.
    Banned,
    /// The account may not write in the room now.
    Muted,
    /// The room is in slow mode: wait a little.
    SlowMode,
    /// There is a room of that name already.
    RoomTaken,
    /// There is no such entry, or its body is gone.
    NoSuchEntry,
    /// Somebody else wrote that entry.
    NotYours,
    /// There is nothing to search for in that.
    QueryUnfit,
    /// The account has written as much as the server keeps of one.
    AccountFull,
    /// As much was said in the room as the server keeps of one.
    RoomFull,
    /// As much was said in all rooms as the server keeps.
    ServerFull,
    /// A text that others would see shows nothing, or has characters that act on the text around them.
    TextUnfit,
    /// What is asked for lies where the server's disk is damaged.
    Damaged,
    /// The account is in as many rooms as it may be: [`ROOMS_PER_SESSION_MAX`](crate::limits::ROOMS_PER_SESSION_MAX).
    TooManyRooms,
    /// The account has as many devices as it may have:
    /// [`DEVICES_PER_ACCOUNT_MAX`](crate::limits::DEVICES_PER_ACCOUNT_MAX).
    TooManyDevices,
    /// The account has as many sessions as it may have at a time:
    /// [`SESSIONS_PER_ACCOUNT_MAX`](crate::limits::SESSIONS_PER_ACCOUNT_MAX).
    TooManySessions,
    /// As much as may is waiting for an answer.
    Busy,
    /// Whoever the server asks about its accounts does not vouch for this one.
    AccountClosed,
    /// The server can't ask whoever vouches for its accounts.
    AuthUnavailable,
    /// The account's password is not the server's to set: it is kept by whoever vouches for the account.
    PasswordElsewhere,
    /// As many entries of the room are pinned as may be: [`PINS_MAX`](crate::limits::PINS_MAX).
    TooManyPins,
    /// The session follows as many rooms without being in them as it may:
    /// [`FOLLOWED_PER_SESSION_MAX`](crate::limits::FOLLOWED_PER_SESSION_MAX).
    TooManyFollowed,
}

impl Refusal {
    /// All refusals, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        // Codes are one octet long, and have no gap.
        (0..0x80).map_while(|code| postcard::from_bytes(&[code]).ok())
    }
}
