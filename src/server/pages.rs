//! Long answers: history, search, lists. They go over the bulk channel and never delay chat.

use chinwag_proto::limits::{PAGE_MAX, SEARCH_MAX_LEN};
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Bulk, Hit, Member, Numbered, Position, Refusal, SearchMark, Which, name};

use super::accounts::Accounts;
use super::budget::Budgets;
use super::job::WorkId;
use super::limits::{
    LIST_COST_BYTES, LIST_MAX, PAGE_BYTES, QUERIES_PER_ACCOUNT_MAX, QUERIES_PER_SESSION_MAX, SEARCH_COST_BYTES,
};
use super::out::Out;
use super::pending::{Asked, Inquiry};
use super::rooms::Room;
use super::sessions::Sessions;
use super::tables::Tables;
use super::{rules, unreadable, view};
use chinwag_store::{Found, Located, Pages, Query, Results, Search, StoreError, Texts};

pub(super) fn history(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    room: RoomId,
    position: Position,
    count: u16,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    view::readable(tables, asked.session, room, now)?;
    let count = usize::from(count.clamp(1, PAGE_MAX));
    let pages = Pages { account, room, position, count, bytes: PAGE_BYTES };
    ask(tables, out, Query::Pages(pages), Inquiry { asked, account, history_of: Some(room) }, now)
}

pub(super) fn search(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    room: Option<RoomId>,
    (words, after): (String, Option<SearchMark>),
    count: u16,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    if words.len() > SEARCH_MAX_LEN {
        return Err(Refusal::TooLarge);
    }
    if let Some(id) = room {
        view::readable(tables, asked.session, id, now)?;
    }
    let only = view::readable_only(tables, asked, account)?;
    let count = usize::from(count.clamp(1, PAGE_MAX));
    let search = Search { account, room, only, words, after, count, bytes: PAGE_BYTES };
    ask(tables, out, Query::Search(search), Inquiry { asked, account, history_of: None }, now)
}

/// The texts that are pinned in a room.
pub(super) fn pins(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    room: RoomId,
    after: Option<SearchMark>,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let pinned = view::readable(tables, asked.session, room, now)?;
    let after = RoomSeq(after.map_or(0, |after| after.0));
    let numbers = pinned.state.facts.pins.iter().copied().filter(|pin| *pin > after).collect();
    let texts = Texts { account, room, numbers, bytes: PAGE_BYTES };
    ask(tables, out, Query::Texts(texts), Inquiry { asked, account, history_of: None }, now)
}

/// Asks the store: at once, or when the account has a budget for it.
fn ask(tables: &mut Tables, out: &mut Out, query: Query, asking: Inquiry, now: Now) -> Result<(), Refusal> {
    let Some(session) = tables.sessions.get_mut(asking.asked.session) else { return Ok(()) };
    let Some(account) = tables.accounts.get_mut(asking.account) else { return Ok(()) };
    if session.queries >= QUERIES_PER_SESSION_MAX || account.queries >= QUERIES_PER_ACCOUNT_MAX {
        return Err(Refusal::Busy);
    }
    match &tables.budgets {
        Some(Budgets { read, .. }) if !account.read.leaves_any(now.mono, read) => {
            tables.held.hold((query, asking), &account.read, now.mono, read);
        }
        Some(_) | None => out.queries.push(query, asking).map_err(|_| Refusal::Busy)?,
    }
    session.queries += 1;
    account.queries += 1;
    if asking.history_of.is_none() {
        spend_read(tables, asking.account, SEARCH_COST_BYTES, now);
    }
    Ok(())
}

