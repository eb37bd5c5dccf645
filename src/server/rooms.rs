//! The rooms: each a log, those who follow it, and who is in it. All links look up here what they send.

use std::collections::BTreeMap;
use std::ops::Bound;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::MARKS_MAX;
use chinwag_proto::link::{Lookup, Source};
use chinwag_proto::time::{Instant, WallTime};
use chinwag_proto::wire::id::{AccountId, Epoch, PresenceVersion, PublicKey, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Begin, From, name};

use super::limits::{TAIL_BYTES_MAX, TAIL_ENTRIES_MAX, TAIL_SHORT_BYTES, TAILS_BYTES_MAX};
use super::older::Older;
use super::pending::Entering;
use super::reads::Reads;
use super::roster::Roster;
use super::streams::Streams;
use super::tail::Tail;
use super::watch::ReachWatch;
use chinwag_store::{self as store, Ban, Epochs, Kind};

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// What the store has of it.
    pub(super) state: store::Room,
    /// Octets that what is on its way to the store is going to use.
    pub(super) set_aside: u64,
    /// When members wrote last: for slow mode, and only while it is on.
    pub(super) last_post_at: BTreeMap<AccountId, Instant>,
    pub(super) watch: ReachWatch,
    /// Bans and other changes of access that are on their way to the store,
    pub(super) closing: usize,
    /// and who wanted to enter meanwhile.
    pub(super) entering: Vec<Entering>,
    /// The sessions of members that follow it, sorted,
    followers: Vec<SessionId>,
    /// and those that follow it from outside. What an entry costs is proportional to their number together, and to nothing else.
    readers: Vec<SessionId>,
    pub(super) roster: Roster,
    tail: Tail,
}

impl Room {
    pub(super) fn followers(&self) -> &[SessionId] {
        &self.followers
    }

    /// The same, one after the other.
    pub(super) fn following(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.followers.iter().copied()
    }

    /// The sessions that follow it from outside: they are sent its log, and nothing else of it.
    pub(super) fn readers(&self) -> &[SessionId] {
        &self.readers
    }

    /// All sessions that are sent its log.
    pub(super) fn audience(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.followers.iter().chain(&self.readers).copied()
    }

    /// How many those are.
    pub(super) const fn audience_len(&self) -> usize {
        self.followers.len() + self.readers.len()
    }

    /// Whether an account, or a device that a banned account had, is kept out.
    pub(super) fn is_banned(&self, account: AccountId, device: &PublicKey, now: WallTime) -> bool {
        let stands = |ban: &&Ban| ban.until.is_none_or(|until| now < until);
        self.state.bans.iter().filter(stands).any(|ban| ban.account == account || ban.devices.contains(device))
    }

    /// Whether an account may not write, whatever it is here.
    pub(super) fn is_muted(&self, account: AccountId, now: WallTime) -> bool {
        self.state.mute_of(account).is_some_and(|mute| mute.until.is_none_or(|until| now < until))
    }

    fn of_store(room: store::Room) -> Self {
        Self {
            tail: Tail::after(room.head),
            state: room,
            set_aside: 0,
            last_post_at: BTreeMap::new(),
            watch: ReachWatch::default(),
            closing: 0,
            entering: Vec::new(),
            followers: Vec::new(),
            readers: Vec::new(),
            roster: Roster::default(),
        }
    }
}

/// The table, and what its links have to be served from.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    table: BTreeMap<RoomId, Room>,
    by_name: BTreeMap<String, RoomId>,
    by_pair: BTreeMap<(AccountId, AccountId), RoomId>,
    older: Older,
    /// The runs of servers on the store.
    epochs: Epochs,
    pub(super) reads: Reads,
    pub(super) streams: Streams,
    tails_bytes: usize,
}

impl Rooms {
    pub(super) fn of_store(epochs: Epochs) -> Self {
        Self { epochs, ..Self::default() }
    }

    pub(super) const fn epoch(&self) -> Epoch {
        self.epochs.present()
    }

    /// After which entry a log is sent to a device, and up to where it is the one that the device saw, if it is not.
    pub(super) fn begin(&self, id: RoomId, room: &Room, from: &From) -> (RoomSeq, Option<RoomSeq>) {
        let recently = |count: u64| RoomSeq(room.state.head.0.saturating_sub(count));
        match from {
            From::After(log, number) if *log == room.state.log && *number <= room.state.head => (*number, None),
            // Another log, or one that was longer.
            From::After(..) => (RoomSeq(0), None),
            From::Recent(count) => (recently(*count), None),
            From::Seen { log, marks, begin } => {
                let is_same = *log == room.state.log;
                let marks = if is_same { &marks[..marks.len().min(MARKS_MAX)] } else { &[] };
                let back_to = self.epochs.back_to(marks, id, room.state.head);
                let after = match begin {
                    Begin::After(number) if is_same => (*number).min(back_to.unwrap_or(room.state.head)),
                    Begin::After(_) => RoomSeq(0),
                    Begin::Last(count) => recently(*count),
                };
                (after, back_to)
            }
        }
    }

