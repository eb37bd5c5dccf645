//! Presence: what becomes of it when sessions come, fall silent and go, and when it is told.

use std::collections::VecDeque;

use chinwag_proto::link::Liveness;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PresenceVersion, RoomId};
use chinwag_proto::wire::message::Presence;

use super::effect::Effect;
use super::hall::Hall;
use super::limits::{FORGET_LEFT_AFTER, LEFT_AFTER, PRESENCE_AT_ONCE_MAX, PRESENCE_BATCH};

/// What is to be done later. Each queue has one delay, so it is in order by itself.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Offline since then: they have left, if they are offline still.
    leaving: VecDeque<Later>,
    /// They left: they are forgotten, if they did not come back.
    forgetting: VecDeque<Later>,
    /// Batches of presence.
    batches: VecDeque<(Instant, RoomId)>,
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
        [leaving, forgetting, batch].into_iter().flatten().min()
    }
}

impl Hall {
    /// An account follows a room by one session more.
    pub(super) fn came(&mut self, room: RoomId, account: AccountId, now: Instant) {
        let presence = self.best(room, account).unwrap_or(Presence::Online);
        self.set_presence(room, account, presence, now);
    }

    /// One of an account's sessions in a room is gone or fell silent (or is heard again): its best session counts.
    pub(super) fn gone(&mut self, room: RoomId, account: AccountId, said_goodbye: bool, now: Instant) {
        let without_any = if said_goodbye { Presence::Left } else { Presence::Offline };
        let presence = self.best(room, account).unwrap_or(without_any);
        self.set_presence(room, account, presence, now);
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        while let Some(later) = due(&mut self.clocks.leaving, now) {
            let state = self.rooms.get(later.room).and_then(|r| r.roster.unchanged_since(later.account, later.version));
            if state == Some(Presence::Offline) {
                self.set_presence(later.room, later.account, Presence::Left, now);
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

    /// The best state of an account's sessions that follow a room.
    fn best(&self, room: RoomId, account: AccountId) -> Option<Presence> {
        let sessions = &self.accounts.get(account)?.sessions;
        let following = sessions.iter().filter_map(|&s| self.sessions.get(s)).filter(|s| s.rooms.contains(&room));
        following.map(|session| presence_of(session.liveness)).min()
    }

    fn set_presence(&mut self, id: RoomId, account: AccountId, presence: Presence, now: Instant) {
        let name = self.accounts.name(account);
        let Some(room) = self.rooms.get_mut(id) else { return };
        let Some(version) = room.roster.set(account, name, presence, "") else { return };
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

const fn presence_of(liveness: Liveness) -> Presence {
    match liveness {
        Liveness::Alive => Presence::Online,
        Liveness::Suspect => Presence::Unreachable,
        Liveness::Offline => Presence::Offline,
    }
}

/// The front of a queue whose time has come.
fn due(queue: &mut VecDeque<Later>, now: Instant) -> Option<Later> {
    queue.pop_front_if(|later| later.at <= now)
}
