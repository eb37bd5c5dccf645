//! What comes of a batch that is durable: answers, and what everyone sees now. Visible means durable.

use std::collections::BTreeSet;

use chinwag_proto::time::Now;
use chinwag_proto::wire::id::{AccountId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Answer, Down, Fact, From, Refusal, Role};

use super::accounts::Accounts;
use super::effect::Effect;
use super::limits::ROOM_AGAIN_AFTER;
use super::notice::Notice;
use super::out::Out;
use super::pending::{Answers, Asked, By, Posted, Ticket};
use super::rooms::Rooms;
use super::rules::narrows_access;
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use super::{clock, facts, identity, login, membership, readers, space, tokens, unreadable, upkeep, vouching};
use chinwag_store::{Change, Kind, Outcome, Retention, Room, StoreError, Upkeep, Write, uses};

/// The batch under way is done, or nothing of it is.
pub(super) fn committed(tables: &mut Tables, out: &mut Out, result: Result<Vec<Outcome>, StoreError>, now: Now) {
    match result {
        Ok(outcomes) => {
            let tickets = out.commits.done();
            if tickets.len() != outcomes.len() {
                return out.store_failed(StoreError::Failed(String::from("it answered another batch")));
            }
            let mut grown = BTreeSet::new();
            for (ticket, outcome) in tickets.into_iter().zip(outcomes) {
                if outcome == Outcome::Refused(Refusal::Damaged) {
                    unreadable::damaged_elsewhere(&mut tables.damages, out);
                }
                if let (Ticket::Post(posted), Outcome::Appended { repeated: false, .. }) = (&ticket, &outcome) {
                    grown.insert(posted.room);
                }
                notes_space(tables, out, &ticket, &outcome, now);
                durable(tables, out, ticket, outcome, now);
            }
            out.effects.extend(grown.into_iter().map(Effect::Advance));
        }
        Err(StoreError::Full) => {
            for ticket in out.commits.done() {
                let outcome = Outcome::Refused(Refusal::StoreFull);
                notes_space(tables, out, &ticket, &outcome, now);
                durable(tables, out, ticket, outcome, now);
            }
        }
        Err(failed) => out.store_failed(failed),
    }
}

/// What a write tells of the store's space. What removes something, and what looks after rooms, may go on where there is none.
fn notes_space(tables: &mut Tables, out: &mut Out, ticket: &Ticket, outcome: &Outcome, now: Now) {
    let has_grown = match (ticket, outcome) {
        (Ticket::Post(posted), Outcome::Appended { repeated: false, .. }) => {
            let is_kept = |room: &super::rooms::Room| !matches!(room.state.retention, Retention::Ephemeral);
            posted.change.upkeep() == Upkeep::None && tables.rooms.get(posted.room).is_some_and(is_kept)
        }
        (Ticket::Probed, Outcome::Ok) => true,
        _ => false,
    };
    if *outcome == Outcome::Refused(Refusal::StoreFull) {
        if tables.refused_full_at.replace(now.mono).is_none() {
            out.notices.push_back(Notice::StoreFull(true));
            tables.clocks.probe_at(now.mono + ROOM_AGAIN_AFTER);
        }
    } else if has_grown && tables.refused_full_at.is_some_and(|at| now.mono.since(at) >= ROOM_AGAIN_AFTER) {
        tables.refused_full_at = None;
        out.notices.push_back(Notice::StoreFull(false));
    }
    if matches!(ticket, Ticket::Probed) && tables.refused_full_at.is_some() {
        tables.clocks.probe_at(now.mono + ROOM_AGAIN_AFTER);
    }
}

/// The store did not do it: what was done ahead of it is undone.
fn refused(tables: &mut Tables, out: &mut Out, ticket: Ticket, by: By, reason: Refusal) {
    if let Ticket::Left(_, room, member) = ticket {
        membership::restore_member(&mut tables.accounts, &mut tables.rooms, room, *member);
    } else if let Ticket::Declined(_, room, account) = ticket {
        membership::set_invited(&mut tables.accounts, &mut tables.rooms, room, account, true);
    }
    out.answer_by(by, Err(reason));
}

