//! The client's part: queries on a schedule while somebody looks, and a list of the servers that answer.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use chinwag_proto::error::DropReason;
use chinwag_proto::limits::{
    DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT, QUERY_JITTER_MS, QUERY_SCHEDULE_MS, QUERY_STEADY_MS,
};
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::{Beacon, BeaconFlags, Query, VersionRange};
use chinwag_proto::wire::id::PublicKey;

use super::found::{Found, Record};
use super::limits::{EXPECTED_MAX, FOUND_LIFETIME, FOUND_MAX, NONCES_MAX, OUTBOX_MAX};
use chinwag_node::interface::Interface;

#[derive(Default)]
pub(super) struct Finder {
    /// How far the schedule is; `None` while nobody looks.
    round: Option<usize>,
    next_at: Option<Instant>,
    /// The last queries' nonces: an answer has one of them.
    nonces: VecDeque<[u8; 16]>,
    outbox: VecDeque<Asking>,
    found: BTreeMap<PublicKey, Record>,
    /// Keys that are known to whoever looks: no crowd of others keeps them out.
    expected: BTreeSet<PublicKey>,
}

/// A query on its way.
pub(super) struct Asking {
    pub(super) query: Query,
    pub(super) to: SocketAddr,
    pub(super) from: IpAddr,
}

/// What a beacon changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// This server is there, or says something new; that one was forgotten for it.
    Found(Found, Option<PublicKey>),
    /// This server is gone.
    Gone(PublicKey),
    /// Nothing that matters.
    Nothing,
}

impl Finder {
    /// Begins to look, or looks again at once.
    pub(super) fn seek(&mut self, now: Instant, rng: &mut Rng) {
        self.round = Some(0);
        self.next_at = Some(now.plus_micros(rng.below(QUERY_JITTER_MS * 1_000)));
    }

    /// These keys are known to whoever looks, the most important first.
    pub(super) fn expect(&mut self, keys: Vec<PublicKey>) {
        self.expected = keys.into_iter().take(EXPECTED_MAX).collect();
    }

    /// Nobody looks any more; what is known is forgotten.
    pub(super) fn rest(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_seeking(&self) -> bool {
        self.round.is_some()
    }

    /// Asks once more, soon: an interface has come.
    pub(super) fn hasten(&mut self, now: Instant, rng: &mut Rng) {
        if self.is_seeking() {
            self.next_at = Some(now.plus_micros(rng.below(QUERY_JITTER_MS * 1_000)));
        }
    }

    /// Whether a query with that nonce was its own.
    pub(super) fn has_asked(&self, nonce: &[u8; 16]) -> bool {
        self.nonces.contains(nonce)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next_at
    }

    pub(super) fn next_query(&mut self) -> Option<Asking> {
        self.outbox.pop_front()
    }

    /// Asks everyone, if it is time. Who was silent for too long comes back.
    pub(super) fn timeout(&mut self, now: Instant, interfaces: &[Interface], rng: &mut Rng) -> Vec<PublicKey> {
        let (Some(round), Some(_)) = (self.round, self.next_at.filter(|at| *at <= now)) else { return Vec::new() };
        let query = self.query(Query::EVERY_SERVER, 0, rng);
        let everywhere = round > 0 && !self.found.values().any(Record::has_answered);
        self.ask(&query, interfaces.iter(), everywhere);
        let wait_ms = wait_after(round);
        self.round = Some(round.saturating_add(1));
        self.next_at = Some(now.plus_micros(wait_ms * 1_000));
        let gone: Vec<_> =
            self.found.iter().filter(|(_, r)| now.since(r.heard_at()) > FOUND_LIFETIME).map(|(key, _)| *key).collect();
        gone.iter().for_each(|key| drop(self.found.remove(key)));
        gone
    }

    /// Takes a beacon.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        from: SocketAddr,
        mut beacon: Beacon,
        interfaces: &[Interface],
        rng: &mut Rng,
    ) -> Result<Heard, DropReason> {
        let is_answer = beacon.head.nonce != [0; 16];
        if is_answer && !self.has_asked(&beacon.head.nonce) {
            return Err(DropReason::Unexpected);
        }
        if !is_answer {
            // Whatever it says: nobody asked for pages.
            (beacon.head.page, beacon.head.pages, beacon.rooms) = (0, 0, Vec::new());
        }
        let key = beacon.head.server;
        if beacon.head.flags.has(BeaconFlags::LEAVING) {
            let was_known = self.found.remove(&key).is_some();
            return Ok(if was_known { Heard::Gone(key) } else { Heard::Nothing });
        }
        let forgotten = match self.found.contains_key(&key) || self.found.len() < FOUND_MAX {
            true => None,
            false => Some(self.seat_for(&key, is_answer).ok_or(DropReason::NoRoom)?),
        };
        forgotten.iter().for_each(|key| drop(self.found.remove(key)));
        let (record, is_news) = match self.found.entry(key) {
            Entry::Vacant(vacant) => (vacant.insert(Record::new(now, from, beacon)), true),
            Entry::Occupied(occupied) => {
                let record = occupied.into_mut();
                let is_news = record.hear(now, from, beacon);
                (record, is_news)
            }
        };
        let heard = if is_news { Heard::Found(record.found().clone(), forgotten) } else { Heard::Nothing };
        if let Some(page) = record.wanted_page(now).filter(|_| is_answer) {
            let query = self.query(key, page, rng);
            // It is on the link that its beacon came by.
            let is_near = |interface: &&Interface| interface.reaches(from.ip());
            match interfaces.iter().any(|interface| is_near(&interface)) {
                true => self.ask(&query, interfaces.iter().filter(is_near), false),
                false => self.ask(&query, interfaces.iter(), false),
            }
        }
        Ok(heard)
    }

