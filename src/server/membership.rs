//! Membership: how accounts come into rooms that are there, follow them, and go out of them.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, Answer, Down, From, Refusal, RoomInfo};

use super::accounts::Accounts;
use super::effect::Effect;
use super::notice::Notice;
use super::out::Out;
use super::pending::{Asked, Entering, Ticket};
use super::rooms::Rooms;
use super::tables::Tables;
use super::{defer, facts, presence, readers, rules, serving, unreadable, view};
use chinwag_store::{Kind, Member, Write};

/// The room is there; the account enters it, for good if it is not a member yet.
pub(super) fn enter(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    id: RoomId,
    (account, knows_password): (AccountId, bool),
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let room = tables.rooms.get(id).ok_or(Refusal::NoSuchRoom)?;
    if room.state.is_member(account) {
        return follow(tables, out, asked, id, account, from, now);
    }
    let Some(session) = tables.sessions.get(asked.session) else { return Ok(()) };
    rules::may_enter(room, account, &session.device, knows_password, tables.time.best(now))?;
    if room.closing > 0 {
        // A ban or another change of access is on its way to the store, and may hold for this one.
        let knew = room.state.phc.clone().filter(|_| knows_password);
        tables.sessions.pending(asked)?;
        if let Some(room) = tables.rooms.get_mut(id) {
            room.entering.push(Entering { asked, account, from, knew });
        }
        return Ok(());
    }
    if tables.accounts.is_in_too_many(account) {
        return Err(Refusal::TooManyRooms);
    }
    defer::defer(
        &mut tables.sessions,
        out,
        asked,
        Write::Enter { room: id, account },
        Ticket::Enter(asked, id, from, account),
    )
}

/// That an account is a member is durable.
pub(super) fn entered(accounts: &mut Accounts, rooms: &mut Rooms, id: RoomId, account: AccountId) {
    if let Some(room) = rooms.get_mut(id) {
        room.state.enter(account);
    }
    if let Some(account) = accounts.get_mut(account) {
        account.rooms.insert(id);
        account.invited.remove(&id);
    }
}

/// It is done, or refused: whoever wanted to enter meanwhile is let in if it still may.
pub(super) fn closed(tables: &mut Tables, out: &mut Out, id: RoomId, now: Now) {
    let Some(room) = tables.rooms.get_mut(id) else { return };
    room.closing = room.closing.saturating_sub(1);
    if room.closing > 0 {
        return;
    }
    for Entering { asked, account, from, knew } in std::mem::take(&mut room.entering) {
        tables.sessions.no_longer_pending(asked);
        let knows_password = knew.is_some()
            && tables.rooms.get(id).is_some_and(|room| room.state.access == Access::Password && room.state.phc == knew);
        if tables.sessions.account_of(asked.session) == Ok(account) {
            let entered = enter(tables, out, asked, id, (account, knows_password), from, now);
            out.refuse_unless(asked, entered);
        }
    }
}

/// A session follows a room from here on. The account is a member.
pub(super) fn follow(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    id: RoomId,
    account: AccountId,
    from: From,
    now: Now,
) -> Result<(), Refusal> {
    let Some(session) = tables.sessions.get_mut(asked.session) else { return Ok(()) };
    if !session.has_place_for(id) {
        return Err(Refusal::TooManyRooms);
    }
    let since = tables.rooms.get(id).and_then(|room| room.state.member(account)).map(|member| member.since);
    let since = since.ok_or(Refusal::NotMember)?;
    session.reads.remove(&id);
    session.rooms.insert(id);
    // A token that only writes is shown nothing.
    let reads = session.scopes.as_ref().is_none_or(|scopes| scopes.read);
    if !reads {
        let info = view::info(&tables.accounts, &tables.rooms, &tables.sessions, asked.session, id, account)
            .ok_or(Refusal::NoSuchRoom)?;
        let after = info.head;
        let_in(tables, out, asked, &from, Entered { room: info, after, roster: 0, back_to: None });
        return Ok(());
    }
    tables.rooms.follow(id, asked.session);
    presence::came(tables, out, id, account, now.mono);
    let (room, info) = (
        tables.rooms.get(id),
        view::info(&tables.accounts, &tables.rooms, &tables.sessions, asked.session, id, account),
    );
    let (room, info) = room.zip(info).ok_or(Refusal::NoSuchRoom)?;
    let (after, back_to) = tables.rooms.begin(id, room, &from);
    let (after, roster) = (after.max(since), room.roster.version().0);
    let_in(tables, out, asked, &from, Entered { room: info, after, roster, back_to });
    facts::tell(tables, out, asked.session, id);
    serving::begin(tables, asked.session, id, after, now.mono);
    out.effects.push_back(Effect::Follow(asked.session, id, after));
    unreadable::tell_unreadable(&tables.damages, out, asked.session, id);
    Ok(())
}

pub(super) fn let_in(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    from: &From,
    Entered { room, after, roster, back_to }: Entered,
) {
    if let (Some(back_to), From::Seen { marks, .. }) = (back_to, from)
        && let Some(account) = tables.sessions.get(asked.session).and_then(|session| session.account)
        && let Some(account) = tables.accounts.get_mut(account).filter(|account| !account.has_seen_more)
    {
        account.has_seen_more = true;
        let saw = marks.first().map_or(RoomSeq(0), |mark| mark.upto);
        out.notices.push_back(Notice::WentBack { name: account.name.clone(), saw, back_to });
    }
    let answer = match from {
        From::After(..) | From::Recent(_) => Answer::Joined { room, after, roster },
        From::Seen { .. } => Answer::Entered { room, after, roster, epoch: tables.rooms.epoch(), back_to },
    };
    out.answer(asked, Ok(answer));
}

