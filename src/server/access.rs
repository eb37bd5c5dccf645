//! Access: rooms are asked for, made and opened to others; who may come in by name, by password, by a log of two.

use chinwag_proto::limits::FOLLOWED_PER_SESSION_MAX;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{self, Access, Act, Body, Entry, From, Refusal, Role, Secret, Wire as _};

use super::accounts::Accounts;
use super::effect::Effect;
use super::given::{check_room_password, new_name};
use super::job::Hashed;
use super::limits::ROOMS_MAX;
use super::membership::Entered;
use super::out::Out;
use super::pending::{Answers, Asked, Hashing, Posted, RoomHashing, Ticket};
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::tables::Tables;
use super::throttle::Lock;
use super::{defer, hashing, membership, rules, serving, space, unreadable, view};
use crate::names;
use chinwag_store::{Append, Change, Kind, NewRoom, Origin, Write};

pub(super) fn join(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    wanted: String,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let known = tables.rooms.named(&wanted);
    // One that was made under other rules keeps its name.
    let wanted = if known.is_some() { wanted } else { new_name(&wanted)? };
    in_scope(&tables.sessions, asked, &wanted)?;
    match known {
        Some(room) => membership::enter(tables, out, asked, room, (account, false), from, now),
        None => {
            let new = new_room(&tables.accounts, &tables.rooms, wanted, Access::Public, account)?;
            tables.sessions.full_account_of(asked.session)?;
            defer::defer(&mut tables.sessions, out, asked, Write::Room(new), Ticket::Room(asked, from))
        }
    }
}

pub(super) fn create(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (wanted, access): (String, Access),
    password: Option<Secret>,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.full_account_of(asked.session)?;
    let wanted = new_name(&wanted)?;
    if let Some((id, room)) = tables.rooms.named(&wanted).and_then(|id| Some((id, tables.rooms.get(id)?)))
        && room.state.member(account).is_some_and(|member| member.role == Role::Owner)
    {
        return membership::follow(tables, out, asked, id, account, from, now);
    }
    let new = new_room(&tables.accounts, &tables.rooms, wanted, access, account)?;
    match (access, password) {
        (Access::Password, None) => Err(Refusal::PasswordNeeded),
        (Access::Password, Some(password)) => hashing::make_for(
            tables,
            out,
            asked,
            check_room_password(password)?,
            |asked| Hashing::Room(asked, RoomHashing::Create(new.name, access, from)),
            now,
        ),
        (Access::Public | Access::Invite | Access::Private, _) => {
            defer::defer(&mut tables.sessions, out, asked, Write::Room(new), Ticket::Created(asked, from))
        }
    }
}

pub(super) fn unlock(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    wanted: &str,
    password: Secret,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    in_scope(&tables.sessions, asked, wanted)?;
    let id = tables.rooms.named(wanted).ok_or(Refusal::NoSuchRoom)?;
    let room = tables.rooms.get(id).filter(|room| rules::may_know(room, account)).ok_or(Refusal::NoSuchRoom)?;
    if room.state.is_member(account) || room.state.access != Access::Password {
        return membership::enter(tables, out, asked, id, (account, false), from, now);
    }
    let phc = room.state.phc.clone();
    let then = Hashing::Room(asked, RoomHashing::Unlock(id, from));
    hashing::check_password(tables, out, asked, (Lock::Room(id), phc), password, then, now)
}

pub(super) fn open(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (id, access): (RoomId, Access),
    password: Option<Secret>,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.full_account_of(asked.session)?;
    let room = rules::as_member(&tables.rooms, id, account)?;
    let is_named = matches!(room.state.kind, Kind::Named(_));
    if !is_named || rules::role(&tables.accounts, room, account).is_none_or(|role| role < Role::Owner) {
        return Err(Refusal::NotAllowed);
    }
    match (access, password) {
        (Access::Password, None) => Err(Refusal::PasswordNeeded),
        (Access::Password, Some(password)) => hashing::make_for(
            tables,
            out,
            asked,
            check_room_password(password)?,
            |asked| Hashing::Room(asked, RoomHashing::Open(id, access)),
            now,
        ),
        (Access::Public | Access::Invite | Access::Private, _) => open_now(tables, out, asked, id, (access, None), now),
    }
}

/// The password of a room was hashed, or checked.
pub(super) fn room_hashed(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    then: RoomHashing,
    hashed: Hashed,
    now: Now,
) {
    let done = match (then, hashed) {
        (RoomHashing::Create(wanted, access, from), Hashed::Made(phc)) => {
            let new = tables
                .sessions
                .account_of(asked.session)
                .and_then(|account| new_room(&tables.accounts, &tables.rooms, wanted, access, account));
            new.and_then(|new| {
                let new = NewRoom { phc: Some(phc), ..new };
                defer::defer(&mut tables.sessions, out, asked, Write::Room(new), Ticket::Created(asked, from))
            })
        }
        (RoomHashing::Open(id, access), Hashed::Made(phc)) => {
            open_now(tables, out, asked, id, (access, Some(phc)), now)
        }
        (RoomHashing::Unlock(id, from), Hashed::Checked(true)) => {
            hashing::note_right(tables, asked, Lock::Room(id), now);
            let account = tables.sessions.account_of(asked.session);
            account.and_then(|account| membership::enter(tables, out, asked, id, (account, true), from, now))
        }
        (_, Hashed::Failed) => Err(Refusal::Busy),
        (RoomHashing::Unlock(..) | RoomHashing::Create(..) | RoomHashing::Open(..), _) => Err(Refusal::PasswordWrong),
    };
    out.refuse_unless(asked, done);
}

