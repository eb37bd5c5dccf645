//! What is pinned in rooms: an entry sets a pin or takes it back, and what loses its body loses it. Whoever follows a room is told
//! the whole list, which is short, so that nobody has to put it together.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::Down;

use super::effect::Effect;
use super::out::Out;
use super::tables::Tables;

/// Bodies are gone, and their pins with them.
pub(super) fn lose(tables: &mut Tables, out: &mut Out, id: RoomId, is_gone: impl Fn(RoomSeq) -> bool) {
    let Some(room) = tables.rooms.get_mut(id).filter(|room| !room.state.pins.is_empty()) else { return };
    let before = room.state.pins.len();
    room.state.pins.retain(|pin| !is_gone(*pin));
    if room.state.pins.len() < before {
        tell_all(tables, out, id);
    }
}

/// A session follows a room from now on.
pub(super) fn tell(tables: &Tables, out: &mut Out, session: SessionId, id: RoomId) {
    if tables.rooms.get(id).is_some_and(|room| !room.state.pins.is_empty()) {
        tell_present(tables, out, session, id);
    }
}

/// Pins were set or taken back.
pub(super) fn tell_all(tables: &Tables, out: &mut Out, id: RoomId) {
    for &session in tables.rooms.get(id).into_iter().flat_map(|room| room.followers()) {
        tell_present(tables, out, session, id);
    }
}

/// What a member may not read, it is not told to be pinned.
fn tell_present(tables: &Tables, out: &mut Out, session: SessionId, id: RoomId) {
    let Some(room) = tables.rooms.get(id) else { return };
    let account = tables.sessions.get(session).and_then(|session| session.account);
    let Some(member) = account.and_then(|account| room.state.member(account)) else { return };
    let pins = room.state.pins.iter().copied().filter(|pin| *pin > member.since).collect();
    out.effects.push_back(Effect::tell(session, &Down::Pins { room: id, pins }));
}
