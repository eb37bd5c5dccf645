//! Changes, and what comes of them.

use chinwag_proto::time::WallTime;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Fact, Refusal, Role};

use super::state::{Retention, Room, Scopes, SecretHash, Timekeeping};

/// One change. A batch of them is applied in order, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// An account for a device: the account of that device, or a new one if the name is free. The first account is the
    /// server's owner, unless an outside program vouches for it. Refused: [`Refusal::InviteInvalid`], then [`Refusal::NameTaken`], then [`Refusal::NameConfusable`].
    Account(NewAccount),
    /// A device of an account. A device that is another account's is refused ([`Refusal::OtherName`]); one that is its own
    /// already gets the new label.
    Enrol {
        /// The account.
        account: AccountId,
        /// The device.
        device: PublicKey,
        /// What it calls itself.
        label: String,
        /// Now.
        at: WallTime,
    },
    /// A device is none of this account's any more.
    Revoke {
        /// The account.
        account: AccountId,
        /// The device.
        device: PublicKey,
    },
    /// An account's password from now on, as a PHC string.
    Password {
        /// The account.
        account: AccountId,
        /// The hash.
        phc: String,
    },
    /// An outside program vouches for an account: it did so last then. The account has no password of its own any more.
    /// `None`: it is a local account from now on.
    Vouch {
        /// The account.
        account: AccountId,
        /// When.
        at: Option<WallTime>,
    },
    /// An account is deleted: its devices, password, tokens, memberships and mutes go, its name is never given again, and what it
    /// wrote stays.
    Unregister {
        /// The account.
        account: AccountId,
    },
    /// A token of an account.
    Token {
        /// The account.
        account: AccountId,
        /// Hash of the token.
        hash: SecretHash,
        /// What its owner calls it.
        label: String,
        /// What it allows.
        scopes: Scopes,
        /// The token is valid before then; `None`: until it is revoked.
        until: Option<WallTime>,
    },
    /// A token is none any more.
    RevokeToken {
        /// The token's hash.
        hash: SecretHash,
    },
    /// An invitation to register.
    Invite {
        /// Hash of the invitation.
        hash: SecretHash,
        /// How many accounts may be made by it.
        uses: u32,
        /// The invitation is valid before then; `None`: until it is used up.
        until: Option<WallTime>,
    },
    /// The room of that name, made if there is none. One that is there stays as it is.
    Room(NewRoom),
    /// The log that two accounts share, made if there is none.
    Direct {
        /// One of them.
        one: AccountId,
        /// The other (or the same: notes to oneself).
        other: AccountId,
    },
    /// An account enters a room. Whether it may is the server's business; a member stays what it is. An invitation is used up.
    Enter {
        /// The room.
        room: RoomId,
        /// The account.
        account: AccountId,
    },
    /// An account leaves a room, or does not follow an invitation there. What it may read begins anew when it comes back.
    Leave {
        /// The room.
        room: RoomId,
        /// The account.
        account: AccountId,
    },
    /// An entry for a room's log.
    Append(Append),
    /// How far a member has got; marks only go up.
    Mark {
        /// The room.
        room: RoomId,
        /// The account.
        account: AccountId,
        /// A device has everything up to here on record.
        delivered: RoomSeq,
        /// The account has read up to here.
        read: RoomSeq,
        /// The others may know how far it has read up to here.
        shown_read: RoomSeq,
    },
    /// How long a room keeps bodies. Where a room becomes ephemeral, or is so no more, all bodies that it has are gone at
    /// once: what was to be in memory only never gets to disk, and what is on disk is not kept.
    Retain {
        /// The room.
        room: RoomId,
        /// How long.
        retention: Retention,
    },
    /// Tokens and invitations that were valid before then, and are not any more, are removed.
    Expire {
        /// Then.
        before: WallTime,
    },
    /// Bodies that a room's retention does not keep are removed; their numbers stay. At most a bounded number a write.
    Prune {
        /// The room.
        room: RoomId,
        /// Now; `None`: nobody is sure of it, and nothing goes for its age.
        at: Option<WallTime>,
    },
    /// Entries of a room that count as taken later than now were taken by a clock that was wrong, and count as taken now: otherwise
    /// they, and all that come after them, would be kept for too long. At most a bounded number a write.
    Redate {
        /// The room.
        room: RoomId,
        /// Now, by a clock that something confirms.
        now: WallTime,
    },
    /// What is known of the wall clock from now on.
    Timekeeping(Timekeeping),
    /// Nothing is changed. Refused ([`Refusal::StoreFull`]) for as long as the store takes nothing that makes it larger.
    Probe,
    /// What was deleted leaves the index of words, too, which otherwise keeps some of it until it happens to be rewritten
    /// there. A bounded number of pages a write.
    Compact,
}

