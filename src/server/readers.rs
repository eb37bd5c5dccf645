//! Readers: sessions that are sent what is said in a public room while their account is no member of it. Nothing changes by
//! that, and nobody else hears of it. PROTOCOL.md §10.5.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Now;
use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::Down;

use super::effect::Effect;
use super::out::Out;
use super::tables::Tables;
use super::view;

/// A session follows a room from outside no more. Gives whether it did.
pub(super) fn stop_reading(tables: &mut Tables, out: &mut Out, session: SessionId, id: RoomId) -> bool {
    let did = tables.sessions.get_mut(session).is_some_and(|session| session.reads.remove(&id));
    if did {
        tables.rooms.unfollow(id, session);
        out.effects.push_back(Effect::Unfollow(session, id));
    }
    did
}

/// Who may read a room has changed: whoever follows it from outside and may not any more is told so, and sent nothing more, not
/// even the entry by which that came.
pub(super) fn judge_readers(tables: &mut Tables, out: &mut Out, id: RoomId, now: Now) {
    let readers = tables.rooms.get(id).map(|room| room.readers().to_vec()).unwrap_or_default();
    for session in readers {
        let Err(reason) = view::readable(tables, session, id, now).map(drop) else { continue };
        stop_reading(tables, out, session, id);
        out.effects.push_back(Effect::tell(session, &Down::FollowEnded { room: id, reason }));
    }
}
