//! What is done about the wall clock: it is looked at, remembered, and what it dated wrongly is dated anew.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::{Now, WallTime};
use chinwag_proto::wire::id::RoomId;

use super::clocks::Clocks;
use super::limits::CLOCK_TRUST;
use super::notice::Notice;
use super::out::Out;
use super::pending::{By, Ticket};
use super::rooms::{Room, Rooms};
use super::tables::Tables;
use super::timekeeper::{Looked, Timekeeper};
use chinwag_store::{Retention, Write};

/// Looks at the clock, has the store remember what is known of it, and tells the operator what is news.
pub(super) fn look_at_clock(rooms: &Rooms, time: &mut Timekeeper, out: &mut Out, now: Now) {
    let Looked { turn, is_to_redate } = time.look(now);
    save_clock(time, out, By::Nobody);
    out.notices.extend(turn.map(Notice::ClockTurned));
    if is_to_redate {
        redate_all(rooms, time, out, now);
    }
}

/// Looks at the clock if it jumped since it was looked at, before anything is dated by it.
pub(super) fn heed_clock(rooms: &Rooms, time: &mut Timekeeper, out: &mut Out, now: Now) {
    if time.has_turned(now) {
        look_at_clock(rooms, time, out, now);
    }
}

/// Whether what was granted until then has ended; the store remembers that it has.
pub(super) fn check_ended(time: &mut Timekeeper, out: &mut Out, until: Option<WallTime>, now: Now) -> bool {
    let has_ended = time.check_ended(until, now);
    save_clock(time, out, By::Nobody);
    has_ended
}

/// The operator says that the clock is right.
pub(super) fn confirm_clock(
    clocks: &mut Clocks,
    rooms: &Rooms,
    time: &mut Timekeeper,
    out: &mut Out,
    by: By,
    now: Now,
) {
    time.confirm(now);
    save_clock(time, out, by);
    redate_all(rooms, time, out, now);
    clocks.prune_by(now.mono);
}

/// A session is over, since its token is.
pub(super) fn token_ends(tables: &mut Tables, out: &mut Out, session: SessionId) {
    let token = tables.sessions.get(session).and_then(|session| session.token);
    let until = token.and_then(|hash| tables.accounts.token(&hash)).and_then(|token| token.until);
    tables.time.ends(until);
    save_clock(&mut tables.time, out, By::Nobody);
}

/// What is known of the clock goes to the store, if it is news there.
fn save_clock(time: &mut Timekeeper, out: &mut Out, by: By) {
    if let Some(known) = time.unsaved() {
        out.commits.push(Write::Timekeeping(known), Ticket::Done(by));
    }
}

/// What a wrong clock dated in a room that keeps things for a time would be kept for too long, and all that comes after it.
pub(super) fn redate(rooms: &Rooms, time: &Timekeeper, out: &mut Out, id: RoomId, now: Now) {
    let is_by_age = |room: &Room| matches!(room.state.retention, Retention::For(_));
    if time.may_redate(now) && rooms.get(id).is_some_and(is_by_age) {
        let latest = now.wall.plus(CLOCK_TRUST);
        out.commits.push(Write::Redate { room: id, now: latest }, Ticket::Redated(id));
    }
}

fn redate_all(rooms: &Rooms, time: &Timekeeper, out: &mut Out, now: Now) {
    let all: Vec<_> = rooms.iter().map(|(id, _)| id).collect();
    all.into_iter().for_each(|room| redate(rooms, time, out, room, now));
}