/// See [`Write::Account`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// The name wanted.
    pub name: String,
    /// The name's skeleton (UTS 39, section 4): names with the same one are confusable. Unique, as the name is.
    pub skeleton: String,
    /// The account's first device.
    pub device: PublicKey,
    /// What the device calls itself.
    pub label: String,
    /// The account's password, as a PHC string.
    pub phc: Option<String>,
    /// The invitation that is used for it; one that is not valid is refused.
    pub invite: Option<SecretHash>,
    /// An outside program vouches for it now.
    pub is_vouched: bool,
    /// Now.
    pub at: WallTime,
}

/// See [`Write::Room`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoom {
    /// The room's name.
    pub name: String,
    /// The name's skeleton; unique, as the name is.
    pub skeleton: String,
    /// Who may enter.
    pub access: Access,
    /// The hash of its password, as a PHC string.
    pub phc: Option<String>,
    /// The account that becomes a member and owner if the room is made by this.
    pub owner: Option<AccountId>,
}

/// See [`Write::Append`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The room.
    pub room: RoomId,
    /// Who wrote it.
    pub author: AccountId,
    /// Where it comes from. The same (device, id) again gives the same number if the hash is the same, and changes nothing.
    pub origin: Origin,
    /// When it was taken, as in the entry. For history and retention it counts as taken no earlier than the one before it.
    pub at: WallTime,
    /// The encoded entry.
    pub entry: Vec<u8>,
    /// What it does beside being an entry, in the same transaction.
    pub change: Change,
    /// The entry is refused with this, unless it is a repeat: what was stored once is answered so, whatever became of its author.
    pub unless_repeated: Option<Refusal>,
}

/// Where an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The device that wrote it.
    pub device: PublicKey,
    /// The id that the device gave it.
    pub id: ClientMsgId,
    /// Hash of what was received (not of the entry, which carries the time).
    pub hash: [u8; 32],
}

/// What an entry does beside being one. What is done to a member is refused where it is none, and what is done to an account
/// where it is none ([`Refusal::NoSuchAccount`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// The entry is another text for an entry of the same author, a text or a reply: search finds that text, and not the
    /// older one. Refused ([`Refusal::NoSuchEntry`], [`Refusal::NotYours`]) where there is no such text.
    Edit(RoomSeq),
    /// The entry removes an entry's body, and those of its edits. Refused as an edit is.
    Delete {
        /// The entry.
        of: RoomSeq,
        /// Whoever wrote it.
        any_author: bool,
    },
    /// The entry is about an entry whose body must be there ([`Refusal::NoSuchEntry`]).
    About(RoomSeq),
    /// The room's topic.
    Topic(String),
    /// A member's role.
    Role(AccountId, Role),
    /// A member is none any more; what it may read begins anew when it comes back.
    Kick(AccountId),
    /// An account, with every device that it has now, is kept out; it is no member any more.
    Ban(AccountId, Option<WallTime>),
    /// A ban is lifted.
    Unban(AccountId),
    /// A member may not write until then (until it is lifted), also when it has left and come back.
    Mute(AccountId, Option<WallTime>),
    /// An account may write again.
    Unmute(AccountId),
    /// A text is pinned (refused where there is none, [`Refusal::NoSuchEntry`], or too many are, [`Refusal::TooManyPins`]), or is
    /// so no more. What loses its body is not pinned any more.
    Pin {
        /// The entry.
        of: RoomSeq,
        /// Pinned, or not any more.
        is_set: bool,
    },
    /// An account may enter.
    Invite(AccountId),
    /// Who may enter, and the hash of the password, as a PHC string.
    Open(Access, Option<String>),
    /// A fact of the room is so from now on.
    Fact(Fact),
}

/// What must be there for a change to be made; otherwise it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing that may be missing.
    Nothing,
    /// An entry with a body.
    Body(RoomSeq),
    /// A text or a reply with a body, of the same author or of any.
    Text { of: RoomSeq, any_author: bool },
    /// A member of the room.
    Member(AccountId),
    /// An account that was not deleted.
    Account(AccountId),
}

