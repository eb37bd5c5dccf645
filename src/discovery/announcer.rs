//! The server's part: answers to queries, within a budget, and beacons that nobody asked for at the start and at the end.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use chinwag_proto::error::DropReason;
use chinwag_proto::limits::{
    BEACON_COPIES, BEACON_INTERVAL_MS, BEACON_JITTER_MS, BEACON_PAGES_MAX, BEACONS_BURST, BEACONS_PER_ADDRESS_PER_S,
    BEACONS_PER_S_MAX, BEACONS_WAITING_MAX, DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT, NAME_MAX_LEN,
};
use chinwag_proto::link::Bucket;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::datagram::{Beacon, BeaconFlags, BeaconHead, BeaconRoom, Query};
use chinwag_proto::wire::id::PublicKey;

use super::limits::{ADVERTISEMENT_FRESH, ADVERTISEMENT_WAIT, ASKERS_MAX};
use chinwag_node::interface::Interface;

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertisement {
    /// The server's key.
    pub key: PublicKey,
    /// What it is called.
    pub name: String,
    /// The server's UDP port of chat.
    pub port: u16,
    /// Where to call it, if it listens on one address only.
    pub addr: Option<IpAddr>,
    /// What else there is to say.
    pub flags: BeaconFlags,
    /// People who are online.
    pub online: u32,
    /// Public rooms, those that are not listed included.
    pub rooms_in_all: u32,
    /// Public rooms.
    pub rooms: Vec<BeaconRoom>,
}

pub(super) struct Announcer {
    advertisement: Advertisement,
    /// Which rooms are on which page.
    pages: Vec<Range<usize>>,
    boot: [u8; 8],
    /// Another server with the same key was heard.
    has_twin: bool,
    /// When the advertisement were told.
    told_at: Instant,
    /// When newer ones were asked for, until they are told.
    asked_at: Option<Instant>,
    all: Bucket,
    askers: BTreeMap<IpAddr, Bucket>,
    /// By the time at which they are due.
    waiting: Vec<Answer>,
    unasked: VecDeque<Unasked>,
}

/// A query that is to be answered.
struct Answer {
    due: Instant,
    to: SocketAddr,
    nonce: [u8; 16],
    page: u16,
}

/// A beacon that nobody asked for.
struct Unasked {
    due: Instant,
    to: SocketAddr,
    from: IpAddr,
    copies: u32,
    is_leaving: bool,
}

/// A beacon that is to be sent now.
pub(super) struct Due {
    pub(super) beacon: Beacon,
    pub(super) to: SocketAddr,
    pub(super) from: Option<IpAddr>,
}

impl Announcer {
    pub(super) fn new(now: Instant, advertisement: Advertisement, rng: &mut Rng) -> Self {
        let mut announcer = Self {
            pages: Vec::new(),
            boot: rng.bytes(),
            has_twin: false,
            told_at: now,
            asked_at: None,
            all: Bucket::new(now, BEACONS_PER_S_MAX, BEACONS_BURST),
            askers: BTreeMap::new(),
            waiting: Vec::new(),
            unasked: VecDeque::new(),
            advertisement: Advertisement { rooms: Vec::new(), ..advertisement.clone() },
        };
        announcer.tell(now, advertisement);
        announcer
    }

    /// Takes what the server says of itself now.
    pub(super) fn tell(&mut self, now: Instant, mut advertisement: Advertisement) {
        advertisement.name.truncate(advertisement.name.floor_char_boundary(NAME_MAX_LEN));
        advertisement.rooms.sort_by(|a, b| b.online.cmp(&a.online).then_with(|| a.name.cmp(&b.name)));
        self.pages = pages(&advertisement);
        (self.advertisement, self.told_at, self.asked_at) = (advertisement, now, None);
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.advertisement.key
    }

    /// Takes a query. True if the server is to be asked what it says of itself now.
    pub(super) fn asked(
        &mut self,
        now: Instant,
        from: SocketAddr,
        query: &Query,
        rng: &mut Rng,
    ) -> Result<bool, DropReason> {
        if !query.means(&self.advertisement.key) {
            return Ok(false);
        }
        if self.waiting.len() >= BEACONS_WAITING_MAX || !self.asker(now, from.ip()) || !self.all.take(now) {
            return Err(DropReason::Budget);
        }
        let due = now.plus_micros(rng.below(BEACON_JITTER_MS * 1_000));
        self.waiting.push(Answer { due, to: from, nonce: query.nonce, page: query.page });
        let is_old = |at: Instant| now.since(at) > ADVERTISEMENT_FRESH;
        let is_stale = is_old(self.told_at) && self.asked_at.is_none_or(is_old);
        if is_stale {
            self.asked_at = Some(now);
        }
        Ok(is_stale)
    }

    /// Whether that is the first beacon of another server with the same key.
    pub(super) fn learn_of_twin(&mut self, head: &BeaconHead) -> bool {
        let is_another = head.boot != self.boot && !head.flags.has(BeaconFlags::LEAVING);
        is_another && !std::mem::replace(&mut self.has_twin, true)
    }

