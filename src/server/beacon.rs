//! What a server shows to people who have not come in yet: its public rooms, and how many are there.

use super::limits::SHOWN_ROOMS_MAX;
use super::notice::{BeaconContent, ShownRoom};
use super::rooms::Room;
use super::rules;
use super::tables::Tables;
use chinwag_store::Kind;

/// The beacon of this moment. Rooms are sorted before they are copied, so that no more are than can be shown.
pub(super) fn beacon(tables: &Tables) -> BeaconContent {
    let online = tables.accounts.iter().filter(|(_, account)| !account.sessions.is_empty()).count();
    let open = tables.rooms.iter().map(|(_, room)| room).filter(|room| rules::is_open_to_all(room));
    let mut rooms: Vec<_> = open.map(|room| (room.roster.online(), room)).collect();
    let in_all = rooms.len();
    if in_all > SHOWN_ROOMS_MAX {
        rooms.select_nth_unstable_by(SHOWN_ROOMS_MAX, |(a, _), (b, _)| b.cmp(a));
        rooms.truncate(SHOWN_ROOMS_MAX);
    }
    let shown = |(online, room): (usize, &Room)| match &room.state.kind {
        Kind::Named(name) => Some(ShownRoom { name: name.clone(), topic: room.state.topic.clone(), online }),
        Kind::Direct(..) => None,
    };
    BeaconContent { online, rooms_in_all: in_all, rooms: rooms.into_iter().filter_map(shown).collect() }
}