/// Asks what was held back and is due.
pub(super) fn ask_held(tables: &mut Tables, out: &mut Out, now: Now) {
    while let Some((query, asking)) = tables.held.due(now.mono) {
        let refused = match (tables.sessions.get(asking.asked.session), tables.accounts.get(asking.account)) {
            (None, _) | (_, None) => true,
            (Some(_), Some(account)) => match &tables.budgets {
                // Others of the same account came first.
                Some(Budgets { read, .. }) if !account.read.leaves_any(now.mono, read) => {
                    tables.held.hold((query, asking), &account.read, now.mono, read);
                    false
                }
                Some(_) | None => out.queries.push(query, asking).is_err(),
            },
        };
        if refused {
            no_longer_asked(&mut tables.accounts, &mut tables.sessions, asking);
            out.refuse(asking.asked, Refusal::Busy);
        }
    }
}

fn no_longer_asked(accounts: &mut Accounts, sessions: &mut Sessions, asking: Inquiry) {
    if let Some(session) = sessions.get_mut(asking.asked.session) {
        session.queries = session.queries.saturating_sub(1);
    }
    if let Some(account) = accounts.get_mut(asking.account) {
        account.queries = account.queries.saturating_sub(1);
    }
}

/// Takes octets into account that are read for an account.
fn spend_read(tables: &mut Tables, account: AccountId, octets: u64, now: Now) {
    if let (Some(budgets), Some(account)) = (&tables.budgets, tables.accounts.get_mut(account)) {
        account.read.spend(now.mono, octets, &budgets.read);
    }
}

/// A query is answered.
pub(super) fn queried(tables: &mut Tables, out: &mut Out, id: WorkId, results: Result<Results, StoreError>, now: Now) {
    let Some(asking) = out.queries.done(id) else { return };
    no_longer_asked(&mut tables.accounts, &mut tables.sessions, asking);
    let asked = asking.asked;
    match (asking.history_of, results) {
        (_, Err(StoreError::Damaged(_))) => {
            unreadable::damaged_elsewhere(&mut tables.damages, out);
            out.refuse(asked, Refusal::Damaged);
        }
        (_, Err(error)) => out.store_failed(error),
        (Some(room), Ok(Results::Pages { entries, is_more, unreadable })) => {
            if let Some(span) = unreadable {
                unreadable::unreadable(&tables.accounts, &mut tables.damages, &tables.rooms, out, room, span);
                unreadable::tell_unreadable(&tables.damages, out, asked.session, room);
            }
            spend_read(tables, asking.account, octets(&entries), now);
            answer_history(tables, out, asked, room, (entries, is_more), now);
        }
        (None, Ok(Results::Found(found))) => {
            spend_read(tables, asking.account, octets(&found.hits), now);
            if found.is_damaged && found.unreadable.is_empty() {
                unreadable::damaged_elsewhere(&mut tables.damages, out);
            }
            for (&room, &span) in &found.unreadable {
                unreadable::unreadable(&tables.accounts, &mut tables.damages, &tables.rooms, out, room, span);
                unreadable::tell_unreadable(&tables.damages, out, asked.session, room);
            }
            answer_search(tables, out, asked, found, now);
        }
        (Some(_) | None, Ok(_)) => {
            out.store_failed(StoreError::Failed(String::from("it answered another query")));
        }
    }
}

fn answer_history(
    tables: &Tables,
    out: &mut Out,
    asked: Asked,
    room: RoomId,
    (entries, is_more): (Vec<Located>, bool),
    now: Now,
) {
    // What it may read may have changed while the page was read.
    if let Err(reason) = view::readable(tables, asked.session, room, now) {
        return out.refuse(asked, reason);
    }
    let entries = entries.into_iter().map(|at| Numbered { number: at.number, entry: at.entry }).collect();
    out.send_bulk(asked, &Bulk::History { request: asked.request, room, entries, is_more });
}

