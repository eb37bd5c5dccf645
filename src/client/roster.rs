//! Who is in a room, as this client has heard. Every entering begins a new roster; what was known before stays until the
//! new one has had time to confirm it, so that a server's restart is no mass departure.

use std::collections::BTreeMap;

use chinwag_proto::time::Instant;
use chinwag_proto::wire::id::{AccountId, PresenceVersion};
use chinwag_proto::wire::message::{Presence, PresenceEntry};

use super::limits::{ROSTER_MAX, STALE_AFTER};

/// A room's roster.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: BTreeMap<AccountId, Member>,
    /// Versions up to this one are the roster as it was on entering.
    baseline: PresenceVersion,
    /// When those not confirmed since the last entering have left; `None`: all are confirmed.
    stale_until: Option<Instant>,
}

#[derive(Debug)]
struct Member {
    name: String,
    presence: Presence,
    version: PresenceVersion,
    /// Known from before the last entering only.
    stale: bool,
}

/// A change that an interface shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) account: AccountId,
    pub(super) who: String,
    pub(super) before: Option<Presence>,
    pub(super) now: Presence,
}

impl Roster {
    /// The room was entered (again).
    pub(super) fn begin(&mut self, baseline: PresenceVersion, now: Instant) {
        self.baseline = baseline;
        self.members.retain(|_, member| member.presence != Presence::Left);
        for member in self.members.values_mut() {
            member.stale = true;
        }
        self.stale_until = (!self.members.is_empty()).then(|| now + STALE_AFTER);
    }

    /// Takes one entry of an update. Gives the change, if it is one that is news.
    pub(super) fn apply(&mut self, entry: PresenceEntry) -> Option<Change> {
        let PresenceEntry { account, name, presence, version, .. } = entry;
        self.recognise(account, &name);
        let known = self.members.get(&account);
        let is_old = known.is_some_and(|member| !member.stale && version <= member.version);
        if is_old || (known.is_none() && self.members.len() >= ROSTER_MAX) {
            return None;
        }
        let before = known.map(|member| member.presence).filter(|&before| before != Presence::Left);
        let is_news = version > self.baseline && before.unwrap_or(Presence::Left) != presence;
        let change = is_news.then(|| Change { account, who: name.clone(), before, now: presence });
        self.members.insert(account, Member { name, presence, version, stale: false });
        change
    }

    /// A server that has forgotten its accounts numbers them anew: someone from before is the one of the same name.
    fn recognise(&mut self, account: AccountId, name: &str) {
        let is_confirmed = self.members.get(&account).is_some_and(|member| !member.stale);
        if self.stale_until.is_none() || is_confirmed {
            return;
        }
        let namesake = |member: &Member| member.stale && member.name == name;
        let known = self.members.iter().find(|(_, member)| namesake(member)).map(|(&id, _)| id);
        let Some(old) = known.filter(|&id| id != account) else { return };
        // Whoever had this number before is looked for under the other one.
        let (moved, displaced) = (self.members.remove(&old), self.members.remove(&account));
        self.members.extend(moved.map(|member| (account, member)));
        self.members.extend(displaced.map(|member| (old, member)));
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.stale_until
    }

    /// Lets those go that were not confirmed in time.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Change> {
        if self.stale_until.is_none_or(|until| now < until) {
            return Vec::new();
        }
        self.stale_until = None;
        let gone = self.members.extract_if(.., |_, member| member.stale);
        gone.map(|(account, member)| Change {
            account,
            who: member.name,
            before: Some(member.presence),
            now: Presence::Left,
        })
        .collect()
    }

    /// Who is here, by name.
    pub(super) fn list(&self) -> Vec<(String, Presence)> {
        let state = |member: &Member| if member.stale { Presence::Offline } else { member.presence };
        let here = self.members.values().map(|member| (member.name.clone(), state(member)));
        let mut list: Vec<_> = here.filter(|(_, presence)| *presence != Presence::Left).collect();
        list.sort();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn entry(account: u64, name: &str, presence: Presence, version: u64) -> PresenceEntry {
        PresenceEntry { account: AccountId(account), name: name.into(), presence, version: PresenceVersion(version) }
    }

    fn show(change: Option<Change>) -> String {
        change.map_or(String::from("-"), |c| format!("{} {:?} -> {:?}", c.who, c.before, c.now))
    }

    #[test]
    fn only_what_comes_after_the_roster_is_news() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(5), Instant::EPOCH);
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Online, 3))), "-");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 6))), "bob None -> Online");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Left, 9))), "bob Some(Online) -> Left");
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 8))), "-", "it is older than what is known");
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Unreachable, 10))), "ann Some(Online) -> Unreachable");
        assert_eq!(roster.list(), [("ann".into(), Presence::Unreachable)]);
        assert_eq!(show(roster.apply(entry(2, "bob", Presence::Online, 11))), "bob None -> Online");
    }

    #[test]
    fn who_does_not_come_back_after_a_restart_has_left() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(2), Instant::EPOCH);
        roster.apply(entry(1, "ann", Presence::Online, 1));
        roster.apply(entry(2, "bob", Presence::Online, 2));
        let restart = Instant::EPOCH + Duration::from_secs(100);
        roster.begin(PresenceVersion(0), restart);
        assert_eq!(roster.list().iter().map(|(_, p)| *p).collect::<Vec<_>>(), [Presence::Offline; 2]);
        assert_eq!(show(roster.apply(entry(1, "ann", Presence::Online, 1))), "-", "she was never gone");
        assert!(roster.expire(restart + Duration::from_secs(29)).is_empty());
        let gone = roster.expire(restart + Duration::from_secs(30));
        assert_eq!(gone.into_iter().map(|c| show(Some(c))).collect::<Vec<_>>(), ["bob Some(Online) -> Left"]);
        assert_eq!((roster.list(), roster.deadline()), (vec![("ann".into(), Presence::Online)], None));
    }

    #[test]
    fn a_server_that_numbers_accounts_anew_makes_nobody_two() {
        let mut roster = Roster::default();
        roster.begin(PresenceVersion(2), Instant::EPOCH);
        roster.apply(entry(1, "ann", Presence::Online, 1));
        roster.apply(entry(2, "bob", Presence::Online, 2));
        roster.begin(PresenceVersion(0), Instant::EPOCH);
        assert_eq!(show(roster.apply(entry(1, "bob", Presence::Online, 1))), "-");
        assert_eq!(show(roster.apply(entry(2, "ann", Presence::Online, 2))), "-");
        let here = [("ann".into(), Presence::Online), ("bob".into(), Presence::Online)];
        assert_eq!(roster.list(), here);
        assert!(roster.expire(Instant::EPOCH + STALE_AFTER).is_empty());
    }
}