fn durable(tables: &mut Tables, out: &mut Out, ticket: Ticket, outcome: Outcome, now: Now) {
    let by = ticket.by();
    if let By::Session(asked) = by {
        tables.sessions.no_longer_pending(asked);
    }
    match (ticket, outcome) {
        (Ticket::Post(posted), outcome) => stored(tables, out, *posted, outcome, now),
        (Ticket::Quiet | Ticket::Probed, _) => {}
        (ticket, Outcome::Refused(reason)) => refused(tables, out, ticket, by, reason),
        (Ticket::Registered(asked, new), Outcome::Account { account, name, is_owner }) => {
            login::registered(tables, out, asked, new, (account, &name, is_owner), now);
        }
        (Ticket::Enrolled(asked, account, key, device), Outcome::Ok) => {
            login::enrolled(tables, out, asked, (account, key, device), now);
        }
        (Ticket::PasswordSet(by, account, phc), Outcome::Ok) => {
            tables.accounts.set_password(account, phc);
            out.answer_by(by, Ok(Answer::Done));
        }
        (Ticket::Vouched(by, account, at), Outcome::Ok) => vouching::vouch_set(tables, out, by, account, at, now),
        (Ticket::Revoked(by, account, device), Outcome::Ok) => identity::revoked(tables, out, by, account, device),
        (Ticket::Unregistered(by, account), Outcome::Ok) => identity::unregistered(tables, out, by, account, now),
        (Ticket::Token(by, token), Outcome::Ok) => {
            tables.accounts.add_token(token);
            out.answer_by(by, Ok(Answer::Done));
        }
        (Ticket::TokenRevoked(by, hash), Outcome::Ok) => tokens::token_revoked(tables, out, by, &hash),
        (Ticket::Enter(asked, id, from, account), Outcome::Ok) => {
            membership::entered(&mut tables.accounts, &mut tables.rooms, id, account);
            let followed = membership::follow(tables, out, asked, id, account, from, now);
            out.refuse_unless(asked, followed);
        }
        (Ticket::Room(asked, from), Outcome::Room(room)) => {
            let joined = joined(tables, out, asked, *room, from, now);
            out.refuse_unless(asked, joined);
        }
        (Ticket::Created(asked, from), Outcome::Room(room)) => {
            let created = created(tables, out, asked, *room, from, now);
            out.refuse_unless(asked, created);
        }
        (Ticket::Direct(asked, from), Outcome::Room(room)) => {
            let opened = opened(tables, out, asked, *room, from, now);
            out.refuse_unless(asked, opened);
        }
        (Ticket::Pruned(by, room), Outcome::Pruned { upto, freed, is_more }) => {
            space::uses_less(tables, room, &freed);
            facts::lose_pins(tables, out, room, |pin| pin <= upto);
            pruned(&mut tables.rooms, &tables.time, out, by, room, (upto, is_more), now)
        }
        (Ticket::Compacted, Outcome::Compacted { is_more: false })
        | (Ticket::Redated(_), Outcome::Redated { is_more: false }) => {}
        (Ticket::Compacted, Outcome::Compacted { is_more: true }) => {
            out.commits.push(Write::Compact, Ticket::Compacted);
        }
        (Ticket::Redated(room), Outcome::Redated { is_more: true }) => {
            clock::redate(&tables.rooms, &tables.time, out, room, now);
        }
        (Ticket::Left(asked, ..), Outcome::Ok) => out.answer(asked, Ok(Answer::Left)),
        (Ticket::Declined(asked, room, account), Outcome::Ok) => {
            membership::declined(tables, out, asked, room, account)
        }
        (Ticket::Done(by), Outcome::Ok) => out.answer_by(by, Ok(Answer::Done)),
        _ => out.store_failed(StoreError::Failed(String::from("it answered something else than it was asked"))),
    }
}

/// The room that somebody wanted to join is there.
fn joined(tables: &mut Tables, out: &mut Out, asked: Asked, room: Room, from: From, now: Now) -> Result<(), Refusal> {
    let id = room.id;
    tables.learn_room(room);
    let account = tables.sessions.account_of(asked.session)?;
    membership::enter(tables, out, asked, id, (account, false), from, now)
}

/// The direct log that somebody wanted is there.
fn opened(tables: &mut Tables, out: &mut Out, asked: Asked, room: Room, from: From, now: Now) -> Result<(), Refusal> {
    let (id, kind) = (room.id, room.kind.clone());
    let is_new = tables.learn_room(room);
    if let (true, Kind::Direct(one, other)) = (is_new, kind) {
        announce(tables, out, id, [one, other], asked);
    }
    let account = tables.sessions.account_of(asked.session)?;
    membership::follow(tables, out, asked, id, account, from, now)
}

/// The room that somebody wanted to make is there: made by this, or by somebody else a moment before.
fn created(tables: &mut Tables, out: &mut Out, asked: Asked, room: Room, from: From, now: Now) -> Result<(), Refusal> {
    let (id, owners) = (room.id, room.members.clone());
    tables.learn_room(room);
    let account = tables.sessions.account_of(asked.session)?;
    if !owners.iter().any(|member| member.account == account && member.role == Role::Owner) {
        return Err(Refusal::RoomTaken);
    }
    membership::follow(tables, out, asked, id, account, from, now)
}

