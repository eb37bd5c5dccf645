//! Facts of rooms (what is pinned, slow mode and others): an entry makes them so, and what loses its body loses its pin. Whoever
//! follows a room is told each whole, so that nobody has to put it together from entries.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::{RoomId, RoomSeq};
use chinwag_proto::wire::message::{Down, Facts};

use super::effect::Effect;
use super::out::Out;
use super::tables::Tables;

/// Bodies are gone, and their pins with them.
pub(super) fn lose_pins(tables: &mut Tables, out: &mut Out, id: RoomId, is_gone: impl Fn(RoomSeq) -> bool) {
    let Some(room) = tables.rooms.get_mut(id).filter(|room| !room.state.facts.pins.is_empty()) else { return };
    let before = room.state.facts.clone();
    room.state.facts.pins.retain(|pin| !is_gone(*pin));
    tell_changed(tables, out, id, &before);
}

/// A session follows a room from now on.
pub(super) fn tell(tables: &Tables, out: &mut Out, session: SessionId, id: RoomId) {
    tell_news(tables, out, session, id, &Facts::default());
}

/// They were so before, and may be otherwise now.
pub(super) fn tell_changed(tables: &Tables, out: &mut Out, id: RoomId, before: &Facts) {
    let Some(room) = tables.rooms.get(id).filter(|room| room.state.facts != *before) else { return };
    for &session in room.followers() {
        tell_news(tables, out, session, id, before);
    }
}

/// What is otherwise than before, as the session's account may know it.
fn tell_news(tables: &Tables, out: &mut Out, session: SessionId, id: RoomId, before: &Facts) {
    let Some(room) = tables.rooms.get(id) else { return };
    let account = tables.sessions.get(session).and_then(|session| session.account);
    let Some(member) = account.and_then(|account| room.state.member(account)) else { return };
    let (now, before) = (room.state.facts.readable_after(member.since), before.readable_after(member.since));
    let upto = room.state.head;
    out.effects.extend(now.news(&before).map(|fact| Effect::tell(session, &Down::Fact { room: id, upto, fact })));
}
