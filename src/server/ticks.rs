//! What is due: each part is given to whoever deals with it.

use chinwag_proto::time::Now;
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::message::Presence;

use super::clocks::due;
use super::effect::Effect;
use super::limits::TIDY_EVERY;
use super::out::Out;
use super::pending::Ticket;
use super::tables::Tables;
use super::{clock, pages, presence, reading, serving, upkeep, vouching};
use chinwag_store::Write;

/// Does what is due.
pub(super) fn tick(tables: &mut Tables, out: &mut Out, at: Now) {
    let now = at.mono;
    reading::tick_marks(tables, out, now);
    pages::ask_held(tables, out, at);
    serving::go_on(tables, out, now);
    if tables.time.deadline() <= now || tables.time.has_turned(at) {
        clock::look_at_clock(&tables.rooms, &mut tables.time, out, at);
    }
    vouching::tick_auth(tables, out, at);
    while let Some(&(due, session)) = tables.clocks.expiring.first()
        && due <= now
    {
        tables.clocks.expiring.pop_first();
        clock::token_ends(tables, out, session);
        let why = String::from("the token has expired");
        out.effects.push_back(Effect::Close(session, CloseCode::Denied, why));
    }
    if tables.clocks.tidy_at.is_some_and(|due| due <= now) {
        tables.clocks.tidy_at(now + TIDY_EVERY);
        upkeep::tidy(tables, out, at);
    }
    if tables.clocks.probe_at.is_some_and(|due| due <= now) {
        tables.clocks.probe_at = None;
        if tables.refused_full_at.is_some() {
            out.commits.push(Write::Probe, Ticket::Probed);
        }
    }
    if tables.clocks.prune_at.is_some_and(|due| due <= now) {
        tables.clocks.prune_at = None;
        upkeep::prune_all(tables, out, at);
    }
    while let Some(later) = due(&mut tables.clocks.leaving, now) {
        let state = tables.rooms.get(later.room).and_then(|r| r.roster.unchanged_since(later.account, later.version));
        if state == Some(Presence::Offline) {
            presence::set_presence(tables, out, later.room, later.account, (Presence::Left, ""), now);
        }
    }
    while let Some(later) = due(&mut tables.clocks.forgetting, now) {
        if let Some(room) = tables.rooms.get_mut(later.room) {
            room.roster.forget(later.account, later.version);
        }
    }
    while let Some(&(at, id)) = tables.clocks.batches.front()
        && at <= now
    {
        tables.clocks.batches.pop_front();
        if let Some(room) = tables.rooms.get_mut(id) {
            room.roster.due = None;
            out.effects.push_back(Effect::Presence(id));
        }
    }
}
