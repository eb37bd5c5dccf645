//! How far members have got: what is marked, and who is told.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Down, Reach, Refusal};

use super::accounts::Accounts;
use super::effect::Effect;
use super::limits::{MARKS_AFTER, MARKS_PER_BATCH, REACH_AFTER, REACH_AFTER_PER_MEMBER_US};
use super::marks::Marks;
use super::out::Out;
use super::pending::{Asked, Ticket};
use super::rooms::{Room, Rooms};
use super::sessions::Sessions;
use super::tables::Tables;
use super::{rules, view};
use chinwag_store::Write;

/// A device has a room on record up to here.
pub(super) fn delivered(tables: &mut Tables, id: SessionId, room: RoomId, upto: RoomSeq, now: Now) {
    let Some(session) = tables.sessions.get(id).filter(|session| session.rooms.contains(&room)) else { return };
    let Some(account) = session.account else { return };
    mark(&mut tables.marks, &mut tables.rooms, room, account, now, |member, head| {
        let upto = upto.min(head);
        let is_news = upto > member.delivered;
        member.delivered = member.delivered.max(upto);
        is_news
    });
}

/// An account has read a room up to here, and lets it be known, or not.
pub(super) fn read(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    (room, upto, is_private): (RoomId, RoomSeq, bool),
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    view::token_lets_read(
        &tables.accounts,
        &tables.sessions,
        asked.session,
        rules::as_member(&tables.rooms, room, account)?,
        account,
    )?;
    let is_news = mark(&mut tables.marks, &mut tables.rooms, room, account, now, |member, head| {
        let upto = upto.min(head);
        let shown = if is_private { member.shown_read } else { member.shown_read.max(upto) };
        let is_news = upto > member.read || shown > member.shown_read;
        member.read = member.read.max(upto);
        member.shown_read = shown;
        is_news
    });
    let member = tables.rooms.get(room).and_then(|room| room.state.member(account));
    if let (true, Some(upto)) = (is_news, member.map(|member| member.read)) {
        let sessions = tables.accounts.get(account).map(|account| account.sessions.as_slice()).unwrap_or_default();
        let may_read = |session| {
            tables.rooms.get(room).is_some_and(|room| {
                view::token_lets_read(&tables.accounts, &tables.sessions, session, room, account).is_ok()
            })
        };
        let others = sessions.iter().filter(|&&session| session != asked.session && may_read(session));
        let told: Vec<_> = others.map(|&session| Effect::tell(session, &Down::Read { room, upto })).collect();
        out.effects.extend(told);
    }
    out.answer(asked, Ok(Answer::Done));
    Ok(())
}

pub(super) fn delivery(
    accounts: &Accounts,
    rooms: &Rooms,
    sessions: &Sessions,
    out: &mut Out,
    asked: Asked,
    room: RoomId,
    number: RoomSeq,
) -> Result<(), Refusal> {
    let account = sessions.account_of(asked.session)?;
    let room = rules::as_member(rooms, room, account)?;
    view::token_lets_read(accounts, sessions, asked.session, room, account)?;
    if number.0 == 0 || number > room.state.head {
        return Err(Refusal::NoSuchEntry);
    }
    let reach = reach(room, number, account);
    out.answer(asked, Ok(Answer::Delivery(reach)));
    Ok(())
}

/// Changes a member's marks. Gives whether `change` says that it did.
fn mark(
    marks: &mut Marks,
    rooms: &mut Rooms,
    id: RoomId,
    account: AccountId,
    now: Now,
    change: impl FnOnce(&mut chinwag_store::Member, RoomSeq) -> bool,
) -> bool {
    let Some(room) = rooms.get_mut(id) else { return false };
    let head = room.state.head;
    let Some(member) = room.state.member_mut(account) else { return false };
    if !change(member, head) {
        return false;
    }
    if !room.watch.is_empty() && room.watch.due.is_none() {
        let wait_us = REACH_AFTER.as_micros() as u64 + REACH_AFTER_PER_MEMBER_US * room.state.members.len() as u64;
        let at = now.mono.plus_micros(wait_us);
        room.watch.due = Some(at);
        marks.due.insert((at, id));
    }
    marks.dirty.insert((id, account));
    marks.write_at.get_or_insert(now.mono + MARKS_AFTER);
    true
}

/// Tells authors what is news, and writes the marks that have waited long enough.
pub(super) fn tick_marks(tables: &mut Tables, out: &mut Out, now: Instant) {
    while let Some(&(at, id)) = tables.marks.due.first()
        && at <= now
    {
        tables.marks.due.pop_first();
        tell_reach(tables, out, id);
    }
    if tables.marks.write_at.is_some_and(|at| at <= now) {
        write_marks(&mut tables.marks, &tables.rooms, out);
        tables.marks.write_at = (!tables.marks.dirty.is_empty()).then(|| now + MARKS_AFTER);
    }
}

fn tell_reach(tables: &mut Tables, out: &mut Out, id: RoomId) {
    let Some(room) = tables.rooms.get_mut(id) else { return };
    let mut watch = std::mem::take(&mut room.watch);
    watch.due = None;
    let news = watch.news(|number, author| reach(room, number, author));
    room.watch = watch;
    let Some(room) = tables.rooms.get(id) else { return };
    for (author, number, reach) in news {
        let told = Down::Delivered { room: id, number, reach };
        out.effects.extend(rules::following(&tables.accounts, room, author).map(|s| Effect::tell(s, &told)));
    }
}

/// Puts dirty marks into the next batch.
fn write_marks(marks: &mut Marks, rooms: &Rooms, out: &mut Out) {
    for _ in 0..MARKS_PER_BATCH {
        let Some((room, account)) = marks.dirty.pop_first() else { return };
        let Some(member) = rooms.get(room).and_then(|room| room.state.member(account)) else { continue };
        let (delivered, read, shown_read) = (member.delivered, member.read, member.shown_read);
        out.commits.push(Write::Mark { room, account, delivered, read, shown_read }, Ticket::Quiet);
    }
}

/// How far an entry has got among the other members.
fn reach(room: &Room, number: RoomSeq, author: AccountId) -> Reach {
    let mut reach = Reach::default();
    for member in room.state.members.iter().filter(|member| member.account != author) {
        reach.of += 1;
        reach.delivered += u64::from(member.delivered.max(member.shown_read) >= number);
        reach.read += u64::from(member.shown_read >= number);
    }
    reach
}
