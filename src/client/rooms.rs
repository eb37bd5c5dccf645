//! The rooms that this client follows: of each the cursor, the outbox and the roster. They outlive links.

use std::collections::BTreeMap;

use chinwag_proto::link::{Lookup, Source};
use chinwag_proto::wire::id::{LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Access, From, Request, RoomInfo, Secret};

use super::command::Start;
use super::limits::ROOMS_MAX;
use super::outbox::Outbox;
use super::place::{Key, Place};
use super::reading::Reading;
use super::roster::Roster;
use super::seen::Seen;
use super::typing::Typers;

/// One room, wanted until it is left.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) place: Place,
    pub(super) start: Start,
    /// An interface wants it. Otherwise it is there for what an earlier program had said, and nothing of it is handed up.
    pub(super) asked: bool,
    /// How it is entered the first time.
    pub(super) door: Door,
    /// The room on the present link, once it is entered there.
    pub(super) id: Option<RoomId>,
    /// What this process has of the log; `None` before it was entered first.
    pub(super) held: Option<Held>,
    /// What this device recorded of it.
    pub(super) recorded: Option<Recorded>,
    pub(super) outbox: Outbox,
    pub(super) roster: Roster,
    pub(super) typers: Typers,
    pub(super) reading: Reading,
    pub(super) wish: Wish,
}

/// How a room is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Door {
    /// It is open to this account; if there is none of that name, it is made.
    #[default]
    Open,
    /// The same, but nothing is made: there must be one of that name.
    Existing,
    /// It is made; there is none of that name yet.
    Made(Access, Option<Secret>),
    /// By its password.
    Locked(Secret),
}

/// What is wanted of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To follow it.
    Follow,
    /// To leave it when all that was said there is answered.
    Leave,
    /// It was left. It stays known: what was under way may still come, and if it is entered again, the numbers of what
    /// was said go on and nothing is shown twice.
    Left,
}

/// What a process has of a log.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) log: LogId,
    pub(super) seen: Seen,
    /// The interface has shown everything up to here.
    pub(super) shown: RoomSeq,
    /// The last entry that the interface was given to show.
    pub(super) handed: RoomSeq,
    /// Its cursor is the device's: nothing lies between what the device had and what this process has.
    pub(super) is_devices: bool,
}

/// A cursor on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) log: LogId,
    pub(super) upto: RoomSeq,
}

/// What entering a room showed of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entered {
    /// What comes is after this one: what is there already is not handed up again.
    pub(super) after: RoomSeq,
    /// The log is another one than the one that was known.
    pub(super) is_reset: bool,
    /// Entries passed over.
    pub(super) skipped: u64,
}

impl Room {
    pub(super) fn new(place: Place, start: Start, recorded: Option<Recorded>) -> Self {
        Self {
            place,
            start,
            asked: true,
            door: Door::Open,
            id: None,
            held: None,
            recorded,
            outbox: Outbox::new(),
            roster: Roster::default(),
            typers: Typers::default(),
            reading: Reading::default(),
            wish: Wish::Follow,
        }
    }

    /// A room for what an earlier program had said there.
    pub(super) fn unasked(place: Place) -> Self {
        Self { asked: false, ..Self::new(place, Start::Recent(0), None) }
    }

    /// An earlier program was to leave it: to the user, the account is not in it.
    pub(super) const fn is_on_its_way_out(&self) -> bool {
        !self.asked && matches!(self.wish, Wish::Leave)
    }

    /// What is asked of the server to enter it. `listed` is what it has just said of the room, if it did.
    pub(super) fn request(&self, listed: Option<&RoomInfo>) -> Request {
        let from = self.from(listed);
        match (&self.place, self.door.clone()) {
            (Place::Direct(name), _) => Request::Direct { to: name.clone(), from },
            (Place::Named(name), Door::Open | Door::Existing) => Request::Join { room: name.clone(), from },
            (Place::Named(name), Door::Made(access, password)) => {
                Request::Create { room: name.clone(), access, password, from }
            }
            (Place::Named(name), Door::Locked(password)) => Request::Unlock { room: name.clone(), password, from },
        }
    }