fn answer_search(tables: &Tables, out: &mut Out, asked: Asked, found: Found, now: Now) {
    if found.is_unfit {
        return out.refuse(asked, Refusal::QueryUnfit);
    }
    if found.is_damaged && found.hits.is_empty() && found.next.is_none() {
        // What was asked for is, or may be, what can't be read.
        return out.refuse(asked, Refusal::Damaged);
    }
    // Who is banned from a room is this machine's to know; the store has told of all that are public.
    let hits = found.hits.into_iter().filter(|at| view::readable(tables, asked.session, at.room, now).is_ok());
    let hits = hits.map(|at| Hit { room: at.room, number: at.number, entry: at.entry }).collect();
    out.send_bulk(asked, &Bulk::Found { request: asked.request, hits, next: found.next });
}

/// What a room is, for whoever may know of it.
pub(super) fn look(tables: &Tables, out: &mut Out, asked: Asked, which: &Which, now: Now) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    let id = match which {
        Which::Named(wanted) => tables.rooms.named(wanted),
        Which::Numbered(id) => Some(*id),
    };
    let known = id.filter(|id| tables.rooms.get(*id).is_some_and(|room| rules::may_know(room, account)));
    let id = known.ok_or(Refusal::NoSuchRoom)?;
    let info = view::from_outside(tables, asked.session, id, account, now).ok_or(Refusal::OutOfScope)?;
    out.answer(asked, Ok(Answer::Room(info)));
    Ok(())
}

/// Takes a page of a list out of what may be read for an account. One that has nothing left is told so at once: a list is not what the
/// store is asked for, and whoever asks later gets the newer one.
fn list_costs(tables: &mut Tables, account: AccountId, now: Now) -> Result<(), Refusal> {
    let read = tables.accounts.get(account).map(|account| account.read);
    if let (Some(budgets), Some(read)) = (&tables.budgets, read)
        && !read.leaves_any(now.mono, &budgets.read)
    {
        return Err(Refusal::Busy);
    }
    spend_read(tables, account, LIST_COST_BYTES, now);
    Ok(())
}

pub(super) fn list_rooms(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    after: &str,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    list_costs(tables, account, now)?;
    let device = tables.sessions.get(asked.session).map(|session| session.device).ok_or(Refusal::NotLoggedIn)?;
    let best = tables.time.best(now);
    let is_visible = |room: &Room| rules::may_know(room, account) && !rules::is_kept_out(room, account, &device, best);
    let visible = tables.rooms.listed_after(after).filter(|(_, _, room)| is_visible(room));
    let mut listed = visible.filter_map(|(_, id, room)| view::listed(tables, asked, (id, room), account, now));
    let rooms: Vec<_> = listed.by_ref().take(LIST_MAX).collect();
    let is_more = listed.next().is_some();
    drop(listed);
    out.send_bulk(asked, &Bulk::Rooms { request: asked.request, rooms, is_more });
    Ok(())
}

pub(super) fn list_members(
    tables: &mut Tables,
    out: &mut Out,
    asked: Asked,
    id: RoomId,
    after: &str,
    now: Now,
) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    list_costs(tables, account, now)?;
    let room = rules::as_member(&tables.rooms, id, account)?;
    view::token_lets_read(&tables.accounts, &tables.sessions, asked.session, room, account)?;
    let from = name::fold(after);
    let named = room.state.members.iter().map(|member| (tables.accounts.name(member.account), member));
    let mut named: Vec<_> =
        named.map(|(name, member)| (name::fold(name), name, member)).filter(|(folded, ..)| *folded > from).collect();
    named.sort_by(|one, other| one.0.cmp(&other.0));
    let is_more = named.len() > LIST_MAX;
    let member = |(_, name, member): (String, &str, &chinwag_store::Member)| Member {
        name: name.to_owned(),
        role: rules::role(&tables.accounts, room, member.account).unwrap_or(member.role),
        is_muted: room.is_muted(member.account, tables.time.best(now)),
    };
    let members = named.into_iter().take(LIST_MAX).map(member).collect();
    out.send_bulk(asked, &Bulk::Members { request: asked.request, room: id, members, is_more });
    Ok(())
}

fn octets(entries: &[Located]) -> u64 {
    entries.iter().map(|at| at.entry.len() as u64).sum()
}
