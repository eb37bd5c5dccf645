//! What is done where a part of the store can't be read: everyone concerned is told, and the rest goes on.

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::wire::id::RoomId;
use chinwag_proto::wire::message::Down;

use super::accounts::Accounts;
use super::damage::Damages;
use super::effect::Effect;
use super::notice::{Damage, Notice};
use super::out::Out;
use super::rooms::Rooms;
use super::tables::Tables;
use chinwag_store::Span;

/// Entries of a room can't be read: everyone who follows it is told, and the operator.
pub(super) fn unreadable(
    accounts: &Accounts,
    damages: &mut Damages,
    rooms: &Rooms,
    out: &mut Out,
    id: RoomId,
    span: Span,
) {
    let Some(span) = damages.found(id, span) else { return };
    let Some(room) = rooms.get(id) else { return };
    let down = Down::Unreadable { room: id, first: span.first, last: span.last };
    out.effects.extend(room.audience().map(|session| Effect::tell(session, &down)));
    let room = accounts.called(&room.state.kind);
    out.notices.push_back(Notice::StoreDamaged(Damage::Entries { room, first: span.first, last: span.last }));
}

/// The operator hears at each start of what was lost before it, until the store was repaired.
pub(super) fn known_at_start(tables: &Tables, out: &mut Out) {
    for (id, Span { first, last }) in tables.damages.rooms() {
        if let Some(room) = tables.rooms.get(id) {
            let room = tables.accounts.called(&room.state.kind);
            out.notices.push_back(Notice::StoreDamaged(Damage::Entries { room, first, last }));
        }
    }
}

/// Something can't be read or written that is no part of a log.
pub(super) fn damaged_elsewhere(damages: &mut Damages, out: &mut Out) {
    if !std::mem::replace(&mut damages.is_elsewhere, true) {
        out.notices.push_back(Notice::StoreDamaged(Damage::Elsewhere));
    }
}

/// Tells a session of a room what is known not to be readable there.
pub(super) fn tell_unreadable(damages: &Damages, out: &mut Out, session: SessionId, id: RoomId) {
    if let Some(Span { first, last }) = damages.in_room(id) {
        out.effects.push_back(Effect::tell(session, &Down::Unreadable { room: id, first, last }));
    }
}