    /// The store has this room. Gives whether that is news.
    pub(super) fn learn(&mut self, room: store::Room) -> bool {
        match &room.kind {
            Kind::Named(name) => self.by_name.insert(name::fold(name), room.id),
            Kind::Direct(one, other) => self.by_pair.insert((*one, *other), room.id),
        };
        let is_new = !self.table.contains_key(&room.id);
        if is_new {
            self.table.insert(room.id, Room::of_store(room));
        }
        is_new
    }

    pub(super) fn get(&self, id: RoomId) -> Option<&Room> {
        self.table.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.table.get_mut(&id)
    }

    pub(super) fn named(&self, wanted: &str) -> Option<RoomId> {
        self.by_name.get(&name::fold(wanted)).copied()
    }

    pub(super) fn between(&self, one: AccountId, other: AccountId) -> Option<RoomId> {
        self.by_pair.get(&(one.min(other), one.max(other))).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The log of a room has a further entry.
    pub(super) fn append(&mut self, id: RoomId, number: RoomSeq, entry: Vec<u8>) {
        let Some(room) = self.table.get_mut(&id) else { return };
        self.epochs.grows(id, room.state.head);
        room.state.head = room.state.head.max(number);
        self.tails_bytes -= room.tail.bytes();
        room.tail.push(number, entry);
        if room.audience_len() == 0 {
            room.tail.clear();
        } else if self.tails_bytes + room.tail.bytes() > TAILS_BYTES_MAX {
            room.tail.trim(TAIL_ENTRIES_MAX, TAIL_SHORT_BYTES);
        } else {
            room.tail.trim(TAIL_ENTRIES_MAX, TAIL_BYTES_MAX);
        }
        self.tails_bytes += room.tail.bytes();
    }

    /// Bodies of a room are gone: nobody is to be sent them any more.
    pub(super) fn remove(&mut self, id: RoomId, numbers: &[RoomSeq]) {
        let Some(room) = self.table.get_mut(&id) else { return };
        self.tails_bytes -= room.tail.bytes();
        for &number in numbers {
            room.tail.remove(number);
            self.older.remove(id, number.0);
        }
        self.tails_bytes += room.tail.bytes();
    }

    /// Bodies of a room are gone up to here.
    pub(super) fn prune(&mut self, id: RoomId, upto: RoomSeq) {
        let Some(room) = self.table.get_mut(&id) else { return };
        self.tails_bytes -= room.tail.bytes();
        room.tail.prune(upto);
        self.older.prune(id, upto.0);
        self.tails_bytes += room.tail.bytes();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.table.iter().map(|(&id, room)| (id, room))
    }

    /// The named rooms whose folded names come after this one, in order.
    pub(super) fn listed_after(&self, after: &str) -> impl Iterator<Item = (&str, RoomId, &Room)> {
        let from = (Bound::Excluded(name::fold(after)), Bound::Unbounded);
        self.by_name.range(from).filter_map(|(name, &id)| Some((name.as_str(), id, self.table.get(&id)?)))
    }

    /// A read is done. Gives the rooms whose links are to look again.
    pub(super) fn loaded(&mut self, page: store::Page) -> impl Iterator<Item = RoomId> + use<> {
        let range = page.range;
        self.older.insert(page);
        self.reads.done(range)
    }

    /// A member's session begins to follow a room. It does not follow it from outside any more.
    pub(super) fn follow(&mut self, id: RoomId, session: SessionId) {
        let Some(room) = self.table.get_mut(&id) else { return };
        remove(&mut room.readers, session);
        if let Err(at) = room.followers.binary_search(&session) {
            room.followers.insert(at, session);
        }
    }

    /// A session begins to follow a room from outside.
    pub(super) fn read(&mut self, id: RoomId, session: SessionId) {
        if let Some(room) = self.table.get_mut(&id)
            && let Err(at) = room.readers.binary_search(&session)
        {
            room.readers.insert(at, session);
        }
    }

    /// A session that follows a room is sent what comes after an entry. Gives whether that begins with what is no longer at hand.
    pub(super) fn catch_up(&mut self, id: RoomId, session: SessionId, after: RoomSeq) -> bool {
        let Some(room) = self.table.get(&id) else { return false };
        self.streams.begin((session, id), after, room.state.head);
        after.next() < room.tail.first()
    }

    /// A session follows a room no more, in whatever way it did. A room that nobody follows keeps nothing at hand.
    pub(super) fn unfollow(&mut self, id: RoomId, session: SessionId) {
        self.streams.end((session, id));
        let Some(room) = self.table.get_mut(&id) else { return };
        remove(&mut room.followers, session);
        remove(&mut room.readers, session);
        if room.audience_len() == 0 {
            self.tails_bytes -= room.tail.bytes();
            room.tail.clear();
        }
    }

    /// Something that may keep people out of a room is on its way to the store.
    pub(super) fn closes(&mut self, id: RoomId) {
        if let Some(room) = self.get_mut(id) {
            room.closing += 1;
        }
    }
}

/// Takes a session out of a sorted list, if it is in it.
fn remove(sessions: &mut Vec<SessionId>, session: SessionId) {
    if let Ok(at) = sessions.binary_search(&session) {
        sessions.remove(at);
    }
}

impl Source for Rooms {
    fn entry(&mut self, id: RoomId, number: u64) -> Lookup<'_> {
        let Some(room) = self.table.get(&id) else { return Lookup::Absent };
        if number == 0 || number > room.state.head.0 {
            return Lookup::Absent;
        }
        let found = match room.tail.entry(number) {
            Some(entry) => Some(entry),
            None => self.older.entry(id, number),
        };
        match found {
            Some([]) => Lookup::Absent,
            Some(entry) => Lookup::Ready(entry),
            None => {
                self.reads.want(id, number, room.tail.first().0);
                Lookup::Pending
            }
        }
    }

