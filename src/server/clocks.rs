//! What is to be done later, and when.

use std::collections::{BTreeSet, VecDeque};

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PresenceVersion, RoomId};

/// What is to be done later. Each queue has one delay, so it is in order by itself.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// Offline since then: they have left, if they are offline still.
    pub(super) leaving: VecDeque<Later>,
    /// They left: they are forgotten, if they did not come back.
    pub(super) forgetting: VecDeque<Later>,
    /// Batches of presence.
    pub(super) batches: VecDeque<(Instant, RoomId)>,
    /// Sessions whose tokens expire.
    pub(super) expiring: BTreeSet<(Instant, SessionId)>,
    /// When rooms that do not keep everything are looked at; `None`: there are none.
    pub(super) prune_at: Option<Instant>,
    /// When tokens, invitations and the index of words are looked at again.
    pub(super) tidy_at: Option<Instant>,
    /// When a store that was full is asked whether it takes everything again.
    pub(super) probe_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Later {
    pub(super) at: Instant,
    pub(super) room: RoomId,
    pub(super) account: AccountId,
    pub(super) version: PresenceVersion,
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

/// The front of a queue whose time has come.
pub(super) fn due(queue: &mut VecDeque<Later>, now: Instant) -> Option<Later> {
    queue.pop_front_if(|later| later.at <= now)
}