    /// What was asked for, as the user would say it.
    pub(super) fn wanted(&self) -> String {
        let verb = if matches!(self.door, Door::Made(..)) { "create" } else { "join" };
        format!("{verb} {}", self.place)
    }

    /// Where the log is to begin on a new link. `listed` is what the server has just said of the room, if it did.
    pub(super) fn from(&self, listed: Option<&RoomInfo>) -> From {
        match (self.start, self.known()) {
            // To skip is never to go back.
            (Start::Resume { recent, behind_max: Some(max) }, Some(known))
                if behind(known, listed) > max.max(recent) =>
            {
                From::Recent(recent)
            }
            (_, Some(known)) => From::After(known.log, known.upto),
            (Start::Resume { recent, .. }, None) => From::Recent(recent),
            (Start::Recent(count), None) => From::Recent(count),
            // After the beginning of whatever log it is.
            (Start::All, None) => From::After(LogId(0), RoomSeq(0)),
        }
    }

    /// The room was entered: its log is `log`, and is sent from the entry after `after`.
    pub(super) fn entered(&mut self, log: LogId, after: RoomSeq) -> Entered {
        let known = self.known();
        let is_reset = known.is_some_and(|known| known.log != log);
        let skipped = known.filter(|_| !is_reset).map_or(0, |known| after.0.saturating_sub(known.upto.0));
        let recorded = self.recorded.filter(|recorded| recorded.log == log);
        match self.held.as_mut().filter(|held| held.log == log) {
            Some(held) => {
                held.seen.raise(after);
                held.shown = held.shown.max(after);
            }
            None => {
                // To look back without having read what lies between does not move the device's cursor.
                let resumes = matches!(self.start, Start::Resume { .. });
                let had = recorded.map_or(RoomSeq(0), |recorded| recorded.upto);
                let is_devices = resumes || after <= had;
                self.held = Some(Held { log, seen: Seen::after(after), shown: after, handed: after, is_devices });
            }
        }
        let upto = known.filter(|_| !is_reset).map_or(after, |known| known.upto);
        Entered { after: after.max(upto), is_reset, skipped }
    }

    /// What is to be recorded, if it is more than what is.
    pub(super) fn unrecorded(&self, shown_by_face: bool) -> Option<Recorded> {
        let held = self.held.as_ref().filter(|held| self.asked && held.is_devices)?;
        let seen = held.seen.upto();
        // After the last one that was given to it, nothing waits to be shown: what came there has no body any more.
        let upto = if shown_by_face && held.shown < held.handed { held.shown.min(seen) } else { seen };
        let is_more = |recorded: Recorded| recorded.log != held.log || recorded.upto < upto;
        self.recorded.is_none_or(is_more).then_some(Recorded { log: held.log, upto })
    }

    /// The log that its user knows, as far as there was one.
    pub(super) fn log(&self) -> Option<LogId> {
        self.held.as_ref().map(|held| held.log).or_else(|| self.recorded.map(|recorded| recorded.log))
    }

    /// The cursor that this room goes on from: of this process, or of the device where the room resumes.
    fn known(&self) -> Option<Recorded> {
        match &self.held {
            Some(held) => Some(Recorded { log: held.log, upto: held.seen.upto() }),
            None => self.recorded.filter(|_| matches!(self.start, Start::Resume { .. })),
        }
    }
}

/// How far a cursor is behind what the server listed.
fn behind(known: Recorded, listed: Option<&RoomInfo>) -> u64 {
    listed.map_or(0, |info| {
        let upto = if info.log == known.log { known.upto.0 } else { 0 };
        info.head.0.saturating_sub(upto)
    })
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    table: BTreeMap<Key, Room>,
    /// Those that are entered on the present link.
    by_id: BTreeMap<RoomId, Key>,
}

