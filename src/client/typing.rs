//! Who is typing in a room. Notices of it are sent once and may be lost, so each of them counts for some seconds only.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::AccountId;

use super::limits::{TYPING_FORGOTTEN, TYPING_INTERVAL, TYPING_MAX};

/// Those who type in a room, and when the user's own typing was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typers {
    until: BTreeMap<AccountId, (Instant, String)>,
    told_at: Option<Instant>,
}

impl Typers {
    /// The user types. Gives whether the others are to be told now.
    pub(super) fn own(&mut self, now: Instant) -> bool {
        let is_due = self.told_at.is_none_or(|at| now >= at + TYPING_INTERVAL);
        if is_due {
            self.told_at = Some(now);
        }
        is_due
    }

    /// What the user typed was sent: the next key is news again.
    pub(super) const fn own_ended(&mut self) {
        self.told_at = None;
    }

    /// Someone types. Gives whether that is news.
    pub(super) fn heard(&mut self, account: AccountId, name: &str, now: Instant) -> bool {
        if self.until.len() >= TYPING_MAX && !self.until.contains_key(&account) {
            return false;
        }
        self.until.insert(account, (now + TYPING_FORGOTTEN, name.to_owned())).is_none()
    }

    /// Someone has said what was being typed. Gives the name, if it was known that something was.
    pub(super) fn said(&mut self, account: AccountId) -> Option<String> {
        self.until.remove(&account).map(|(_, name)| name)
    }

    /// Forgets those who have been silent for long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<String> {
        self.until.extract_if(.., |_, (until, _)| *until <= now).map(|(_, (_, name))| name).collect()
    }

    /// Forgets everyone.
    pub(super) fn clear(&mut self) -> Vec<String> {
        self.told_at = None;
        std::mem::take(&mut self.until).into_values().map(|(_, name)| name).collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until.values().map(|(until, _)| *until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(ms: u64) -> Instant {
        Instant::EPOCH + Duration::from_millis(ms)
    }

    #[test]
    fn ones_own_typing_is_told_every_three_seconds() {
        let mut typers = Typers::default();
        let told: Vec<u64> = (0..100).map(|n| n * 100).filter(|ms| typers.own(at(*ms))).collect();
        assert_eq!(told, [0, 3_000, 6_000, 9_000]);
        typers.own_ended();
        assert!(typers.own(at(9_950)));
    }

    #[test]
    fn who_is_silent_for_six_seconds_has_stopped() {
        let mut typers = Typers::default();
        assert!(typers.heard(AccountId(1), "ann", at(0)) && typers.heard(AccountId(2), "bob", at(1_000)));
        assert!(!typers.heard(AccountId(1), "ann", at(3_000)), "no news");
        assert_eq!(typers.deadline(), Some(at(7_000)));
        assert_eq!(typers.expire(at(7_000)), ["bob"]);
        assert_eq!(typers.said(AccountId(1)).as_deref(), Some("ann"));
        assert_eq!((typers.said(AccountId(1)), typers.deadline()), (None, None));
    }
}