/// A session follows a room no more. An account leaves a named room when none of its sessions follows it any more.
pub(super) fn leave(tables: &mut Tables, out: &mut Out, asked: Asked, id: RoomId, now: Now) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let is_member = tables.rooms.get(id).is_some_and(|room| room.state.is_member(account));
    if readers::stop_reading(tables, out, asked.session, id) && !is_member {
        out.answer(asked, Ok(Answer::Left));
        return Ok(());
    }
    if let Some(session) = tables.sessions.get_mut(asked.session)
        && session.rooms.remove(&id)
    {
        let was_shown = session.is_shown();
        tables.rooms.unfollow(id, asked.session);
        out.effects.push_back(Effect::Unfollow(asked.session, id));
        if was_shown {
            presence::gone(tables, out, id, account, true, now.mono);
        }
    }
    let by_token = tables.sessions.get(asked.session).is_some_and(|session| session.scopes.is_some());
    if let Some(room) = tables.rooms.get(id)
        && !by_token
        && matches!(room.state.kind, Kind::Named(_))
        && let Some(member) = room.state.member(account)
        && rules::following(&tables.accounts, room, account).next().is_none()
    {
        let ticket = Ticket::Left(asked, id, Box::new(*member));
        defer::defer(&mut tables.sessions, out, asked, Write::Leave { room: id, account }, ticket)?;
        // At once, so that a join that comes before the commit enters again, after it.
        no_longer_member(&mut tables.accounts, &mut tables.rooms, id, account);
        readers::judge_readers(tables, out, id, now);
        return Ok(());
    }
    if !by_token && tables.rooms.get(id).is_some_and(|room| room.state.is_invited(account)) {
        defer::defer(
            &mut tables.sessions,
            out,
            asked,
            Write::Leave { room: id, account },
            Ticket::Declined(asked, id, account),
        )?;
        // At once, as above.
        set_invited(&mut tables.accounts, &mut tables.rooms, id, account, false);
        return Ok(());
    }
    out.answer(asked, Ok(Answer::Left));
    Ok(())
}

/// That an account does not follow an invitation is durable. Nobody else hears of it.
pub(super) fn declined(tables: &Tables, out: &mut Out, asked: Asked, id: RoomId, account: AccountId) {
    tell_info(tables, out, id, account, Some(asked.session));
    out.answer(asked, Ok(Answer::Left));
}

/// An account may enter a room by invitation from now on, or not any more.
pub(super) fn set_invited(
    accounts: &mut Accounts,
    rooms: &mut Rooms,
    id: RoomId,
    account: AccountId,
    is_invited: bool,
) {
    let (Some(room), Some(entry)) = (rooms.get_mut(id), accounts.get_mut(account)) else { return };
    if is_invited {
        room.state.invite(account);
        entry.invited.insert(id);
    } else {
        room.state.take_invitation(account);
        entry.invited.remove(&id);
    }
}

/// The account is no member any more, and hears nothing more of the room.
pub(super) fn put_out(tables: &mut Tables, out: &mut Out, id: RoomId, account: AccountId, now: Now) {
    let Some(room) = tables.rooms.get(id) else { return };
    let following: Vec<_> = rules::following(&tables.accounts, room, account).collect();
    for session in following {
        if let Some(session) = tables.sessions.get_mut(session) {
            session.rooms.remove(&id);
        }
        tables.rooms.unfollow(id, session);
        out.effects.push_back(Effect::Unfollow(session, id));
    }
    no_longer_member(&mut tables.accounts, &mut tables.rooms, id, account);
    presence::gone(tables, out, id, account, true, now.mono);
    tell_info(tables, out, id, account, None);
    readers::judge_readers(tables, out, id, now);
}

/// That it left could not be stored.
pub(super) fn restore_member(accounts: &mut Accounts, rooms: &mut Rooms, id: RoomId, member: Member) {
    let Some(room) = rooms.get_mut(id) else { return };
    if let Some(account) = accounts.get_mut(member.account) {
        account.rooms.insert(id);
        room.state.restore(member);
    }
}

fn no_longer_member(accounts: &mut Accounts, rooms: &mut Rooms, id: RoomId, account: AccountId) {
    if let Some(room) = rooms.get_mut(id) {
        room.state.leave(account);
        room.last_post_at.remove(&account);
    }
    if let Some(account) = accounts.get_mut(account) {
        account.rooms.remove(&id);
    }
}

/// Tells all of an account's sessions, but maybe one, how a room is to them now.
pub(super) fn tell_info(tables: &Tables, out: &mut Out, id: RoomId, account: AccountId, but: Option<SessionId>) {
    let theirs = tables.accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
    let told = theirs.iter().filter(|&&session| Some(session) != but).filter_map(|&session| {
        let info = view::info(&tables.accounts, &tables.rooms, &tables.sessions, session, id, account)?;
        Some(Effect::tell(session, &Down::Room(info)))
    });
    let told: Vec<_> = told.collect();
    out.effects.extend(told);
}

/// What is answered to whoever enters a room.
pub(super) struct Entered {
    pub(super) room: RoomInfo,
    pub(super) after: RoomSeq,
    pub(super) roster: u64,
    pub(super) back_to: Option<RoomSeq>,
}