fn new_room(
    accounts: &Accounts,
    rooms: &Rooms,
    wanted: String,
    access: Access,
    owner: AccountId,
) -> Result<NewRoom, Refusal> {
    if rooms.named(&wanted).is_some() {
        return Err(Refusal::RoomTaken);
    }
    may_be_made(accounts, rooms, owner)?;
    let skeleton = names::confusable(&wanted);
    Ok(NewRoom { name: wanted, skeleton, access, phc: None, owner: Some(owner) })
}

/// Whether this account may have a further room made.
fn may_be_made(accounts: &Accounts, rooms: &Rooms, account: AccountId) -> Result<(), Refusal> {
    if rooms.len() >= ROOMS_MAX {
        return Err(Refusal::Limit);
    }
    if accounts.is_in_too_many(account) { Err(Refusal::TooManyRooms) } else { Ok(()) }
}

/// A change of a room's access is an entry of its log, written by the server for whoever asked.
fn open_now(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    id: RoomId,
    (access, phc): (Access, Option<String>),
    now: Now,
) -> Result<(), Refusal> {
    let author = tables.sessions.account_of(asked.session)?;
    let Some(device) = tables.sessions.get(asked.session).map(|session| session.device) else { return Ok(()) };
    let name = tables.accounts.name(author).to_owned();
    let body = Body::Act(Act::Open(access));
    let entry = Entry { at: now.wall, author, name, body }.encode();
    tables.last_own.counter += 1;
    let origin = Origin { device, id: tables.last_own, hash: message::hash(&entry) };
    let change = Change::Open(access, phc);
    let append = Append {
        room: id,
        author,
        origin,
        at: tables.time.stamp(now),
        entry: entry.clone(),
        change: change.clone(),
        unless_repeated: None,
    };
    let set_aside = space::set_aside(tables, author, id, chinwag_store::uses(&change, entry.len()));
    let posted = Posted { answers: Answers::Request(asked), room: id, author, entry, change, set_aside };
    defer::defer(&mut tables.sessions, out, asked, Write::Append(append), Ticket::Post(Box::new(posted)))?;
    tables.rooms.closes(id);
    Ok(())
}

/// A session follows a room from here on, and its account is no member by that. One that is a member enters it.
pub(super) fn follow_from_outside(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    wanted: &str,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let id = tables.rooms.named(wanted).ok_or(Refusal::NoSuchRoom)?;
    if tables.rooms.get(id).is_some_and(|room| room.state.is_member(account)) {
        in_scope(&tables.sessions, asked, wanted)?;
        return membership::follow(tables, out, asked, id, account, from, now);
    }
    let (after, back_to) = tables.rooms.begin(id, view::readable(tables, asked.session, id, now)?, &from);
    let Some(session) = tables.sessions.get_mut(asked.session) else { return Ok(()) };
    if session.reads.len() >= FOLLOWED_PER_SESSION_MAX && !session.reads.contains(&id) {
        return Err(Refusal::TooManyFollowed);
    }
    if !session.has_place_for(id) {
        return Err(Refusal::TooManyRooms);
    }
    session.reads.insert(id);
    tables.rooms.read(id, asked.session);
    let room = view::from_outside(tables, asked.session, id, account, now).ok_or(Refusal::NoSuchRoom)?;
    membership::let_in(tables, out, asked, &from, Entered { room, after, roster: 0, back_to });
    serving::begin(tables, asked.session, id, after, now.mono);
    out.effects.push_back(Effect::Read(asked.session, id, after));
    unreadable::tell_unreadable(&tables.damages, out, asked.session, id);
    Ok(())
}

pub(super) fn direct(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    to: &str,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let other = tables.accounts.account_named(to);
    if !matches!(other, Err(Refusal::NameInvalid)) {
        in_scope(&tables.sessions, asked, &format!("@{to}"))?;
    }
    let other = other?;
    match tables.rooms.between(account, other) {
        Some(room) => membership::follow(tables, out, asked, room, account, from, now),
        None => may_be_made(&tables.accounts, &tables.rooms, account).and_then(|()| {
            defer::defer(
                &mut tables.sessions,
                out,
                asked,
                Write::Direct { one: account, other },
                Ticket::Direct(asked, from),
            )
        }),
    }
}

fn in_scope(sessions: &Sessions, asked: Asked, wanted: &str) -> Result<(), Refusal> {
    sessions.get(asked.session).map_or(Ok(()), |session| rules::in_scope(session, wanted))
}
