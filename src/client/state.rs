//! What a client knows: who it is, how the connection stands, its rooms. It touches no link; what is to be done to the link
//! it leaves in [`State::effects`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, LogId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Away, Request, RoomInfo, Up, Wire as _};

use super::ask::Denial;
use super::config::{Config, Reads};
use super::early::Early;
use super::keeper::Keeper;
use super::looks::Looks;
use super::marks::Marks;
use super::news::TypingChange;
use super::notice::Notice;
use super::pace::Pace;
use super::place::{Key, Place};
use super::requests::{Pending, Requests, Unanswered};
use super::room::{Recorded, Room, Wish};
use super::rooms::Rooms;
use super::save::{Save, Saved, SavedCursor, SavedSent};

/// Everything but the endpoint.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    /// The time of the last input.
    pub(super) clock: Instant,
    /// The session that stands.
    pub(super) session: Option<SessionId>,
    /// The server is heard on it (it has not fallen silent for good).
    pub(super) is_heard: bool,
    /// Set by a login; kept when the link is gone.
    pub(super) account: Option<AccountId>,
    /// Logged in on the present link.
    pub(super) is_in: bool,
    /// The server has made the account for the login that is under way.
    pub(super) is_made: bool,
    /// Logins asked for since the way to log in was chosen.
    pub(super) logins: u32,
    /// What the user says of being there; told on every link.
    pub(super) away: Away,
    pub(super) rooms: Rooms,
    pub(super) requests: Requests,
    pub(super) early: Early,
    /// What the server has said of rooms on the present link.
    pub(super) listed: BTreeMap<Key, RoomInfo>,
    /// Whether that is all of them.
    pub(super) listing: Listing,
    /// What it has said of rooms that are only looked at.
    pub(super) looks: Looks,
    /// Rooms that the account is invited to, and the user knows.
    pub(super) invited: BTreeSet<Key>,
    pub(super) keeper: Keeper,
    /// Rooms that are to be left, by the record of this device.
    leaving: BTreeSet<Key>,
    /// The cursors that the device had when this process began.
    pub(super) cursors: BTreeMap<Key, Recorded>,
    /// What it was told to be stored, of the same time: in which log, and how far in which epochs.
    pub(super) sent: BTreeMap<Key, (LogId, Marks)>,
    last_post: ClientMsgId,
    /// How the server takes what is posted, where that has to wait.
    pub(super) pace: Pace,
    /// Numbers of what interfaces said last, by their tags.
    pub(super) stored: BTreeMap<u64, RoomSeq>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) notices: VecDeque<Notice>,
}

/// Whether the server has named all rooms of the account on the present link: those that do not fit the welcome follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Unknown,
    /// Something was asked whose answer comes after them.
    Asked,
    Whole,
}

/// What is to be done to the link, or to the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Queue a control message.
    Ask(Vec<u8>),
    /// Send a room's outbox from its beginning.
    Open(RoomId),
    /// A room's outbox goes up to here.
    Advance(RoomId, u64),
    /// Send nothing more of a room.
    Shut(RoomId),
    /// Nothing more comes of a room.
    Forget(RoomId),
    /// The device holds a room up to here.
    Cursor(RoomId, RoomSeq),
    /// The user types in a room.
    Typing(RoomId, Vec<u8>),
    /// The server knows this device from now on.
    Enrolled,
    /// Begin anew: what came can't be held.
    Reconnect,
}

impl State {
    pub(super) fn new(mut config: Config, mut rng: Rng) -> Self {
        let (outbox, leaving) = (std::mem::take(&mut config.outbox), std::mem::take(&mut config.leaving));
        let sent = |sent: &SavedSent| Some((Place::parse(&sent.name).ok()?.key(), (sent.log, sent.marks)));
        let sent = config.sent.iter().filter_map(sent);
        let cursors = config.cursors.iter().filter_map(|saved| {
            let place = Place::parse(&saved.name).ok()?;
            Some((place.key(), Recorded { log: saved.log, upto: saved.upto, marks: saved.marks }))
        });
        let mut state = Self {
            cursors: cursors.collect(),
            sent: sent.collect(),
            config,
            clock: Instant::EPOCH,
            session: None,
            is_heard: false,
            account: None,
            is_in: false,
            is_made: false,
            logins: 0,
            away: Away::Here,
            rooms: Rooms::default(),
            requests: Requests::default(),
            early: Early::default(),
            listed: BTreeMap::new(),
            listing: Listing::Unknown,
            looks: Looks::default(),
            invited: BTreeSet::new(),
            keeper: Keeper::default(),
            leaving: BTreeSet::new(),
            stored: BTreeMap::new(),
            pace: Pace::default(),
            last_post: ClientMsgId { start: rng.u64(), counter: 0 },
            effects: VecDeque::new(),
            notices: VecDeque::new(),
        };
        state.go_on_leaving(leaving);
        let tags = state.config.shows_outbox.then_some(1..);
        state.adopt(outbox, tags);
        state
    }

    /// What an earlier program was to leave is left by this one.
    fn go_on_leaving(&mut self, rooms: BTreeSet<String>) {
        for place in rooms.iter().filter_map(|room| Place::parse(room).ok()) {
            let key = place.key();
            let room = Room { wish: Wish::Leave, ..Room::unasked(place, None) };
            // Where there are too many rooms, it is left by a later program.
            if self.rooms.insert(key.clone(), room) {
                self.leaving.insert(key);
            }
        }
    }

