//! Who may do what in a room. Pure questions about what is known; whoever asks does what follows.

use std::time::Duration;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::{AccountId, PublicKey, RoomId};
use chinwag_proto::wire::message::{Access, Act, Body, Fact, Refusal, Role, Standing};

use super::accounts::{Account, Accounts};
use super::rooms::{Room, Rooms};
use super::sessions::Session;
use chinwag_store::{Change, Kind, Scopes};

/// What an account may do in a room: its role there, or the owner's everywhere if the server is its, or at least a
/// moderator's if whoever vouches for it says so.
pub(super) fn role(accounts: &Accounts, room: &Room, account: AccountId) -> Option<Role> {
    let member = room.state.member(account)?;
    let everywhere =
        accounts.get(account).filter(|_| matches!(room.state.kind, Kind::Named(_))).and_then(Account::role);
    Some(everywhere.map_or(member.role, |role| role.max(member.role)))
}

/// How an account stands in a room.
pub(super) fn standing(accounts: &Accounts, room: &Room, account: AccountId) -> Standing {
    match role(accounts, room, account) {
        Some(role) => Standing::In(role),
        None if room.state.is_invited(account) => Standing::Invited,
        None => Standing::Out,
    }
}

/// Whether an account may know that there is this room.
pub(super) fn may_know(room: &Room, account: AccountId) -> bool {
    room.state.is_member(account)
        || room.state.is_invited(account)
        || (matches!(room.state.kind, Kind::Named(_)) && room.state.access != Access::Private)
}

/// The room, for a member. Whoever is none hears of it no more than it may know.
pub(super) fn as_member(rooms: &Rooms, room: RoomId, account: AccountId) -> Result<&Room, Refusal> {
    let room = rooms.get(room).filter(|room| may_know(room, account)).ok_or(Refusal::NoSuchRoom)?;
    if room.state.is_member(account) { Ok(room) } else { Err(Refusal::NotMember) }
}

/// The room, for whoever may read it: a member, or any account while the room is public, unless it is kept out.
pub(super) fn as_reader<'a>(
    rooms: &'a Rooms,
    id: RoomId,
    account: AccountId,
    device: &PublicKey,
    now: WallTime,
) -> Result<&'a Room, Refusal> {
    match as_member(rooms, id, account) {
        Err(Refusal::NotMember) => {
            let room = rooms.get(id).ok_or(Refusal::NoSuchRoom)?;
            reads_from_outside(room, account, device, now).map(|()| room)
        }
        told => told,
    }
}

/// Whether a room shows what is said there to whoever comes, but for those whom it keeps out.
pub(super) const fn is_open_to_all(room: &Room) -> bool {
    matches!((&room.state.kind, room.state.access), (Kind::Named(_), Access::Public))
}

/// Whether an account that is no member is banned from a room, or its device is.
pub(super) fn is_kept_out(room: &Room, account: AccountId, device: &PublicKey, now: WallTime) -> bool {
    !room.state.is_member(account) && room.is_banned(account, device, now)
}

/// Whether an account that is no member of a room may read it.
fn reads_from_outside(room: &Room, account: AccountId, device: &PublicKey, now: WallTime) -> Result<(), Refusal> {
    if !is_open_to_all(room) {
        return Err(Refusal::NotMember);
    }
    if room.is_banned(account, device, now) { Err(Refusal::Banned) } else { Ok(()) }
}

/// Whether an account that is no member may enter; `knows_password`: it has proved so.
pub(super) fn may_enter(
    room: &Room,
    account: AccountId,
    device: &PublicKey,
    knows_password: bool,
    now: WallTime,
) -> Result<(), Refusal> {
    if matches!(room.state.kind, Kind::Direct(..)) {
        return Err(Refusal::NoSuchRoom);
    }
    if room.is_banned(account, device, now) {
        return Err(if may_know(room, account) { Refusal::Banned } else { Refusal::NoSuchRoom });
    }
    if room.state.is_invited(account) {
        return Ok(());
    }
    match room.state.access {
        Access::Public => Ok(()),
        Access::Password if knows_password => Ok(()),
        Access::Password => Err(Refusal::RoomPasswordNeeded),
        Access::Invite => Err(Refusal::NotInvited),
        Access::Private => Err(Refusal::NoSuchRoom),
    }
}

/// Whether a session's token, if it came by one, lets it into a room of that name as shown (`lobby`, `@ann`).
pub(super) fn in_scope(session: &Session, wanted: &str) -> Result<(), Refusal> {
    let Some(Scopes { read, write, rooms }) = &session.scopes else { return Ok(()) };
    let wanted = chinwag_proto::wire::message::name::fold(wanted);
    let is_listed = rooms.as_ref().is_none_or(|rooms| rooms.contains(&wanted));
    if (*read || *write) && is_listed { Ok(()) } else { Err(Refusal::OutOfScope) }
}

