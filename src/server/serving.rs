//! What links are served from: the logs of the rooms, as far as what may be read for an account goes.

use chinwag_proto::endpoint::{self, SessionId};
use chinwag_proto::link::{Lookup, Source as _};
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{PresenceVersion, RoomId, RoomSeq};

use super::budget::Budgets;
use super::effect::Effect;
use super::limits::{CATCH_UP_COST_BYTES, CATCH_UP_ENTRY_COST_BYTES, CATCH_UP_SHARE_BYTES};
use super::out::Out;
use super::tables::Tables;

/// What links are served from at this moment.
pub(super) struct Serving<'a> {
    pub(super) tables: &'a mut Tables,
    pub(super) now: Instant,
}

impl endpoint::Sources for Serving<'_> {
    fn entry_for(&mut self, session: SessionId, room: RoomId, number: u64) -> Lookup<'_> {
        let Tables { rooms, accounts, sessions, budgets, .. } = &mut *self.tables;
        let Some(Budgets { stream, .. }) = budgets else { return rooms.entry(room, number) };
        if !rooms.streams.counts((session, room), number) {
            return rooms.entry(room, number);
        }
        let Some(id) = sessions.get(session).and_then(|session| session.account) else { return Lookup::Pending };
        let Some(account) = accounts.get_mut(id) else { return Lookup::Pending };
        if !account.caught_up.leaves_any(self.now, stream) {
            let wait = account.caught_up.wait(self.now, stream) + stream.time_of(CATCH_UP_SHARE_BYTES);
            rooms.streams.wait((session, room), id, self.now + wait);
            return Lookup::Pending;
        }
        let octets = match rooms.entry(room, number) {
            Lookup::Ready(entry) => entry.len() as u64,
            Lookup::Absent => 0,
            Lookup::Pending => return Lookup::Pending,
        };
        account.caught_up.spend(self.now, octets + CATCH_UP_ENTRY_COST_BYTES, stream);
        rooms.streams.counted((session, room), number);
        rooms.entry(room, number)
    }

    fn presence_for(
        &mut self,
        _: SessionId,
        room: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        self.tables.rooms.presence(room, after, upto, out)
    }
}

/// A session begins to follow a room after an entry. Where that is no longer at hand it costs something even if nothing is sent in
/// the end: the store reads a piece at a time.
pub(super) fn begin(tables: &mut Tables, session: SessionId, room: RoomId, after: RoomSeq, now: Instant) {
    let is_read = tables.rooms.catch_up(room, session, after);
    let account = tables.sessions.get(session).and_then(|session| session.account);
    if let (true, Some(budgets)) = (is_read, &tables.budgets)
        && let Some(account) = account.and_then(|account| tables.accounts.get_mut(account))
    {
        account.caught_up.spend(now, CATCH_UP_COST_BYTES, &budgets.stream);
    }
}

/// Streams that have waited long enough go on.
pub(super) fn go_on(tables: &mut Tables, out: &mut Out, now: Instant) {
    let Some(budgets) = &tables.budgets else { return };
    let share = budgets.stream.time_of(CATCH_UP_SHARE_BYTES);
    while let Some((session, room)) = tables.rooms.streams.due(now, share) {
        out.effects.push_back(Effect::GoOn(session, room));
    }
}
