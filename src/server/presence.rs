//! Presence: what becomes of it when sessions come, fall silent and go, and when it is told.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::STATUS_MAX_LEN;
use chinwag_proto::link::Liveness;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::id::{AccountId, RoomId};
use chinwag_proto::wire::message::{Answer, Away, Presence, Refusal, Typing, Wire as _, visible};

use super::clocks::Later;
use super::effect::Effect;
use super::limits::{FORGET_LEFT_AFTER, LEFT_AFTER, PRESENCE_AT_ONCE_MAX, PRESENCE_BATCH, TYPING_EVERY};
use super::out::Out;
use super::pending::Asked;
use super::rules;
use super::sessions::Session;
use super::tables::Tables;

/// An account follows a room by one session more.
pub(super) fn came(tables: &mut Tables, out: &mut Out, room: RoomId, account: AccountId, now: Instant) {
    let Some((presence, status)) = best(tables, room, account) else { return };
    let status = status.to_owned();
    set_presence(tables, out, room, account, (presence, &status), now);
}

/// One of an account's sessions in a room is gone or fell silent (or is heard again): its best session counts.
pub(super) fn gone(
    tables: &mut Tables,
    out: &mut Out,
    room: RoomId,
    account: AccountId,
    said_goodbye: bool,
    now: Instant,
) {
    let without_any = if said_goodbye { Presence::Left } else { Presence::Offline };
    let (presence, status) = best(tables, room, account).unwrap_or((without_any, ""));
    let status = status.to_owned();
    set_presence(tables, out, room, account, (presence, &status), now);
}

/// A session says of whoever sits before it.
pub(super) fn away(tables: &mut Tables, out: &mut Out, asked: Asked, away: Away, now: Now) -> Result<(), Refusal> {
    let account = tables.sessions.account_of(asked.session)?;
    if let Away::Away(text) = &away {
        if text.len() > STATUS_MAX_LEN {
            return Err(Refusal::TooLarge);
        }
        visible::check_line(text).map_err(|_| Refusal::TextUnfit)?;
    }
    let Some(session) = tables.sessions.get_mut(asked.session) else { return Ok(()) };
    let is_passing = away == Away::Passing;
    session.away = away;
    for room in session.rooms.clone() {
        match is_passing {
            true => gone(tables, out, room, account, true, now.mono),
            false => came(tables, out, room, account, now.mono),
        }
    }
    out.answer(asked, Ok(Answer::Done));
    Ok(())
}

/// Somebody is typing: whoever follows the room is told, once, and not more often than is of use.
pub(super) fn typing(tables: &mut Tables, out: &mut Out, id: SessionId, room: RoomId, now: Now) {
    let judged = tables.time.judged(now);
    let Some(session) = tables.sessions.get_mut(id) else { return };
    let may = session.scopes.as_ref().is_none_or(|scopes| scopes.write) && session.rooms.contains(&room);
    let (Some(account), true) = (session.account, may) else { return };
    if tables.rooms.get(room).is_none_or(|room| rules::is_muted(&tables.accounts, room, account, judged)) {
        return;
    }
    if session.typed_at.is_some_and(|at| now.mono.since(at) < TYPING_EVERY) {
        return;
    }
    session.typed_at = Some(now.mono);
    out.effects.push_back(Effect::Typing(room, id, Typing { account }.encode()));
}

/// The best state of an account's sessions that follow a room and are shown.
fn best(tables: &Tables, room: RoomId, account: AccountId) -> Option<(Presence, &str)> {
    let theirs = &tables.accounts.get(account)?.sessions;
    let following = theirs.iter().filter_map(|&s| tables.sessions.get(s)).filter(|s| s.rooms.contains(&room));
    following.filter_map(presence_of).min_by_key(|(presence, _)| *presence)
}

pub(super) fn set_presence(
    tables: &mut Tables,
    out: &mut Out,
    id: RoomId,
    account: AccountId,
    (presence, status): (Presence, &str),
    now: Instant,
) {
    let name = tables.accounts.name(account);
    let Some(room) = tables.rooms.get_mut(id) else { return };
    let Some(version) = room.roster.set(account, name, presence, status) else { return };
    match presence {
        Presence::Offline => {
            tables.clocks.leaving.push_back(Later { at: now + LEFT_AFTER, room: id, account, version });
        }
        Presence::Left => {
            tables.clocks.forgetting.push_back(Later { at: now + FORGET_LEFT_AFTER, room: id, account, version });
        }
        Presence::Online | Presence::Idle | Presence::Away | Presence::Unreachable => {}
    }
    if room.roster.len() <= PRESENCE_AT_ONCE_MAX {
        out.effects.push_back(Effect::Presence(id));
    } else if room.roster.due.is_none() {
        let at = now + PRESENCE_BATCH;
        room.roster.due = Some(at);
        tables.clocks.batches.push_back((at, id));
    }
}

/// How a session is shown; `None`: it is not.
fn presence_of(session: &Session) -> Option<(Presence, &str)> {
    match (session.liveness, &session.away) {
        (_, Away::Passing) => None,
        (Liveness::Alive, Away::Here) => Some((Presence::Online, "")),
        (Liveness::Alive, Away::Idle) => Some((Presence::Idle, "")),
        (Liveness::Alive, Away::Away(text)) => Some((Presence::Away, text)),
        (Liveness::Suspect, _) => Some((Presence::Unreachable, "")),
        (Liveness::Offline, _) => Some((Presence::Offline, "")),
    }
}