/// What an entry by this member does, if it may. `whom`: the account that an act names.
pub(super) fn change_of(
    accounts: &Accounts,
    room: &Room,
    author: AccountId,
    body: &Body,
    whom: Option<AccountId>,
) -> Result<Change, Refusal> {
    let role = role(accounts, room, author).ok_or(Refusal::NotMember)?;
    match body {
        Body::Text(_) => Ok(Change::None),
        Body::Reply { to: about, .. } | Body::React { of: about, .. } => Ok(Change::About(*about)),
        Body::Edit { of, .. } => Ok(Change::Edit(*of)),
        Body::Delete { of } => Ok(Change::Delete { of: *of, any_author: role >= Role::Moderator }),
        Body::Topic(topic) if role >= Role::Moderator => Ok(Change::Topic(topic.clone())),
        Body::Topic(_) => Err(Refusal::NotAllowed),
        Body::Act(act) => change_of_act(accounts, room, (author, role), act, whom),
    }
}

fn change_of_act(
    accounts: &Accounts,
    room: &Room,
    (author, own): (AccountId, Role),
    act: &Act,
    whom: Option<AccountId>,
) -> Result<Change, Refusal> {
    let whom = || whom.ok_or(Refusal::NoSuchAccount);
    // Nobody acts upon who stands as high, but an owner upon other owners.
    let lower = |whom: AccountId| {
        let theirs = role(accounts, room, whom);
        let may = theirs.is_none_or(|theirs| theirs < own || own == Role::Owner);
        if may { Ok(whom) } else { Err(Refusal::NotAllowed) }
    };
    let member = |whom: AccountId| room.state.member(whom).map(|_| whom).ok_or(Refusal::NoSuchAccount);
    if own < needed(act) {
        return Err(Refusal::NotAllowed);
    }
    match act {
        Act::Role { role, .. } => {
            let whom = member(whom()?)?;
            let others = || room.state.members.iter().any(|m| m.account != whom && m.role == Role::Owner);
            let was_owner = room.state.member(whom).is_some_and(|member| member.role == Role::Owner);
            // A room keeps an owner.
            if was_owner && *role != Role::Owner && !others() {
                return Err(Refusal::NotAllowed);
            }
            Ok(Change::Role(whom, *role))
        }
        Act::Kick { .. } => member(whom()?).and_then(lower).and_then(but(author)).map(Change::Kick),
        Act::Ban { until, .. } => whom().and_then(lower).and_then(but(author)).map(|whom| Change::Ban(whom, *until)),
        Act::Unban { .. } => whom().map(Change::Unban),
        Act::Mute { until, .. } => {
            member(whom()?).and_then(lower).and_then(but(author)).map(|whom| Change::Mute(whom, *until))
        }
        Act::Unmute { .. } => whom().map(Change::Unmute),
        Act::Invite { .. } => whom().map(Change::Invite),
        Act::Set(fact) => Ok(Change::Fact(fact.clone())),
        Act::Pin { of, is_set } => Ok(Change::Pin { of: *of, is_set: *is_set }),
        Act::Open(access) => Ok(Change::Open(*access, None)),
    }
}

/// The least role that may do it.
const fn needed(act: &Act) -> Role {
    match act {
        Act::Role { .. } | Act::Open(_) | Act::Set(Fact::Rules(_)) => Role::Owner,
        Act::Kick { .. }
        | Act::Ban { .. }
        | Act::Unban { .. }
        | Act::Mute { .. }
        | Act::Unmute { .. }
        | Act::Invite { .. }
        | Act::Pin { .. }
        | Act::Set(Fact::Pins(_) | Fact::Slow(_)) => Role::Moderator,
    }
}

/// Not upon oneself.
fn but(author: AccountId) -> impl Fn(AccountId) -> Result<AccountId, Refusal> {
    move |whom| if whom == author { Err(Refusal::NotAllowed) } else { Ok(whom) }
}

/// Whether a member may write now.
pub(super) fn may_write(room: &Room, author: AccountId, role: Role, body: &Body, now: Now) -> Result<(), Refusal> {
    if role < Role::Moderator && room.is_muted(author, now.wall) {
        return Err(Refusal::Muted);
    }
    let is_slowed =
        room.state.facts.slow_s > 0 && role < Role::Moderator && matches!(body, Body::Text(_) | Body::Reply { .. });
    let last = room.last_post_at.get(&author).filter(|_| is_slowed);
    let wait = Duration::from_secs(u64::from(room.state.facts.slow_s));
    if last.is_some_and(|last| now.mono.since(*last) < wait) {
        return Err(Refusal::SlowMode);
    }
    Ok(())
}

/// Whether a member may not write now; nor may who is none.
pub(super) fn is_muted(accounts: &Accounts, room: &Room, account: AccountId, now: Now) -> bool {
    role(accounts, room, account)
        .is_none_or(|role| may_write(room, account, role, &Body::Topic(String::new()), now).is_err())
}

/// The sessions of an account that follow a room.
pub(super) fn following<'a>(
    accounts: &'a Accounts,
    room: &'a Room,
    account: AccountId,
) -> impl Iterator<Item = SessionId> + 'a {
    let sessions = accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
    sessions.iter().copied().filter(|session| room.followers().binary_search(session).is_ok())
}

/// Whether a change may keep someone out who could come in before it.
pub(super) const fn narrows_access(change: &Change) -> bool {
    matches!(change, Change::Ban(..) | Change::Open(..))
}
