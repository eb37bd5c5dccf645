//! The places of a timeline, in their order: messages and asides by their keys, and after them what is on its way.

use chinwag_proto::wire::id::RoomSeq;

use crate::desk::{Desk, Key};

/// A place after every message: where what is on its way stands.
pub(super) const END: Key = (RoomSeq(u64::MAX), 0);

/// What stands last.
pub(in crate::tui) fn last(desk: &Desk) -> Option<Key> {
    let pending = desk.waiting_rows_in(desk.room()).next_back().map(|(tag, _)| pending_key(tag));
    pending.or_else(|| desk.in_view()?.before(END))
}

/// What stands before a place.
pub(in crate::tui) fn before(desk: &Desk, key: Key) -> Option<Key> {
    let pending = tag_of(key).and_then(|tag| desk.waiting_row_before(desk.room(), tag)).map(pending_key);
    pending.or_else(|| desk.in_view()?.before(if key.0 == END.0 { END } else { key }))
}

/// What stands after a place.
pub(in crate::tui) fn after(desk: &Desk, key: Key) -> Option<Key> {
    let said = if key.0 == END.0 { None } else { desk.in_view().and_then(|room| room.after(key)) };
    let pending = || desk.waiting_row_after(desk.room(), tag_of(key).unwrap_or(0)).map(pending_key);
    said.or_else(pending)
}

/// Where a message on its way stands: in the order of its tag.
pub(super) fn pending_key(tag: u64) -> Key {
    (END.0, u32::try_from(tag).unwrap_or(u32::MAX))
}

/// The tag of what stands at a place, if that is where something on its way stands.
pub(in crate::tui) fn tag_of(key: Key) -> Option<u64> {
    (key.0 == END.0).then_some(u64::from(key.1))
}
