//! Presence: what becomes of it when sessions come, fall silent and go, and when it is told.

use std::collections::{BTreeSet, VecDeque};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::STATUS_MAX_LEN;
use chinwag_proto::link::Liveness;
use chinwag_proto::time::{Instant, Now};
use chinwag_proto::wire::frame::CloseCode;
use chinwag_proto::wire::id::{AccountId, PresenceVersion, RoomId};
use chinwag_proto::wire::message::{Answer, Away, Presence, Refusal, Typing, Wire as _, visible};

use super::commits::{Asked, Ticket};
use super::effect::Effect;
use super::hall::Hall;
use super::limits::{FORGET_LEFT_AFTER, LEFT_AFTER, PRESENCE_AT_ONCE_MAX, PRESENCE_BATCH, TIDY_EVERY, TYPING_EVERY};
use super::rules;
use super::sessions::Session;
use chinwag_store::Write;

/// What is to be done later. Each queue has one delay, so it is in order by itself.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Offline since then: they have left, if they are offline still.
    leaving: VecDeque<Later>,
    /// They left: they are forgotten, if they did not come back.
    forgetting: VecDeque<Later>,
    /// Batches of presence.
    batches: VecDeque<(Instant, RoomId)>,
    /// Sessions whose tokens expire.
    expiring: BTreeSet<(Instant, SessionId)>,
    /// When rooms that do not keep everything are looked at; `None`: there are none.
    prune_at: Option<Instant>,
    /// When tokens, invitations and the index of words are looked at again.
    tidy_at: Option<Instant>,
    /// When a store that was full is asked whether it takes everything again.
    probe_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Later {
    at: Instant,
    room: RoomId,
    account: AccountId,
    version: PresenceVersion,
}

impl Clocks {
    pub(super) fn deadline(&self) -> Option<Instant> {
        let leaving = self.leaving.front().map(|later| later.at);
        let forgetting = self.forgetting.front().map(|later| later.at);
        let batch = self.batches.front().map(|&(at, _)| at);
        let expiring = self.expiring.first().map(|&(at, _)| at);
        let once = [self.prune_at, self.tidy_at, self.probe_at];
        [leaving, forgetting, batch, expiring].into_iter().chain(once).flatten().min()
    }

    /// A session's token expires then.
    pub(super) fn expire(&mut self, at: Instant, session: SessionId) {
        self.expiring.insert((at, session));
    }

    /// What is of no use any more is looked for then.
    pub(super) const fn tidy_at(&mut self, at: Instant) {
        self.tidy_at = Some(at);
    }

    /// A store that was full is asked then.
    pub(super) const fn probe_at(&mut self, at: Instant) {
        self.probe_at = Some(at);
    }

    /// Rooms that do not keep everything are looked at by then.
    pub(super) fn prune_by(&mut self, at: Instant) {
        self.prune_at = Some(self.prune_at.map_or(at, |present| present.min(at)));
    }
}

impl Hall {
    /// An account follows a room by one session more.
    pub(super) fn came(&mut self, room: RoomId, account: AccountId, now: Instant) {
        let Some((presence, status)) = self.best(room, account) else { return };
        let status = status.to_owned();
        self.set_presence(room, account, (presence, &status), now);
    }

    /// One of an account's sessions in a room is gone or fell silent (or is heard again): its best session counts.
    pub(super) fn gone(&mut self, room: RoomId, account: AccountId, said_goodbye: bool, now: Instant) {
        let without_any = if said_goodbye { Presence::Left } else { Presence::Offline };
        let (presence, status) = self.best(room, account).unwrap_or((without_any, ""));
        let status = status.to_owned();
        self.set_presence(room, account, (presence, &status), now);
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, at: Now) {
        let now = at.mono;
        self.tick_marks(now);
        self.ask_held(at);
        if self.time.deadline() <= now || self.time.has_turned(at) {
            self.look_at_clock(at);
        }
        self.tick_auth(at);
        while let Some(&(due, session)) = self.clocks.expiring.first()
            && due <= now
        {
            self.clocks.expiring.pop_first();
            self.token_ends(session);
            let why = String::from("the token has expired");
            self.effects.push_back(Effect::Close(session, CloseCode::Denied, why));
        }
        if self.clocks.tidy_at.is_some_and(|due| due <= now) {
            self.clocks.tidy_at(now + TIDY_EVERY);
            self.tidy(at);
        }
        if self.clocks.probe_at.is_some_and(|due| due <= now) {
            self.clocks.probe_at = None;
            if self.refused_full_at.is_some() {
                self.commits.push(Write::Probe, Ticket::Probed);
            }
        }
        if self.clocks.prune_at.is_some_and(|due| due <= now) {
            self.clocks.prune_at = None;
            self.prune_all(at);
        }
        while let Some(later) = due(&mut self.clocks.leaving, now) {
            let state = self.rooms.get(later.room).and_then(|r| r.roster.unchanged_since(later.account, later.version));
            if state == Some(Presence::Offline) {
                self.set_presence(later.room, later.account, (Presence::Left, ""), now);
            }
        }
        while let Some(later) = due(&mut self.clocks.forgetting, now) {
            if let Some(room) = self.rooms.get_mut(later.room) {
                room.roster.forget(later.account, later.version);
            }
        }
        while let Some(&(at, id)) = self.clocks.batches.front()
            && at <= now
        {
            self.clocks.batches.pop_front();
            if let Some(room) = self.rooms.get_mut(id) {
                room.roster.due = None;
                self.effects.push_back(Effect::Presence(id));
            }
        }
    }