impl Change {
    /// What must be there for it. A new change says here what it needs, and no store has to be told.
    pub(super) const fn needs(&self) -> Needs {
        match *self {
            Self::Edit(of) => Needs::Text { of, any_author: false },
            Self::Delete { of, any_author } => Needs::Text { of, any_author },
            Self::Pin { of, is_set: true } => Needs::Text { of, any_author: true },
            Self::About(number) => Needs::Body(number),
            Self::Role(account, _) | Self::Kick(account) | Self::Mute(account, _) => Needs::Member(account),
            Self::Ban(account, _) | Self::Invite(account) => Needs::Account(account),
            Self::None
            | Self::Topic(_)
            | Self::Unban(_)
            | Self::Unmute(_)
            | Self::Open(..)
            | Self::Fact(_)
            | Self::Pin { is_set: false, .. } => Needs::Nothing,
        }
    }

    /// What an entry that does this is for. What people write is no upkeep, whoever may: anybody has a room of their own, and would
    /// fill the space that is kept for it with its rules.
    #[must_use]
    pub const fn upkeep(&self) -> Upkeep {
        match self {
            Self::None | Self::Edit(_) | Self::About(_) => Upkeep::None,
            Self::Topic(written) | Self::Fact(Fact::Rules(written)) if !written.is_empty() => Upkeep::None,
            Self::Delete { .. } => Upkeep::Frees,
            Self::Topic(_)
            | Self::Fact(Fact::Rules(_))
            | Self::Role(..)
            | Self::Kick(_)
            | Self::Ban(..)
            | Self::Unban(_)
            | Self::Mute(..)
            | Self::Unmute(_)
            | Self::Invite(_)
            | Self::Open(..)
            | Self::Fact(Fact::Pins(_) | Fact::Slow(_))
            | Self::Pin { .. } => Upkeep::Tends,
        }
    }
}

/// What an entry does for a room, and whether a quota and a full disk keep some space for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// People have written something.
    None,
    /// Looks after the room. Acts may undo each other without end, so there is a little space for them, and each account has a
    /// share of it.
    Tends,
    /// Removes something. Nothing is removed twice, so a quota has room for it: it was counted with what it removes. On a full disk
    /// each account has a share of the space for it.
    Frees,
}

/// Octets of bodies that are gone, by who wrote them, in order of the accounts.
pub type Freed = Vec<(AccountId, u64)>;

/// The answer to one [`Write`], durable when given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To [`Write::Account`].
    Account {
        /// The account.
        account: AccountId,
        /// The account's name: the one it has.
        name: String,
        /// The account was made by this, and is the first.
        is_owner: bool,
    },
    /// To [`Write::Room`] and [`Write::Direct`].
    Room(Box<Room>),
    /// To writes that have nothing to answer.
    Ok,
    /// To [`Write::Append`].
    Appended {
        /// The entry's number in its log.
        number: RoomSeq,
        /// The entry was there already.
        repeated: bool,
        /// Entries whose bodies it removed.
        removed: Vec<RoomSeq>,
        /// What came free by that.
        freed: Freed,
    },
    /// To [`Write::Prune`]: bodies up to here are gone, maybe more are to go.
    Pruned {
        /// Up to this entry.
        upto: RoomSeq,
        /// What came free by that.
        freed: Freed,
        /// Ask again.
        is_more: bool,
    },
    /// To [`Write::Compact`].
    Compacted {
        /// Ask again.
        is_more: bool,
    },
    /// To [`Write::Redate`].
    Redated {
        /// Ask again.
        is_more: bool,
    },
    /// Refused; nothing was changed by this write.
    Refused(Refusal),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_about_a_room_is_no_upkeep_and_to_remove_it_is() {
        for written in ["", "be kind"] {
            let acts = [Change::Topic(written.into()), Change::Fact(Fact::Rules(written.into()))];
            let upkeep = if written.is_empty() { Upkeep::Tends } else { Upkeep::None };
            assert!(acts.iter().all(|act| act.upkeep() == upkeep), "{written:?}");
        }
        assert_eq!(Change::Fact(Fact::Slow(5)).upkeep(), Upkeep::Tends);
        assert_eq!(Change::Delete { of: RoomSeq(1), any_author: true }.upkeep(), Upkeep::Frees);
    }
}
