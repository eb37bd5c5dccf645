//! What the server looks after by itself: bodies that are not kept, tokens that have ended, words of what was deleted.

use chinwag_proto::time::Now;
use chinwag_proto::wire::id::RoomId;

use super::out::Out;
use super::pending::{By, Ticket};
use super::tables::Tables;
use super::timekeeper::Timekeeper;
use chinwag_store::{Retention, Write};

/// Removes what a room's retention does not keep.
pub(super) fn prune(time: &Timekeeper, out: &mut Out, by: By, room: RoomId, now: Now) {
    out.commits.push(Write::Prune { room, at: time.sure(now) }, Ticket::Pruned(by, room));
}

/// Forgets what was valid once, tries that count no more, and the words of what was deleted.
pub(super) fn tidy(tables: &mut Tables, out: &mut Out, now: Now) {
    if let Some(sure) = tables.time.sure(now) {
        let before = sure.minus(super::limits::EXPIRED_KEPT);
        tables.accounts.expire_tokens(before);
        tables.invites.retain(|_, until| *until >= before);
        out.commits.push(Write::Expire { before }, Ticket::Quiet);
    }
    tables.throttle.forget(now.mono);
    out.commits.push(Write::Compact, Ticket::Compacted);
}

/// Looks after the rooms that do not keep everything.
pub(super) fn prune_all(tables: &mut Tables, out: &mut Out, now: Now) {
    let kept = |retention| matches!(retention, Retention::Forever | Retention::Ephemeral);
    let all: Vec<_> = tables.rooms.iter().filter(|(_, room)| !kept(room.state.retention)).map(|(id, _)| id).collect();
    if !all.is_empty() {
        tables.clocks.prune_by(now.mono + super::limits::PRUNE_EVERY);
    }
    for room in all {
        prune(&tables.time, out, By::Nobody, room, now);
    }
}
