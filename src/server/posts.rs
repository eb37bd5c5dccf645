//! Posts: what a session wants in a room's log. Each is answered once: now if it can't be one, else when the store has
//! spoken.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{self, Body, Down, Entry, Post, Refusal, Wire as _};

use super::accounts::{Account, Accounts};
use super::budget::{Budgets, cost_of_post};
use super::effect::Effect;
use super::limits::{ACCOUNT_UNANSWERED_BYTES_MAX, OVER_BUDGET_EVERY, QUEUED_BYTES_MAX, UNANSWERED_BYTES_MAX};
use super::out::Out;
use super::pending::{Answers, Posted, Ticket};
use super::rooms::Rooms;
use super::rules::narrows_access;
use super::tables::Tables;
use super::{rules, space};
use chinwag_store::{Append, Change, Kind, Origin, Write, uses};

/// Takes a post.
pub(super) fn post(
    tables: &mut Tables,
    out: &mut Out,
    id: SessionId,
    room: RoomId,
    number: u64,
    received: &[u8],
    now: Now,
) {
    let post = RoomSeq(number);
    tell_if_over_budget(tables, out, id, room, received.len(), now.mono);
    match append_of(tables, id, room, received, now) {
        Ok(append) => {
            let (author, entry, change) = (append.author, append.entry.clone(), append.change.clone());
            if let Some(session) = tables.sessions.get_mut(id) {
                session.unanswered_bytes += entry.len();
            }
            if let Some(account) = tables.accounts.get_mut(author) {
                account.unanswered_bytes += entry.len();
            }
            let fits = append.unless_repeated.is_none();
            let set_aside = if fits { space::set_aside(tables, author, room, uses(&change, entry.len())) } else { 0 };
            let posted = Posted { answers: Answers::Post(id, post), room, author, entry, change, set_aside };
            if narrows_access(&posted.change) {
                tables.rooms.closes(room);
            }
            out.commits.push(Write::Append(append), Ticket::Post(Box::new(posted)));
        }
        Err(reason) => out.answer_post(id, Down::Refused { room, post, reason }),
    }
}

/// Whether there is room for one more. Where the store is slow, what is posted waits at its sender.
/// So does what an account posts beyond its budget, on whatever sessions.
pub(super) fn takes_posts(tables: &Tables, out: &Out, id: SessionId, now: Instant) -> bool {
    let session = tables.sessions.get(id);
    let unanswered = session.map_or(0, |session| session.unanswered_bytes);
    let account = session.and_then(|session| session.account).and_then(|account| tables.accounts.get(account));
    account.is_none_or(|account| has_budget(tables, account, now))
        && unanswered < UNANSWERED_BYTES_MAX
        && out.commits.bytes() < QUEUED_BYTES_MAX
}

/// Whether an account may write one more: so many messages, so many octets, and no more at once than others can wait for.
fn has_budget(tables: &Tables, account: &Account, now: Instant) -> bool {
    if tables.post_gap_us.is_some_and(|gap_us| !account.may_write(now, gap_us)) {
        return false;
    }
    let Some(budgets) = &tables.budgets else { return true };
    account.wrote.leaves_any(now, &budgets.write) && account.unanswered_bytes < ACCOUNT_UNANSWERED_BYTES_MAX
}

fn append_of(tables: &mut Tables, id: SessionId, room: RoomId, received: &[u8], now: Now) -> Result<Append, Refusal> {
    let session = tables.sessions.get(id).ok_or(Refusal::NotLoggedIn)?;
    let author = session.account.ok_or(Refusal::NotLoggedIn)?;
    spend(tables, author, room, received.len(), now.mono);
    let Post { id: msg_id, mut body } = Post::decode(received).map_err(|_| Refusal::NotUnderstood)?;
    body.check()?;
    spell(&tables.accounts, &mut body);
    let allowed = allowed(tables, id, room, author, &body, now);
    if allowed.is_ok() {
        note_post(&mut tables.rooms, room, author, &body, now);
    }
    let device = tables.sessions.get(id).map(|session| session.device).unwrap_or_default();
    let name = tables.accounts.name(author).to_owned();
    let entry = Entry { at: now.wall, author, name, body }.encode();
    let allowed = allowed.and_then(|change| space::fits(tables, author, room, entry.len(), &change).map(|()| change));
    let origin = Origin { device, id: msg_id, hash: message::hash(received) };
    // What is not allowed now may have been stored before, when it was: the store knows.
    let (change, unless_repeated) = match allowed {
        Ok(change) => (change, None),
        Err(reason) => (Change::None, Some(reason)),
    };
    Ok(Append { room, author, origin, at: tables.time.stamp(now), entry, change, unless_repeated })
}