    fn presence(
        &mut self,
        id: RoomId,
        after: PresenceVersion,
        upto: PresenceVersion,
        out: &mut [u8],
    ) -> Option<(usize, PresenceVersion)> {
        self.table.get(&id)?.roster.encode(after, upto, out)
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::wire::id::LogId;
    use chinwag_proto::wire::message::Access;
    use chinwag_store::Retention;

    use super::*;

    const LOBBY: RoomId = RoomId(1);
    const ANN: SessionId = SessionId::from_parts(0, 0);

    fn lobby(head: u64) -> Rooms {
        let mut rooms = Rooms::default();
        let kind = Kind::Named("Lobby".into());
        let room = store::Room {
            id: LOBBY,
            kind,
            log: LogId(9),
            head: RoomSeq(head),
            access: Access::Public,
            phc: None,
            topic: String::new(),
            retention: Retention::Forever,
            members: Vec::new(),
            invited: Vec::new(),
            bans: Vec::new(),
            mutes: Vec::new(),
            facts: Default::default(),
            used: 0,
        };
        assert!(rooms.learn(room.clone()));
        assert!(!rooms.learn(room), "the second time it is no news");
        rooms
    }

    #[test]
    fn a_room_is_found_by_its_name_in_any_case() {
        let rooms = lobby(0);
        assert_eq!(rooms.named("lobby"), Some(LOBBY));
        assert_eq!(rooms.named("lobb"), None);
    }

    #[test]
    fn entries_come_from_the_tail_or_are_fetched() {
        let mut rooms = lobby(5);
        rooms.follow(LOBBY, ANN);
        rooms.append(LOBBY, RoomSeq(6), b"six".to_vec());
        assert_eq!(rooms.entry(LOBBY, 6), Lookup::Ready(b"six"));
        assert_eq!(rooms.entry(LOBBY, 7), Lookup::Absent, "there is no such number yet");
        assert_eq!(rooms.entry(LOBBY, 0), Lookup::Absent);
        assert_eq!(rooms.entry(LOBBY, 3), Lookup::Pending);
        let range = rooms.reads.next().expect("a read");
        assert_eq!((range.after, range.count), (RoomSeq(2), 3), "up to where the tail begins");
        let entries = vec![b"three".to_vec(), Vec::new(), b"five".to_vec()];
        assert_eq!(rooms.loaded(store::Page { range, entries, unreadable: None }).collect::<Vec<_>>(), [LOBBY]);
        assert_eq!(rooms.entry(LOBBY, 3), Lookup::Ready(b"three"));
        assert_eq!(rooms.entry(LOBBY, 4), Lookup::Absent, "its body is gone");
    }

    #[test]
    fn a_room_that_nobody_follows_keeps_nothing_at_hand() {
        let mut rooms = lobby(0);
        rooms.append(LOBBY, RoomSeq(1), vec![0; 100]);
        assert_eq!(rooms.tails_bytes, 0);
        rooms.follow(LOBBY, ANN);
        rooms.follow(LOBBY, ANN);
        for number in 2..3_000 {
            rooms.append(LOBBY, RoomSeq(number), vec![0; 2_000]);
        }
        assert!(rooms.tails_bytes <= TAIL_BYTES_MAX);
        assert_eq!(rooms.get(LOBBY).map(|room| room.followers().len()), Some(1));
        rooms.unfollow(LOBBY, ANN);
        assert_eq!(rooms.tails_bytes, 0);
        assert_eq!(rooms.entry(LOBBY, 2_999), Lookup::Pending, "but the log has it");
    }
}