    /// Announces the server on an interface, soon.
    pub(super) fn announce(&mut self, now: Instant, interface: &Interface, is_leaving: bool) {
        let to = interface.group(DISCOVERY_GROUP_V4, DISCOVERY_GROUP_V6, DISCOVERY_PORT);
        self.unasked.push_back(Unasked { due: now, to, from: interface.addr, copies: BEACON_COPIES, is_leaving });
    }

    /// Nothing is announced any more, but that the server leaves.
    pub(super) fn leave(&mut self, now: Instant, interfaces: &[Interface]) {
        self.waiting.clear();
        self.unasked.clear();
        for interface in interfaces.iter().filter(|interface| interface.can_multicast()) {
            self.announce(now, interface, true);
        }
    }

    /// Whether there is nothing left to send.
    pub(super) fn is_silent(&self) -> bool {
        self.waiting.is_empty() && self.unasked.is_empty()
    }

    /// The next beacon that is due.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Due> {
        if let Some(at) = self.unasked.iter().position(|unasked| unasked.due <= now)
            && let Some(mut unasked) = self.unasked.remove(at)
        {
            let beacon = self.unasked_beacon(unasked.is_leaving);
            let (to, from) = (unasked.to, Some(unasked.from));
            unasked.copies -= 1;
            if unasked.copies > 0 {
                unasked.due = now.plus_micros(BEACON_INTERVAL_MS * 1_000);
                self.unasked.push_back(unasked);
            }
            return Some(Due { beacon, to, from });
        }
        if self.waits_for_advertisement().is_some_and(|until| now < until) {
            return None;
        }
        let at = self.waiting.iter().position(|answer| answer.due <= now)?;
        let Answer { to, nonce, page, .. } = self.waiting.swap_remove(at);
        Some(Due { beacon: self.answer(nonce, page), to, from: None })
    }

    /// When there is one.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let unasked = self.unasked.iter().map(|unasked| unasked.due).min();
        let answer = self.waiting.iter().map(|answer| answer.due).min();
        let answer = answer.map(|due| self.waits_for_advertisement().map_or(due, |until| until.max(due)));
        unasked.into_iter().chain(answer).min()
    }

    fn waits_for_advertisement(&self) -> Option<Instant> {
        self.asked_at.map(|asked| asked + ADVERTISEMENT_WAIT)
    }

    /// Whether this asker has not asked too often.
    fn asker(&mut self, now: Instant, addr: IpAddr) -> bool {
        let new = || Bucket::new(now, BEACONS_PER_ADDRESS_PER_S, 2 * BEACONS_PER_ADDRESS_PER_S);
        if self.askers.len() >= ASKERS_MAX {
            self.askers.retain(|_, bucket| !bucket.is_full(now));
        }
        if self.askers.len() >= ASKERS_MAX && !self.askers.contains_key(&addr) {
            return true;
        }
        self.askers.entry(addr).or_insert_with(new).take(now)
    }

    fn head(&self) -> BeaconHead {
        let advertisement = &self.advertisement;
        let head = BeaconHead {
            flags: advertisement.flags,
            online: advertisement.online,
            rooms: advertisement.rooms_in_all,
            ..BeaconHead::new(advertisement.key, self.boot, advertisement.port)
        };
        advertisement.addr.map_or(head, |addr| head.at(addr))
    }

    fn unasked_beacon(&self, is_leaving: bool) -> Beacon {
        let head = self.head();
        let head = BeaconHead { flags: head.flags.with(BeaconFlags::LEAVING, is_leaving), ..head };
        Beacon { head, name: self.advertisement.name.clone(), rooms: Vec::new() }
    }

    fn answer(&self, nonce: [u8; 16], page: u16) -> Beacon {
        let pages = u16::try_from(self.pages.len()).expect("at most BEACON_PAGES_MAX");
        let rooms = self.pages.get(usize::from(page)).map(|page| self.advertisement.rooms[page.clone()].to_vec());
        let head = BeaconHead { nonce, page, pages, ..self.head() };
        Beacon { head, name: self.advertisement.name.clone(), rooms: rooms.unwrap_or_default() }
    }
}

/// Which rooms go on which page: at least one page, as many rooms on each as have room.
fn pages(advertisement: &Advertisement) -> Vec<Range<usize>> {
    let room = Beacon::CONTENTS_MAX_LEN - 1 - advertisement.name.len();
    let (mut pages, mut from, mut left) = (Vec::new(), 0, room);
    for (n, listed) in advertisement.rooms.iter().enumerate() {
        let len = listed.encoded_len();
        if len > left {
            pages.push(from..n);
            if pages.len() == BEACON_PAGES_MAX {
                return pages;
            }
            (from, left) = (n, room);
        }
        left -= len;
    }
    pages.push(from..advertisement.rooms.len());
    pages
}