    /// A session says of whoever sits before it.
    pub(super) fn away(&mut self, asked: Asked, away: Away, now: Now) -> Result<(), Refusal> {
        let account = self.account_of(asked.session)?;
        if let Away::Away(text) = &away {
            if text.len() > STATUS_MAX_LEN {
                return Err(Refusal::TooLarge);
            }
            visible::check_line(text).map_err(|_| Refusal::TextUnfit)?;
        }
        let Some(session) = self.sessions.get_mut(asked.session) else { return Ok(()) };
        let is_passing = away == Away::Passing;
        session.away = away;
        for room in session.rooms.clone() {
            match is_passing {
                true => self.gone(room, account, true, now.mono),
                false => self.came(room, account, now.mono),
            }
        }
        self.answer(asked, Ok(Answer::Done));
        Ok(())
    }

    /// Somebody is typing: whoever follows the room is told, once, and not more often than is of use.
    pub(super) fn typing(&mut self, id: SessionId, room: RoomId, now: Now) {
        let judged = self.judged(now);
        let Some(session) = self.sessions.get_mut(id) else { return };
        let may = session.scopes.as_ref().is_none_or(|scopes| scopes.write) && session.rooms.contains(&room);
        let (Some(account), true) = (session.account, may) else { return };
        if self.rooms.get(room).is_none_or(|room| rules::is_muted(&self.accounts, room, account, judged)) {
            return;
        }
        if session.typed_at.is_some_and(|at| now.mono.since(at) < TYPING_EVERY) {
            return;
        }
        session.typed_at = Some(now.mono);
        self.effects.push_back(Effect::Typing(room, id, Typing { account }.encode()));
    }

    /// The best state of an account's sessions that follow a room and are shown.
    fn best(&self, room: RoomId, account: AccountId) -> Option<(Presence, &str)> {
        let sessions = &self.accounts.get(account)?.sessions;
        let following = sessions.iter().filter_map(|&s| self.sessions.get(s)).filter(|s| s.rooms.contains(&room));
        following.filter_map(presence_of).min_by_key(|(presence, _)| *presence)
    }

    fn set_presence(&mut self, id: RoomId, account: AccountId, (presence, status): (Presence, &str), now: Instant) {
        let name = self.accounts.name(account);
        let Some(room) = self.rooms.get_mut(id) else { return };
        let Some(version) = room.roster.set(account, name, presence, status) else { return };
        match presence {
            Presence::Offline => {
                self.clocks.leaving.push_back(Later { at: now + LEFT_AFTER, room: id, account, version });
            }
            Presence::Left => {
                self.clocks.forgetting.push_back(Later { at: now + FORGET_LEFT_AFTER, room: id, account, version });
            }
            Presence::Online | Presence::Idle | Presence::Away | Presence::Unreachable => {}
        }
        if room.roster.len() <= PRESENCE_AT_ONCE_MAX {
            self.effects.push_back(Effect::Presence(id));
        } else if room.roster.due.is_none() {
            let at = now + PRESENCE_BATCH;
            room.roster.due = Some(at);
            self.clocks.batches.push_back((at, id));
        }
    }
}

/// How a session is shown; `None`: it is not.
fn presence_of(session: &Session) -> Option<(Presence, &str)> {
    match (session.liveness, &session.away) {
        (_, Away::Passing) => None,
        (Liveness::Alive, Away::Here) => Some((Presence::Online, "")),
        (Liveness::Alive, Away::Idle) => Some((Presence::Idle, "")),
        (Liveness::Alive, Away::Away(text)) => Some((Presence::Away, text)),
        (Liveness::Suspect, _) => Some((Presence::Unreachable, "")),
        (Liveness::Offline, _) => Some((Presence::Offline, "")),
    }
}

/// The front of a queue whose time has come.
fn due(queue: &mut VecDeque<Later>, now: Instant) -> Option<Later> {
    queue.pop_front_if(|later| later.at <= now)
}