/// Takes a post into account, whatever becomes of it.
fn spend(tables: &mut Tables, author: AccountId, room: RoomId, octets: usize, now: Instant) {
    let followers = tables.rooms.get(room).map_or(0, super::rooms::Room::audience_len);
    let Some(account) = tables.accounts.get_mut(author) else { return };
    if let Some(gap_us) = tables.post_gap_us {
        account.writes(now, gap_us);
    }
    if let Some(budgets) = &tables.budgets {
        account.wrote.spend(now, cost_of_post(octets, followers), &budgets.write);
    }
}

/// An account that has used up what it may write at once is told so, on all its sessions, and how it goes on; not more often than
/// [`OVER_BUDGET_EVERY`], since one that goes on writing uses it up again with each post. To be asked before a post is taken.
fn tell_if_over_budget(tables: &mut Tables, out: &mut Out, id: SessionId, room: RoomId, octets: usize, now: Instant) {
    let Some(Budgets { write, .. }) = tables.budgets else { return };
    let followers = tables.rooms.get(room).map_or(0, super::rooms::Room::audience_len);
    let Some(author) = tables.sessions.get(id).and_then(|session| session.account) else { return };
    let Some(account) = tables.accounts.get_mut(author) else { return };
    let (cost, mut wrote) = (cost_of_post(octets, followers), account.wrote);
    wrote.spend(now, cost, &write);
    let is_news = account.over_budget_at.is_none_or(|at| now.since(at) >= OVER_BUDGET_EVERY);
    if wrote.leaves_any(now, &write) || !is_news {
        return;
    }
    account.over_budget_at = Some(now);
    let wait_ms = u64::try_from(wrote.wait(now, &write).as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
    let per_s = write.per_s() * octets.max(1) as u64 / cost.max(1);
    let down = Down::OverBudget { wait_ms, per_s: per_s.max(1) };
    out.effects.extend(account.sessions.iter().map(|&session| Effect::tell(session, &down)));
}

/// What a post does, if its author may.
fn allowed(
    tables: &Tables,
    id: SessionId,
    room_id: RoomId,
    author: AccountId,
    body: &Body,
    now: Now,
) -> Result<Change, Refusal> {
    let session = tables.sessions.get(id).ok_or(Refusal::NotLoggedIn)?;
    if session.scopes.as_ref().is_some_and(|scopes| !scopes.write) {
        return Err(Refusal::OutOfScope);
    }
    let is_following = session.rooms.contains(&room_id);
    let whom = if let Body::Act(act) = body { act.who().and_then(|who| tables.accounts.named(who)) } else { None };
    let room = tables.rooms.get(room_id).filter(|_| is_following).ok_or(Refusal::NotMember)?;
    let role = rules::role(&tables.accounts, room, author).ok_or(Refusal::NotMember)?;
    rules::may_write(room, author, role, body, tables.time.judged(now))?;
    let is_two = matches!(room.state.kind, Kind::Direct(..));
    if is_two && matches!(body, Body::Act(_) | Body::Topic(_)) {
        return Err(Refusal::NotAllowed);
    }
    rules::change_of(&tables.accounts, room, author, body, whom)
}

/// Slow mode counts from here on.
fn note_post(rooms: &mut Rooms, id: RoomId, author: AccountId, body: &Body, now: Now) {
    if let Some(room) = rooms.get_mut(id).filter(|room| room.state.facts.slow_s > 0)
        && matches!(body, Body::Text(_) | Body::Reply { .. })
    {
        room.last_post_at.insert(author, now.mono);
    }
}

/// The name in an act is spelled as its account spells it.
fn spell(accounts: &Accounts, body: &mut Body) {
    let Body::Act(act) = body else { return };
    let Some(who) = act.who_mut() else { return };
    if let Some(whom) = accounts.named(who) {
        accounts.name(whom).clone_into(who);
    }
}
