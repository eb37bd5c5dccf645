//! What was heard of other servers: hints, all of it, and bounded, whatever a crowd says.

use std::collections::{BTreeMap, BTreeSet};

use chinwag_discovery::Found;
use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::PublicKey;

use super::limits::{OTHERS_MAX, PATIENT, SILENT, SILENT_MAX};

/// Another server.
#[derive(Debug)]
pub(super) struct Other {
    pub(super) found: Found,
    /// It said something that nobody has looked at.
    pub(super) is_news: bool,
    /// The user was told of it.
    pub(super) is_told: bool,
    /// It proved its key, and did not let the user in.
    pub(super) is_refused: bool,
    /// It is not looked at before.
    pub(super) look_at: Instant,
    /// How often in a row it did not answer, or was given up,
    failures: u32,
    /// for which it is left alone until then.
    rests_until: Instant,
}

impl Other {
    /// Whether nothing came of the last attempt, and it is too early for another one.
    pub(super) fn rests(&self, now: Instant) -> bool {
        now < self.rests_until
    }
}

/// The others, by their keys.
#[derive(Debug, Default)]
pub(super) struct Others {
    all: BTreeMap<PublicKey, Other>,
}

impl Others {
    /// A server was heard, or says something new. `known` are the keys that this device knows.
    pub(super) fn hear(&mut self, found: Found, known: &BTreeSet<PublicKey>) {
        let key = *found.key();
        if let Some(other) = self.all.get_mut(&key) {
            (other.found, other.is_news) = (found, true);
            return;
        }
        if self.all.len() >= OTHERS_MAX {
            let is_better = found.has_answered() || known.contains(&key);
            let may_go = |key: &PublicKey, other: &Other| {
                !known.contains(key) && (!other.found.has_answered() || other.failures > 0)
            };
            let worst = self.all.iter().find(|(key, other)| may_go(key, other)).map(|(key, _)| *key);
            match worst.filter(|_| is_better) {
                Some(worst) => drop(self.all.remove(&worst)),
                None => return,
            }
        }
        let other = Other {
            found,
            is_news: true,
            is_told: false,
            is_refused: false,
            look_at: Instant::EPOCH,
            failures: 0,
            rests_until: Instant::EPOCH,
        };
        self.all.insert(key, other);
    }

    pub(super) fn forget(&mut self, key: &PublicKey) {
        self.all.remove(key);
    }

    pub(super) fn get(&self, key: &PublicKey) -> Option<&Other> {
        self.all.get(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Other> {
        self.all.values()
    }

    pub(super) fn found(&self) -> impl Iterator<Item = &Found> {
        self.all.values().map(|other| &other.found)
    }

    /// Somebody looks at it now.
    pub(super) fn look_at(&mut self, key: &PublicKey, now: Instant) {
        if let Some(other) = self.all.get_mut(key) {
            (other.is_news, other.look_at) = (false, now + PATIENT);
        }
    }

    /// It waits for its turn until then.
    pub(super) fn put_off(&mut self, key: &PublicKey, until: Instant) {
        if let Some(other) = self.all.get_mut(key) {
            (other.is_news, other.look_at) = (true, until);
        }
    }

    /// It did not answer, or its session was given up: it is looked at again, later and later.
    pub(super) fn fail(&mut self, key: &PublicKey, now: Instant) {
        if let Some(other) = self.all.get_mut(key) {
            let wait = SILENT.saturating_mul(1 << other.failures.min(8)).min(SILENT_MAX);
            (other.is_news, other.look_at, other.rests_until) = (true, now + wait, now + wait);
            other.failures = other.failures.saturating_add(1);
        }
    }

    /// It has proved its key.
    pub(super) fn answer(&mut self, key: &PublicKey) {
        if let Some(other) = self.all.get_mut(key) {
            other.failures = 0;
        }
    }

    /// It has proved its key, and did not let the user in.
    pub(super) fn mark_refused(&mut self, key: &PublicKey) {
        if let Some(other) = self.all.get_mut(key) {
            (other.is_refused, other.failures) = (true, 0);
        }
    }

    /// The user was told of it.
    pub(super) fn mark_told(&mut self, key: &PublicKey) {
        if let Some(other) = self.all.get_mut(key) {
            other.is_told = true;
        }
    }
}