fn stored(tables: &mut Tables, out: &mut Out, posted: Posted, outcome: Outcome, now: Now) {
    let Posted { answers, room, author, entry, change, set_aside } = posted;
    space::release(tables, author, room, set_aside);
    if let Answers::Post(id, _) = answers {
        if let Some(session) = tables.sessions.get_mut(id) {
            session.unanswered_bytes = session.unanswered_bytes.saturating_sub(entry.len());
        }
        if let Some(account) = tables.accounts.get_mut(author) {
            account.unanswered_bytes = account.unanswered_bytes.saturating_sub(entry.len());
        }
    }
    let narrows = narrows_access(&change);
    let result = match outcome {
        Outcome::Appended { number, repeated, removed, freed } => {
            if !repeated {
                tables.entries += 1;
                space::uses_more(tables, out, author, room, uses(&change, entry.len()));
                space::uses_less(tables, room, &freed);
                tables.rooms.append(room, number, entry);
                tables.rooms.remove(room, &removed);
                facts::lose_pins(tables, out, room, |pin| removed.contains(&pin));
                if let Some(room) = tables.rooms.get_mut(room).filter(|room| room.state.members.len() > 1) {
                    room.watch.push(number, author);
                }
                role_changed(&tables.accounts, &tables.rooms, out, room, author, &change);
                take_effect(tables, out, room, &change, now);
            }
            Ok(number)
        }
        Outcome::Refused(reason) => {
            // It was noted when it came, and never was: it slows nobody.
            let is_for_space =
                [Refusal::StoreFull, Refusal::AccountFull, Refusal::RoomFull, Refusal::ServerFull].contains(&reason);
            if is_for_space && let Some(room) = tables.rooms.get_mut(room) {
                room.last_post_at.remove(&author);
            }
            Err(reason)
        }
        Outcome::Account { .. }
        | Outcome::Room(_)
        | Outcome::Ok
        | Outcome::Pruned { .. }
        | Outcome::Compacted { .. }
        | Outcome::Redated { .. } => {
            return out.store_failed(StoreError::Failed(String::from("it did not number an entry")));
        }
    };
    if narrows {
        membership::closed(tables, out, room, now);
    }
    match (answers, result) {
        (Answers::Post(id, post), Ok(entry)) => out.answer_post(id, Down::Stored { room, post, entry }),
        (Answers::Post(id, post), Err(reason)) => out.answer_post(id, Down::Refused { room, post, reason }),
        (Answers::Request(asked), result) => out.answer(asked, result.map(|_| Answer::Done)),
    }
}

/// The operator hears of roles that change.
fn role_changed(accounts: &Accounts, rooms: &Rooms, out: &mut Out, room: RoomId, author: AccountId, change: &Change) {
    let Change::Role(whom, role) = change else { return };
    let Some(Kind::Named(room)) = rooms.get(room).map(|room| room.state.kind.clone()) else { return };
    let (by, whom) = (accounts.name(author).to_owned(), accounts.name(*whom).to_owned());
    out.notices.push_back(Notice::RoleChanged { room, by, whom, role: *role });
}

/// Does what an entry does beside being one, as the store has done, and what follows from that for sessions.
fn take_effect(tables: &mut Tables, out: &mut Out, id: RoomId, change: &Change, now: Now) {
    let Tables { accounts, rooms, .. } = tables;
    let Some(room) = rooms.get_mut(id) else { return };
    let was_known = |account| room.state.is_member(account) || room.state.is_invited(account);
    let is_news = !matches!(change, Change::Invite(account) if was_known(*account));
    let before = matches!(change, Change::Fact(_) | Change::Pin { .. }).then(|| room.state.facts.clone());
    room.state.apply(change, |account| {
        accounts.get(account).map(|account| account.devices.keys().copied().collect()).unwrap_or_default()
    });
    match change {
        Change::Role(account, _) => membership::tell_info(tables, out, id, *account, None),
        Change::Kick(account) | Change::Ban(account, _) => {
            if let Some(account) = accounts.get_mut(*account) {
                account.invited.remove(&id);
            }
            membership::put_out(tables, out, id, *account, now);
        }
        Change::Invite(account) if is_news => {
            if let Some(account) = accounts.get_mut(*account) {
                account.invited.insert(id);
            }
            membership::tell_info(tables, out, id, *account, None);
        }
        Change::Open(..) => readers::judge_readers(tables, out, id, now),
        Change::Fact(Fact::Slow(_)) => room.last_post_at.clear(),
        Change::None
        | Change::Edit(_)
        | Change::Delete { .. }
        | Change::About(_)
        | Change::Topic(_)
        | Change::Unban(_)
        | Change::Mute(..)
        | Change::Unmute(_)
        | Change::Invite(_)
        | Change::Fact(_)
        | Change::Pin { .. } => {}
    }
    if let Some(before) = before {
        facts::tell_changed(tables, out, id, &before);
    }
}

fn pruned(
    rooms: &mut Rooms,
    time: &Timekeeper,
    out: &mut Out,
    by: By,
    room: RoomId,
    (upto, is_more): (RoomSeq, bool),
    now: Now,
) {
    rooms.prune(room, upto);
    if is_more {
        upkeep::prune(time, out, by, room, now);
    } else {
        out.answer_by(by, Ok(Answer::Done));
    }
}

/// A direct log appears in the lists of both, on all of their sessions but the one that asked for it.
fn announce(tables: &Tables, out: &mut Out, id: RoomId, accounts: [AccountId; 2], but: Asked) {
    let accounts = if accounts[0] == accounts[1] { &accounts[..1] } else { &accounts[..] };
    for &account in accounts {
        membership::tell_info(tables, out, id, account, Some(but.session));
    }
}