    /// Keeps on record whether a room is to be left: the server may hear of it from a later program only. Direct messages are
    /// nothing that one can leave.
    pub(super) fn set_leaving(&mut self, key: &Key, is_leaving: bool) {
        let Some(Room { place: place @ Place::Named(_), .. }) = self.rooms.get(key) else { return };
        let is_news = if is_leaving { self.leaving.insert(key.clone()) } else { self.leaving.remove(key) };
        if is_news {
            self.keeper.leaving(place.to_string(), is_leaving);
        }
    }

    /// A new id for a message.
    pub(super) fn next_post(&mut self) -> ClientMsgId {
        self.last_post.counter += 1;
        self.last_post
    }

    pub(super) fn ask(&mut self, pending: Pending, request: Request) {
        let id = self.requests.open(pending);
        self.effects.push_back(Effect::Ask(Up::Request(id, request).encode()));
    }

    /// Nothing of the link that was counts any more.
    pub(super) fn forget_link(&mut self) {
        self.session = None;
        self.is_heard = false;
        self.is_in = false;
        self.pace.forget_link();
        self.looks = Looks::default();
        let Unanswered { lost, leaving } = self.requests.forget_link();
        for tag in lost {
            self.reply(tag, Err(Denial::LinkLost));
        }
        for key in leaving {
            // It may never have been heard.
            if self.rooms.get(&key).is_some_and(|room| room.wish == Wish::Left) {
                self.set_leaving(&key, true);
            }
        }
        for key in &self.leaving {
            if let Some(room) = self.rooms.get_mut(key) {
                room.wish = Wish::Leave;
            }
        }
        self.early.clear();
        self.listed.clear();
        self.listing = Listing::Unknown;
        for (room, who) in self.rooms.forget_link() {
            self.notices.push_back(Notice::Typing(TypingChange { room, who, is_typing: false }));
        }
        self.effects.clear();
    }

    /// Whether what is said now can go out now.
    pub(super) const fn is_connected(&self) -> bool {
        self.session.is_some() && self.is_heard
    }

    /// The name, as shown, of a room that the server has named on this link.
    pub(super) fn name_of(&self, id: RoomId) -> Option<String> {
        let listed = || self.listed.values().find(|info| info.id == id).map(|info| Place::of_info(info).to_string());
        self.rooms.name_of(id).or_else(listed).or_else(|| self.looks.name_of(id))
    }

    /// What is to be recorded now, if there is something and nothing is under way.
    pub(super) fn next_save(&mut self) -> Option<Save> {
        let by_face = self.config.shown_by_face;
        self.keeper.begin(|| {
            let moved = |(key, room): (&Key, &Room)| {
                let Recorded { log, upto, marks } = room.unrecorded(by_face)?;
                let (name, is_put_back) = (room.place.to_string(), room.is_put_back);
                Some((key.clone(), SavedCursor { name, log, upto, marks, is_put_back }))
            };
            self.rooms.iter().filter_map(moved).collect()
        })
    }

    /// The record under way is done with. What is durable may be told: to the user, and to the server.
    pub(super) fn saved(&mut self, saved: Saved) {
        if saved == Saved::Failed {
            let lost = self.keeper.failed();
            self.tell_reworded();
            return self.notices.extend(lost.into_iter().map(|tag| Notice::NotKept { tag }));
        }
        let batch = self.keeper.kept();
        let is_offline = !self.is_connected();
        let queued = batch.said.into_values().map(|(tag, _)| Notice::Queued { tag, is_offline });
        self.notices.extend(queued);
        self.tell_reworded();
        for (key, recorded) in batch.cursors {
            self.cursors.insert(key.clone(), recorded);
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            let told = room.id.filter(|_| !room.is_from_outside());
            match (room.settle_record(recorded), told) {
                (true, Some(id)) => self.effects.push_back(Effect::Cursor(id, recorded.upto)),
                (true, None) => {}
                // The log went back while this was being written.
                (false, _) => self.keeper.note(),
            }
        }
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        let own = self.account;
        for (_, room) in self.rooms.iter_mut() {
            let name = room.place.to_string();
            for change in room.roster.expire(now) {
                self.notices.extend(change.notices(&name, own, self.config.whole_screen));
            }
            for who in room.typers.expire(now) {
                self.notices.push_back(Notice::Typing(TypingChange { room: name.clone(), who, is_typing: false }));
            }
        }
        self.tell_reads(now);
    }

    /// Tells the server what was read, where it is time for that.
    pub(super) fn tell_reads(&mut self, now: Instant) {
        if !self.is_in {
            return;
        }
        let is_private = self.config.reads == Reads::Private;
        let due = |(_, room): (&Key, &mut Room)| Some((room.id?, room.reading.due(now)?));
        for (room, upto) in self.rooms.iter_mut().filter_map(due).collect::<Vec<_>>() {
            self.ask(Pending::Told, Request::Read { room, upto, is_private });
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let of_room = |(_, room): (&Key, &Room)| {
            let reading = room.id.filter(|_| self.is_in).and_then(|_| room.reading.deadline());
            [room.roster.deadline(), room.typers.deadline(), reading].into_iter().flatten().min()
        };
        self.rooms.iter().filter_map(of_room).min()
    }
}
