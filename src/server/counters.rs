//! Counters: one table. The page of metrics, what goes over the socket, and the JSON for programs that measure are drawn from it;
//! a further counter is a further row.

use chinwag_proto::link;

use super::counter::{Counter, CounterKind};
use super::rooms::Room;
use super::tables::Tables;

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub(super) datagrams_sent: u64,
    pub(super) bytes_sent: u64,
    pub(super) datagrams_received: u64,
    pub(super) bytes_received: u64,
}

/// What is counted in.
pub(super) struct Sight<'a> {
    pub(super) tables: &'a Tables,
    pub(super) traffic: &'a Traffic,
    pub(super) links: &'a link::Stats,
    pub(super) is_clock_believed: bool,
}

impl Sight<'_> {
    fn in_rooms(&self, count: fn(&Room) -> usize) -> u64 {
        self.tables.rooms.iter().map(|(_, room)| count(room) as u64).sum()
    }

    fn accounts(&self) -> usize {
        self.tables.accounts.iter().filter(|(_, account)| !account.is_gone).count()
    }
}

/// Key, name, help, kind, and where the number comes from.
type Row = (&'static str, &'static str, &'static str, CounterKind, fn(&Sight<'_>) -> u64);

const COUNTERS: &[Row] = {
    use CounterKind::{Gauge, Total};
    &[
        ("sessions", "sessions", "Sessions that stand.", Gauge, |at| at.tables.sessions.len() as u64),
        ("peers", "peers", "Socket addresses that have a session.", Gauge, |at| at.tables.peers.len() as u64),
        ("accounts", "accounts", "Accounts.", Gauge, |at| at.accounts() as u64),
        ("rooms", "rooms", "Rooms, direct ones among them.", Gauge, |at| at.tables.rooms.len() as u64),
        ("members", "members", "Memberships: an account in two rooms counts twice.", Gauge, |at| {
            at.in_rooms(|room| room.state.members.len())
        }),
        ("followers", "followers", "Sessions that follow a room, once for each room.", Gauge, |at| {
            at.in_rooms(Room::audience_len)
        }),
        ("used_bytes", "used_bytes", "Octets on disk that what was said uses up.", Gauge, |at| at.tables.used),
        ("full", "store_full", "1 while the store refuses for lack of space.", Gauge, |at| {
            u64::from(at.tables.refused_full_at.is_some())
        }),
        (
            "damaged",
            "store_damaged",
            "Parts of the store that can't be read any more, as far as anybody tried, and rooms that lost messages before a repair.",
            Gauge,
            |at| at.tables.damages.len() as u64,
        ),
        (
            "clock_believed",
            "clock_believed",
            "1 while the wall clock is believed; 0 while nothing is removed for its age since it jumped.",
            Gauge,
            |at| u64::from(at.is_clock_believed),
        ),
        ("entries", "entries_stored", "Entries of rooms that were made durable.", Total, |at| at.tables.entries),
        ("messages_received", "link_messages_received", "Messages that came in, posts and requests.", Total, |at| {
            at.links.messages_received
        }),
        ("acked", "link_acknowledged", "Datagrams that were acknowledged.", Total, |at| at.links.acked),
        ("retransmitted", "link_retransmissions", "Copies of messages sent again.", Total, |at| at.links.retransmitted),
        ("lost", "link_lost", "Datagrams that were counted as lost.", Total, |at| at.links.lost),
        ("datagrams_sent", "datagrams_sent", "Datagrams sent.", Total, |at| at.traffic.datagrams_sent),
        ("datagrams_received", "datagrams_received", "Datagrams received.", Total, |at| at.traffic.datagrams_received),
        ("bytes_sent", "sent_bytes", "Octets of UDP payload sent.", Total, |at| at.traffic.bytes_sent),
        ("bytes_received", "received_bytes", "Octets of UDP payload received.", Total, |at| at.traffic.bytes_received),
    ]
};

/// All of them, in the order of the table.
pub(super) fn counters(at: &Sight<'_>) -> Vec<Counter> {
    let counter = |&(key, name, help, kind, read): &Row| Counter { key, name, help, kind, value: read(at) };
    COUNTERS.iter().map(counter).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_counter_has_names_of_its_own_and_a_sentence() {
        let keys: BTreeSet<_> = COUNTERS.iter().map(|(key, ..)| key).collect();
        let names: BTreeSet<_> = COUNTERS.iter().map(|(_, name, ..)| name).collect();
        assert_eq!((keys.len(), names.len()), (COUNTERS.len(), COUNTERS.len()));
        assert!(COUNTERS.iter().all(|(_, _, help, ..)| help.ends_with('.') && !help.ends_with("..")));
    }
}