impl Rooms {
    /// Takes a room in; where there are too many, one that was left before gives way. Gives whether there was a place.
    #[must_use]
    pub(super) fn insert(&mut self, key: Key, room: Room) -> bool {
        if self.table.len() >= ROOMS_MAX {
            let left = self.table.iter().find(|(_, room)| room.wish == Wish::Left && room.id.is_none());
            let Some(left) = left.map(|(key, _)| key.clone()) else { return false };
            self.table.remove(&left);
        }
        self.table.insert(key, room);
        true
    }

    /// A room that was not left.
    pub(super) fn wanted(&self, key: &Key) -> Option<&Room> {
        self.table.get(key).filter(|room| room.wish != Wish::Left)
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Room> {
        self.table.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Room> {
        self.table.get_mut(key)
    }

    /// A room that is entered on the present link.
    pub(super) fn entered(&mut self, id: RoomId) -> Option<(&Key, &mut Room)> {
        let key = self.by_id.get(&id)?;
        let room = self.table.get_mut(key)?;
        Some((key, room))
    }

    /// A room is this one on the present link.
    pub(super) fn is(&mut self, key: &Key, id: RoomId) {
        if let Some(room) = self.table.get_mut(key) {
            if let Some(old) = room.id.replace(id) {
                self.by_id.remove(&old);
            }
            self.by_id.insert(id, key.clone());
        }
    }

    /// The link is gone: no room is entered. Gives who was typing, and where.
    pub(super) fn forget_link(&mut self) -> Vec<(String, String)> {
        self.by_id.clear();
        let mut typing = Vec::new();
        for room in self.table.values_mut() {
            room.id = None;
            room.outbox.renumber();
            let name = room.place.to_string();
            typing.extend(room.typers.clear().into_iter().map(|who| (name.clone(), who)));
        }
        typing
    }

    /// The name, as shown, of a room that is entered on the present link.
    pub(super) fn name_of(&self, id: RoomId) -> Option<String> {
        self.by_id.get(&id).and_then(|key| self.table.get(key)).map(|room| room.place.to_string())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Room)> {
        self.table.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Room)> {
        self.table.iter_mut()
    }
}

/// Posts are looked up in the outboxes; a client sends no presence.
impl Source for Rooms {
    fn entry(&mut self, id: RoomId, number: u64) -> Lookup<'_> {
        let room = self.by_id.get(&id).and_then(|key| self.table.get(key));
        match room.and_then(|room| room.outbox.post(number)) {
            Some(post) => Lookup::Ready(post),
            None => Lookup::Absent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_proto::wire::message::{Role, RoomKind, Standing};

    const LOG: LogId = LogId(7);
    const OTHER: LogId = LogId(8);

    fn room(start: Start, recorded: Option<u64>) -> Room {
        let recorded = recorded.map(|upto| Recorded { log: LOG, upto: RoomSeq(upto) });
        Room::new(Place::Named("lobby".into()), start, recorded)
    }

    fn listed(log: LogId, head: u64) -> RoomInfo {
        RoomInfo {
            id: RoomId(1),
            kind: RoomKind::Named("lobby".into()),
            log,
            head: RoomSeq(head),
            access: Access::Public,
            topic: String::new(),
            standing: Standing::In(Role::Member),
            since: RoomSeq(0),
            read: RoomSeq(0),
        }
    }

    fn after(upto: u64) -> From {
        From::After(LOG, RoomSeq(upto))
    }

    #[test]
    fn a_device_resumes_unless_it_is_too_far_behind() {
        assert_eq!(room(Start::CHAT, None).from(None), From::Recent(200));
        assert_eq!(room(Start::CHAT, Some(50)).from(None), after(50));
        assert_eq!(room(Start::CHAT, Some(50)).from(Some(&listed(LOG, 1_050))), after(50));
        assert_eq!(room(Start::CHAT, Some(50)).from(Some(&listed(LOG, 1_051))), From::Recent(200));
        assert_eq!(room(Start::CHAT, Some(50)).from(Some(&listed(OTHER, 1_001))), From::Recent(200));
        let short = Start::Resume { recent: 200, behind_max: Some(100) };
        assert_eq!(room(short, Some(50)).from(Some(&listed(LOG, 170))), after(50), "not back to the beginning");
        let tail = Start::Resume { recent: 0, behind_max: None };
        assert_eq!(room(tail, Some(50)).from(Some(&listed(LOG, 1 << 40))), after(50));
        assert_eq!(room(tail, None).from(None), From::Recent(0));
    }

    #[test]
    fn what_was_asked_for_explicitly_does_not_depend_on_the_device() {
        let mut all = room(Start::All, Some(50));
        assert_eq!(all.from(None), From::After(LogId(0), RoomSeq(0)));
        all.entered(LOG, RoomSeq(0));
        assert_eq!(all.unrecorded(false), None, "it has read less than the device");
        all.held.as_mut().expect("held").seen.raise(RoomSeq(60));
        assert_eq!(all.unrecorded(false), Some(Recorded { log: LOG, upto: RoomSeq(60) }));

        let mut recent = room(Start::Recent(10), Some(50));
        assert_eq!(recent.from(None), From::Recent(10));
        let entered = recent.entered(LOG, RoomSeq(90));
        assert_eq!(entered, Entered { after: RoomSeq(90), is_reset: false, skipped: 0 });
        recent.held.as_mut().expect("held").seen.raise(RoomSeq(100));
        assert_eq!(recent.unrecorded(false), None, "51 to 90 were not read by this device");
        assert_eq!(recent.from(Some(&listed(LOG, 1 << 40))), after(100), "on a new link it goes on without a hole");
    }

    #[test]
    fn a_hole_is_said_and_another_log_too() {
        let mut chat = room(Start::CHAT, Some(50));
        let mut enter = |log, after| {
            let Entered { after, is_reset, skipped } = chat.entered(log, RoomSeq(after));
            (after.0, is_reset, skipped)
        };
        assert_eq!(enter(LOG, 50), (50, false, 0));
        assert_eq!(enter(LOG, 2_000), (2_000, false, 1_950));
        assert_eq!(enter(LOG, 1_990), (2_000, false, 0), "what is there already does not come again");
        assert_eq!(enter(OTHER, 0), (0, true, 0));
        assert_eq!(chat.unrecorded(false), Some(Recorded { log: OTHER, upto: RoomSeq(0) }));
    }

    #[test]
    fn a_cursor_waits_for_the_interface_where_it_asks_for_that() {
        let mut chat = room(Start::CHAT, Some(50));
        chat.entered(LOG, RoomSeq(50));
        let held = chat.held.as_mut().expect("held");
        held.seen.raise(RoomSeq(60));
        held.handed = RoomSeq(58);
        assert_eq!(chat.unrecorded(true), None);
        chat.held.as_mut().expect("held").shown = RoomSeq(55);
        assert_eq!(chat.unrecorded(true).map(|r| r.upto), Some(RoomSeq(55)));
        assert_eq!(chat.unrecorded(false).map(|r| r.upto), Some(RoomSeq(60)));
        chat.held.as_mut().expect("held").shown = RoomSeq(58);
        assert_eq!(chat.unrecorded(true).map(|r| r.upto), Some(RoomSeq(60)), "59 and 60 have nothing to show");
    }

    #[test]
    fn a_room_that_nobody_asked_for_moves_no_cursor() {
        let mut room = Room::unasked(Place::Named("lobby".into()));
        assert_eq!(room.from(Some(&listed(LOG, 70))), From::Recent(0));
        room.entered(LOG, RoomSeq(70));
        assert_eq!(room.unrecorded(false), None);
    }
}