    /// Whose place a server may take that is heard of while there is no room.
    fn seat_for(&self, key: &PublicKey, is_answer: bool) -> Option<PublicKey> {
        let is_expected = self.expected.contains(key);
        let strangers = || self.found.iter().filter(|(key, _)| !self.expected.contains(key));
        if !is_answer && !is_expected {
            return None;
        }
        let never_asked = strangers().find(|(_, record)| !record.has_answered());
        never_asked.or_else(|| strangers().next().filter(|_| is_expected)).map(|(key, _)| *key)
    }

    fn query(&mut self, server: PublicKey, page: u16, rng: &mut Rng) -> Query {
        let nonce = rng.bytes();
        if self.nonces.len() >= NONCES_MAX {
            self.nonces.pop_front();
        }
        self.nonces.push_back(nonce);
        Query { versions: VersionRange::OURS, nonce, server, page }
    }

    /// Sends a query through every interface; to the broadcast addresses, too, where multicast seems to be filtered.
    fn ask<'a>(&mut self, query: &Query, interfaces: impl Iterator<Item = &'a Interface>, everywhere: bool) {
        let mut seen = Vec::new();
        for interface in interfaces.filter(|interface| interface.can_multicast()) {
            let group = interface.group(DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT);
            let broadcast = interface.broadcast.filter(|_| everywhere);
            let broadcast = broadcast.map(|addr| SocketAddr::new(addr.into(), DISCOVERY_PORT));
            for to in [Some(group), broadcast].into_iter().flatten() {
                // Several link-local addresses of an interface are one way; several IPv4 addresses are several subnets.
                let way = (to, interface.addr.is_ipv4().then_some(interface.addr));
                if !seen.contains(&way) && self.outbox.len() < OUTBOX_MAX {
                    seen.push(way);
                    self.outbox.push_back(Asking { query: *query, to, from: interface.addr });
                }
            }
        }
    }
}

/// Time between a query and the next one, in ms: by the schedule while it lasts, then steadily, whether there was an answer or
/// not. Whoever hosts alone looks for as long as it does.
fn wait_after(round: usize) -> u64 {
    let before = round.checked_sub(1).map_or(0, |before| QUERY_SCHEDULE_MS.get(before).copied().unwrap_or(0));
    QUERY_SCHEDULE_MS.get(round).map_or(QUERY_STEADY_MS, |at| at - before)
}
