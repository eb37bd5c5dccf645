//! What a session sees: rooms as they are to its account, and what its token lets it read. Pure questions.

use std::collections::BTreeSet;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Listed, Refusal, RoomInfo, RoomKind, Standing};

use super::accounts::Accounts;
use super::pending::Asked;
use super::rooms::{Room, Rooms};
use super::rules;
use super::sessions::Sessions;
use super::tables::Tables;
use chinwag_store::Kind;

/// A room as a session of an account sees it. What came by a token sees those that it is for, and nothing of what is said
/// there if it only writes.
pub(super) fn info(
    accounts: &Accounts,
    rooms: &Rooms,
    sessions: &Sessions,
    session: SessionId,
    id: RoomId,
    account: AccountId,
) -> Option<RoomInfo> {
    let mut info = whole_info(accounts, rooms, id, account)?;
    if let Some(session) = sessions.get(session)
        && let Some(scopes) = &session.scopes
    {
        rules::in_scope(session, &accounts.shown(&rooms.get(id)?.state.kind, account)).ok()?;
        if !scopes.read {
            info.topic.clear();
        }
    }
    Some(info)
}

fn whole_info(accounts: &Accounts, rooms: &Rooms, id: RoomId, account: AccountId) -> Option<RoomInfo> {
    let room = rooms.get(id)?;
    let kind = match &room.state.kind {
        Kind::Named(name) => RoomKind::Named(name.clone()),
        Kind::Direct(one, other) => {
            let other = if *one == account { *other } else { *one };
            RoomKind::Direct(other, accounts.name(other).to_owned())
        }
    };
    let standing = rules::standing(accounts, room, account);
    // Whoever is put out learns that it is, and nothing else.
    let is_in = matches!(standing, Standing::In(_));
    let member = room.state.member(account);
    Some(RoomInfo {
        id,
        kind,
        log: room.state.log,
        head: if is_in { room.state.head } else { RoomSeq(0) },
        access: room.state.access,
        topic: if is_in { room.state.topic.clone() } else { String::new() },
        standing,
        since: member.map_or(RoomSeq(0), |member| member.since),
        read: member.map_or(RoomSeq(0), |member| member.read),
    })
}

/// The room, for a session that may read it. What is said in a room reaches nobody whom this refuses: pages, searches, lists, and
/// what is followed from outside all ask here.
pub(super) fn readable(tables: &Tables, session: SessionId, id: RoomId, now: Now) -> Result<&Room, Refusal> {
    let account = tables.sessions.account_of(session)?;
    let device = tables.sessions.get(session).map(|session| session.device).ok_or(Refusal::NotLoggedIn)?;
    let room = rules::as_reader(&tables.rooms, id, account, &device, tables.time.best(now))?;
    token_lets_read(&tables.accounts, &tables.sessions, session, room, account).map(|()| room)
}

/// A room as a session sees it that may know of it: with what is said there only if it may read it.
pub(super) fn from_outside(
    tables: &Tables,
    session: SessionId,
    id: RoomId,
    account: AccountId,
    now: Now,
) -> Option<RoomInfo> {
    let mut info = info(&tables.accounts, &tables.rooms, &tables.sessions, session, id, account)?;
    if let Ok(room) = readable(tables, session, id, now) {
        info.head = room.state.head;
        info.topic.clone_from(&room.state.topic);
    }
    Some(info)
}

pub(super) fn listed(
    tables: &Tables,
    asked: Asked,
    (id, room): (RoomId, &Room),
    account: AccountId,
    now: Now,
) -> Option<Listed> {
    let Kind::Named(name) = &room.state.kind else { return None };
    token_lets_read(&tables.accounts, &tables.sessions, asked.session, room, account).ok()?;
    let read = readable(tables, asked.session, id, now).ok();
    Some(Listed {
        name: name.clone(),
        access: room.state.access,
        topic: read.map_or(String::new(), |room| room.state.topic.clone()),
        members: room.state.members.len() as u64,
        head: read.map_or(RoomSeq(0), |room| room.state.head),
        is_member: room.state.is_member(account),
    })
}

/// Whether a session's token, if it came by one, lets it read that room.
pub(super) fn token_lets_read(
    accounts: &Accounts,
    sessions: &Sessions,
    session: SessionId,
    room: &Room,
    account: AccountId,
) -> Result<(), Refusal> {
    let Some(session) = sessions.get(session) else { return Ok(()) };
    if session.scopes.as_ref().is_some_and(|scopes| !scopes.read) {
        return Err(Refusal::OutOfScope);
    }
    rules::in_scope(session, &accounts.shown(&room.state.kind, account))
}

/// The rooms to which a session's token keeps it; `None`: to none.
pub(super) fn readable_only(tables: &Tables, asked: Asked, account: AccountId) -> Result<Option<Vec<RoomId>>, Refusal> {
    let Some(session) = tables.sessions.get(asked.session) else { return Ok(None) };
    let Some(scopes) = &session.scopes else { return Ok(None) };
    if !scopes.read {
        return Err(Refusal::OutOfScope);
    }
    if scopes.rooms.is_none() {
        return Ok(None);
    }
    // Its own rooms, and those that it may read from outside: a scope names them.
    let own = tables.accounts.get(account).into_iter().flat_map(|account| account.rooms.iter().copied());
    let named = scopes.rooms.iter().flatten().filter_map(|name| tables.rooms.named(name));
    let readable: BTreeSet<RoomId> =
        own.chain(named)
            .filter(|&id| {
                tables.rooms.get(id).is_some_and(|room| {
                    rules::in_scope(session, &tables.accounts.shown(&room.state.kind, account)).is_ok()
                })
            })
            .collect();
    Ok(Some(readable.into_iter().collect()))
}
