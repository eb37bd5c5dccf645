//! What a client knows: who it is, how the connection stands, its rooms. It touches no link; what is to be done to the link
//! it leaves in [`State::effects`].

use std::collections::{BTreeMap, VecDeque};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::rng::Rng;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, ClientMsgId, RoomId, RoomSeq};
use chinwag_proto::wire::message::{Presence, Request, RoomInfo, Up, Wire as _};

use super::config::Config;
use super::early::Early;
use super::notice::Notice;
use super::place::Key;
use super::requests::{Ask, Requests};
use super::rooms::{Recorded, Rooms};
use super::save::{Save, SavedCursor};

/// Everything but the endpoint.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: Config,
    /// The session that stands.
    pub(super) session: Option<SessionId>,
    /// The server is heard on it (it has not fallen silent for good).
    pub(super) is_heard: bool,
    /// Set by a login; kept when the link is gone.
    pub(super) account: Option<AccountId>,
    /// Logged in on the present link.
    pub(super) is_in: bool,
    pub(super) rooms: Rooms,
    pub(super) requests: Requests,
    pub(super) early: Early,
    /// What the server has said of rooms on the present link.
    pub(super) listed: BTreeMap<Key, RoomInfo>,
    pub(super) recorder: Recorder,
    /// The cursors that the device had when this process began.
    pub(super) cursors: BTreeMap<Key, Recorded>,
    last_post: ClientMsgId,
    pub(super) effects: VecDeque<Effect>,
    pub(super) notices: VecDeque<Notice>,
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
    /// The device holds a room up to here.
    Cursor(RoomId, RoomSeq),
    /// The server knows this device from now on.
    Enrolled,
    /// Begin anew: what came can't be held.
    Reconnect,
}

/// The record of cursors: one at a time is under way.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    under_way: Option<Vec<(Key, Recorded)>>,
    dirty: bool,
}

impl State {
    pub(super) fn new(config: Config, mut rng: Rng) -> Self {
        let cursors = config.cursors.iter().filter_map(|saved| {
            let place = super::place::Place::parse(&saved.name).ok()?;
            Some((place.key(), Recorded { log: saved.log, upto: saved.upto }))
        });
        Self {
            cursors: cursors.collect(),
            config,
            session: None,
            is_heard: false,
            account: None,
            is_in: false,
            rooms: Rooms::default(),
            requests: Requests::default(),
            early: Early::default(),
            listed: BTreeMap::new(),
            recorder: Recorder::default(),
            last_post: ClientMsgId { start: rng.u64(), counter: 0 },
            effects: VecDeque::new(),
            notices: VecDeque::new(),
        }
    }

    /// A new id for a message.
    pub(super) fn next_post(&mut self) -> ClientMsgId {
        self.last_post.counter += 1;
        self.last_post
    }

    pub(super) fn ask(&mut self, ask: Ask, request: Request) {
        let id = self.requests.open(ask);
        self.effects.push_back(Effect::Ask(Up::Request(id, request).encode()));
    }

    /// Nothing of the link that was counts any more.
    pub(super) fn forget_link(&mut self) {
        self.session = None;
        self.is_heard = false;
        self.is_in = false;
        self.requests.clear();
        self.early.clear();
        self.listed.clear();
        self.rooms.forget_link();
        self.effects.clear();
    }

    /// Whether what is said now can go out now.
    pub(super) const fn is_connected(&self) -> bool {
        self.session.is_some() && self.is_heard
    }

    /// Something may be unrecorded.
    pub(super) const fn note_unrecorded(&mut self) {
        self.recorder.dirty = true;
    }

    /// What is to be recorded now, if there is something and nothing is under way.
    pub(super) fn next_save(&mut self) -> Option<Save> {
        if self.recorder.under_way.is_some() || !std::mem::take(&mut self.recorder.dirty) {
            return None;
        }
        let by_face = self.config.shown_by_face;
        let unrecorded = self.rooms.iter().filter_map(|(key, room)| {
            let recorded = room.unrecorded(by_face)?;
            let name = room.place.to_string();
            Some(((key.clone(), recorded), SavedCursor { name, log: recorded.log, upto: recorded.upto }))
        });
        let (under_way, cursors): (Vec<_>, Vec<_>) = unrecorded.unzip();
        if cursors.is_empty() {
            return None;
        }
        self.recorder.under_way = Some(under_way);
        Some(Save { cursors })
    }

    /// The record under way is durable: the server may know.
    pub(super) fn saved(&mut self) {
        for (key, recorded) in self.recorder.under_way.take().unwrap_or_default() {
            self.cursors.insert(key.clone(), recorded);
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            room.recorded = Some(recorded);
            let is_same = room.held.as_ref().is_some_and(|held| held.log == recorded.log);
            if let (Some(id), true) = (room.id, is_same) {
                self.effects.push_back(Effect::Cursor(id, recorded.upto));
            }
        }
    }

    pub(super) const fn is_recording(&self) -> bool {
        self.recorder.under_way.is_some()
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        let own = self.account;
        for (_, room) in self.rooms.iter_mut() {
            for change in room.roster.expire(now) {
                if Some(change.account) != own {
                    let (room, before) = (room.place.to_string(), change.before);
                    self.notices.push_back(Notice::Presence { room, who: change.who, before, now: Presence::Left });
                }
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.rooms.iter().filter_map(|(_, room)| room.roster.deadline()).min()
    }
}
